package io.cloakroom.policy;

import io.cloakroom.policy.Person.Guardian;
import java.util.List;

/**
 * What a person tells those linked with it: what it refused itself, never what it heard. Two that are equal tell the same.
 *
 * @param refusals in the order of their scopes
 * @param minorUntil first instant at which it is adult by its birth date; {@link #UNKNOWN} without one
 * @param guardianEndedAt {@link Guardian#NEVER} or milliseconds since the epoch
 * @param blocked a control record of it is undecided
 */
public record News(List<Refused> refusals, long minorUntil, long guardianEndedAt, boolean blocked) {

    public static final long UNKNOWN = Long.MIN_VALUE;

    /** Of somebody who refused nothing. */
    public static final News NOTHING = new News(List.of(), UNKNOWN, Guardian.NEVER, false);

    /** @param endsAt first instant at which it is over; {@link Long#MAX_VALUE} if it is not */
    public record Refused(Scope scope, long at, long endsAt) {}

    public News {
        refusals = List.copyOf(refusals);
    }
}
