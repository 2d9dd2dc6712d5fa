package io.cloakroom.streams.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.gate.ScenarioEngine;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every scenario, decided by the engine alone and by the topology. The broker's turn is {@code ScenarioIT}. */
class ScenarioTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    /** Each scenario has people of its own. */
    private static GateDriver gate;

    @BeforeAll
    static void start() {
        gate = new GateDriver(NOW);
    }

    @AfterAll
    static void stop() {
        gate.close();
    }

    static Stream<Scenario> scenarios() {
        return Scenario.all().stream();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldBeDecidedSoByTheEngine(Scenario scenario) {
        ScenarioEngine engine = new ScenarioEngine(NOW);
        scenario.said(NOW).forEach(said -> engine.hear(said.subject(), said.value()));
        String type = scenario.told().event();

        IndexedRecord event = scenario.event(NOW);
        assertThat(engine.decide(scenario.subject(), type, event)).containsAllEntriesOf(scenario.expected());

        scenario.saidLater(NOW).forEach(said -> engine.hear(said.subject(), said.value()));
        assertThat(engine.recalls()).containsAllEntriesOf(scenario.expectedRecalls());
        assertThat(engine.decideAgain(scenario.subject(), type, event)).containsAllEntriesOf(scenario.expectedLater());
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldBeDecidedSoByTheTopology(Scenario scenario) {
        String type = scenario.told().event();
        Stream.of(scenario.expected(), scenario.expectedLater())
                .flatMap(outcomes -> outcomes.keySet().stream())
                .forEach(recipient -> gate.releases(recipient + "." + type));
        scenario.said(NOW).forEach(said -> gate.publish(said.topic(), said.subject(), said.value()));
        gate.audit();
        gate.publish("events." + type, scenario.subject(), scenario.event(NOW));

        List<AuditEntry> audit = gate.audit();
        assertThat(audit).hasSize(1);
        assertThat(Outcomes.of(audit.get(0))).containsAllEntriesOf(scenario.expected());
        assertThat(Outcomes.reason(audit.get(0))).isEqualTo(scenario.told().quarantined());
        assertThat(audit.get(0).getKind())
                .isEqualTo(scenario.told().quarantined() == null ? EntryKind.EVENT : EntryKind.QUARANTINED);
        assertReleases(scenario, scenario.expected());

        scenario.saidLater(NOW).forEach(said -> gate.publish(said.topic(), said.subject(), said.value()));
        List<AuditEntry> later = gate.audit();
        assertThat(Outcomes.resolved(later)).containsAllEntriesOf(scenario.expectedLater());
        assertThat(Outcomes.recalls(later)).containsAllEntriesOf(scenario.expectedRecalls());
        assertReleases(scenario, scenario.expectedLater());
    }

    private static void assertReleases(Scenario scenario, Map<String, String> outcomes) {
        outcomes.forEach((recipient, outcome) -> {
            List<IndexedRecord> releases =
                    gate.releases(recipient + "." + scenario.told().event());
            assertThat(releases).as(recipient).hasSize(outcome.startsWith("RELEASE") ? 1 : 0);
            if (!releases.isEmpty()) {
                scenario.expectedReads(recipient)
                        .forEach((path, value) -> assertThat(Scenario.read(releases.get(0), path))
                                .as("%s of %s", path, recipient)
                                .isEqualTo(value == null ? null : value.toString()));
            }
        });
    }
}
