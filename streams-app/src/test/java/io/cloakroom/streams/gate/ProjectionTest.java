package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.PolicyLoader;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An event type of every shape that Avro has, for two recipients and two purposes. */
class ProjectionTest {

    private static final long TIME = Instant.parse("2026-03-01T12:34:56.789Z").toEpochMilli();

    private static final Schema EVENT = new Schema.Parser().parse("""
            {"type": "record", "name": "Trial", "namespace": "io.cloakroom.trial", "fields": [
              {"name": "meta", "label": "none", "type": {"type": "record", "name": "Meta", "fields": [
                {"name": "eventId", "type": "string", "label": "event.id"},
                {"name": "occurredAt", "type": {"type": "long", "logicalType": "timestamp-millis"}, "label": "time"}]}},
              {"name": "step", "label": "context", "doc": "How far it is.", "type": {
                "type": "enum", "name": "Step", "symbols": ["BOTH", "SERVICE", "BILLING"]}},
              {"name": "number", "type": "long", "label": "count"},
              {"name": "lines", "label": "none", "type": {"type": "array", "items": {
                "type": "record", "name": "Line", "doc": "One of several.", "fields": [
                  {"name": "serial", "type": ["int", "null"], "label": "count"},
                  {"name": "price", "type": "double", "label": "amount"},
                  {"name": "wrap", "label": "none", "type": ["null", {
                    "type": "record", "name": "Wrap", "fields": [
                      {"name": "text", "type": "string", "label": "secret"},
                      {"name": "ribbon", "type": "boolean", "label": "context"}]}]}]}}},
              {"name": "places", "label": "none", "type": {"type": "map", "values": {
                "type": "record", "name": "Place", "fields": [
                  {"name": "city", "type": ["null", "string"], "label": "contact"},
                  {"name": "since", "type": {"type": "int", "logicalType": "date"}, "label": "date"}]}}},
              {"name": "via", "label": "none", "type": ["string", "null",
                {"type": "record", "name": "Phone", "fields": [
                  {"name": "number", "type": "string", "label": "contact"}]},
                {"type": "record", "name": "Mail", "fields": [
                  {"name": "address", "type": "string", "label": "contact"},
                  {"name": "plain", "type": "boolean", "label": "context"}]}]},
              {"name": "tags", "type": {"type": "array", "items": ["string", "null"]}, "label": "tag.id"},
              {"name": "other", "type": ["null", "string"], "label": "other.id"},
              {"name": "mark", "type": {"type": "fixed", "name": "Mark", "size": 2}, "label": "context"},
              {"name": "again", "type": ["null", "Mark"], "label": "context"},
              {"name": "blob", "type": "bytes", "label": "context"},
              {"name": "attributes", "type": {"type": "map", "values": "int"}, "label": "context"},
              {"name": "born", "type": ["null", {"type": "int", "logicalType": "date"}], "label": "date"},
              {"name": "seen", "label": "time", "type": {
                "type": "array", "items": {"type": "long", "logicalType": "timestamp-millis"}}},
              {"name": "page", "type": "string", "label": "page"},
              {"name": "vault", "label": "secret", "type": {"type": "record", "name": "Vault", "fields": [
                {"name": "note", "type": "string", "label": "context"}]}}]}""");

    private static final String RECORD = """
            {"meta": {"eventId": "e-1", "occurredAt": %d}, "step": "%s", "number": 42,
             "lines": [{"serial": {"int": 7}, "price": 9.5,
                        "wrap": {"io.cloakroom.trial.Wrap": {"text": "SECRET", "ribbon": true}}},
                       {"serial": null, "price": 1.5, "wrap": null}],
             "places": {"home": {"city": {"string": "Milan"}, "since": %d}},
             "via": {"io.cloakroom.trial.Mail": {"address": "jane@example.com", "plain": true}},
             "tags": [{"string": "a"}, null, {"string": "b"}], "other": {"string": "a"},
             "mark": "xy", "again": null, "blob": "\\u0000\\u00ff", "attributes": {"size": 3},
             "born": {"int": %d}, "seen": [%d, -1], "page": "https://jane@shop.example/dresses/red/12",
             "vault": {"note": "SECRET"}}""";

    private static final int BORN = (int) LocalDate.of(1980, 2, 29).toEpochDay();

