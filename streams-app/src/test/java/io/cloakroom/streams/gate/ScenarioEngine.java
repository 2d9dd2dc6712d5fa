package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Engine.Recalled;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Link;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Statements.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;

/** Decides without a topology: statements, facts and the engine, nothing else. What crosses a link has crossed it at once. */
public final class ScenarioEngine {

    private final Engine engine;
    private final long now;
    private final Policy today;
    private final Map<String, Person> people = new HashMap<>();
    private final Map<String, List<String>> recalls = new TreeMap<>();
    private final Set<String> held = new HashSet<>();

    public ScenarioEngine(Instant now) {
        try {
            engine = new Engine(Blueprint.load(GateDriver.POLICIES).history());
        } catch (PolicyRefusedException e) {
            throw new IllegalStateException(e);
        }
        this.now = now.toEpochMilli();
        this.today = engine.history().atOrFirst(this.now);
    }

    /** {@code OUTCOME rule clause} by recipient. */
    public Map<String, String> decide(String subject, String type, IndexedRecord published) {
        Event event = SlowFacts.of(type, published, now, engine.history());
        Map<String, String> outcomes = new TreeMap<>();
        Person after = person(subject);
        for (Decision decision : engine.decide(event, person(subject), now).decisions()) {
            outcomes.put(decision.recipient().id(), words(decision));
            if (decision instanceof Decision.Release release) {
                after = after.holding(release, event);
            } else if (decision instanceof Decision.Hold hold) {
                held.add(hold.recipient().id());
            }
        }
        people.put(subject, after);
        return outcomes;
    }

    /** The same of those for whom it was held and is held no more. */
    public Map<String, String> decideAgain(String subject, String type, IndexedRecord published) {
        Map<String, String> outcomes = decide(subject, type, published);
        outcomes.keySet().retainAll(held);
        outcomes.values().removeIf(outcome -> outcome.startsWith("HOLD"));
        return outcomes;
    }

    /** What recipients had to give up since this was made: purpose, rule and clause by recipient. */
    public Map<String, List<String>> recalls() {
        return recalls;
    }

    public void hear(String subject, SpecificRecord said) {
        Statement statement = read(said);
        if (statement instanceof Statements.Undecidable) {
            become(subject, person(subject).with(new Change.Undecided()));
        } else if (statement instanceof Statements.Taken taken) {
            taken.changes().forEach(change -> hear(subject, change));
        }
        tell();
    }

    private Statement read(SpecificRecord said) {
        if (said instanceof ConsentChange change) {
            return Statements.read(change, today, now);
        }
        return said instanceof IdentityLink link
                ? Statements.read(link, now)
                : Statements.read((SubjectRequest) said, now);
    }

    private void hear(String subject, Change change) {
        Person person = person(subject);
        if (change instanceof Change.Erased) {
            note(Engine.recallAll(person));
            for (Link link : person.links()) {
                become(link.other(), person(link.other()).with(new Change.Gone(subject)));
            }
            people.put(
                    subject,
                    Person.returning(
                            new byte[Person.SALT_LENGTH], person.with(change).stub()));
            return;
        }
        if (change instanceof Change.Connected connected) {
            become(connected.other(), person(connected.other()).with(new Change.Connected(subject, connected.at())));
        } else if (change instanceof Change.Disconnected disconnected) {
            become(
                    disconnected.other(),
                    person(disconnected.other()).with(new Change.Disconnected(subject, disconnected.at())));
        }
        become(subject, person.with(change));
    }

    /** Everybody linked with somebody hears all that this one has to say. */
    private void tell() {
        for (String subject : List.copyOf(people.keySet())) {
            for (Link link : person(subject).links()) {
                Change heard =
                        new Change.Heard(link.other(), person(link.other()).news(today));
                become(subject, person(subject).with(heard));
            }
        }
    }

    private void become(String subject, Person changed) {
        Recalled recalled = engine.recall(person(subject), changed, now);
        note(recalled);
        people.put(subject, recalled.person());
    }

    private void note(Recalled recalled) {
        recalled.recalls()
                .forEach(recall -> recalls.computeIfAbsent(recall.holding().recipient(), recipient -> new ArrayList<>())
                        .add(recall.holding().purpose() + " " + recall.rule().id() + " "
                                + recall.rule().clause()));
    }

    private Person person(String subject) {
        return people.getOrDefault(subject, Person.stranger(new byte[Person.SALT_LENGTH]));
    }

    /** The person after a consent change. */
    public static Person hear(Person person, ConsentChange said, Policy policy, long arrivedAt) {
        Statement statement = Statements.read(said, policy, arrivedAt);
        if (statement instanceof Statements.Taken taken) {
            Person after = person;
            for (Change change : taken.changes()) {
                after = after.with(change);
            }
            return after;
        }
        return statement instanceof Statements.Undecidable ? person.with(new Change.Undecided()) : person;
    }

    private static String words(Decision decision) {
        String outcome = AuditChain.outcome(decision).name();
        return outcome + " " + decision.rule().id() + " " + decision.clause();
    }
}
