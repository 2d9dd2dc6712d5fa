package io.cloakroom.streams.histories;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Condition;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Safeguard;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.histories.Known.FromOther;
import io.cloakroom.streams.histories.Known.Gone;
import io.cloakroom.streams.histories.Known.Heard;
import io.cloakroom.streams.histories.Known.News;
import io.cloakroom.streams.histories.Known.Own;
import io.cloakroom.streams.histories.Known.Transition;
import io.cloakroom.streams.histories.Step.Control;
import io.cloakroom.streams.histories.Step.Delivery;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Passing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The gate once more, written to be obviously right and not to be fast: a list of everything that happened, no stores, no
 * Kafka. What it says of an event follows from what its subject's partition has heard by then.
 */
final class NaiveModel implements Gate {

    private static final long FOR_EVER = Known.FOR_EVER;
    private static final int MOST_WAITING = 16;
    private static final long LOOK = Duration.ofSeconds(1).toMillis();

    private final PolicyHistory policies;
    private final List<HeardBy> heard = new ArrayList<>();
    private final List<Sent> sent = new ArrayList<>();
    private final List<Arrived> arrived = new ArrayList<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<Recall> recalls = new ArrayList<>();
    private final List<Entry> ledger = new ArrayList<>();
    private final Map<Arrived, Long> nextLooks = new LinkedHashMap<>();
    private long clock = History.START;
    private int position;

    NaiveModel(PolicyHistory policies) {
        this.policies = policies;
    }

    private record HeardBy(String subject, Heard heard) {}

    private record Sent(String from, String to, Heard message) {}

    private record Arrived(int position, long at, Event event) {}

    /** Who holds what since when; a recall leaves it from {@code since} on, and for ever means nothing. */
    private record Entry(Holding holding, boolean recalled, long since) {}

    record Holding(String subject, String recipient, int epoch, Scope scope, boolean act) {}

    @Override
    public List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    @Override
    public List<Recall> recalls() {
        return List.copyOf(recalls);
    }

    @Override
    public void happen(int at, Step step) {
        position = at;
        if (step instanceof Event event) {
            arrive(new Arrived(at, clock, event));
        } else if (step instanceof Control control) {
            hear(control);
        } else if (step instanceof Delivery delivery) {
            deliver(delivery);
        } else {
            pass(((Passing) step).time().toMillis());
        }
    }

    @Override
    public void settle(int at) {
        position = at;
        while (!sent.isEmpty()) {
            deliver(new Delivery(sent.get(0).from(), sent.get(0).to()));
        }
    }

    Known known(String subject) {
        return new Known(
                policies,
                subject,
                heard.stream()
                        .filter(h -> h.subject().equals(subject))
                        .map(HeardBy::heard)
                        .toList());
    }

    // Control records and what crosses links.

    private void hear(Control step) {
        Known before = known(step.subject());
        Own own = new Own(clock, step);
        heard.add(new HeardBy(step.subject(), own));
        Known after = known(step.subject());
        if (step instanceof Erasure) {
            before.others().forEach(other -> sent.add(new Sent(step.subject(), other, new Gone(step.subject()))));
            recall(step.subject(), holding -> FOR_EVER);
            endHolds(step.subject());
            return;
        }
        if (Known.transition(own).isPresent() && step instanceof Step.Link link) {
            tell(after, link.customer(), after.transitions(link.customer()));
        }
        if (!after.news().equals(before.news())) {
            after.others().forEach(other -> tell(after, other, List.of()));
        }
        recall(step.subject(), holding -> allowedFrom(before, after, holding));
        lookAgain(step.subject());
    }

    private void tell(Known from, String to, List<Transition> transitions) {
        sent.add(new Sent(from.subject(), to, new FromOther(from.subject(), transitions, from.news())));
    }

    private void deliver(Delivery delivery) {
        List<Sent> due = sent.stream()
                .filter(s -> s.from().equals(delivery.from()) && s.to().equals(delivery.to()))
                .toList();
        sent.removeAll(due);
        for (Sent message : due) {
            hear(message);
        }
    }

    private void hear(Sent message) {
        String subject = message.to();
        Known before = known(subject);
        if (isForgotten(before, message)) {
            sent.add(new Sent(subject, message.from(), new Gone(subject)));
            return;
        }
        heard.add(new HeardBy(subject, message.message()));
        Known after = known(subject);
        if (!before.others().contains(message.from()) && !after.others().contains(message.from())) {
            return;
        }
        if (message.message() instanceof FromOther news && !news.transitions().isEmpty()) {
            tell(after, message.from(), List.of());
        }
        recall(subject, holding -> allowedFrom(before, after, holding));
        lookAgain(subject);
    }

