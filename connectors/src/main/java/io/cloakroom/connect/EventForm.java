package io.cloakroom.connect;

import io.cloakroom.policy.Event;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Fact;
import io.cloakroom.policy.signals.Signals;
import io.cloakroom.schemas.Plain;
import io.cloakroom.schemas.Schemas;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;

/** One event type as Connect has it, by the gate's own schema: labels are those of that schema, not the publisher's. */
final class EventForm {

    private final org.apache.avro.Schema avro;
    private final Schema schema;
    private final EventSchema shape;

    EventForm(String type) {
        avro = Schemas.event(type);
        schema = ConnectForm.schema(avro);
        List<EventSchema.Field> fields = new ArrayList<>();
        flatten(schema, "", fields);
        shape = new EventSchema(type, fields);
    }

    Schema schema() {
        return schema;
    }

    /** The same schema as the policy sees it. */
    EventSchema shape() {
        return shape;
    }

    private static void flatten(Schema struct, String prefix, List<EventSchema.Field> fields) {
        for (Field field : struct.fields()) {
            Schema inner = inner(field.schema());
            String path = prefix + field.name();
            fields.add(new EventSchema.Field(
                    path,
                    field.schema().parameters().get(ConnectForm.LABEL),
                    kind(field.schema(), inner),
                    symbols(inner)));
            if (inner.type() == Schema.Type.STRUCT) {
                flatten(inner, path + ".", fields);
            }
        }
    }

    /** What is inside lists and maps. */
    static Schema inner(Schema schema) {
        return schema.type() == Schema.Type.ARRAY || schema.type() == Schema.Type.MAP
                ? inner(schema.valueSchema())
                : schema;
    }

    private static Kind kind(Schema field, Schema inner) {
        if (inner.type() == Schema.Type.STRUCT) {
            return Kind.RECORD;
        } else if (hasKeys(field)) {
            return Kind.OTHER;
        }
        return switch (inner.type()) {
            case STRING -> symbols(inner).isEmpty() ? Kind.STRING : Kind.ENUM;
            case BOOLEAN -> Kind.BOOLEAN;
            case INT32 -> Date.LOGICAL_NAME.equals(inner.name()) ? Kind.DATE : Kind.INT;
            case INT64 -> Timestamp.LOGICAL_NAME.equals(inner.name()) ? Kind.TIMESTAMP : Kind.LONG;
            case INT8, INT16, FLOAT32, FLOAT64, BYTES, ARRAY, MAP, STRUCT -> Kind.OTHER;
        };
    }

    /** The keys of a map are data too (T18). */
    private static boolean hasKeys(Schema schema) {
        return schema.type() == Schema.Type.MAP || schema.type() == Schema.Type.ARRAY && hasKeys(schema.valueSchema());
    }

    private static List<String> symbols(Schema schema) {
        return schema.parameters() == null || !schema.parameters().containsKey(ConnectForm.SYMBOLS)
                ? List.of()
                : List.of(schema.parameters().get(ConnectForm.SYMBOLS).split(","));
    }

    // Events.

    /**
     * An event in the gate's schema. A field that it does not know is in no output.
     *
     * @throws DataException naming the path of what is missing, of another type or labelled otherwise
     */
    Struct read(Struct event) {
        String type = shape.type();
        Object plain = known(schema, ConnectForm.plain(event.schema(), event, type), event.schema(), type);
        try {
            return (Struct) ConnectForm.value(schema, Plain.record(avro, (Map<?, ?>) plain, type));
        } catch (IllegalArgumentException e) {
            throw new DataException(e.getMessage());
        }
    }

    private static Object known(Schema ours, Object value, Schema theirs, String path) {
        if (value instanceof List<?> list && ours.type() == Schema.Type.ARRAY) {
            return list.stream()
                    .map(item -> known(ours.valueSchema(), item, theirs.valueSchema(), path))
                    .toList();
        } else if (value instanceof Map<?, ?> map && ours.type() == Schema.Type.MAP) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((key, entry) -> entries.put(key, known(ours.valueSchema(), entry, theirs.valueSchema(), path)));
            return entries;
        } else if (value instanceof Map<?, ?> map
                && ours.type() == Schema.Type.STRUCT
                && theirs.type() == Schema.Type.STRUCT) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (Field field : ours.fields()) {
                Field same = theirs.field(field.name());
                if (same != null) {
                    String inside = path + "." + field.name();
                    checkLabel(field.schema(), same.schema(), inside);
                    fields.put(field.name(), known(field.schema(), map.get(field.name()), same.schema(), inside));
                }
            }
            return fields;
        }
        return value;
    }

    private static void checkLabel(Schema ours, Schema theirs, String path) {
        String label = theirs.parameters() == null ? null : theirs.parameters().get(ConnectForm.LABEL);
        if (label != null && !label.equals(ours.parameters().get(ConnectForm.LABEL))) {
            throw new DataException(path + " has another label in the record than in the gate's schema:"
                    + " publish it with the gate's");
        }
    }

    /**
     * What a decision may look at.
     *
     * @param event in the gate's schema
     * @param rules in force at its time; none where the policy does not know the type
     */
    Event facts(Struct event, Optional<EventRules> rules, long arrivedAt) {
        String brand = text(event, "meta.brand");
        String collector = text(event, "meta.collector");
        List<String> facts = Arrays.stream(Fact.values())
                .map(fact -> rules.map(r -> text(event, r.path(fact))).orElse(Event.ABSENT))
                .toList();
        return new Event(
                shape.type(),
                brand,
                text(event, "meta.surface"),
                text(event, "meta.country"),
                collector.isEmpty() ? brand : collector,
                occurredAt(event),
                arrivedAt,
                facts,
                Signals.of(
                        facts.get(Fact.TCF.ordinal()),
                        facts.get(Fact.GPP.ordinal()),
                        Boolean.parseBoolean(facts.get(Fact.GPC.ordinal()))));
    }

    static long occurredAt(Struct event) {
        return ((java.util.Date) event.getStruct("meta").get("occurredAt")).getTime();
    }

    /** A field of an event or a release by its dotted path, as text; absent where it leads nowhere. */
    static String text(Struct event, String path) {
        Object value = path.isEmpty() ? null : event;
        for (String name : path.split("\\.")) {
            value = value instanceof Struct struct && struct.schema().field(name) != null ? struct.get(name) : null;
        }
        return value == null ? Event.ABSENT : value.toString();
    }
}
