package io.cloakroom.streams.gate;

import io.cloakroom.policy.Rule;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.Labels;
import io.cloakroom.schemas.SchemaRegistry;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.DatumReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads values in the wire format, in the gate's own schema. Whatever is wrong with a value comes back as a rule. One for
 * each thread.
 *
 * @param <T> what a value is read as
 */
final class WireReader<T> {

    private static final Logger LOG = LoggerFactory.getLogger(WireReader.class);

    /** What came of it: a value, or the rule that says why not. */
    sealed interface Reading<T> {}

    /** @param unplanned fields of the writer that the gate's schema does not know */
    record Read<T>(T value, int unplanned) implements Reading<T> {}

    record Unreadable<T>(Rule rule) implements Reading<T> {}

    /** Reads the Avro data of one writer, behind the header. */
    interface Decoding<T> {
        /** @throws IOException if the bytes are not what the writer's schema says, to the last one */
        T read(byte[] value) throws IOException;
    }

    private sealed interface Writer<T> {}

    private record Known<T>(Decoding<T> decoding, int unplanned) implements Writer<T> {}

    private record Refused<T>(Rule rule) implements Writer<T> {}

    /** How long an id that the registry does not know is not asked for again, in milliseconds. */
    private static final long UNKNOWN_FOR = 5_000;

    private static final int MOST_UNKNOWN = 1_000;

    private final SchemaRegistry registry;
    private final Schema gates;
    private final Function<Schema, Decoding<T>> decodings;
    private final Map<Integer, Writer<T>> writers = new HashMap<>();
    private final Map<Integer, Long> unknownUntil = new HashMap<>();

    /** @param decodings makes the decoding for a writer's schema that the gate's can read */
    WireReader(SchemaRegistry registry, Schema gates, Function<Schema, Decoding<T>> decodings) {
        this.registry = registry;
        this.gates = gates;
        this.decodings = decodings;
    }

    /** Reads values as instances of the class generated for the gate's schema. */
    static <R extends IndexedRecord> WireReader<R> of(SchemaRegistry registry, Schema gates) {
        return new WireReader<>(registry, gates, writer -> {
            DatumReader<R> reader = new SpecificDatumReader<>(writer, gates);
            if (Adapter.isAlike(writer, gates)) {
                return value -> AvroWire.read(value, reader);
            }
            DatumReader<Object> writers = new GenericDatumReader<>(writer);
            return value -> {
                AvroWire.read(value, writers); // Avro skips what is not in the gate's without looking at it
                return AvroWire.read(value, reader);
            };
        });
    }

    /** Reads events as they are, scanned by the plan of their type. */
    static WireReader<EventPlan> of(SchemaRegistry registry, Schema gates, EventPlan plan) {
        return new WireReader<>(registry, gates, writer -> {
            if (Adapter.isAlike(writer, gates)) {
                return value -> plan.scan(value, AvroWire.HEADER_LENGTH);
            }
            Adapter adapter = new Adapter(writer, gates);
            return value -> plan.scan(adapter.adapt(value, AvroWire.HEADER_LENGTH), 0);
        });
    }

    /**
     * @param now milliseconds since the epoch
     * @throws org.apache.kafka.common.errors.RetriableException if the registry cannot be reached for a new schema
     */
    Reading<T> read(byte[] value, long now) {
        if (value == null) {
            return new Unreadable<>(Rule.NULL_VALUE);
        }
        int id;
        try {
            id = AvroWire.schemaId(value);
        } catch (SerializationException e) {
            return new Unreadable<>(Rule.NOT_WIRE_FORMAT);
        }
        Writer<T> writer = writers.get(id);
        if (writer == null) {
            Optional<Schema> schema = schema(id, now);
            if (schema.isEmpty()) {
                return new Unreadable<>(Rule.UNKNOWN_SCHEMA);
            }
            writer = writer(id, schema.get());
            writers.put(id, writer);
        }
        if (writer instanceof Refused<T> refused) {
            return new Unreadable<>(refused.rule());
        }
        Known<T> known = (Known<T>) writer;
        try {
            return new Read<>(known.decoding().read(value), known.unplanned());
        } catch (IOException | RuntimeException | StackOverflowError e) {
            return new Unreadable<>(Rule.UNDECODABLE);
        }
    }

    /** An id may be registered later: that there is none is remembered for a moment only. */
    private Optional<Schema> schema(int id, long now) {
        Long until = unknownUntil.get(id);
        if (until != null && now < until) {
            return Optional.empty();
        }
        try {
            return Optional.of(registry.byId(id));
        } catch (SerializationException e) {
            if (unknownUntil.size() >= MOST_UNKNOWN) {
                unknownUntil.clear();
            }
            unknownUntil.put(id, now + UNKNOWN_FOR);
            return Optional.empty();
        }
    }

    private Writer<T> writer(int id, Schema schema) {
        if (!AvroWire.isBounded(schema)) {
            return new Refused<>(Rule.UNDECODABLE);
        }
        // A union whose branches all fit would be compatible, one without branches with everything.
        if (schema.getType() != Schema.Type.RECORD
                || SchemaCompatibility.checkReaderWriterCompatibility(gates, schema)
                                .getType()
                        != SchemaCompatibilityType.COMPATIBLE) {
            return new Refused<>(Rule.WRONG_TYPE);
        }
        Differences differences = new Differences();
        differences.compare(schema, gates);
        if (differences.label) {
            return new Refused<>(Rule.LABEL_DIFFERS);
        }
        if (differences.unplanned > 0) {
            // Not their names: those are the publisher's.
            LOG.atWarn()
                    .addKeyValue("schemaId", id)
                    .addKeyValue("fields", differences.unplanned)
                    .log("writer's fields that no output has");
        }
        return new Known<>(decodings.apply(schema), differences.unplanned);
    }

    /** What a writer's schema says otherwise; it is walked only as far as the gate's schema goes. */
    private static final class Differences {
        private int unplanned;
        private boolean label;

        void compare(Schema writer, Schema gates) {
            for (Schema.Field field : writer.getFields()) {
                Optional<Schema.Field> ours = gates.getFields().stream()
                        .filter(f ->
                                f.name().equals(field.name()) || f.aliases().contains(field.name()))
                        .findFirst();
                if (ours.isEmpty()) {
                    unplanned++;
                    continue;
                }
                Object theirs = field.getObjectProp(Labels.PROPERTY);
                label |= theirs != null && !theirs.equals(ours.get().getObjectProp(Labels.PROPERTY));
                List<Schema> records = records(ours.get().schema());
                for (Schema record : records(field.schema())) {
                    records.stream()
                            .filter(r -> records.size() == 1 || r.getName().equals(record.getName()))
                            .forEach(r -> compare(record, r));
                }
            }
        }

        private static List<Schema> records(Schema schema) {
            return Shapes.inner(schema).stream()
                    .filter(s -> s.getType() == Schema.Type.RECORD)
                    .toList();
        }
    }
}
