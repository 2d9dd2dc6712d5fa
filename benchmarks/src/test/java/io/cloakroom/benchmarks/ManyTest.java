package io.cloakroom.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.benchmarks.Findings.Target;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManyTest {

    private static final Many HALF = new Many(
            0.9,
            new Many.Side(18, 200, 120, List.of(pair(100, 200), pair(10, 20), pair(40, 50))),
            new Many.Side(1_000, 200, 120, List.of(pair(50, 100), pair(5, 20), pair(80, 50))));

    @Test
    void shouldCompareWithinEachPair() {
        assertThat(HALF.manyOverFew()).isEqualTo(new Spread(0.5, 0.5, 2));
        assertThat(HALF.ratios()).isEqualTo(new Spread(1, 0.5, 2));
    }

    @Test
    void shouldAimAtTheGatesThroughput() {
        assertThat(HALF.targets()).singleElement().returns(false, Target::holds);
    }

    @Test
    void shouldWriteBothSides() {
        assertThat(HALF.text())
                .contains("rules                                          18          1,000")
                .anyMatch(line -> line.startsWith("gate, events/s ") && line.endsWith(" 40             50"));
        assertThat(HALF.json()).containsKeys("many_over_few", "few", "many");
    }

    private static Map<Contender, Run.Throughput> pair(double gate, double passThrough) {
        return Map.of(
                Contender.GATE, new Run.Throughput(gate, 1, 1, 1),
                Contender.PASS_THROUGH, new Run.Throughput(passThrough, 1, 1, 1));
    }
}
