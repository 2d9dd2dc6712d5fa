package io.cloakroom.schemas;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;

/**
 * Plain values as Avro's generic data. Dates and times may be numbers or ISO 8601, and the value of a union may be named by
 * its branch, as Avro's own JSON does it. No error says a value: neither does what caused it.
 */
public final class Plain {

    private Plain() {}

    /**
     * @param path what stands before the fields' names in errors
     * @throws IllegalArgumentException if it is not of the schema: a field too many, one too few that has no default, or a
     *     value of another type
     */
    public static GenericData.Record record(Schema schema, Map<?, ?> fields, String path) {
        List<String> unknown = fields.keySet().stream()
                .map(Object::toString)
                .filter(name -> schema.getField(name) == null)
                .toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(path + " has no field " + String.join(", ", unknown));
        }
        GenericData.Record record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
            String inside = path + "." + field.name();
            record.put(
                    field.pos(),
                    fields.containsKey(field.name())
                            ? value(field.schema(), fields.get(field.name()), inside)
                            : missing(field, inside));
        }
        return record;
    }

    private static Object missing(Schema.Field field, String path) {
        try {
            return GenericData.get().getDefaultValue(field);
        } catch (AvroRuntimeException e) {
            throw new IllegalArgumentException(path + " is missing");
        }
    }

    private static Object value(Schema schema, Object value, String path) {
        try {
            return switch (schema.getType()) {
                case RECORD -> record(schema, (Map<?, ?>) value, path);
                case ARRAY -> {
                    List<?> items = (List<?>) value;
                    yield IntStream.range(0, items.size())
                            .mapToObj(i -> value(schema.getElementType(), items.get(i), path + "[" + i + "]"))
                            .toList();
                }
                case MAP -> {
                    Map<String, Object> entries = new LinkedHashMap<>();
                    ((Map<?, ?>) value)
                            .forEach((key, entry) ->
                                    entries.put(key.toString(), value(schema.getValueType(), entry, path + "." + key)));
                    yield entries;
                }
                case UNION -> union(schema, value, path);
                case ENUM -> symbol(schema, (String) value, path);
                case LONG -> time(schema, value);
                case INT -> date(schema, value);
                case FLOAT -> ((Number) value).floatValue();
                case DOUBLE -> ((Number) value).doubleValue();
                case BOOLEAN -> (Boolean) value;
                case STRING -> (String) Objects.requireNonNull(value);
                case NULL, BYTES, FIXED -> throw new IllegalArgumentException(path + ": no event has a " + schema);
            };
        } catch (ClassCastException | ArithmeticException | DateTimeException | NullPointerException e) {
            throw new IllegalArgumentException(path + " is not " + words(schema));
        }
    }

    private static Object union(Schema schema, Object value, String path) {
        if (value == null) {
            return null;
        }
        List<Schema> branches = schema.getTypes().stream()
                .filter(branch -> branch.getType() != Schema.Type.NULL)
                .toList();
        if (value instanceof Map<?, ?> map && map.size() == 1) {
            Object name = map.keySet().iterator().next();
            for (Schema branch : branches) {
                if (branch.getFullName().equals(name)) {
                    return value(branch, map.get(name), path);
                }
            }
        }
        if (branches.size() != 1) {
            throw new IllegalArgumentException(path + " is one of several things: name which, as in {\""
                    + branches.get(0).getFullName() + "\": ...}");
        }
        return value(branches.get(0), value, path);
    }

    private static Object symbol(Schema schema, String symbol, String path) {
        if (!schema.hasEnumSymbol(symbol)) {
            throw new IllegalArgumentException(path + " is none of " + String.join(", ", schema.getEnumSymbols()));
        }
        return new GenericData.EnumSymbol(schema, symbol);
    }

    private static Object time(Schema schema, Object value) {
        return value instanceof String text && schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
                ? (Object) Instant.parse(text).toEpochMilli()
                : whole(value);
    }

    private static Object date(Schema schema, Object value) {
        long number = value instanceof String text && schema.getLogicalType() instanceof LogicalTypes.Date
                ? LocalDate.parse(text).toEpochDay()
                : whole(value);
        return Math.toIntExact(number);
    }

    private static long whole(Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new ArithmeticException("not a whole number");
    }

    private static String words(Schema schema) {
        if (schema.getLogicalType() != null) {
            return "a " + schema.getLogicalType().getName();
        }
        return switch (schema.getType()) {
            case RECORD, MAP -> "an object";
            case ARRAY -> "a list";
            case STRING, ENUM -> "a text";
            case BOOLEAN -> "true or false";
            case INT, LONG -> "a whole number";
            case FLOAT, DOUBLE -> "a number";
            case UNION, NULL, BYTES, FIXED -> "a " + schema.getType().getName();
        };
    }
}
