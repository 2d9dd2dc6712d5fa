package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Rule;
import io.cloakroom.policy.Scope;
import java.time.Instant;

/** Reads what a consent change says, under the policy of the day. */
final class Statements {

    /** In characters, of a collector or a notice: what is longer is neither, and a person's row must hold many. */
    private static final int LONGEST_NAME = 255;

    private Statements() {}

    sealed interface Statement {

        /** What the audit says of it. */
        Rule rule();
    }

    record Taken(Change change, Rule rule) implements Statement {}

    /** Understood, and not taken in: it could only have allowed, or there is nothing that it could end. */
    record Refused(Rule rule) implements Statement {}

    /** Not understood, and a refusal perhaps: the person is blocked until it is. */
    record Undecidable(Rule rule) implements Statement {}

    static Statement read(ConsentChange said, Policy policy, long arrivedAt) {
        return switch (said.getKind()) {
            case AGE_STATEMENT -> age(said, arrivedAt);
            case GRANT, WITHDRAWAL, OBJECTION, LIFT -> preference(said, policy, arrivedAt);
        };
    }

    private static Statement age(ConsentChange said, long arrivedAt) {
        return said.getBirthDate() == null
                ? new Undecidable(Rule.INCOMPLETE)
                : new Taken(new Change.Age(said.getBirthDate().toEpochDay(), onArrival(said, arrivedAt)), Rule.APPLIED);
    }

    private static Statement preference(ConsentChange said, Policy policy, long arrivedAt) {
        if (said.getPurpose() == null) {
            return new Undecidable(Rule.INCOMPLETE);
        }
        Purpose purpose = policy.purposes().get(said.getPurpose());
        if (purpose == null) {
            return new Undecidable(Rule.UNKNOWN_PURPOSE);
        }
        if (purpose.basis() != Basis.CONSENT && purpose.basis() != Basis.LEGITIMATE_INTEREST) {
            return new Refused(Rule.NOT_A_CHOICE);
        }
        String brand = part(said.getBrand());
        String channel = part(said.getChannel());
        String collector = part(said.getCollector());
        if ((!brand.isEmpty() && !policy.brands().contains(brand))
                || (!channel.isEmpty() && !policy.channels().contains(channel))
                || collector.length() > LONGEST_NAME) {
            return new Undecidable(Rule.UNKNOWN_SCOPE);
        }
        // A part that the purpose does not tell apart is cut off: that can only widen a refusal.
        Scope scope = purpose.scope(brand, channel, collector);
        return switch (said.getKind()) {
            case WITHDRAWAL, OBJECTION ->
                new Taken(
                        new Change.Refusal(scope, onArrival(said, arrivedAt)),
                        isAhead(said, arrivedAt) ? Rule.APPLIED_ON_ARRIVAL : Rule.APPLIED);
            case LIFT -> lift(said, scope, arrivedAt);
            case GRANT -> grant(said, purpose, scope, arrivedAt);
            case AGE_STATEMENT -> age(said, arrivedAt);
        };
    }

    private static Statement lift(ConsentChange said, Scope scope, long arrivedAt) {
        if (said.getOrigin() != null) {
            return new Refused(Rule.IMPORTED_LIFT);
        }
        return isAhead(said, arrivedAt)
                ? new Refused(Rule.GRANT_AHEAD)
                : new Taken(new Change.Lift(scope, at(said)), Rule.APPLIED);
    }

    private static Statement grant(ConsentChange said, Purpose purpose, Scope scope, long arrivedAt) {
        if (said.getNoticeVersion() == null || said.getNoticeVersion().length() > LONGEST_NAME) {
            return new Refused(Rule.INCOMPLETE);
        }
        if (!isWhole(purpose, scope)) {
            return new Refused(Rule.SCOPE_TOO_WIDE);
        }
        Instant expires = said.getExpiresAt();
        return isAhead(said, arrivedAt)
                ? new Refused(Rule.GRANT_AHEAD)
                : new Taken(
                        new Change.Grant(
                                scope,
                                at(said),
                                said.getNoticeVersion(),
                                expires == null ? Long.MAX_VALUE : expires.toEpochMilli(),
                                said.getOrigin() != null),
                        Rule.APPLIED);
    }

    private static long at(ConsentChange said) {
        return said.getOccurredAt().toEpochMilli();
    }

    private static boolean isAhead(ConsentChange said, long arrivedAt) {
        return at(said) > arrivedAt + Engine.CLOCK_TOLERANCE;
    }

    /**
     * The time from which it counts, within what can be: one dated ahead takes effect on arrival, but no earlier than any
     * grant that was accepted before it; and the very first time there is would say that nothing was refused.
     */
    private static long onArrival(ConsentChange said, long arrivedAt) {
        return Math.max(Preference.NEVER + 1, Math.min(at(said), arrivedAt + Engine.CLOCK_TOLERANCE));
    }

    private static boolean isWhole(Purpose purpose, Scope scope) {
        return purpose.scope().stream().noneMatch(dimension -> switch (dimension) {
            case BRAND -> scope.brand().isEmpty();
            case CHANNEL -> scope.channel().isEmpty();
            case COLLECTOR -> scope.collector().isEmpty();
        });
    }

    private static String part(String said) {
        return said == null ? Scope.EVERY : said;
    }
}
