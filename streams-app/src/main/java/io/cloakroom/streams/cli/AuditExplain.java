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
import io.cloakroom.streams.AuditSearch.Later;
import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.Quarantine;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import io.cloakroom.streams.gate.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
                    + " entries of its partition at most; it says so where there are more.",
            "Exit 1 if there is no entry of it."
        },
        mixinStandardHelpOptions = true)
final class AuditExplain implements Callable<Integer> {

    /** In entries: so that the answer takes no longer the more is decided. */
    static final int LATER = 10_000;

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
            AuditEntry entry,
            List<AuditEntry> resolutions,
            List<Given> recalls,
            Optional<Coordinates> again,
            Optional<Looked> looked) {

        boolean isNamed(String recipient) {
            return entry.getDecisions().stream().anyMatch(d -> d.getRecipient().equals(recipient));
        }

        /** The same, for one recipient. */
        Story of(String recipient) {
            return new Story(
                    of(entry, recipient),
                    resolutions.stream().map(r -> of(r, recipient)).toList(),
                    recalls.stream()
                            .filter(g -> g.note().getRecipient().equals(recipient))
                            .toList(),
                    again,
                    looked);
        }

        private static AuditEntry of(AuditEntry entry, String recipient) {
            return AuditEntry.newBuilder(entry)
                    .setDecisions(entry.getDecisions().stream()
                            .filter(d -> d.getRecipient().equals(recipient))
                            .toList())
                    .build();
        }
    }

    /** How far was looked for what came of it, where there is more: so many entries, decided until then. */
    private record Looked(int entries, Instant until) {}

    /** @param by the entry that recalls */
    private record Given(AuditEntry by, RecallNote note) {}

    @Override
    public Integer call() throws Exception {
        int recipientAt = byId == null ? 1 : 0;
        if (named.size() < recipientAt || named.size() > recipientAt + 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "name one record: TOPIC-PARTITION-OFFSET, or --event-id, --type, --from and --to");
        }
        Settings settings = connection.settings();
        List<Coordinates> places =
                byId == null ? List.of(QuarantineCommand.coordinates(spec, named.get(0))) : places(settings);
        List<Story> stories = new ArrayList<>();
        try (AuditSearch search = new AuditSearch(settings)) {
            for (Coordinates place : places) {
                search.find(place)
                        .ifPresentOrElse(
                                found -> stories.add(story(settings, search, found)),
                                () -> refuse("no entry of " + place + ": not decided yet, or kept no longer"));
            }
        }
        boolean isComplete = !places.isEmpty() && stories.size() == places.size();
        if (named.size() > recipientAt) {
            String recipient = named.get(recipientAt);
            if (stories.stream().noneMatch(story -> story.isNamed(recipient))) {
                refuse("nothing was decided for " + recipient + ": it gets nothing (C17)");
                return NO;
            }
            stories.replaceAll(story -> story.of(recipient));
        }
        if (json) {
            Paper.print(
                    spec,
                    Json.of(Map.of(
                                    "records",
                                    stories.stream().map(AuditExplain::document).toList()))
                            + "\n");
        } else {
            Paper paper = new Paper();
            stories.forEach(story -> write(story, paper));
            Paper.print(spec, paper.toString());
        }
        return isComplete ? 0 : NO;
    }

    private void refuse(String why) {
        spec.commandLine().getErr().println(why);
    }

    // By the event's own id.

    private List<Coordinates> places(Settings settings) {
        if (!Schemas.eventTypes().contains(byId.type)) {
            throw new ParameterException(
                    spec.commandLine(), "--type: there are " + Words.list(new TreeSet<>(Schemas.eventTypes())));
        }
        AvroDeserializer values = new AvroDeserializer();
        values.configure(settings.client(), false);
        List<Coordinates> places = new ArrayList<>();
        TopicReader.read(settings, List.of(Topics.events(byId.type)), byId.from, byId.to, record -> {
            if (isMeant(values, record.topic(), record.value())) {
                places.add(new Coordinates(record.topic(), record.partition(), record.offset()));
            }
        });
        if (places.isEmpty()) {
            refuse("no " + byId.type + " with this id arrived in that time, or it lies there no longer");
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
        List<RecipientDecision> decisions = new ArrayList<>(entry.getDecisions());
        Later after = search.after(found, LATER);
        for (AuditEntry later : after.entries()) {
            if (later.getKind() == EntryKind.RESOLUTION && place(later).equals(place(entry))) {
                resolutions.add(later);
                decisions.addAll(later.getDecisions());
            }
            if (entry.getSubjectToken() != null && entry.getSubjectToken().equals(later.getSubjectToken())) {
                later.getRecalls().stream()
                        .filter(recall -> decisions.stream().anyMatch(d -> isOf(recall, d)))
                        .forEach(recall -> recalls.add(new Given(later, recall)));
            }
        }
        boolean isElsewhere = entry.getKind() == EntryKind.QUARANTINED || entry.getKind() == EntryKind.FORWARDED;
        Optional<Coordinates> again = isElsewhere
                ? new Quarantine(settings)
                        .items(entry.getArrivedAt()).stream()
                                .filter(item -> item.place().equals(place(entry)))
                                .findFirst()
                                .flatMap(Quarantine.Item::replayedAs)
                : Optional.empty();
        Optional<Looked> looked =
                after.isAll() ? Optional.empty() : Optional.of(new Looked(after.looked(), after.until()));
        return new Story(entry, resolutions, recalls, again, looked);
    }

    /** Only what was released has purposes. */
    private static boolean isOf(RecallNote recall, RecipientDecision decision) {
        return decision.getRecipient().equals(recall.getRecipient())
                && decision.getPurposes().contains(recall.getPurpose());
    }

    private static Coordinates place(AuditEntry entry) {
        return new Coordinates(entry.getTopic(), entry.getPartition(), entry.getOffset());
    }

    // For people.

    private static void write(Story story, Paper paper) {
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
        entry.getDecisions().forEach(decision -> write(decision, paper));
        story.resolutions().forEach(resolution -> {
            paper.line(2, "resolved " + resolution.getDecidedAt());
            resolution.getDecisions().forEach(decision -> write(decision, paper));
        });
        story.recalls()
                .forEach(given -> paper.line(
                        2,
                        (given.note().getPossible() ? "recalled " : "forbidden, but may be kept, ")
                                + given.by().getDecidedAt() + ": releases of this person to "
                                + given.note().getRecipient() + " for "
                                + given.note().getPurpose() + ", by " + place(given.by()) + ": "
                                + rule(given.note().getRule(), given.note().getClause())));
        story.again().ifPresent(copy -> paper.line(2, "replayed as " + copy + ", which has an entry of its own"));
        story.looked()
                .ifPresent(l -> paper.line(
                        2,
                        "looked at " + l.entries() + " entries behind it, up to " + l.until()
                                + ": what came of it after that is not here"));
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

    /** The entries as {@code audit tail --json} has them, with what their rules mean beside them. */
    private static Map<String, Object> document(Story story) {
        Map<String, String> meanings = new TreeMap<>();
        Stream.concat(Stream.of(story.entry()), story.resolutions().stream())
                .flatMap(entry -> entry.getDecisions().stream())
                .forEach(d -> meanings.put(d.getRule(), RuleWords.of(d.getRule())));
        story.recalls()
                .forEach(g ->
                        meanings.put(g.note().getRule(), RuleWords.of(g.note().getRule())));
        if (story.entry().getReason() != null) {
            String rule = story.entry().getReason().getRule();
            meanings.put(rule, RuleWords.of(rule));
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("place", place(story.entry()).toString());
        document.put("policyHash", story.entry().getPolicyHash() == null ? null : hash(story.entry()));
        document.put("entry", Json.read(story.entry().toString()));
        document.put(
                "resolutions",
                story.resolutions().stream().map(r -> Json.read(r.toString())).toList());
        document.put(
                "recalls",
                story.recalls().stream()
                        .map(g -> Map.of(
                                "by", place(g.by()).toString(),
                                "at", g.by().getDecidedAt().toString(),
                                "note", Json.read(g.note().toString())))
                        .toList());
        document.put("replayedAs", story.again().map(Coordinates::toString).orElse(null));
        document.put(
                "looked",
                story.looked()
                        .map(l -> Map.of(
                                "entries", l.entries(), "until", l.until().toString()))
                        .orElse(null));
        document.put("rules", meanings);
        return document;
    }
}
