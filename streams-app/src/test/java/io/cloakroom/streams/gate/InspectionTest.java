package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.gate.EntryKind;
import java.time.Instant;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InspectionTest {

    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final String ADA = "customer:ada";

    private final GateDriver gate = new GateDriver(NOW, GateDriver.SMALL, 1, 1_000_000);

    @AfterEach
    void close() {
        gate.close();
    }

    @Test
    void shouldWriteDownThatSomebodyLooksAndChangeNothing() {
        SubjectRequest look = new SubjectRequest("r-1", NOW.minusSeconds(1), ADA, RequestKind.INSPECTION);
        KeyValueStore<String, byte[]> people = gate.store(People.STORE);
        gate.publish(Topics.SUBJECT_REQUESTS, ADA, look);
        assertThat(gate.lastAudit()).satisfies(entry -> {
            assertThat(entry.getKind()).isEqualTo(EntryKind.CONTROL);
            assertThat(entry.getReason().getRule()).isEqualTo("inspected");
            assertThat(entry.getSubjectToken()).isNull();
        });
        assertThat(people.get(ADA)).isNull();

        gate.publish(Topics.CONSENT_CHANGES, ADA, withdrawal());
        byte[] row = people.get(ADA);
        String token = gate.lastAudit().getSubjectToken();
        gate.publish(Topics.SUBJECT_REQUESTS, ADA, look);
        assertThat(gate.lastAudit().getSubjectToken()).isEqualTo(token).isNotNull();
        assertThat(people.get(ADA)).isEqualTo(row);
    }

    private static ConsentChange withdrawal() {
        return ConsentChange.newBuilder()
                .setChangeId("c-1")
                .setOccurredAt(NOW.minusSeconds(10))
                .setSubject(ADA)
                .setKind(ConsentKind.WITHDRAWAL)
                .setPurpose("direct-marketing")
                .setBrand("net-a-porter")
                .setChannel("EMAIL")
                .build();
    }
}
