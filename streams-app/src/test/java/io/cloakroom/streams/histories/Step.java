package io.cloakroom.streams.histories;

import java.time.Duration;

/**
 * One thing that happens. Times are milliseconds since the epoch; an empty text is one that was left out, and a scope
 * without a part means all of them.
 */
sealed interface Step {

    long FOR_EVER = Long.MAX_VALUE;

    /** What arrives in the partition of its subject. */
    sealed interface Arrival extends Step {
        String subject();
    }

    /** A record that is not an event: it changes what is known of its subject. */
    sealed interface Control extends Arrival {}

    /**
     * @param states value of the field that states the purposes
     * @param act value of the field that makes it a registration, subscription or order
     * @param unsubscribe whether it says how to
     */
    record Event(
            String subject,
            long at,
            String type,
            String brand,
            String country,
            String collector,
            String states,
            String act,
            String channel,
            boolean unsubscribe)
            implements Arrival {}

    /** @param expires only of a grant or an import */
    record Said(
            Kind kind,
            String subject,
            long at,
            String purpose,
            String brand,
            String channel,
            String collector,
            String notice,
            long expires)
            implements Control {
        enum Kind {
            GRANT,
            IMPORT,
            WITHDRAWAL,
            OBJECTION,
            LIFT
        }
    }

    /** @param born ISO 8601 */
    record Age(String subject, long at, String born) implements Control {}

    /**
     * @param subject the child
     * @param born the guardian's birth date, ISO 8601
     * @param verified how
     */
    record Guardian(Kind kind, String subject, long at, String guardian, String born, String verified)
            implements Control {
        enum Kind {
            GUARDIAN_AGREEMENT,
            GUARDIAN_WITHDRAWAL
        }
    }

    /** @param subject the cookie or device */
    record Link(Kind kind, String subject, long at, String customer) implements Control {
        enum Kind {
            CONNECTED,
            DISCONNECTED
        }
    }

    record Erasure(String subject, long at) implements Control {}

    /** A control record that nobody can read. */
    record Garbage(String subject) implements Control {}

    /** What the gate has sent itself from one subject's partition to the other's, all of it, in its order. */
    record Delivery(String from, String to) implements Step {}

    /** The wall clock moves on; partitions are idle meanwhile. */
    record Passing(Duration time) implements Step {}
}