    /** Two purposes on contract; {@code amount} serves only billing, {@code contact} only service. */
    private static final String POLICY = """
            version: "2020-01-01"
            zone: UTC
            brands: [brand]
            surfaces: [web]
            channels: [EMAIL]
            notices: ["1"]
            age-of-consent: {years: 16, clause: C1}
            categories: {none: {}, context: {}, event.id: {}, time: {}, date: {}, count: {}, amount: {}, contact: {},
              tag.id: {}, other.id: {}, page: {}, secret: {}}
            purposes:
              service:
                basis: contract
                clause: C5
                dpv: "dpv:ServiceProvision"
                categories: [none, context, event.id, time, date, count, contact, tag.id, other.id, page, secret]
              billing:
                basis: contract
                clause: C7
                dpv: "dpv:PaymentManagement"
                categories: [none, context, event.id, time, date, count, amount, tag.id, other.id, page, secret]
            events:
              trial:
                act: never
                stated-by: step
                states: {BOTH: [service, billing], SERVICE: [service], BILLING: [billing]}
            eea: [IT]
            adequacy: []
            recipients:
              reader:
                class: internal
                role: controller
                region: IT
                epoch: 1
                clause: C17
                events: {trial: [service, billing]}
                keep: [none, context, amount, contact]
                pseudonymise: [event.id, count, tag.id, other.id]
                generalise: {time: {to: hour}, date: {to: year}, page: {to: path-head, length: 1}}
                drop: [secret]
              sub-contractor:
                class: third-party
                role: processor
                region: IT
                epoch: 1
                clause: C24
                events: {trial: [service]}
                keep: [none, context, contact, time, date, count, page, secret]
                pseudonymise: [event.id, tag.id, other.id]
                drop: [amount]
            otherwise: withhold
            """;

    @TempDir
    Path directory;

    private World world;

    @BeforeEach
    void readThePolicy() throws Exception {
        world = new World(POLICY, EVENT, directory);
    }

    // The schema.

    @Test
    void shouldHaveNothingOfADroppedCategoryInTheSchema() {
        String schema = world.projection("reader").schema().toString();

        assertThat(schema).doesNotContain("secret").doesNotContain("\"text\"").doesNotContain("vault");
        assertThat(schema).doesNotContain("\"note\"");
    }

    @Test
    void shouldHaveNothingThatNoPurposeOfTheRecipientMayUse() {
        assertThat(Labels.of(world.projection("reader").schema())).containsEntry("lines.price", "amount");
        assertThat(Labels.of(world.projection("sub-contractor").schema()))
                .containsKey("lines.serial")
                .doesNotContainKey("lines.price");
    }

    @Test
    void shouldNameTheFieldsInTheOrderOfTheEvent() {
        assertThat(world.projection("reader").schema().getFields())
                .extracting(Schema.Field::name)
                .containsExactly(
                        "releaseId",
                        "purposes",
                        "completedAt",
                        "meta",
                        "step",
                        "numberToken",
                        "lines",
                        "places",
                        "via",
                        "tags",
                        "other",
                        "mark",
                        "again",
                        "blob",
                        "attributes",
                        "born",
                        "seen",
                        "page");
    }

    @Test
    void shouldMakeEveryFieldNullableWithNullAsItsDefault() {
        List<Schema.Field> fields = new ArrayList<>();
        for (String recipient : List.of("reader", "sub-contractor")) {
            collectFields(world.projection(recipient).schema(), fields);
        }
        fields.removeIf(field -> Projection.OWN_FIELDS.contains(field.name()));

        assertThat(fields).hasSizeGreaterThan(40).allSatisfy(field -> {
            assertThat(field.schema().getTypes().get(0).getType()).isEqualTo(Schema.Type.NULL);
            assertThat(field.defaultVal()).isEqualTo(JsonProperties.NULL_VALUE);
        });
    }

