package io.cloakroom.streams.cli;

import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Hold;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Engine.Answer;
import io.cloakroom.policy.Engine.Step;
import io.cloakroom.policy.Engine.Verdict;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Purpose;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Rehearsal;
import io.cloakroom.streams.gate.Rehearsal.Heard;
import io.cloakroom.streams.scenarios.Book;
import io.cloakroom.streams.scenarios.Said;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "explain",
        description = {
            "Decides one event for one recipient and says what was asked, in what order, and what came of it.",
            "Exit 1 if the policy does not know the recipient for such events: it gets nothing (C17)."
        },
        mixinStandardHelpOptions = true)
final class PolicyExplain implements Callable<Integer> {

    private static final int NO = 1;
    private static final String PASSED = "nothing against it";

    @Option(
            names = "--event",
            required = true,
            paramLabel = "FILE",
            description =
                    "JSON in the gate's schema, plain or Avro's: the event, or {\"type\": \"order\", \"event\": {...}}.")
    private Path file;

    @Option(names = "--type", paramLabel = "T", defaultValue = "", description = "Of the event, where FILE says none.")
    private String type;

    @Option(names = "--recipient", required = true, paramLabel = "R", description = "For whom.")
    private String recipient;

    @Option(
            names = "--said",
            paramLabel = "FILE",
            description = "What people said before: a list in the form of policy/scenarios.yaml. Default: nothing.")
    private Path said;

    @Option(
            names = "--at",
            paramLabel = "INSTANT",
            description = "When everything arrives and is decided, such as 2026-03-01T12:00:00Z. Default: now.")
    private Instant at;

    @Option(
            names = "--policies",
            paramLabel = "FILE|DIR",
            description = "Default: the policies that come with Cloakroom.")
    private Path policies;

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** What the engine said of one purpose, while it decided. */
    private record Asked(Purpose purpose, Answer answer) {}

    /** What came of something that was said. */
    private record Came(Said said, Heard heard) {}

