package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.histories.Gate.Outcome;
import io.cloakroom.streams.histories.Gate.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random histories happen to the model and to the gate, and both say the same. */
class HistoryTest {

    private static final int HISTORIES = Integer.getInteger("cloakroom.histories", 10_000);

    @TempDir
    static Path directory;

    private static PolicyHistory policies;

    @BeforeAll
    static void loadThePolicies() {
        policies = Histories.policies(directory);
    }

    @Test
    void shouldAgreeWithTheEngineOnPreferencesAndAge() {
        Predicate<History> differs = history -> {
            History understood = new History(
                    history.steps().stream().filter(EngineGate::understands).toList());
            return !differences(
                            first(understood, new NaiveModel(policies)), first(understood, new EngineGate(policies)))
                    .isEmpty();
        };
        for (long seed = 0; seed < HISTORIES; seed++) {
            History history = Histories.of(seed);
            if (differs.test(history)) {
                History least = Shrinker.shrink(history, differs);
                assertThat(differences(first(least, new NaiveModel(policies)), first(least, new EngineGate(policies))))
                        .as(Shrinker.report(seed, least))
                        .isEmpty();
            }
        }
    }

    /** How each event was first decided for each recipient. */
    private static Map<String, Verdict> first(History history, Gate gate) {
        Map<String, Verdict> first = new TreeMap<>();
        for (int i = 0; i < history.steps().size(); i++) {
            gate.happen(i, history.steps().get(i));
        }
        for (Outcome outcome : gate.outcomes()) {
            first.putIfAbsent(outcome.position() + " " + outcome.recipient(), outcome.verdict());
        }
        return first;
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
}
