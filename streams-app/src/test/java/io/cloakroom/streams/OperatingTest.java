package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What operations is given, against itself; {@link OperationsIT} holds it against a gate that runs. */
class OperatingTest {

    private static final Pattern SECTION = Pattern.compile("^### (\\w+)$", Pattern.MULTILINE);

    @Test
    void shouldExplainEachAlertAndNoOther() throws IOException {
        List<String> explained = SECTION.matcher(Files.readString(Operating.PAGE))
                .results()
                .map(result -> result.group(1))
                .toList();
        assertThat(explained).isNotEmpty().containsExactlyElementsOf(Operating.alerts());
    }

    @Test
    void shouldAskOnlyForOurMetersThatThePageExplains() throws IOException {
        TreeSet<String> ours = new TreeSet<>();
        for (String name : Operating.asked()) {
            if (name.startsWith("cloakroom_")) {
                ours.add(name.replaceFirst("_(count|sum|bucket|max)$", ""));
            }
        }
        assertThat(ours).isEqualTo(Operating.documented());
    }

    @Test
    void shouldFindTheMetricsInAnExpression() {
        assertThat(Operating.asked(
                        "histogram_quantile(0.99, sum by (le) (rate(a_bucket{way=\"own\"}[5m]))) > 1 or b offset 15m"))
                .containsExactly("a_bucket", "b");
    }
}
