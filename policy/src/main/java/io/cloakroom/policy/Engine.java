package io.cloakroom.policy;

import io.cloakroom.policy.Decision.Hold;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.Person.Guardian;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.signals.Finding;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Decides. Pure: it looks at nothing but its arguments and the policy it was made with; it never throws and never returns
 * null.
 *
 * <p>The first no is the reason, and a no beats a hold. Where several purposes are asked, one yes releases; with no yes,
 * the purpose that came furthest gives the reason.
 */
public final class Engine {

    /** How far an event may lie ahead of its arrival, in milliseconds: clocks differ. */
    public static final long CLOCK_TOLERANCE = 5_000;

    /** An old event waits so long too, in milliseconds: what makes it a yes may be on its way. */
    static final long SHORTEST_HOLD = Duration.ofHours(1).toMillis();

    private final PolicyHistory history;

    public Engine(PolicyHistory history) {
        this.history = history;
    }

    public PolicyHistory history() {
        return history;
    }

    /**
     * @param now the gate's clock, milliseconds since the epoch: the version in force then can only narrow
     */
    public Judgement decide(Event event, Person person, long now) {
        return decide(event, person, now, now);
    }

    /**
     * Decides again what waits.
     *
     * @param since when it was first decided, milliseconds since the epoch
     */
    public Judgement decide(Event event, Person person, long since, long now) {
        return decide(event, person, since, now, UNHEARD);
    }

    /**
     * The same, heard while it is made.
     *
     * @param witness hears what each purpose comes to; none is asked of an event that is quarantined, or withheld whole
     */
    public Judgement decide(Event event, Person person, long since, long now, Witness witness) {
        Policy today = history.atOrFirst(now);
        Optional<Rule> fault = fault(event, history.at(event.occurredAt()).orElse(today));
        if (fault.isPresent()) {
            return quarantine(fault.get(), event.type(), now);
        }
        Optional<Policy> policy = history.at(event.occurredAt());
        if (policy.isEmpty()) {
            return new Judgement.Decided(policy, withholdAll(Rule.BEFORE_FIRST_VERSION, event.type(), now));
        }
        EventRules rules = policy.get().events().get(event.type());
        if (rules == null) {
            return new Judgement.Decided(policy, List.of());
        }
        if (event.occurredAt() <= person.erasedAt()) {
            return new Judgement.Decided(policy, withholdAll(Rule.ERASED, rules));
        }
        Case one = new Case(event, person, policy.get(), rules, today, since, now, witness);
        List<Decision> decisions = new ArrayList<>(rules.accesses().size());
        for (Access access : rules.accesses()) {
            decisions.add(one.decide(access));
        }
        return new Judgement.Decided(policy, decisions);
    }

    /** The judgement on an event of this type that nobody could read. */
    public Judgement quarantine(Rule rule, String type, long now) {
        return new Judgement.Quarantined(rule, withholdAll(rule, type, now));
    }

    private List<Decision> withholdAll(Rule rule, String type, long now) {
        EventRules rules = history.atOrFirst(now).events().get(type);
        return rules == null ? List.of() : withholdAll(rule, rules);
    }

    private static List<Decision> withholdAll(Rule rule, EventRules rules) {
        return rules.accesses().stream()
                .<Decision>map(a -> Withhold.by(rule, a.recipient()))
                .toList();
    }

    /**
     * What a change of a person forbids that others hold already (C25).
     *
     * @param person whose ledger is without it
     * @param recalls in the order of the ledger; one for each recipient, epoch, purpose and scope
     */
    public record Recalled(Person person, List<Recall> recalls) {
        public Recalled {
            recalls = List.copyOf(recalls);
        }
    }

    /**
     * A recipient must give up what it holds.
     *
     * @param before of events before this time, in milliseconds since the epoch; {@link Long#MAX_VALUE} for all
     * @param transition the refusal that counted
     */
    public record Recall(Holding holding, long before, Rule rule, Optional<Transition> transition) {}

