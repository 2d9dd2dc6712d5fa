package io.cloakroom.streams.histories;

import io.cloakroom.policy.Scope;
import java.util.List;
import java.util.Set;

/** What histories happen to: the model, and everything that must say the same. */
interface Gate {

    /** @param position in the history, by which outcomes name an event */
    void happen(int position, Step step);

    /** Everything that is still on its way between partitions is delivered. */
    void settle(int position);

    /** What was decided so far, and what became of holds, in that order. */
    List<Outcome> outcomes();

    List<Recall> recalls();

    /** What is wrong with what it wrote, whatever it decided. */
    default List<String> faults() {
        return List.of();
    }

    /**
     * What became of an event for one recipient. A recipient that has no outcome got nothing.
     *
     * @param event its position
     * @param decided position of the step that decided, the event's own or that of what ended a hold
     */
    record Outcome(int event, int decided, String recipient, Verdict verdict) {}

    /** @param reasons of which each would do; none where any would, or it was released */
    record Verdict(Kind kind, Set<String> purposes, Set<Why> reasons) {
        enum Kind {
            RELEASE,
            WITHHOLD,
            HOLD
        }

        static Verdict release(Set<String> purposes) {
            return new Verdict(Kind.RELEASE, purposes, Set.of());
        }

        static Verdict withhold(Set<Why> reasons) {
            return new Verdict(Kind.WITHHOLD, Set.of(), reasons);
        }

        static Verdict hold(Set<Why> reasons) {
            return new Verdict(Kind.HOLD, Set.of(), reasons);
        }

        /** Whether another says the same, for one of the reasons. */
        boolean allows(Verdict other) {
            return kind == other.kind
                    && purposes.equals(other.purposes)
                    && (reasons.isEmpty() || reasons.containsAll(other.reasons));
        }

        boolean isHold() {
            return kind == Kind.HOLD;
        }
    }

    /**
     * What a recipient was told to forget.
     *
     * @param position of the step that made it necessary
     * @param before events from this time on are not meant
     */
    record Recall(int position, String subject, String recipient, int epoch, Scope scope, long before) {}
}
