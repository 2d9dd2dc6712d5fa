package io.cloakroom.streams.cli;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.policy.Engine;
import io.cloakroom.streams.AuditSearch;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import io.cloakroom.streams.gate.Topics;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "report",
        description = {
            "Counts what was decided: outcomes, quarantined records, what people said, recalls.",
            "Reads every entry of the time asked for, by the gate's clock."
        },
        mixinStandardHelpOptions = true)
final class AuditReport implements Callable<Integer> {

    /** What outcomes can be told apart by. */
    enum By {
        RECIPIENT,
        RULE,
        CLAUSE,
        HOUR
    }

    private static final List<String> COUNTS =
            List.of("released", "withheld", "held", "releasedLater", "withheldLater");

    @Mixin
    private Connection connection;

    @Option(names = "--from", paramLabel = "INSTANT", description = "Decided then or later. Default: the first.")
    private Instant from = Instant.MIN;

    @Option(names = "--to", paramLabel = "INSTANT", description = "Decided before. Default: now.")
    private Instant to = Instant.MAX;

    @Option(
            names = "--by",
            split = ",",
            paramLabel = "WHAT",
            description = "Any of recipient, rule, clause, hour. Default: recipient,rule,clause.")
    private List<By> by = List.of(By.RECIPIENT, By.RULE, By.CLAUSE);

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private final SortedMap<List<String>, long[]> outcomes =
            new TreeMap<>(Comparator.comparing((List<String> row) -> String.join("\u0000", row)));
    private final SortedMap<String, Long> quarantined = new TreeMap<>();
    private final SortedMap<String, Long> controls = new TreeMap<>();
    private final SortedMap<String, Long> recalls = new TreeMap<>();
    private final SortedMap<String, Long> kept = new TreeMap<>();
    private final SortedMap<String, Long> entries = new TreeMap<>();

    @Override
    public Integer call() throws Exception {
        Settings settings = connection.settings();
        try (AuditSearch reader = new AuditSearch(settings)) {
            // An instance whose clock is behind writes its entry behind later ones.
            Instant until = to.equals(Instant.MAX) ? to : to.plusMillis(Engine.CLOCK_TOLERANCE);
            TopicReader.read(settings, List.of(Topics.AUDIT), from, until, record -> count(reader.entry(record)));
        }
        Paper.print(spec, json ? Json.of(document()) + "\n" : text());
        return 0;
    }

    private void count(AuditEntry entry) {
        if (entry.getDecidedAt().isBefore(from) || !entry.getDecidedAt().isBefore(to)) {
            return; // several clocks wrote them
        }
        entries.merge(Words.of(entry.getKind()), 1L, Long::sum);
        boolean isLater = entry.getKind() == EntryKind.RESOLUTION;
        entry.getDecisions()
                .forEach(d -> outcomes.computeIfAbsent(row(entry, d), r -> new long[COUNTS.size()])[
                        column(d.getOutcome(), isLater)]++);
        for (RecallNote recall : entry.getRecalls()) {
            (recall.getPossible() ? recalls : kept).merge(recall.getRecipient(), 1L, Long::sum);
        }
        if (entry.getReason() != null) {
            (entry.getKind() == EntryKind.QUARANTINED ? quarantined : controls)
                    .merge(entry.getReason().getRule(), 1L, Long::sum);
        }
    }

    private List<String> row(AuditEntry entry, RecipientDecision decision) {
        return by.stream()
                .map(what -> switch (what) {
                    case RECIPIENT -> decision.getRecipient();
                    case RULE -> decision.getRule();
                    case CLAUSE -> decision.getClause();
                    case HOUR ->
                        entry.getDecidedAt().truncatedTo(ChronoUnit.HOURS).toString();
                })
                .toList();
    }

    private static int column(Outcome outcome, boolean isLater) {
        return switch (outcome) {
            case RELEASE -> isLater ? 3 : 0;
            case WITHHOLD -> isLater ? 4 : 1;
            case HOLD -> 2;
        };
    }

    private List<String> heads() {
        return by.stream().map(what -> what.name().toLowerCase(Locale.ROOT)).toList();
    }

    // For people.

    private String text() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(Stream.concat(heads().stream(), COUNTS.stream()).toList());
        outcomes.forEach((row, counts) ->
                rows.add(Stream.concat(row.stream(), Arrays.stream(counts).mapToObj(Long::toString))
                        .toList()));
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < row.size(); c++) {
                int column = c;
                int width = rows.stream()
                        .mapToInt(r -> r.get(column).length())
                        .max()
                        .orElse(0);
                line.append(String.format((c < by.size() ? "%-" : "%") + width + "s  ", row.get(c)));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        write(text, "entries", entries);
        write(text, "quarantined, by rule", quarantined);
        write(text, "what people said, by rule", controls);
        write(text, "recalled from", recalls);
        write(text, "forbidden since, but may be kept by", kept);
        return text.toString();
    }

    private static void write(StringBuilder text, String what, Map<String, Long> counts) {
        text.append('\n').append(what).append(": ").append(sum(counts)).append('\n');
        counts.forEach((name, count) -> text.append(String.format("  %-24s %d%n", name, count)));
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(n -> n).sum();
    }

    // For programs.

    private Map<String, Object> document() {
        List<String> heads = heads();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("entries", entries);
        document.put(
                "outcomes",
                outcomes.entrySet().stream()
                        .map(outcome -> {
                            Map<String, Object> row = new LinkedHashMap<>();
                            for (int i = 0; i < heads.size(); i++) {
                                row.put(heads.get(i), outcome.getKey().get(i));
                            }
                            for (int i = 0; i < COUNTS.size(); i++) {
                                row.put(COUNTS.get(i), outcome.getValue()[i]);
                            }
                            return row;
                        })
                        .toList());
        document.put("quarantined", quarantined);
        document.put("said", controls);
        document.put("recalled", recalls);
        document.put("kept", kept);
        return document;
    }
}