    /**
     * @param before the person as it was when all that stands in its ledger was allowed
     * @param changed the person after the change
     * @param now the gate's clock, milliseconds since the epoch
     */
    public Recalled recall(Person before, Person changed, long now) {
        return changed.holdings().isEmpty()
                ? new Recalled(changed, List.of())
                : new Recaller(history, before, changed, now).recall();
    }

    /** All that anybody holds of a person, before it is erased. */
    public static Recalled recallAll(Person person) {
        return Recaller.recallAll(person);
    }

    private static Optional<Rule> fault(Event event, Policy policy) {
        if (!policy.brands().contains(event.brand())) {
            return Optional.of(Rule.UNKNOWN_BRAND);
        }
        if (!policy.surfaces().contains(event.surface())) {
            return Optional.of(Rule.UNKNOWN_SURFACE);
        }
        return event.occurredAt() > event.arrivedAt() + CLOCK_TOLERANCE
                ? Optional.of(Rule.DATED_AHEAD)
                : Optional.empty();
    }

    /** One event; what all recipients share is looked at once. */
    private static final class Case {
        private final Event event;
        private final Person person;
        private final Policy policy;
        private final EventRules rules;
        private final Policy today;
        private final long since;
        private final long now;
        private final Witness witness;
        private final Set<String> stated;
        private final boolean isAct;
        /** Those that count for this event. */
        private final List<Link> links;

        private Age age;

        Case(
                Event event,
                Person person,
                Policy policy,
                EventRules rules,
                Policy today,
                long since,
                long now,
                Witness witness) {
            this.event = event;
            this.person = person;
            this.policy = policy;
            this.rules = rules;
            this.today = today;
            this.since = since;
            this.now = now;
            this.witness = witness;
            this.stated = policy.stated(rules, event);
            this.isAct = rules.isAct(event.act());
            this.links = person.links().isEmpty() ? List.of() : connected();
        }

        private List<Link> connected() {
            List<Link> connected = new ArrayList<>();
            for (Link link : person.links()) {
                if (link.isConnectedAt(event.occurredAt())) {
                    connected.add(link);
                }
            }
            return connected;
        }

        Decision decide(Access access) {
            Access current = access;
            if (today != policy) {
                Optional<Access> still =
                        today.access(event.type(), access.recipient().id());
                if (still.isEmpty()) {
                    return Withhold.by(Rule.NO_LONGER_REGISTERED, access.recipient());
                }
                current = still.get();
            }
            if (now >= current.recipient().until()) {
                return Withhold.by(Rule.NO_LONGER_REGISTERED, access.recipient());
            }
            long allowing = 0;
            Answer first = null;
            Answer best = NOT_STATED;
            long deadline = Long.MIN_VALUE;
            List<Purpose> purposes = access.purposes();
            for (int p = 0; p < purposes.size(); p++) {
                Answer answer = ask(purposes.get(p), access, current);
                witness.hear(access, purposes.get(p), answer);
                if (answer.verdict() == Verdict.YES) {
                    allowing |= 1L << p;
                    first = first == null ? answer : first;
                } else {
                    deadline = Math.max(deadline, answer.deadline());
                    best = answer.step().compareTo(best.step()) > 0 ? answer : best;
                }
            }
            if (first != null) {
                return new Release(
                        access,
                        current.recipient(),
                        allowing,
                        first.rule(),
                        first.clause(),
                        first.transition(),
                        isAct,
                        completedAt());
            }
            return best.verdict() == Verdict.HOLD
                    ? new Hold(access.recipient(), best.rule(), best.clause(), deadline)
                    : new Withhold(access.recipient(), best.rule(), best.clause(), best.transition());
        }

