package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Forward;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Rule;
import io.cloakroom.streams.gate.AuditChain.Decided;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gate: takes every input record of a partition, decides, and writes what was decided — releases, one audit entry,
 * and where nothing could be decided its coordinates. All in the transaction of the input.
 */
final class GateProcessor implements Processor<byte[], Input, byte[], Outgoing> {

    private static final Logger LOG = LoggerFactory.getLogger(GateProcessor.class);
    private static final byte[] NO_KEY = null;
    private static final byte[] NO_TOKEN = {};

    private final GateParts parts;
    private final SecureRandom random = new SecureRandom();

    // Made anew by init: a processor is used again after a rebalance.
    private ProcessorContext<byte[], Outgoing> context;
    private People people;
    private AuditChain audit;
    private WireWriter quarantine;
    private WireWriter forwards;
    private Map<String, WireReader<EventPlan>> events;
    private WireReader<ConsentChange> consentChanges;
    private WireReader<Forward> forwarded;
    private WireWriter consentWriter;
    private Map<Access, Exit> exits;
    private Map<Recipient, Pseudonyms.Key> keys;
    private Pseudonyms.Key auditKey;

    GateProcessor(GateParts parts) {
        this.parts = parts;
    }

    /** Where releases of one access are written. */
    private record Exit(Projection projection, byte[] header, String sink, int longest) {}

