package io.cloakroom.policy;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What one recipient gets of one event, and why. The reason is the decision. */
public sealed interface Decision {

    Recipient recipient();

    Rule rule();

    /** The clause of the policy that decided. */
    String clause();

    /** The grant or refusal that counted. */
    Optional<Transition> transition();

    /** @param at milliseconds since the epoch */
    record Transition(Kind kind, long at) {
        public enum Kind {
            GRANT,
            REFUSAL
        }
    }

    /**
     * The proof that a record may be written: only the engine makes one, and writers accept nothing else. A field that no
     * allowing purpose may use is dropped by {@link #treatment}.
     */
    final class Release implements Decision {
        private final Access access;
        private final Recipient recipient;
        private final long allowing;
        private final Rule rule;
        private final String clause;
        private final Optional<Transition> transition;
        private final boolean act;
        private final OptionalLong completedAt;

        Release(
                Access access,
                Recipient recipient,
                long allowing,
                Rule rule,
                String clause,
                Optional<Transition> transition,
                boolean act,
                OptionalLong completedAt) {
            this.access = access;
            this.recipient = recipient;
            this.allowing = allowing;
            this.rule = rule;
            this.clause = clause;
            this.transition = transition;
            this.act = act;
            this.completedAt = completedAt;
        }

        public Access access() {
            return access;
        }

        /** The purposes that allow it, as a mask over {@link Access#purposes()}; never 0. */
        public long allowing() {
            return allowing;
        }

        /** The purposes that allow it, in the policy's order. */
        public List<String> purposes() {
            return java.util.stream.IntStream.range(0, access.purposes().size())
                    .filter(p -> (allowing >>> p & 1) == 1)
                    .mapToObj(p -> access.purposes().get(p).id())
                    .toList();
        }

        /** Of a registration, a subscription or an order (C1). */
        public boolean isAct() {
            return act;
        }

        /**
         * When a guardian agreed to this act, if that was after it; in milliseconds since the epoch. Then the release has two
         * times (C1).
         */
        public OptionalLong completedAt() {
            return completedAt;
        }

        public Treatment treatment(int field) {
            return access.treatment(field, allowing);
        }

        /** As today's version of the policy has it: its epoch is the key's. */
        @Override
        public Recipient recipient() {
            return recipient;
        }

        @Override
        public Rule rule() {
            return rule;
        }

        @Override
        public String clause() {
            return clause;
        }

        @Override
        public Optional<Transition> transition() {
            return transition;
        }
    }

    /** Never, for this event as things are known now. */
    record Withhold(Recipient recipient, Rule rule, String clause, Optional<Transition> transition)
            implements Decision {
        public static Withhold by(Rule rule, Recipient recipient) {
            return new Withhold(recipient, rule, rule.clause(), Optional.empty());
        }

        /** What cannot be kept waiting. */
        public static Withhold insteadOf(Hold hold, Rule rule) {
            return new Withhold(hold.recipient(), rule, hold.clause(), Optional.empty());
        }
    }

    /**
     * Not yet: it can still become a yes.
     *
     * @param deadline first instant, in milliseconds since the epoch, at which it is withheld if nothing has made it one
     */
    record Hold(Recipient recipient, Rule rule, String clause, long deadline) implements Decision {
        @Override
        public Optional<Transition> transition() {
            return Optional.empty();
        }
    }
}
