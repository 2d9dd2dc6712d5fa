package io.cloakroom.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/** The property {@code avro.java.string}, which the generator adds and which says nothing about the data. */
final class JavaProperties {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JavaProperties() {}

    static Schema remove(Schema schema) {
        try {
            JsonNode json = JSON.readTree(schema.toString());
            remove(json);
            return new Schema.Parser(NameValidator.NO_VALIDATION)
                    .setValidateDefaults(false)
                    .parse(json.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Avro wrote this JSON
        }
    }

    private static void remove(JsonNode json) {
        if (json instanceof ObjectNode object) {
            object.remove("avro.java.string");
        }
        json.forEach(JavaProperties::remove);
    }
}
