package io.cloakroom.streams.histories;

import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.histories.Step.Age;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Garbage;
import io.cloakroom.streams.histories.Step.Guardian;
import io.cloakroom.streams.histories.Step.Link;
import io.cloakroom.streams.histories.Step.Said;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What has reached one subject's partition about it, in the order of arrival, and what follows from it. Every answer loops
 * over the whole list.
 */
record Known(PolicyHistory policies, String subject, List<Heard> all) {

    static final long NEVER = Long.MIN_VALUE;
    static final long FOR_EVER = Step.FOR_EVER;
    /** By so much clocks may differ. */
    static final long TOLERANCE = 5_000;
    /** So long after an act a guardian may still agree. */
    static final long TERM = Duration.ofDays(30).toMillis();
    /** So long everything waits at least. */
    static final long HOUR = Duration.ofHours(1).toMillis();

    sealed interface Heard {}

    /** A control record about the subject itself. */
    record Own(long arrivedAt, Step.Control step) implements Heard {}

    /** From the other side of a link. There are no transitions when only what the sender stated has changed. */
    record FromOther(String from, List<Transition> transitions, News news) implements Heard {}

    /** The other side of a link was erased. */
    record Gone(String from) implements Heard {}

    record Transition(long at, boolean connected) {}

    /** What the sender of news stated itself. */
    record News(List<Refusal> refusals, long minorUntil, long guardianEndedAt, boolean blocked) {}

    record Refusal(Scope scope, long at, long endsAt) {}

    /** What ends a refusal. */
    record Opening(boolean isLift, long at, String notice, long expires) {}

    Known {
        all = List.copyOf(all);
    }

    Known and(Heard more) {
        return new Known(
                policies, subject, Stream.concat(all.stream(), Stream.of(more)).toList());
    }

    /** Things dated ahead count from when clocks can have meant. */
    private static long clamped(long at, long arrivedAt) {
        return Math.min(at, arrivedAt + TOLERANCE);
    }

    private static boolean isAhead(long at, long arrivedAt) {
        return at > arrivedAt + TOLERANCE;
    }

    // Erasure.

    /** The latest time of which an erasure was asked. */
    long erasedAt() {
        long latest = NEVER;
        for (Heard heard : all) {
            if (heard instanceof Own own && own.step() instanceof Erasure erasure) {
                latest = Math.max(latest, clamped(erasure.at(), own.arrivedAt()));
            }
        }
        return latest;
    }

    /** What is left: what arrived after the last erasure arrived. Refusals are asked of {@link #all}. */
    private List<Heard> left() {
        List<Heard> left = new ArrayList<>();
        for (Heard heard : all) {
            if (heard instanceof Own own && own.step() instanceof Erasure) {
                left.clear();
            } else {
                left.add(heard);
            }
        }
        return left;
    }

    // Preferences.

    private record Statement(long arrivedAt, Said said, Purpose purpose, Scope scope) {

        boolean isRefusal() {
            return said.kind() == Said.Kind.WITHDRAWAL || said.kind() == Said.Kind.OBJECTION;
        }

        /** What opens may not be dated ahead, and a grant is for one brand, channel and collector, under a notice. */
        boolean isTaken() {
            return switch (said.kind()) {
                case WITHDRAWAL, OBJECTION -> true;
                case LIFT -> !isAhead(said.at(), arrivedAt);
                case GRANT, IMPORT ->
                    !isAhead(said.at(), arrivedAt) && !said.notice().isEmpty() && isWhole();
            };
        }

        private boolean isWhole() {
            return purpose.scope().stream().noneMatch(dimension -> switch (dimension) {
                case BRAND -> scope.brand().isEmpty();
                case CHANNEL -> scope.channel().isEmpty();
                case COLLECTOR -> scope.collector().isEmpty();
            });
        }
    }

    private List<Statement> statements(List<Heard> of) {
        List<Statement> statements = new ArrayList<>();
        for (Heard heard : of) {
            if (heard instanceof Own own && own.step() instanceof Said said) {
                Purpose purpose = policies.atOrFirst(own.arrivedAt()).purposes().get(said.purpose());
                Scope scope = purpose.scope(said.brand(), said.channel(), said.collector());
                Statement statement = new Statement(own.arrivedAt(), said, purpose, scope);
                if (statement.isTaken()) {
                    statements.add(statement);
                }
            }
        }
        return statements;
    }