    @Test
    void shouldTellTheLabelAndTreatmentOfEachField() {
        Schema schema = world.projection("reader").schema();
        Schema line = schema.getField("lines").schema().getTypes().get(1).getElementType();

        assertThat(treated(schema, "step")).isEqualTo("context keep");
        assertThat(treated(schema, "numberToken")).isEqualTo("count pseudonymise");
        assertThat(treated(schema, "born")).isEqualTo("date generalise");
        assertThat(treated(schema, "lines")).isEqualTo("none keep");
        assertThat(treated(line, "serialToken")).isEqualTo("count pseudonymise");
        assertThat(schema.getField("step").doc()).isEqualTo("How far it is.");
        assertThat(line.getDoc()).isEqualTo("One of several.");
        assertThat(schema.getDoc()).isEqualTo("Released to reader.");
    }

    @Test
    void shouldMakeTokensText() {
        Schema schema = world.projection("reader").schema();
        Schema line = schema.getField("lines").schema().getTypes().get(1).getElementType();

        assertThat(schema.getField("numberToken").schema()).hasToString("[\"null\",\"string\"]");
        assertThat(line.getField("serialToken").schema()).hasToString("[\"null\",\"string\"]");
        assertThat(schema.getField("tags").schema())
                .hasToString("[\"null\",{\"type\":\"array\",\"items\":[\"string\",\"null\"]}]");
    }

    @Test
    void shouldNameEachRecipientsRecordsApart() {
        Set<String> names = new LinkedHashSet<>();
        collectRecords(world.projection("reader").schema(), names);
        Set<String> others = new LinkedHashSet<>();
        collectRecords(world.projection("sub-contractor").schema(), others);

        assertThat(names).hasSize(7).allMatch(name -> name.startsWith("io.cloakroom.release.reader."));
        assertThat(others).hasSize(8).allMatch(name -> name.startsWith("io.cloakroom.release.sub_contractor."));
        assertThat(names).contains("io.cloakroom.release.reader.Trial");
    }

    @ParameterizedTest
    @ValueSource(strings = {"reader", "sub-contractor"})
    void shouldParseAgainFromItsJson(String recipient) {
        Schema schema = world.projection(recipient).schema();

        assertThat(new Schema.Parser().parse(schema.toString())).isEqualTo(schema);
    }

    // The record.

    @ParameterizedTest
    @CsvSource({"reader, BOTH", "reader, SERVICE", "reader, BILLING", "sub-contractor, BOTH", "sub-contractor, SERVICE"
    })
    void shouldWriteWhatCanBeReadBack(String recipient, String step) throws IOException {
        GenericRecord release = world.release(recipient, step);

        assertThat(readBack(release, release.getSchema())).isEqualTo(release);
    }

    @Test
    void shouldTreatValuesInRecordsArraysMapsAndUnions() {
        GenericRecord release = world.release("reader", "BOTH");

        assertThat(release.get("releaseId")).isEqualTo("release-1");
        assertThat(release.get("purposes")).isEqualTo(List.of("service", "billing"));
        assertThat(at(release, "meta", "eventId")).isEqualTo(world.token("reader", "event.id", "e-1"));
        assertThat(at(release, "meta", "occurredAt"))
                .isEqualTo(Instant.parse("2026-03-01T12:00:00Z").toEpochMilli());
        assertThat(release.get("step")).hasToString("BOTH");
        assertThat(release.get("numberToken")).isEqualTo(world.token("reader", "count", "42"));
        assertThat(at(release, "lines", 0, "serialToken")).isEqualTo(world.token("reader", "count", "7"));
        assertThat(at(release, "lines", 0, "price")).isEqualTo(9.5);
        assertThat(at(release, "lines", 0, "wrap", "ribbon")).isEqualTo(true);
        assertThat(at(release, "lines", 1, "serialToken")).isNull();
        assertThat(at(release, "lines", 1, "wrap")).isNull();
        assertThat(at(release, "places", new Utf8("home"), "city")).hasToString("Milan");
        assertThat(at(release, "places", new Utf8("home"), "since"))
                .isEqualTo((int) LocalDate.of(1980, 1, 1).toEpochDay());
        assertThat(at(release, "via", "address")).hasToString("jane@example.com");
        assertThat(at(release, "via", "plain")).isEqualTo(true);
        assertThat(at(release, "tags", 0)).isEqualTo(world.token("reader", "tag.id", "a"));
        assertThat(at(release, "tags", 1)).isNull();
        assertThat(release.get("mark"))
                .isEqualTo(new GenericData.Fixed(EVENT.getField("mark").schema(), new byte[] {'x', 'y'}));
        assertThat(release.get("again")).isNull();
        assertThat(release.get("blob")).isEqualTo(ByteBuffer.wrap(new byte[] {0, (byte) 0xff}));
        assertThat(at(release, "attributes", new Utf8("size"))).isEqualTo(3);
        assertThat(release.get("born")).isEqualTo((int) LocalDate.of(1980, 1, 1).toEpochDay());
        assertThat(at(release, "seen", 1))
                .isEqualTo(Instant.parse("1969-12-31T23:00:00Z").toEpochMilli());
        assertThat(release.get("page")).isEqualTo("/dresses");
    }

