package io.cloakroom.streams.scenarios;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** One scenario of {@code policy/scenarios.yaml}, with a subject of its own so that all can run side by side. */
public record Scenario(String subject, Told told, Map<String, Object> base) {

    /** Stands for the subject of the scenario. */
    private static final String SUBJECT = "$subject";

    /**
     * As it stands in the file.
     *
     * @param readme whether it is a row of the README's table
     * @param later what happens after the event was decided
     */
    public record Told(
            String name,
            boolean readme,
            List<String> clauses,
            String event,
            String at,
            Map<String, Object> with,
            List<Said> said,
            String quarantined,
            @JsonProperty("then") Map<String, String> outcomes,
            Map<String, Map<String, Object>> reads,
            Later later) {}

    /**
     * @param outcomes of what was held, by recipient, where it is held no more
     * @param recalls each with purpose, rule and clause, by recipient
     */
    public record Later(
            List<Said> said, @JsonProperty("then") Map<String, String> outcomes, Map<String, List<String>> recalls) {}

    /** @param by kind of the subject, where it is not the event's */
    public record Said(
            String kind,
            String by,
            String at,
            String purpose,
            String brand,
            String channel,
            String collector,
            String item,
            String noticeVersion,
            String expiresAt,
            String origin,
            String birthDate,
            String guardian,
            String guardianBirthDate,
            String verification,
            String tcString,
            String gppString,
            Boolean gpc) {}

    private record Book(Map<String, Map<String, Object>> events, List<Told> scenarios) {}

    public static List<Scenario> all() {
        Book book = book();
        return IntStream.range(0, book.scenarios().size())
                .mapToObj(i -> {
                    Told told = book.scenarios().get(i);
                    String kind = told.event().equals("cookie") ? "cookie" : "customer";
                    return new Scenario(
                            kind + ":scenario-" + i, told, book.events().get(told.event()));
                })
                .toList();
    }

