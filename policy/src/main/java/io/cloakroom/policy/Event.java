package io.cloakroom.policy;

import io.cloakroom.policy.signals.Signals;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * What a decision may look at of an event. Texts are never null: {@link #ABSENT} stands for what the event does not say.
 *
 * @param occurredAt the event's clock, milliseconds since the epoch
 * @param arrivedAt the broker's clock
 * @param facts by the ordinal of {@link Fact}
 * @param signals of the industry; they can only narrow
 */
public record Event(
        String type,
        String brand,
        String surface,
        String country,
        String collector,
        long occurredAt,
        long arrivedAt,
        List<String> facts,
        Signals signals) {

    public static final String ABSENT = "";

    private static final List<String> NOTHING = Collections.nCopies(Fact.count(), ABSENT);

    /** One that carries no signals. */
    public Event(
            String type,
            String brand,
            String surface,
            String country,
            String collector,
            long occurredAt,
            long arrivedAt,
            String stated,
            String act,
            String channel,
            String unsubscribe) {
        this(
                type,
                brand,
                surface,
                country,
                collector,
                occurredAt,
                arrivedAt,
                facts(stated, act, channel, unsubscribe),
                Signals.NONE);
    }

    private static List<String> facts(String stated, String act, String channel, String unsubscribe) {
        String[] facts = NOTHING.toArray(String[]::new);
        facts[Fact.STATED_BY.ordinal()] = stated;
        facts[Fact.ACT.ordinal()] = act;
        facts[Fact.CHANNEL.ordinal()] = channel;
        facts[Fact.UNSUBSCRIBE.ordinal()] = unsubscribe;
        return Arrays.asList(facts);
    }

    public String fact(Fact fact) {
        return facts.get(fact.ordinal());
    }

    /** The same event, saying this too. */
    public Event with(Fact fact, String value) {
        String[] changed = facts.toArray(String[]::new);
        changed[fact.ordinal()] = value;
        return new Event(
                type, brand, surface, country, collector, occurredAt, arrivedAt, Arrays.asList(changed), signals);
    }

    public String stated() {
        return fact(Fact.STATED_BY);
    }

    public String act() {
        return fact(Fact.ACT);
    }

    public String channel() {
        return fact(Fact.CHANNEL);
    }

    public String unsubscribe() {
        return fact(Fact.UNSUBSCRIBE);
    }

    public String item() {
        return fact(Fact.ITEM);
    }
}