    private final List<Asked> asked = new ArrayList<>();
    private final List<Came> heard = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        PolicyHistory history =
                Blueprint.load(policies == null ? Home.policies() : policies).history();
        Recorded event = Recorded.read(file.toString(), Files.readString(file), type);
        Instant now = at == null ? Instant.now() : at;
        Rehearsal rehearsal = new Rehearsal(history, Recorded.registry());
        String subject = new String(event.key(), StandardCharsets.UTF_8);
        for (Said each : said == null ? List.<Said>of() : Book.said(said)) {
            Said.Control control = each.control(subject, now);
            heard.add(new Came(each, rehearsal.hear(control.subject(), control.value(), now.toEpochMilli())));
        }
        Judgement judgement = rehearsal.decide(
                event.type(), event.key(), event.value(), now.toEpochMilli(), (access, purpose, answer) -> {
                    if (access.recipient().id().equals(recipient)) {
                        asked.add(new Asked(purpose, answer));
                    }
                });
        Optional<Decision> decision = judgement.decisions().stream()
                .filter(d -> d.recipient().id().equals(recipient))
                .findFirst();
        if (decision.isEmpty()) {
            spec.commandLine()
                    .getErr()
                    .println("no recipient " + recipient + " of " + event.type()
                            + " is in the policy of the event's time: it gets nothing");
            return NO;
        }
        List<Map<String, Object>> reads = new ArrayList<>();
        if (decision.get() instanceof Release release) {
            read(rehearsal.read(release), "", reads);
        }
        Paper.print(
                spec,
                json
                        ? Json.of(document(event, judgement, decision.get(), reads)) + "\n"
                        : text(event, judgement, decision.get(), reads));
        return 0;
    }

    // What the recipient reads.

    private static void read(GenericRecord record, String prefix, List<Map<String, Object>> fields) {
        for (Schema.Field field : record.getSchema().getFields()) {
            String path = prefix + field.name();
            Object value = record.get(field.pos());
            if (value instanceof GenericRecord inner) {
                read(inner, path + ".", fields);
            } else if (value instanceof List<?> items && items.stream().anyMatch(GenericRecord.class::isInstance)) {
                for (int i = 0; i < items.size(); i++) {
                    read((GenericRecord) items.get(i), path + "[" + i + "].", fields);
                }
            } else {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("field", path);
                row.put("treatment", field.getProp("treatment") == null ? "own" : field.getProp("treatment"));
                row.put("value", isToken(field, prefix) ? "(a token)" : plain(field.schema(), value));
                fields.add(row);
            }
        }
    }

    private static boolean isToken(Schema.Field field, String prefix) {
        return "pseudonymise".equals(field.getProp("treatment"))
                || field.getProp("label") == null && field.name().equals("releaseId") && prefix.isEmpty();
    }

    private static Object plain(Schema schema, Object value) {
        LogicalType logical = schema.isUnion()
                ? schema.getTypes().get(schema.getTypes().size() - 1).getLogicalType()
                : schema.getLogicalType();
        if (value instanceof Long time && logical instanceof LogicalTypes.TimestampMillis) {
            return Words.time(time);
        }
        if (value instanceof Integer day && logical instanceof LogicalTypes.Date) {
            return LocalDate.ofEpochDay(day).toString();
        }
        return value == null || value instanceof Number || value instanceof Boolean ? value : value.toString();
    }

    // For people.

    private String text(Recorded event, Judgement judgement, Decision decision, List<Map<String, Object>> reads) {
        Paper paper = new Paper();
        paper.line(event.type() + " for " + recipient + ", under the policy of " + version(judgement));
        paper.gap();
        heard.forEach(came -> paper.entry(
                2,
                24,
                came.said().kind(),
                (came.said().purpose() == null ? "" : "for " + came.said().purpose() + ": ")
                        + came.heard().rule().id() + " ("
                        + came.heard().rule().clause() + ")"));
        if (!heard.isEmpty()) {
            paper.gap();
        }
        if (judgement instanceof Judgement.Quarantined quarantined) {
            paper.line("quarantined: " + quarantined.rule().remedy());
        } else {
            paper.line("the event")
                    .entry(2, 24, PASSED, "Can it be read, are brand and surface known, is its time over?");
            paper.gap();
        }
        asked.forEach(one -> write(one, paper));
        paper.line(Words.outcome(decision) + ": " + decision.rule().id() + " (" + decision.clause() + ")"
                + more(decision));
        reads.forEach(row -> paper.entry(
                2,
                40,
                row.get("field") + " (" + row.get("treatment") + ")",
                row.get("value") == null ? "nothing" : row.get("value").toString()));
        return paper.toString();
    }

    private static void write(Asked asked, Paper paper) {
        Purpose purpose = asked.purpose();
        Answer answer = asked.answer();
        paper.line(purpose.id() + ", by " + Words.of(purpose.basis()) + " (" + purpose.clause() + ")");
        passed(answer).forEach(step -> paper.entry(2, 24, PASSED, question(step)));
        String reason = answer.rule().id() + " (" + answer.clause() + ")"
                + answer.transition()
                        .map(t -> ", by the " + Words.of(t.kind()) + " of " + Words.time(t.at()))
                        .orElse("");
        paper.entry(
                2,
                24,
                Words.of(answer.verdict()),
                answer.verdict() == Verdict.YES ? reason : question(answer.step()) + " " + reason);
        paper.gap();
    }

    /** All steps in which nothing spoke against it. */
    private static List<Step> passed(Answer answer) {
        return Arrays.stream(Step.values())
                .filter(step ->
                        step.compareTo(answer.step()) < 0 || step == answer.step() && answer.verdict() == Verdict.YES)
                .toList();
    }

    private static String question(Step step) {
        return switch (step) {
            case STATED -> "Does the policy or the form state it for this event?";
            case REGISTERED -> "Is the recipient still registered for it today?";
            case AGE -> "Do age and guardian allow it?";
            case BASIS -> "What does it rest on, at the event's time and by all that is known now?";
            case REST -> "May it be transferred, and has the event what it must have?";
            case HELD -> "Is anything waited for?";
        };
    }

    private static String more(Decision decision) {
        if (decision instanceof Release release) {
            return ", for " + Words.list(release.purposes());
        }
        return decision instanceof Hold hold ? ", until " + Words.time(hold.deadline()) + " at most" : "";
    }

    private static String version(Judgement judgement) {
        return judgement instanceof Judgement.Decided decided
                ? decided.policy().map(Policy::version).orElse("no version: it is older than the first")
                : "no version: it cannot be decided";
    }

    // For programs.

    private Map<String, Object> document(
            Recorded event, Judgement judgement, Decision decision, List<Map<String, Object>> reads) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("type", event.type());
        document.put("recipient", recipient);
        document.put(
                "policy",
                judgement instanceof Judgement.Decided decided
                        ? decided.policy().map(Policy::version).orElse(null)
                        : null);
        document.put(
                "said",
                heard.stream()
                        .map(came -> Map.of(
                                "kind", came.said().kind(),
                                "rule", came.heard().rule().id(),
                                "clause", came.heard().rule().clause()))
                        .toList());
        document.put("purposes", asked.stream().map(PolicyExplain::document).toList());
        document.put("outcome", Words.outcome(decision));
        document.put("rule", decision.rule().id());
        document.put("clause", decision.clause());
        document.put("for", decision instanceof Release release ? release.purposes() : List.of());
        document.put("until", decision instanceof Hold hold ? Words.time(hold.deadline()) : null);
        document.put("reads", reads);
        return document;
    }

    private static Map<String, Object> document(Asked asked) {
        Answer answer = asked.answer();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("purpose", asked.purpose().id());
        document.put("basis", Words.of(asked.purpose().basis()));
        document.put("passed", passed(answer).stream().map(Words::of).toList());
        document.put("verdict", Words.of(answer.verdict()));
        document.put("step", Words.of(answer.step()));
        document.put("rule", answer.rule().id());
        document.put("clause", answer.clause());
        document.put(
                "transition", answer.transition().map(PolicyExplain::document).orElse(null));
        return document;
    }

    private static Map<String, Object> document(Transition transition) {
        return Map.of("kind", Words.of(transition.kind()), "at", Words.time(transition.at()));
    }
}
