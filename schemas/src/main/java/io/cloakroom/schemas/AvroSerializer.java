package io.cloakroom.schemas;

import io.cloakroom.schemas.CachingRegistry.Key;
import io.cloakroom.schemas.SchemaRegistry.Version;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Writes Confluent's wire format, byte for byte as Confluent's serializer does, with subjects by topic name. Safe for
 * use by many threads. No record header changes what it does, and no error message holds anything of a value.
 */
public final class AvroSerializer implements Serializer<Object> {

    /** What a value is written with. */
    private record Target(int id, Schema schema, boolean convert) {}

    private final Map<Key, Target> targets = new ConcurrentHashMap<>();
    private SchemaRegistry registry;
    private Optional<Serializer<Object>> confluent = Optional.empty();
    private boolean key;
    private boolean autoRegister;
    private boolean useLatest;
    private boolean removeJavaProperties;

    public AvroSerializer() {}

    /** Writes values with their own schemas, which must be registered; needs no {@code configure}. */
    public AvroSerializer(SchemaRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        AvroConfig config = new AvroConfig(configs);
        key = isKey;
        if (config.confluent()) {
            confluent = Optional.of(Confluent.serializer(configs, isKey));
            return;
        }
        if (registry == null) {
            registry = SchemaRegistry.connect(configs);
        }
        autoRegister = config.getBoolean(AvroConfig.AUTO_REGISTER);
        useLatest = config.getBoolean(AvroConfig.USE_LATEST);
        removeJavaProperties = config.getBoolean(AvroConfig.REMOVE_JAVA_PROPERTIES);
    }

    /**
     * @throws SerializationException if the value does not fit its schema, {@link SchemaNotFoundException} if that is
     *     not registered
     * @throws RegistryUnavailableException if the schema is new here and no registry answers
     * @throws RegistryRefusedException if the registry refuses to register the schema, or the credentials
     */
    @Override
    public byte[] serialize(String topic, Object value) {
        if (value == null) {
            return null;
        }
        if (confluent.isPresent()) {
            return Confluent.translated(() -> confluent.get().serialize(topic, value));
        }
        Schema schema = AvroWire.schemaOf(value);
        Key wanted = new Key(topic + (key ? "-key" : "-value"), schema);
        Target target = targets.get(wanted);
        if (target == null) {
            target = target(wanted.subject(), schema);
            targets.put(wanted, target);
        }
        try {
            return AvroWire.encode(target.id(), target.schema(), target.convert() ? convert(value, target) : value);
        } catch (IOException | RuntimeException e) {
            // Without the cause: Avro's messages hold the value.
            throw new SerializationException("cannot write a value of " + schema.getFullName() + " to topic " + topic
                    + " (" + e.getClass().getSimpleName() + ")" + misfit(value, schema));
        }
    }

    @Override
    public void close() {
        confluent.ifPresent(Serializer::close);
    }

    private Target target(String subject, Schema own) {
        Schema schema = removeJavaProperties ? JavaProperties.remove(own) : own;
        if (autoRegister) {
            return new Target(registry.register(subject, schema), schema, false);
        }
        if (useLatest) {
            return latest(subject, schema);
        }
        try {
            return new Target(registry.id(subject, schema), schema, false);
        } catch (SchemaNotFoundException e) {
            // Generated classes carry avro.java.string, which the reviewed files do not.
            Schema plain = JavaProperties.remove(schema);
            if (plain.equals(schema)) {
                throw e;
            }
            return new Target(registry.id(subject, plain), schema, false);
        }
    }

    private Target latest(String subject, Schema own) {
        Version latest = registry.latest(subject)
                .orElseThrow(() -> new SchemaNotFoundException(
                        "subject " + subject + " has no schema; register one first, or check " + AvroConfig.URLS));
        if (SchemaCompatibility.checkReaderWriterCompatibility(latest.schema(), own)
                        .getType()
                != SchemaCompatibilityType.COMPATIBLE) {
            throw new SerializationException("version " + latest.version() + " of subject " + subject
                    + " cannot take what " + own.getFullName()
                    + " of this application writes; update one of them, or set "
                    + AvroConfig.USE_LATEST + "=false");
        }
        boolean sameBytes =
                SchemaNormalization.toParsingForm(latest.schema()).equals(SchemaNormalization.toParsingForm(own));
        return new Target(latest.id(), sameBytes ? own : latest.schema(), !sameBytes);
    }

    /** By name: a record written by position under another schema would put values into the wrong fields. */
    private static Object convert(Object value, Target target) throws IOException {
        Schema own = AvroWire.schemaOf(value);
        if (own.getType() == Schema.Type.BYTES) {
            throw new IOException("bytes cannot be converted");
        }
        byte[] written = AvroWire.encode(0, own, value);
        return AvroWire.decode(written, own, new GenericDatumReader<>(own, target.schema()));
    }

    /** Which fields of a generic record do not fit their types. */
    private static String misfit(Object value, Schema schema) {
        if (!(value instanceof GenericRecord record) || value instanceof SpecificRecord) {
            return "";
        }
        List<String> names = schema.getFields().stream()
                .filter(field -> !GenericData.get().validate(field.schema(), record.get(field.pos())))
                .map(Schema.Field::name)
                .toList();
        return names.isEmpty() ? "" : "; check the fields " + names;
    }
}
