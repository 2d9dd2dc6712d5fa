package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShapesTest {

    private static final String UNLABELLED =
            "{\"type\": \"record\", \"name\": \"Inner\", \"fields\": [{\"name\": \"bare\", \"type\": \"string\"}]}";

    @Test
    void shouldFlattenInDeclarationOrderWithContainersBeforeWhatTheyHold() {
        EventSchema schema = of("""
                {"name": "lines", "label": "order.item", "type": {"type": "array", "items": {
                  "type": "record", "name": "Line", "fields": [
                    {"name": "sku", "type": "string", "label": "order.item"},
                    {"name": "price", "type": "long", "label": "order.amount"}]}}},
                {"name": "note", "type": "string", "label": "context"}""");

        assertThat(schema.type()).isEqualTo("trial");
        assertThat(schema.fields())
                .extracting(Field::path, Field::label, Field::kind)
                .containsExactly(
                        tuple("meta", "none", Kind.RECORD),
                        tuple("meta.eventId", "event.id", Kind.STRING),
                        tuple("lines", "order.item", Kind.RECORD),
                        tuple("lines.sku", "order.item", Kind.STRING),
                        tuple("lines.price", "order.amount", Kind.LONG),
                        tuple("note", "context", Kind.STRING));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                UNLABELLED,
                "{\"type\": \"array\", \"items\": " + UNLABELLED + "}",
                "{\"type\": \"map\", \"values\": " + UNLABELLED + "}",
                "[\"null\", " + UNLABELLED + "]",
                "[\"null\", \"string\", {\"type\": \"array\", \"items\": " + UNLABELLED + "}]"
            })
    void shouldRefuseAFieldWithoutALabelHoweverDeepItLies(String type) {
        assertThatThrownBy(() -> of("{\"name\": \"outer\", \"label\": \"none\", \"type\": " + type + "}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trial: field outer.bare has no label: add the property \"label\"");
    }

    @Test
    void shouldRefuseALabelThatIsNoText() {
        assertThatThrownBy(() -> of("{\"name\": \"odd\", \"type\": \"string\", \"label\": 7}"))
                .hasMessage("trial: field odd has no label: add the property \"label\"");
    }

    @Test
    void shouldRefuseARecordThatHoldsItself() {
        assertThatThrownBy(() -> of("""
                        {"name": "reply", "label": "none", "type": ["null", {
                          "type": "record", "name": "Message", "fields": [
                            {"name": "answers", "label": "none", "type": {"type": "array", "items": "Message"}}]}]}"""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "trial: io.cloakroom.trial.Message holds itself at reply.answers.: an event ends somewhere");
    }

    @Test
    void shouldTakeOneRecordInTwoPlaces() {
        EventSchema schema = of("""
                {"name": "from", "label": "none", "type": {"type": "record", "name": "Place", "fields": [
                  {"name": "city", "type": "string", "label": "location.city"}]}},
                {"name": "to", "label": "none", "type": "Place"}""");

        assertThat(schema.fields()).extracting(Field::path).contains("from.city", "to.city");
    }

    @ParameterizedTest
    @CsvSource({"string, context", "int, contact.phone"})
    void shouldRefuseTwoMeaningsOfOnePathInTheBranchesOfAUnion(String type, String label) {
        assertThatThrownBy(() -> of(twoBranches(type, label)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trial: via.value is two things in the branches of a union: name them apart");
    }

    @Test
    void shouldTakeOneMeaningOfAPathInTheBranchesOfAUnion() {
        assertThat(of(twoBranches("string", "contact.phone")).fields())
                .extracting(Field::path)
                .containsOnlyOnce("via.value");
    }

    private static String twoBranches(String type, String label) {
        return String.format("""
                {"name": "via", "label": "none", "type": [
                  {"type": "record", "name": "Phone", "fields": [
                    {"name": "value", "type": "string", "label": "contact.phone"}]},
                  {"type": "record", "name": "Other", "fields": [
                    {"name": "value", "type": "%s", "label": "%s"}]}]}""", type, label);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"string\"",
                "{\"type\": \"record\", \"name\": \"Empty\", \"fields\": []}",
                "{\"type\": \"record\", \"name\": \"Late\", \"fields\": ["
                        + "{\"name\": \"id\", \"type\": \"string\", \"label\": \"none\"},"
                        + "{\"name\": \"meta\", \"type\": \"string\", \"label\": \"none\"}]}"
            })
    void shouldRefuseASchemaThatDoesNotBeginWithMeta(String schema) {
        assertThatThrownBy(() -> Shapes.of("trial", new Schema.Parser().parse(schema)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trial: an event schema is a record that begins with meta");
    }

    @ParameterizedTest
    @ValueSource(strings = {"releaseId", "purposes"})
    void shouldKeepTheNamesOfTheReleasesOwnFieldsFree(String name) {
        assertThatThrownBy(() -> of("{\"name\": \"" + name + "\", \"type\": \"string\", \"label\": \"none\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("trial: every release has a field " + name + " of its own: name the event's otherwise");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"string\" | STRING",
                "\"int\" | INT",
                "\"long\" | LONG",
                "\"boolean\" | BOOLEAN",
                "\"bytes\" | OTHER",
                "{\"type\": \"fixed\", \"name\": \"F\", \"size\": 4} | OTHER",
                "{\"type\": \"long\", \"logicalType\": \"timestamp-millis\"} | TIMESTAMP",
                "{\"type\": \"long\", \"logicalType\": \"timestamp-micros\"} | LONG",
                "{\"type\": \"int\", \"logicalType\": \"date\"} | DATE",
                "{\"type\": \"int\", \"logicalType\": \"time-millis\"} | INT",
                "{\"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 4} | OTHER",
                "{\"type\": \"array\", \"items\": \"string\"} | STRING",
                "[\"null\", {\"type\": \"array\", \"items\": [\"null\", \"int\"]}] | INT",
                "[\"null\", \"string\"] | STRING",
                "[\"string\", \"long\"] | OTHER",
                "[\"null\", \"string\", \"long\"] | OTHER",
                "\"null\" | OTHER",
                "[\"string\", {\"type\": \"record\", \"name\": \"R\", \"fields\": []}] | RECORD",
                "{\"type\": \"map\", \"values\": {\"type\": \"record\", \"name\": \"R\", \"fields\": []}} | RECORD"
            })
    void shouldTellThePolicyTheKindOfEachType(String type, Kind kind) {
        assertThat(kindOf(type)).isEqualTo(kind);
    }

    /** Its keys are data too, and no treatment has a rule for them: a policy can keep or drop it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\": \"map\", \"values\": \"string\"}",
                "[\"null\", {\"type\": \"map\", \"values\": \"long\"}]",
                "{\"type\": \"array\", \"items\": {\"type\": \"map\", \"values\": \"string\"}}",
                "{\"type\": \"map\", \"values\": {\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}}"
            })
    void shouldHaveNoTreatmentForAMapOfValues(String type) {
        assertThat(kindOf(type)).isEqualTo(Kind.OTHER);
    }

    @Test
    void shouldTellThePolicyTheSymbolsOfAnEnum() {
        Field field = of("""
                {"name": "step", "label": "context", "type": ["null", {
                  "type": "enum", "name": "Step", "symbols": ["ONE", "TWO"]}]}""").field("step").orElseThrow();

        assertThat(field.kind()).isEqualTo(Kind.ENUM);
        assertThat(field.symbols()).containsExactly("ONE", "TWO");
    }

    @Test
    void shouldHaveNoSymbolsForAUnionOfTwoEnums() {
        Field field = of("""
                {"name": "step", "label": "context", "type": [
                  {"type": "enum", "name": "Step", "symbols": ["ONE"]},
                  {"type": "enum", "name": "Stage", "symbols": ["TWO"]}]}""").field("step").orElseThrow();

        assertThat(field.kind()).isEqualTo(Kind.OTHER);
        assertThat(field.symbols()).isEqualTo(List.of());
    }

    private static Kind kindOf(String type) {
        return of("{\"name\": \"it\", \"label\": \"context\", \"type\": " + type + "}")
                .field("it")
                .orElseThrow()
                .kind();
    }

    /** @param fields JSON, after {@code meta} */
    private static EventSchema of(String fields) {
        return Shapes.of("trial", new Schema.Parser().parse("""
                {"type": "record", "name": "Trial", "namespace": "io.cloakroom.trial", "fields": [
                  {"name": "meta", "label": "none", "type": {"type": "record", "name": "Meta", "fields": [
                    {"name": "eventId", "type": "string", "label": "event.id"}]}},
                """ + fields + "]}"));
    }
}
