package io.cloakroom.policy;

import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Engine.Recall;
import io.cloakroom.policy.Engine.Recalled;
import io.cloakroom.policy.Person.Guardian;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Purpose.Basis;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Looks through one person's ledger for what is forbidden now. Each line is judged under the policy of its time. What
 * stands over a link against later events only, and stood before, is of no concern: those were withheld.
 */
final class Recaller {

    private final PolicyHistory history;
    private final Person before;
    private final Person person;
    private final Policy today;

    /**
     * What stands against events of a time, and until when it does.
     *
     * @param until the next time to be looked at
     */
    private record Bar(Rule rule, long until, Optional<Transition> transition) {

        static Bar of(Rule rule, long until) {
            return new Bar(rule, until, Optional.empty());
        }

        static Bar refusal(Rule rule, long until, long at) {
            return new Bar(rule, until, Optional.of(new Transition(Transition.Kind.REFUSAL, at)));
        }
    }

    private static final Bar OPEN = Bar.of(Rule.APPLIED, Long.MIN_VALUE);

    Recaller(PolicyHistory history, Person before, Person person, long now) {
        this.history = history;
        this.before = before;
        this.person = person;
        this.today = history.atOrFirst(now);
    }

    Recalled recall() {
        List<Holding> left = new ArrayList<>();
        List<Recall> recalls = new ArrayList<>();
        for (Holding holding : person.holdings()) {
            Bar first = bar(holding, holding.since());
            if (first == OPEN) {
                left.add(holding);
                continue;
            }
            long before = first.until();
            for (Bar next = first; next != OPEN && before != Long.MAX_VALUE; next = bar(holding, before)) {
                before = next.until();
            }
            add(recalls, new Recall(holding, before, first.rule(), first.transition()));
            if (before != Long.MAX_VALUE) {
                left.add(holding.since(before));
            }
        }
        return recalls.isEmpty()
                ? new Recalled(person, recalls)
                : new Recalled(person.withHoldings(given(left, recalls)), recalls);
    }

    /** Who gives up acts gives up other events of the same scope with them. */
    private static List<Holding> given(List<Holding> left, List<Recall> recalls) {
        List<Holding> kept = new ArrayList<>();
        for (Holding holding : left) {
            long since = holding.since();
            for (Recall recall : recalls) {
                since = recall.holding().isReadAs(holding) ? Math.max(since, recall.before()) : since;
            }
            if (since != Long.MAX_VALUE) {
                kept.add(since == holding.since() ? holding : holding.since(since));
            }
        }
        return kept;
    }

    static Recalled recallAll(Person person) {
        List<Recall> recalls = new ArrayList<>();
        for (Holding holding : person.holdings()) {
            add(recalls, new Recall(holding, Long.MAX_VALUE, Rule.ERASED, Optional.empty()));
        }
        return new Recalled(recalls.isEmpty() ? person : person.withHoldings(List.of()), recalls);
    }

    /** A recipient cannot tell acts from other events: it is told once, and the wider. */
    private static void add(List<Recall> recalls, Recall recall) {
        for (int i = 0; i < recalls.size(); i++) {
            Recall known = recalls.get(i);
            if (known.holding().isReadAs(recall.holding())) {
                if (recall.before() > known.before()) {
                    recalls.set(i, recall);
                }
                return;
            }
        }
        recalls.add(recall);
    }

    /** What stands against events of this time in a line of the ledger. */
    private Bar bar(Holding holding, long time) {
        Policy policy = history.at(time).orElse(today);
        Purpose purpose = policy.purposes().get(holding.purpose());
        if (purpose == null) {
            return Bar.of(Rule.NO_LONGER_REGISTERED, Long.MAX_VALUE);
        }
        Bar bar = purpose.adultsOnly() ? minor(policy, time) : OPEN;
        if (bar == OPEN && holding.act()) {
            bar = guardian(policy, time);
        }
        if (bar == OPEN && purpose.asksThePerson()) {
            bar = refused(policy, purpose, holding.scope(), time);
        }
        return bar;
    }

    private Bar minor(Policy policy, long time) {
        long until = person.birthDate().map(policy::adultFrom).orElse(News.UNKNOWN);
        if (until > time) {
            return Bar.of(Rule.MINOR, until);
        }
        for (Link link : person.links()) {
            long end = newUntil(link, time, News::minorUntil);
            if (end != Link.NEVER) {
                return Bar.of(Rule.MINOR, end);
            }
        }
        return OPEN;
    }

