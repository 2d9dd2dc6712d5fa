package io.cloakroom.streams.gate;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.schemas.BoundedDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * One event type, compiled: the walk over its bytes, where the facts stand that a decision looks at, and the forms that its
 * releases take. One for each thread.
 */
final class EventPlan {

    private static final List<String> ALWAYS =
            List.of("meta.occurredAt", "meta.brand", "meta.surface", "meta.country", "meta.collector", "meta.subject");
    private static final int OCCURRED_AT = 0;
    private static final int BRAND = 1;
    private static final int SURFACE = 2;
    private static final int COUNTRY = 3;
    private static final int COLLECTOR = 4;
    private static final int SUBJECT = 5;

    private final String type;
    private final PolicyHistory history;
    private final Map<String, Integer> fieldsByPath = new HashMap<>();
    private final List<Field> fields;
    private final List<String> facts = new ArrayList<>(ALWAYS);
    private final List<Schema> factTypes = new ArrayList<>();
    private final Node root;
    private final Releases releases;
    private final Map<Policy, Stated> stated = new IdentityHashMap<>();
    private final Map<Access, Forms> forms = new IdentityHashMap<>();
    private final Texts texts = new Texts();

    private final BoundedDecoder in = new BoundedDecoder(new byte[0], 0);
    private final int[] found;
    private byte[] event;
    private int start;

    /** The facts that one version of the policy reads besides: indices into {@link #facts}, negative for none. */
    private record Stated(int statedBy, int act, int channel, int unsubscribe) {}