    private static Book book() {
        try {
            return YAMLMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build()
                    .readValue(Files.readString(Path.of("..", "policy", "scenarios.yaml")), Book.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An event as it is where a scenario says nothing else, in the gate's own schema. */
    public static GenericRecord event(String type, String subject, Instant at) {
        return event(type, subject, at, book().events().get(type));
    }

    private static GenericRecord event(String type, String subject, Instant at, Map<String, Object> base) {
        Map<String, Object> fields = deepCopy(base);
        put(fields, "meta.subject", subject);
        put(fields, "meta.occurredAt", at.toEpochMilli());
        return (GenericRecord) avro(Schemas.event(type), fields, type);
    }

    /** A control record, as it is published. */
    public record Control(String topic, String subject, SpecificRecord value) {}

    /** What was said before the event is decided, by the person, for it or about it. */
    public List<Control> said(Instant now) {
        return controls(told.said(), now);
    }

    /** What is said after it. */
    public List<Control> saidLater(Instant now) {
        return told.later() == null ? List.of() : controls(told.later().said(), now);
    }

    private List<Control> controls(List<Said> all, Instant now) {
        return all == null ? List.of() : all.stream().map(s -> control(s, now)).toList();
    }

    private Control control(Said said, Instant now) {
        String by = said.by() == null ? subject : of(said.by());
        String id = by + said.kind() + said.at();
        Instant at = time(said.at(), now);
        return switch (said.kind()) {
            case "CONNECTED", "DISCONNECTED" ->
                new Control(
                        Topics.IDENTITY_LINKS,
                        by,
                        new IdentityLink(id, at, by, of("customer"), LinkKind.valueOf(said.kind())));
            case "ERASURE" ->
                new Control(Topics.SUBJECT_REQUESTS, by, new SubjectRequest(id, at, by, RequestKind.ERASURE));
            default -> new Control(Topics.CONSENT_CHANGES, by, change(said, by, id, at, now));
        };
    }

    /** The subject of another kind in the same scenario. */
    private String of(String kind) {
        return kind + subject.substring(subject.indexOf(':'));
    }

    private static ConsentChange change(Said said, String by, String id, Instant at, Instant now) {
        return ConsentChange.newBuilder()
                .setChangeId(id)
                .setOccurredAt(at)
                .setSubject(by)
                .setKind(ConsentKind.valueOf(said.kind()))
                .setPurpose(said.purpose())
                .setBrand(said.brand())
                .setChannel(said.channel())
                .setCollector(said.collector())
                .setItem(said.item())
                .setNoticeVersion(said.noticeVersion())
                .setExpiresAt(said.expiresAt() == null ? null : time(said.expiresAt(), now))
                .setOrigin(said.origin())
                .setBirthDate(date(said.birthDate()))
                .setGuardian(said.guardian())
                .setGuardianBirthDate(date(said.guardianBirthDate()))
                .setVerification(said.verification())
                .setTcString(said.tcString())
                .setGppString(said.gppString())
                .setGpc(said.gpc())
                .build();
    }

    private static LocalDate date(String text) {
        return text == null ? null : LocalDate.parse(text);
    }

    /** The event, in the gate's own schema. */
    public GenericRecord event(Instant now) {
        Map<String, Object> fields = deepCopy(base);
        put(fields, "meta.subject", subject);
        put(fields, "meta.occurredAt", time(told.at(), now).toEpochMilli());
        if (told.with() != null) {
            told.with().forEach((path, value) -> put(fields, path, SUBJECT.equals(value) ? subject : value));
        }
        return (GenericRecord) avro(Schemas.event(told.event()), fields, told.event());
    }

    /** {@code OUTCOME rule clause} of each recipient. */
    public Map<String, String> expected() {
        return told.outcomes();
    }

    /** The same, of what was held, after what is said later. */
    public Map<String, String> expectedLater() {
        return told.later() == null || told.later().outcomes() == null
                ? Map.of()
                : told.later().outcomes();
    }

    /** Purpose, rule and clause of what each recipient must give up then. */
    public Map<String, List<String>> expectedRecalls() {
        return told.later() == null || told.later().recalls() == null
                ? Map.of()
                : told.later().recalls();
    }

    /** Checks what one recipient reads; a path that leads nowhere reads as null. */
    public Map<String, Object> expectedReads(String recipient) {
        return told.reads() == null ? Map.of() : told.reads().getOrDefault(recipient, Map.of());
    }

    /** A field of a release by its dotted path, as text; null where it is not in it. */
    public static String read(IndexedRecord release, String path) {
        Object value = release;
        Schema schema = release.getSchema();
        for (String name : path.split("\\.")) {
            if (!(value instanceof IndexedRecord record) || record.getSchema().getField(name) == null) {
                return null;
            }
            schema = record.getSchema().getField(name).schema();
            value = record.get(record.getSchema().getField(name).pos());
        }
        boolean isDate = schema.isUnion()
                && schema.getTypes().stream().anyMatch(s -> s.getLogicalType() instanceof LogicalTypes.Date);
        return value == null
                ? null
                : isDate ? LocalDate.ofEpochDay((Integer) value).toString() : value.toString();
    }

    @Override
    public String toString() {
        return told.name();
    }

    private static Instant time(String text, Instant now) {
        if (text == null) {
            return now;
        }
        char sign = text.charAt(0);
        if (sign != '-' && sign != '+') {
            return Instant.parse(text);
        }
        Duration distance = Duration.parse("P" + text.substring(1).toUpperCase(java.util.Locale.ROOT));
        return sign == '-' ? now.minus(distance) : now.plus(distance);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> deepCopy(Map<String, Object> fields) {
        Map<String, Object> copy = new LinkedHashMap<>(fields);
        copy.replaceAll((name, value) -> value instanceof Map<?, ?> map ? deepCopy((Map<String, Object>) map) : value);
        return copy;
    }

    @SuppressWarnings("unchecked")
    private static void put(Map<String, Object> fields, String path, Object value) {
        int dot = path.indexOf('.');
        if (dot < 0) {
            fields.put(path, value);
        } else {
            put((Map<String, Object>) fields.get(path.substring(0, dot)), path.substring(dot + 1), value);
        }
    }

    /** Plain values as Avro's generic data; a field too many or too few is an error of the file. */
    private static Object avro(Schema schema, Object value, String path) {
        return switch (schema.getType()) {
            case RECORD -> {
                Map<?, ?> fields = (Map<?, ?>) value;
                GenericData.Record record = new GenericData.Record(schema);
                for (Schema.Field field : schema.getFields()) {
                    if (!fields.containsKey(field.name())) {
                        throw new IllegalArgumentException(path + " has no " + field.name());
                    }
                    record.put(field.pos(), avro(field.schema(), fields.get(field.name()), path + "." + field.name()));
                }
                if (fields.size() != schema.getFields().size()) {
                    throw new IllegalArgumentException(path + " has a field too many: " + fields.keySet());
                }
                yield record;
            }
            case ARRAY ->
                ((List<?>) value)
                        .stream()
                                .map(v -> avro(schema.getElementType(), v, path))
                                .toList();
            case UNION -> value == null ? null : avro(schema.getTypes().get(1), value, path);
            case ENUM -> new GenericData.EnumSymbol(schema, value.toString());
            case LONG -> ((Number) value).longValue();
            case INT ->
                schema.getLogicalType() instanceof LogicalTypes.Date
                        ? (Object) (int) LocalDate.parse(value.toString()).toEpochDay()
                        : value;
            case STRING -> value.toString();
            case BOOLEAN -> value;
            default -> throw new IllegalArgumentException(path + ": scenarios have no " + schema.getType());
        };
    }
}