    /** A link of which nothing is known, and which is not there any more since an erasure. */
    private static boolean isForgotten(Known before, Sent message) {
        return message.message() instanceof FromOther news
                && !news.transitions().isEmpty()
                && !before.others().contains(message.from())
                && news.transitions().stream().allMatch(transition -> transition.at() <= before.erasedAt());
    }

    // Events and holds.

    private void arrive(Arrived event) {
        boolean isFull = waiting(event.event().subject()) >= MOST_WAITING;
        arrived.add(event);
        for (Access access : accesses(event)) {
            Verdict verdict = decide(event, access);
            become(event, access, verdict.isHold() && isFull ? Verdict.withhold(Set.of(Why.HOLDS_FULL)) : verdict);
        }
        lookAgain(event);
    }

    private List<Access> accesses(Arrived event) {
        Policy then = policies.atOrFirst(event.event().at());
        EventRules rules = then.events().get(event.event().type());
        return rules == null ? List.of() : rules.accesses();
    }

    private void become(Arrived event, Access access, Verdict verdict) {
        outcomes.add(new Outcome(event.position(), position, access.recipient().id(), verdict));
        if (verdict.kind() == Verdict.Kind.RELEASE) {
            hold(event, access, verdict);
        }
    }

    /** First instant at which this is waited for no more. */
    private static long deadline(Arrived event, Recipient recipient, Why why) {
        return switch (why) {
            case GUARDIAN_NEEDED, AGE_UNKNOWN -> Math.max(event.event().at() + Known.TERM, event.at() + Known.HOUR);
            case LINK_UNANSWERED -> event.at() + Known.HOUR;
            case CONSENT_AWAITED -> event.at() + recipient.grace();
            default -> throw new IllegalArgumentException("nobody waits for " + why);
        };
    }

    /** How many events of somebody wait. */
    private long waiting(String subject) {
        return arrived.stream()
                .filter(event -> event.event().subject().equals(subject))
                .filter(event -> accesses(event).stream()
                        .anyMatch(access -> isHeld(event, access.recipient().id())))
                .count();
    }

    private boolean isHeld(Arrived event, String recipient) {
        boolean held = false;
        for (Outcome outcome : outcomes) {
            if (outcome.event() == event.position() && outcome.recipient().equals(recipient)) {
                held = outcome.verdict().isHold();
            }
        }
        return held;
    }

    private void lookAgain(String subject) {
        for (Arrived event : arrived) {
            if (event.event().subject().equals(subject)) {
                lookAgain(event);
            }
        }
    }

    /** Decides again for those who wait, and notes when the first of them has waited for long enough. */
    private void lookAgain(Arrived event) {
        long first = FOR_EVER;
        for (Access access : accesses(event)) {
            if (isHeld(event, access.recipient().id())) {
                Verdict verdict = decide(event, access);
                if (verdict.isHold()) {
                    long last = Known.NEVER;
                    for (Why why : verdict.reasons()) {
                        last = Math.max(last, deadline(event, access.recipient(), why));
                    }
                    first = Math.min(first, last);
                } else {
                    become(event, access, verdict);
                }
            }
        }
        nextLooks.put(event, first);
    }

    /** The gate looks once in a second whether anything has waited for long enough. */
    private void pass(long time) {
        long second = (clock - History.START) / LOOK;
        clock += time;
        if ((clock - History.START) / LOOK > second) {
            for (Arrived event : arrived) {
                if (nextLooks.get(event) <= clock) {
                    lookAgain(event);
                }
            }
        }
    }

    private void endHolds(String subject) {
        for (Arrived event : arrived) {
            for (Access access : accesses(event)) {
                if (event.event().subject().equals(subject)
                        && isHeld(event, access.recipient().id())) {
                    become(event, access, Verdict.withhold(Set.of(Why.ERASED)));
                }
            }
        }
    }

    // One decision.

