package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.events.Order;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.util.RandomData;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The wire format against Confluent's own classes: the same bytes, and each reads what the other wrote. */
class WireFormatWitnessTest {

    private static final long SEED = 20_261_122L;
    private static final String TOPIC = "events.test";

    private EmbeddedRegistry registry;

    @BeforeEach
    void start() throws Exception {
        registry = EmbeddedRegistry.builder().start();
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
    }

    static Stream<Schema> ownSchemas() {
        return Schemas.all().values().stream();
    }

    static Stream<Object> values() {
        Schema odd = new Schema.Parser().parse("""
                        {"type": "record", "name": "Odd", "namespace": "odd", "doc": "every shape", "fields": [
                          {"name": "union", "type": ["null", "string", "int", {"type": "array", "items": "long"}]},
                          {"name": "map", "type": {"type": "map", "values": ["null", "bytes", "double"]}},
                          {"name": "fixed", "type": {"type": "fixed", "name": "Four", "size": 4}},
                          {"name": "symbol", "type": {"type": "enum", "name": "Symbol", "symbols": ["A", "B"]}},
                          {"name": "date", "type": {"type": "int", "logicalType": "date"}},
                          {"name": "micros", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                          {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}},
                          {"name": "money", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
                          {"name": "ratio", "type": "float"}, {"name": "yes", "type": "boolean"},
                          {"name": "next", "type": ["null", "Odd"]}]}
                        """);
        Schema symbol = odd.getField("symbol").schema();
        Schema four = odd.getField("fixed").schema();
        GenericRecord last = new GenericRecordBuilder(odd)
                .set("union", List.of(1L, -1L, Long.MAX_VALUE))
                .set("map", Map.of("b", ByteBuffer.wrap(new byte[] {1, 2})))
                .set("fixed", new GenericData.Fixed(four, new byte[] {1, 2, 3, 4}))
                .set("symbol", new GenericData.EnumSymbol(symbol, "B"))
                .set("date", 20_000)
                .set("micros", Long.MIN_VALUE)
                .set("uuid", "9f6b0d3e-0000-4000-8000-000000000000")
                .set(
                        "money",
                        ByteBuffer.wrap(new BigDecimal("12.34").unscaledValue().toByteArray()))
                .set("ratio", Float.MIN_VALUE)
                .set("yes", true)
                .set("next", null)
                .build();
        GenericRecord first = new GenericRecordBuilder((GenericData.Record) last)
                .set("union", "ünï")
                .set("map", Map.of("d", -0.0d))
                .set("next", last)
                .build();
        return Stream.of(
                "",
                "text with ü and 🛍",
                new Utf8("utf8"),
                0,
                Integer.MIN_VALUE,
                Long.MAX_VALUE,
                1.5f,
                Double.NaN,
                true,
                false,
                new byte[0],
                new byte[] {0, -1, 7},
                ByteBuffer.wrap(new byte[] {4, 5}),
                last,
                first,
                new GenericData.EnumSymbol(symbol, "A"),
                new GenericData.Fixed(four, new byte[] {9, 8, 7, 6}),
                new GenericData.Array<>(Schema.createArray(Schema.create(Schema.Type.INT)), List.of(1, 2, 3)));
    }

    @ParameterizedTest
    @MethodSource("ownSchemas")
    void shouldWriteAndReadOwnRecordsAsConfluentDoes(Schema schema) throws Exception {
        for (Object record : new RandomData(schema, 25, SEED)) {
            assertSame(record, Map.of(), false);
        }
    }

