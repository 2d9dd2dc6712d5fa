package io.cloakroom.policy;

import java.util.Locale;

/**
 * What makes a transfer out of the EEA lawful for a time (C20).
 *
 * @param from first instant, in milliseconds since the epoch
 * @param until first instant at which it is over
 */
public record Safeguard(Kind kind, long from, long until) {

    public enum Kind {
        ADEQUACY,
        STANDARD_CLAUSES,
        BINDING_RULES;

        /** As the policy writes it. */
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public boolean holdsAt(long time) {
        return from <= time && time < until;
    }
}
