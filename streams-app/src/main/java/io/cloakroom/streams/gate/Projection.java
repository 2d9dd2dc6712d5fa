package io.cloakroom.streams.gate;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Treatment;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Keep;
import io.cloakroom.policy.Treatment.Pseudonymise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;

/**
 * What one recipient reads of one event type. Its schema is made from the event's by leaving out what no purpose of the
 * recipient may have: what is not in it cannot be written.
 *
 * <p>Every field can be null, so that a record released for fewer purposes, or under a tighter policy, still has its
 * schema.
 */
public final class Projection {

    private static final String RELEASE_ID = "releaseId";
    private static final String PURPOSES = "purposes";

    /** What every release has of its own. */
    static final List<String> OWN_FIELDS = List.of(RELEASE_ID, PURPOSES);

    private final Access access;
    private final Schema schema;
    private final Map<String, Integer> fields = new HashMap<>();
    private final Map<String, Schema> containers = new HashMap<>();
    private final int occurredAt;

    public Projection(Access access, Schema event) {
        this.access = access;
        List<Field> flat = access.schema().fields();
        for (int i = 0; i < flat.size(); i++) {
            fields.put(flat.get(i).path(), i);
        }
        this.occurredAt = fields.get("meta.occurredAt");
        String name = capitalised(access.schema().type());
        List<Schema.Field> projected = new ArrayList<>();
        projected.add(new Schema.Field(RELEASE_ID, Schema.create(Schema.Type.STRING), "Primary key; tells nothing."));
        projected.add(new Schema.Field(
                PURPOSES,
                Schema.createArray(Schema.create(Schema.Type.STRING)),
                "What it may be used for: nothing else."));
        projected.addAll(project(event, "", name));
        this.schema = Schema.createRecord(
                name, "Released to " + access.recipient().id() + ".", namespace(), false, projected);
    }

    public Schema schema() {
        return schema;
    }

    public Access access() {
        return access;
    }

    /**
     * Writes nothing that the proof does not allow.
     *
     * @param event in the gate's schema
     */
    GenericData.Record write(Release proof, IndexedRecord event, String releaseId, Pseudonyms.Key key, byte[] salt) {
        GenericData.Record release = new GenericData.Record(schema);
        release.put(RELEASE_ID, releaseId);
        release.put(PURPOSES, proof.purposes());
        fill(release, event, "", new Treated(proof, key, salt));
        return release;
    }

    /** The record's own time, in the form that the recipient may have times: its day where it may have none. */
    long timestamp(Release proof, long arrivedAt) {
        Treatment treatment = proof.treatment(occurredAt);
        if (treatment instanceof Keep) {
            return arrivedAt;
        }
        return Generalised.time(
                treatment instanceof Generalise generalise ? generalise.to() : Treatment.To.DAY, arrivedAt);
    }

    // The schema.

    private List<Schema.Field> project(Schema record, String prefix, String name) {
        List<Schema.Field> projected = new ArrayList<>();
        for (Schema.Field field : record.getFields()) {
            String path = prefix + field.name();
            int index = fields.get(path);
            Treatment treatment = access.treatment(index, access.allPurposes());
            if (treatment instanceof Drop) {
                continue;
            }
            boolean several = Shapes.inner(field.schema()).size() > 1;
            Schema inner = project(field.schema(), path, name + capitalised(field.name()), several, treatment);
            Schema.Field out = new Schema.Field(
                    projectedName(field.name(), index, treatment),
                    nullable(inner),
                    field.doc(),
                    Schema.Field.NULL_DEFAULT_VALUE);
            out.addProp("label", field.getProp("label"));
            out.addProp("treatment", treatment.word());
            projected.add(out);
        }
        return projected;
    }

    /** @param several whether records at this path must be told apart */
    private Schema project(Schema schema, String path, String name, boolean several, Treatment treatment) {
        return switch (schema.getType()) {
            case ARRAY -> Schema.createArray(project(schema.getElementType(), path, name, several, treatment));
            case MAP -> Schema.createMap(project(schema.getValueType(), path, name, several, treatment));
            case UNION ->
                Schema.createUnion(schema.getTypes().stream()
                        .map(s -> project(s, path, name, several, treatment))
                        .toList());
            case RECORD -> {
                String own = several ? name + capitalised(schema.getName()) : name;
                // Names can run together: a.bC and aB.c. The path in the namespace tells their records apart.
                String space = namespace() + "." + access.schema().type().replace('-', '_') + "." + path;
                Schema container = Schema.createRecord(
                        own,
                        schema.getDoc(),
                        several ? space + "." + schema.getFullName() : space,
                        false,
                        project(schema, path + ".", own));
                containers.put(path + " " + schema.getFullName(), container);
                yield container;
            }
            case NULL -> schema;
            default -> treatment instanceof Pseudonymise ? Schema.create(Schema.Type.STRING) : schema;
        };
    }

    private String namespace() {
        return "io.cloakroom.release." + access.recipient().id().replace('-', '_');
    }

    private static Schema nullable(Schema schema) {
        List<Schema> branches = new ArrayList<>(List.of(Schema.create(Schema.Type.NULL)));
        (schema.isUnion() ? schema.getTypes() : List.of(schema))
                .stream().filter(s -> s.getType() != Schema.Type.NULL).forEach(branches::add);
        return Schema.createUnion(branches);
    }

    private String projectedName(String name, int index, Treatment treatment) {
        return name + treatment.suffix(access.schema().fields().get(index).kind());
    }

    private static String capitalised(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', '_');
    }

    // The record.

    /** What turns one value into the form that the proof allows. */
    private record Treated(Release proof, Pseudonyms.Key key, byte[] salt) {
        Object value(Object value, Treatment treatment, Field field) {
            if (treatment instanceof Keep) {
                return value;
            } else if (treatment instanceof Pseudonymise) {
                return key.token(field.label(), value.toString(), salt);
            } else if (treatment instanceof Generalise generalise) {
                return Generalised.value(generalise, field.kind(), value);
            } else if (treatment instanceof Drop) {
                return null;
            }
            throw new IncompatibleClassChangeError("not a treatment: " + treatment.getClass());
        }
    }

    private void fill(GenericData.Record release, IndexedRecord event, String prefix, Treated treated) {
        for (Schema.Field field : event.getSchema().getFields()) {
            String path = prefix + field.name();
            int index = fields.get(path);
            Treatment treatment = treated.proof().treatment(index);
            if (!(treatment instanceof Drop)) {
                release.put(
                        projectedName(field.name(), index, treatment),
                        convert(event.get(field.pos()), path, index, treatment, treated));
            }
        }
    }

    private Object convert(Object value, String path, int index, Treatment treatment, Treated treated) {
        if (value == null) {
            return null;
        } else if (value instanceof IndexedRecord record) {
            GenericData.Record container = new GenericData.Record(
                    containers.get(path + " " + record.getSchema().getFullName()));
            fill(container, record, path + ".", treated);
            return container;
        } else if (value instanceof List<?> list) {
            List<Object> elements = new ArrayList<>(list.size());
            list.forEach(v -> elements.add(convert(v, path, index, treatment, treated)));
            return elements;
        } else if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((k, v) -> entries.put(k, convert(v, path, index, treatment, treated)));
            return entries;
        }
        return treated.value(value, treatment, access.schema().fields().get(index));
    }
}