    /** An act of somebody who is not known to be adult needs an agreement that counts now; else all of it goes. */
    private Bar guardian(Policy policy, long time) {
        Guardian guardian = person.guardian();
        long adultFrom = person.birthDate().map(policy::adultFrom).orElse(Long.MAX_VALUE);
        boolean isAgreed = guardian.agreedAt().orElse(Long.MAX_VALUE) <= policy.lastAgreement(time);
        if (adultFrom > time && (guardian.endedFor(time) || !isAgreed)) {
            return guardian.endedAt() == Guardian.NEVER
                    ? Bar.of(Rule.GUARDIAN_NEEDED, Long.MAX_VALUE)
                    : Bar.refusal(Rule.GUARDIAN_WITHDREW, Long.MAX_VALUE, guardian.endedAt());
        }
        for (Link link : person.links()) {
            if (newUntil(link, time, news -> after(news.guardianEndedAt())) != Link.NEVER) {
                long ended = link.news().map(News::guardianEndedAt).orElse(Guardian.NEVER);
                return Bar.refusal(Rule.GUARDIAN_WITHDREW, Long.MAX_VALUE, ended);
            }
        }
        return OPEN;
    }

    private Bar refused(Policy policy, Purpose purpose, Scope scope, long time) {
        boolean isObjection = purpose.basis() == Basis.LEGITIMATE_INTEREST;
        long beaten = Preference.NEVER;
        for (Preference preference : person.preferences()) {
            if (preference.isRefused() && isAbout(purpose.cut(preference.scope()), scope)) {
                beaten = Math.max(beaten, preference.refusedAt());
                if (isObjection ? preference.refuses(time, policy.notices()) : preference.refuses(time)) {
                    return Bar.refusal(purpose.refusedBy(), preference.openedAfter(time), preference.refusedAt());
                }
            }
        }
        if (!isObjection && beaten != Preference.NEVER) {
            long granted = grantedFrom(scope, beaten);
            if (granted > time) {
                return Bar.refusal(purpose.refusedBy(), granted, beaten);
            }
        }
        return refusedOverLinks(purpose, scope, time);
    }

    /** The first grant that no refusal beats: a lift of a wider refusal revives none of those before it. */
    private long grantedFrom(Scope scope, long beaten) {
        long first = Long.MAX_VALUE;
        for (Preference preference : person.preferences()) {
            if (preference.scope().equals(scope)) {
                for (Opening opening : preference.openings()) {
                    if (opening.kind() != Opening.Kind.LIFT && !opening.isBeatenBy(beaten)) {
                        first = Math.min(first, opening.at());
                    }
                }
            }
        }
        return first;
    }

    private Bar refusedOverLinks(Purpose purpose, Scope scope, long time) {
        for (Link link : person.links()) {
            long until = newUntil(
                    link,
                    time,
                    news -> lastRefusal(news, purpose, scope)
                            .map(News.Refused::endsAt)
                            .orElse(Link.NEVER));
            if (until != Link.NEVER) {
                News.Refused last =
                        lastRefusal(link.news().orElseThrow(), purpose, scope).orElseThrow();
                return Bar.refusal(purpose.refusedBy(), until, last.at());
            }
        }
        return OPEN;
    }

    /** Of those that are about a line, the one that ends last. */
    private static Optional<News.Refused> lastRefusal(News news, Purpose purpose, Scope scope) {
        return news.refusals().stream()
                .filter(refusal -> isAbout(purpose.cut(refusal.scope()), scope))
                .max(Comparator.comparingLong(News.Refused::endsAt));
    }

    /** @param end of what news say against events: the first instant without */
    private long newUntil(Link link, long time, ToLongFunction<News> end) {
        Link known = before.link(link.other());
        return link.equals(known)
                ? Link.NEVER
                : link.newUntil(
                        time,
                        end.applyAsLong(link.news().orElse(News.NOTHING)),
                        known,
                        end.applyAsLong(known.news().orElse(News.NOTHING)));
    }

    private static long after(long time) {
        return time == Long.MAX_VALUE ? time : time + 1;
    }

    /** A line that names no collector may stand for many: a refusal of any of them is about it. */
    private static boolean isAbout(Scope refusal, Scope held) {
        Scope heard = held.collector().isEmpty()
                ? new Scope(refusal.purpose(), refusal.brand(), refusal.channel(), Scope.EVERY)
                : refusal;
        return heard.covers(held);
    }
}
