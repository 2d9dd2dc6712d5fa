package io.cloakroom.benchmarks;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The engine alone: decisions, each of one event and one recipient, in a second on one core. */
@State(Scope.Thread)
public class DecideBenchmark {

    private static final String BRAND = "mr-porter";

    private final long now = System.currentTimeMillis();
    private final Event[] events = new Event[1_024];
    private final Person person = Fixture.person(BRAND);
    private Engine engine;
    private int next;

    @Setup
    public void setUp() {
        engine = new Fixture().parts().engine();
        for (int i = 0; i < events.length; i++) {
            events[i] = new Event(
                    Load.TYPE,
                    BRAND,
                    "web",
                    "IT",
                    BRAND,
                    now - i,
                    now,
                    i % 2 == 0 ? "PLACED" : "PROCESSING",
                    "",
                    "",
                    "");
        }
        boolean all = engine.decide(events[0], person, now).decisions().stream().allMatch(d -> d instanceof Release);
        if (!all) {
            throw new IllegalStateException("the load is made so that every recipient is released to");
        }
    }

    @Benchmark
    @OperationsPerInvocation(Fixture.RECIPIENTS)
    public Judgement decide() {
        next = (next + 1) % events.length;
        return engine.decide(events[next], person, now);
    }
}
