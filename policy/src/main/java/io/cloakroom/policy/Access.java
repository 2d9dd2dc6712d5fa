package io.cloakroom.policy;

import java.util.List;

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

    /** @param treatments one for each field of the schema, in its order */
    Access(Recipient recipient, EventSchema schema, List<Purpose> purposes, List<Treatment> treatments) {
        if (treatments.size() != schema.fields().size() || purposes.size() > MOST_PURPOSES) {
            throw new IllegalArgumentException("not a total row for " + recipient.id() + " of " + schema.type());
        }
        this.recipient = recipient;
        this.schema = schema;
        this.purposes = List.copyOf(purposes);
        this.treatments = List.copyOf(treatments);
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
        String label = schema.fields().get(field).label();
        for (int p = 0; p < purposes.size(); p++) {
            if ((allowing >>> p & 1) == 1 && purposes.get(p).categories().contains(label)) {
                return treatments.get(field);
            }
        }
        return Treatment.DROP;
    }

    /** The topic that it reads releases of this type from. */
    public String topic() {
        return recipient.id() + "." + schema.type();
    }
}
