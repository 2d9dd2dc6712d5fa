package io.cloakroom.streams.histories;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.gate.ScenarioEngine;
import io.cloakroom.streams.histories.Step.Age;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Garbage;
import io.cloakroom.streams.histories.Step.Guardian;
import io.cloakroom.streams.histories.Step.Passing;
import io.cloakroom.streams.histories.Step.Said;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** The policy's engine alone, with what it knows of people in memory. */
final class EngineGate implements Gate {

    private static final Records RECORDS = new Records(UnaryOperator.identity());

    private final Engine engine;
    private final Map<String, Person> people = new HashMap<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private long clock = History.START;

    EngineGate(PolicyHistory policies) {
        engine = new Engine(policies);
    }

    /** Holds never end here, nobody is linked, and nothing is recalled. */
    static boolean understands(Step step) {
        return step instanceof Event
                || step instanceof Said
                || step instanceof Age
                || step instanceof Guardian
                || step instanceof Erasure
                || step instanceof Garbage
                || step instanceof Passing;
    }

    @Override
    public void happen(int position, Step step) {
        if (step instanceof Event event) {
            decide(position, event);
        } else if (step instanceof Said said) {
            hear(said.subject(), RECORDS.change(said));
        } else if (step instanceof Age age) {
            hear(age.subject(), RECORDS.change(age));
        } else if (step instanceof Guardian guardian) {
            hear(guardian.subject(), RECORDS.change(guardian));
        } else if (step instanceof Erasure erasure) {
            long at = Math.min(erasure.at(), clock + Engine.CLOCK_TOLERANCE);
            Person.Stub left =
                    person(erasure.subject()).with(new Change.Erased(at)).stub();
            people.put(erasure.subject(), Person.returning(new byte[Person.SALT_LENGTH], left));
        } else if (step instanceof Garbage garbage) {
            people.put(garbage.subject(), person(garbage.subject()).with(new Change.Undecided()));
        } else if (step instanceof Passing passing) {
            clock += passing.time().toMillis();
        }
    }

    @Override
    public void settle(int position) {}

    @Override
    public List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    @Override
    public List<Recall> recalls() {
        return List.of();
    }

    private Person person(String subject) {
        return people.getOrDefault(subject, Person.stranger(new byte[Person.SALT_LENGTH]));
    }

    private void hear(String subject, ConsentChange change) {
        Person person =
                ScenarioEngine.hear(person(subject), change, engine.history().atOrFirst(clock), clock);
        people.put(subject, person);
    }

    private void decide(int position, Event event) {
        Judgement judgement = engine.decide(facts(event), person(event.subject()), clock);
        for (Decision decision : judgement.decisions()) {
            outcomes.add(new Outcome(position, position, decision.recipient().id(), verdict(decision)));
        }
    }

    private io.cloakroom.policy.Event facts(Event event) {
        return new io.cloakroom.policy.Event(
                event.type(),
                event.brand(),
                "web",
                event.country(),
                event.collector().isEmpty() ? event.brand() : event.collector(),
                event.at(),
                clock,
                event.states(),
                event.act(),
                event.channel(),
                event.unsubscribe() ? "click here" : "");
    }

    private static Verdict verdict(Decision decision) {
        if (decision instanceof Decision.Release release) {
            return Verdict.release(new TreeSet<>(release.purposes()));
        }
        Set<Why> reason = Set.of(Why.valueOf(decision.rule().name()));
        return decision instanceof Decision.Hold ? Verdict.hold(reason) : Verdict.withhold(reason);
    }
}
