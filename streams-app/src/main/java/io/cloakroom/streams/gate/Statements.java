package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Engine;
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

    sealed interface Statement {}

    record Taken(Change change) implements Statement {}

    /** Understood and not taken in. */
    record Refused(Rule rule) implements Statement {}

    /** Not understood: the person is blocked until it is. */
    record Undecidable(Rule rule) implements Statement {}

    static Statement read(ConsentChange said, Policy policy, long arrivedAt) {
        return switch (said.getKind()) {
            case AGE_STATEMENT ->
                said.getBirthDate() == null
                        ? new Undecidable(Rule.INCOMPLETE)
                        : new Taken(new Change.Age(said.getBirthDate().toEpochDay()));
            case GRANT, WITHDRAWAL, OBJECTION, LIFT -> preference(said, policy, arrivedAt);
        };
    }

    private static Statement preference(ConsentChange said, Policy policy, long arrivedAt) {
        if (said.getPurpose() == null) {
            return new Undecidable(Rule.INCOMPLETE);
        }
        Purpose purpose = policy.purposes().get(said.getPurpose());
        if (purpose == null || (purpose.basis() != Basis.CONSENT && purpose.basis() != Basis.LEGITIMATE_INTEREST)) {
            return new Undecidable(Rule.UNKNOWN_PURPOSE);
        }
        String brand = part(said.getBrand());
        String channel = part(said.getChannel());
        if ((!brand.isEmpty() && !policy.brands().contains(brand))
                || (!channel.isEmpty() && !policy.channels().contains(channel))) {
            return new Undecidable(Rule.UNKNOWN_SCOPE);
        }
        if (part(said.getCollector()).length() > LONGEST_NAME) {
            return new Undecidable(Rule.UNKNOWN_SCOPE);
        }
        // A part that the purpose does not tell apart is cut off: that can only widen a refusal.
        Scope scope = purpose.scope(brand, channel, part(said.getCollector()));
        long at = said.getOccurredAt().toEpochMilli();
        boolean ahead = at > arrivedAt + Engine.CLOCK_TOLERANCE;
        return switch (said.getKind()) {
            case WITHDRAWAL, OBJECTION -> new Taken(new Change.Refusal(scope, Math.min(at, arrivedAt)));
            case LIFT -> ahead ? new Refused(Rule.GRANT_AHEAD) : new Taken(new Change.Lift(scope, at));
            case GRANT -> grant(said, purpose, scope, at, ahead);
            case AGE_STATEMENT -> new Undecidable(Rule.INCOMPLETE);
        };
    }

    private static Statement grant(ConsentChange said, Purpose purpose, Scope scope, long at, boolean ahead) {
        if (said.getNoticeVersion() == null || said.getNoticeVersion().length() > LONGEST_NAME) {
            return new Undecidable(Rule.INCOMPLETE);
        }
        if (!isWhole(purpose, scope)) {
            return new Undecidable(Rule.SCOPE_TOO_WIDE);
        }
        Instant expires = said.getExpiresAt();
        return ahead
                ? new Refused(Rule.GRANT_AHEAD)
                : new Taken(new Change.Grant(
                        scope,
                        at,
                        said.getNoticeVersion(),
                        expires == null ? Long.MAX_VALUE : expires.toEpochMilli(),
                        said.getOrigin() != null));
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
