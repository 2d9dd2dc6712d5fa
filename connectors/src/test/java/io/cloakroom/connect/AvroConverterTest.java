package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.gate.Topics;
import io.cloakroom.streams.scenarios.Scenario;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AvroConverterTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String REQUESTS = Topics.SUBJECT_REQUESTS;
    private static final String REQUEST = """
            {"requestId": "r-1", "occurredAt": "2026-03-01T12:00:00Z", "subject": "customer:ada", "kind": "ERASURE"}""";

    private final Map<String, String> config = Map.of("schema.registry.url", "mock://" + UUID.randomUUID());
    private final SchemaRegistry registry = SchemaRegistry.connect(config);
    private final AvroConverter converter = new AvroConverter();

    @BeforeEach
    void register() {
        for (String type : Schemas.eventTypes()) {
            registry.register(Topics.subject(Topics.events(type)), Schemas.event(type));
        }
        Topics.SCHEMAS.forEach((topic, schema) -> registry.register(Topics.subject(topic), schema));
        converter.configure(config, false);
    }

    static Iterable<String> types() {
        return Schemas.eventTypes();
    }

    @ParameterizedTest
    @MethodSource("types")
    void shouldWriteTheVeryBytesThatItRead(String type) {
        String topic = Topics.events(type);
        byte[] bytes = new AvroSerializer(registry).serialize(topic, Scenario.event(type, "customer:ada", NOW));

        SchemaAndValue read = converter.toConnectData(topic, bytes);

        assertThat(converter.fromConnectData(topic, read.schema(), read.value()))
                .isEqualTo(bytes);
    }

    @Test
    void shouldKeepLabelsTimesAndSymbols() {
        GenericRecord order = Scenario.event("order", "customer:ada", NOW);
        byte[] bytes = new AvroSerializer(registry).serialize("events.order", order);

        Struct read = (Struct) converter.toConnectData("events.order", bytes).value();

        assertThat(read.schema().field("email").schema().parameters()).containsEntry("label", "contact.email");
        assertThat(read.getStruct("meta").get("occurredAt")).isEqualTo(java.util.Date.from(NOW));
        assertThat(read.schema().field("status").schema().parameters().get("symbols"))
                .startsWith("PLACED,");
        assertThat(read.getStruct("card").getString("holder")).isEqualTo("A LOVELACE");
    }

    @Test
    void shouldHaveAFormForAllThatTheGateWrites() {
        Topics.SCHEMAS.forEach((topic, schema) ->
                assertThat(ConnectForm.schema(schema).name()).as(topic).isEqualTo(schema.getFullName()));
    }

    @Test
    void shouldWriteJsonTextByTheRegisteredSchema() {
        byte[] bytes = converter.fromConnectData(REQUESTS, null, REQUEST);

        Struct read = (Struct) converter.toConnectData(REQUESTS, bytes).value();
        assertThat(read.get("occurredAt")).isEqualTo(java.util.Date.from(NOW));
        assertThat(read.get("kind")).isEqualTo("ERASURE");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`\"subject\": \"customer:ada\"`, `\"nobody\": 1`, SubjectRequest has no field nobody",
                "`, \"subject\": \"customer:ada\"`, ``, SubjectRequest.subject is missing",
                "`\"customer:ada\"`, `4711`, SubjectRequest.subject is not a text",
                "ERASURE, FORGET, SubjectRequest.kind is none of ERASURE",
                "2026-03-01T12, yesterday, SubjectRequest.occurredAt is not a timestamp-millis",
                "`\"r-1\"`, `\"r-1\", \"requestId\": \"r-2\"`, 'not a JSON object, from column'",
                "{, ``, 'not a JSON object, from column'",
            })
    void shouldRefuseWhatDoesNotFitAndSayWhereButNoValue(String there, String instead, String problem) {
        String json = REQUEST.replace(there, instead);

        assertThatThrownBy(() -> converter.fromConnectData(REQUESTS, null, json))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("topic subject.requests")
                .hasMessageContaining(problem.replace("'", ""))
                .hasMessageNotContainingAny("4711", "FORGET", "yesterday", "r-2")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "17", "\"customer:ada\"", ""})
    void shouldRefuseJsonThatIsNoObject(String json) {
        assertThatThrownBy(() -> converter.fromConnectData(REQUESTS, null, json))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("not a JSON object");
    }

    @Test
    void shouldWriteANewerSchemaAsSoonAsItIsNeeded() {
        Schema older = record().requiredString("a").endRecord();
        Schema newer = record().requiredString("a").optionalString("b").endRecord();
        registry.register("notes-value", older);
        converter.fromConnectData("notes", null, "{\"a\": \"x\"}");
        int id = registry.register("notes-value", newer);

        byte[] bytes = converter.fromConnectData("notes", null, Map.of("a", "x", "b", "y"));

        assertThat(bytes).startsWith(0, 0, 0, id >>> 8, id & 0xff);
    }

    private static SchemaBuilder.FieldAssembler<Schema> record() {
        return SchemaBuilder.record("Note").namespace("example").fields();
    }

    @Test
    void shouldWriteNothingUnderASubjectThatIsNotRegistered() {
        assertThatThrownBy(() -> converter.fromConnectData("events.unheard", null, "{}"))
                .isInstanceOf(DataException.class)
                .hasMessage("subject events.unheard-value has no schema: register one with cloakroom topics apply");
    }

    @Test
    void shouldRegisterNoSchemaItself() {
        assertThatThrownBy(() -> new AvroConverter()
                        .configure(Map.of("schema.registry.url", "mock://x", "auto.register.schemas", "true"), false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("auto.register.schemas");
    }

    @Test
    void shouldRefuseBytesThatAreNotInTheWireFormat() {
        assertThatThrownBy(() -> converter.toConnectData(REQUESTS, REQUEST.getBytes()))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("wire format");
        assertThatThrownBy(() -> converter.toConnectData(REQUESTS, new byte[] {0, 0, 0, 0, 99, 1}))
                .isInstanceOf(DataException.class);
    }

    @Test
    void shouldLeaveATombstoneOne() {
        assertThat(converter.toConnectData(REQUESTS, null)).isEqualTo(SchemaAndValue.NULL);
        assertThat(converter.fromConnectData(REQUESTS, null, null)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[\"null\", \"string\", \"long\"]|is one of several things",
                "{\"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 4}|has no form for a decimal",
                "[\"null\", \"example.Outer\"]|holds itself",
                "\"null\"|is always null",
            })
    void shouldRefuseASchemaThatConnectHasNoFormForAndSayWhere(String type, String problem) {
        Schema schema = new Schema.Parser().parse("""
                {"type": "record", "name": "Outer", "namespace": "example", "fields": [
                  {"name": "list", "type": {"type": "array", "items": {"type": "record", "name": "Inner", "fields": [
                    {"name": "odd", "type": %s}]}}}]}""".formatted(type));

        assertThatThrownBy(() -> ConnectForm.schema(schema))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("Outer.list.odd")
                .hasMessageContaining(problem);
    }
}