    @Test
    void shouldLeaveEmptyWhatThePurposesThatAllowItMayNotUse() {
        GenericRecord service = world.release("reader", "SERVICE");
        GenericRecord billing = world.release("reader", "BILLING");

        assertThat(service.get("purposes")).isEqualTo(List.of("service"));
        assertThat(at(service, "lines", 0, "price")).isNull();
        assertThat(at(service, "via", "address")).hasToString("jane@example.com");
        assertThat(billing.get("purposes")).isEqualTo(List.of("billing"));
        assertThat(at(billing, "lines", 0, "price")).isEqualTo(9.5);
        assertThat(at(billing, "via", "address")).isNull();
        assertThat(at(billing, "via", "plain")).isEqualTo(true);
        assertThat(at(billing, "places", new Utf8("home"), "city")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"BOTH", "SERVICE", "BILLING"})
    void shouldHaveNothingOfADroppedCategoryInTheBytes(String step) throws IOException {
        String bytes = new String(bytes(world.release("reader", step)), StandardCharsets.ISO_8859_1);

        assertThat(bytes).doesNotContain("SECRET").contains("/dresses");
    }

    @Test
    void shouldLeaveTheEventAsItIsForTheNextRecipient() throws IOException {
        IndexedRecord event = world.event("SERVICE");
        GenericRecord first = world.release("reader", "SERVICE", event, world.salt);
        bytes(first);
        GenericRecord second = world.release("sub-contractor", "SERVICE", event, world.salt);

        assertThat(readBack(second, second.getSchema()).get("blob")).isEqualTo(ByteBuffer.wrap(new byte[] {0, -1}));
    }

    @Test
    void shouldGiveTwoRecipientsTwoTokens() {
        assertThat(world.release("reader", "BOTH").get("other"))
                .isNotEqualTo(world.release("sub-contractor", "BOTH").get("other"));
    }

    @Test
    void shouldGiveTwoPeopleTwoTokens() {
        byte[] salt = world.salt.clone();
        salt[15] ^= 1;

        assertThat(world.release("reader", "BOTH").get("other"))
                .isNotEqualTo(world.release("reader", "BOTH", world.event("BOTH"), salt)
                        .get("other"));
    }

    @Test
    void shouldGiveTwoCategoriesTwoTokens() {
        GenericRecord release = world.release("reader", "BOTH");

        assertThat(release.get("other")).isNotNull().isNotEqualTo(at(release, "tags", 0));
    }

    @Test
    void shouldGiveARetryTheSameTokens() {
        assertThat(world.release("reader", "BOTH")).isEqualTo(world.release("reader", "BOTH"));
    }

    @Test
    void shouldNameAnAgeBandByItsFieldAndSayItAtTheEventsTime() throws Exception {
        World banded = new World(evolving("date", "{to: age-band; bands: [16; 25; 46; 65]}"), EVENT, directory);
        GenericRecord release = banded.release("reader", "BOTH");

        assertThat(release.getSchema().getField("born")).isNull();
        assertThat(treated(release.getSchema(), "bornBand")).isEqualTo("date generalise");
        assertThat(release.get("bornBand")).hasToString("46-64"); // since that very day
    }

    @Test
    void shouldGeneraliseTheRecordsOwnTimeAsItsTimeField() {
        assertThat(world.projection("reader").timestamp(world.proof("reader", "BOTH"), TIME))
                .isEqualTo(Instant.parse("2026-03-01T12:00:00Z").toEpochMilli());
    }

