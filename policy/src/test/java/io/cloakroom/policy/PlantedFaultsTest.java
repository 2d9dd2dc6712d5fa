package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The cases are in {@code faults.yaml}. */
class PlantedFaultsTest {

    private static final JsonNode TABLE = table();
    static final String BASE = TABLE.get("base").asString();

    @TempDir
    Path directory;

    record Fault(String what, List<JsonNode> edits, List<String> says) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Fault> faults() {
        return TABLE.get("faults")
                .valueStream()
                .map(f -> new Fault(
                        f.get("what").asString(),
                        f.get("edits").valueStream().toList(),
                        f.get("says").valueStream().map(JsonNode::asString).toList()));
    }

    static List<EventSchema> schemas() {
        return TABLE.get("schemas")
                .propertyStream()
                .map(e -> new EventSchema(
                        e.getKey(),
                        e.getValue()
                                .valueStream()
                                .map(line -> field(line.asString().split(" ")))
                                .toList()))
                .toList();
    }

    private static Field field(String... words) {
        return new Field(
                words[0], words[2], Kind.valueOf(words[1]), Arrays.asList(words).subList(3, words.length));
    }

    @Test
    void shouldLoadTheBaseOfTheTable() throws Exception {
        Path file = Files.writeString(directory.resolve("2020-03-01.yaml"), BASE);

        assertThat(PolicyLoader.load(file, schemas()).versions()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void shouldRefuseAndSayWhere(Fault fault) throws Exception {
        String text = BASE;
        for (JsonNode edit : fault.edits()) {
            String replaced = edit.get("replace").asString();
            assertThat(text.split(java.util.regex.Pattern.quote(replaced), -1))
                    .as("places of: %s", replaced)
                    .hasSize(2);
            text = text.replace(replaced, edit.get("by").asString());
        }
        Path file = Files.writeString(directory.resolve("2020-03-01.yaml"), text);

        PolicyRefusedException refused =
                catchThrowableOfType(PolicyRefusedException.class, () -> PolicyLoader.load(directory, schemas()));

        assertThat(refused).as("refused").isNotNull();
        assertThat(refused.getMessage().lines())
                .containsExactlyElementsOf(
                        fault.says().stream().map(s -> file + ":" + s).toList());
    }

    private static JsonNode table() {
        try (InputStream in = PlantedFaultsTest.class.getResourceAsStream("faults.yaml")) {
            return new YAMLMapper().readTree(in);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
