package io.cloakroom.streams.gate;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Generalised;
import io.cloakroom.policy.Treatment;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

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
    private static final String COMPLETED_AT = "completedAt";

    /** What every release has of its own. */
    static final List<String> OWN_FIELDS = List.of(RELEASE_ID, PURPOSES, COMPLETED_AT);

    private final Access access;
    private final Schema schema;
    private final Map<String, Integer> fields = new HashMap<>();
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
        projected.add(new Schema.Field(
                COMPLETED_AT,
                nullable(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG))),
                "When a guardian agreed, if that was later than the event.",
                Schema.Field.NULL_DEFAULT_VALUE));
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

    /** The record's own time, in the form that the recipient may have times: its day where it may have none. */
    long timestamp(Release proof, long arrivedAt) {
        return inForm(proof, arrivedAt);
    }

    /** By how much that can lie before the arrival. */
    public Duration cut() {
        Treatment treatment = access.treatment(occurredAt, access.allPurposes());
        Duration day = Generalised.longest(Treatment.To.DAY); // for other purposes it may be dropped
        Duration cut = treatment instanceof Generalise generalise ? Generalised.longest(generalise.to()) : day;
        return cut.compareTo(day) < 0 ? day : cut;
    }

    /** When it was completed, in that form too. */
    OptionalLong completedAt(Release proof) {
        OptionalLong at = proof.completedAt();
        return at.isEmpty() ? at : OptionalLong.of(inForm(proof, at.getAsLong()));
    }

    private long inForm(Release proof, long time) {
        return Generalised.time(proof.treatment(occurredAt), time);
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
                yield Schema.createRecord(
                        own,
                        schema.getDoc(),
                        several ? space + "." + schema.getFullName() : space,
                        false,
                        project(schema, path + ".", own));
            }
            case NULL -> schema;
            default -> treatment.makesText() ? Schema.create(Schema.Type.STRING) : schema;
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
}