    /** The scopes that were ever refused, by a refusal that no erasure forgets. */
    private Set<Scope> refused() {
        Set<Scope> scopes = new LinkedHashSet<>();
        for (Statement statement : statements(all)) {
            if (statement.isRefusal()) {
                scopes.add(statement.scope());
            }
        }
        return scopes;
    }

    private long lastRefusal(Scope scope) {
        long last = NEVER;
        for (Statement statement : statements(all)) {
            if (statement.isRefusal() && statement.scope().equals(scope)) {
                last = Math.max(last, clamped(statement.said().at(), statement.arrivedAt()));
            }
        }
        return last;
    }

    /** The person's own lifts and grants of exactly this scope after its last refusal, and after an erasure. */
    private List<Opening> openings(Scope scope) {
        List<Opening> openings = new ArrayList<>();
        for (Statement statement : statements(left())) {
            Said said = statement.said();
            boolean opens = said.kind() == Said.Kind.LIFT || said.kind() == Said.Kind.GRANT;
            if (opens && statement.scope().equals(scope) && said.at() > lastRefusal(scope) && said.at() > erasedAt()) {
                openings.add(new Opening(said.kind() == Said.Kind.LIFT, said.at(), said.notice(), said.expires()));
            }
        }
        return openings;
    }

    /** Whether the subject's own refusals refuse this at a time: each scope that covers it must be open itself. */
    boolean refuses(Scope scope, long t) {
        return isShut(scope, t, opening -> true);
    }

    /** As {@link #refuses}, for a legitimate interest: a grant that does not count ends no objection. */
    boolean objects(Scope scope, long t, Set<String> notices) {
        return isShut(
                scope, t, opening -> opening.isLift() || (t < opening.expires() && notices.contains(opening.notice())));
    }

    private boolean isShut(Scope scope, long t, Predicate<Opening> counts) {
        for (Scope wider : refused()) {
            boolean isOpen = false;
            for (Opening opening : openings(wider)) {
                isOpen |= opening.at() <= t && counts.test(opening);
            }
            if (wider.covers(scope) && !isOpen) {
                return true;
            }
        }
        return false;
    }

    /** Why a purpose that needs consent may not be served; nothing if it may. */
    Set<Why> consent(Scope scope, long t, Set<String> notices) {
        boolean isRefused = refuses(scope, t);
        Set<Why> nos = isRefused ? EnumSet.of(Why.WITHDRAWN) : EnumSet.noneOf(Why.class);
        for (Said grant : unbeatenGrants(scope)) {
            boolean isStale = !notices.contains(grant.notice());
            boolean isExpired = grant.expires() <= t;
            if (grant.at() > t) {
                nos.add(isRefused ? Why.WITHDRAWN : Why.NOT_YET);
            } else if (!isRefused && !isStale && !isExpired) {
                return Set.of();
            } else {
                if (isStale) {
                    nos.add(Why.STALE);
                }
                if (isExpired) {
                    nos.add(Why.EXPIRED);
                }
            }
        }
        return nos.isEmpty() ? Set.of(Why.NEVER_ASKED) : nos;
    }

    /** Whether a refusal has beaten every grant that there was by a time, so that its end alone revives none. */
    boolean lostConsent(Scope scope, long t) {
        return refused().stream().anyMatch(wider -> wider.covers(scope))
                && unbeatenGrants(scope).stream().noneMatch(grant -> grant.at() <= t);
    }

    /** Grants of the scope after every refusal that covers it; imports only where nobody ever refused or asked for erasure. */
    private List<Said> unbeatenGrants(Scope scope) {
        List<Said> grants = new ArrayList<>();
        for (Statement statement : statements(left())) {
            Said said = statement.said();
            boolean isImport = said.kind() == Said.Kind.IMPORT;
            boolean isGrant = isImport || said.kind() == Said.Kind.GRANT;
            if (isGrant && statement.scope().equals(scope)) {
                long beatenUntil = erasedAt();
                for (Scope wider : refused()) {
                    beatenUntil = wider.covers(scope) ? Math.max(beatenUntil, lastRefusal(wider)) : beatenUntil;
                }
                if (isImport ? beatenUntil == NEVER : said.at() > beatenUntil) {
                    grants.add(said);
                }
            }
        }
        return grants;
    }

