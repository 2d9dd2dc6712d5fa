package io.cloakroom.policy;

import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gate's event schemas, read from the Avro files as plain JSON: this module has no Avro. */
final class Schemas {

    private final Map<String, JsonNode> named = new HashMap<>();

    private Schemas() {}

    static List<EventSchema> shipped() {
        try (Stream<Path> files = Files.list(Path.of("../schemas/src/main/avro/events"))) {
            Schemas schemas = new Schemas();
            Map<String, JsonNode> roots = new HashMap<>();
            for (Path file : files.sorted().toList()) {
                JsonNode root = new JsonMapper().readTree(Files.readString(file));
                schemas.named.put(
                        root.get("namespace").asString() + "."
                                + root.get("name").asString(),
                        root);
                roots.put(file.getFileName().toString().replace(".avsc", ""), root);
            }
            roots.remove("meta");
            List<EventSchema> shipped = new ArrayList<>();
            roots.forEach((type, root) -> {
                List<Field> fields = new ArrayList<>();
                schemas.flatten("", root, fields);
                shipped.add(new EventSchema(type, fields));
            });
            return shipped;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void flatten(String prefix, JsonNode record, List<Field> fields) {
        for (JsonNode field : record.get("fields")) {
            JsonNode type = inner(field.get("type"));
            String path = prefix + field.get("name").asString();
            List<String> symbols =
                    type.path("symbols").valueStream().map(JsonNode::asString).toList();
            fields.add(new Field(path, field.get("label").asString(), kind(type), symbols));
            if (type.has("fields")) {
                flatten(path + ".", type, fields);
            }
        }
    }

    /** Under unions with null, arrays, maps and names. */
    private JsonNode inner(JsonNode type) {
        if (type.isArray()) {
            return inner(type.get(type.get(0).asString().equals("null") ? 1 : 0));
        } else if (type.isString()) {
            return named.getOrDefault(type.asString(), type);
        }
        return switch (type.get("type").asString()) {
            case "array" -> inner(type.get("items"));
            case "map" -> inner(type.get("values"));
            default -> type;
        };
    }

    private static Kind kind(JsonNode type) {
        String name = type.isString() ? type.asString() : type.get("type").asString();
        String logical = type.path("logicalType").asString("");
        return switch (name) {
            case "string" -> Kind.STRING;
            case "enum" -> Kind.ENUM;
            case "boolean" -> Kind.BOOLEAN;
            case "record" -> Kind.RECORD;
            case "int" -> logical.equals("date") ? Kind.DATE : Kind.INT;
            case "long" -> logical.startsWith("timestamp-") ? Kind.TIMESTAMP : Kind.LONG;
            default -> Kind.OTHER;
        };
    }
}
