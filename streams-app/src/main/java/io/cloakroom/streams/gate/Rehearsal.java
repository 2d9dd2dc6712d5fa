package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Engine.Recall;
import io.cloakroom.policy.Engine.Recalled;
import io.cloakroom.policy.Engine.Witness;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Link;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Rule;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.gate.Statements.Statement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificRecord;

/**
 * The gate without Kafka: what people say and do is decided by the same engine, what crosses a link has crossed it at once,
 * and nothing is released. One for each thread.
 */
public final class Rehearsal {

    private final Engine engine;
    private final Map<String, EventPlan> plans = new HashMap<>();
    private final Map<String, WireReader<EventPlan>> events = new HashMap<>();
    private final Map<String, WireReader<SpecificRecord>> controls = new HashMap<>();
    private final Map<String, Person> people = new HashMap<>();

    /** @param registry that knows the schemas of what is read */
    public Rehearsal(PolicyHistory history, SchemaRegistry registry) {
        this.engine = new Engine(history);
        for (String type : Schemas.eventTypes()) {
            Schema schema = Schemas.event(type);
            EventPlan plan = new EventPlan(Shapes.of(type, schema), schema, history);
            plans.put(type, plan);
            events.put(type, WireReader.of(registry, schema, plan));
        }
        for (String topic : Topics.CONTROL) {
            controls.put(topic, WireReader.of(registry, Topics.SCHEMAS.get(topic)));
        }
    }

    public PolicyHistory history() {
        return engine.history();
    }

    // What people do.

    /**
     * @param key may be null, as a record's
     * @param value in the wire format, or null
     * @param now the gate's clock and the event's arrival, milliseconds since the epoch
     */
    public Judgement decide(String type, byte[] key, byte[] value, long now, Witness witness) {
        Optional<String> subject = SubjectKey.read(key);
        if (subject.isEmpty()) {
            return engine.quarantine(SubjectKey.fault(key), type, now);
        }
        WireReader.Reading<EventPlan> reading = events.get(type).read(value, now);
        if (reading instanceof WireReader.Unreadable<EventPlan> unreadable) {
            return engine.quarantine(unreadable.rule(), type, now);
        }
        EventPlan plan = ((WireReader.Read<EventPlan>) reading).value();
        return plan.isAbout(key)
                ? decide(subject.get(), plan.facts(now), now, witness)
                : engine.quarantine(Rule.KEY_IS_NOT_SUBJECT, type, now);
    }

    Judgement decide(String subject, Event event, long now, Witness witness) {
        Judgement judgement = engine.decide(event, person(subject), now, now, witness);
        Person after = person(subject);
        for (Decision decision : judgement.decisions()) {
            if (decision instanceof Release release) {
                after = after.holding(release, event);
            }
        }
        people.put(subject, after);
        return judgement;
    }

    /** What the recipient of this release would read of the event that was decided last; its tokens lead nowhere. */
    public GenericRecord read(Release proof) {
        String type = proof.access().schema().type();
        Schema schema = new Projection(proof.access(), Schemas.event(type)).schema();
        Pseudonyms.Key key = Pseudonyms.throwaway();
        byte[] salt = new byte[Person.SALT_LENGTH];
        byte[] nobody = key.subject(new byte[0], salt);
        EventPlan plan = plans.get(type);
        Releases releases = plan.releases(salt);
        releases.add(proof, plan.form(proof), key, new byte[0], nobody, proof.completedAt(), nobody);
        plan.write();
        try {
            byte[] release = releases.target(0).out.toBytes();
            return new GenericDatumReader<GenericRecord>(schema)
                    .read(null, DecoderFactory.get().binaryDecoder(release, null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // What they say.

    /**
     * @param topic one of those that people speak in
     * @param now its arrival, milliseconds since the epoch
     */
    public void hear(String topic, byte[] key, byte[] value, long now) {
        SubjectKey.read(key).ifPresent(subject -> {
            if (controls.get(topic).read(value, now) instanceof WireReader.Read<SpecificRecord> read) {
                hear(subject, read.value(), now);
            } else {
                become(subject, person(subject).with(new Change.Undecided()), now);
            }
        });
    }

    /**
     * What came of something that was said.
     *
     * @param recalls what recipients must give up because of it
     */
    public record Heard(Rule rule, List<Recall> recalls) {
        public Heard {
            recalls = List.copyOf(recalls);
        }
    }

    public Heard hear(String subject, SpecificRecord said, long now) {
        List<Recall> recalls = new ArrayList<>();
        Statement statement = read(said, today(now), now);
        if (statement instanceof Statements.Undecidable) {
            recalls.addAll(become(subject, person(subject).with(new Change.Undecided()), now));
        } else if (statement instanceof Statements.Taken taken) {
            for (Change change : taken.changes()) {
                recalls.addAll(hear(subject, change, now));
            }
        }
        recalls.addAll(tell(subject, now));
        return new Heard(statement.rule(), recalls);
    }

    private static Statement read(SpecificRecord said, Policy today, long now) {
        if (said instanceof ConsentChange change) {
            return Statements.read(change, today, now);
        }
        return said instanceof IdentityLink link
                ? Statements.read(link, now)
                : Statements.read((SubjectRequest) said, now);
    }

    private List<Recall> hear(String subject, Change change, long now) {
        Person person = person(subject);
        if (change instanceof Change.Erased) {
            List<Recall> recalls = new ArrayList<>(Engine.recallAll(person).recalls());
            for (Link link : person.links()) {
                recalls.addAll(become(link.other(), person(link.other()).with(new Change.Gone(subject)), now));
            }
            people.put(
                    subject,
                    Person.returning(
                            new byte[Person.SALT_LENGTH], person.with(change).stub()));
            return recalls;
        }
        List<Recall> recalls = new ArrayList<>();
        if (change instanceof Change.Connected connected) {
            Change back = new Change.Connected(subject, connected.at());
            recalls.addAll(become(connected.other(), person(connected.other()).with(back), now));
        } else if (change instanceof Change.Disconnected disconnected) {
            Change back = new Change.Disconnected(subject, disconnected.at());
            recalls.addAll(
                    become(disconnected.other(), person(disconnected.other()).with(back), now));
        }
        recalls.addAll(become(subject, person.with(change), now));
        return recalls;
    }

    /** Those linked with somebody, and this one of them, hear all that the other has to say. */
    private List<Recall> tell(String subject, long now) {
        List<Recall> recalls = new ArrayList<>();
        for (Link link : person(subject).links()) {
            recalls.addAll(tell(subject, link.other(), now));
            recalls.addAll(tell(link.other(), subject, now));
        }
        return recalls;
    }

    private List<Recall> tell(String sender, String subject, long now) {
        Change heard = new Change.Heard(sender, person(sender).news(today(now)));
        return become(subject, person(subject).with(heard), now);
    }

    private List<Recall> become(String subject, Person changed, long now) {
        Recalled recalled = engine.recall(person(subject), changed, now);
        people.put(subject, recalled.person());
        return recalled.recalls();
    }

    private Person person(String subject) {
        return people.getOrDefault(subject, Person.stranger(new byte[Person.SALT_LENGTH]));
    }

    private Policy today(long now) {
        return engine.history().atOrFirst(now);
    }
}