    private Verdict decide(Arrived arrived, Access access) {
        Event event = arrived.event();
        if (event.at() > arrived.at() + Known.TOLERANCE) {
            return Verdict.withhold(Set.of(Why.DATED_AHEAD));
        }
        if (policies.at(event.at()).isEmpty()) {
            return Verdict.withhold(Set.of(Why.BEFORE_FIRST_VERSION));
        }
        List<Purpose> stated = access.purposes().stream()
                .filter(purpose -> states(event, purpose))
                .toList();
        if (stated.isEmpty()) {
            boolean isErased = event.at() <= known(event.subject()).erasedAt();
            return Verdict.withhold(isErased ? Set.of(Why.NOT_STATED, Why.ERASED) : Set.of(Why.NOT_STATED));
        }
        Set<String> allowing = new TreeSet<>();
        Set<Why> nos = EnumSet.noneOf(Why.class);
        Set<Why> holds = EnumSet.noneOf(Why.class);
        for (Purpose purpose : stated) {
            Answer answer = answer(arrived, access, purpose);
            if (!answer.nos().isEmpty()) {
                nos.addAll(answer.nos());
            } else if (!answer.holds().isEmpty()) {
                holds.addAll(answer.holds());
            } else {
                allowing.add(purpose.id());
            }
        }
        if (!allowing.isEmpty()) {
            return Verdict.release(allowing);
        }
        return holds.isEmpty() ? Verdict.withhold(nos) : Verdict.hold(holds);
    }

    /** Everything that speaks against one purpose; a no beats a hold. What is waited for stands in the order of {@link Why}. */
    record Answer(Set<Why> nos, Set<Why> holds) {
        Answer() {
            this(EnumSet.noneOf(Why.class), EnumSet.noneOf(Why.class));
        }
    }

    private Answer answer(Arrived arrived, Access access, Purpose purpose) {
        Event event = arrived.event();
        Answer answer = new Answer();
        Known known = known(event.subject());
        Policy then = policies.atOrFirst(event.at());
        Policy now = policies.atOrFirst(clock);
        Optional<Access> today = now.access(event.type(), access.recipient().id());
        if (today.isEmpty() || today.get().purposes().stream().noneMatch(p -> p.id().equals(purpose.id()))) {
            answer.nos().add(Why.NO_LONGER_REGISTERED);
        }
        if (event.at() <= known.erasedAt()) {
            answer.nos().add(Why.ERASED);
        }
        if (purpose.adultsOnly()) {
            askAge(answer, known, event.at());
        }
        if (isAct(event)) {
            askGuardians(answer, known, event.at());
        }
        if (Known.asksTheSubject(purpose)) {
            boolean inGrace = clock < deadline(arrived, access.recipient(), Why.CONSENT_AWAITED);
            askTheSubject(answer, known, purpose, event, then.notices(), inGrace);
        }
        if (!mayTransfer(then, access.recipient(), event.country(), event.at())
                || !mayTransfer(now, today.map(Access::recipient).orElse(access.recipient()), event.country(), clock)) {
            answer.nos().add(Why.NO_SAFEGUARD);
        }
        if (purpose.requires().contains(Condition.UNSUBSCRIBE_INSTRUCTION) && !isAct(event) && !event.unsubscribe()) {
            answer.nos().add(Why.NO_UNSUBSCRIBE);
        }
        if (answer.nos().isEmpty() && !answer.holds().isEmpty()) {
            Why first = answer.holds().iterator().next();
            answer.holds().retainAll(Set.of(first));
            if (deadline(arrived, access.recipient(), first) <= clock) {
                answer.nos().add(Why.HOLD_EXPIRED);
            }
        }
        return answer;
    }

    /** What speaks against a purpose of an event as things are known now; a hold is a no here. */
    Set<Why> against(int position, String recipient, String purpose) {
        Set<Why> against = EnumSet.noneOf(Why.class);
        for (Arrived event : arrived) {
            for (Access access : accesses(event)) {
                for (Purpose asked : access.purposes()) {
                    if (event.position() == position
                            && access.recipient().id().equals(recipient)
                            && asked.id().equals(purpose)) {
                        Answer answer = answer(event, access, asked);
                        against.addAll(answer.nos());
                        against.addAll(answer.holds());
                    }
                }
            }
        }
        return against;
    }

    private EventRules rules(Event event) {
        return policies.atOrFirst(event.at()).events().get(event.type());
    }

    private boolean states(Event event, Purpose purpose) {
        EventRules rules = rules(event);
        return rules.states().getOrDefault(event.states(), rules.otherwise()).contains(purpose.id());
    }

