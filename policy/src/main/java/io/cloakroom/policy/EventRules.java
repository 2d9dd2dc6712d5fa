package io.cloakroom.policy;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How the policy reads one event type. Paths are fields of its schema; an empty path means that the type has no such
 * field.
 *
 * @param statedBy the field whose value states the purposes; empty when every event of the type states {@code otherwise}
 * @param states value of that field → purposes
 * @param otherwise purposes of a value that is not listed
 * @param actField the field that makes an event a registration, subscription or order (C1)
 * @param actValues its values that do
 * @param alwaysAct every event of the type is one
 */
public record EventRules(
        String type,
        String statedBy,
        Map<String, Set<String>> states,
        Set<String> otherwise,
        String actField,
        Set<String> actValues,
        boolean alwaysAct,
        String channelField,
        String unsubscribeField,
        SignalFields signalFields,
        List<Access> accesses) {

    /** Where an event carries signals of the industry. */
    public record SignalFields(String tcf, String gpp, String gpc) {}

    public EventRules {
        states = Map.copyOf(states);
        otherwise = Set.copyOf(otherwise);
        actValues = Set.copyOf(actValues);
        accesses = List.copyOf(accesses);
    }

    EventRules with(List<Access> others) {
        return new EventRules(
                type,
                statedBy,
                states,
                otherwise,
                actField,
                actValues,
                alwaysAct,
                channelField,
                unsubscribeField,
                signalFields,
                others);
    }

    /** Whether there is an event of this type that states the purpose. */
    boolean canState(String purpose) {
        return otherwise.contains(purpose) || states.values().stream().anyMatch(s -> s.contains(purpose));
    }

    Set<String> stated(String value) {
        Set<String> listed = states.get(value);
        return listed == null ? otherwise : listed;
    }

    boolean isAct(String value) {
        return alwaysAct || actValues.contains(value);
    }
}
