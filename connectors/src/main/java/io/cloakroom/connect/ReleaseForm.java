package io.cloakroom.connect;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Generalised;
import io.cloakroom.policy.Treatment;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Keep;
import io.cloakroom.policy.Treatment.Pseudonymise;
import io.cloakroom.policy.Treatment.Redact;
import io.cloakroom.policy.Treatment.To;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;

/**
 * What one recipient reads of one event type, as Connect has it: the gate's own projection, made from the event's schema by
 * leaving out what no purpose of the recipient may have.
 *
 * <p>A token needs the person's salt, and redacted text all that is known of the person: Connect has neither, so both are
 * null where the gate did not write them.
 */
final class ReleaseForm {

    static final String RELEASE_ID = "releaseId";
    static final String PURPOSES = "purposes";
    static final String COMPLETED_AT = "completedAt";

    private final Access access;
    private final Schema event;
    private final Schema schema;
    private final Map<String, Integer> fields = new HashMap<>();

    /** Whether every version has a field in one form, so that it cannot be in another. */
    private final boolean[] isSettled;

    /** @param versions what the recipient may have by each version of the policy, this one among them */
    ReleaseForm(Access access, Schema event, List<Access> versions) {
        this.access = access;
        this.event = event;
        List<EventSchema.Field> flat = access.schema().fields();
        isSettled = new boolean[flat.size()];
        for (int f = 0; f < isSettled.length; f++) {
            fields.put(flat.get(f).path(), f);
            int field = f;
            isSettled[f] = versions.stream()
                            .map(version -> version.treatment(field, version.allPurposes()))
                            .distinct()
                            .count()
                    == 1;
        }
        String name = capitalised(access.schema().type());
        SchemaBuilder release = SchemaBuilder.struct()
                .name(namespace() + "." + name)
                .doc("Released to " + access.recipient().id() + ".")
                .field(
                        RELEASE_ID,
                        SchemaBuilder.string()
                                .doc("Primary key; tells nothing.")
                                .build())
                .field(
                        PURPOSES,
                        SchemaBuilder.array(Schema.STRING_SCHEMA)
                                .doc("What it may be used for: nothing else.")
                                .build())
                .field(
                        COMPLETED_AT,
                        Timestamp.builder()
                                .optional()
                                .doc("When a guardian agreed, if that was later than the event.")
                                .build());
        project(event, "", name, release);
        this.schema = release.build();
    }

    Schema schema() {
        return schema;
    }

    // The schema.

    private void project(Schema struct, String prefix, String name, SchemaBuilder release) {
        for (Field field : struct.fields()) {
            String path = prefix + field.name();
            Treatment treatment = treatment(path, access.allPurposes());
            if (!(treatment instanceof Drop)) {
                Schema own = field.schema();
                SchemaBuilder out = project(own, path, name + capitalised(field.name()), treatment)
                        .optional()
                        .parameter(ConnectForm.LABEL, own.parameters().get(ConnectForm.LABEL))
                        .parameter(ConnectForm.TREATMENT, treatment.word());
                if (out.doc() == null) {
                    out.doc(own.doc());
                }
                release.field(projectedName(field.name(), path, treatment), out.build());
            }
        }
    }

    private SchemaBuilder project(Schema schema, String path, String name, Treatment treatment) {
        return switch (schema.type()) {
            case ARRAY ->
                SchemaBuilder.array(
                        project(schema.valueSchema(), path, name, treatment).build());
            case MAP ->
                SchemaBuilder.map(
                        schema.keySchema(),
                        project(schema.valueSchema(), path, name, treatment).build());
            case STRUCT -> {
                String space = namespace() + "." + access.schema().type().replace('-', '_') + "." + path;
                SchemaBuilder struct =
                        SchemaBuilder.struct().name(space + "." + name).doc(schema.doc());
                project(schema, path + ".", name, struct);
                yield struct;
            }
            case INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING, BYTES ->
                treatment.makesText() ? SchemaBuilder.string() : alike(schema);
        };
    }

    private static SchemaBuilder alike(Schema schema) {
        SchemaBuilder same =
                new SchemaBuilder(schema.type()).name(schema.name()).version(schema.version());
        if (schema.parameters() != null && schema.parameters().containsKey(ConnectForm.SYMBOLS)) {
            same.parameter(ConnectForm.SYMBOLS, schema.parameters().get(ConnectForm.SYMBOLS));
        }
        return same;
    }

    private String namespace() {
        return "io.cloakroom.release." + access.recipient().id().replace('-', '_');
    }

    private Treatment treatment(String path, long allowing) {
        return access.treatment(fields.get(path), allowing);
    }

    private Kind kind(String path) {
        return access.schema().fields().get(fields.get(path)).kind();
    }

    private String projectedName(String name, String path, Treatment treatment) {
        return name + treatment.suffix(kind(path));
    }

    private static String capitalised(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', '_');
    }

    // Releases.

    /** @param allowing purposes that the engine said yes to, or fewer; a mask as {@link Access} has it */
    Struct write(Struct event, long allowing, String releaseId) {
        Struct release = new Struct(schema).put(RELEASE_ID, releaseId).put(PURPOSES, purposes(allowing));
        fill(release, event, "", allowing, EventForm.occurredAt(event));
        return release;
    }

