package io.cloakroom.policy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a purpose can ask of an event besides its basis; the policy names it under {@code requires}. */
public enum Condition {
    UNSUBSCRIBE_INSTRUCTION(
            "the event says how to unsubscribe from its channel and brand, or subscribes to it",
            Rule.NO_UNSUBSCRIBE,
            Fact.CHANNEL,
            Fact.UNSUBSCRIBE) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return rules.isAct(event.act())
                    || policy.tellsHowToUnsubscribe(event.brand(), event.channel(), event.unsubscribe());
        }
    },
    GROUP_SENDER("a company of the Group speaks, whoever delivers", Rule.SENDER_NOT_OF_GROUP, Fact.SENDER) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return policy.groupCompanies().contains(event.fact(Fact.SENDER));
        }
    },
    NAMED_SENDER("the brand that was named speaks itself", Rule.SENDER_NOT_NAMED, Fact.SENDER) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return event.fact(Fact.SENDER).equals(event.brand());
        }
    },
    OPEN_ORDER("the event is of an order that is being processed", Rule.NO_OPEN_ORDER, Fact.ORDER) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return rules.openOrders().contains(event.fact(Fact.ORDER));
        }
    },
    OWN_SERVICE("the recipient is of the service that collected it", Rule.OTHER_SERVICE, Fact.SERVICE) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return recipient.services().contains(event.fact(Fact.SERVICE));
        }
    },
    ENTITLED_ACTOR("who opens a person's data is that person", Rule.ACTOR_NOT_ENTITLED, Fact.ACTOR) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return isSubject(event);
        }
    },
    UNENTITLED_ACTOR("who opens a person's data is somebody else", Rule.ACTOR_ENTITLED, Fact.ACTOR) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return !isSubject(event);
        }
    },
    CASE_FILE("a case file is open that covers it; none can be opened yet", Rule.NO_CASE_FILE) {
        @Override
        boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient) {
            return false;
        }
    };

    private final String meaning;
    private final Rule unmet;
    private final Set<Fact> facts;

    Condition(String meaning, Rule unmet, Fact... facts) {
        this.meaning = meaning;
        this.unmet = unmet;
        this.facts = EnumSet.noneOf(Fact.class);
        this.facts.addAll(Set.of(facts));
    }

    abstract boolean isMet(Event event, EventRules rules, Policy policy, Recipient recipient);

    private static boolean isSubject(Event event) {
        return !event.fact(Fact.ACTOR).isEmpty() && event.fact(Fact.ACTOR).equals(event.fact(Fact.SUBJECT));
    }

    /** As the policy writes it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What must be so, as half a sentence. */
    public String meaning() {
        return meaning;
    }

    /** The reason where it is not so. */
    public Rule unmet() {
        return unmet;
    }

    /** What an event type must have of which this is asked. */
    Set<Fact> facts() {
        return Collections.unmodifiableSet(facts);
    }
}
