package io.cloakroom.policy;

/** One thing that is known of a person from now on. Times are milliseconds since the epoch. */
public sealed interface Change {

    /**
     * @param imported given to somebody else, not to us: it beats no refusal (C23)
     * @param expiresAt first instant at which it is over
     */
    record Grant(Scope scope, long at, String notice, long expiresAt, boolean imported) implements Change {}

    /** A withdrawal or an objection: the two differ in words, not in effect (C25). */
    record Refusal(Scope scope, long at) implements Change {}

    /** Takes back an objection of exactly this scope; it consents to nothing. */
    record Lift(Scope scope, long at) implements Change {}

    /** @param epochDay of the birth date */
    record Age(long epochDay, long at) implements Change {}

    /**
     * A control record of this person could not be decided: until it is, nothing is taken to be allowed.
     *
     * @param record by which it is known again
     */
    record Undecided(String record) implements Change {

        /** One that nothing can decide later. */
        public Undecided() {
            this(Person.FOR_GOOD);
        }
    }

    /** A control record of this person is decided now, whether it was before or not. */
    record Understood(String record) implements Change {}

    /** A guardian agreed, verified (C1). */
    record GuardianAgreed(long at) implements Change {}

    /** A guardian withdrew: no act up to then counts any more (C1). */
    record GuardianEnded(long at) implements Change {}

    /** @param other subject key of the other side */
    record Connected(String other, long at) implements Change {}

    /** @param other subject key of the other side */
    record Disconnected(String other, long at) implements Change {}

    /** The other side of a link says all that it has to say; it replaces what it said before. */
    record Heard(String other, News news) implements Change {}

    /** The other side of a link was erased: nothing of it stays here. */
    record Gone(String other) implements Change {}

    /** All is forgotten but what the person refused, and when it asked for that. */
    record Erased(long at) implements Change {}
}
