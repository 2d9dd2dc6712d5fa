package io.cloakroom.streams.scenarios;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.schemas.Schemas;
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
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** One scenario of {@code policy/scenarios.yaml}, with a subject of its own so that all can run side by side. */
public record Scenario(String subject, Told told, Map<String, Object> base) {

    /**
     * As it stands in the file.
     *
     * @param readme whether it is a row of the README's table
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
            Map<String, Map<String, Object>> reads) {}

    public record Said(
            String kind,
            String at,
            String purpose,
            String brand,
            String channel,
            String collector,
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

    /** What the person said before the event is decided. */
    public List<ConsentChange> said(Instant now) {
        return told.said() == null
                ? List.of()
                : told.said().stream().map(s -> change(s, now)).toList();
    }

    private ConsentChange change(Said said, Instant now) {
        return ConsentChange.newBuilder()
                .setChangeId(subject + said.kind() + said.at())
                .setOccurredAt(time(said.at(), now))
                .setSubject(subject)
                .setKind(ConsentKind.valueOf(said.kind()))
                .setPurpose(said.purpose())
                .setBrand(said.brand())
                .setChannel(said.channel())
                .setCollector(said.collector())
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
            told.with().forEach((path, value) -> put(fields, path, value));
        }
        return (GenericRecord) avro(Schemas.event(told.event()), fields, told.event());
    }

    /** {@code OUTCOME rule clause} of each recipient. */
    public Map<String, String> expected() {
        return told.outcomes();
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