    private boolean isAct(Event event) {
        EventRules rules = rules(event);
        return rules.alwaysAct() || rules.actValues().contains(event.act());
    }

    private static void askAge(Answer answer, Known known, long t) {
        if (known.knownMinor(t)) {
            answer.nos().add(Why.MINOR);
        }
        for (String other : known.others()) {
            if (known.connected(other, t)) {
                Optional<News> news = known.newsOf(other);
                if (news.isEmpty()) {
                    answer.holds().add(Why.LINK_UNANSWERED);
                } else if (news.get().minorUntil() > t) {
                    answer.nos().add(Why.MINOR);
                }
            }
        }
    }

    private static void askGuardians(Answer answer, Known known, long t) {
        if (!known.knownAdult(t)) {
            switch (known.guarded(t)) {
                case AGREED -> {}
                case ENDED -> answer.nos().add(Why.GUARDIAN_WITHDREW);
                case OPEN -> answer.holds().add(known.knownMinor(t) ? Why.GUARDIAN_NEEDED : Why.AGE_UNKNOWN);
            }
        }
        for (String other : known.others()) {
            Optional<News> news = known.newsOf(other);
            if (known.connected(other, t)
                    && news.isPresent()
                    && news.get().guardianEndedAt() != Known.NEVER
                    && news.get().guardianEndedAt() >= t) {
                answer.nos().add(Why.GUARDIAN_WITHDREW);
            }
        }
    }

    private static void askTheSubject(
            Answer answer, Known known, Purpose purpose, Event event, Set<String> notices, boolean inGrace) {
        long t = event.at();
        Scope scope = scope(purpose, event);
        boolean isConsent = purpose.basis() == Basis.CONSENT;
        if (known.blocked()) {
            answer.nos().add(Why.UNDECIDED);
        }
        if (isConsent) {
            Set<Why> lacks = known.consent(scope, t, notices);
            boolean waits = inGrace && !lacks.isEmpty() && !lacks.contains(Why.WITHDRAWN);
            (waits ? answer.holds() : answer.nos()).addAll(waits ? Set.of(Why.CONSENT_AWAITED) : lacks);
        } else if (known.objects(scope, t, notices)) {
            answer.nos().add(Why.OBJECTED);
        }
        for (String other : known.others()) {
            if (known.connected(other, t)) {
                Optional<News> news = known.newsOf(other);
                if (news.isEmpty()) {
                    answer.holds().add(Why.LINK_UNANSWERED);
                    continue;
                }
                if (news.get().blocked()) {
                    answer.nos().add(Why.UNDECIDED);
                }
                if (Known.refuses(news.get(), purpose, scope, t)) {
                    answer.nos().add(isConsent ? Why.WITHDRAWN : Why.OBJECTED);
                }
            }
        }
    }

    private static Scope scope(Purpose purpose, Event event) {
        String collector = event.collector().isEmpty() ? event.brand() : event.collector();
        return purpose.scope(event.brand(), event.channel(), collector, Scope.EVERY);
    }

    private static boolean mayTransfer(Policy policy, Recipient recipient, String country, long time) {
        List<Safeguard> safeguards = new ArrayList<>(recipient.safeguards());
        safeguards.addAll(policy.adequacy().getOrDefault(recipient.region(), List.of()));
        return policy.eea().contains(recipient.region())
                || recipient.region().equals(country)
                || safeguards.stream().anyMatch(s -> s.from() <= time && time < s.until());
    }

    // The ledger and recalls.

    private void hold(Arrived arrived, Access access, Verdict release) {
        Event event = arrived.event();
        Policy now = policies.atOrFirst(clock);
        Recipient today = now.access(event.type(), access.recipient().id())
                .map(Access::recipient)
                .orElseThrow();
        for (Purpose purpose : access.purposes()) {
            if (release.purposes().contains(purpose.id())) {
                Scope scope = Known.asksTheSubject(purpose)
                        ? scope(purpose, event)
                        : new Scope(purpose.id(), Scope.EVERY, Scope.EVERY, Scope.EVERY);
                Holding holding = new Holding(event.subject(), today.id(), today.epoch(), scope, isAct(event));
                ledger.add(new Entry(holding, false, event.at()));
            }
        }
    }

