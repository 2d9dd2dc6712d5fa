package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Forward;
import io.cloakroom.gate.LinkNews;
import io.cloakroom.gate.LinkRefusal;
import io.cloakroom.gate.LinkTransition;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Engine.Recall;
import io.cloakroom.policy.Engine.Recalled;
import io.cloakroom.policy.Link;
import io.cloakroom.policy.News;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Rule;
import io.cloakroom.policy.Scope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/** Takes in what people say, and does what follows: recalls, news to those linked with them, a look at what waits. */
final class Controls {

    private final GateParts parts;
    private final Engine engine;
    private final Outlet outlet;
    private final People people;
    private final Contacts contacts;
    private final Events events;
    private final Replay replay;
    private final Meters meters;
    private final Pseudonyms.Key auditKey;
    private final Map<String, Pseudonyms.Key> keys = new HashMap<>();
    private final Map<String, Kind<?>> kinds;
    private final WireReader<Forward> forwards;

    Controls(
            GateParts parts,
            Outlet outlet,
            People people,
            Contacts contacts,
            Events events,
            Replay replay,
            Meters meters) {
        this.parts = parts;
        this.engine = parts.engine();
        this.outlet = outlet;
        this.people = people;
        this.contacts = contacts;
        this.events = events;
        this.replay = replay;
        this.meters = meters;
        this.auditKey = parts.pseudonyms().key(GateParts.AUDIT_KEY);
        this.forwards = WireReader.of(parts.registry(), Forward.SCHEMA$);
        this.kinds = Map.of(
                Topics.CONSENT_CHANGES,
                kind(
                        Topics.CONSENT_CHANGES,
                        ConsentChange.SCHEMA$,
                        ConsentChange::getSubject,
                        ConsentChange::getOccurredAt,
                        Statements::read),
                Topics.IDENTITY_LINKS,
                kind(
                        Topics.IDENTITY_LINKS,
                        IdentityLink.SCHEMA$,
                        IdentityLink::getSubject,
                        IdentityLink::getOccurredAt,
                        (said, policy, arrivedAt) -> Statements.read(said, arrivedAt)),
                Topics.SUBJECT_REQUESTS,
                kind(
                        Topics.SUBJECT_REQUESTS,
                        SubjectRequest.SCHEMA$,
                        SubjectRequest::getSubject,
                        SubjectRequest::getOccurredAt,
                        (said, policy, arrivedAt) -> Statements.read(said, arrivedAt)));
    }

    // One kind of control record for each of their topics.

    private interface Meaning<T> {
        Statements.Statement of(T said, Policy policy, long arrivedAt);
    }

    private record Kind<T extends SpecificRecord>(
            WireReader<T> reader,
            WireWriter writer,
            Function<T, String> subject,
            Function<T, Instant> occurredAt,
            Meaning<T> meaning) {}

    private <T extends SpecificRecord> Kind<T> kind(
            String topic,
            Schema schema,
            Function<T, String> subject,
            Function<T, Instant> occurredAt,
            Meaning<T> meaning) {
        return new Kind<>(
                WireReader.of(parts.registry(), schema), outlet.writer(topic, schema), subject, occurredAt, meaning);
    }

    /** What came of a control record. */
    private record Heard(Statements.Statement statement, Optional<Long> occurredAt) {}

    // When they arrive.

    void decide(Place place, byte[] key, byte[] value) {
        long now = outlet.now();
        Optional<String> subject = SubjectKey.read(key);
        Outcome outcome;
        if (subject.isEmpty()) {
            outcome = Outcome.of(EntryKind.QUARANTINED, SubjectKey.fault(key));
            outlet.quarantine(place, outcome.rule());
        } else if (isMisplaced(place, key)) {
            outcome = Outcome.of(EntryKind.FORWARDED, Rule.FORWARDED);
            forward(place, key, kinds.get(place.topic()), value, now);
        } else {
            outcome = take(place, subject.get(), key, value, replay.record(place.topic(), value), now);
        }
        outlet.audit(new AuditChain.Entry(
                outcome.kind(),
                place,
                outcome.token(),
                outcome.occurredAt(),
                now,
                Optional.of(policyFor(place)),
                Optional.of(outcome.rule()),
                0,
                List.of(),
                outcome.recalls()));
    }

    /** What the audit says of it. */
    private record Outcome(
            EntryKind kind, Rule rule, byte[] token, Optional<Long> occurredAt, List<AuditChain.Recalled> recalls) {
        static Outcome of(EntryKind kind, Rule rule) {
            return new Outcome(kind, rule, AuditChain.NO_TOKEN, Optional.empty(), List.of());
        }
    }

