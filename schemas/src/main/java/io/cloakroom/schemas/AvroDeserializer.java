package io.cloakroom.schemas;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.DatumReader;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads Confluent's wire format. Gives what Confluent's deserializer gives, but refuses bytes that are left over. Safe
 * for use by many threads. No record header changes what it does, and no error message holds anything of a record.
 */
public final class AvroDeserializer implements Deserializer<Object> {

    private record Reading(Schema writer, DatumReader<Object> reader) {}

    private final Map<Integer, Reading> readings = new ConcurrentHashMap<>();
    private SchemaRegistry registry;
    private Optional<Deserializer<Object>> confluent = Optional.empty();
    private boolean specific;

    public AvroDeserializer() {}

    /** Reads generic records; needs no {@code configure}. */
    public AvroDeserializer(SchemaRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        AvroConfig config = new AvroConfig(configs);
        if (config.confluent()) {
            confluent = Optional.of(Confluent.deserializer(configs, isKey));
            return;
        }
        if (registry == null) {
            registry = SchemaRegistry.connect(configs);
        }
        specific = config.getBoolean(AvroConfig.SPECIFIC_READER);
    }

    /**
     * @throws SerializationException if the bytes cannot be read, {@link SchemaNotFoundException} if the registry does
     *     not know their schema
     * @throws RegistryUnavailableException if the schema is new here and no registry answers
     * @throws RegistryRefusedException if the registry refuses the credentials
     */
    @Override
    public Object deserialize(String topic, byte[] payload) {
        if (payload == null) {
            return null;
        }
        if (confluent.isPresent()) {
            return Confluent.translated(() -> confluent.get().deserialize(topic, payload));
        }
        int id = AvroWire.schemaId(payload);
        Reading reading = readings.get(id);
        if (reading == null) {
            Schema writer = registry.byId(id);
            if (!AvroWire.isBounded(writer)) {
                throw new SerializationException(
                        "schema id " + id + " has more values in one record or item, or a larger fixed,"
                                + " than can be read; publish with a smaller schema");
            }
            reading = new Reading(writer, reader(writer));
            readings.put(id, reading);
        }
        try {
            return AvroWire.decode(payload, reading.writer(), reading.reader());
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Without the cause: Avro's messages may hold what was read.
            throw new SerializationException("a payload of " + payload.length + " bytes of topic " + topic
                    + " is not what its schema, id " + id + ", says ("
                    + e.getClass().getSimpleName()
                    + "); publish it anew with the schema it was written with");
        }
    }

    @Override
    public void close() {
        confluent.ifPresent(Deserializer::close);
    }

    private DatumReader<Object> reader(Schema writer) {
        return switch (writer.getType()) {
            case RECORD ->
                specific ? new SpecificDatumReader<>(writer, ofClass(writer)) : new GenericDatumReader<>(writer);
            case ENUM, FIXED, ARRAY, MAP, UNION ->
                specific ? new SpecificDatumReader<>(writer) : new GenericDatumReader<>(writer);
            case STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> new GenericDatumReader<>(writer);
        };
    }

    private static Schema ofClass(Schema writer) {
        Class<?> type = SpecificData.get().getClass(writer);
        if (type == null || !SpecificRecord.class.isAssignableFrom(type)) {
            throw new SerializationException("no generated class " + writer.getFullName()
                    + " is on the class path; add it, or set " + AvroConfig.SPECIFIC_READER + "=false");
        }
        return SpecificData.get().getSchema(type);
    }
}
