package io.cloakroom.streams.cli;

import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.PolicyLoader;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import io.cloakroom.streams.cli.Differences.Difference;
import io.cloakroom.streams.gate.Rehearsal;
import io.cloakroom.streams.gate.Topics;
import io.cloakroom.streams.scenarios.Book;
import io.cloakroom.streams.scenarios.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "diff",
        description = {
            "What two versions say differently: the cells of the table, and everything else; by clause and recipient.",
            "Exit 0 if nothing changes, 1 if anything does."
        },
        mixinStandardHelpOptions = true)
final class PolicyDiffer implements Callable<Integer> {

    private static final int DIFFERS = 1;

    /** Places named of each change. */
    private static final int MOST_PLACES = 3;

    @Parameters(index = "0", paramLabel = "OLD", description = "A version's file.")
    private Path old;

    @Parameters(index = "1", paramLabel = "NEW", description = "Another's.")
    private Path next;

    @Option(
            names = "--replay",
            paramLabel = "FILE|TOPIC",
            description = {
                "Also decides recorded events under both, as if each had been in force when they occurred.",
                "A file has one event in JSON on a line. A topic is one of events; all that people ever said is known."
            })
    private String replay;

    @Option(names = "--type", paramLabel = "T", defaultValue = "", description = "Of events in FILE that name none.")
    private String type;

    @Option(
            names = "--said",
            paramLabel = "FILE",
            description =
                    "What people said: a list in the form of policy/scenarios.yaml, each with `by: customer:<id>`.")
    private Path said;

    @Mixin
    private Connection connection;

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** Decisions that change alike. */
    private record Change(String clause, String recipient, String before, String after) {}

    /** How often, and the first places. */
    private static final class Count {
        private int events;
        private final List<String> places = new ArrayList<>();
    }

    private final Map<Change, Count> changes = new TreeMap<>(Comparator.comparing(Change::clause, Clauses.IN_ORDER)
            .thenComparing(Change::recipient)
            .thenComparing(Change::before)
            .thenComparing(Change::after));
    private int replayed;

    @Override
    public Integer call() throws Exception {
        Policy before = PolicyLoader.version(old, Blueprint.shapes());
        Policy after = PolicyLoader.version(next, Blueprint.shapes());
        List<Difference> differences = Differences.between(before, after);
        if (replay != null) {
            replay(before, after);
        }
        Paper.print(
                spec, json ? Json.of(document(before, after, differences)) + "\n" : text(before, after, differences));
        return differences.isEmpty() && changes.isEmpty() ? 0 : DIFFERS;
    }

    // Deciding under both.

    private void replay(Policy before, Policy after) throws IOException {
        if (Files.exists(Path.of(replay))) {
            Both both = new Both(before, after, Recorded.registry());
            said(both);
            List<String> lines = Files.readAllLines(Path.of(replay));
            for (int i = 0; i < lines.size(); i++) {
                if (!lines.get(i).isBlank()) {
                    both.decide(Recorded.read(replay + ":" + (i + 1), lines.get(i), type));
                }
            }
            return;
        }
        if (Schemas.eventTypes().stream().map(Topics::events).noneMatch(replay::equals)) {
            throw new ParameterException(
                    spec.commandLine(), "--replay: " + replay + " is neither a file nor a topic of events");
        }
        Settings settings = connection.settings();
        Both both = new Both(before, after, SchemaRegistry.connect(settings.client()));
        said(both);
        if (said == null) {
            List<ConsumerRecord<byte[], byte[]>> controls = new ArrayList<>();
            TopicReader.read(settings, Topics.CONTROL, controls::add);
            controls.sort(Comparator.comparingLong(ConsumerRecord::timestamp));
            controls.forEach(both::hear);
        }
        TopicReader.read(
                settings,
                List.of(replay),
                r -> both.decide(new Recorded(
                        r.topic() + "-" + r.partition() + "-" + r.offset(),
                        Topics.type(r.topic()),
                        r.key(),
                        r.value(),
                        r.timestamp())));
    }

