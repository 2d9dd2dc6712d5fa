package io.cloakroom.benchmarks;

import io.cloakroom.streams.gate.GateSeams;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The gate without a broker: events in a second on one core, whole and in parts. */
@State(Scope.Thread)
public class GateBenchmark {

    private GateSeams.Way way;
    private GateSeams.Releases releases;
    private GateSeams.Audit audit;

    @Setup
    public void setUp() {
        Fixture fixture = new Fixture();
        way = new GateSeams.Way(fixture);
        releases = new GateSeams.Releases(fixture);
        audit = new GateSeams.Audit(fixture);
        if (way.next() != Fixture.RECIPIENTS + 1) {
            throw new IllegalStateException("the load is made so that every recipient is released to");
        }
    }

    /** Decode, decide, five projections, pseudonyms, audit entry. */
    @Benchmark
    public int whole() {
        return way.next();
    }

    /** Five projections with their pseudonyms, of a decoded order. */
    @Benchmark
    public int project() {
        return releases.next();
    }

    @Benchmark
    public int audit() {
        return audit.next();
    }
}
