package io.cloakroom.streams.histories;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Safeguard;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.histories.Known.FromOther;
import io.cloakroom.streams.histories.Known.Heard;
import io.cloakroom.streams.histories.Known.News;
import io.cloakroom.streams.histories.Known.Own;
import io.cloakroom.streams.histories.Known.Transition;
import io.cloakroom.streams.histories.Step.Control;
import io.cloakroom.streams.histories.Step.Delivery;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Passing;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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

    private final PolicyHistory policies;
    private final List<HeardBy> heard = new ArrayList<>();
    private final List<Sent> sent = new ArrayList<>();
    private final List<Arrived> arrived = new ArrayList<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<Recall> recalls = new ArrayList<>();
    private final List<Entry> ledger = new ArrayList<>();
    private long clock = History.START;
    private int position;

    NaiveModel(PolicyHistory policies) {
        this.policies = policies;
    }

    private record HeardBy(String subject, Heard heard) {}

    private record Sent(String from, String to, FromOther message) {}

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
            clock += ((Passing) step).time().toMillis();
            endHolds();
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
        Optional<Transition> transition = Known.transition(own);
        String customer = step instanceof Step.Link link ? link.customer() : "";
        transition.ifPresent(t -> send(step.subject(), customer, Optional.of(t)));
        if (!after.news().equals(before.news())) {
            after.others().forEach(other -> send(step.subject(), other, Optional.empty()));
        }
        if (step instanceof Erasure) {
            recall(step.subject(), holding -> FOR_EVER);
            endHolds(step.subject());
        } else {
            Set<String> changed = transition.isPresent() ? Set.of(customer) : Set.of();
            recall(step.subject(), holding -> allowedFrom(after, holding, changed));
            decideHolds(step.subject());
        }
    }

    private void send(String from, String to, Optional<Transition> transition) {
        sent.add(new Sent(from, to, new FromOther(from, transition, known(from).news())));
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
        heard.add(new HeardBy(subject, message.message()));
        Known after = known(subject);
        if (message.message().transition().isPresent()) {
            send(subject, message.from(), Optional.empty());
        }
        recall(subject, holding -> allowedFrom(after, holding, Set.of(message.from())));
        decideHolds(subject);
    }

    // Events and holds.

    private void arrive(Arrived event) {
        arrived.add(event);
        for (Access access : accesses(event)) {
            become(event, access, decide(event, access));
        }
        endHolds();
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

    /** When what is held is withheld for good. */
    private static long deadline(Arrived event) {
        return event.event().at() + Known.TERM;
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

    private void decideHolds(String subject) {
        for (Arrived event : arrived) {
            for (Access access : accesses(event)) {
                if (event.event().subject().equals(subject)
                        && isHeld(event, access.recipient().id())) {
                    Verdict verdict = decide(event, access);
                    if (!verdict.isHold()) {
                        become(event, access, verdict);
                    }
                }
            }
        }
    }

    private void endHolds() {
        for (Arrived event : arrived) {
            if (deadline(event) <= clock) {
                endHolds(event);
            }
        }
    }

    private void endHolds(String subject) {
        for (Arrived event : arrived) {
            if (event.event().subject().equals(subject)) {
                endHolds(event);
            }
        }
    }

    private void endHolds(Arrived event) {
        for (Access access : accesses(event)) {
            if (isHeld(event, access.recipient().id())) {
                become(event, access, Verdict.withhold(Set.of()));
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
            Answer answer = answer(event, access, purpose);
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

    /** Everything that speaks against one purpose; a no beats a hold. */
    record Answer(Set<Why> nos, Set<Why> holds) {
        Answer() {
            this(EnumSet.noneOf(Why.class), EnumSet.noneOf(Why.class));
        }
    }

    private Answer answer(Event event, Access access, Purpose purpose) {
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
            askTheSubject(answer, known, purpose, event, then.notices());
        }
        if (!mayTransfer(then, access.recipient(), event.country(), event.at())
                || !mayTransfer(now, today.map(Access::recipient).orElse(access.recipient()), event.country(), clock)) {
            answer.nos().add(Why.NO_SAFEGUARD);
        }
        if (purpose.unsubscribe() && !event.unsubscribe()) {
            answer.nos().add(Why.NO_UNSUBSCRIBE);
        }
        return answer;
    }

    /** What speaks against a purpose of an event as things are known now; a hold is a no here. */
    Set<Why> against(Event event, String recipient, String purpose) {
        Access access =
                policies.atOrFirst(event.at()).access(event.type(), recipient).orElseThrow();
        Set<Why> against = EnumSet.noneOf(Why.class);
        for (Purpose asked : access.purposes()) {
            if (asked.id().equals(purpose)) {
                Answer answer = answer(event, access, asked);
                against.addAll(answer.nos());
                against.addAll(answer.holds());
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

    private static void askTheSubject(Answer answer, Known known, Purpose purpose, Event event, Set<String> notices) {
        long t = event.at();
        Scope scope = scope(purpose, event);
        boolean isConsent = purpose.basis() == Basis.CONSENT;
        if (known.blocked()) {
            answer.nos().add(Why.UNDECIDED);
        }
        if (isConsent) {
            answer.nos().addAll(known.consent(scope, t, notices));
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
        return purpose.scope(event.brand(), event.channel(), collector);
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
                Holding holding = held.getKey();
                ledger.add(new Entry(holding, true, allowedFrom));
                Recall recall =
                        new Recall(position, subject, holding.recipient(), holding.epoch(), holding.scope(), FOR_EVER);
                before.merge(recall, allowedFrom, Math::max);
            }
        });
        before.forEach((recall, until) ->
                recalls.add(new Recall(position, subject, recall.recipient(), recall.epoch(), recall.scope(), until)));
    }

    /** @param links those of which something was heard just now */
    private long allowedFrom(Known known, Map.Entry<Holding, Long> held, Set<String> links) {
        Holding holding = held.getKey();
        long since = held.getValue();
        Purpose purpose =
                policies.atOrFirst(since).purposes().get(holding.scope().purpose());
        if (holding.act() && isForbiddenAct(known, since, links)) {
            return FOR_EVER;
        }
        if (!isForbidden(known, purpose, holding.scope(), since, links)) {
            return since;
        }
        for (long border : known.borders()) {
            if (border > since && !isForbidden(known, purpose, holding.scope(), border, links)) {
                return border;
            }
        }
        return FOR_EVER;
    }

    private static boolean isForbiddenAct(Known known, long since, Set<String> links) {
        if (!known.knownAdult(since)) {
            Known.Guarded guarded = known.guarded(since);
            if (guarded == Known.Guarded.ENDED || (guarded == Known.Guarded.OPEN && known.knownMinor(since))) {
                return true;
            }
        }
        return isForbiddenByLink(known, since, links, (news, t) -> news.guardianEndedAt() >= t);
    }

    private static boolean isForbidden(Known known, Purpose purpose, Scope scope, long since, Set<String> links) {
        boolean byAge = purpose.adultsOnly()
                && (known.knownMinor(since)
                        || isForbiddenByLink(known, since, links, (news, t) -> news.minorUntil() > t));
        boolean byRefusal = Known.asksTheSubject(purpose)
                && (known.refuses(scope, since)
                        || isForbiddenByLink(known, since, links, (news, t) -> Known.refuses(news, purpose, scope, t)));
        return byAge || byRefusal;
    }

    private interface Forbids {
        boolean at(News news, long t);
    }

    /** Whether the news of one of the links forbid something at a time from this one on at which it is connected. */
    private static boolean isForbiddenByLink(Known known, long since, Set<String> links, Forbids forbids) {
        for (String other : links) {
            Optional<News> news = known.newsOf(other);
            Set<Long> times = new LinkedHashSet<>(Set.of(since));
            known.transitions(other).stream()
                    .map(Transition::at)
                    .filter(t -> t > since)
                    .forEach(times::add);
            for (long t : times) {
                if (news.isPresent() && known.connected(other, t) && forbids.at(news.get(), t)) {
                    return true;
                }
            }
        }
        return false;
    }
}