    boolean blocked() {
        for (Heard heard : left()) {
            if (heard instanceof Own own && own.step() instanceof Garbage) {
                return true;
            }
        }
        return false;
    }

    // Age.

    Optional<LocalDate> birth() {
        Optional<LocalDate> birth = Optional.empty();
        long statedAt = NEVER;
        for (Heard heard : left()) {
            if (heard instanceof Own own && own.step() instanceof Age age) {
                long at = clamped(age.at(), own.arrivedAt());
                LocalDate born = LocalDate.parse(age.born());
                if (at > statedAt || (at == statedAt && born.isAfter(birth.orElseThrow()))) {
                    birth = Optional.of(born);
                    statedAt = at;
                }
            }
        }
        return birth;
    }

    private static LocalDate adultDay(LocalDate born, Policy policy) {
        LocalDate birthday = born.plusYears(policy.consentAge());
        boolean isLeapling = born.getMonthValue() == 2 && born.getDayOfMonth() == 29;
        return isLeapling ? LocalDate.of(birthday.getYear(), 3, 1) : birthday;
    }

    private boolean isAdult(LocalDate born, long t) {
        Policy policy = policies.atOrFirst(t);
        LocalDate day = Instant.ofEpochMilli(t).atZone(policy.zone()).toLocalDate();
        return !day.isBefore(adultDay(born, policy));
    }

    boolean knownMinor(long t) {
        return birth().isPresent() && !isAdult(birth().get(), t);
    }

    boolean knownAdult(long t) {
        return birth().isPresent() && isAdult(birth().get(), t);
    }

    /** First instant of being adult; NEVER while no birth is known. */
    long minorUntil() {
        Policy policy = policies.versions().get(0);
        ZoneId zone = policy.zone();
        return birth().map(born ->
                        adultDay(born, policy).atStartOfDay(zone).toInstant().toEpochMilli())
                .orElse(NEVER);
    }

    // Guardians.

    long guardianEndedAt() {
        long ended = NEVER;
        for (Heard heard : left()) {
            if (heard instanceof Own own
                    && own.step() instanceof Guardian guardian
                    && guardian.kind() == Guardian.Kind.GUARDIAN_WITHDRAWAL) {
                ended = Math.max(ended, clamped(guardian.at(), own.arrivedAt()));
            }
        }
        return ended;
    }

    private List<Long> agreements() {
        List<Long> agreements = new ArrayList<>();
        for (Heard heard : left()) {
            if (heard instanceof Own own
                    && own.step() instanceof Guardian guardian
                    && guardian.kind() == Guardian.Kind.GUARDIAN_AGREEMENT
                    && guardian.at() > erasedAt()
                    && isTaken(guardian, own.arrivedAt())) {
                agreements.add(guardian.at());
            }
        }
        return agreements;
    }

    private boolean isTaken(Guardian agreement, long arrivedAt) {
        return agreement.guardian().matches("(customer|cookie|device):.+")
                && !agreement.guardian().equals(subject)
                && !agreement.verified().isEmpty()
                && !agreement.born().isEmpty()
                && isAdult(LocalDate.parse(agreement.born()), agreement.at())
                && !isAhead(agreement.at(), arrivedAt);
    }

    enum Guarded {
        AGREED,
        ENDED,
        OPEN
    }

    /** What the guardians say to an act at a time. */
    Guarded guarded(long t) {
        long ended = guardianEndedAt();
        if (ended != NEVER && ended >= t) {
            return Guarded.ENDED;
        }
        for (long agreed : agreements()) {
            boolean inForce = agreed <= t;
            boolean completes = t < agreed && agreed <= t + TERM;
            if (agreed > ended && (inForce || completes)) {
                return Guarded.AGREED;
            }
        }
        return Guarded.OPEN;
    }

    // Links.

