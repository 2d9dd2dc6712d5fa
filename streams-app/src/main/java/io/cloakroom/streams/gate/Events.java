package io.cloakroom.streams.gate;

import io.cloakroom.gate.EntryKind;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Rule;
import io.cloakroom.streams.gate.AuditChain.Decided;
import io.cloakroom.streams.gate.Known.Hold;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides events: when they arrive, and again, if they wait, when more is known or their time is over. */
final class Events {

    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    private final Engine engine;
    private final int partitions;
    private final Outlet outlet;
    private final People people;
    private final Waiting waiting;
    private final Pseudonyms.Key auditKey;
    private final Map<String, WireReader<EventPlan>> plans = new HashMap<>();
    private final Map<Access, Exit> exits = new IdentityHashMap<>();
    private final Map<Recipient, Pseudonyms.Key> keys = new IdentityHashMap<>();

    /** Where releases of one access are written. */
    private record Exit(Projection projection, byte[] header, String sink, int longest) {}

    Events(GateParts parts, Outlet outlet, People people, Waiting waiting) {
        this.engine = parts.engine();
        this.partitions = parts.partitions();
        this.outlet = outlet;
        this.people = people;
        this.waiting = waiting;
        this.auditKey = parts.pseudonyms().key(GateParts.AUDIT_KEY);
        parts.schemas().forEach((type, schema) -> {
            EventPlan plan = new EventPlan(Shapes.of(type, schema), schema, engine.history());
            plans.put(Topics.events(type), WireReader.of(parts.registry(), schema, plan));
        });
        for (Policy policy : engine.history().versions()) {
            for (Recipient recipient : policy.recipients().values()) {
                keys.put(recipient, parts.pseudonyms().key(recipient.keyName()));
            }
        }
        for (Projection projection : parts.projections()) {
            Access access = projection.access();
            int id = parts.registry().id(Topics.subject(access.topic()), projection.schema());
            exits.put(
                    access,
                    new Exit(
                            projection,
                            WireWriter.header(id),
                            GateTopology.sink(access.topic()),
                            parts.longestRelease().applyAsInt(access.topic())));
        }
    }

    // When they arrive.

    void decide(Place place, byte[] key, byte[] value) {
        long now = outlet.now();
        Optional<String> subject = SubjectKey.read(key);
        if (subject.isEmpty() || SubjectKey.partition(key, partitions) != place.partition()) {
            quarantine(place, subject.isEmpty() ? SubjectKey.fault(key) : Rule.MISPLACED, Optional.empty(), now);
            return;
        }
        WireReader.Reading<EventPlan> reading = plans.get(place.topic()).read(value, now);
        if (reading instanceof WireReader.Unreadable<EventPlan> unreadable) {
            quarantine(place, unreadable.rule(), Optional.empty(), now);
            return;
        }
        WireReader.Read<EventPlan> read = (WireReader.Read<EventPlan>) reading;
        EventPlan plan = read.value();
        if (!plan.isAbout(key)) {
            quarantine(place, Rule.KEY_IS_NOT_SUBJECT, Optional.empty(), now);
            return;
        }
        Known row = people.get(subject.get());
        Known known = row == null ? people.getOrMake(subject.get()) : row;
        Event event = plan.facts(place.arrivedAt());
        Judgement judgement = engine.decide(event, known.person(), now);
        if (judgement instanceof Judgement.Quarantined quarantined) {
            quarantine(place, quarantined.rule(), Optional.of(event.occurredAt()), now);
            return;
        }
        Judgement.Decided decided = (Judgement.Decided) judgement;
        boolean isFull = known.holds().size() >= Known.MOST_HOLDS;
        List<Decision> decisions = isFull ? withoutHolds(decided.decisions()) : decided.decisions();
        if (!write(plan, decisions, place, key, known.person())) {
            quarantine(place, Rule.UNTREATABLE, Optional.of(event.occurredAt()), now);
            return;
        }
        List<Decided> sent = send(plan, decisions, place);
        Known after =
                keep(subject.get(), place, value, decisions, known.with(ledger(known.person(), sent, event)), now);
        if (after != known) {
            people.put(subject.get(), after);
        }
        outlet.audit(new AuditChain.Entry(
                EntryKind.EVENT,
                place,
                row == null && after == known
                        ? AuditChain.NO_TOKEN
                        : auditKey.subject(key, known.person().salt()),
                Optional.of(event.occurredAt()),
                now,
                decided.policy(),
                Optional.empty(),
                read.unplanned(),
                sent,
                List.of()));
    }

