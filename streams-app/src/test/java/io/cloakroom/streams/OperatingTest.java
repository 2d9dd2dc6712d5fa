package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.Outcome;
import io.cloakroom.policy.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

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
    void shouldHaveEveryFigure() throws IOException {
        assertThat(Operating.PAGE).content().doesNotContainPattern("@[A-Z]+@");
    }

    @Test
    void shouldAskOnlyForOurMetersThatThePageExplains() throws IOException {
        TreeSet<String> ours = new TreeSet<>();
        for (Operating.Question question : Operating.questions()) {
            question.metrics().stream()
                    .filter(name -> name.startsWith("cloakroom_"))
                    .forEach(name -> ours.add(name.replaceFirst("_(count|sum|bucket|max)$", "")));
        }
        assertThat(ours).isEqualTo(Operating.documented().keySet());
    }

    /** A word that no decision has would be an alert that never comes. */
    @Test
    void shouldAskForRulesAndOutcomesThatThereAre() throws IOException {
        Set<String> rules = Stream.of(Rule.values()).map(Rule::id).collect(Collectors.toSet());
        Set<String> outcomes = Stream.of(Outcome.values()).map(Outcome::name).collect(Collectors.toSet());
        Set<String> asked = new TreeSet<>();
        for (Operating.Question question : Operating.questions()) {
            Set<String> ofRule = question.values().getOrDefault("rule", Set.of());
            Set<String> ofOutcome = question.values().getOrDefault("outcome", Set.of());
            assertThat(rules).as(question.text()).containsAll(ofRule);
            assertThat(outcomes).as(question.text()).containsAll(ofOutcome);
            asked.addAll(ofRule);
            asked.addAll(ofOutcome);
        }
        assertThat(asked).contains("actor-not-entitled", "RELEASE");
    }

    @Test
    void shouldTryOutEveryAlert() throws IOException {
        Set<String> raised = new TreeSet<>();
        for (JsonNode test : new YAMLMapper()
                .readTree(Files.readString(Operating.ALERTS_TEST))
                .findParents("alertname")) {
            if (test.has("exp_alerts")) {
                raised.add(test.get("alertname").asString());
            }
        }
        assertThat(raised).containsExactlyInAnyOrderElementsOf(Operating.alerts());
    }

    /** By Prometheus' own tool. */
    @Test
    @EnabledIf(value = "isPromtoolThere", disabledReason = "there is no promtool on the PATH (Debian: prometheus)")
    void shouldRaiseTheAlertsThatItsTestsExpect() throws Exception {
        Process promtool = new ProcessBuilder("promtool", "test", "rules", Operating.ALERTS_TEST.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(said).isZero();
    }

    static boolean isPromtoolThere() {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "promtool")));
    }

    @Test
    void shouldFindWhatIsAskedOfLabels() {
        Operating.Question question = Operating.Question.of(
                "topk(3, sum by (rule, le) (rate(a{kind!=\"event\",recipient=~\"$recipient\"}[5m])))",
                "{{way}} at {{ $value }}");
        assertThat(question.metrics()).containsExactly("a");
        assertThat(question.labels()).containsExactlyInAnyOrder("rule", "le", "kind", "recipient", "way");
        assertThat(question.values()).isEqualTo(Map.of("kind", Set.of("event")));
    }

    @Test
    void shouldFindTheMetricsInAnExpression() {
        assertThat(Operating.asked(
                        "histogram_quantile(0.99, sum by (le) (rate(a_bucket{way=\"own\"}[5m]))) > 1 or b offset 15m"))
                .containsExactly("a_bucket", "b");
    }
}
