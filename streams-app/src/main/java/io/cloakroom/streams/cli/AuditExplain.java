package io.cloakroom.streams.cli;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.AuditSearch;
import io.cloakroom.streams.AuditSearch.Found;
import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.Quarantine;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import io.cloakroom.streams.gate.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.errors.SerializationException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "explain",
        description = {
            "Says what was decided about one input record, for whom, why, and what came of it later.",
            "Later: among the next " + AuditExplain.LATER
                    + " entries of its partition. Exit 1 if there is no entry of it."
        },
        mixinStandardHelpOptions = true)
final class AuditExplain implements Callable<Integer> {

    /** In entries: so that the answer takes no longer the more is decided. */
    static final int LATER = 20_000;

    private static final int NO = 1;

    @Mixin
    private Connection connection;

    @Parameters(
            arity = "0..2",
            paramLabel = "TOPIC-PARTITION-OFFSET [RECIPIENT]",
            description = "Where the record lies or lay, such as events.order-0-17; and for whom, if not for all.")
    private List<String> named = List.of();

    @ArgGroup(exclusive = false)
    private ById byId;

    private static final class ById {
        @Option(
                names = "--event-id",
                required = true,
                paramLabel = "ID",
                description = "The event's own id; it is looked for where events lie, and printed nowhere.")
        private String id;

        @Option(names = "--type", required = true, paramLabel = "T", description = "Of the event, such as order.")
        private String type;

        @Option(names = "--from", required = true, paramLabel = "INSTANT", description = "It arrived then or later.")
        private Instant from;

        @Option(names = "--to", required = true, paramLabel = "INSTANT", description = "It arrived before.")
        private Instant to;
    }

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** All that the audit says of one input record. */
    private record Story(
            AuditEntry entry, List<AuditEntry> resolutions, List<Given> recalls, Optional<Coordinates> again) {}

    /** @param by the entry that recalls */
    private record Given(AuditEntry by, RecallNote note) {}

