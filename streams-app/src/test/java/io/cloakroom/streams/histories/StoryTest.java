package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.gate.Partitions;
import io.cloakroom.streams.histories.Gate.Outcome;
import io.cloakroom.streams.histories.Gate.Recall;
import io.cloakroom.streams.histories.Gate.Verdict;
import io.cloakroom.streams.histories.Step.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The histories of {@code histories.txt}: told again by the processors, word for word, with the model and the engine agreeing. */
class StoryTest {

    private static final Path FILE = Path.of("src", "test", "resources", "histories.txt");
    private static final String COMES = "    => ";
    private static final String SETTLE = "settle";
    /** More events of one person may wait for the engine's sake. */
    private static final int MOST_WAITING = 16;

    @TempDir
    static Path directory;

    private static PolicyHistory policies;
    private static Partitions partitions;

    @BeforeAll
    static void loadThePolicies() {
        policies = Histories.policies(directory.resolve("policies"));
        partitions = new Partitions(directory.resolve("policies"), directory.resolve("keys"), new SecureRandom());
    }

    /** @param text each step, and what comes of it */
    private record Story(String title, History history, List<String> text) {

        static Story of(String told) {
            List<String> lines = told.lines()
                    .map(line -> line.replaceFirst("#.*", "").stripTrailing())
                    .filter(line -> !line.isEmpty())
                    .toList();
            List<String> text = lines.subList(1, lines.size());
            List<String> steps = text.stream()
                    .filter(line -> !line.startsWith(COMES) && !line.equals(SETTLE))
                    .toList();
            return new Story(lines.get(0), History.of(String.join("\n", steps)), text);
        }

        @Override
        public String toString() {
            return title;
        }
    }

    static Stream<Story> stories() throws IOException {
        String[] stories = Files.readString(FILE).split("(?m)^== ");
        return Arrays.stream(stories).skip(1).map(Story::of);
    }

    @ParameterizedTest
    @MethodSource("stories")
    void shouldBeToldSoByTheProcessors(Story story) {
        assertThat(told(story.history(), new ProcessorGate(partitions)))
                .isEqualTo(String.join("\n", story.text()) + "\n");
    }

    @ParameterizedTest
    @MethodSource("stories")
    void shouldBeToldSoByTheModel(Story story) {
        assertThat(new Comparison(policies).afterEveryStep(story.history(), new ProcessorGate(partitions)))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("stories")
    void shouldBeDecidedSoByTheEngineWhereItUnderstandsAllOfIt(Story story) {
        History history = story.history();
        boolean isWithinBounds =
                history.steps().stream().filter(Event.class::isInstance).count() <= MOST_WAITING;
        if (isWithinBounds && history.steps().stream().allMatch(EngineGate::understands)) {
            assertThat(new Comparison(policies).atFirst(history, new EngineGate(policies)))
                    .isEmpty();
        }
    }

    private static String told(History history, Gate gate) {
        StringBuilder text = new StringBuilder();
        String[] steps = history.toString().split("\n");
        for (int i = 0; i <= steps.length; i++) {
            Comparison.happen(i, history, gate);
            List<String> comes = new ArrayList<>();
            for (Outcome outcome : gate.outcomes()) {
                if (outcome.decided() == i) {
                    comes.add(line(outcome, history));
                }
            }
            for (Recall recall : gate.recalls()) {
                if (recall.position() == i) {
                    comes.add(line(recall));
                }
            }
            if (i < steps.length || !comes.isEmpty()) {
                text.append(i < steps.length ? steps[i] : SETTLE).append('\n');
            }
            comes.forEach(line -> text.append(COMES).append(line).append('\n'));
        }
        return text.toString();
    }

    /** An event that was not decided when it arrived is named. */
    private static String line(Outcome outcome, History history) {
        Verdict verdict = outcome.verdict();
        StringBuilder line = new StringBuilder(outcome.recipient()).append(' ').append(word(verdict.kind()));
        verdict.purposes().forEach(purpose -> line.append(' ').append(purpose));
        verdict.reasons().forEach(why -> line.append(' ').append(word(why)));
        if (outcome.event() != outcome.decided()) {
            Event event = (Event) history.steps().get(outcome.event());
            line.append(": ").append(event.type()).append(' ').append(History.time(event.at()));
        }
        return line.toString();
    }

    private static String line(Recall recall) {
        String scope = Stream.of(
                        recall.scope().purpose(),
                        recall.scope().brand(),
                        recall.scope().channel(),
                        recall.scope().collector())
                .filter(part -> !part.isEmpty())
                .reduce((parts, part) -> parts + " " + part)
                .orElseThrow();
        return recall.recipient() + " forgets " + scope + " of " + recall.subject()
                + (recall.epoch() == 1 ? "" : " in epoch " + recall.epoch())
                + (recall.before() == Step.FOR_EVER ? "" : " before " + History.time(recall.before()));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
