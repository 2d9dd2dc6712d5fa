package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Forward;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.gate.Reason;
import io.cloakroom.gate.Sha256;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Rule;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.specific.SpecificData;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gate: takes every input record of a partition, decides, and writes what was decided — releases, one audit entry,
 * and where nothing could be decided its coordinates. All in the transaction of the input.
 */
final class GateProcessor implements Processor<byte[], Input, byte[], Outgoing> {

    private static final Logger LOG = LoggerFactory.getLogger(GateProcessor.class);
    private static final byte[] NO_KEY = null;

    private final GateParts parts;
    private final SecureRandom random = new SecureRandom();

    // Made anew by init: a processor is used again after a rebalance.
    private ProcessorContext<byte[], Outgoing> context;
    private KeyValueStore<String, Person> people;
    private AuditChain audit;
    private WireWriter quarantine;
    private WireWriter forwards;
    private Map<String, WireReader> events;
    private WireReader consentChanges;
    private WireReader forwarded;
    private Map<Access, Exit> exits;

    GateProcessor(GateParts parts) {
        this.parts = parts;
    }

    /** Where releases of one access are written. */
    private record Exit(Projection projection, WireWriter writer, Pseudonyms.Key key, String sink, int longest) {}

    @Override
    public void init(ProcessorContext<byte[], Outgoing> context) {
        this.context = context;
        people = context.getStateStore(GateTopology.PEOPLE);
        audit = new AuditChain(context.getStateStore(AuditChain.STORE), internal(Topics.AUDIT, AuditEntry.SCHEMA$));
        quarantine = internal(Topics.QUARANTINE, Quarantined.SCHEMA$);
        forwards = internal(Topics.FORWARDS, Forward.SCHEMA$);
        events = new HashMap<>();
        parts.schemas()
                .forEach((type, schema) ->
                        events.put(type, new WireReader(parts.registry(), schema, GenericData.get())));
        consentChanges = new WireReader(
                parts.registry(), ConsentChange.SCHEMA$, SpecificData.getForSchema(ConsentChange.SCHEMA$));
        forwarded = new WireReader(parts.registry(), Forward.SCHEMA$, SpecificData.getForSchema(Forward.SCHEMA$));
        exits = new IdentityHashMap<>();
        for (Projection projection : parts.projections()) {
            Access access = projection.access();
            int id = parts.registry().id(Topics.subject(access.topic()), projection.schema());
            exits.put(
                    access,
                    new Exit(
                            projection,
                            new WireWriter(id, projection.schema(), GenericData.get()),
                            parts.pseudonyms().key(access.recipient().keyName()),
                            GateTopology.sink(access.topic()),
                            parts.longestRelease().applyAsInt(access.topic())));
        }
    }

    private WireWriter internal(String topic, Schema schema) {
        int id = parts.registry().id(Topics.subject(topic), Topics.SCHEMAS.get(topic));
        return new WireWriter(id, schema, SpecificData.getForSchema(schema));
    }

    /** Where a record lies, and when it got there. */
    private record Place(String topic, int partition, long offset, long arrivedAt) {}

    @Override
    public void process(Record<byte[], Input> record) {
        RecordMetadata metadata = context.recordMetadata()
                .orElseThrow(() -> new IllegalStateException("a record without coordinates cannot be decided"));
        Input input = record.value();
        Place place = new Place(metadata.topic(), metadata.partition(), metadata.offset(), input.arrivedAt());
        switch (place.topic()) {
            case Topics.FORWARDS -> arriveForwarded(place, record.key(), input.value());
            case Topics.CONSENT_CHANGES -> control(place, record.key(), input.value());
            default -> event(place, record.key(), input.value());
        }
    }

    // Events.