    @Test
    void shouldLeaveOfTheRecordsOwnTimeItsDayForWhoMayHaveNone() throws Exception {
        World timeless = new World(evolving("time", "drop"), EVENT, directory);

        assertThat(timeless.projection("reader").timestamp(timeless.proof("reader", "BOTH"), TIME))
                .isEqualTo(Instant.parse("2026-03-01T00:00:00Z").toEpochMilli());
    }

    @Test
    void shouldKeepTheRecordsOwnTimeForWhoMayHaveExactTimes() {
        assertThat(world.projection("sub-contractor").timestamp(world.proof("sub-contractor", "BOTH"), TIME))
                .isEqualTo(TIME);
    }

    // Shapes that could go wrong.

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Paths whose names run together.
                "{'name': 'a', 'label': 'none', 'type': {'type': 'record', 'name': 'A', 'fields': ["
                        + "{'name': 'bC', 'label': 'none', 'type': {'type': 'record', 'name': 'BC', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'context'}]}}]}},"
                        + "{'name': 'aB', 'label': 'none', 'type': {'type': 'record', 'name': 'AB', 'fields': ["
                        + "{'name': 'c', 'label': 'none', 'type': {'type': 'record', 'name': 'C', 'fields': ["
                        + "{'name': 'y', 'type': 'int', 'label': 'context'}]}}]}}"
                        + "| 'a': {'bC': {'x': 1}}, 'aB': {'c': {'y': 2}}",
                // Names that differ in a capital.
                "{'name': 'one', 'label': 'none', 'type': {'type': 'record', 'name': 'One', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'context'}]}},"
                        + "{'name': 'One', 'label': 'none', 'type': {'type': 'record', 'name': 'Two', 'fields': ["
                        + "{'name': 'y', 'type': 'int', 'label': 'context'}]}}"
                        + "| 'one': {'x': 1}, 'One': {'y': 2}",
                // Branches of one name in two namespaces.
                "{'name': 'it', 'label': 'none', 'type': ["
                        + "{'type': 'record', 'name': 'R', 'namespace': 'one', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'context'}]},"
                        + "{'type': 'record', 'name': 'R', 'namespace': 'two', 'fields': ["
                        + "{'name': 'y', 'type': 'int', 'label': 'context'}]}]}"
                        + "| 'it': {'two.R': {'y': 2}}",
                // One record in two branches.
                "{'name': 'it', 'label': 'none', 'type': ["
                        + "{'type': 'record', 'name': 'R', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'context'}]},"
                        + "{'type': 'array', 'items': ['null', 'R']}, {'type': 'map', 'values': ['null', 'R']}]}"
                        + "| 'it': {'array': [{'io.cloakroom.trial.R': {'x': 1}}]}",
                // One record in two places.
                "{'name': 'from', 'label': 'none', 'type': {'type': 'record', 'name': 'R', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'context'}]}},"
                        + "{'name': 'to', 'label': 'none', 'type': ['null', 'R']}"
                        + "| 'from': {'x': 1}, 'to': {'io.cloakroom.trial.R': {'x': 2}}",
                // Nothing, and a record of which nothing is left.
                "{'name': 'it', 'label': 'context', 'type': 'null'} | 'it': null",
                "{'name': 'it', 'label': 'context', 'type': ['null']} | 'it': null",
                "{'name': 'it', 'label': 'none', 'type': {'type': 'record', 'name': 'R', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'secret'}]}} | 'it': {'x': 1}",
                // Arrays of arrays of maps.
                "{'name': 'it', 'label': 'none', 'type': {'type': 'array', 'items': {'type': 'array', 'items': {"
                        + "'type': 'map', 'values': {'type': 'record', 'name': 'R', 'fields': ["
                        + "{'name': 'x', 'type': 'int', 'label': 'context'}]}}}}}"
                        + "| 'it': [[], [{'a': {'x': 1}}]]"
            })
    void shouldTakeEveryShape(String fieldsAndValues) throws Exception {
        String[] parts = fieldsAndValues.replace('\'', '"').split(" ?\\| ");
        Schema event = new Schema.Parser().parse("""
                {"type": "record", "name": "Trial", "namespace": "io.cloakroom.trial", "fields": [
                  {"name": "meta", "label": "none", "type": {"type": "record", "name": "Meta", "fields": [
                    {"name": "occurredAt", "label": "time", "type": {
                      "type": "long", "logicalType": "timestamp-millis"}}]}},
                  {"name": "step", "type": "string", "label": "context"},
                """ + parts[0] + "]}");
        String policy = POLICY.replaceFirst(
                        "(?s)keep: \\[none.*?drop: .*?\n", "keep: [none, context, time]\n    drop: [secret]\n")
                .replaceFirst("(?s)  sub-contractor:.*?otherwise", "otherwise")
                .replace("states: {BOTH", "otherwise: []\n    states: {BOTH");
        if (!parts[0].contains("secret")) {
            policy = policy.replace("    drop: [secret]\n", "");
        }
        World trial = new World(policy, event, directory);

        GenericRecord release = trial.release(
                "reader",
                "BOTH",
                json(event, "{\"meta\": {\"occurredAt\": 1}, \"step\": \"BOTH\", " + parts[1] + "}"),
                trial.salt);

        Schema parsed = new Schema.Parser().parse(release.getSchema().toString());
        assertThat(parsed).isEqualTo(release.getSchema());
        assertThat(readBack(release, parsed)).isEqualTo(release);
    }

    // Evolution.

    @ParameterizedTest
    @CsvSource({
        "contact, drop",
        "amount, drop",
        "context, drop",
        "count, drop",
        "count, pseudonymise",
        "page, pseudonymise",
        "page, {to: prefix; length: 3}",
        "page, {to: path-head; length: 1}",
        "contact, pseudonymise",
        "time, {to: day}",
        "time, drop",
        "date, {to: month}",
        "date, {to: age-band; bands: [16; 25; 65]}",
        "page, {to: url-path}",
        "page, {to: network}",
        "secret, drop"
    })
    void shouldStayReadableWhenThePolicyTightensOrLoosens(String category, String treatment) throws Exception {
        World loose = new World(evolving(category, "keep"), EVENT, directory);
        World tight = new World(evolving(category, treatment), EVENT, directory);
        GenericRecord before = loose.release("reader", "BOTH");
        GenericRecord after = tight.release("reader", "BOTH");

        assertThat(after).isNotEqualTo(before);
        assertBackward(after.getSchema(), before.getSchema());
        assertBackward(before.getSchema(), after.getSchema());
        assertThat(readBack(before, after.getSchema()).get("releaseId")).hasToString("release-1");
        assertThat(readBack(after, before.getSchema()).get("releaseId")).hasToString("release-1");
    }

    /** Every category kept, but for this one. */
    private static String evolving(String category, String treatment) {
        List<String> keep = new ArrayList<>(
                List.of("none", "context", "amount", "contact", "time", "date", "count", "page", "secret"));
        String other = "";
        String pseudonymise = "event.id, tag.id, other.id";
        if (!treatment.equals("keep")) {
            keep.remove(category);
            if (treatment.equals("drop")) {
                other = "\n    drop: [" + category + "]";
            } else if (treatment.equals("pseudonymise")) {
                pseudonymise += ", " + category;
            } else {
                other = "\n    generalise: {" + category + ": " + treatment.replace(';', ',') + "}";
            }
        }
        return POLICY.replaceFirst(
                "(?s)keep: \\[none.*?drop: .*?\n",
                "keep: [" + String.join(", ", keep) + "]\n    pseudonymise: [" + pseudonymise + "]" + other + "\n");
    }

    /** What the registry asks of a new version of a subject. */
    private static void assertBackward(Schema reader, Schema writer) {
        SchemaCompatibility.SchemaPairCompatibility found =
                SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
        assertThat(found.getType()).as(found.getDescription()).isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }

    // What all share.

    /** A policy, and what the gate would make of it. */
    private static final class World {
        private final byte[] salt = "sixteen bytes...".getBytes(StandardCharsets.US_ASCII);
        private final Schema event;
        private final PolicyHistory history;
        private final Pseudonyms pseudonyms;

        World(String policy, Schema event, Path directory) throws Exception {
            this.event = event;
            Path file = Files.writeString(directory.resolve("2020-01-01.yaml"), policy);
            history = new PolicyHistory(List.of(PolicyLoader.version(file, List.of(Shapes.of("trial", event)))));
            List<String> keys = List.of("reader.1", "sub-contractor.1");
            Pseudonyms.create(directory, keys);
            pseudonyms = Pseudonyms.load(directory, keys);
        }

        Projection projection(String recipient) {
            Policy policy = history.versions().get(0);
            return new Projection(policy.access("trial", recipient).orElseThrow(), event);
        }

        Release proof(String recipient, String step) {
            Event facts = new Event("trial", "brand", "web", "IT", "brand", TIME, TIME, step, "", "", "");
            return new Engine(history)
                    .decide(facts, Person.stranger(salt), TIME).decisions().stream()
                            .filter(d -> d.recipient().id().equals(recipient))
                            .map(Release.class::cast)
                            .findFirst()
                            .orElseThrow();
        }

        GenericRecord release(String recipient, String step) {
            return release(recipient, step, event(step), salt);
        }

        GenericRecord release(String recipient, String step, IndexedRecord record, byte[] ofPerson) {
            Release proof = proof(recipient, step);
            Pseudonyms.Key key = pseudonyms.key(recipient + ".1");
            Schema schema = projection(recipient).schema();
            GenericRecord slow = new SlowProjection(proof, key, ofPerson).write(schema, record, "release-1");
            try {
                assertThat(readBack(compiled(proof, key, record, ofPerson), schema))
                        .isEqualTo(readBack(slow, schema));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            return slow;
        }

        /** The release as the gate writes it. */
        private byte[] compiled(Release proof, Pseudonyms.Key key, IndexedRecord record, byte[] ofPerson)
                throws IOException {
            EventPlan plan = new EventPlan(Shapes.of("trial", event), event, history);
            plan.scan(bytes((GenericRecord) record), 0);
            Releases releases = plan.releases(ofPerson);
            byte[] none = {};
            byte[] id = "release-1".getBytes(StandardCharsets.UTF_8);
            releases.add(proof, plan.form(proof), key, none, id, OptionalLong.empty(), none);
            plan.write();
            return releases.target(0).out.toBytes();
        }

        IndexedRecord event(String step) {
            return json(event, String.format(RECORD, TIME, step, BORN, BORN, TIME));
        }

        String token(String recipient, String category, String value) {
            return pseudonyms.key(recipient + ".1").token(category, value, salt);
        }
    }

    private static GenericRecord json(Schema schema, String text) {
        try {
            return new GenericDatumReader<GenericRecord>(schema)
                    .read(null, DecoderFactory.get().jsonDecoder(schema, text));
        } catch (IOException e) {
            throw new IllegalStateException(text, e);
        }
    }

    private static byte[] bytes(GenericRecord record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }

    private static GenericRecord readBack(byte[] written, Schema schema) throws IOException {
        return new GenericDatumReader<GenericRecord>(schema)
                .read(null, DecoderFactory.get().binaryDecoder(written, null));
    }

    private static GenericRecord readBack(GenericRecord record, Schema reader) throws IOException {
        return new GenericDatumReader<GenericRecord>(record.getSchema(), reader)
                .read(null, DecoderFactory.get().binaryDecoder(bytes(record), null));
    }

    /** @param steps names of fields, keys of maps, places in lists */
    private static Object at(Object value, Object... steps) {
        Object at = value;
        for (Object step : steps) {
            at = step instanceof Integer place
                    ? ((List<?>) at).get(place)
                    : at instanceof Map<?, ?> map ? map.get(step) : ((GenericRecord) at).get((String) step);
        }
        return at;
    }

    private static String treated(Schema record, String field) {
        return record.getField(field).getProp("label") + " "
                + record.getField(field).getProp("treatment");
    }

    private static void collectFields(Schema schema, Collection<Schema.Field> fields) {
        for (Schema inner : Shapes.inner(schema)) {
            if (inner.getType() == Schema.Type.RECORD) {
                fields.addAll(inner.getFields());
                inner.getFields().forEach(field -> collectFields(field.schema(), fields));
            }
        }
    }

    private static void collectRecords(Schema schema, Set<String> names) {
        for (Schema inner : Shapes.inner(schema)) {
            if (inner.getType() == Schema.Type.RECORD) {
                assertThat(names.add(inner.getFullName()))
                        .as(inner.getFullName())
                        .isTrue();
                inner.getFields().forEach(field -> collectRecords(field.schema(), names));
            }
        }
    }
}
