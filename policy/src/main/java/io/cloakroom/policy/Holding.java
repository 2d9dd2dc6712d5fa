package io.cloakroom.policy;

/**
 * A line of a person's ledger: who holds releases, for what, and since when.
 *
 * @param recipient its id
 * @param epoch of the pseudonyms under which it got them
 * @param purpose its id
 * @param scope of the events, as far as the purpose tells them apart
 * @param act they were registrations, subscriptions or orders (C1)
 * @param since time of the earliest event, in milliseconds since the epoch
 */
public record Holding(String recipient, int epoch, String purpose, Scope scope, boolean act, long since) {

    Holding since(long time) {
        return new Holding(recipient, epoch, purpose, scope, act, time);
    }

    /** Whether one recall speaks for both. */
    boolean isReadAs(Holding other) {
        return recipient.equals(other.recipient) && epoch == other.epoch && scope.equals(other.scope);
    }
}