    private void event(Place place, byte[] key, byte[] value) {
        String type = Topics.type(place.topic());
        long now = context.currentSystemTimeMs();
        Engine engine = parts.engine();
        Optional<Rule> fault = keyFault(key);
        if (fault.isEmpty() && isMisplaced(place, key)) {
            fault = Optional.of(Rule.MISPLACED);
        }
        if (fault.isPresent()) {
            quarantineEvent(place, fault.get(), type, now);
            return;
        }
        WireReader.Reading reading = events.get(type).read(value);
        if (reading instanceof WireReader.Unreadable unreadable) {
            quarantineEvent(place, unreadable.rule(), type, now);
            return;
        }
        WireReader.Read read = (WireReader.Read) reading;
        String subject = new String(key, StandardCharsets.UTF_8);
        if (!subject.equals(Facts.subject(read.value()))) {
            quarantineEvent(place, Rule.KEY_IS_NOT_SUBJECT, type, now);
            return;
        }

        Person known = people.get(subject);
        Person person = known == null ? Person.stranger(salt()) : known;
        Event event = Facts.of(type, read.value(), place.arrivedAt(), engine.history());
        Judgement judgement = engine.decide(event, person, now);
        if (judgement instanceof Judgement.Quarantined quarantined) {
            quarantineEvent(place, quarantined.rule(), type, now);
            return;
        }
        Judgement.Decided decided = (Judgement.Decided) judgement;
        List<Decision> decisions = new ArrayList<>(decided.decisions().size());
        for (Decision decision : decided.decisions()) {
            decisions.add(
                    decision instanceof Release release ? release(release, read, place, subject, person) : decision);
        }
        boolean remembered = known != null || decisions.stream().anyMatch(d -> d instanceof Release);
        if (known == null && remembered) {
            people.put(subject, person);
        }
        AuditEntry entry = entry(place, EntryKind.EVENT, now);
        entry.setOccurredAt(Instant.ofEpochMilli(event.occurredAt()));
        entry.setUnplannedFields(read.unplanned());
        entry.setDecisions(decisions.stream().map(AuditEntries::of).toList());
        decided.policy().ifPresent(policy -> policy(entry, policy));
        if (remembered) {
            entry.setSubjectToken(token(subject, person));
        }
        audit(place, entry);
    }

    /** Writes the release; the decision is what came of it: a record longer than its topic takes is withheld. */
    private Decision release(Release release, WireReader.Read read, Place place, String subject, Person person) {
        Exit exit = exits.get(release.access());
        String releaseId = exit.key().release(place.topic(), place.partition(), place.offset());
        byte[] key = exit.key().subject(subject, person.salt()).getBytes(StandardCharsets.UTF_8);
        byte[] value = exit.writer()
                .write(exit.projection().write(release, read.value(), releaseId, exit.key(), person.salt()));
        if (key.length + value.length > exit.longest()) {
            return Withhold.by(Rule.OVERSIZE, release.recipient());
        }
        long timestamp = exit.projection().timestamp(release, place.arrivedAt());
        send(exit.sink(), key, value, timestamp, place.partition());
        return release;
    }

    private void quarantineEvent(Place place, Rule rule, String type, long now) {
        AuditEntry entry = entry(place, EntryKind.QUARANTINED, now);
        entry.setReason(new Reason(rule.id(), rule.clause()));
        entry.setDecisions(parts.engine().quarantine(rule, type, now).decisions().stream()
                .map(AuditEntries::of)
                .toList());
        quarantine(place, rule);
        audit(place, entry);
    }

    // Control records.

    private void control(Place place, byte[] key, byte[] value) {
        long now = context.currentSystemTimeMs();
        Optional<Rule> fault = keyFault(key);
        EntryKind kind;
        Rule rule;
        if (fault.isPresent()) {
            rule = fault.get();
            kind = EntryKind.QUARANTINED;
            quarantine(place, rule);
        } else if (isMisplaced(place, key)) {
            rule = Rule.FORWARDED;
            kind = EntryKind.FORWARDED;
            forward(place, key, value);
        } else {
            Statements.Statement statement = take(place, key, value);
            rule = rule(statement);
            kind = statement instanceof Statements.Undecidable ? EntryKind.QUARANTINED : EntryKind.CONTROL;
        }
        AuditEntry entry = entry(place, kind, now);
        entry.setReason(new Reason(rule.id(), rule.clause()));
        if (kind != EntryKind.FORWARDED && fault.isEmpty()) {
            String subject = new String(key, StandardCharsets.UTF_8);
            entry.setSubjectToken(token(subject, people.get(subject)));
        }
        policy(entry, parts.engine().history().atOrFirst(now));
        audit(place, entry);
    }

    private static Rule rule(Statements.Statement statement) {
        if (statement instanceof Statements.Refused refused) {
            return refused.rule();
        } else if (statement instanceof Statements.Undecidable undecidable) {
            return undecidable.rule();
        }
        return Rule.APPLIED;
    }

