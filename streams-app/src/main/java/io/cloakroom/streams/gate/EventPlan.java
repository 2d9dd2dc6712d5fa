package io.cloakroom.streams.gate;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Fact;
import io.cloakroom.policy.KnownAs;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.signals.SignalCache;
import io.cloakroom.schemas.BoundedDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
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
    private static final String TRUE = "true";
    private static final String FALSE = "false";

    private final String type;
    private final PolicyHistory history;
    private final Map<String, Integer> fieldsByPath = new HashMap<>();
    private final List<Field> fields;
    private final List<String> facts = new ArrayList<>(ALWAYS);
    private final List<Schema> factTypes = new ArrayList<>();
    private final Node root;
    private final Releases releases;
    /** What an event of this type tells of a person that redacted text must not repeat: indices into {@link #facts}. */
    private final Map<Integer, KnownAs> telling = new LinkedHashMap<>();

    /** By version of the policy: for each {@link Fact} where it stands in {@link #facts}, negative for nowhere. */
    private final Map<Policy, int[]> stated = new IdentityHashMap<>();

    private final Map<Access, Forms> forms = new IdentityHashMap<>();
    private final Texts texts = new Texts();
    private final SignalCache signals = new SignalCache();

    private final BoundedDecoder in = new BoundedDecoder(new byte[0], 0);
    private final int[] found;
    private byte[] event;
    private int start;

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
                    Arrays.stream(Fact.values())
                            .mapToInt(fact -> rules == null ? -1 : fact(rules.path(fact)))
                            .toArray());
        }
        for (Policy policy : history.versions()) {
            for (Field field : fields) {
                KnownAs as = policy.knownAs().get(field.label());
                if (as != null && field.kind() == Kind.STRING) {
                    telling.put(fact(field.path()), as);
                }
            }
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
        int[] more = stated.get(history.atOrFirst(occurredAt));
        String[] said = new String[more.length];
        for (int f = 0; f < said.length; f++) {
            said[f] = text(more[f]);
        }
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
                Arrays.asList(said),
                signals.of(said[Fact.TCF.ordinal()], said[Fact.GPP.ordinal()], said[Fact.GPC.ordinal()].equals(TRUE)));
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
            case BOOLEAN -> event[start] == 1 ? TRUE : FALSE;
            case NULL -> Event.ABSENT;
            default -> throw new IllegalStateException("the policy reads no " + schema.getType());
        };
    }

    /** What the scanned event tells of its person, value by value; nothing of it is kept here. */
    void tell(BiConsumer<KnownAs, String> listener) {
        telling.forEach((fact, as) -> {
            int at = found[2 * fact];
            int end = found[2 * fact + 1];
            boolean isUnion = factTypes.get(fact) != null && factTypes.get(fact).isUnion();
            if (at < 0 || isUnion && isNull(fact, at)) {
                return;
            }
            int from = Node.afterLength(event, isUnion ? Node.afterLength(event, at) : at);
            if (from < end) {
                listener.accept(as, new String(event, from, end - from, StandardCharsets.UTF_8));
            }
        });
    }

    private boolean isNull(int fact, int at) {
        int branch = (int) Node.number(event, at);
        return factTypes.get(fact).getTypes().get(branch).getType() == Schema.Type.NULL;
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
