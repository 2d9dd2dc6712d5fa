package io.cloakroom.schemas;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/** A schema as a registry holds it: its text, and where the named types that it does not define stand. */
record SchemaText(
        String schema,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Reference> references) {

    /** More than anybody has: a registry that always names another holds nobody up. */
    private static final int MOST_REFERENCES = 256;

    record Reference(String name, String subject, int version) {}

    SchemaText {
        references = references == null ? List.of() : List.copyOf(references);
    }

    static SchemaText of(Schema schema) {
        return new SchemaText(schema.toString(), List.of());
    }

    static SchemaText of(JsonNode json) {
        List<Reference> references = new ArrayList<>();
        for (JsonNode reference : json.path("references")) {
            references.add(new Reference(
                    reference.path("name").asText(),
                    reference.path("subject").asText(),
                    reference.path("version").asInt()));
        }
        return new SchemaText(json.path("schema").asText(), references);
    }

    /** The schema, references resolved; as lenient as Avro can be, for who reads must take what was once accepted. */
    Schema parse(Function<Reference, SchemaText> fetch) {
        Schema.Parser parser = new Schema.Parser(NameValidator.NO_VALIDATION).setValidateDefaults(false);
        return parse(parser, fetch, new HashSet<>());
    }

    /** The schema and its text in Avro's own spelling, checked as strictly as a schema should be that is new. */
    Parsed parseStrictly(Function<Reference, SchemaText> fetch) {
        Schema.Parser parser = new Schema.Parser();
        Set<String> resolved = new HashSet<>();
        references.forEach(reference -> resolve(reference, parser, fetch, resolved));
        List<Schema> referenced = List.copyOf(parser.getTypes().values());
        Schema parsed = parser.parse(schema);
        return new Parsed(parsed, new SchemaText(text(parsed, referenced), references));
    }

    record Parsed(Schema schema, SchemaText text) {}

    private Schema parse(Schema.Parser parser, Function<Reference, SchemaText> fetch, Set<String> resolved) {
        references.forEach(reference -> resolve(reference, parser, fetch, resolved));
        return parser.parse(schema);
    }

    private static void resolve(
            Reference reference, Schema.Parser parser, Function<Reference, SchemaText> fetch, Set<String> resolved) {
        if (resolved.size() >= MOST_REFERENCES) {
            throw new IllegalArgumentException("it refers to more than " + MOST_REFERENCES + " others");
        }
        if (resolved.add(reference.name())) {
            fetch.apply(reference).parse(parser, fetch, resolved);
        }
    }

    @SuppressWarnings("deprecation") // the one way to spell a schema without the types that it refers to
    private static String text(Schema schema, List<Schema> referenced) {
        return referenced.isEmpty() ? schema.toString() : schema.toString(referenced, false);
    }
}
