package io.cloakroom.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one recipient may have of one event type: the row of the total table, every field × purpose decided.
 *
 * <p>Sets of purposes are bit masks over {@link #purposes()}, at most {@value #MOST_PURPOSES} of them.
 */
public final class Access {

    public static final int MOST_PURPOSES = 64;

    private final Recipient recipient;
    private final EventSchema schema;
    private final List<Purpose> purposes;
    private final List<Treatment> treatments;
    /** For each field, the purposes that may use it and all that it is in. */
    private final long[] usable;

    /**
     * @param treatments one for each field of the schema, in its order; what is in a dropped container is dropped with it
     */
    Access(Recipient recipient, EventSchema schema, List<Purpose> purposes, List<Treatment> treatments) {
        if (treatments.size() != schema.fields().size() || purposes.size() > MOST_PURPOSES) {
            throw new IllegalArgumentException("not a total row for " + recipient.id() + " of " + schema.type());
        }
        this.recipient = recipient;
        this.schema = schema;
        this.purposes = List.copyOf(purposes);
        List<Treatment> exact = new ArrayList<>(treatments);
        this.usable = new long[exact.size()];
        Map<String, Integer> containers = new HashMap<>();
        for (int f = 0; f < usable.length; f++) {
            EventSchema.Field field = schema.fields().get(f);
            containers.put(field.path(), f);
            for (int p = 0; p < purposes.size(); p++) {
                if (purposes.get(p).categories().contains(field.label())) {
                    usable[f] |= 1L << p;
                }
            }
            int dot = field.path().lastIndexOf('.');
            if (dot >= 0) {
                int container = containers.get(field.path().substring(0, dot));
                usable[f] &= usable[container];
                if (exact.get(container).equals(Treatment.DROP)) {
                    exact.set(f, Treatment.DROP);
                }
            }
        }
        this.treatments = List.copyOf(exact);
    }

    public Recipient recipient() {
        return recipient;
    }

    public EventSchema schema() {
        return schema;
    }

    public List<Purpose> purposes() {
        return purposes;
    }

    boolean has(String purpose) {
        return purposes.stream().anyMatch(p -> p.id().equals(purpose));
    }

    /** Every purpose of this access at once. */
    public long allPurposes() {
        return purposes.isEmpty() ? 0 : -1L >>> (MOST_PURPOSES - purposes.size());
    }

    /**
     * The form of a field when these purposes allow the release.
     *
     * @param field index in {@link EventSchema#fields()}
     */
    public Treatment treatment(int field, long allowing) {
        return (usable[field] & allowing) == 0 ? Treatment.DROP : treatments.get(field);
    }

    /** The topic that it reads releases of this type from. */
    public String topic() {
        return recipient.id() + "." + schema.type();
    }
}
