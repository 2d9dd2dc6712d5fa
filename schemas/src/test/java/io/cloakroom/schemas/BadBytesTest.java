package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.events.Order;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.util.RandomData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be read or written is refused with a message that holds nothing of the record. */
class BadBytesTest {

    private static final String CANARY = "canary-7f3a@example.org";
    private static final String TOPIC = "events.order";

    private final String scope = "mock://" + UUID.randomUUID();
    private final SchemaRegistry registry = SchemaRegistry.connect(Map.of("schema.registry.url", scope));
    private final AvroSerializer serializer = new AvroSerializer(registry);
    private final AvroDeserializer deserializer = new AvroDeserializer(registry);

    @Test
    void shouldReadNumbersAndTextsHoweverManyBytesTheirLengthsTake() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            long number = random.nextLong() >> random.nextInt(64);
            String text = "x".repeat(random.nextInt(200));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            writeLong(out, number, random.nextInt(3));
            writeLong(out, text.length(), random.nextInt(3));
            int start = out.size();
            out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            byte[] bytes = out.toByteArray();

            BoundedDecoder in = new BoundedDecoder(bytes, 0);
            assertThat(in.readLong()).isEqualTo(number);
            assertThat(in.skipText()).isEqualTo(start);
            assertThat(in.remaining()).isZero();
            BoundedDecoder cut = new BoundedDecoder(Arrays.copyOf(bytes, bytes.length - 1), 0);
            assertThatThrownBy(() -> {
                        cut.readLong();
                        cut.skipString();
                    })
                    .isInstanceOf(EOFException.class);
        }
        BoundedDecoder negative = new BoundedDecoder(new byte[] {1, 'x', 'x'}, 0);
        assertThatThrownBy(negative::skipString).isInstanceOf(EOFException.class);
    }

    /** Of any bytes, most of which are no array, between others. */
    @Test
    void shouldSkipAnArrayAsFarAsItWouldReadIt() {
        Random random = new Random(2);
        int skipped = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[40];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : random.nextInt(6));
            }
            int end = 3 + random.nextInt(bytes.length - 3);
            int strings = random.nextInt(3);
            int ints = random.nextInt(2);
            int read = after(bytes, end, in -> {
                for (long left = in.readArrayStart(); left > 0; left = in.arrayNext()) {
                    for (; left > 0; left--) {
                        for (int j = 0; j < strings; j++) {
                            in.readString();
                        }
                        for (int j = 0; j < ints; j++) {
                            in.readInt();
                        }
                    }
                }
            });
            assertThat(after(bytes, end, in -> in.skipArray(strings, ints))).isEqualTo(read);
            skipped += read > 4 ? 1 : 0;
        }
        assertThat(skipped).isGreaterThan(10_000);
    }

    private interface Reading {
        void of(BoundedDecoder in) throws IOException;
    }

    /** Where it ends; negative if it does not. */
    private static int after(byte[] bytes, int end, Reading reading) {
        BoundedDecoder in = new BoundedDecoder(new byte[0], 0);
        in.reset(bytes, 2, end);
        try {
            reading.of(in);
            return in.position();
        } catch (IOException e) {
            return -1;
        }
    }

    /** @param more bytes than it needs, as far as ten are enough */
    private static void writeLong(ByteArrayOutputStream out, long number, int more) {
        long left = number << 1 ^ number >> 63;
        int written = 0;
        for (; left < 0 || left > 0x7f; left >>>= 7) {
            out.write((int) (left & 0x7f | 0x80));
            written++;
        }
        int padding = Math.min(more, 9 - written);
        out.write((int) (padding > 0 ? left | 0x80 : left));
        for (int i = 1; i <= padding; i++) {
            out.write(i < padding ? 0x80 : 0);
        }
    }

    @Test
    void shouldRefuseAPayloadShorterThanItsHeader() {
        for (int length = 0; length < AvroWire.HEADER_LENGTH; length++) {
            byte[] bytes = new byte[length];
            assertThatThrownBy(() -> deserializer.deserialize(TOPIC, bytes))
                    .isExactlyInstanceOf(SerializationException.class)
                    .hasMessage(
                            "a payload of " + length + " bytes is not in the Avro wire format, which has a header of 5;"
                                    + " publish with an Avro serializer that uses the schema registry");
        }
    }

    @Test
    void shouldRefuseAnotherFirstByte() {
        assertThatThrownBy(() -> deserializer.deserialize(TOPIC, new byte[] {'{', 0, 0, 0, 1, 2}))
                .isExactlyInstanceOf(SerializationException.class)
                .hasMessageStartingWith("a payload that begins with byte 123 is not in the Avro wire format");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 99, Integer.MAX_VALUE})
    void shouldTellAnUnknownSchemaFromABadRecord(int id) {
        byte[] bytes = ByteBuffer.allocate(6).put((byte) 0).putInt(id).array();
        assertThatThrownBy(() -> deserializer.deserialize(TOPIC, bytes))
                .isInstanceOf(SchemaNotFoundException.class)
                .isInstanceOf(SerializationException.class)
                .hasMessage("Schema " + id + " not found");
    }

    @Test
    void shouldRefuseEveryTruncationAndEveryTrailingByteWithoutRepeatingTheRecord() {
        byte[] bytes = order();
        for (int length = AvroWire.HEADER_LENGTH; length <= bytes.length + 1; length++) {
            byte[] other = Arrays.copyOf(bytes, length);
            if (length != bytes.length) {
                assertThatThrownBy(() -> deserializer.deserialize(TOPIC, other))
                        .isExactlyInstanceOf(SerializationException.class)
                        .hasMessageStartingWith("a payload of " + length + " bytes of topic " + TOPIC
                                + " is not what its schema, id 1, says")
                        .hasMessageNotContaining("canary")
                        .hasNoCause();
            }
        }
        assertThat(deserializer.deserialize(TOPIC, bytes)).isInstanceOf(GenericRecord.class);
    }

    @Test
    void shouldReadGarbageOrRefuseItButNeverFailOtherwise() {
        byte[] bytes = order();
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] garbage = bytes.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                garbage[5 + random.nextInt(bytes.length - 5)] = (byte) random.nextInt();
            }
            try {
                deserializer.deserialize(TOPIC, garbage);
            } catch (SerializationException e) {
                assertThat(e).hasNoCause().hasMessageNotContaining("canary");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"string\"",
                "{\"type\":\"array\",\"items\":\"null\"}",
                "{\"type\":\"array\",\"items\":\"long\"}",
                "{\"type\":\"map\",\"values\":\"long\"}",
                "[\"null\",\"bytes\"]",
                "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"b\",\"type\":\"bytes\"}]}"
            })
    void shouldNotAllocateWhatThePayloadCannotHold(String schema) {
        int id = registry.register("s", new Schema.Parser().parse(schema));
        byte[] twoBillion = {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f};
        ByteBuffer bytes = ByteBuffer.allocate(11).put((byte) 0).putInt(id);
        if (schema.startsWith("[")) {
            bytes.put((byte) 2);
        }
        bytes.put(twoBillion);
        assertThatThrownBy(() -> deserializer.deserialize(TOPIC, Arrays.copyOf(bytes.array(), bytes.position())))
                .isExactlyInstanceOf(SerializationException.class)
                .hasMessageMatching(".*\\((IO|EOF)Exception\\).*");
    }

    @Test
    void shouldRefuseASchemaWhoseValuesHaveNoEnd() {
        Schema fixed = SchemaBuilder.fixed("F").size(Integer.MAX_VALUE - 8);
        Schema nothings = Schema.createRecord(
                "Nothings",
                null,
                null,
                false,
                IntStream.range(0, 20)
                        .mapToObj(i -> new Schema.Field(
                                "f" + i, SchemaBuilder.fixed("F0").size(0)))
                        .toList());
        for (Schema schema : List.of(
                fixed,
                doubled(40),
                SchemaBuilder.array().items(doubled(5)),
                SchemaBuilder.array().items(nothings))) {
            assertThatThrownBy(() -> deserializer.deserialize(TOPIC, nothing(schema)))
                    .isExactlyInstanceOf(SerializationException.class)
                    .hasMessageContaining("has more values in one record or item, or a larger fixed, than can be read");
        }
    }

    @Test
    void shouldReadRecordsInRecordsAndInItems() {
        Schema items = SchemaBuilder.array().items(doubled(3));
        assertThat(deserializer.deserialize(TOPIC, nothing(items))).isEqualTo(List.of());
        assertThat(deserializer.deserialize(TOPIC, nothing(doubled(12)))).isInstanceOf(GenericRecord.class);
    }

    /** A record that has another twice, and so on: two to that power of them in no byte. */
    private static Schema doubled(int power) {
        Schema record = SchemaBuilder.record("R0").fields().endRecord();
        for (int i = 1; i <= power; i++) {
            record = SchemaBuilder.record("R" + i)
                    .fields()
                    .name("a")
                    .type(record)
                    .noDefault()
                    .name("b")
                    .type(record)
                    .noDefault()
                    .endRecord();
        }
        return record;
    }

    /** A payload of a schema and one more byte, 0, where something counts its items. */
    private byte[] nothing(Schema schema) {
        boolean counts = schema.getType() == Schema.Type.ARRAY;
        return ByteBuffer.allocate(AvroWire.HEADER_LENGTH + (counts ? 1 : 0))
                .putInt(1, registry.register("s" + schema.hashCode(), schema))
                .array();
    }

    @Test
    void shouldRefuseARecordNestedDeeperThanTheStack() {
        Schema chain = new Schema.Parser()
                .parse(
                        "{\"type\":\"record\",\"name\":\"Chain\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"Chain\"]}]}");
        byte[] bytes = new byte[1_000_000];
        Arrays.fill(bytes, (byte) 2);
        ByteBuffer.wrap(bytes).put((byte) 0).putInt(registry.register("s", chain));
        assertThatThrownBy(() -> deserializer.deserialize(TOPIC, bytes))
                .isExactlyInstanceOf(SerializationException.class)
                .hasMessageContaining("(StackOverflowError)");
    }

    @Test
    void shouldSkipWhatTheReaderDoesNotWant() throws IOException {
        Schema writer = new Schema.Parser().parse("""
                        {"type": "record", "name": "R", "fields": [
                          {"name": "a", "type": {"type": "array", "items": {"type": "map", "values": "string"}}},
                          {"name": "b", "type": "bytes"}, {"name": "f", "type": {"type": "fixed", "name": "F", "size": 3}},
                          {"name": "d", "type": "double"}, {"name": "x", "type": "int"}]}
                        """);
        Schema reader = SchemaBuilder.record("R").fields().requiredInt("x").endRecord();
        for (Object record : new RandomData(writer, 50, 3)) {
            byte[] bytes = AvroWire.encode(1, writer, record);
            GenericRecord read =
                    (GenericRecord) AvroWire.decode(bytes, writer, new GenericDatumReader<>(writer, reader));
            assertThat(read.get("x")).isEqualTo(((GenericRecord) record).get("x"));
        }
    }

    @Test
    void shouldNameTheFieldThatDoesNotFitAndNotItsValue() {
        Schema schema = SchemaBuilder.record("R")
                .fields()
                .requiredLong("total")
                .requiredString("email")
                .endRecord();
        registry.register(TOPIC + "-value", schema);
        GenericRecord record = new GenericData.Record(schema);
        record.put("total", CANARY);
        record.put("email", CANARY);

        assertThatThrownBy(() -> serializer.serialize(TOPIC, record))
                .isExactlyInstanceOf(SerializationException.class)
                .hasMessage(
                        "cannot write a value of R to topic events.order (ClassCastException); check the fields [total]")
                .hasNoCause();
    }

    @Test
    void shouldSayWhichTypesItTakes() {
        assertThatThrownBy(() -> serializer.serialize(TOPIC, List.of(CANARY)))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("has no Avro schema; use a generated class")
                .hasMessageNotContaining(CANARY);
    }

    @Test
    void shouldNotRegisterUnlessToldTo() {
        assertThatThrownBy(() -> serializer.serialize(TOPIC, "text"))
                .isInstanceOf(SchemaNotFoundException.class)
                .hasMessage("Subject 'events.order-value' not found.; register the schema first");
        assertThat(registry.latest(TOPIC + "-value")).isEmpty();
    }

    @Test
    void shouldFindTheReviewedSchemaOfAGeneratedClass() {
        int id = registry.register(TOPIC + "-value", Schemas.event("order"));
        Object record = new RandomData(Order.getClassSchema(), 1, 5).iterator().next();
        byte[] bytes = serializer.serialize(TOPIC, record);

        AvroDeserializer specific = new AvroDeserializer();
        specific.configure(Map.of("schema.registry.url", scope, "specific.avro.reader", "true"), false);
        assertThat(AvroWire.schemaId(bytes)).isEqualTo(id);
        assertThat(specific.deserialize(TOPIC, bytes)).isInstanceOf(Order.class);
    }

    @Test
    void shouldMatchFieldsByNameWhenItWritesWithTheLatestSchema() {
        Schema own = SchemaBuilder.record("R")
                .fields()
                .requiredString("email")
                .requiredString("page")
                .endRecord();
        Schema latest = SchemaBuilder.record("R")
                .fields()
                .requiredString("page")
                .name("extra")
                .type()
                .stringType()
                .stringDefault("none")
                .requiredString("email")
                .endRecord();
        registry.register(TOPIC + "-value", latest);
        AvroSerializer useLatest = new AvroSerializer();
        useLatest.configure(Map.of("schema.registry.url", scope, "use.latest.version", true), false);

        byte[] bytes = useLatest.serialize(
                TOPIC,
                new GenericRecordBuilder(own).set("email", "e").set("page", "p").build());

        assertThat(deserializer.deserialize(TOPIC, bytes))
                .hasToString("{\"page\": \"p\", \"extra\": \"none\", \"email\": \"e\"}");
    }

    @Test
    void shouldRefuseToWriteWithALatestSchemaThatCannotTakeTheValue() {
        registry.register(
                TOPIC + "-value",
                SchemaBuilder.record("R").fields().requiredString("page").endRecord());
        AvroSerializer useLatest = new AvroSerializer();
        useLatest.configure(Map.of("schema.registry.url", scope, "use.latest.version", true), false);
        Schema own = SchemaBuilder.record("R").fields().requiredInt("other").endRecord();

        assertThatThrownBy(() -> useLatest.serialize(
                        TOPIC, new GenericRecordBuilder(own).set("other", 1).build()))
                .isInstanceOf(SerializationException.class)
                .hasMessage("version 1 of subject events.order-value cannot take what R of this application writes;"
                        + " update one of them, or set use.latest.version=false");
    }

    @Test
    void shouldSayThatConfluentsSerializerIsMissing() throws Exception {
        Class<?> type = new WithoutConfluent().loadClass(AvroSerde.class.getName());
        Object serde = type.getConstructor().newInstance();
        assertThatThrownBy(() -> Witness.call(
                        serde,
                        "configure",
                        Map.of("schema.registry.url", scope, "cloakroom.avro.serializer", "confluent"),
                        false))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "cloakroom.avro.serializer=confluent needs io.confluent.kafka.serializers.KafkaAvroSerializer"
                                + " on the class path, and it is not; build with -Pconfluent -Dconfluent.repository=URL,"
                                + " or set cloakroom.avro.serializer=cloakroom");
    }

    private byte[] order() {
        registry.register(TOPIC + "-value", Schemas.event("order"));
        return Stream.of(
                        new RandomData(Schemas.event("order"), 1, 11).iterator().next())
                .map(GenericRecord.class::cast)
                .peek(record -> record.put("email", CANARY))
                .map(record -> serializer.serialize(TOPIC, record))
                .findFirst()
                .orElseThrow();
    }

    /** This module's classes, loaded anew where Confluent's are not. */
    private static final class WithoutConfluent extends ClassLoader {

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("io.confluent.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("io.cloakroom.schemas.") || findLoadedClass(name) != null) {
                return super.loadClass(name, resolve);
            }
            try (var in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
