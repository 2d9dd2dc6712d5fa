package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A label decides who may read a field, so none may be missing, and none may change unseen. */
class LabelsTest {

    private static final Path RELEASED = Path.of("src/test/resources/released/labels.json");
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    static Set<String> paths() {
        return Schemas.all().keySet();
    }

    @ParameterizedTest
    @MethodSource("paths")
    void shouldFindALabelOnEveryField(String path) {
        assertThat(Labels.missing(Schemas.all().get(path)))
                .as(
                        "fields without a label in src/main/avro/%s.avsc: nobody may read them, so give each a data category"
                                + " of the policy, or \"none\"",
                        path)
                .isEmpty();
    }

    @Test
    void shouldFindTheLabelsOfTheLastRelease() throws IOException {
        TreeMap<String, Map<String, String>> now = new TreeMap<>();
        Schemas.all().forEach((path, schema) -> now.put(path, Labels.of(schema)));
        Path written = Path.of("target/labels.json");
        Files.writeString(written, JSON.writeValueAsString(now) + "\n");

        assertThat(changes(released(), now))
                .as(
                        "Labels differ from the last release. A changed or missing label lets recipients read what they"
                                + " could not, or the reverse, and no schema fingerprint shows it. If the change is"
                                + " wanted and the policy was reviewed with it: cp schemas/%s schemas/%s",
                        written, RELEASED)
                .isEmpty();
    }

    @Test
    void shouldReportAChangedARemovedAndANewLabel() {
        Map<String, Map<String, String>> before = Map.of("events/a", Map.of("x", "contact.email", "y", "none"));
        Map<String, Map<String, String>> now = Map.of("events/a", Map.of("x", "none", "z", "none"));

        assertThat(changes(before, now))
                .containsExactly(
                        "events/a x: contact.email -> none",
                        "events/a y: none -> nothing",
                        "events/a z: nothing -> none");
    }

    @Test
    void shouldSeeThroughArraysMapsAndUnions() {
        Schema schema = nested("\"label\": \"deep\"");
        assertThat(Labels.of(schema)).isEqualTo(Map.of("a", "top", "a.b", "middle", "a.b.c", "deep"));
        assertThat(Labels.missing(schema)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("noLabels")
    void shouldMissALabelHoweverDeep(String property) {
        assertThat(Labels.missing(nested(property))).containsExactly("a.b.c");
    }

    static Stream<String> noLabels() {
        return Stream.of(
                "\"doc\": \"none\"", "\"label\": \"\"", "\"label\": \" \"", "\"label\": 1", "\"Label\": \"x\"");
    }

    @Test
    void shouldWalkARecordInsideItselfOnce() {
        Schema schema = new Schema.Parser().parse("""
                        {"type": "record", "name": "Node", "fields": [
                          {"name": "value", "type": "int", "label": "none"},
                          {"name": "next", "type": ["null", "Node"]}]}
                        """);
        assertThat(Labels.of(schema)).isEqualTo(Map.of("value", "none"));
        assertThat(Labels.missing(schema)).containsExactly("next");
    }

    @Test
    void shouldRefuseTwoLabelsForOnePath() {
        Schema schema = new Schema.Parser().parse("""
                        {"type": "record", "name": "R", "fields": [{"name": "u", "label": "none", "type": [
                          {"type": "record", "name": "A", "fields": [{"name": "x", "type": "int", "label": "none"}]},
                          {"type": "record", "name": "B", "fields": [{"name": "x", "type": "int", "label": "secret"}]}]}]}
                        """);
        assertThatThrownBy(() -> Labels.of(schema))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("field u.x of R has two labels, none and secret; rename it in one branch of the union");
    }

    @Test
    void shouldNotBeSeenByAvrosFingerprint() {
        Schema one = nested("\"label\": \"contact.email\"");
        Schema other = nested("\"label\": \"none\"");

        assertThat(SchemaNormalization.parsingFingerprint64(one))
                .as("this is why labels need a test of their own")
                .isEqualTo(SchemaNormalization.parsingFingerprint64(other));
        assertThat(one).isNotEqualTo(other);
    }

    private static Schema nested(String property) {
        return new Schema.Parser().parse("""
                        {"type": "record", "name": "A", "fields": [{"name": "a", "label": "top", "type":
                          {"type": "array", "items": {"type": "record", "name": "B", "fields": [{"name": "b", "label": "middle", "type":
                            ["null", {"type": "map", "values": {"type": "record", "name": "C", "fields": [
                              {"name": "c", "type": "string", %s}]}}]}]}}}]}
                        """.formatted(property));
    }

    private static Map<String, Map<String, String>> released() throws IOException {
        return JSON.readValue(RELEASED.toFile(), new TypeReference<>() {});
    }

    private static List<String> changes(Map<String, Map<String, String>> before, Map<String, Map<String, String>> now) {
        return union(before, now).stream()
                .flatMap(schema -> {
                    Map<String, String> was = before.getOrDefault(schema, Map.of());
                    Map<String, String> is = now.getOrDefault(schema, Map.of());
                    return union(was, is).stream()
                            .filter(path -> !is.getOrDefault(path, "").equals(was.getOrDefault(path, "")))
                            .map(path -> schema + " " + path + ": " + was.getOrDefault(path, "nothing") + " -> "
                                    + is.getOrDefault(path, "nothing"));
                })
                .toList();
    }

    private static Set<String> union(Map<String, ?> one, Map<String, ?> other) {
        Set<String> keys = new TreeSet<>(one.keySet());
        keys.addAll(other.keySet());
        return keys;
    }
}
