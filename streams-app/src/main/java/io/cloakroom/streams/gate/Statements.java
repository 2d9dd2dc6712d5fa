package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Rule;
import io.cloakroom.policy.Scope;
import io.cloakroom.policy.signals.Finding;
import io.cloakroom.policy.signals.Signals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Reads what a consent change says, under the policy of the day. */
final class Statements {

    /** In characters, of a collector or a notice: what is longer is neither, and a person's row must hold many. */
    private static final int LONGEST_NAME = 255;

    private static final String CUSTOMER = "customer:";

    private Statements() {}

    sealed interface Statement {

        /** What the audit says of it. */
        Rule rule();
    }

    /** @param changes at least one; what they say together is said at once */
    record Taken(List<Change> changes, Rule rule) implements Statement {
        Taken {
            changes = List.copyOf(changes);
        }

        Taken(Change change, Rule rule) {
            this(List.of(change), rule);
        }
    }

    /** Understood, and not taken in: it could only have allowed, or there is nothing that it could end. */
    record Refused(Rule rule) implements Statement {}

    /** Somebody asked to see what is known; it changes nothing. */
    record Looked(Rule rule) implements Statement {}

    /** Not understood, and a refusal perhaps: the person is blocked until it is. */
    record Undecidable(Rule rule) implements Statement {}

    static Statement read(ConsentChange said, Policy policy, long arrivedAt) {
        return switch (said.getKind()) {
            case AGE_STATEMENT -> age(said, arrivedAt);
            case GRANT, WITHDRAWAL, OBJECTION, LIFT -> preference(said, policy, arrivedAt);
            case GUARDIAN_AGREEMENT -> agreement(said, policy, arrivedAt);
            case SIGNAL -> signal(said, policy, arrivedAt);
            case GUARDIAN_WITHDRAWAL ->
                new Taken(new Change.GuardianEnded(onArrival(at(said), arrivedAt)), applied(said, arrivedAt));
        };
    }

    /** A connection can only narrow: one dated ahead counts from its arrival on. */
    static Statement read(IdentityLink said, long arrivedAt) {
        boolean isCustomer = said.getCustomer().startsWith(CUSTOMER)
                && SubjectKey.read(said.getCustomer().getBytes(StandardCharsets.UTF_8))
                        .isPresent();
        if (!isCustomer || said.getSubject().startsWith(CUSTOMER)) {
            return new Undecidable(Rule.INCOMPLETE);
        }
        long at = said.getOccurredAt().toEpochMilli();
        return switch (said.getKind()) {
            case CONNECTED ->
                new Taken(new Change.Connected(said.getCustomer(), onArrival(at, arrivedAt)), Rule.APPLIED);
            case DISCONNECTED ->
                isAhead(at, arrivedAt)
                        ? new Refused(Rule.GRANT_AHEAD)
                        : new Taken(new Change.Disconnected(said.getCustomer(), at), Rule.APPLIED);
        };
    }

    static Statement read(SubjectRequest said, long arrivedAt) {
        long at = onArrival(said.getOccurredAt().toEpochMilli(), arrivedAt);
        return switch (said.getKind()) {
            case ERASURE -> new Taken(new Change.Erased(at), Rule.APPLIED);
            case INSPECTION -> new Looked(Rule.INSPECTED);
        };
    }

    /** What a guardian agrees to counts once it is verified that there is one, who may (C1). */
    private static Statement agreement(ConsentChange said, Policy policy, long arrivedAt) {
        boolean isSomebody = said.getGuardian() != null
                && SubjectKey.read(said.getGuardian().getBytes(StandardCharsets.UTF_8))
                        .isPresent();
        if (!isSomebody
                || said.getVerification() == null
                || said.getVerification().isBlank()) {
            return new Refused(Rule.GUARDIAN_UNVERIFIED);
        } else if (said.getGuardian().equals(said.getSubject())) {
            return new Refused(Rule.GUARDIAN_IS_SUBJECT);
        } else if (said.getGuardianBirthDate() == null || !policy.isAdult(said.getGuardianBirthDate(), at(said))) {
            return new Refused(Rule.GUARDIAN_MINOR);
        }
        return isAhead(said, arrivedAt)
                ? new Refused(Rule.GRANT_AHEAD)
                : new Taken(new Change.GuardianAgreed(at(said)), Rule.APPLIED);
    }

