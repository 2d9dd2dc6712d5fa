package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.gate.Partitions;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
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
    private static Comparison comparison;
    private static Partitions partitions;

    @BeforeAll
    static void loadThePolicies() {
        policies = Histories.policies(directory.resolve("policies"));
        comparison = new Comparison(policies);
        partitions = new Partitions(directory.resolve("policies"), directory.resolve("keys"), new SecureRandom());
    }

    /** Everything but what becomes of holds, links and recalls: those the engine leaves to others. */
    @Test
    void shouldAgreeWithTheEngineOnPreferencesAgeGuardiansAndErasures() {
        assertAgreement(EngineGate::understands, history -> comparison.atFirst(history, new EngineGate(policies)));
    }

    @Test
    void shouldAgreeWithTheProcessorsAfterEveryStep() {
        assertAgreement(step -> true, history -> comparison.afterEveryStep(history, new ProcessorGate(partitions)));
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

    // That the comparison can fail.

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
        assertDifference(history -> comparison.afterEveryStep(history, new Deaf(word)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"audit.decisions", "analytics.", "recalls."})
    void shouldFindOutAGateThatLoses(String topic) {
        assertDifference(history -> comparison.afterEveryStep(
                history,
                new ProcessorGate(
                        partitions, record -> record.topic().startsWith(topic) ? List.of() : List.of(record))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"audit.decisions", "analytics.", "recalls."})
    void shouldFindOutAGateThatRepeats(String topic) {
        assertDifference(history -> comparison.afterEveryStep(
                history,
                new ProcessorGate(
                        partitions,
                        record -> record.topic().startsWith(topic) ? List.of(record, record) : List.of(record))));
    }

    private static void assertDifference(Function<History, List<String>> differences) {
        Predicate<History> differs = history -> !differences.apply(history).isEmpty();
        long seed = 0;
        while (!differs.test(Histories.of(seed))) {
            seed++;
            assertThat(seed).as("histories that find nothing out").isLessThan(HISTORIES);
        }

        History least = Shrinker.shrink(Histories.of(seed), differs);
        assertThat(least.steps()).as(least.toString()).hasSizeLessThan(6);
    }

    /** The processors, but that one kind of step never reaches them. */
    private static final class Deaf implements Gate {
        private final String word;
        private final Gate gate = new ProcessorGate(partitions);

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
}