    @ParameterizedTest
    @MethodSource("ownSchemas")
    void shouldWriteAndReadGeneratedClassesAsConfluentDoes(Schema schema) throws Exception {
        Schema ofClass = org.apache.avro.specific.SpecificData.get().getSchema(Class.forName(schema.getFullName()));
        for (Object record : new RandomData(ofClass, 10, SEED)) {
            byte[] bytes = assertSame(record, Map.of(), false);
            Object specific = ours(Map.of("specific.avro.reader", true), false).deserialize(TOPIC, bytes);
            assertThat(specific.getClass().getName()).isEqualTo(schema.getFullName());
            assertThat(assertSame(specific, Map.of("specific.avro.reader", true), false))
                    .isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @MethodSource("values")
    void shouldWriteAndReadEveryShapeAsConfluentDoes(Object value) throws Exception {
        assertSame(value, Map.of(), false);
        assertSame(value, Map.of(), true);
    }

    @Test
    void shouldConvertLogicalTypesOfGeneratedClassesOnly() throws Exception {
        Object generic = new RandomData(ConsentChange.getClassSchema(), 1, SEED)
                .iterator()
                .next();
        byte[] bytes = assertSame(generic, Map.of(), false);

        ConsentChange specific = (ConsentChange)
                ours(Map.of("specific.avro.reader", true), false).deserialize(TOPIC, bytes);
        GenericRecord read = (GenericRecord) ours(Map.of(), false).deserialize(TOPIC, bytes);

        assertThat(read.get("occurredAt")).isEqualTo(specific.getOccurredAt().toEpochMilli());
    }

    @Test
    void shouldWriteNullAsNull() throws Exception {
        assertThat(ourSerializer(Map.of(), false).serialize(TOPIC, null)).isNull();
        assertThat(ours(Map.of(), false).deserialize(TOPIC, null)).isNull();
        assertThat(Witness.serializer(config(Map.of()), false).serialize(TOPIC, null))
                .isNull();
    }

    @Test
    void shouldKeepSchemasApartThatDifferInALabelOrADocumentationOnly() throws Exception {
        Schema plain = SchemaBuilder.record("R").fields().requiredInt("a").endRecord();
        Schema labelled = new Schema.Parser()
                .parse(plain.toString().replace("\"name\":\"a\"", "\"name\":\"a\",\"label\":\"contact.email\""));
        Schema documented = new Schema.Parser()
                .parse(plain.toString().replace("\"name\":\"a\"", "\"name\":\"a\",\"doc\":\"An a.\""));
        Serializer<Object> ours = ourSerializer(Map.of(), false);
        int[] ids = Stream.of(plain, labelled, documented)
                .map(schema -> new GenericRecordBuilder(schema).set("a", 1).build())
                .mapToInt(record -> AvroWire.schemaId(ours.serialize(TOPIC, record)))
                .toArray();

        assertThat(ids).containsExactly(1, 2, 3);
        for (Schema schema : List.of(documented, labelled, plain)) {
            assertSame(new GenericRecordBuilder(schema).set("a", 1).build(), Map.of(), false);
        }
    }

    @Test
    void shouldReadASchemaThatRefersToOthers() throws Exception {
        Object client = Witness.client(registry.url(), Map.of());
        String city =
                "{\"type\":\"record\",\"name\":\"City\",\"namespace\":\"a\",\"fields\":[{\"name\":\"n\",\"type\":\"string\"}]}";
        String street =
                "{\"type\":\"record\",\"name\":\"Street\",\"namespace\":\"a\",\"fields\":[{\"name\":\"city\",\"type\":\"City\"}]}";
        String house =
                "{\"type\":\"record\",\"name\":\"House\",\"namespace\":\"a\",\"fields\":[{\"name\":\"street\",\"type\":\"Street\"},{\"name\":\"twin\",\"type\":\"City\"}]}";
        Object toCity = Witness.reference("a.City", "city", 1);
        Object toStreet = Witness.reference("a.Street", "street", 1);
        Witness.call(client, "register", "city", Witness.schema(city, List.of(), Map.of()));
        Witness.call(client, "register", "street", Witness.schema(street, List.of(toCity), Map.of("a.City", city)));
        Map<String, String> both = new HashMap<>(Map.of("a.City", city));
        both.put("a.Street", street);
        Object id = Witness.call(
                client,
                "register",
                TOPIC + "-value",
                Witness.schema(house, List.of(toCity, toStreet), new java.util.TreeMap<>(both)));

        Schema resolved = SchemaRegistry.connect(config(Map.of())).byId((Integer) id);
        Schema cityType = resolved.getField("twin").schema();
        GenericRecord paris =
                new GenericRecordBuilder(cityType).set("n", "Paris").build();
        GenericRecord record = new GenericRecordBuilder(resolved)
                .set(
                        "street",
                        new GenericRecordBuilder(resolved.getField("street").schema())
                                .set("city", paris)
                                .build())
                .set("twin", paris)
                .build();

        // One that has all its types inside finds the one with references, and takes its id.
        byte[] bytes = assertSame(record, Map.of("auto.register.schemas", false), false);
        assertThat(AvroWire.schemaId(bytes)).isEqualTo(id);
    }

    @Test
    void shouldWriteWithTheLatestSchemaAsConfluentDoes() throws Exception {
        Schema before = SchemaBuilder.record("R").fields().requiredInt("a").endRecord();
        Schema now = new Schema.Parser().parse(before.toString().replace("\"a\"", "\"a\",\"doc\":\"new\""));
        SchemaRegistry client = SchemaRegistry.connect(config(Map.of()));
        client.register(TOPIC + "-value", before);
        int latest = client.register(TOPIC + "-value", now);

        byte[] bytes = assertSame(
                new GenericRecordBuilder(before).set("a", 7).build(),
                Map.of("auto.register.schemas", false, "use.latest.version", true),
                false);

        assertThat(AvroWire.schemaId(bytes)).isEqualTo(latest);
    }

    @Test
    void shouldDropJavaPropertiesAsConfluentDoes() throws Exception {
        Object order =
                new RandomData(Order.getClassSchema(), 1, SEED).iterator().next();

        byte[] bytes = assertSame(order, Map.of("avro.remove.java.properties", true), false);

        assertThat(SchemaRegistry.connect(config(Map.of())).byId(AvroWire.schemaId(bytes)))
                .hasToString(Schemas.event("order").toString());
    }

    @Test
    void shouldChangeNothingForARecordHeader() throws Exception {
        RecordHeaders headers = new RecordHeaders();
        for (String name : List.of("__value_schema_id", "confluent.rule.skip", "schema.id", "auto.register.schemas")) {
            headers.add(name, "99".getBytes(StandardCharsets.UTF_8));
        }
        try (Serializer<Object> serializer = ourSerializer(Map.of(), false);
                Deserializer<Object> deserializer = ours(Map.of(), false)) {
            byte[] bytes = serializer.serialize(TOPIC, headers, "value");
            assertThat(bytes).isEqualTo(serializer.serialize(TOPIC, "value"));
            assertThat(deserializer.deserialize(TOPIC, headers, bytes)).isEqualTo("value");
            assertThat(headers).hasSize(4);
        }
    }

    @Test
    void shouldNumberSchemasInItsMockAsConfluentDoesInIts() throws Exception {
        Map<String, Object> mock = Map.of("schema.registry.url", "mock://numbers", "auto.register.schemas", true);
        try (Serializer<Object> ours = new AvroSerializer();
                Serializer<Object> genuine = Witness.serializer(mock, false)) {
            ours.configure(mock, false);
            for (Object value : List.of("text", 1, 2L, "more", true)) {
                for (String topic : List.of("one.", "two.")) {
                    String name = topic + value.getClass().getSimpleName();
                    assertThat(ours.serialize(name, value)).isEqualTo(genuine.serialize(name, value));
                }
            }
        }
    }

    @Test
    void shouldDelegateToConfluentWhenToldTo() throws Exception {
        Map<String, Object> own = config(Map.of());
        Map<String, Object> theirs = config(Map.of("cloakroom.avro.serializer", "confluent"));
        try (Serializer<Object> ours = ourSerializer(own, false);
                AvroSerde delegating = new AvroSerde()) {
            delegating.configure(theirs, false);
            byte[] bytes = delegating.serializer().serialize(TOPIC, "text");
            assertThat(bytes).isEqualTo(ours.serialize(TOPIC, "text"));
            assertThat(delegating.deserializer().deserialize(TOPIC, bytes)).isEqualTo("text");
        }
    }

    /** Both ways, and the same bytes; returns them. */
    private byte[] assertSame(Object value, Map<String, ?> settings, boolean isKey) throws Exception {
        Map<String, Object> config = config(settings);
        try (Serializer<Object> ourSerializer = ourSerializer(settings, isKey);
                Serializer<Object> genuineSerializer = Witness.serializer(config, isKey);
                Deserializer<Object> ours = ours(settings, isKey);
                Deserializer<Object> genuine = Witness.deserializer(config, isKey)) {
            byte[] bytes = ourSerializer.serialize(TOPIC, value);
            assertThat(bytes).isEqualTo(genuineSerializer.serialize(TOPIC, value));
            Object read = ours.deserialize(TOPIC, bytes);
            Object witness = genuine.deserialize(TOPIC, bytes);
            assertThat(read).isEqualTo(witness);
            if (!(read instanceof List)) { // Avro has several, all equal
                assertThat(read.getClass()).isEqualTo(witness.getClass());
            }
            return bytes;
        }
    }

    private Serializer<Object> ourSerializer(Map<String, ?> settings, boolean isKey) {
        Serializer<Object> serializer = new AvroSerializer();
        serializer.configure(config(settings), isKey);
        return serializer;
    }

    private Deserializer<Object> ours(Map<String, ?> settings, boolean isKey) {
        Deserializer<Object> deserializer = new AvroDeserializer();
        deserializer.configure(config(settings), isKey);
        return deserializer;
    }

    private Map<String, Object> config(Map<String, ?> settings) {
        Map<String, Object> config = new HashMap<>();
        config.put("schema.registry.url", registry.url());
        config.put("auto.register.schemas", true);
        config.putAll(settings);
        return config;
    }
}
