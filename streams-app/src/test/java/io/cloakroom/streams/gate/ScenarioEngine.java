package io.cloakroom.streams.gate;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Statements.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;

/** Decides without a topology: a rehearsal, and the slow way to the facts. */
public final class ScenarioEngine {

    private final Rehearsal rehearsal;
    private final long now;
    private final Map<String, List<String>> recalls = new TreeMap<>();
    private final Set<String> held = new HashSet<>();

    public ScenarioEngine(Instant now) {
        try {
            rehearsal = new Rehearsal(
                    Blueprint.load(GateDriver.POLICIES).history(),
                    SchemaRegistry.connect(Map.of("schema.registry.url", "mock://scenarios")));
        } catch (PolicyRefusedException e) {
            throw new IllegalStateException(e);
        }
        this.now = now.toEpochMilli();
    }

    /** {@code OUTCOME rule clause} by recipient. */
    public Map<String, String> decide(String subject, String type, IndexedRecord published) {
        Event event = SlowFacts.of(type, published, now, rehearsal.history());
        Map<String, String> outcomes = new TreeMap<>();
        Judgement judgement = rehearsal.decide(subject, event, now, (access, purpose, answer) -> {});
        for (Decision decision : judgement.decisions()) {
            outcomes.put(decision.recipient().id(), words(decision));
            if (decision instanceof Decision.Hold hold) {
                held.add(hold.recipient().id());
            }
        }
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
        rehearsal
                .hear(subject, said, now)
                .recalls()
                .forEach(recall -> recalls.computeIfAbsent(recall.holding().recipient(), recipient -> new ArrayList<>())
                        .add(recall.holding().purpose() + " " + recall.rule().id() + " "
                                + recall.rule().clause()));
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