    private static Rule applied(ConsentChange said, long arrivedAt) {
        return isAhead(said, arrivedAt) ? Rule.APPLIED_ON_ARRIVAL : Rule.APPLIED;
    }

    private static Statement age(ConsentChange said, long arrivedAt) {
        return said.getBirthDate() == null
                ? new Undecidable(Rule.INCOMPLETE)
                : new Taken(
                        new Change.Age(said.getBirthDate().toEpochDay(), onArrival(at(said), arrivedAt)), Rule.APPLIED);
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
        if (isUnknown(said, policy)) {
            return new Undecidable(Rule.UNKNOWN_SCOPE);
        }
        Scope scope = scope(said, purpose);
        return switch (said.getKind()) {
            case WITHDRAWAL ->
                new Taken(new Change.Refusal(scope, onArrival(at(said), arrivedAt)), applied(said, arrivedAt));
            case OBJECTION -> {
                long at = onArrival(at(said), arrivedAt);
                yield new Taken(
                        withParts(said, policy, purpose, part -> new Change.Refusal(part, at)),
                        applied(said, arrivedAt));
            }
            case LIFT -> lift(said, policy, purpose, arrivedAt);
            case GRANT -> grant(said, policy, purpose, scope, arrivedAt);
            case AGE_STATEMENT, GUARDIAN_AGREEMENT, GUARDIAN_WITHDRAWAL, SIGNAL ->
                throw new IllegalArgumentException("not about a purpose: " + said.getKind());
        };
    }

    private static boolean isUnknown(ConsentChange said, Policy policy) {
        String brand = part(said.getBrand());
        String channel = part(said.getChannel());
        return (!brand.isEmpty() && !policy.brands().contains(brand))
                || (!channel.isEmpty() && !policy.channels().contains(channel))
                || part(said.getCollector()).length() > LONGEST_NAME
                || part(said.getItem()).length() > LONGEST_NAME;
    }

    /** A part that the purpose does not tell apart is cut off: that can only widen a refusal. */
    private static Scope scope(ConsentChange said, Purpose purpose) {
        return purpose.scope(
                part(said.getBrand()), part(said.getChannel()), part(said.getCollector()), part(said.getItem()));
    }

    /**
     * A signal of the industry means the same as a click on our own form, for every purpose that it is mapped to (C9). Only a
     * TC string can grant, and as one click in one place does; one that cannot be read is a no.
     */
    private static Statement signal(ConsentChange said, Policy policy, long arrivedAt) {
        Signals signals =
                Signals.of(part(said.getTcString()), part(said.getGppString()), Boolean.TRUE.equals(said.getGpc()));
        if (signals.isNone() && said.getGpc() == null) {
            return new Undecidable(Rule.INCOMPLETE);
        }
        if (isUnknown(said, policy)) {
            return new Undecidable(Rule.UNKNOWN_SCOPE);
        }
        long at = onArrival(at(said), arrivedAt);
        List<Change> changes = new ArrayList<>();
        Rule rule = applied(said, arrivedAt);
        Rule otherwise = Rule.SIGNAL_SILENT;
        for (Purpose purpose : inOrder(policy)) {
            Scope scope = scope(said, purpose);
            Finding found = signals.about(purpose.signals(), part(said.getCollector()), at, Engine.CLOCK_TOLERANCE);
            switch (found.verdict()) {
                case SAYS_NOTHING -> {}
                case REFUSES -> changes.add(new Change.Refusal(scope, at));
                case UNUSABLE -> {
                    changes.add(new Change.Refusal(scope, at));
                    rule = Rule.SIGNAL_UNUSABLE;
                }
                case ALLOWS -> {
                    Optional<Rule> fault = noGrant(said, policy, purpose, scope, arrivedAt);
                    if (fault.isEmpty()) {
                        changes.add(grant(said, purpose, scope, signals));
                    }
                    otherwise = fault.orElse(otherwise);
                }
            }
        }
        return changes.isEmpty() ? new Refused(otherwise) : new Taken(changes, rule);
    }