    private void said(Both both) throws IOException {
        Instant now = Instant.now();
        for (Said each : said == null ? List.<Said>of() : Book.said(said)) {
            if (each.by() == null || !Topics.isSubjectKey(each.by())) {
                throw new IllegalArgumentException(said + ": who said it? Each needs `by`, such as customer:4711");
            }
            both.hear(each.control(each.by(), now), now);
        }
    }

    /** The two versions, each as if there had never been another. */
    private final class Both {
        private final Rehearsal before;
        private final Rehearsal after;

        Both(Policy before, Policy after, SchemaRegistry registry) {
            this.before = new Rehearsal(new PolicyHistory(List.of(before.always())), registry);
            this.after = new Rehearsal(new PolicyHistory(List.of(after.always())), registry);
        }

        void hear(Said.Control control, Instant now) {
            before.hear(control.subject(), control.value(), now.toEpochMilli());
            after.hear(control.subject(), control.value(), now.toEpochMilli());
        }

        void hear(ConsumerRecord<byte[], byte[]> said) {
            before.hear(said.topic(), said.key(), said.value(), said.timestamp());
            after.hear(said.topic(), said.key(), said.value(), said.timestamp());
        }

        void decide(Recorded event) {
            replayed++;
            Map<String, Decision> one = decide(before, event);
            Map<String, Decision> other = decide(after, event);
            Map<String, Decision> all = new TreeMap<>(one);
            all.putAll(other);
            all.forEach((recipient, decision) -> {
                String was = words(one.get(recipient));
                String is = words(other.get(recipient));
                if (!was.equals(is)) {
                    Count count = changes.computeIfAbsent(
                            new Change(decision.clause(), recipient, was, is), change -> new Count());
                    count.events++;
                    if (count.places.size() < MOST_PLACES) {
                        count.places.add(event.place());
                    }
                }
            });
        }

        private Map<String, Decision> decide(Rehearsal rehearsal, Recorded event) {
            return rehearsal
                    .decide(event.type(), event.key(), event.value(), event.arrivedAt(), (a, p, answer) -> {})
                    .decisions()
                    .stream()
                    .collect(Collectors.toMap(d -> d.recipient().id(), d -> d));
        }
    }

    /** Null where the policy does not name the recipient for such events. */
    private static String words(Decision decision) {
        if (decision == null) {
            return "nothing";
        }
        return Words.outcome(decision) + " by " + decision.rule().id() + " (" + decision.clause() + ")"
                + (decision instanceof Release release ? " for " + Words.list(release.purposes()) : "");
    }

    // For people.

    private String text(Policy before, Policy after, List<Difference> differences) {
        Paper paper = new Paper();
        paper.line(before.version() + " -> " + after.version() + ": "
                + (differences.isEmpty() ? "no difference" : "differences: " + differences.size()));
        differences.forEach(d -> paper.entry(
                2,
                7,
                d.clause(),
                (d.recipient().isEmpty() ? "" : d.recipient() + ": ") + d.what() + ": " + d.before() + " -> "
                        + d.after() + (d.fields().isEmpty() ? "" : ": " + Words.list(d.fields()))));
        if (replay != null) {
            paper.gap()
                    .line("events: " + replayed + ", decisions that change: "
                            + changes.values().stream().mapToInt(c -> c.events).sum());
            changes.forEach((change, count) -> paper.entry(
                    2,
                    7,
                    change.clause(),
                    change.recipient() + ", " + count.events + ": " + change.before() + " -> " + change.after()
                            + ", such as " + Words.list(count.places)));
        }
        return paper.toString();
    }

    // For programs.

    private Map<String, Object> document(Policy before, Policy after, List<Difference> differences) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("old", before.version());
        document.put("new", after.version());
        document.put("differences", differences);
        document.put("replayed", replayed);
        document.put(
                "decisions",
                changes.entrySet().stream()
                        .map(e -> {
                            Map<String, Object> row = new LinkedHashMap<>();
                            row.put("clause", e.getKey().clause());
                            row.put("recipient", e.getKey().recipient());
                            row.put("before", e.getKey().before());
                            row.put("after", e.getKey().after());
                            row.put("count", e.getValue().events);
                            row.put("places", e.getValue().places);
                            return row;
                        })
                        .toList());
        return document;
    }
}
