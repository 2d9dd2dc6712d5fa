package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.gate.Partitions;
import io.cloakroom.streams.histories.Gate.Outcome;
import io.cloakroom.streams.histories.Gate.Recall;
import io.cloakroom.streams.histories.Gate.Verdict;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories happen to the model and to the gate, and both say the same after every step. */
class HistoryTest {

    private static final int HISTORIES = Integer.getInteger("cloakroom.histories", 10_000);

    @TempDir
    static Path directory;

    private static PolicyHistory policies;
    private static Partitions partitions;

    @BeforeAll
    static void loadThePolicies() {
        policies = Histories.policies(directory);
        partitions = new Partitions(directory, new SecureRandom());
    }

    /** How each event was decided at first: nothing ends a hold in the engine. */
    @Test
    void shouldAgreeWithTheEngineOnPreferencesAgeGuardiansAndErasures() {
        assertAgreement(EngineGate::understands, history -> {
            Gate model = new NaiveModel(policies);
            Gate engine = new EngineGate(policies);
            run(history, model);
            run(history, engine);
            return differences(verdicts(model, (first, later) -> first), verdicts(engine, (first, later) -> first));
        });
    }

    /** Everything, after every step. */
    @Test
    void shouldAgreeWithTheProcessors() {
        assertAgreement(step -> true, history -> differences(history, new ProcessorGate(partitions)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "grant",
                "import",
                "withdrawal",
                "objection",
                "lift",
                "age",
                "guardian-agreement",
                "guardian-withdrawal",
                "connected",
                "disconnected",
                "erasure",
                "garbage",
                "delivery",
                "passing"
            })
    void shouldFindOutAGateThatIsDeaf(String word) {
        Predicate<History> differs =
                history -> !differences(history, new Deaf(word)).isEmpty();
        long seed = 0;
        while (!differs.test(Histories.of(seed))) {
            seed++;
            assertThat(seed).as("histories in which %s matters to nobody", word).isLessThan(HISTORIES);
        }

        History least = Shrinker.shrink(Histories.of(seed), differs);
        assertThat(least.steps()).as(least.toString()).hasSizeLessThan(6);
    }

    /** A gate that does not hear one kind of step. */
    private static final class Deaf implements Gate {
        private final String word;
        private final Gate gate = new NaiveModel(policies);

        Deaf(String word) {
            this.word = word;
        }

        @Override
        public void happen(int position, Step step) {
            if (!History.word(step).equals(word)) {
                gate.happen(position, step);
            }
        }

        @Override
        public void settle(int position) {
            gate.settle(position);
        }

        @Override
        public List<Outcome> outcomes() {
            return gate.outcomes();
        }

        @Override
        public List<Recall> recalls() {
            return gate.recalls();
        }
    }

    private static void assertAgreement(Predicate<Step> steps, Function<History, List<String>> differences) {
        for (long seed = 0; seed < HISTORIES; seed++) {
            History history = new History(
                    Histories.of(seed).steps().stream().filter(steps).toList());
            if (!differences.apply(history).isEmpty()) {
                History least =
                        Shrinker.shrink(history, h -> !differences.apply(h).isEmpty());
                assertThat(differences.apply(least))
                        .as(Shrinker.report(seed, least))
                        .isEmpty();
            }
        }
    }

    /** Where a gate first says something else than the model. */
    private static List<String> differences(History history, Gate gate) {
        Gate model = new NaiveModel(policies);
        List<Step> steps = history.steps();
        for (int i = 0; i <= steps.size(); i++) {
            happen(i, steps, model);
            happen(i, steps, gate);
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

    private static void run(History history, Gate gate) {
        for (int i = 0; i <= history.steps().size(); i++) {
            happen(i, history.steps(), gate);
        }
    }

    /** In the end, what is on its way arrives. */
    private static void happen(int i, List<Step> steps, Gate gate) {
        if (i < steps.size()) {
            gate.happen(i, steps.get(i));
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