    EventPlan(EventSchema shape, Schema schema, PolicyHistory history) {
        this.type = shape.type();
        this.history = history;
        this.fields = shape.fields();
        for (int f = 0; f < fields.size(); f++) {
            fieldsByPath.put(fields.get(f).path(), f);
        }
        for (Policy policy : history.versions()) {
            EventRules rules = policy.events().get(type);
            stated.put(
                    policy,
                    rules == null
                            ? new Stated(-1, -1, -1, -1)
                            : new Stated(
                                    fact(rules.statedBy()),
                                    fact(rules.actField()),
                                    fact(rules.channelField()),
                                    fact(rules.unsubscribeField())));
        }
        facts.forEach(fact -> factTypes.add(null));
        this.root = fields(schema, "");
        this.found = new int[2 * facts.size()];
        byte[][] labels = fields.stream()
                .map(f -> f.label().getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        this.releases = new Releases(labels, fieldsByPath.getOrDefault("meta.subject", -1));
    }

    private int fact(String path) {
        if (path.isEmpty()) {
            return -1;
        }
        if (!facts.contains(path)) {
            facts.add(path);
        }
        return facts.indexOf(path);
    }

    // Compiling.

    private Node.Fields fields(Schema record, String prefix) {
        List<Schema.Field> all = record.getFields();
        int[] indices = new int[all.size()];
        int[] slots = new int[all.size()];
        Node[] values = new Node[all.size()];
        for (int i = 0; i < values.length; i++) {
            String path = prefix + all.get(i).name();
            indices[i] = fieldsByPath.get(path);
            slots[i] = facts.indexOf(path);
            if (slots[i] >= 0) {
                factTypes.set(slots[i], all.get(i).schema());
            }
            values[i] = node(all.get(i).schema(), indices[i], path, true);
        }
        return new Node.Fields(indices, values, slots);
    }

    /** @param isField whether it is the whole value of a field, whose release begins with null */
    private Node node(Schema schema, int field, String path, boolean isField) {
        return switch (schema.getType()) {
            case RECORD -> fields(schema, path + ".");
            case ARRAY -> new Node.Items(field, node(schema.getElementType(), field, path, false), false);
            case MAP -> new Node.Items(field, node(schema.getValueType(), field, path, false), true);
            case UNION -> {
                List<Schema> types = schema.getTypes();
                int[] projected = new int[types.size()];
                int next = 1;
                for (int i = 0; i < projected.length; i++) {
                    boolean isNull = types.get(i).getType() == Schema.Type.NULL;
                    projected[i] = !isField ? i : isNull ? 0 : next++;
                }
                yield new Node.Branches(
                        field,
                        types.stream().map(s -> node(s, field, path, false)).toArray(Node[]::new),
                        projected);
            }
            default ->
                isField && schema.getType() == Schema.Type.NULL
                        ? new Node.Nothing(field)
                        : new Node.Leaf(field, schema, fields.get(field).kind());
        };
    }

    // Reading.

    /**
     * Checks an event to its last byte and finds the facts.
     *
     * @param event in the gate's schema, from {@code start} on
     * @return this, which can be asked about the event until the next scan
     * @throws IOException if it is not
     */
    EventPlan scan(byte[] event, int start) throws IOException {
        this.event = event;
        this.start = start;
        in.reset(event, start);
        Arrays.fill(found, -1);
        root.scan(in, found);
        if (in.remaining() > 0) {
            throw new IOException("bytes are left over after the event");
        }
        return this;
    }

    /** Whether the subject in the scanned event is this one. */
    boolean isAbout(byte[] subject) {
        int end = found[2 * SUBJECT + 1];
        return Arrays.equals(event, Node.afterLength(event, found[2 * SUBJECT]), end, subject, 0, subject.length);
    }

    /** What a decision may look at of the scanned event. */
    Event facts(long arrivedAt) {
        long occurredAt = Node.number(event, found[2 * OCCURRED_AT]);
        Stated more = stated.get(history.atOrFirst(occurredAt));
        String brand = text(BRAND);
        String collector = text(COLLECTOR);
        return new Event(
                type,
                brand,
                text(SURFACE),
                text(COUNTRY),
                collector.isEmpty() ? brand : collector,
                occurredAt,
                arrivedAt,
                text(more.statedBy()),
                text(more.act()),
                text(more.channel()),
                text(more.unsubscribe()));
    }

    private String text(int fact) {
        if (fact < 0 || found[2 * fact] < 0) {
            return Event.ABSENT;
        }
        int start = found[2 * fact];
        int end = found[2 * fact + 1];
        Schema schema = factTypes.get(fact);
        if (schema.isUnion()) {
            int branch = (int) Node.number(event, start);
            schema = schema.getTypes().get(branch);
            start = Node.afterLength(event, start);
        }
        return switch (schema.getType()) {
            case STRING -> texts.of(event, Node.afterLength(event, start), end);
            case ENUM -> schema.getEnumSymbols().get((int) Node.number(event, start));
            case NULL -> Event.ABSENT;
            default -> throw new IllegalStateException("the policy reads no " + schema.getType());
        };
    }

    // Writing.

    /** Begins the releases of the scanned event; {@link #write} follows when all are added. */
    Releases releases(byte[] salt) {
        releases.start(event, Node.number(event, found[2 * OCCURRED_AT]), salt);
        return releases;
    }

    /** The releases of the scanned event, as far as they are. */
    Releases releases() {
        return releases;
    }

    Form form(Release proof) {
        Forms made = forms.get(proof.access());
        if (made == null) {
            made = new Forms();
            forms.put(proof.access(), made);
        }
        if (made.last == null || made.allowing != proof.allowing()) {
            made.last = made.all.computeIfAbsent(proof.allowing(), allowing -> new Form(proof.access(), allowing));
            made.allowing = proof.allowing();
        }
        return made.last;
    }

    /** By the purposes that allow; mostly they are the last ones again. */
    private static final class Forms {
        private final Map<Long, Form> all = new HashMap<>();
        private long allowing;
        private Form last;
    }

    void write() {
        in.reset(event, start);
        try {
            root.write(in, releases);
        } catch (IOException e) {
            throw new IllegalStateException("what was scanned can be read", e);
        }
    }
}