    /** Takes in what a control record says; what cannot be decided blocks its subject and is quarantined. */
    private Statements.Statement take(Place place, byte[] key, byte[] value) {
        String subject = new String(key, StandardCharsets.UTF_8);
        Statements.Statement statement = statement(place, subject, value);
        Person known = people.get(subject);
        Person person = known == null ? Person.stranger(salt()) : known;
        Person changed = person;
        if (statement instanceof Statements.Taken taken) {
            changed = person.with(taken.change());
        } else if (statement instanceof Statements.Undecidable undecidable) {
            changed = person.with(new Change.Undecided());
            quarantine(place, undecidable.rule());
        }
        if (changed != known) {
            people.put(subject, changed);
        }
        return statement;
    }

    private Statements.Statement statement(Place place, String subject, byte[] value) {
        WireReader.Reading reading = consentChanges.read(value);
        if (reading instanceof WireReader.Unreadable unreadable) {
            return new Statements.Undecidable(unreadable.rule());
        }
        ConsentChange said = (ConsentChange) ((WireReader.Read) reading).value();
        if (!said.getSubject().equals(subject)) {
            return new Statements.Undecidable(Rule.KEY_IS_NOT_SUBJECT);
        }
        return Statements.read(said, parts.engine().history().atOrFirst(place.arrivedAt()), place.arrivedAt());
    }

    /** A value that is null, or too long to forward, goes on as an empty one: all are undecidable. */
    private void forward(Place place, byte[] key, byte[] value) {
        byte[] forward = forward(place, value == null ? new byte[0] : value);
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

    private byte[] forward(Place place, byte[] published) {
        return forwards.write(new Forward(
                place.topic(),
                place.partition(),
                place.offset(),
                Instant.ofEpochMilli(place.arrivedAt()),
                ByteBuffer.wrap(published)));
    }

    /** What the gate sent itself; it stands in the audit where it first arrived. */
    private void arriveForwarded(Place place, byte[] key, byte[] value) {
        if (keyFault(key).isEmpty()
                && !isMisplaced(place, key)
                && forwarded.read(value) instanceof WireReader.Read read
                && read.value() instanceof Forward forward) {
            byte[] published = new byte[forward.getValue().remaining()];
            forward.getValue().get(published);
            Place first = new Place(
                    forward.getTopic(),
                    forward.getPartition(),
                    forward.getOffset(),
                    forward.getArrivedAt().toEpochMilli());
            take(first, key, published);
        } else {
            quarantine(place, Rule.UNDECODABLE);
        }
    }

    // What all share.

    private static Optional<Rule> keyFault(byte[] key) {
        if (key == null) {
            return Optional.of(Rule.NULL_KEY);
        }
        return SubjectKey.read(key).isEmpty() ? Optional.of(Rule.NOT_A_SUBJECT_KEY) : Optional.empty();
    }

    private boolean isMisplaced(Place place, byte[] key) {
        return SubjectKey.partition(key, parts.partitions()) != place.partition();
    }

    private byte[] salt() {
        byte[] salt = new byte[Person.SALT_LENGTH];
        random.nextBytes(salt);
        return salt;
    }

    private String token(String subject, Person person) {
        return parts.pseudonyms().key(GateParts.AUDIT_KEY).subject(subject, person.salt());
    }

    private static AuditEntry entry(Place place, EntryKind kind, long now) {
        AuditEntry entry = new AuditEntry();
        entry.setKind(kind);
        entry.setTopic(place.topic());
        entry.setPartition(place.partition());
        entry.setOffset(place.offset());
        entry.setArrivedAt(Instant.ofEpochMilli(place.arrivedAt()));
        entry.setDecidedAt(Instant.ofEpochMilli(now));
        entry.setDecisions(List.of());
        return entry;
    }

    private static void policy(AuditEntry entry, Policy policy) {
        entry.setPolicyVersion(policy.version());
        entry.setPolicyHash(new Sha256(HexFormat.of().parseHex(policy.hash())));
    }

    private void audit(Place place, AuditEntry entry) {
        send(
                GateTopology.sink(Topics.AUDIT),
                NO_KEY,
                audit.append(entry),
                entry.getDecidedAt().toEpochMilli(),
                place.partition());
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
