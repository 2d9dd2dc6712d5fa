package io.cloakroom.policy;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Which keys a policy has and what form their values have: {@code policy.schema.json}, its errors in plain words. */
final class PolicyStructure {

    private static final JsonNode RULES = rules();
    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(RULES);
    private static final YAMLMapper YAML = new YAMLMapper();

    /** Stands for the file as a whole. */
    private static final String WHOLE = "";

    private final Set<String> unsound = new HashSet<>();

    private PolicyStructure() {}

    static PolicyStructure check(String text, Yaml root, Problems problems) {
        PolicyStructure structure = new PolicyStructure();
        try {
            for (Error error : SCHEMA.validate(YAML.readTree(text))) {
                structure.report(error, root, problems);
            }
        } catch (JacksonException e) {
            problems.add(1, 1, "cannot be read: " + e.getOriginalMessage());
            structure.unsound.add(WHOLE);
        }
        return structure;
    }

    /** Whether the sections are there, so that names in one can be looked up in the others. */
    boolean isSound() {
        return !unsound.contains(WHOLE);
    }

    /** Whether this entry of a section is built as it must be; what is not is looked into no further. */
    boolean isSound(String section, Object entry) {
        return !unsound.contains(section + "/" + entry);
    }

    private void report(Error error, Yaml root, Problems problems) {
        NodePath path = error.getInstanceLocation();
        List<Object> steps = new ArrayList<>();
        for (int i = 0; i < path.getNameCount(); i++) {
            steps.add(path.getElement(i));
        }
        boolean unknownKey = error.getKeyword().equals("additionalProperties");
        if (steps.size() >= 2) {
            unsound.add(steps.get(0) + "/" + steps.get(1));
        } else if (!unknownKey) {
            unsound.add(WHOLE);
        }
        if (unknownKey) {
            steps.add(error.getProperty());
        }
        problems.add(place(root, steps), words(error));
    }

    /** Where the value stands, or its key if the value is a map or list. */
    private static Yaml place(Yaml root, List<Object> steps) {
        Yaml at = root;
        Yaml place = root;
        for (Object step : steps) {
            if (step instanceof Integer index) {
                at = at.item(index);
                place = at;
            } else {
                Yaml.Entry entry = at.find(step.toString()).orElseThrow();
                at = entry.value();
                place = at.isScalar() ? at : entry.key();
            }
        }
        return place;
    }

    private static String words(Error error) {
        JsonPointer pointer =
                JsonPointer.compile(error.getSchemaLocation().getFragment().toString());
        JsonNode rule = RULES.at(pointer);
        JsonNode around = RULES.at(pointer.head());
        String value = error.getInstanceNode().asString("");
        return switch (error.getKeyword()) {
            case "additionalProperties" ->
                "unknown key `" + error.getProperty() + "`"
                        + Nearest.didYouMean(
                                error.getProperty(), around.path("properties").propertyNames());
            case "required" -> "`" + error.getProperty() + "` is missing";
            case "dependentRequired" -> "`clause` is missing: it says why the category is only for some";
            case "type" -> "must be " + type(rule);
            case "const" -> "must be `" + rule.asString() + "`";
            case "enum" -> {
                List<String> known = rule.valueStream().map(JsonNode::asString).toList();
                yield "`" + value + "` is none of " + String.join(", ", known) + Nearest.didYouMean(value, known);
            }
            case "pattern" ->
                "`" + value + "` is not " + around.path("description").asString();
            case "minLength", "minItems", "minProperties" -> "must not be empty";
            case "maxItems" -> "must not have more than " + rule + " items";
            case "minimum" -> "must be at least " + rule;
            case "maximum" -> "must be at most " + rule;
            default -> error.getMessage();
        };
    }

    private static String type(JsonNode rule) {
        if (rule.isArray()) {
            return rule.valueStream()
                    .map(PolicyStructure::type)
                    .reduce((a, b) -> a + " or " + b)
                    .orElseThrow();
        }
        return switch (rule.asString()) {
            case "object" -> "a map";
            case "array" -> "a list";
            case "string" -> "text";
            case "integer" -> "a whole number";
            case "boolean" -> "true or false";
            default -> rule.asString();
        };
    }

    private static JsonNode rules() {
        try (InputStream in = PolicyStructure.class.getResourceAsStream("policy.schema.json")) {
            return new JsonMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
