package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.streams.EntryHash;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditChainTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private GateDriver gate;

    @BeforeEach
    void start() {
        gate = new GateDriver(NOW);
    }

    @AfterEach
    void close() {
        gate.close();
    }

    @Test
    void shouldCountFromZeroWithoutAGap() {
        publishEverything();

        List<AuditEntry> entries = gate.audit();

        assertThat(entries).hasSizeGreaterThan(20);
        for (int i = 0; i < entries.size(); i++) {
            assertThat(entries.get(i).getSequence()).isEqualTo(i);
        }
    }

    @Test
    void shouldHoldTheHashOfTheEntryBeforeAsItWasWritten() throws Exception {
        publishEverything();

        byte[] expected = new byte[32];
        for (TestRecord<byte[], byte[]> written : gate.raw(Topics.AUDIT)) {
            AuditEntry entry = read(written.value());
            assertThat(entry.getPreviousHash().bytes())
                    .as("entry %d", entry.getSequence())
                    .isEqualTo(expected);
            expected = EntryHash.of(written.value());
        }
    }

    @Test
    void shouldNameTheOffsetDecidedBeforeInTheSameTopic() {
        publishGarbage("events.order");
        publishGarbage("events.order");
        publishGarbage("events.cookie");
        publishGarbage("consent.changes");
        publishGarbage("events.order");
        publishGarbage("consent.changes");

        assertThat(gate.audit())
                .extracting(e -> e.getTopic() + " " + e.getPreviousOffset() + " " + e.getOffset())
                .containsExactly(
                        "events.order -1 0",
                        "events.order 0 1",
                        "events.cookie -1 0",
                        "consent.changes -1 0",
                        "events.order 1 2",
                        "consent.changes 0 1");
    }

    @Test
    void shouldHaveOneEntryForEachInputWhateverBecameOfIt() {
        int published = publishEverything();

        assertThat(gate.audit()).hasSize(published);
    }

    private int publishEverything() {
        int published = 0;
        for (Scenario scenario : Scenario.all()) {
            scenario.said(NOW).forEach(said -> gate.publish(said.topic(), said.subject(), said.value()));
            published += scenario.said(NOW).size();
            String type = scenario.told().event();
            gate.publish(Topics.events(type), scenario.subject(), scenario.event(NOW));
            published++;
        }
        publishGarbage("events.order");
        gate.publish("events.order", (byte[]) null, null);
        publishGarbage("consent.changes");
        return published + 3;
    }

    private void publishGarbage(String topic) {
        gate.publish(topic, "customer:1".getBytes(StandardCharsets.UTF_8), new byte[] {1, 2, 3});
    }

    private AuditEntry read(byte[] written) {
        WireReader<AuditEntry> reader = WireReader.of(gate.registry(), AuditEntry.SCHEMA$);
        return ((WireReader.Read<AuditEntry>) reader.read(written, 0)).value();
    }
}
