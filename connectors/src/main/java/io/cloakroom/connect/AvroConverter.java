package io.cloakroom.connect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloakroom.schemas.AvroConfig;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.Plain;
import io.cloakroom.schemas.SchemaRegistry;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;

/**
 * Connect's data in the wire format of Confluent's registry, with Confluent's settings.
 *
 * <p>What is written has the newest schema that its subject has, exactly: a struct, a map, or text that is a JSON object. A
 * field that is missing and has no default, one that the schema does not know, or a value of another type is refused with its
 * path. Nothing is guessed, and no schema is registered here: schemas are reviewed.
 */
public final class AvroConverter implements Converter {

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final Map<org.apache.avro.Schema, Schema> read = new IdentityHashMap<>();
    private final Map<String, SchemaRegistry.Version> written = new HashMap<>();
    private String suffix;
    private SchemaRegistry registry;
    private AvroSerializer serializer;
    private AvroDeserializer deserializer;

    @Override
    public ConfigDef config() {
        return AvroConfig.DEFINITION;
    }

    @Override
    public String version() {
        return Versions.own();
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        if (Boolean.parseBoolean(String.valueOf(configs.get(AvroConfig.AUTO_REGISTER)))) {
            throw new ConfigException(AvroConfig.AUTO_REGISTER
                    + " cannot be true here: a schema made up from a record has no labels; use cloakroom topics apply");
        }
        suffix = isKey ? "-key" : "-value";
        registry = SchemaRegistry.connect(configs);
        serializer = new AvroSerializer(registry);
        serializer.configure(configs, isKey);
        deserializer = new AvroDeserializer(registry);
        deserializer.configure(configs, isKey);
    }

    // Into Kafka.

    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        if (value == null) {
            return null;
        }
        Map<?, ?> fields = fields(topic, schema, value);
        try {
            SchemaRegistry.Version known = written.get(topic);
            if (known == null) {
                return write(topic, latest(topic), fields);
            }
            try {
                return write(topic, known, fields);
            } catch (IllegalArgumentException e) {
                return write(topic, latest(topic), fields); // a newer one may have been registered since
            }
        } catch (IllegalArgumentException e) {
            throw new DataException("topic " + topic + ": " + e.getMessage());
        } catch (SerializationException e) {
            throw new DataException(e.getMessage());
        } catch (RetriableException e) { // Kafka's; Connect repeats what fails with its own
            throw new org.apache.kafka.connect.errors.RetriableException(e);
        }
    }

    private SchemaRegistry.Version latest(String topic) {
        String subject = topic + suffix;
        SchemaRegistry.Version latest = registry.latest(subject)
                .orElseThrow(() -> new DataException(
                        "subject " + subject + " has no schema: register one with cloakroom topics apply"));
        written.put(topic, latest);
        return latest;
    }

    private byte[] write(String topic, SchemaRegistry.Version version, Map<?, ?> fields) {
        if (version.schema().getType() != org.apache.avro.Schema.Type.RECORD) {
            throw new DataException("subject " + version.subject() + " is no record: use another converter for it");
        }
        return serializer.serialize(
                topic, Plain.record(version.schema(), fields, version.schema().getName()));
    }

    private static Map<?, ?> fields(String topic, Schema schema, Object value) {
        if (value instanceof Struct || value instanceof Map<?, ?>) {
            return (Map<?, ?>) ConnectForm.plain(schema, value, topic);
        } else if (value instanceof String text) {
            return object(topic, text);
        }
        throw new DataException("topic " + topic + ": an event is a struct, a map or JSON text, and not a "
                + value.getClass().getSimpleName());
    }

    private static Map<?, ?> object(String topic, String text) {
        try {
            Map<?, ?> object = JSON.readValue(text, Map.class);
            if (object != null) {
                return object;
            }
        } catch (JsonProcessingException e) { // whose message may hold the text
            throw new DataException("topic " + topic + ": not a JSON object, from column "
                    + e.getLocation().getColumnNr() + " of line "
                    + e.getLocation().getLineNr() + " on");
        }
        throw new DataException("topic " + topic + ": not a JSON object but null");
    }

    // Out of Kafka.

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] value) {
        if (value == null) {
            return SchemaAndValue.NULL;
        }
        try {
            Object avro = deserializer.deserialize(topic, value);
            if (!(avro instanceof GenericRecord record)) {
                throw new DataException("topic " + topic + " holds a value that is no record: use another converter");
            }
            Schema schema = read.computeIfAbsent(((GenericContainer) record).getSchema(), ConnectForm::schema);
            return new SchemaAndValue(schema, ConnectForm.value(schema, record));
        } catch (SerializationException e) {
            throw new DataException(e.getMessage());
        } catch (RetriableException e) { // Kafka's; Connect repeats what fails with its own
            throw new org.apache.kafka.connect.errors.RetriableException(e);
        }
    }
}