    private boolean isMisplaced(Place place, byte[] key) {
        return SubjectKey.partition(key, parts.partitions()) != place.partition();
    }

    /** The version that control records are read under. */
    private Policy policyFor(Place place) {
        return engine.history().atOrFirst(place.arrivedAt());
    }

    /**
     * Takes in what a control record says; what cannot be decided blocks its subject and is quarantined, until the very same
     * record can be.
     *
     * @param record by which it is known again
     */
    private Outcome take(Place place, String subject, byte[] key, byte[] value, String record, long now) {
        Heard heard = hear(place, subject, kinds.get(place.topic()), value, now);
        Known row = people.get(subject);
        Known known = row == null ? people.getOrMake(subject) : row;
        byte[] token = auditKey.subject(key, known.person().salt());
        Change understood = new Change.Understood(record);
        EntryKind kind = EntryKind.CONTROL;
        List<AuditChain.Recalled> recalls = List.of();
        if (heard.statement() instanceof Statements.Taken taken) {
            Change first = taken.changes().get(0);
            recalls = first instanceof Change.Erased
                    ? erase(subject, key, known, first, now)
                    : change(place, subject, key, row == null, known, and(taken.changes(), understood), now);
            if (taken.changes().stream().anyMatch(Controls::isRefusal)) {
                meters.refused(Meters.Way.OWN, place.arrivedAt(), now);
            }
        } else if (heard.statement() instanceof Statements.Undecidable undecidable) {
            kind = EntryKind.QUARANTINED;
            recalls = change(place, subject, key, row == null, known, List.of(new Change.Undecided(record)), now);
            outlet.quarantine(place, undecidable.rule());
        } else {
            // Somebody of whom nothing is known stays unknown, whoever looks.
            boolean isRemembered = row == null && !(heard.statement() instanceof Statements.Looked);
            token = row == null && !isRemembered ? AuditChain.NO_TOKEN : token;
            recalls = change(place, subject, key, isRemembered, known, List.of(understood), now);
        }
        return new Outcome(kind, heard.statement().rule(), token, heard.occurredAt(), recalls);
    }

    private static boolean isRefusal(Change change) {
        return change instanceof Change.Refusal
                || change instanceof Change.GuardianEnded
                || change instanceof Change.Erased;
    }

    private static List<Change> and(List<Change> changes, Change last) {
        List<Change> all = new ArrayList<>(changes);
        all.add(last);
        return all;
    }

    private <T extends SpecificRecord> Heard hear(Place place, String subject, Kind<T> kind, byte[] value, long now) {
        WireReader.Reading<T> reading = kind.reader().read(value, now);
        if (reading instanceof WireReader.Unreadable<T> unreadable) {
            return new Heard(new Statements.Undecidable(unreadable.rule()), Optional.empty());
        }
        T said = ((WireReader.Read<T>) reading).value();
        Statements.Statement statement = kind.subject().apply(said).equals(subject)
                ? kind.meaning().of(said, policyFor(place), place.arrivedAt())
                : new Statements.Undecidable(Rule.KEY_IS_NOT_SUBJECT);
        return new Heard(statement, Optional.of(kind.occurredAt().apply(said).toEpochMilli()));
    }

    // What follows.

    private List<AuditChain.Recalled> change(
            Place place, String subject, byte[] key, boolean isNew, Known known, List<Change> changes, long now) {
        Person before = known.person();
        Person after = before;
        for (Change change : changes) {
            after = after.with(change);
        }
        String linked = changes.get(0) instanceof Change.Connected connected
                ? connected.other()
                : changes.get(0) instanceof Change.Disconnected disconnected ? disconnected.other() : "";
        tell(place, subject, before, after, linked, now);
        return settle(subject, key, isNew, known, after, now);
    }

    /**
     * Recalls what is forbidden now, looks at what waits, and remembers; somebody new, too, so that the token of the audit
     * stays the same. It looks though nothing new was said: then time has passed.
     */
    private List<AuditChain.Recalled> settle(
            String subject, byte[] key, boolean isNew, Known known, Person changed, long now) {
        Recalled recalled = changed == known.person()
                ? new Recalled(changed, List.of())
                : engine.recall(known.person(), changed, now);
        List<AuditChain.Recalled> notes = recall(key, changed.salt(), recalled.recalls(), now);
        Known after = events.settle(subject, key, known.with(recalled.person()), now);
        if (isNew || after != known) {
            people.put(subject, after);
        }
        return notes;
    }