    @Override
    public Integer call() throws Exception {
        if (byId == null ? named.isEmpty() : named.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "name one record: TOPIC-PARTITION-OFFSET, or --event-id, --type, --from and --to");
        }
        int recipientAt = byId == null ? 1 : 0;
        Optional<String> recipient =
                named.size() > recipientAt ? Optional.of(named.get(recipientAt)) : Optional.empty();
        Settings settings = connection.settings();
        List<Coordinates> places =
                byId == null ? List.of(QuarantineCommand.coordinates(spec, named.get(0))) : places(settings);
        List<Story> stories = new ArrayList<>();
        try (AuditSearch search = new AuditSearch(settings)) {
            for (Coordinates place : places) {
                Optional<Found> found = search.find(place);
                if (found.isPresent()) {
                    stories.add(story(settings, search, found.get()));
                } else {
                    spec.commandLine()
                            .getErr()
                            .println("no entry of " + place + ": not decided yet, or kept no longer");
                }
            }
        }
        boolean isNamed = recipient.isEmpty()
                || stories.stream()
                        .flatMap(story -> story.entry().getDecisions().stream())
                        .anyMatch(d -> d.getRecipient().equals(recipient.get()));
        if (!isNamed && !stories.isEmpty()) {
            spec.commandLine()
                    .getErr()
                    .println("nothing was decided for " + recipient.get() + ": it gets nothing (C17)");
        }
        if (json) {
            Paper.print(
                    spec,
                    Json.of(Map.of(
                                    "records",
                                    stories.stream()
                                            .map(s -> document(s, recipient))
                                            .toList()))
                            + "\n");
        } else {
            Paper paper = new Paper();
            stories.forEach(story -> write(story, recipient, paper));
            Paper.print(spec, paper.toString());
        }
        return stories.size() == places.size() && !places.isEmpty() && isNamed ? 0 : NO;
    }

    // By the event's own id.

    private List<Coordinates> places(Settings settings) {
        if (!Schemas.eventTypes().contains(byId.type)) {
            throw new ParameterException(
                    spec.commandLine(), "--type: there are " + Words.list(new TreeSet<>(Schemas.eventTypes())));
        }
        AvroDeserializer values = new AvroDeserializer();
        values.configure(new HashMap<>(settings.client()), false);
        List<Coordinates> places = new ArrayList<>();
        TopicReader.read(settings, List.of(Topics.events(byId.type)), byId.from, byId.to, record -> {
            if (isMeant(values, record.topic(), record.value())) {
                places.add(new Coordinates(record.topic(), record.partition(), record.offset()));
            }
        });
        if (places.isEmpty()) {
            spec.commandLine()
                    .getErr()
                    .println("no " + byId.type + " with this id arrived in that time, or it lies there no longer");
        }
        return places;
    }

    /** What cannot be read has no id. */
    private boolean isMeant(AvroDeserializer values, String topic, byte[] value) {
        try {
            return values.deserialize(topic, value) instanceof GenericRecord event
                    && event.hasField("meta")
                    && event.get("meta") instanceof GenericRecord meta
                    && meta.hasField("eventId")
                    && byId.id.equals(String.valueOf(meta.get("eventId")));
        } catch (SerializationException e) {
            return false;
        }
    }

    // What the audit says.

    private static Story story(Settings settings, AuditSearch search, Found found) {
        AuditEntry entry = found.entry();
        List<AuditEntry> resolutions = new ArrayList<>();
        List<Given> recalls = new ArrayList<>();
        for (AuditEntry later : search.after(found, LATER)) {
            if (later.getKind() == EntryKind.RESOLUTION && place(later).equals(place(entry))) {
                resolutions.add(later);
            }
            if (entry.getSubjectToken() != null && entry.getSubjectToken().equals(later.getSubjectToken())) {
                List<RecipientDecision> released = Stream.concat(Stream.of(entry), resolutions.stream())
                        .flatMap(e -> e.getDecisions().stream())
                        .filter(d -> d.getOutcome() == Outcome.RELEASE)
                        .toList();
                later.getRecalls().stream()
                        .filter(recall -> released.stream()
                                .anyMatch(d -> d.getRecipient().equals(recall.getRecipient())
                                        && d.getPurposes().contains(recall.getPurpose())))
                        .forEach(recall -> recalls.add(new Given(later, recall)));
            }
        }
        Optional<Coordinates> again = entry.getKind() == EntryKind.QUARANTINED
                ? new Quarantine(settings)
                        .items().stream()
                                .filter(item -> item.place().equals(place(entry)))
                                .findFirst()
                                .flatMap(Quarantine.Item::replayedAs)
                : Optional.empty();
        return new Story(entry, resolutions, recalls, again);
    }

    private static Coordinates place(AuditEntry entry) {
        return new Coordinates(entry.getTopic(), entry.getPartition(), entry.getOffset());
    }

    private static List<RecipientDecision> of(AuditEntry entry, Optional<String> recipient) {
        return entry.getDecisions().stream()
                .filter(d -> recipient.isEmpty() || d.getRecipient().equals(recipient.get()))
                .toList();
    }

    // For people.

    private static void write(Story story, Optional<String> recipient, Paper paper) {
        AuditEntry entry = story.entry();
        paper.line(place(entry) + ": " + Words.of(entry.getKind()));
        paper.entry(2, 12, "occurred", entry.getOccurredAt() == null ? "not known" : "" + entry.getOccurredAt());
        paper.entry(2, 12, "arrived", entry.getArrivedAt() + ", decided " + entry.getDecidedAt());
        paper.entry(
                2,
                12,
                "policy",
                entry.getPolicyVersion() == null
                        ? "none: it is older than the first"
                        : entry.getPolicyVersion() + ", SHA-256 " + hash(entry));
        if (entry.getReplayOf() != null) {
            paper.entry(2, 12, "replay of", Coordinates.of(entry.getReplayOf()) + ", which was quarantined");
        }
        if (entry.getReason() != null) {
            paper.entry(
                    2,
                    12,
                    "because",
                    rule(entry.getReason().getRule(), entry.getReason().getClause()));
        }
        of(entry, recipient).forEach(decision -> write(decision, paper));
        story.resolutions().forEach(resolution -> {
            paper.line(2, "resolved " + resolution.getDecidedAt());
            of(resolution, recipient).forEach(decision -> write(decision, paper));
        });
        story.recalls().stream()
                .filter(given ->
                        recipient.isEmpty() || given.note().getRecipient().equals(recipient.get()))
                .forEach(given -> paper.line(
                        2,
                        (given.note().getPossible() ? "recalled " : "forbidden, but may be kept, ")
                                + given.by().getDecidedAt() + ": releases of this person to "
                                + given.note().getRecipient() + " for "
                                + given.note().getPurpose() + ", by "
                                + place(given.by()) + ": "
                                + rule(given.note().getRule(), given.note().getClause())));
        story.again().ifPresent(copy -> paper.line(2, "replayed as " + copy + ", which has an entry of its own"));
    }

    private static void write(RecipientDecision decision, Paper paper) {
        paper.line(
                2,
                decision.getRecipient() + ": " + outcome(decision.getOutcome())
                        + (decision.getPurposes().isEmpty() ? "" : " for " + Words.list(decision.getPurposes())));
        paper.entry(4, 12, "because", rule(decision.getRule(), decision.getClause()));
        if (decision.getTransition() != null) {
            paper.entry(
                    4,
                    12,
                    "counted",
                    "the " + Words.of(decision.getTransition().getKind()) + " of "
                            + decision.getTransition().getAt());
        }
        if (!decision.getTreatments().isEmpty()) {
            paper.entry(
                    4,
                    12,
                    "fields",
                    Words.list(decision.getTreatments().stream()
                            .map(t -> t.getFields() + " " + t.getCategory() + " (" + t.getTreatment() + ")")
                            .toList()));
        }
    }

    private static String outcome(Outcome outcome) {
        return switch (outcome) {
            case RELEASE -> "released";
            case WITHHOLD -> "withheld";
            case HOLD -> "held";
        };
    }

    private static String rule(String rule, String clause) {
        return rule + " (" + clause + "): " + RuleWords.of(rule);
    }

    private static String hash(AuditEntry entry) {
        return HexFormat.of().formatHex(entry.getPolicyHash().bytes());
    }

    // For programs.

    private static Map<String, Object> document(Story story, Optional<String> recipient) {
        AuditEntry entry = story.entry();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("place", place(entry).toString());
        document.put("kind", Words.of(entry.getKind()));
        document.put("occurredAt", text(entry.getOccurredAt()));
        document.put("arrivedAt", text(entry.getArrivedAt()));
        document.put("decidedAt", text(entry.getDecidedAt()));
        document.put("policy", entry.getPolicyVersion());
        document.put("policyHash", entry.getPolicyHash() == null ? null : hash(entry));
        document.put(
                "replayOf",
                entry.getReplayOf() == null
                        ? null
                        : Coordinates.of(entry.getReplayOf()).toString());
        document.put(
                "reason",
                entry.getReason() == null
                        ? null
                        : reason(entry.getReason().getRule(), entry.getReason().getClause()));
        document.put("decisions", decisions(entry, recipient));
        document.put(
                "resolutions",
                story.resolutions().stream()
                        .map(r -> Map.of("at", text(r.getDecidedAt()), "decisions", decisions(r, recipient)))
                        .toList());
        document.put(
                "recalls",
                story.recalls().stream()
                        .filter(g ->
                                recipient.isEmpty() || g.note().getRecipient().equals(recipient.get()))
                        .map(AuditExplain::document)
                        .toList());
        document.put("replayedAs", story.again().map(Coordinates::toString).orElse(null));
        return document;
    }

    private static String text(Instant time) {
        return time == null ? null : time.toString();
    }

    private static Map<String, Object> reason(String rule, String clause) {
        Map<String, Object> reason = new LinkedHashMap<>();
        reason.put("rule", rule);
        reason.put("clause", clause);
        reason.put("meaning", RuleWords.of(rule));
        return reason;
    }

    private static Map<String, Object> document(Given given) {
        Map<String, Object> document =
                reason(given.note().getRule(), given.note().getClause());
        document.put("at", text(given.by().getDecidedAt()));
        document.put("by", place(given.by()).toString());
        document.put("recipient", given.note().getRecipient());
        document.put("purpose", given.note().getPurpose());
        document.put("possible", given.note().getPossible());
        return document;
    }

    private static List<Map<String, Object>> decisions(AuditEntry entry, Optional<String> recipient) {
        return of(entry, recipient).stream().map(AuditExplain::document).toList();
    }

    private static Map<String, Object> document(RecipientDecision decision) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("recipient", decision.getRecipient());
        document.put("outcome", outcome(decision.getOutcome()));
        document.put("purposes", decision.getPurposes());
        document.putAll(reason(decision.getRule(), decision.getClause()));
        document.put(
                "transition",
                decision.getTransition() == null
                        ? null
                        : Map.of(
                                "kind",
                                Words.of(decision.getTransition().getKind()),
                                "at",
                                text(decision.getTransition().getAt())));
        document.put(
                "treatments",
                decision.getTreatments().stream()
                        .map(t -> Map.of(
                                "category", t.getCategory(), "treatment", t.getTreatment(), "fields", t.getFields()))
                        .toList());
        return document;
    }
}
