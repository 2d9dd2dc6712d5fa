package io.cloakroom.streams;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What operations is given: the dashboard, the alerts and their page. */
final class Operating {

    static final Path DASHBOARD = Path.of("../docker/grafana/dashboards/cloakroom.json");
    static final Path ALERTS = Path.of("../docker/prometheus/alerts.yml");
    static final Path ALERTS_TEST = Path.of("../docker/prometheus/alerts_test.yml");
    static final Path PAGE = Path.of("../docs/operations.md");

    private static final Pattern TABLE = Pattern.compile("^\\| `(cloakroom_\\w+)` \\| ([^|]*)\\|", Pattern.MULTILINE);
    private static final Pattern NOT_A_TAG = Pattern.compile("\\([^)]*\\)|[`, ]+");
    private static final Pattern SAMPLE = Pattern.compile("^(\\w+)(?:\\{([^}]*)})? ", Pattern.MULTILINE);

    private static final Pattern SELECTED = Pattern.compile("\\{([^}]*)}");
    private static final Pattern GROUPED =
            Pattern.compile("\\b(?:by|without|on|ignoring|group_left|group_right) *\\(([^)]*)\\)");
    private static final Pattern MATCHER = Pattern.compile("(\\w+) *(?:=~|!~|!=|=) *\"([^\"]*)\"");
    private static final Pattern SHOWN = Pattern.compile("\\{\\{ *(?:\\$labels\\.)?(\\w+) *}}");
    private static final Pattern VARIABLE = Pattern.compile("label_values\\((\\w+), *(\\w+)\\)");
    private static final Pattern NOT_A_METRIC = Pattern.compile(SELECTED + "|\\[[^]]*]|\"[^\"]*\"|" + GROUPED);
    private static final Pattern NAME = Pattern.compile("\\b[a-zA-Z_:][\\w:]*\\b(?! *\\()");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset");

    /** By Prometheus itself, as the metric {@code up} is. */
    private static final Set<String> ADDED = Set.of("instance", "job");

    private Operating() {}

    /**
     * What is asked of meters in one place; what Prometheus itself adds is left out.
     *
     * @param values what labels are compared with, by the label
     */
    record Question(String text, Set<String> metrics, Set<String> labels, Map<String, Set<String>> values) {

        static Question of(String expression, String shown) {
            Set<String> labels = new TreeSet<>();
            Map<String, Set<String>> values = new TreeMap<>();
            MATCHER.matcher(expression).results().forEach(m -> {
                labels.add(m.group(1));
                if (!m.group(2).startsWith("$")) {
                    values.computeIfAbsent(m.group(1), key -> new TreeSet<>()).add(m.group(2));
                }
            });
            GROUPED.matcher(expression)
                    .results()
                    .forEach(m -> labels.addAll(List.of(m.group(1).split(" *, *"))));
            SHOWN.matcher(shown).results().forEach(m -> labels.add(m.group(1)));
            labels.removeAll(ADDED);
            Set<String> metrics = asked(expression);
            metrics.remove("up");
            return new Question(expression, metrics, labels, values);
        }
    }

    /** The names of what stands in a scrape, each with its labels. */
    static Map<String, Set<String>> samples(String metrics) {
        Map<String, Set<String>> samples = new TreeMap<>();
        SAMPLE.matcher(metrics).results().forEach(sample -> {
            Set<String> labels = samples.computeIfAbsent(sample.group(1), name -> new TreeSet<>());
            MATCHER.matcher(Optional.ofNullable(sample.group(2)).orElse(""))
                    .results()
                    .forEach(label -> labels.add(label.group(1)));
        });
        return samples;
    }

    /** The meters of the page's table, each with its tags. */
    static Map<String, Set<String>> documented() throws IOException {
        Map<String, Set<String>> meters = new TreeMap<>();
        TABLE.matcher(Files.readString(PAGE))
                .results()
                .forEach(row -> meters.put(
                        row.group(1),
                        Stream.of(NOT_A_TAG
                                        .matcher(row.group(2))
                                        .replaceAll(" ")
                                        .split(" +"))
                                .filter(tag -> !tag.isEmpty())
                                .collect(Collectors.toCollection(TreeSet::new))));
        return meters;
    }

    /** Of every panel, every variable of the dashboard and every alert. */
    static List<Question> questions() throws IOException {
        List<Question> questions = new ArrayList<>();
        for (Path file : List.of(DASHBOARD, ALERTS)) {
            JsonNode document = new YAMLMapper().readTree(Files.readString(file));
            for (JsonNode place : document.findParents("expr")) {
                questions.add(Question.of(
                        place.get("expr").asString(),
                        place.path("legendFormat").asString("")
                                + place.at("/annotations/summary").asString("")));
            }
            for (JsonNode variable : document.at("/templating/list")) {
                String query = variable.get("query").asString();
                questions.add(Question.of(VARIABLE.matcher(query).replaceAll("count by ($2) ($1)"), ""));
            }
        }
        return questions;
    }

    /** The metrics in an expression. */
    static Set<String> asked(String expression) {
        Set<String> names = new TreeSet<>();
        Matcher name = NAME.matcher(NOT_A_METRIC.matcher(expression).replaceAll(" "));
        while (name.find()) {
            if (!WORDS.contains(name.group())) {
                names.add(name.group());
            }
        }
        return names;
    }

    static List<String> alerts() throws IOException {
        return new YAMLMapper()
                .readTree(Files.readString(ALERTS)).findValues("alert").stream()
                        .map(JsonNode::asString)
                        .toList();
    }
}