    private List<AuditChain.Recalled> erase(String subject, byte[] key, Known known, Change erased, long now) {
        Person person = known.person();
        List<AuditChain.Recalled> notes =
                recall(key, person.salt(), Engine.recallAll(person).recalls(), now);
        events.erase(key, known, now);
        person.links().forEach(link -> gone(subject, link.other(), now));
        contacts.erase(key);
        people.erase(subject, person.with(erased).stub());
        return notes;
    }

    private void gone(String subject, String other, long now) {
        forward(other, news(subject, List.of(), false, true, News.NOTHING), now);
    }

    /** To each recipient that can be asked; the audit names them all (C42). */
    private List<AuditChain.Recalled> recall(byte[] subject, byte[] salt, List<Recall> recalls, long now) {
        Map<String, Recipient> recipients = engine.history().atOrFirst(now).recipients();
        return recalls.stream()
                .map(recall -> recall(subject, salt, recall, recipients, now))
                .toList();
    }

    private AuditChain.Recalled recall(
            byte[] subject, byte[] salt, Recall recall, Map<String, Recipient> recipients, long now) {
        String recipient = recall.holding().recipient();
        boolean isPossible =
                !recipients.containsKey(recipient) || recipients.get(recipient).recallable();
        if (isPossible) {
            Scope scope = recall.holding().scope();
            byte[] pseudonym = keys.computeIfAbsent(
                            recipient + "." + recall.holding().epoch(), parts.pseudonyms()::key)
                    .subject(subject, salt);
            outlet.recall(
                    recipient,
                    pseudonym,
                    new io.cloakroom.gate.Recall(
                            new String(pseudonym, StandardCharsets.US_ASCII),
                            recall.holding().epoch(),
                            recall.holding().purpose(),
                            scope.brand(),
                            scope.channel(),
                            scope.collector(),
                            scope.item(),
                            recall.before() == Long.MAX_VALUE ? null : Instant.ofEpochMilli(recall.before()),
                            recall.rule().id(),
                            recall.rule().clause(),
                            recall.transition()
                                    .map(t -> Instant.ofEpochMilli(t.at()))
                                    .orElse(null),
                            Instant.ofEpochMilli(now)));
        }
        return new AuditChain.Recalled(
                recipient, recall.holding().epoch(), recall.holding().purpose(), recall.rule(), isPossible);
    }

    // Links.

    /**
     * Those linked hear what the person refused itself, never what it heard (chains do not spread).
     *
     * @param turned subject key of the other side of a link that was just connected or disconnected here; empty for none
     */
    private void tell(Place place, String subject, Person before, Person after, String turned, long now) {
        Policy today = engine.history().atOrFirst(now);
        News news = after.news(today);
        boolean isNew = after != before && !news.equals(before.news(today));
        for (Link link : after.links()) {
            if (link.other().equals(turned)) {
                forward(turned, news(subject, link.transitions(), true, false, news), place.arrivedAt());
            } else if (isNew) {
                forward(link.other(), news(subject, List.of(), false, false, news), place.arrivedAt());
            }
        }
    }

    private void forward(String target, LinkNews news, long arrivedAt) {
        Forward forward = new Forward(
                Topics.FORWARDS,
                outlet.partition(),
                -1L,
                Instant.ofEpochMilli(arrivedAt),
                ByteBuffer.allocate(0),
                news,
                null);
        if (!outlet.forward(target.getBytes(StandardCharsets.UTF_8), forward)) {
            // The bounds of a row are far below those of a topic.
            throw new IllegalStateException("news that no topic takes");
        }
    }

    private static LinkNews news(String sender, List<Link.Turn> transitions, boolean asks, boolean gone, News news) {
        return new LinkNews(
                sender,
                transitions.stream()
                        .map(turn -> new LinkTransition(Instant.ofEpochMilli(turn.at()), turn.connected()))
                        .toList(),
                asks,
                gone,
                news.refusals().stream()
                        .map(r -> new LinkRefusal(
                                r.scope().purpose(),
                                r.scope().brand(),
                                r.scope().channel(),
                                r.scope().collector(),
                                r.scope().item(),
                                r.at(),
                                r.endsAt()))
                        .toList(),
                news.minorUntil(),
                news.guardianEndedAt(),
                news.blocked());
    }

    // What the gate sent itself; it stands in the audit where it first arrived.

