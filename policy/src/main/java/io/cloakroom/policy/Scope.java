package io.cloakroom.policy;

import java.util.Comparator;

/** What a consent, refusal or objection is about; {@link #EVERY} in a part means all of them. */
public record Scope(String purpose, String brand, String channel, String collector, String item)
        implements Comparable<Scope> {

    private static final Comparator<Scope> BY_PARTS = Comparator.comparing(Scope::purpose)
            .thenComparing(Scope::brand)
            .thenComparing(Scope::channel)
            .thenComparing(Scope::collector)
            .thenComparing(Scope::item);

    public static final String EVERY = "";

    public Scope(String purpose, String brand, String channel, String collector) {
        this(purpose, brand, channel, collector, EVERY);
    }

    /** What is said of this and of all others that a row that is full cannot tell apart from it. */
    Scope widened() {
        return new Scope(purpose, brand, channel, EVERY, EVERY);
    }

    /** Whether what is said about this scope is said about the other too. */
    public boolean covers(Scope other) {
        return purpose.equals(other.purpose)
                && (brand.isEmpty() || brand.equals(other.brand))
                && (channel.isEmpty() || channel.equals(other.channel))
                && (collector.isEmpty() || collector.equals(other.collector))
                && (item.isEmpty() || item.equals(other.item));
    }

    @Override
    public int compareTo(Scope other) {
        return BY_PARTS.compare(this, other);
    }
}
