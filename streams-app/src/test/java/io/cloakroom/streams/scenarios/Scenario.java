package io.cloakroom.streams.scenarios;

import io.cloakroom.schemas.Plain;
import io.cloakroom.schemas.Schemas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;

/** One scenario of {@code policy/scenarios.yaml}, with a subject of its own so that all can run side by side. */
public record Scenario(String subject, Book.Told told, Map<String, Object> base) {

    /** Stands for the subject of the scenario. */
    private static final String SUBJECT = "$subject";

    public static List<Scenario> all() {
        Book book = book();
        return IntStream.range(0, book.told().size())
                .mapToObj(i -> {
                    Book.Told told = book.told().get(i);
                    String kind = told.event().equals("cookie") ? "cookie" : "customer";
                    return new Scenario(
                            kind + ":scenario-" + i, told, book.events().get(told.event()));
                })
                .toList();
    }

    private static Book book() {
        try {
            return Book.read(Path.of("..", "policy", "scenarios.yaml"));
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
        return Plain.record(Schemas.event(type), fields, type);
    }

    /** What was said before the event is decided, by the person, for it or about it. */
    public List<Said.Control> said(Instant now) {
        return controls(told.said(), now);
    }

    /** What is said after it. */
    public List<Said.Control> saidLater(Instant now) {
        return told.later() == null ? List.of() : controls(told.later().said(), now);
    }

    private List<Said.Control> controls(List<Said> all, Instant now) {
        return all == null
                ? List.of()
                : all.stream().map(s -> s.control(subject, now)).toList();
    }

    /** The event, in the gate's own schema. */
    public GenericRecord event(Instant now) {
        Map<String, Object> fields = deepCopy(base);
        put(fields, "meta.subject", subject);
        put(fields, "meta.occurredAt", Said.time(told.at(), now).toEpochMilli());
        if (told.with() != null) {
            told.with().forEach((path, value) -> put(fields, path, SUBJECT.equals(value) ? subject : value));
        }
        return Plain.record(Schemas.event(told.event()), fields, told.event());
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
}