    /** If any of the decisions waits, the event is kept for those recipients. */
    private Known keep(String subject, Place place, byte[] value, List<Decision> decisions, Known known, long now) {
        List<String> recipients = null;
        long deadline = Long.MAX_VALUE;
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Hold hold) {
                recipients = recipients == null ? new ArrayList<>() : recipients;
                recipients.add(hold.recipient().id());
                deadline = Math.min(deadline, hold.deadline());
            }
        }
        return recipients == null
                ? known
                : known.holding(waiting.keep(
                        subject,
                        place.topic(),
                        place.offset(),
                        deadline,
                        new Waiting.Event(place.arrivedAt(), now, recipients, value)));
    }

    private static List<Decision> withoutHolds(List<Decision> decisions) {
        return decisions.stream()
                .map(d -> d instanceof Decision.Hold hold ? Withhold.insteadOf(hold, Rule.HOLDS_FULL) : d)
                .toList();
    }

    private static Person ledger(Person person, List<Decided> sent, Event event) {
        Person after = person;
        for (Decided decided : sent) {
            if (decided.decision() instanceof Release release) {
                after = after.holding(release, event);
            }
        }
        return after;
    }

    private void quarantine(Place place, Rule rule, Optional<Long> occurredAt, long now) {
        outlet.quarantine(place, rule);
        List<Decided> decisions = engine.quarantine(rule, Topics.type(place.topic()), now).decisions().stream()
                .map(Decided::not)
                .toList();
        outlet.audit(new AuditChain.Entry(
                EntryKind.QUARANTINED,
                place,
                AuditChain.NO_TOKEN,
                occurredAt,
                now,
                Optional.of(engine.history().atOrFirst(now)),
                Optional.of(rule),
                0,
                decisions,
                List.of()));
    }

    // When they are released.

    /** @return false if one of them cannot be written: then nothing of it was sent (T3) */
    private boolean write(EventPlan plan, List<Decision> decisions, Place place, byte[] subject, Person person) {
        try {
            Releases releases = plan.releases(person.salt());
            byte[] id = Pseudonyms.place(place.topic(), place.partition(), place.offset());
            for (Decision decision : decisions) {
                if (decision instanceof Release release) {
                    Exit exit = exits.get(release.access());
                    Pseudonyms.Key key = keys.get(release.recipient());
                    releases.add(
                            release,
                            plan.form(release),
                            key,
                            exit.header(),
                            key.release(id),
                            exit.projection().completedAt(release),
                            key.subject(subject, person.salt()));
                }
            }
            if (releases.count() > 0) {
                plan.write();
            }
            return true;
        } catch (RuntimeException | StackOverflowError e) {
            LOG.atError()
                    .setMessage("a release could not be written")
                    .addKeyValue("why", e.getClass())
                    .log();
            return false;
        }
    }

    /** Sends what was written; the decision is what came of it: a record longer than its topic takes is withheld. */
    private List<Decided> send(EventPlan plan, List<Decision> decisions, Place place) {
        List<Decided> sent = new ArrayList<>(decisions.size());
        int next = 0;
        for (Decision decision : decisions) {
            if (decision instanceof Release release) {
                Releases.Target target = plan.releases().target(next++);
                sent.add(send(release, target, place));
            } else {
                sent.add(Decided.not(decision));
            }
        }
        return sent;
    }

    private Decided send(Release release, Releases.Target target, Place place) {
        Exit exit = exits.get(release.access());
        byte[] key = target.subjectToken;
        if (key.length + target.out.length() > exit.longest()) {
            return Decided.not(Withhold.by(Rule.OVERSIZE, release.recipient()));
        }
        long timestamp = exit.projection().timestamp(release, place.arrivedAt());
        outlet.send(exit.sink(), key, target.out.toBytes(), timestamp, place.partition());
        return Decided.as(release, target.form);
    }

    // When they have waited.

    /** Looks again at what waits for somebody who is known better now. */
    Known settle(String subject, byte[] key, Known known, long now) {
        Known after = known;
        for (Hold hold : known.holds()) {
            after = settle(subject, key, after, hold, now);
        }
        return after;
    }

    /** Everything whose time is over, whether anything comes or not. */
    void expire() {
        long now = outlet.now();
        for (String subject : waiting.due(now)) {
            byte[] key = subject.getBytes(StandardCharsets.UTF_8);
            Known known = people.get(subject);
            Known after = known;
            for (Hold hold : known.holds()) {
                if (hold.deadline() <= now) {
                    after = settle(subject, key, after, hold, now);
                }
            }
            if (after != known) {
                people.put(subject, after);
            }
        }
    }

    /** Nobody waits any more for what was erased. */
    void erase(byte[] key, Known known, long now) {
        for (Hold hold : known.holds()) {
            Waits waits = open(hold, now);
            List<Decision> withheld = new ArrayList<>();
            for (Decision decision :
                    engine.decide(waits.event, known.person(), now).decisions()) {
                if (waits.kept.recipients().contains(decision.recipient().id())) {
                    withheld.add(Withhold.by(Rule.ERASED, decision.recipient()));
                }
            }
            waiting.remove(hold);
            resolved(
                    key,
                    known.person(),
                    waits,
                    withheld.stream().map(Decided::not).toList(),
                    now);
        }
    }

    /** An event that waited, read again. */
    private record Waits(Waiting.Event kept, Place place, EventPlan plan, Event event) {}

    private Waits open(Hold hold, long now) {
        Waiting.Event kept = waiting.open(hold);
        Place place = new Place(hold.topic(), outlet.partition(), hold.offset(), kept.arrivedAt());
        if (!(plans.get(hold.topic()).read(kept.value(), now) instanceof WireReader.Read<EventPlan> read)) {
            throw new IllegalStateException("an event that waits cannot be read any more");
        }
        EventPlan plan = read.value();
        return new Waits(kept, place, plan, plan.facts(kept.arrivedAt()));
    }

    private Known settle(String subject, byte[] key, Known known, Hold hold, long now) {
        Waits waits = open(hold, now);
        Judgement judgement = engine.decide(waits.event, known.person(), waits.kept.since(), now);
        List<String> still = new ArrayList<>();
        List<Decision> resolved = new ArrayList<>();
        long deadline = Long.MAX_VALUE;
        for (Decision decision : judgement.decisions()) {
            String recipient = decision.recipient().id();
            if (!waits.kept.recipients().contains(recipient)) {
                continue;
            }
            if (decision instanceof Decision.Hold holds) {
                still.add(recipient);
                deadline = Math.min(deadline, holds.deadline());
            } else {
                resolved.add(decision);
            }
        }
        if (resolved.isEmpty() && deadline == hold.deadline()) {
            return known;
        }
        waiting.remove(hold);
        Known left = known.without(hold);
        if (!still.isEmpty()) {
            left = left.holding(waiting.keep(subject, hold.topic(), hold.offset(), deadline, waits.kept.of(still)));
        }
        if (resolved.isEmpty()) {
            return left;
        }
        if (!write(waits.plan, resolved, waits.place, key, known.person())) {
            resolved.replaceAll(d -> Withhold.by(Rule.UNTREATABLE, d.recipient()));
        }
        List<Decided> sent = send(waits.plan, resolved, waits.place);
        resolved(key, known.person(), waits, sent, now);
        return left.with(ledger(known.person(), sent, waits.event));
    }

    private void resolved(byte[] key, Person person, Waits waits, List<Decided> decisions, long now) {
        long occurredAt = waits.event.occurredAt();
        outlet.audit(new AuditChain.Entry(
                EntryKind.RESOLUTION,
                waits.place,
                auditKey.subject(key, person.salt()),
                Optional.of(occurredAt),
                now,
                engine.history().at(occurredAt),
                Optional.empty(),
                0,
                decisions,
                List.of()));
    }
}
