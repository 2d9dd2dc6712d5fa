package io.cloakroom.schemas;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.avro.Schema;

/**
 * The data categories on the fields of a schema, by dotted path; arrays, maps and unions add nothing to a path. A record
 * inside itself is walked once.
 */
public final class Labels {

    /** The property of a field that names its data category. */
    public static final String PROPERTY = "label";

    private Labels() {}

    /**
     * The label of each field that has one.
     *
     * @throws IllegalArgumentException if two branches of a union give one path different labels
     */
    public static SortedMap<String, String> of(Schema schema) {
        SortedMap<String, String> labels = new TreeMap<>();
        walk(schema, "", new HashSet<>(), (path, field) -> {
            if (field.getObjectProp(PROPERTY) instanceof String label) {
                String other = labels.put(path, label);
                if (other != null && !other.equals(label)) {
                    throw new IllegalArgumentException("field " + path + " of " + schema.getFullName()
                            + " has two labels, " + other + " and " + label + "; rename it in one branch of the union");
                }
            }
        });
        return labels;
    }

    /** The paths of the fields without a label; a blank label is none. */
    public static List<String> missing(Schema schema) {
        List<String> missing = new ArrayList<>();
        walk(schema, "", new HashSet<>(), (path, field) -> {
            if (!(field.getObjectProp(PROPERTY) instanceof String label) || label.isBlank()) {
                missing.add(path);
            }
        });
        return missing;
    }

    private static void walk(Schema schema, String prefix, Set<String> within, BiConsumer<String, Schema.Field> visit) {
        switch (schema.getType()) {
            case RECORD -> {
                if (within.add(schema.getFullName())) {
                    for (Schema.Field field : schema.getFields()) {
                        visit.accept(prefix + field.name(), field);
                        walk(field.schema(), prefix + field.name() + ".", within, visit);
                    }
                    within.remove(schema.getFullName());
                }
            }
            case ARRAY -> walk(schema.getElementType(), prefix, within, visit);
            case MAP -> walk(schema.getValueType(), prefix, within, visit);
            case UNION -> schema.getTypes().forEach(branch -> walk(branch, prefix, within, visit));
            case ENUM, FIXED, STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> {}
        }
    }
}
