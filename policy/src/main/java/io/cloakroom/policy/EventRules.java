package io.cloakroom.policy;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How the policy reads one event type.
 *
 * @param paths in which field of its schema each fact stands; a fact that is not in it is absent in every event of the type
 * @param states value of {@link Fact#STATED_BY} → purposes
 * @param otherwise purposes of a value that is not listed; of every event where nothing states them
 * @param actValues values of {@link Fact#ACT} that make an event a registration, subscription or order (C1)
 * @param alwaysAct every event of the type is one
 * @param openOrders values of {@link Fact#ORDER} of an order that is being processed (C7)
 */
public record EventRules(
        String type,
        Map<Fact, String> paths,
        Map<String, Set<String>> states,
        Set<String> otherwise,
        Set<String> actValues,
        boolean alwaysAct,
        Set<String> openOrders,
        List<Access> accesses) {

    public EventRules {
        paths = Map.copyOf(paths);
        states = Map.copyOf(states);
        otherwise = Set.copyOf(otherwise);
        actValues = Set.copyOf(actValues);
        openOrders = Set.copyOf(openOrders);
        accesses = List.copyOf(accesses);
    }

    EventRules with(List<Access> others) {
        return new EventRules(type, paths, states, otherwise, actValues, alwaysAct, openOrders, others);
    }

    /** The field in which a fact stands; empty for none. */
    public String path(Fact fact) {
        return paths.getOrDefault(fact, "");
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
