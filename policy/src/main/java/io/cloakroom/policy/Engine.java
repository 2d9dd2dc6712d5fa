package io.cloakroom.policy;

import io.cloakroom.policy.Decision.Hold;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Month;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
        Case one = new Case(event, person, policy.get(), rules, today, now);
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
        return rules == null
                ? List.of()
                : rules.accesses().stream()
                        .<Decision>map(a -> Withhold.by(rule, a.recipient()))
                        .toList();
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
        private final long now;
        private final Set<String> stated;
        private final boolean isAct;
        private Age age;

        Case(Event event, Person person, Policy policy, EventRules rules, Policy today, long now) {
            this.event = event;
            this.person = person;
            this.policy = policy;
            this.rules = rules;
            this.today = today;
            this.now = now;
            this.stated = rules.stated(event.stated());
            this.isAct = rules.isAct(event.act());
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
            long allowing = 0;
            Answer first = null;
            Answer best = NOT_STATED;
            List<Purpose> purposes = access.purposes();
            for (int p = 0; p < purposes.size(); p++) {
                Answer answer = ask(purposes.get(p), access, current);
                if (answer.verdict() == Verdict.YES) {
                    allowing |= 1L << p;
                    first = first == null ? answer : first;
                } else if (answer.step().compareTo(best.step()) > 0) {
                    best = answer;
                }
            }
            if (first != null) {
                return new Release(
                        access, current.recipient(), allowing, first.rule(), first.clause(), first.transition());
            }
            return best.verdict() == Verdict.HOLD
                    ? new Hold(access.recipient(), best.rule(), best.clause())
                    : new Withhold(access.recipient(), best.rule(), best.clause(), best.transition());
        }

        private Answer ask(Purpose purpose, Access access, Access current) {
            if (!stated.contains(purpose.id())) {
                return NOT_STATED;
            }
            if (current != access && !current.has(purpose.id())) {
                return no(Step.REGISTERED, Rule.NO_LONGER_REGISTERED, purpose);
            }
            if (purpose.adultsOnly() && age() == Age.MINOR) {
                return no(Step.AGE, Rule.MINOR, purpose);
            }
            Answer basis = basis(purpose);
            if (basis.verdict() == Verdict.NO) {
                return basis;
            }
            if (!policy.mayTransfer(event.country(), access.recipient(), event.occurredAt())
                    || !today.mayTransfer(event.country(), current.recipient(), now)) {
                return no(Step.REST, Rule.NO_SAFEGUARD, purpose);
            }
            if (purpose.unsubscribe() && event.unsubscribe().isBlank()) {
                return no(Step.REST, Rule.NO_UNSUBSCRIBE, purpose);
            }
            if (isAct && age() != Age.ADULT) {
                Rule rule = age() == Age.MINOR ? Rule.GUARDIAN_NEEDED : Rule.AGE_UNKNOWN;
                return new Answer(Step.HELD, Verdict.HOLD, rule, rule.clause(), Optional.empty());
            }
            return basis;
        }

        private Age age() {
            if (age == null) {
                age = person.birthDate().map(this::ageOfBirth).orElse(Age.UNKNOWN);
            }
            return age;
        }

        private Age ageOfBirth(LocalDate birthDate) {
            LocalDate day = Instant.ofEpochMilli(event.occurredAt())
                    .atZone(policy.zone())
                    .toLocalDate();
            return day.isBefore(adultOn(birthDate, policy.consentAge())) ? Age.MINOR : Age.ADULT;
        }

        private Answer basis(Purpose purpose) {
            return switch (purpose.basis()) {
                case CONTRACT -> yes(Rule.CONTRACT, purpose, Optional.empty());
                case LEGAL_OBLIGATION -> yes(Rule.LEGAL_OBLIGATION, purpose, Optional.empty());
                case CONSENT -> consent(purpose);
                case LEGITIMATE_INTEREST -> legitimateInterest(purpose);
            };
        }

        private Answer consent(Purpose purpose) {
            if (person.blocked()) {
                return no(Step.BASIS, Rule.UNDECIDED, purpose);
            }
            Scope scope = purpose.scope(event.brand(), event.channel(), event.collector());
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
            return refused == Preference.NEVER ? granted(purpose, scope, beaten) : refused(Rule.WITHDRAWN, refused);
        }

        private Answer granted(Purpose purpose, Scope scope, long beaten) {
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
            return granted == Preference.NEVER
                    ? no(Step.BASIS, reason, purpose)
                    : yes(Rule.CONSENT, purpose, Optional.of(new Transition(Transition.Kind.GRANT, granted)));
        }

        /** Nobody is asked first; who objects is heard, and a grant that was for a time ends no objection for good. */
        private Answer legitimateInterest(Purpose purpose) {
            if (person.blocked()) {
                return no(Step.BASIS, Rule.UNDECIDED, purpose);
            }
            Scope scope = purpose.scope(event.brand(), event.channel(), event.collector());
            long objected = Preference.NEVER;
            for (Preference preference : person.preferences()) {
                if (purpose.cut(preference.scope()).covers(scope)
                        && preference.refuses(event.occurredAt(), policy.notices())) {
                    objected = Math.max(objected, preference.refusedAt());
                }
            }
            return objected == Preference.NEVER
                    ? yes(Rule.LEGITIMATE_INTEREST, purpose, Optional.empty())
                    : refused(Rule.OBJECTED, objected);
        }

        private static Answer refused(Rule rule, long at) {
            Transition refusal = new Transition(Transition.Kind.REFUSAL, at);
            return new Answer(Step.BASIS, Verdict.NO, rule, rule.clause(), Optional.of(refusal));
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
            return new Answer(Step.REST, Verdict.YES, rule, purpose.clause(), transition);
        }

        private static Answer no(Step step, Rule rule, Purpose purpose) {
            String clause = rule.clause().equals(Rule.PURPOSES) ? purpose.clause() : rule.clause();
            return new Answer(step, Verdict.NO, rule, clause, Optional.empty());
        }
    }

    /** The day from which a person decides alone: 1 March, in a leap year too, for who is born on 29 February (C1). */
    static LocalDate adultOn(LocalDate birthDate, int years) {
        boolean onLeapDay = birthDate.getMonth() == Month.FEBRUARY && birthDate.getDayOfMonth() == 29;
        return (onLeapDay ? birthDate.plusDays(1) : birthDate).plusYears(years);
    }

    /** How far a purpose came; in the order in which it is asked; a hold being the nearest to a yes. */
    private enum Step {
        STATED,
        REGISTERED,
        AGE,
        BASIS,
        REST,
        HELD
    }

    private enum Age {
        UNKNOWN,
        MINOR,
        ADULT
    }

    private enum Verdict {
        YES,
        NO,
        HOLD
    }

    private record Answer(Step step, Verdict verdict, Rule rule, String clause, Optional<Transition> transition) {}

    private static final Answer NOT_STATED =
            new Answer(Step.STATED, Verdict.NO, Rule.NOT_STATED, Rule.NOT_STATED.clause(), Optional.empty());
}
