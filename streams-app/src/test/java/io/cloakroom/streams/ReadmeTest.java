package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.cloakroom.gate.Outcome;
import io.cloakroom.streams.scenarios.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the README says is so. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..");
    private static final String START = "<!-- scenarios: made from policy/scenarios.yaml, checked by ReadmeTest -->\n";
    private static final String END = "<!-- end of scenarios -->\n";

    private final String readme = Files.readString(ROOT.resolve("README.md"));

    ReadmeTest() throws IOException {}

    @Test
    void shouldShowWhatTheScenariosSay() throws IOException {
        String table = table();
        Files.writeString(Path.of("target", "readme-table.md"), table);

        assertThat(readme.substring(readme.indexOf(START) + START.length(), readme.indexOf(END)))
                .as("The README's table is stale: put streams-app/target/readme-table.md between its markers.")
                .isEqualTo(table);
    }

    @Test
    void shouldNameCommandsThatThereAre() {
        List<String> commands = Pattern.compile("^bin/cloakroom ([^#\n]+)", Pattern.MULTILINE)
                .matcher(readme)
                .results()
                .map(found -> found.group(1).strip())
                .toList();

        assertThat(commands)
                .hasSizeGreaterThan(5)
                .allSatisfy(
                        command -> assertThatCode(() -> Cloakroom.commandLine().parseArgs(command.split(" ")))
                                .as(command)
                                .doesNotThrowAnyException());
    }

    @Test
    void shouldLinkToFilesThatThereAre() {
        assertThat(Pattern.compile("]\\(([^)]+)\\)").matcher(readme).results().map(found -> found.group(1)))
                .isNotEmpty()
                .allSatisfy(path -> assertThat(ROOT.resolve(path)).exists());
    }

    private static String table() {
        List<Scenario> rows =
                Scenario.all().stream().filter(s -> s.told().readme()).toList();
        TreeSet<String> recipients = rows.stream()
                .flatMap(s -> s.expected().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        StringBuilder table = new StringBuilder("\n| event | | " + String.join(" | ", recipients) + " |\n|");
        table.append("---|".repeat(recipients.size() + 2)).append('\n');
        for (Scenario row : rows) {
            table.append("| `").append(row.told().event()).append("` | ").append(row);
            recipients.forEach(
                    r -> table.append(" | ").append(cell(row.expected().get(r))));
            table.append(" |\n");
        }
        return table.append('\n').toString();
    }

    /** From {@code OUTCOME rule clause}; a recipient that the policy does not name for the type has an empty cell. */
    private static String cell(String outcome) {
        if (outcome == null) {
            return "";
        }
        List<String> words = Arrays.asList(outcome.split(" "));
        String verdict = switch (Outcome.valueOf(words.get(0))) {
            case RELEASE -> "**released**";
            case WITHHOLD -> "withheld";
            case HOLD -> "held";
        };
        return verdict + ": " + words.get(1) + " (" + words.get(2) + ")";
    }
}