    /** What this link record of the subject's own says, if it is taken. */
    static Optional<Transition> transition(Own own) {
        if (!(own.step() instanceof Link link)) {
            return Optional.empty();
        }
        boolean connects = link.kind() == Link.Kind.CONNECTED;
        return connects || !isAhead(link.at(), own.arrivedAt())
                ? Optional.of(new Transition(clamped(link.at(), own.arrivedAt()), connects))
                : Optional.empty();
    }

    private static List<Transition> transitions(Heard heard, String other) {
        if (heard instanceof FromOther from && from.from().equals(other)) {
            return from.transitions();
        }
        return heard instanceof Own own
                        && own.step() instanceof Link link
                        && link.customer().equals(other)
                ? transition(own).stream().toList()
                : List.of();
    }

    /** Everybody on the other side of a link. */
    Set<String> others() {
        Set<String> others = new LinkedHashSet<>();
        for (Heard heard : left()) {
            if (heard instanceof FromOther from) {
                others.add(from.from());
            }
            if (heard instanceof Own own && own.step() instanceof Link link) {
                others.add(link.customer());
            }
        }
        others.removeIf(other -> transitions(other).isEmpty());
        return others;
    }

    /** What is left with another: what arrived after it was last erased. */
    private List<Heard> leftWith(String other) {
        List<Heard> left = new ArrayList<>();
        for (Heard heard : left()) {
            if (heard instanceof Gone gone && gone.from().equals(other)) {
                left.clear();
            } else {
                left.add(heard);
            }
        }
        return left;
    }

    List<Transition> transitions(String other) {
        List<Transition> transitions = new ArrayList<>();
        for (Heard heard : leftWith(other)) {
            transitions.addAll(transitions(heard, other));
        }
        return transitions;
    }

    boolean connected(String other, long t) {
        Optional<Transition> latest = transitions(other).stream()
                .filter(transition -> transition.at() <= t)
                .max(Comparator.comparing(Transition::at).thenComparing(Transition::connected));
        return latest.isPresent() && latest.get().connected();
    }

    /** The latest that came from the other side of a link since there is one. */
    Optional<News> newsOf(String other) {
        Optional<News> latest = Optional.empty();
        boolean isLinked = false;
        for (Heard heard : leftWith(other)) {
            isLinked |= !transitions(heard, other).isEmpty();
            if (isLinked && heard instanceof FromOther from && from.from().equals(other)) {
                latest = Optional.of(from.news());
            }
        }
        return latest;
    }

    /** What the others are told of this subject: what it stated itself and nothing that came over a link. */
    News news() {
        List<Refusal> refusals = new ArrayList<>();
        for (Scope scope : refused()) {
            long endsAt = FOR_EVER;
            for (Opening opening : openings(scope)) {
                endsAt = Math.min(endsAt, opening.at());
            }
            refusals.add(new Refusal(scope, lastRefusal(scope), endsAt));
        }
        return new News(refusals, minorUntil(), guardianEndedAt(), blocked());
    }

    /** Whether news refuse this at a time. */
    static boolean refuses(News news, Purpose purpose, Scope scope, long t) {
        for (Refusal refusal : news.refusals()) {
            Scope refused = refusal.scope();
            Scope cut = refused.purpose().equals(purpose.id())
                    ? purpose.scope(refused.brand(), refused.channel(), refused.collector())
                    : refused;
            if (cut.covers(scope) && t < refusal.endsAt()) {
                return true;
            }
        }
        return false;
    }

    /** Every time at which one of the answers can change. */
    Set<Long> borders() {
        Set<Long> borders = new TreeSet<>();
        for (Statement statement : statements(left())) {
            borders.add(statement.said().at());
        }
        borders.add(minorUntil());
        for (String other : others()) {
            transitions(other).forEach(transition -> borders.add(transition.at()));
            newsOf(other).ifPresent(news -> {
                borders.add(news.minorUntil());
                borders.add(news.guardianEndedAt() + 1);
                news.refusals().forEach(refusal -> borders.add(refusal.endsAt()));
            });
        }
        borders.remove(FOR_EVER);
        return borders;
    }

    static boolean asksTheSubject(Purpose purpose) {
        return purpose.basis() == Basis.CONSENT || purpose.basis() == Basis.LEGITIMATE_INTEREST;
    }
}