        private Answer ask(Purpose purpose, Access access, Access current) {
            if (!stated.contains(purpose.id()) || purpose.lacksItem(event)) {
                return NOT_STATED;
            }
            if (!policy.isAllowedByPlatform(event, purpose.id())) {
                return no(Step.REGISTERED, Rule.PLATFORM_FORBIDS, purpose);
            }
            if (!policy.isOriginKnown(event)) {
                return no(Step.REGISTERED, Rule.ORIGIN_UNKNOWN, purpose);
            }
            if (current != access && !current.has(purpose.id())) {
                return no(Step.REGISTERED, Rule.NO_LONGER_REGISTERED, purpose);
            }
            if (purpose.adultsOnly() && isMinor()) {
                return no(Step.AGE, Rule.MINOR, purpose);
            }
            if (isAct && guardianEndedAt() != Guardian.NEVER) {
                return refused(Step.AGE, Rule.GUARDIAN_WITHDREW, guardianEndedAt());
            }
            Answer own = basis(purpose, access.recipient().grace());
            Answer basis = own.verdict() == Verdict.NO || links.isEmpty() ? own : heard(purpose, own);
            if (basis.verdict() == Verdict.NO) {
                return basis;
            }
            Finding signal = signal(purpose);
            if (signal.isNo()) {
                return no(purpose, signal);
            }
            if (!policy.mayTransfer(event.country(), access.recipient(), event.occurredAt())
                    || !today.mayTransfer(event.country(), current.recipient(), now)) {
                return no(Step.REST, Rule.NO_SAFEGUARD, purpose);
            }
            for (Condition condition : purpose.requires()) {
                if (!condition.isMet(event, rules, policy, current.recipient())) {
                    return no(Step.REST, condition.unmet(), purpose);
                }
            }
            if (isAct && age() != Age.ADULT && !isAgreed()) {
                Rule rule = age() == Age.MINOR ? Rule.GUARDIAN_NEEDED : Rule.AGE_UNKNOWN;
                return hold(
                        rule, rule.clause(), Math.max(policy.lastAgreement(event.occurredAt()), since + SHORTEST_HOLD));
            }
            return !links.isEmpty() && isUnanswered(purpose)
                    ? hold(Rule.LINK_UNANSWERED, Rule.LINK_UNANSWERED.clause(), since + SHORTEST_HOLD)
                    : basis;
        }

        /** What the event carries of the industry's signals can only narrow (T1). */
        private Finding signal(Purpose purpose) {
            return event.signals().isNone()
                    ? Finding.SILENT
                    : event.signals().about(purpose.signals(), event.collector(), event.occurredAt(), CLOCK_TOLERANCE);
        }

        private static Answer no(Purpose purpose, Finding signal) {
            Rule rule = signal.verdict() == Finding.Verdict.UNUSABLE ? Rule.SIGNAL_UNUSABLE : Rule.SIGNAL_REFUSED;
            return new Answer(Step.REST, Verdict.NO, rule, purpose.signals().clause(), Optional.empty(), NO_DEADLINE);
        }

        /** By the own birth date, or by that of somebody linked. */
        private boolean isMinor() {
            if (age() == Age.MINOR) {
                return true;
            }
            for (int i = 0; i < links.size(); i++) {
                if (links.get(i).news().map(News::minorUntil).orElse(News.UNKNOWN) > event.occurredAt()) {
                    return true;
                }
            }
            return false;
        }

        /** The last withdrawal of a guardian that stands against this act. */
        private long guardianEndedAt() {
            long ended = Guardian.NEVER;
            if (person.guardian().endedFor(event.occurredAt()) && age() != Age.ADULT) {
                ended = person.guardian().endedAt();
            }
            for (int i = 0; i < links.size(); i++) {
                long heard = links.get(i).news().map(News::guardianEndedAt).orElse(Guardian.NEVER);
                if (heard >= event.occurredAt()) {
                    ended = Math.max(ended, heard);
                }
            }
            return ended;
        }

        /** Whether a guardian agreed in time; one that comes after the act completes it. */
        private boolean isAgreed() {
            OptionalLong agreed = person.guardian().agreedAt();
            return agreed.isPresent() && agreed.getAsLong() <= policy.lastAgreement(event.occurredAt());
        }

