package io.cloakroom.streams.histories;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.histories.Gate.Outcome;
import io.cloakroom.streams.histories.Gate.Recall;
import io.cloakroom.streams.histories.Gate.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;

/** Lets a history happen to the model and to a gate, and says where they differ. */
record Comparison(PolicyHistory policies) {

    /** Where a gate first says something else than the model; last verdicts, recalls, and its own faults. */
    List<String> afterEveryStep(History history, Gate gate) {
        Gate model = new NaiveModel(policies);
        for (int i = 0; i <= history.steps().size(); i++) {
            happen(i, history, model);
            happen(i, history, gate);
            List<String> differences =
                    differences(verdicts(model, (earlier, last) -> last), verdicts(gate, (earlier, last) -> last));
            differences.addAll(recallDifferences(model.recalls(), gate.recalls()));
            differences.addAll(gate.faults());
            if (!differences.isEmpty()) {
                differences.add(0, "after step " + i);
                return differences;
            }
        }
        return List.of();
    }

    /** How each event was decided when it arrived. */
    List<String> atFirst(History history, Gate gate) {
        Gate model = new NaiveModel(policies);
        for (int i = 0; i <= history.steps().size(); i++) {
            happen(i, history, model);
            happen(i, history, gate);
        }
        return differences(verdicts(model, (first, later) -> first), verdicts(gate, (first, later) -> first));
    }

    /** In the end, what is on its way arrives. */
    static void happen(int i, History history, Gate gate) {
        if (i < history.steps().size()) {
            gate.happen(i, history.steps().get(i));
        } else {
            gate.settle(i);
        }
    }

    private static Map<String, Verdict> verdicts(Gate gate, BinaryOperator<Verdict> which) {
        Map<String, Verdict> verdicts = new TreeMap<>();
        for (Outcome outcome : gate.outcomes()) {
            verdicts.merge(outcome.event() + " " + outcome.recipient(), outcome.verdict(), which);
        }
        return verdicts;
    }

    private static List<String> differences(Map<String, Verdict> model, Map<String, Verdict> gate) {
        List<String> differences = new ArrayList<>();
        model.forEach((what, expected) -> {
            Verdict actual = gate.getOrDefault(what, Verdict.withhold(expected.reasons()));
            if (!expected.allows(actual)) {
                differences.add(what + ": the model says " + expected + ", the gate " + actual);
            }
        });
        gate.forEach((what, actual) -> {
            if (!model.containsKey(what) && actual.kind() != Verdict.Kind.WITHHOLD) {
                differences.add(what + ": nothing for the model, for the gate " + actual);
            }
        });
        return differences;
    }

    private static List<String> recallDifferences(List<Recall> model, List<Recall> gate) {
        Map<Recall, Integer> more = new HashMap<>();
        model.forEach(recall -> more.merge(recall, 1, Integer::sum));
        gate.forEach(recall -> more.merge(recall, -1, Integer::sum));
        List<String> differences = new ArrayList<>();
        more.forEach((recall, count) -> {
            if (count != 0) {
                differences.add((count > 0 ? "only the model has " : "only the gate has ") + recall);
            }
        });
        return differences;
    }
}
