package io.cloakroom.streams.gate;

import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** Reads an Avro schema as the policy sees it. */
public final class Shapes {

    private Shapes() {}

    /**
     * @param type what follows {@code events.} in the topic's name
     * @throws IllegalArgumentException if the schema is not a record that begins with {@code meta}, has an unlabelled
     *     field, holds itself, or says two things of one path
     */
    public static EventSchema of(String type, Schema schema) {
        if (schema.getType() != Schema.Type.RECORD
                || schema.getFields().isEmpty()
                || !schema.getFields().get(0).name().equals("meta")) {
            throw new IllegalArgumentException(type + ": an event schema is a record that begins with meta");
        }
        for (String reserved : Projection.OWN_FIELDS) {
            if (schema.getField(reserved) != null) {
                throw new IllegalArgumentException(
                        type + ": every release has a field " + reserved + " of its own: name the event's otherwise");
            }
        }
        Map<String, Field> fields = new LinkedHashMap<>();
        flatten(type, "", schema, fields, List.of());
        return new EventSchema(type, List.copyOf(fields.values()));
    }

    private static void flatten(
            String type, String prefix, Schema record, Map<String, Field> fields, List<String> inside) {
        if (inside.contains(record.getFullName())) {
            throw new IllegalArgumentException(
                    type + ": " + record.getFullName() + " holds itself at " + prefix + ": an event ends somewhere");
        }
        List<String> within = new java.util.ArrayList<>(inside);
        within.add(record.getFullName());
        for (Schema.Field field : record.getFields()) {
            String path = prefix + field.name();
            String label = field.getProp("label");
            if (label == null) {
                throw new IllegalArgumentException(
                        type + ": field " + path + " has no label: add the property \"label\"");
            }
            List<Schema> inner = inner(field.schema());
            Field flat = new Field(path, label, kind(field.schema(), inner), symbols(inner));
            Field before = fields.putIfAbsent(path, flat);
            if (before != null && !before.equals(flat)) {
                throw new IllegalArgumentException(
                        type + ": " + path + " is two things in the branches of a union: name them apart");
            }
            for (Schema branch : inner) {
                if (branch.getType() == Schema.Type.RECORD) {
                    flatten(type, path + ".", branch, fields, within);
                }
            }
        }
    }

    /** What is inside arrays, maps and unions, without null; several only for a union of several. */
    static List<Schema> inner(Schema schema) {
        return switch (schema.getType()) {
            case ARRAY -> inner(schema.getElementType());
            case MAP -> inner(schema.getValueType());
            case UNION ->
                schema.getTypes().stream()
                        .filter(s -> s.getType() != Schema.Type.NULL)
                        .flatMap(s -> inner(s).stream())
                        .toList();
            default -> List.of(schema);
        };
    }

    private static Kind kind(Schema field, List<Schema> inner) {
        if (inner.stream().anyMatch(s -> s.getType() == Schema.Type.RECORD)) {
            return Kind.RECORD;
        }
        if (inner.size() != 1 || hasKeys(field)) {
            return Kind.OTHER;
        }
        Schema schema = inner.get(0);
        return switch (schema.getType()) {
            case STRING -> Kind.STRING;
            case ENUM -> Kind.ENUM;
            case BOOLEAN -> Kind.BOOLEAN;
            case INT -> schema.getLogicalType() instanceof LogicalTypes.Date ? Kind.DATE : Kind.INT;
            case LONG -> schema.getLogicalType() instanceof LogicalTypes.TimestampMillis ? Kind.TIMESTAMP : Kind.LONG;
            default -> Kind.OTHER;
        };
    }

    /** The keys of a map are data too, and a treatment of its values would leave them in clear (T18). */
    private static boolean hasKeys(Schema schema) {
        return switch (schema.getType()) {
            case MAP -> true;
            case ARRAY -> hasKeys(schema.getElementType());
            case UNION -> schema.getTypes().stream().anyMatch(Shapes::hasKeys);
            case RECORD, ENUM, FIXED, STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> false;
        };
    }

    private static List<String> symbols(List<Schema> inner) {
        return inner.size() == 1 && inner.get(0).getType() == Schema.Type.ENUM
                ? inner.get(0).getEnumSymbols()
                : List.of();
    }
}
