package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.streams.scenarios.Outcomes;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An event that overtook its consent, on the way to a recipient that waits for those: mailing, five seconds long. */
class GraceTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String ADA = "customer:ada";

    private GateDriver gate;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        String policy = Files.readString(GateDriver.POLICIES.resolve("2017-11-17.yaml"));
        String patient = policy.replace("region: DE\n", "region: DE\n    grace-seconds: 5\n");
        assertThat(patient).isNotEqualTo(policy);
        Files.writeString(directory.resolve("2017-11-17.yaml"), patient);
        gate = new GateDriver(NOW, directory, 1, 1_000_000);
    }

    @AfterEach
    void close() {
        gate.close();
    }

    @Test
    void shouldReleaseOnceWhenTheConsentArrivesInTime() {
        publishAMailing("SEND");
        assertThat(decided(EntryKind.EVENT))
                .containsEntry("mailing", "HOLD consent-awaited C21")
                .containsEntry("analytics", "WITHHOLD never-asked C21");

        say(grant(NOW.minusSeconds(2)));
        assertThat(decided(EntryKind.RESOLUTION)).isEqualTo(Map.of("mailing", "RELEASE consent C21"));
        say(grant(NOW.minusSeconds(3)));
        gate.advance(Duration.ofSeconds(10));

        assertThat(gate.raw("mailing.marketing")).hasSize(1);
        assertThat(gate.raw("analytics.marketing")).isEmpty();
    }

    @Test
    void shouldWithholdForItsOwnReasonWhenTheGraceIsOver() {
        publishAMailing("SEND");
        say(grant(NOW.plusSeconds(1))); // after the event
        gate.audit();

        gate.advance(Duration.ofSeconds(4));
        assertThat(gate.audit()).isEmpty();
        gate.advance(Duration.ofSeconds(2));

        assertThat(decided(EntryKind.RESOLUTION)).isEqualTo(Map.of("mailing", "WITHHOLD consent-after-event C21"));
        say(grant(NOW.minusSeconds(2)));
        assertThat(gate.raw("mailing.marketing")).isEmpty();
    }

    @Test
    void shouldWithholdAtOnceWhatIsRefusedMeanwhile() {
        publishAMailing("SEND");
        gate.audit();

        say(said(ConsentKind.WITHDRAWAL, NOW.minusSeconds(1)).setPurpose("direct-marketing"));

        assertThat(decided(EntryKind.RESOLUTION)).isEqualTo(Map.of("mailing", "WITHHOLD consent-withdrawn C25"));
    }

    /** The age is waited for longer than the consent, and the consent when the age is known no longer. */
    @Test
    void shouldWaitForEachThingAsLongAsThatTakes() {
        publishAMailing("SUBSCRIBE");
        assertThat(decided(EntryKind.EVENT))
                .containsEntry("mailing", "HOLD age-unknown C1")
                .containsEntry("analytics", "WITHHOLD never-asked C21");

        gate.advance(Duration.ofDays(2));
        assertThat(gate.audit()).isEmpty();
        say(said(ConsentKind.AGE_STATEMENT, NOW.minusSeconds(1)).setBirthDate(LocalDate.of(1980, 1, 1)));

        assertThat(decided(EntryKind.RESOLUTION)).isEqualTo(Map.of("mailing", "WITHHOLD never-asked C21"));
    }

    /** Whatever is said has the gate look, also what is refused or known: when something ends must not depend on that. */
    @Test
    void shouldLookAgainThoughNothingNewIsSaid() {
        publishAMailing("SUBSCRIBE");
        gate.advance(Duration.ofDays(2));
        gate.audit();

        say(grant(NOW.minusSeconds(2)).setNoticeVersion(null));

        assertThat(decided(EntryKind.RESOLUTION)).isEqualTo(Map.of("mailing", "WITHHOLD never-asked C21"));
    }

    @Test
    void shouldWaitAnewWhenTheAgeIsKnownWithinTheGrace() {
        publishAMailing("SUBSCRIBE");
        say(said(ConsentKind.AGE_STATEMENT, NOW.minusSeconds(1)).setBirthDate(LocalDate.of(1980, 1, 1)));
        assertThat(gate.audit()).noneMatch(entry -> entry.getKind() == EntryKind.RESOLUTION);

        gate.advance(Duration.ofSeconds(6));

        assertThat(decided(EntryKind.RESOLUTION)).isEqualTo(Map.of("mailing", "WITHHOLD never-asked C21"));
        assertThat(gate.store(Waiting.STORE).all().hasNext()).isFalse();
    }

    private void publishAMailing(String action) {
        GenericRecord event = Scenario.event("marketing", ADA, NOW);
        event.put(
                "action",
                new GenericData.EnumSymbol(event.getSchema().getField("action").schema(), action));
        gate.publish("events.marketing", ADA, event);
    }

    private void say(ConsentChange.Builder change) {
        gate.publish(Topics.CONSENT_CHANGES, ADA, change.build());
    }

    private static ConsentChange.Builder grant(Instant at) {
        return said(ConsentKind.GRANT, at)
                .setPurpose("direct-marketing")
                .setBrand("net-a-porter")
                .setChannel("EMAIL")
                .setNoticeVersion("2017-11-17");
    }

    private static ConsentChange.Builder said(ConsentKind kind, Instant at) {
        return ConsentChange.newBuilder()
                .setChangeId("change-1")
                .setOccurredAt(at)
                .setSubject(ADA)
                .setKind(kind);
    }

    /** By recipient; of the one entry of this kind since the last call. */
    private Map<String, String> decided(EntryKind kind) {
        List<AuditEntry> entries =
                gate.audit().stream().filter(e -> e.getKind() == kind).toList();
        assertThat(entries).hasSize(1);
        return Outcomes.of(entries.get(0));
    }
}