        private OptionalLong completedAt() {
            if (!isAct || age() == Age.ADULT) {
                return OptionalLong.empty();
            }
            OptionalLong agreed = person.guardian().agreedAt();
            return agreed.isPresent() && agreed.getAsLong() > event.occurredAt() ? agreed : OptionalLong.empty();
        }

        /** What came over links can only narrow, and only where the person is asked at all (C26, T12). */
        private Answer heard(Purpose purpose, Answer own) {
            if (!purpose.asksThePerson()) {
                return own;
            }
            Scope scope = purpose.scope(event);
            long refused = Preference.NEVER;
            for (Link link : links) {
                if (link.news().isEmpty()) {
                    continue;
                }
                if (link.news().get().blocked()) {
                    return no(Step.BASIS, Rule.UNDECIDED, purpose);
                }
                for (News.Refused refusal : link.news().get().refusals()) {
                    if (event.occurredAt() < refusal.endsAt()
                            && purpose.cut(refusal.scope()).covers(scope)) {
                        refused = Math.max(refused, refusal.at());
                    }
                }
            }
            return refused == Preference.NEVER ? own : refused(Step.BASIS, purpose.refusedBy(), refused);
        }

        private boolean isUnanswered(Purpose purpose) {
            if (!purpose.asksThePerson() && !purpose.adultsOnly()) {
                return false;
            }
            for (Link link : links) {
                if (link.news().isEmpty()) {
                    return true;
                }
            }
            return false;
        }

        private Age age() {
            if (age == null) {
                age = person.birthDate().map(this::ageOfBirth).orElse(Age.UNKNOWN);
            }
            return age;
        }

        private Age ageOfBirth(LocalDate birthDate) {
            return policy.isAdult(birthDate, event.occurredAt()) ? Age.ADULT : Age.MINOR;
        }

        private Answer basis(Purpose purpose, long grace) {
            return switch (purpose.basis()) {
                case CONTRACT -> yes(Rule.CONTRACT, purpose, Optional.empty());
                case LEGAL_OBLIGATION -> yes(Rule.LEGAL_OBLIGATION, purpose, Optional.empty());
                case CONSENT -> consent(purpose, grace == 0 ? NO_DEADLINE : event.arrivedAt() + grace);
                case LEGITIMATE_INTEREST -> legitimateInterest(purpose);
            };
        }

        /** @param graceEnd until when a consent that was overtaken is waited for */
        private Answer consent(Purpose purpose, long graceEnd) {
            if (person.blocked()) {
                return no(Step.BASIS, Rule.UNDECIDED, purpose);
            }
            Scope scope = purpose.scope(event);
            long refused = Preference.NEVER;
            long beaten = Preference.NEVER;
            for (Preference preference : person.preferences()) {
                if (purpose.cut(preference.scope()).covers(scope)) {
                    beaten = Math.max(beaten, preference.refusedAt());
                    if (preference.refuses(event.occurredAt())) {
                        refused = Math.max(refused, preference.refusedAt());
                    }
                }
            }
            return refused == Preference.NEVER
                    ? granted(purpose, scope, beaten, graceEnd)
                    : refused(Step.BASIS, Rule.WITHDRAWN, refused);
        }

        private Answer granted(Purpose purpose, Scope scope, long beaten, long graceEnd) {
            Rule reason = Rule.NEVER_ASKED;
            long granted = Preference.NEVER;
            for (Preference preference : person.preferences()) {
                if (!preference.scope().equals(scope)) {
                    continue;
                }
                for (Opening opening : preference.openings()) {
                    if (opening.kind() == Opening.Kind.LIFT || opening.isBeatenBy(beaten)) {
                        continue;
                    }
                    Rule rule = rule(opening);
                    if (rule == Rule.CONSENT) {
                        granted = Math.max(granted, opening.at());
                    } else if (rule.compareTo(reason) > 0) {
                        reason = rule;
                    }
                }
            }
            if (granted != Preference.NEVER) {
                return yes(Rule.CONSENT, purpose, Optional.of(new Transition(Transition.Kind.GRANT, granted)));
            }
            return now < graceEnd
                    ? hold(Rule.CONSENT_AWAITED, purpose.clause(), graceEnd)
                    : no(Step.BASIS, reason, purpose);
        }