    /** The record's own time, as the recipient may have it. */
    long time(long allowing, long arrivedAt) {
        return Generalised.time(treatment("meta.occurredAt", allowing), arrivedAt);
    }

    /** Their ids, in the policy's order. */
    private List<String> purposes(long allowing) {
        return IntStream.range(0, access.purposes().size())
                .filter(p -> (allowing >>> p & 1) == 1)
                .mapToObj(p -> access.purposes().get(p).id())
                .toList();
    }

    private void fill(Struct release, Struct event, String prefix, long allowing, long occurredAt) {
        for (Field field : event.schema().fields()) {
            String path = prefix + field.name();
            Treatment treatment = treatment(path, allowing);
            if (!(treatment instanceof Drop)) {
                Field out = release.schema().field(projectedName(field.name(), path, treatment));
                release.put(out, treated(event.get(field), out.schema(), path, treatment, allowing, occurredAt));
            }
        }
    }

    private Object treated(Object value, Schema out, String path, Treatment treatment, long allowing, long occurredAt) {
        if (value == null || treatment instanceof Pseudonymise || treatment instanceof Redact) {
            return null;
        } else if (value instanceof Struct struct) {
            Struct container = new Struct(out);
            fill(container, struct, path + ".", allowing, occurredAt);
            return container;
        } else if (value instanceof List<?> list) {
            List<Object> items = new ArrayList<>();
            list.forEach(v -> items.add(treated(v, out.valueSchema(), path, treatment, allowing, occurredAt)));
            return items;
        } else if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((k, v) -> entries.put(k, treated(v, out.valueSchema(), path, treatment, allowing, occurredAt)));
            return entries;
        } else if (treatment instanceof Generalise to) {
            return generalised(to, kind(path), value, occurredAt);
        } else if (treatment instanceof Keep) {
            return value;
        }
        throw new IncompatibleClassChangeError("not a treatment: " + treatment.getClass());
    }

    private static Object generalised(Generalise to, Kind kind, Object value, long occurredAt) {
        return switch (kind) {
            case TIMESTAMP -> new java.util.Date(Generalised.time(to.to(), ((java.util.Date) value).getTime()));
            case DATE -> {
                int day = ConnectForm.days((java.util.Date) value);
                yield to.to() == To.AGE_BAND
                        ? to.bands().of(day, occurredAt)
                        : ConnectForm.date(Generalised.date(to.to(), day));
            }
            case STRING -> Generalised.text(to, value.toString());
            case ENUM, INT, LONG, BOOLEAN, RECORD, OTHER -> throw new IllegalStateException("no rule for " + kind);
        };
    }

    // The gate's own releases.

    /**
     * A release of the gate, narrowed to what this version of the policy still allows.
     *
     * @param release in the schema it was written with, which it keeps
     * @param allowing purposes that it was released for and still may be used for; never 0
     */
    Struct narrow(Struct release, long allowing) {
        Struct narrowed = narrow(release, "", allowing);
        for (String own : List.of(RELEASE_ID, COMPLETED_AT)) {
            narrowed.put(own, release.get(own));
        }
        return narrowed.put(PURPOSES, purposes(allowing));
    }

    private Struct narrow(Struct release, String prefix, long allowing) {
        Struct narrowed = new Struct(release.schema());
        for (EventSchema.Field field : access.schema().fields()) {
            String path = field.path();
            String name = path.substring(path.lastIndexOf('.') + 1);
            if (path.equals(prefix + name)) {
                Treatment treatment = treatment(path, allowing);
                Field out = release.schema().field(projectedName(name, path, treatment));
                if (out != null && !(treatment instanceof Drop)) {
                    narrowed.put(out, narrowed(release.get(out), out.schema(), path, treatment, allowing));
                }
            }
        }
        return narrowed;
    }

    private Object narrowed(Object value, Schema schema, String path, Treatment treatment, long allowing) {
        if (value instanceof Struct struct) {
            return narrow(struct, path + ".", allowing);
        } else if (value instanceof List<?> list && EventForm.inner(schema).type() == Schema.Type.STRUCT) {
            return list.stream()
                    .map(item -> narrowed(item, schema.valueSchema(), path, treatment, allowing))
                    .toList();
        } else if (value == null || treatment instanceof Keep || isSettled[fields.get(path)]) {
            return value;
        }
        Map<String, String> parameters = schema.parameters() == null ? Map.of() : schema.parameters();
        if (!treatment.word().equals(parameters.get(ConnectForm.TREATMENT))) {
            return null;
        }
        return treatment instanceof Generalise to ? again(to, kind(path), value) : value;
    }

    /** What was made less exact, in today's form; null where that cannot be made from another. */
    private static Object again(Generalise to, Kind kind, Object value) {
        return switch (to.to()) {
            case HOUR, DAY, MONTH, YEAR, PREFIX, PATH_HEAD, URL_PATH, WITHOUT_CARDS, WITHOUT_CONTACTS ->
                value instanceof List<?> list
                        ? list.stream().map(item -> again(to, kind, item)).toList()
                        : generalised(to, kind, value, 0);
            case NETWORK, H3, AGE_BAND, AGENT -> null;
        };
    }
}