    void arrive(Place place, byte[] key, byte[] value) {
        long now = outlet.now();
        Optional<String> subject = SubjectKey.read(key);
        if (subject.isPresent()
                && !isMisplaced(place, key)
                && forwards.read(value, now) instanceof WireReader.Read<Forward> read
                && isPossible(read.value())) {
            Forward forward = read.value();
            if (forward.getNews() != null) {
                hear(place, subject.get(), key, forward, now);
                return;
            }
            byte[] said = new byte[forward.getValue().remaining()];
            forward.getValue().get(said);
            Place first = new Place(
                    forward.getTopic(),
                    forward.getPartition(),
                    forward.getOffset(),
                    forward.getArrivedAt().toEpochMilli());
            String record = forward.getRecord() == null ? replay.record(first.topic(), said) : forward.getRecord();
            Outcome outcome = take(first, subject.get(), key, said, record, now);
            note(place, outcome.token(), outcome.recalls(), now);
        } else {
            outlet.quarantine(place, Rule.UNDECODABLE);
        }
    }

    private boolean isPossible(Forward forward) {
        return forward.getNews() != null
                || kinds.containsKey(forward.getTopic())
                        && forward.getPartition() >= 0
                        && forward.getOffset() >= 0
                        && forward.getArrivedAt().toEpochMilli() >= 0;
    }

    private void hear(Place place, String subject, byte[] key, Forward forward, long now) {
        LinkNews said = forward.getNews();
        Known row = people.get(subject);
        String sender = said.getSender();
        boolean isLinked = row != null
                && row.person().links().stream().anyMatch(l -> l.other().equals(sender));
        if (!isLinked && said.getTransitions().isEmpty()) {
            return; // it was erased here since
        }
        Known known = row == null ? people.getOrMake(subject) : row;
        if (!isLinked && isForgotten(known.person(), said.getTransitions())) {
            gone(subject, sender, now); // it has heard too late to be told of the erasure then
            return;
        }
        Person after = known.person();
        if (said.getGone()) {
            after = after.with(new Change.Gone(sender));
        } else {
            for (LinkTransition turn : said.getTransitions()) {
                long at = turn.getAt().toEpochMilli();
                after = after.with(
                        turn.getConnected() ? new Change.Connected(sender, at) : new Change.Disconnected(sender, at));
            }
            after = after.with(new Change.Heard(sender, news(said)));
        }
        byte[] token = auditKey.subject(key, known.person().salt());
        tell(place, subject, known.person(), after, "", now);
        note(place, token, settle(subject, key, row == null, known, after, now), now);
        if (after != known.person() && !said.getRefusals().isEmpty()) {
            meters.refused(Meters.Way.LINK, forward.getArrivedAt().toEpochMilli(), now);
        }
        if (said.getAsks()) {
            News own = after.news(engine.history().atOrFirst(now));
            forward(sender, news(subject, List.of(), false, false, own), place.arrivedAt());
        }
    }

    private static boolean isForgotten(Person person, List<LinkTransition> link) {
        return link.stream().allMatch(turn -> person.isForgotten(turn.getAt().toEpochMilli()));
    }

    private static News news(LinkNews said) {
        return new News(
                said.getRefusals().stream()
                        .map(r -> new News.Refused(
                                new Scope(r.getPurpose(), r.getBrand(), r.getChannel(), r.getCollector(), r.getItem()),
                                r.getAt(),
                                r.getEndsAt()))
                        .toList(),
                said.getMinorUntil(),
                said.getGuardianEndedAt(),
                said.getBlocked());
    }

    /** Recalls that no input record of this partition caused have an entry of their own. */
    private void note(Place place, byte[] token, List<AuditChain.Recalled> recalls, long now) {
        if (!recalls.isEmpty()) {
            outlet.audit(new AuditChain.Entry(
                    EntryKind.RECALL,
                    place,
                    token,
                    Optional.empty(),
                    now,
                    Optional.of(policyFor(place)),
                    Optional.empty(),
                    0,
                    List.of(),
                    recalls));
        }
    }

    /**
     * What goes on is what the gate's schema says of it, and nothing else that somebody published (C7). What cannot be read,
     * or is too long to forward, goes on empty: it is undecidable there too.
     */
    private <T extends SpecificRecord> void forward(Place place, byte[] key, Kind<T> kind, byte[] value, long now) {
        byte[] said = kind.reader().read(value, now) instanceof WireReader.Read<T> read
                ? kind.writer().write(read.value())
                : new byte[0];
        String record = replay.record(place.topic(), value);
        if (!outlet.forward(key, forward(place, said, record))) {
            outlet.forward(key, forward(place, new byte[0], record));
        }
    }

    private static Forward forward(Place place, byte[] said, String record) {
        return new Forward(
                place.topic(),
                place.partition(),
                place.offset(),
                Instant.ofEpochMilli(place.arrivedAt()),
                ByteBuffer.wrap(said),
                null,
                record);
    }
}