        /** Nobody is asked first; who objects is heard, and a grant that was for a time ends no objection for good. */
        private Answer legitimateInterest(Purpose purpose) {
            if (person.blocked()) {
                return no(Step.BASIS, Rule.UNDECIDED, purpose);
            }
            Scope scope = purpose.scope(event);
            long objected = Preference.NEVER;
            for (Preference preference : person.preferences()) {
                if (purpose.cut(preference.scope()).covers(scope)
                        && preference.refuses(event.occurredAt(), policy.notices())) {
                    objected = Math.max(objected, preference.refusedAt());
                }
            }
            return objected == Preference.NEVER
                    ? yes(Rule.LEGITIMATE_INTEREST, purpose, Optional.empty())
                    : refused(Step.BASIS, Rule.OBJECTED, objected);
        }

        private Answer hold(Rule rule, String clause, long deadline) {
            return now < deadline
                    ? new Answer(Step.HELD, Verdict.HOLD, rule, clause, Optional.empty(), deadline)
                    : new Answer(Step.REST, Verdict.NO, Rule.HOLD_EXPIRED, clause, Optional.empty(), NO_DEADLINE);
        }

        private static Answer refused(Step step, Rule rule, long at) {
            Transition refusal = new Transition(Transition.Kind.REFUSAL, at);
            return new Answer(step, Verdict.NO, rule, rule.clause(), Optional.of(refusal), NO_DEADLINE);
        }

        /** What one grant says of this event; the rules stand in the order of how near they come to a yes. */
        private Rule rule(Opening grant) {
            if (grant.at() > event.occurredAt()) {
                return Rule.NOT_YET;
            } else if (event.occurredAt() >= grant.expiresAt()) {
                return Rule.EXPIRED;
            }
            return policy.notices().contains(grant.notice()) ? Rule.CONSENT : Rule.STALE;
        }

        private static Answer yes(Rule rule, Purpose purpose, Optional<Transition> transition) {
            return new Answer(Step.REST, Verdict.YES, rule, purpose.clause(), transition, NO_DEADLINE);
        }

        private static Answer no(Step step, Rule rule, Purpose purpose) {
            String clause = rule.clause().equals(Rule.PURPOSES) ? purpose.clause() : rule.clause();
            return new Answer(step, Verdict.NO, rule, clause, Optional.empty(), NO_DEADLINE);
        }
    }

    /** How far a purpose came; in the order in which it is asked; a hold being the nearest to a yes. */
    public enum Step {
        STATED,
        REGISTERED,
        AGE,
        BASIS,
        REST,
        HELD
    }

    /** Hears what the purposes of a recipient come to, in the order in which they are asked. */
    public interface Witness {
        void hear(Access access, Purpose purpose, Answer answer);
    }

    private static final Witness UNHEARD = (access, purpose, answer) -> {};

    private enum Age {
        UNKNOWN,
        MINOR,
        ADULT
    }

    public enum Verdict {
        YES,
        NO,
        HOLD
    }

    private static final long NO_DEADLINE = Long.MIN_VALUE;

    /**
     * What one purpose came to.
     *
     * @param step the last one asked: nothing spoke against it in those before
     * @param deadline first instant at which a hold is over, in milliseconds since the epoch
     */
    public record Answer(
            Step step, Verdict verdict, Rule rule, String clause, Optional<Transition> transition, long deadline) {}

    private static final Answer NOT_STATED = new Answer(
            Step.STATED, Verdict.NO, Rule.NOT_STATED, Rule.NOT_STATED.clause(), Optional.empty(), NO_DEADLINE);
}
