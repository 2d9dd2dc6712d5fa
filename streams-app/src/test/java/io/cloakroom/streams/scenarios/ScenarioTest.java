package io.cloakroom.streams.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.gate.ScenarioEngine;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every scenario, decided by the engine alone and by the topology. The broker's turn is {@code ScenarioIT}. */
class ScenarioTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    static Stream<Scenario> scenarios() {
        return Scenario.all().stream();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldBeDecidedSoByTheEngine(Scenario scenario) {
        assertThat(ScenarioEngine.decide(scenario.said(NOW), scenario.told().event(), scenario.event(NOW), NOW))
                .isEqualTo(new TreeMap<>(scenario.expected()));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldBeDecidedSoByTheTopology(Scenario scenario) {
        String type = scenario.told().event();
        try (GateDriver gate = new GateDriver(NOW)) {
            scenario.said(NOW).forEach(said -> gate.publish("consent.changes", scenario.subject(), said));
            gate.audit();
            gate.publish("events." + type, scenario.subject(), scenario.event(NOW));

            List<AuditEntry> audit = gate.audit();
            assertThat(audit).hasSize(1);
            assertThat(Outcomes.of(audit.get(0))).isEqualTo(new TreeMap<>(scenario.expected()));
            assertThat(Outcomes.reason(audit.get(0))).isEqualTo(scenario.told().quarantined());
            assertThat(audit.get(0).getKind())
                    .isEqualTo(scenario.told().quarantined() == null ? EntryKind.EVENT : EntryKind.QUARANTINED);
            scenario.expected().forEach((recipient, outcome) -> {
                List<IndexedRecord> releases = gate.releases(recipient + "." + type);
                assertThat(releases).as(recipient).hasSize(outcome.startsWith("RELEASE") ? 1 : 0);
                scenario.expectedReads(recipient)
                        .forEach((path, value) -> assertThat(Scenario.read(releases.get(0), path))
                                .as("%s of %s", path, recipient)
                                .isEqualTo(value == null ? null : value.toString()));
            });
        }
    }
}
