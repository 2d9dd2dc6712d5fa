package io.cloakroom.policy;

import java.util.List;
import java.util.Optional;

/** What the engine says of one event. */
public sealed interface Judgement {

    /** One for each recipient that the policy names for the type, in its order. */
    List<Decision> decisions();

    /** @param policy in force at the event's time; none before the first version */
    record Decided(Optional<Policy> policy, List<Decision> decisions) implements Judgement {
        public Decided {
            decisions = List.copyOf(decisions);
        }
    }

    /** The event cannot be decided at all. */
    record Quarantined(Rule rule, List<Decision> decisions) implements Judgement {
        public Quarantined {
            decisions = List.copyOf(decisions);
        }
    }
}