    @Override
    public void init(ProcessorContext<byte[], Outgoing> context) {
        this.context = context;
        people = new People(context.getStateStore(People.STORE));
        audit = new AuditChain(
                context.getStateStore(AuditChain.STORE),
                WireWriter.header(id(Topics.AUDIT)),
                parts.engine().history());
        quarantine = internal(Topics.QUARANTINE, Quarantined.SCHEMA$);
        forwards = internal(Topics.FORWARDS, Forward.SCHEMA$);
        events = new HashMap<>();
        parts.schemas().forEach((type, schema) -> {
            EventPlan plan = new EventPlan(
                    Shapes.of(type, schema), schema, parts.engine().history());
            events.put(Topics.events(type), WireReader.of(parts.registry(), schema, plan));
        });
        consentChanges = WireReader.of(parts.registry(), ConsentChange.SCHEMA$);
        forwarded = WireReader.of(parts.registry(), Forward.SCHEMA$);
        consentWriter = internal(Topics.CONSENT_CHANGES, ConsentChange.SCHEMA$);
        auditKey = parts.pseudonyms().key(GateParts.AUDIT_KEY);
        keys = new IdentityHashMap<>();
        parts.engine()
                .history()
                .versions()
                .forEach(policy -> policy.recipients()
                        .values()
                        .forEach(recipient ->
                                keys.put(recipient, parts.pseudonyms().key(recipient.keyName()))));
        exits = new IdentityHashMap<>();
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

    private int id(String topic) {
        return parts.registry().id(Topics.subject(topic), Topics.SCHEMAS.get(topic));
    }

    private WireWriter internal(String topic, Schema schema) {
        return new WireWriter(id(topic), schema, SpecificData.getForSchema(schema));
    }

    @Override
    public void process(Record<byte[], Input> record) {
        RecordMetadata metadata = context.recordMetadata()
                .orElseThrow(() -> new IllegalStateException("a record without coordinates cannot be decided"));
        Input input = record.value();
        Place place = new Place(metadata.topic(), metadata.partition(), metadata.offset(), input.arrivedAt());
        try {
            switch (place.topic()) {
                case Topics.FORWARDS -> arriveForwarded(place, record.key(), input.value());
                case Topics.CONSENT_CHANGES -> control(place, record.key(), input.value());
                default -> event(place, record.key(), input.value());
            }
        } catch (KafkaException e) {
            throw e;
        } catch (RuntimeException e) {
            throw silent(place, e);
        }
    }

    /** What failed and where, without the words of the exception: they may be those of the record (C35). */
    private static IllegalStateException silent(Place place, RuntimeException e) {
        IllegalStateException silent = new IllegalStateException(e.getClass().getName() + " at " + place.topic() + "-"
                + place.partition() + "-" + place.offset() + ", which is not decided");
        silent.setStackTrace(e.getStackTrace());
        return silent;
    }

    // Events.

    private void event(Place place, byte[] key, byte[] value) {
        long now = context.currentSystemTimeMs();
        Optional<String> subject = SubjectKey.read(key);
        if (subject.isEmpty() || isMisplaced(place, key)) {
            Rule fault = subject.isEmpty() ? keyFault(key) : Rule.MISPLACED;
            quarantineEvent(place, fault, Optional.empty(), now);
            return;
        }
        WireReader.Reading<EventPlan> reading = events.get(place.topic()).read(value, now);
        if (reading instanceof WireReader.Unreadable<EventPlan> unreadable) {
            quarantineEvent(place, unreadable.rule(), Optional.empty(), now);
            return;
        }
        WireReader.Read<EventPlan> read = (WireReader.Read<EventPlan>) reading;
        EventPlan plan = read.value();
        if (!plan.isAbout(key)) {
            quarantineEvent(place, Rule.KEY_IS_NOT_SUBJECT, Optional.empty(), now);
            return;
        }
        Person known = people.get(subject.get());
        Person person = known == null ? Person.stranger(salt()) : known;
        Event event = plan.facts(place.arrivedAt());
        Judgement judgement = parts.engine().decide(event, person, now);
        if (judgement instanceof Judgement.Quarantined quarantined) {
            quarantineEvent(place, quarantined.rule(), Optional.of(event.occurredAt()), now);
            return;
        }
        Judgement.Decided decided = (Judgement.Decided) judgement;
        boolean releases;
        try {
            releases = write(plan, decided.decisions(), place, key, person.salt());
        } catch (RuntimeException e) {
            // Nothing of it was sent yet (T3).
            LOG.atError()
                    .setMessage("a release could not be written")
                    .addKeyValue("why", e.getClass())
                    .log();
            quarantineEvent(place, Rule.UNTREATABLE, Optional.of(event.occurredAt()), now);
            return;
        }
        List<Decided> written = send(plan, decided.decisions(), place);
        boolean isKnown = known != null;
        if (!isKnown && releases) {
            people.put(subject.get(), person);
            isKnown = true;
        }
        audit(new AuditChain.Entry(
                EntryKind.EVENT,
                place,
                isKnown ? token(key, person) : NO_TOKEN,
                Optional.of(event.occurredAt()),
                now,
                decided.policy(),
                Optional.empty(),
                read.unplanned(),
                written));
    }

    /** @return whether anything is released */
    private boolean write(EventPlan plan, List<Decision> decisions, Place place, byte[] subject, byte[] salt) {
        Releases releases = plan.releases(salt);
        byte[] id = Pseudonyms.place(place.topic(), place.partition(), place.offset());
        for (Decision decision : decisions) {
            if (decision instanceof Release release) {
                Exit exit = exits.get(release.access());
                Pseudonyms.Key key = keys.get(release.recipient());
                releases.add(
                        release, plan.form(release), key, exit.header(), key.release(id), key.subject(subject, salt));
            }
        }
        if (releases.count() > 0) {
            plan.write();
        }
        return releases.count() > 0;
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
        send(exit.sink(), key, target.out.toBytes(), timestamp, place.partition());
        return Decided.as(release, target.form);
    }

    private void quarantineEvent(Place place, Rule rule, Optional<Long> occurredAt, long now) {
        quarantine(place, rule);
        List<Decided> decisions = parts.engine().quarantine(rule, Topics.type(place.topic()), now).decisions().stream()
                .map(Decided::not)
                .toList();
        audit(new AuditChain.Entry(
                EntryKind.QUARANTINED,
                place,
                NO_TOKEN,
                occurredAt,
                now,
                Optional.of(parts.engine().history().atOrFirst(now)),
                Optional.of(rule),
                0,
                decisions));
    }

    // Control records.

    /** What came of a control record. */
    private record Heard(Statements.Statement statement, Optional<Long> occurredAt) {}

    /** And the person who was heard, as known from now on. */
    private record Known(Heard heard, Person person) {}

    private void control(Place place, byte[] key, byte[] value) {
        long now = context.currentSystemTimeMs();
        Optional<String> subject = SubjectKey.read(key);
        EntryKind kind;
        Rule rule;
        byte[] token = NO_TOKEN;
        Optional<Long> occurredAt = Optional.empty();
        if (subject.isEmpty()) {
            rule = keyFault(key);
            kind = EntryKind.QUARANTINED;
            quarantine(place, rule);
        } else if (isMisplaced(place, key)) {
            rule = Rule.FORWARDED;
            kind = EntryKind.FORWARDED;
            forward(place, key, value, now);
        } else {
            Known known = take(place, subject.get(), value, now);
            Heard heard = known.heard();
            rule = heard.statement().rule();
            kind = heard.statement() instanceof Statements.Undecidable ? EntryKind.QUARANTINED : EntryKind.CONTROL;
            occurredAt = heard.occurredAt();
            token = token(key, known.person());
        }
        audit(new AuditChain.Entry(
                kind, place, token, occurredAt, now, Optional.of(policyFor(place)), Optional.of(rule), 0, List.of()));
    }

    /** The version that control records are read under. */
    private Policy policyFor(Place place) {
        return parts.engine().history().atOrFirst(place.arrivedAt());
    }

    /** Takes in what a control record says; what cannot be decided blocks its subject and is quarantined. */
    private Known take(Place place, String subject, byte[] value, long now) {
        Heard heard = hear(place, subject, value, now);
        Person known = people.get(subject);
        Person person = known == null ? Person.stranger(salt()) : known;
        Person changed = person;
        if (heard.statement() instanceof Statements.Taken taken) {
            changed = person.with(taken.change());
        } else if (heard.statement() instanceof Statements.Undecidable undecidable) {
            changed = person.with(new Change.Undecided());
            quarantine(place, undecidable.rule());
        }
        if (changed != known) {
            people.put(subject, changed);
        }
        return new Known(heard, changed);
    }

    private Heard hear(Place place, String subject, byte[] value, long now) {
        WireReader.Reading<ConsentChange> reading = consentChanges.read(value, now);
        if (reading instanceof WireReader.Unreadable<ConsentChange> unreadable) {
            return new Heard(new Statements.Undecidable(unreadable.rule()), Optional.empty());
        }
        ConsentChange said = ((WireReader.Read<ConsentChange>) reading).value();
        Statements.Statement statement = said.getSubject().equals(subject)
                ? Statements.read(said, policyFor(place), place.arrivedAt())
                : new Statements.Undecidable(Rule.KEY_IS_NOT_SUBJECT);
        return new Heard(statement, Optional.of(said.getOccurredAt().toEpochMilli()));
    }

    /**
     * What goes on is what the gate's schema says of a consent change, and nothing else that somebody published (C7). What
     * cannot be read, or is too long to forward, goes on empty: it is undecidable there too.
     */
    private void forward(Place place, byte[] key, byte[] value, long now) {
        byte[] said = consentChanges.read(value, now) instanceof WireReader.Read<ConsentChange> read
                ? consentWriter.write(read.value())
                : new byte[0];
        byte[] forward = forward(place, said);
        if (key.length + forward.length > parts.longestRelease().applyAsInt(Topics.FORWARDS)) {
            forward = forward(place, new byte[0]);
        }
        send(
                GateTopology.sink(Topics.FORWARDS),
                key,
                forward,
                place.arrivedAt(),
                SubjectKey.partition(key, parts.partitions()));
    }

    private byte[] forward(Place place, byte[] said) {
        return forwards.write(new Forward(
                place.topic(),
                place.partition(),
                place.offset(),
                Instant.ofEpochMilli(place.arrivedAt()),
                ByteBuffer.wrap(said)));
    }

    /** What the gate sent itself; it stands in the audit where it first arrived. */
    private void arriveForwarded(Place place, byte[] key, byte[] value) {
        long now = context.currentSystemTimeMs();
        Optional<String> subject = SubjectKey.read(key);
        if (subject.isPresent()
                && !isMisplaced(place, key)
                && forwarded.read(value, now) instanceof WireReader.Read<Forward> read) {
            Forward forward = read.value();
            byte[] said = new byte[forward.getValue().remaining()];
            forward.getValue().get(said);
            Place first = new Place(
                    forward.getTopic(),
                    forward.getPartition(),
                    forward.getOffset(),
                    forward.getArrivedAt().toEpochMilli());
            take(first, subject.get(), said, now);
        } else {
            quarantine(place, Rule.UNDECODABLE);
        }
    }

    // What all share.

    /** Why a key is no subject key. */
    private static Rule keyFault(byte[] key) {
        return key == null ? Rule.NULL_KEY : Rule.NOT_A_SUBJECT_KEY;
    }

    private boolean isMisplaced(Place place, byte[] key) {
        return SubjectKey.partition(key, parts.partitions()) != place.partition();
    }

    private byte[] salt() {
        byte[] salt = new byte[Person.SALT_LENGTH];
        random.nextBytes(salt);
        return salt;
    }

    private byte[] token(byte[] subject, Person person) {
        return auditKey.subject(subject, person.salt());
    }

    private void audit(AuditChain.Entry entry) {
        send(
                GateTopology.sink(Topics.AUDIT),
                NO_KEY,
                audit.append(entry),
                entry.decidedAt(),
                entry.place().partition());
    }

    /** Coordinates and reason only: what the record says stays where it lies (T9). */
    private void quarantine(Place place, Rule rule) {
        LOG.atWarn()
                .addKeyValue("topic", place.topic())
                .addKeyValue("partition", place.partition())
                .addKeyValue("offset", place.offset())
                .addKeyValue("rule", rule.id())
                .log(
                        place.topic().equals(Topics.CONSENT_CHANGES)
                                ? "control record undecided: its subject is blocked"
                                : "quarantined");
        Quarantined quarantined = new Quarantined(
                place.topic(),
                place.partition(),
                place.offset(),
                Instant.ofEpochMilli(place.arrivedAt()),
                rule.id(),
                rule.remedy());
        send(
                GateTopology.sink(Topics.QUARANTINE),
                NO_KEY,
                quarantine.write(quarantined),
                place.arrivedAt(),
                context.taskId().partition());
    }

    /** A new record: no header of the input goes with it (T7). */
    private void send(String sink, byte[] key, byte[] value, long timestamp, int partition) {
        context.forward(new Record<>(key, new Outgoing(partition, value), timestamp), sink);
    }
}
