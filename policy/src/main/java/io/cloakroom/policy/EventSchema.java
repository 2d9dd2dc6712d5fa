package io.cloakroom.policy;

import java.util.List;
import java.util.Optional;

/**
 * The gate's reviewed schema of one event type, as far as the policy needs it: fields flattened in declaration order, a
 * container before what it holds.
 *
 * @param type what follows {@code events.} in the topic's name
 */
public record EventSchema(String type, List<Field> fields) {

    public EventSchema {
        fields = List.copyOf(fields);
    }

    public Optional<Field> field(String path) {
        return fields.stream().filter(f -> f.path().equals(path)).findFirst();
    }

    /**
     * @param path names from the root, joined by dots; arrays, maps and unions add nothing to it
     * @param label the data category
     * @param symbols of an enum, else empty
     */
    public record Field(String path, String label, Kind kind, List<String> symbols) {
        public Field {
            symbols = List.copyOf(symbols);
        }
    }

    /** What a treatment must know of a field's type; the elements decide for an array, the branch for a nullable. */
    public enum Kind {
        STRING,
        ENUM,
        INT,
        LONG,
        TIMESTAMP,
        DATE,
        BOOLEAN,
        RECORD,
        OTHER
    }
}
