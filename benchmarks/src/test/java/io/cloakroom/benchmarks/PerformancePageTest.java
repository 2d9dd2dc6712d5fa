package io.cloakroom.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.benchmarks.Findings.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerformancePageTest {

    private static final Machine MACHINE = new Machine("processor", 2, 24, "Linux", "Java", 0.1, "2026-11-23");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {"the default run", "many rules", "many people", "a warm standby", "refusals", "the profile"})
    void shouldFindTheMarkersOfEverySection(String section) throws Exception {
        Path page = Files.copy(Path.of("..", "docs", "performance.md"), directory.resolve("page.md"));
        PerformancePage.write(page, section, List.of("--flag"), MACHINE, List.of("the figures"));
        assertThat(page).content().contains(section + ", written", "`bin/cloakroom bench --flag`", "the figures");
    }

    @Test
    void shouldReplaceWhatIsBetweenTheMarkersAndNothingElse() throws Exception {
        String begin = "before\n<!-- figures of it, written by bin/cloakroom bench -->\n";
        String end = "\n<!-- end of figures -->\nafter\n";
        Path page = Files.writeString(directory.resolve("page.md"), begin + "old" + end);
        for (int i = 0; i < 2; i++) {
            PerformancePage.write(page, "it", List.of(), MACHINE, List.of("new"));
            assertThat(page)
                    .content()
                    .startsWith(begin)
                    .endsWith("\nnew\n" + end)
                    .doesNotContain("old");
        }
    }

    @Test
    void shouldRefuseAPageWithoutTheMarkers() throws Exception {
        Path page = Files.writeString(directory.resolve("page.md"), "text");
        assertThatThrownBy(() -> PerformancePage.write(page, "it", List.of(), MACHINE, List.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("has no line <!-- figures of it, written by bin/cloakroom bench -->");
    }

    @Test
    void shouldSayWhetherTheMedianHoldsTheTarget() {
        assertThat(Target.atLeast("a", 0.9, new Spread(0.9, 0.5, 1)).row())
                .isEqualTo("| a | ≥ 0.90 | 0.90 | 0.50 to 1.00 | yes |");
        assertThat(Target.atMost("b", 10, new Spread(11, 9, 12)).row())
                .isEqualTo("| b | ≤ 10.00 | 11.00 | 9.00 to 12.00 | no |");
        assertThat(Target.atLeast("c", 100_000, Spread.of(List.of(112_872.3))).row())
                .isEqualTo("| c | ≥ 100,000 | 112,872 |  | yes |");
    }
}
