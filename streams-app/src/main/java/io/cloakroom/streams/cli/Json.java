package io.cloakroom.streams.cli;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a program reads. */
final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    /** What a program wrote. */
    static JsonNode read(String document) {
        return MAPPER.readTree(document);
    }

    static String of(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}