    /** So that every instance of the gate keeps the same row. */
    private static List<Purpose> inOrder(Policy policy) {
        return policy.purposes().values().stream()
                .sorted(Comparator.comparing(Purpose::id))
                .toList();
    }

    /** Who objects to a purpose objects to its parts too, and lifts that together (C25). */
    private static List<Change> withParts(
            ConsentChange said, Policy policy, Purpose purpose, Function<Scope, Change> change) {
        List<Purpose> all = new ArrayList<>(List.of(purpose));
        inOrder(policy).stream().filter(p -> p.partOf().equals(purpose.id())).forEach(all::add);
        return all.stream().map(p -> change.apply(scope(said, p))).toList();
    }

    private static Statement lift(ConsentChange said, Policy policy, Purpose purpose, long arrivedAt) {
        if (said.getOrigin() != null) {
            return new Refused(Rule.IMPORTED_LIFT);
        }
        return isAhead(said, arrivedAt)
                ? new Refused(Rule.GRANT_AHEAD)
                : new Taken(withParts(said, policy, purpose, part -> new Change.Lift(part, at(said))), Rule.APPLIED);
    }

    private static Statement grant(ConsentChange said, Policy policy, Purpose purpose, Scope scope, long arrivedAt) {
        Optional<Rule> fault = noGrant(said, policy, purpose, scope, arrivedAt);
        return fault.isPresent()
                ? new Refused(fault.get())
                : new Taken(
                        new Change.Grant(
                                scope, at(said), said.getNoticeVersion(), expiresAt(said), said.getOrigin() != null),
                        Rule.APPLIED);
    }

    /** A string that comes again grants no later, and no longer, than when it came first. */
    private static Change grant(ConsentChange said, Purpose purpose, Scope scope, Signals signals) {
        return new Change.Grant(
                scope,
                signals.saidAt(at(said)),
                said.getNoticeVersion(),
                Math.min(expiresAt(said), signals.expiresAt(purpose.signals()).orElse(at(said))),
                said.getOrigin() != null);
    }

    /** Why it is no grant, if it is none. */
    private static Optional<Rule> noGrant(
            ConsentChange said, Policy policy, Purpose purpose, Scope scope, long arrivedAt) {
        if (said.getNoticeVersion() == null || said.getNoticeVersion().length() > LONGEST_NAME) {
            return Optional.of(Rule.INCOMPLETE);
        }
        if (!isWhole(purpose, scope)) {
            return Optional.of(Rule.SCOPE_TOO_WIDE);
        }
        if (said.getOrigin() != null && !policy.groupCompanies().contains(said.getOrigin())) {
            return Optional.of(Rule.ORIGIN_UNKNOWN);
        }
        return isAhead(said, arrivedAt) ? Optional.of(Rule.GRANT_AHEAD) : Optional.empty();
    }

    private static long expiresAt(ConsentChange said) {
        return said.getExpiresAt() == null
                ? Long.MAX_VALUE
                : said.getExpiresAt().toEpochMilli();
    }

    private static long at(ConsentChange said) {
        return said.getOccurredAt().toEpochMilli();
    }

    private static boolean isAhead(ConsentChange said, long arrivedAt) {
        return isAhead(at(said), arrivedAt);
    }

    private static boolean isAhead(long at, long arrivedAt) {
        return at > arrivedAt + Engine.CLOCK_TOLERANCE;
    }

    /**
     * The time from which it counts, within what can be: one dated ahead takes effect on arrival, but no earlier than any
     * grant that was accepted before it; and the very first time there is would say that nothing was refused.
     */
    private static long onArrival(long at, long arrivedAt) {
        return Math.max(Preference.NEVER + 1, Math.min(at, arrivedAt + Engine.CLOCK_TOLERANCE));
    }

    private static boolean isWhole(Purpose purpose, Scope scope) {
        return purpose.scope().stream().noneMatch(dimension -> switch (dimension) {
            case BRAND -> scope.brand().isEmpty();
            case CHANNEL -> scope.channel().isEmpty();
            case COLLECTOR -> scope.collector().isEmpty();
            case ITEM -> scope.item().isEmpty();
        });
    }

    private static String part(String said) {
        return said == null ? Scope.EVERY : said;
    }
}