    /** Who holds releases about a subject, and the earliest time from which. */
    private Map<Holding, Long> holdings(String subject) {
        Map<Holding, Long> holdings = new LinkedHashMap<>();
        for (Entry entry : ledger) {
            if (entry.holding().subject().equals(subject)) {
                if (entry.recalled()) {
                    holdings.remove(entry.holding());
                }
                if (entry.since() != FOR_EVER) {
                    holdings.merge(entry.holding(), entry.since(), Math::min);
                }
            }
        }
        return holdings;
    }

    private interface Check {
        /** The first time from which this may be held; for ever where never again. */
        long allowedFrom(Map.Entry<Holding, Long> holding);
    }

    private void recall(String subject, Check check) {
        Map<Recall, Long> before = new LinkedHashMap<>();
        holdings(subject).entrySet().forEach(held -> {
            long allowedFrom = check.allowedFrom(held);
            if (allowedFrom > held.getValue()) {
                before.merge(recallOf(held.getKey(), FOR_EVER), allowedFrom, Math::max);
            }
        });
        before.forEach((recall, until) -> {
            holdings(subject).forEach((holding, since) -> {
                if (recallOf(holding, FOR_EVER).equals(recall) && since < until) {
                    ledger.add(new Entry(holding, true, until));
                }
            });
            recalls.add(new Recall(position, subject, recall.recipient(), recall.epoch(), recall.scope(), until));
        });
    }

    /** Nobody can tell acts from other events. */
    private Recall recallOf(Holding holding, long before) {
        return new Recall(position, holding.subject(), holding.recipient(), holding.epoch(), holding.scope(), before);
    }

    /** What was forbidden before was withheld since, and recalled. */
    private long allowedFrom(Known before, Known known, Map.Entry<Holding, Long> held) {
        Holding holding = held.getKey();
        long since = held.getValue();
        Policy then = policies.atOrFirst(since);
        Purpose purpose = then.purposes().get(holding.scope().purpose());
        Set<Long> borders = new TreeSet<>(known.borders());
        borders.addAll(before.borders());
        borders.removeIf(border -> border <= since);
        if (holding.act() && isForbiddenAct(before, known, since, borders)) {
            return FOR_EVER;
        }
        long from = since;
        Set<Long> later = new TreeSet<>(borders);
        while (from != FOR_EVER && isForbidden(before, known, purpose, holding.scope(), from, later)) {
            from = later.isEmpty() ? FOR_EVER : later.iterator().next();
            later.remove(from);
        }
        return from;
    }

    private static boolean isForbiddenAct(Known before, Known known, long since, Set<Long> later) {
        if (!known.knownAdult(since) && known.guarded(since) != Known.Guarded.AGREED) {
            return true;
        }
        return isForbiddenByLink(before, known, since, later, (news, t) -> news.guardianEndedAt() >= t);
    }

    /** By itself at a time, or over a link at that time or at a later one. */
    private boolean isForbidden(Known before, Known known, Purpose purpose, Scope scope, long since, Set<Long> later) {
        boolean byAge = purpose.adultsOnly()
                && (known.knownMinor(since)
                        || isForbiddenByLink(before, known, since, later, (news, t) -> news.minorUntil() > t));
        boolean byRefusal = Known.asksTheSubject(purpose)
                && (isRefused(known, purpose, scope, since)
                        || isForbiddenByLink(
                                before, known, since, later, (news, t) -> Known.refuses(news, purpose, scope, t)));
        return byAge || byRefusal;
    }

    private boolean isRefused(Known known, Purpose purpose, Scope scope, long since) {
        return purpose.basis() == Basis.CONSENT
                ? known.refuses(scope, since) || known.lostConsent(scope, since)
                : known.objects(scope, since, policies.atOrFirst(since).notices());
    }

    private interface Forbids {
        boolean at(News news, long t);
    }

    /** Whether a link forbids at one of the times what it did not forbid before. */
    private static boolean isForbiddenByLink(Known before, Known known, long since, Set<Long> later, Forbids forbids) {
        Set<Long> times = new TreeSet<>(later);
        times.add(since);
        for (String other : known.others()) {
            for (long t : times) {
                if (isForbiddenByLink(known, other, t, forbids) && !isForbiddenByLink(before, other, t, forbids)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isForbiddenByLink(Known known, String other, long t, Forbids forbids) {
        Optional<News> news = known.newsOf(other);
        return news.isPresent() && known.connected(other, t) && forbids.at(news.get(), t);
    }
}
