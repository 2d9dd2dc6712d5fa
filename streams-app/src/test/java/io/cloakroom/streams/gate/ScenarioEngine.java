package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.streams.Blueprint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.IndexedRecord;

/** Decides without a topology: statements, facts and the engine, nothing else. */
public final class ScenarioEngine {

    private ScenarioEngine() {}

    /** {@code OUTCOME rule clause} by recipient. */
    public static Map<String, String> decide(List<ConsentChange> said, String type, IndexedRecord event, Instant now) {
        Engine engine;
        try {
            engine = new Engine(Blueprint.load(GateDriver.POLICIES).history());
        } catch (PolicyRefusedException e) {
            throw new IllegalStateException(e);
        }
        long arrivedAt = now.toEpochMilli();
        Person person = Person.stranger(new byte[Person.SALT_LENGTH]);
        for (ConsentChange change : said) {
            person = hear(person, change, engine.history().atOrFirst(arrivedAt), arrivedAt);
        }
        Map<String, String> outcomes = new TreeMap<>();
        engine.decide(SlowFacts.of(type, event, arrivedAt, engine.history()), person, arrivedAt)
                .decisions()
                .forEach(d -> outcomes.put(d.recipient().id(), words(d)));
        return outcomes;
    }

    /** The person after a consent change. */
    public static Person hear(Person person, ConsentChange said, Policy policy, long arrivedAt) {
        Statements.Statement statement = Statements.read(said, policy, arrivedAt);
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
