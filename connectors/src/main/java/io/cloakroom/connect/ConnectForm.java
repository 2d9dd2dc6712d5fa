package io.cloakroom.connect;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;

/**
 * Avro schemas and values as Connect has them. A field keeps its {@code label} and {@code treatment} as parameters of its
 * schema; what Connect has no form for is an error that names the path, and never a value.
 */
final class ConnectForm {

    /** The data category of a field. */
    static final String LABEL = "label";

    /** The form in which a recipient has a field of a release. */
    static final String TREATMENT = "treatment";

    /** The symbols of an enum, which is text in Connect. */
    static final String SYMBOLS = "symbols";

    private static final long DAY = 86_400_000;

    private ConnectForm() {}

    // From Avro.

    /** @throws DataException naming the path of what has no form in Connect */
    static Schema schema(org.apache.avro.Schema avro) {
        return builder(avro, avro.getName(), new HashSet<>()).build();
    }

    /** @param inside the records that the path leads through */
    private static SchemaBuilder builder(org.apache.avro.Schema avro, String path, Set<String> inside) {
        LogicalType logical = avro.getLogicalType();
        if (logical != null
                && !(logical instanceof LogicalTypes.Date)
                && !(logical instanceof LogicalTypes.TimestampMillis)) {
            throw new DataException(path + ": Connect has no form for a " + logical.getName());
        }
        return switch (avro.getType()) {
            case RECORD -> struct(avro, path, inside);
            case ARRAY ->
                SchemaBuilder.array(builder(avro.getElementType(), path, inside).build());
            case MAP ->
                SchemaBuilder.map(
                        Schema.STRING_SCHEMA,
                        builder(avro.getValueType(), path, inside).build());
            case UNION -> optional(avro, path, inside);
            case ENUM -> SchemaBuilder.string().parameter(SYMBOLS, String.join(",", avro.getEnumSymbols()));
            case STRING -> SchemaBuilder.string();
            case BYTES, FIXED -> SchemaBuilder.bytes();
            case INT -> logical == null ? SchemaBuilder.int32() : Date.builder();
            case LONG -> logical == null ? SchemaBuilder.int64() : Timestamp.builder();
            case FLOAT -> SchemaBuilder.float32();
            case DOUBLE -> SchemaBuilder.float64();
            case BOOLEAN -> SchemaBuilder.bool();
            case NULL -> throw new DataException(path + " is always null: Connect has no form for it");
        };
    }

    private static SchemaBuilder struct(org.apache.avro.Schema avro, String path, Set<String> inside) {
        if (!inside.add(avro.getFullName())) {
            throw new DataException(path + ": " + avro.getFullName() + " holds itself: Connect has no form for it");
        }
        SchemaBuilder struct = SchemaBuilder.struct().name(avro.getFullName()).doc(avro.getDoc());
        for (org.apache.avro.Schema.Field field : avro.getFields()) {
            SchemaBuilder value = builder(field.schema(), path + "." + field.name(), inside);
            for (String property : List.of(LABEL, TREATMENT)) {
                if (field.getObjectProp(property) instanceof String text) {
                    value.parameter(property, text);
                }
            }
            if (value.doc() == null) {
                value.doc(field.doc());
            }
            struct.field(field.name(), value.build());
        }
        inside.remove(avro.getFullName());
        return struct;
    }

    private static SchemaBuilder optional(org.apache.avro.Schema union, String path, Set<String> inside) {
        List<org.apache.avro.Schema> branches = union.getTypes().stream()
                .filter(branch -> branch.getType() != org.apache.avro.Schema.Type.NULL)
                .toList();
        if (branches.size() != 1) {
            throw new DataException(path + " is one of several things: Connect has no form for it");
        }
        SchemaBuilder one = builder(branches.get(0), path, inside);
        return union.isNullable() ? one.optional() : one;
    }

    /** @param schema made by {@link #schema} of the value's own */
    static Object value(Schema schema, Object avro) {
        if (avro == null) {
            return null;
        }
        return switch (schema.type()) {
            case STRUCT -> {
                Struct struct = new Struct(schema);
                for (Field field : schema.fields()) {
                    struct.put(field, value(field.schema(), ((IndexedRecord) avro).get(field.index())));
                }
                yield struct;
            }
            case ARRAY -> {
                List<Object> items = new ArrayList<>();
                ((List<?>) avro).forEach(item -> items.add(value(schema.valueSchema(), item)));
                yield items;
            }
            case MAP -> {
                Map<String, Object> entries = new LinkedHashMap<>();
                ((Map<?, ?>) avro)
                        .forEach((key, entry) -> entries.put(key.toString(), value(schema.valueSchema(), entry)));
                yield entries;
            }
            case STRING -> avro.toString();
            case BYTES -> avro instanceof GenericFixed fixed ? ByteBuffer.wrap(fixed.bytes()) : avro;
            case INT32 -> Date.LOGICAL_NAME.equals(schema.name()) ? date((Integer) avro) : avro;
            case INT64 -> Timestamp.LOGICAL_NAME.equals(schema.name()) ? new java.util.Date((Long) avro) : avro;
            case FLOAT32, FLOAT64, BOOLEAN -> avro;
            case INT8, INT16 -> throw new IllegalStateException("Avro has no " + schema.type());
        };
    }

    // To Avro.

    /**
     * The value as {@link io.cloakroom.schemas.Plain} takes it.
     *
     * @throws DataException naming the path of what Avro has no form for
     */
    static Object plain(Schema schema, Object value, String path) {
        if (value instanceof Struct struct) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (Field field : struct.schema().fields()) {
                fields.put(field.name(), plain(field.schema(), struct.get(field), path + "." + field.name()));
            }
            return fields;
        } else if (value instanceof List<?> list) {
            List<Object> items = new ArrayList<>();
            list.forEach(item -> items.add(plain(inner(schema), item, path + "[" + items.size() + "]")));
            return items;
        } else if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((key, entry) -> entries.put(key, plain(inner(schema), entry, path + "." + key)));
            return entries;
        } else if (value instanceof java.util.Date time) {
            return time(schema, time, path);
        } else if (value instanceof Byte || value instanceof Short) {
            return ((Number) value).intValue();
        } else if (value instanceof java.math.BigDecimal) {
            throw new DataException(path + " is a decimal: no event has one; make it a number or a text");
        }
        return value;
    }

    /** @return days since the epoch, of a date */
    static int days(java.util.Date date) {
        return Math.toIntExact(Math.floorDiv(date.getTime(), DAY));
    }

    static java.util.Date date(int epochDay) {
        return new java.util.Date(epochDay * DAY);
    }

    private static Schema inner(Schema schema) {
        return schema == null ? null : schema.valueSchema();
    }

    private static Object time(Schema schema, java.util.Date time, String path) {
        String kind = schema == null ? "" : String.valueOf(schema.name());
        return switch (kind) {
            case Timestamp.LOGICAL_NAME -> time.getTime();
            case Date.LOGICAL_NAME -> days(time);
            default -> throw new DataException(path + " is neither a timestamp nor a date");
        };
    }
}
