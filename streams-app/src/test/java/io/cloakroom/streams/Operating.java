package io.cloakroom.streams;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What operations is given: the dashboard, the alerts and their page. */
final class Operating {

    static final Path DASHBOARD = Path.of("../docker/grafana/dashboards/cloakroom.json");
    static final Path ALERTS = Path.of("../docker/prometheus/alerts.yml");
    static final Path PAGE = Path.of("../docs/operations.md");

    private static final Pattern TABLE = Pattern.compile("^\\| `(cloakroom_\\w+)", Pattern.MULTILINE);
    private static final Pattern NOT_A_METRIC = Pattern.compile(
            "\\{[^}]*}|\\[[^]]*]|\"[^\"]*\"|\\b(by|without|on|ignoring|group_left|group_right) *\\([^)]*\\)");
    private static final Pattern NAME = Pattern.compile("\\b[a-zA-Z_:][\\w:]*\\b(?! *\\()");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset");

    private Operating() {}

    /** The names of what stands in a scrape. */
    static Set<String> samples(String metrics) {
        return metrics.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]")[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The meters of the page's table. */
    static Set<String> documented() throws IOException {
        Set<String> names = new TreeSet<>();
        Matcher row = TABLE.matcher(Files.readString(PAGE));
        while (row.find()) {
            names.add(row.group(1));
        }
        return names;
    }

    /** Every metric that a panel or an alert asks for; {@code up} is Prometheus' own. */
    static Set<String> asked() throws IOException {
        Set<String> names = new TreeSet<>();
        for (Path file : List.of(DASHBOARD, ALERTS)) {
            for (JsonNode expression :
                    new YAMLMapper().readTree(Files.readString(file)).findValues("expr")) {
                names.addAll(asked(expression.asString()));
            }
        }
        names.remove("up");
        return names;
    }

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
