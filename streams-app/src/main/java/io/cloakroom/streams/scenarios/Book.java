package io.cloakroom.streams.scenarios;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The policy by example, as {@code policy/scenarios.yaml} tells it.
 *
 * @param events what an event says where a scenario says nothing else, by type
 */
public record Book(
        Map<String, Map<String, Object>> events,
        @JsonProperty("scenarios") List<Told> told) {

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * @param readme whether it is a row of the README's table
     * @param outcomes {@code OUTCOME rule clause} of each recipient
     * @param later what happens after the event was decided
     */
    public record Told(
            String name,
            boolean readme,
            List<String> clauses,
            String event,
            String at,
            Map<String, Object> with,
            List<Said> said,
            String quarantined,
            @JsonProperty("then") Map<String, String> outcomes,
            Map<String, Map<String, Object>> reads,
            Later later) {

        /** Each with its recipient: of the event, and of what was held when it is held no more. */
        public Stream<Map.Entry<String, String>> allOutcomes() {
            Map<String, String> last = later == null || later.outcomes() == null ? Map.of() : later.outcomes();
            return Stream.concat(outcomes.entrySet().stream(), last.entrySet().stream());
        }
    }

    /**
     * @param outcomes of what was held, by recipient, where it is held no more
     * @param recalls each with purpose, rule and clause, by recipient
     */
    public record Later(
            List<Said> said, @JsonProperty("then") Map<String, String> outcomes, Map<String, List<String>> recalls) {}

    /** @throws IllegalArgumentException if it is not such a file, with the place where that is known */
    public static Book read(Path file) throws IOException {
        return read(file, Book.class);
    }

    /**
     * What people said, in the same form: a list, in YAML or JSON.
     *
     * @throws IllegalArgumentException if it is not such a file, with the place where that is known
     */
    public static List<Said> said(Path file) throws IOException {
        return List.of(read(file, Said[].class));
    }

    private static <T> T read(Path file, Class<T> form) throws IOException {
        try {
            return YAML.readValue(Files.readString(file), form);
        } catch (JacksonException e) {
            TokenStreamLocation place = e.getLocation();
            String at =
                    place == null || place.getLineNr() < 1 ? "" : ":" + place.getLineNr() + ":" + place.getColumnNr();
            String what = e.getOriginalMessage().lines().findFirst().orElse("cannot be read");
            throw new IllegalArgumentException(file + at + ": " + what);
        }
    }
}
