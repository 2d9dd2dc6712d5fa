package io.cloakroom.policy;

import io.cloakroom.policy.signals.Signals;

/**
 * What a decision may look at of an event. Texts are never null: {@link #ABSENT} stands for what the event does not say.
 *
 * @param occurredAt the event's clock, milliseconds since the epoch
 * @param arrivedAt the broker's clock
 * @param stated value of the field that states the purposes
 * @param act value of the field that makes it a registration, subscription or order
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
        String stated,
        String act,
        String channel,
        String unsubscribe,
        Signals signals) {

    public static final String ABSENT = "";

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
                stated,
                act,
                channel,
                unsubscribe,
                Signals.NONE);
    }
}
