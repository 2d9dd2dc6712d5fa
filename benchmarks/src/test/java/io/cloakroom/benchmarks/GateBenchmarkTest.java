package io.cloakroom.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Release;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What JMH measures is what it says. */
class GateBenchmarkTest {

    @BeforeEach
    void setHome() {
        System.setProperty("cloakroom.home", "..");
    }

    @Test
    void shouldReleaseToEveryRecipientAndWriteItDown() throws Exception {
        GateBenchmark gate = new GateBenchmark();
        gate.setUp();
        for (int i = 0; i < 100; i++) {
            assertThat(gate.whole()).isEqualTo(Fixture.RECIPIENTS + 1);
        }
        // Headers, ids and purposes are some fifty bytes; each release has more than that.
        assertThat(gate.project()).isGreaterThan(Fixture.RECIPIENTS * 100);
        assertThat(gate.audit()).isGreaterThan(100);
    }

    @Test
    void shouldDecideForEveryRecipient() {
        DecideBenchmark engine = new DecideBenchmark();
        engine.setUp();
        for (int i = 0; i < 2_000; i++) {
            assertThat(engine.decide().decisions()).hasSize(Fixture.RECIPIENTS).allMatch(d -> d instanceof Release);
        }
    }
}
