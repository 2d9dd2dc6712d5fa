package io.cloakroom.connect;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.transforms.Transformation;

/**
 * Makes JSON text of each top-level list of structs, which no column of a table can hold, under the name that Debezium's
 * sinks make a JSON column of. Everything else stays as it is; structs are for Kafka's {@code Flatten}. Use the concrete
 * transformation for the value ({@link Value}).
 */
public abstract class NestedAsJson<R extends ConnectRecord<R>> implements Transformation<R> {

    public static final String OVERVIEW_DOC = "Makes JSON text of each list of structs at the top of a value.";

    private static final String JSON = "io.debezium.data.Json";

    private final JsonConverter converter = new JsonConverter();

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public String version() {
        return Versions.own();
    }

    @Override
    public void configure(Map<String, ?> configs) {
        converter.configure(Map.of("schemas.enable", false), false);
    }

    /** @throws DataException if the value is not a struct */
    @Override
    public R apply(R record) {
        if (!(record.value() instanceof Struct value)) {
            throw new DataException("topic " + record.topic() + ": a row is made from a struct, and here it is none");
        }
        SchemaBuilder schema = SchemaBuilder.struct()
                .name(value.schema().name())
                .doc(value.schema().doc());
        for (Field field : value.schema().fields()) {
            schema.field(field.name(), isNested(field.schema()) ? json(field.schema()) : field.schema());
        }
        Struct row = new Struct(schema.build());
        for (Field field : value.schema().fields()) {
            Object own = value.get(field);
            row.put(
                    field.name(),
                    own == null || !isNested(field.schema()) ? own : text(record.topic(), field.schema(), own));
        }
        return record.newRecord(
                record.topic(),
                record.kafkaPartition(),
                record.keySchema(),
                record.key(),
                row.schema(),
                row,
                record.timestamp(),
                record.headers());
    }

    private static boolean isNested(Schema schema) {
        return schema.type() == Schema.Type.ARRAY && EventForm.inner(schema).type() == Schema.Type.STRUCT;
    }

    private static Schema json(Schema nested) {
        SchemaBuilder json = SchemaBuilder.string().name(JSON).version(1).doc(nested.doc());
        return nested.isOptional() ? json.optional().build() : json.build();
    }

    private String text(String topic, Schema schema, Object nested) {
        return new String(converter.fromConnectData(topic, schema, nested), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        converter.close();
    }

    /** Works on the value. */
    public static final class Value<R extends ConnectRecord<R>> extends NestedAsJson<R> {}
}
