package io.cloakroom.benchmarks;

import io.cloakroom.streams.gate.GateSeams;
import java.io.IOException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The gate without a broker: events in a second on one core, whole and in parts. */
@State(Scope.Thread)
public class GateBenchmark {

    private GateSeams.Way way;
    private GateSeams.Written releases;
    private GateSeams.Audit audit;

    @Setup
    public void setUp() throws IOException {
        Fixture fixture = new Fixture();
        way = new GateSeams.Way(fixture);
        releases = new GateSeams.Written(fixture);
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

    /** Five projections with their pseudonyms, of an order. */
    @Benchmark
    public int project() throws IOException {
        return releases.next();
    }

    @Benchmark
    public int audit() {
        return audit.next();
    }
}
