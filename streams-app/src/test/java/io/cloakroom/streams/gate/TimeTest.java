package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.streams.scenarios.Outcomes;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens later: links, guardians, events that wait, recalls, erasures. */
class TimeTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String CHILD = "customer:child";
    private static final String ADA = "customer:ada";
    private static final String COOKIE = "cookie:c1";

    private final GateDriver gate = new GateDriver(NOW);

    @AfterEach
    void close() {
        gate.close();
    }

    // Guardians.

    @Test
    void shouldHoldAnOrderOfAChildUntilAGuardianAgrees() {
        age(CHILD, 12);
        publish("order", CHILD, NOW.minusSeconds(60));
        AuditEntry held = gate.lastAudit();
        assertThat(Outcomes.of(held)).containsEntry("payment", "HOLD guardian-needed C1");
        assertThat(gate.raw("payment.order")).isEmpty();

        agree(CHILD, NOW.minusSeconds(30));

        AuditEntry resolution = last(EntryKind.RESOLUTION);
        assertThat(Outcomes.of(resolution)).containsEntry("payment", "RELEASE contract C7");
        assertThat(List.of(resolution.getTopic(), resolution.getOffset()))
                .isEqualTo(List.of(held.getTopic(), held.getOffset()));
        assertThat(completedAt("payment.order")).isEqualTo(NOW.minusSeconds(30));
        assertThat(completedAt("analytics.order"))
                .as("in the form that this recipient may have times")
                .isEqualTo(NOW.minusSeconds(30).truncatedTo(ChronoUnit.HOURS));
    }

    private Instant completedAt(String topic) {
        List<IndexedRecord> releases = gate.releases(topic);
        assertThat(releases).hasSize(1);
        return Instant.ofEpochMilli((Long) ((GenericRecord) releases.get(0)).get("completedAt"));
    }

    @Test
    void shouldWithholdWhatNobodyAgreedToInTime() {
        age(CHILD, 12);
        publish("order", CHILD, NOW.minusSeconds(60));
        gate.audit();

        gate.advance(Duration.ofDays(29));
        assertThat(gate.audit()).isEmpty();
        gate.advance(Duration.ofDays(2));

        assertThat(Outcomes.of(last(EntryKind.RESOLUTION))).containsEntry("payment", "WITHHOLD hold-expired C1");
        agree(CHILD, NOW);
        assertThat(gate.raw("payment.order")).isEmpty();
    }

    @Test
    void shouldReleaseWhatWaitedForAnAgeOnceItIsKnown() {
        publish("order", ADA, NOW.minusSeconds(60));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("payment", "HOLD age-unknown C1");

        age(ADA, 40);

        assertThat(gate.raw("payment.order")).hasSize(1);
        assertThat(Outcomes.of(last(EntryKind.RESOLUTION)))
                .doesNotContainKey("authorities") // was no hold
                .allSatisfy((recipient, outcome) -> assertThat(outcome).startsWith("RELEASE "));
    }

    @Test
    void shouldHoldNoMoreOfOnePersonThanARowHolds() {
        for (int i = 0; i < Known.MOST_HOLDS; i++) {
            publish("order", ADA, NOW.minusSeconds(60 + i));
        }
        publish("order", ADA, NOW.minusSeconds(1));

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("payment", "WITHHOLD too-many-holds C1");
        age(ADA, 40);
        assertThat(gate.raw("payment.order")).hasSize(Known.MOST_HOLDS);
    }

    @Test
    void shouldRefuseAGuardianWhoIsTheChildOrAChild() {
        age(CHILD, 12);
        publish(guardian(CHILD, NOW).setGuardian(CHILD));
        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("guardian-is-subject");
        publish(guardian(CHILD, NOW).setGuardianBirthDate(LocalDate.of(2015, 1, 1)));
        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("guardian-minor");
        publish(guardian(CHILD, NOW).setVerification(null));
        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("guardian-unverified");
        publish("order", CHILD, NOW.minusSeconds(60));

        assertThat(gate.raw("payment.order")).isEmpty();
    }

    @Test
    void shouldRecallWhatAGuardianWithdraws() {
        age(CHILD, 12);
        agree(CHILD, NOW.minusSeconds(90));
        publish("order", CHILD, NOW.minusSeconds(60));
        assertThat(gate.raw("payment.order")).hasSize(1);

        publish(said(CHILD, ConsentKind.GUARDIAN_WITHDRAWAL, NOW.minusSeconds(30)));

        assertThat(gate.lastAudit().getRecalls())
                .extracting(RecallNote::getRecipient)
                .contains("payment", "analytics", "group");
        assertThat(gate.raw("recalls.payment")).isNotEmpty();
    }

    // Links.

    @Test
    void shouldHearOnACookieWhatTheCustomerRefused() {
        consent(COOKIE, "cookie-analytics", "adnet", NOW.minusSeconds(500));
        publish(said(ADA, ConsentKind.WITHDRAWAL, NOW.minusSeconds(400)).setPurpose("cookie-analytics"));
        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(300));

        publish("cookie", COOKIE, NOW.minusSeconds(350));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "RELEASE consent C3");
        publish("cookie", COOKIE, NOW.minusSeconds(200));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "WITHHOLD consent-withdrawn C25");
        link(COOKIE, ADA, LinkKind.DISCONNECTED, NOW.minusSeconds(100));
        publish("cookie", COOKIE, NOW.minusSeconds(50));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "RELEASE consent C3");
    }

    @Test
    void t12ShouldNotUndoARefusalOfOneByAGrantOfTheOther() {
        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(500));
        publish(said(ADA, ConsentKind.WITHDRAWAL, NOW.minusSeconds(400)).setPurpose("cookie-analytics"));
        consent(COOKIE, "cookie-analytics", "adnet", NOW.minusSeconds(300));

        publish("cookie", COOKIE, NOW.minusSeconds(200));

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "WITHHOLD consent-withdrawn C25");
    }

    @Test
    void shouldRecallOnACookieWhatTheCustomerRefusesLater() {
        consent(COOKIE, "cookie-analytics", "adnet", NOW.minusSeconds(500));
        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(400));
        publish("cookie", COOKIE, NOW.minusSeconds(300));
        String pseudonym = key(gate.raw("analytics.cookie").get(0));
        gate.audit();

        publish(said(ADA, ConsentKind.WITHDRAWAL, NOW.minusSeconds(200)).setPurpose("cookie-analytics"));

        List<TestRecord<byte[], byte[]>> recalls = gate.raw("recalls.analytics");
        assertThat(recalls).hasSize(1);
        assertThat(key(recalls.get(0))).isEqualTo(pseudonym);
        assertThat(last(EntryKind.RECALL).getRecalls())
                .extracting(RecallNote::getPurpose)
                .containsOnly("cookie-analytics");
    }

    @Test
    void shouldNotSpreadARefusalFromOneCustomerOverABrowserToAnother() {
        String bob = "customer:bob";
        age(ADA, 40);
        age(bob, 40);
        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(500));
        link(COOKIE, bob, LinkKind.CONNECTED, NOW.minusSeconds(500));
        publish(said(ADA, ConsentKind.OBJECTION, NOW.minusSeconds(400)).setPurpose("group-business"));

        publish("order", bob, NOW.minusSeconds(300));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("group", "RELEASE legitimate-interest C16");
        publish("order", ADA, NOW.minusSeconds(300));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("group", "WITHHOLD objected C25");
    }

    // Recalls and erasure.

    @Test
    void shouldRecallOnceWhatWasReleasedUnderARefusedPurpose() {
        age(ADA, 40);
        publish("order", ADA, NOW.minusSeconds(300));
        publish("order", ADA, NOW.minusSeconds(200));

        publish(said(ADA, ConsentKind.OBJECTION, NOW.minusSeconds(100)).setPurpose("group-business"));
        publish(said(ADA, ConsentKind.OBJECTION, NOW.minusSeconds(50)).setPurpose("group-business"));

        assertThat(gate.raw("recalls.group")).hasSize(1);
        assertThat(gate.raw("recalls.payment")).isEmpty();
    }

    @Test
    void shouldForgetSomebodyAndRememberWhatWasRefused() {
        age(ADA, 40);
        publish(said(ADA, ConsentKind.OBJECTION, NOW.minusSeconds(400)).setPurpose("group-business"));
        publish("order", ADA, NOW.minusSeconds(300));
        String before = key(gate.raw("analytics.order").get(0));

        gate.publish(
                Topics.SUBJECT_REQUESTS,
                ADA,
                new SubjectRequest("r-1", NOW.minusSeconds(100), ADA, RequestKind.ERASURE));

        assertThat(gate.<byte[]>store(People.STORE).get(ADA)).isNull();
        assertThat(gate.raw("recalls.payment")).hasSize(1);
        assertThat(gate.raw("recalls.group")).isEmpty();
        publish("order", ADA, NOW.minusSeconds(200));
        assertThat(Outcomes.of(gate.lastAudit()))
                .allSatisfy((r, o) -> assertThat(o).startsWith("WITHHOLD erased"));
        age(ADA, 40);
        publish("order", ADA, NOW.minusSeconds(50));
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("group", "WITHHOLD objected C25");
        assertThat(key(gate.raw("analytics.order").get(0))).isNotEqualTo(before);
    }

    @Test
    void shouldLeaveSomebodyForgottenWhenAnOldLinkIsHeardOfAgain() {
        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(500));
        assertThat(rowOf(COOKIE)).contains(ADA);
        gate.publish(
                Topics.SUBJECT_REQUESTS,
                ADA,
                new SubjectRequest("r-1", NOW.minusSeconds(100), ADA, RequestKind.ERASURE));
        assertThat(rowOf(COOKIE)).doesNotContain(ADA);

        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(500));

        assertThat(rowOf(COOKIE)).doesNotContain(ADA);
        assertThat(gate.<byte[]>store(People.STORE).get(ADA)).isNull();
        link(COOKIE, ADA, LinkKind.CONNECTED, NOW.minusSeconds(50));
        assertThat(rowOf(COOKIE)).as("a new link").contains(ADA);
    }

    private String rowOf(String subject) {
        return new String(gate.<byte[]>store(People.STORE).get(subject), StandardCharsets.ISO_8859_1);
    }

    @Test
    void shouldForgetWhatWaits() {
        publish("order", ADA, NOW.minusSeconds(300));

        gate.publish(
                Topics.SUBJECT_REQUESTS,
                ADA,
                new SubjectRequest("r-1", NOW.minusSeconds(100), ADA, RequestKind.ERASURE));

        assertThat(Outcomes.of(last(EntryKind.RESOLUTION)))
                .allSatisfy((r, o) -> assertThat(o).startsWith("WITHHOLD erased"));
        assertThat(gate.store(Waiting.STORE).all().hasNext()).isFalse();
        age(ADA, 40);
        assertThat(gate.raw("payment.order")).isEmpty();
    }

    // What is said.

    private AuditEntry last(EntryKind kind) {
        List<AuditEntry> entries =
                gate.audit().stream().filter(e -> e.getKind() == kind).toList();
        assertThat(entries).as(kind.toString()).isNotEmpty();
        return entries.get(entries.size() - 1);
    }

    private static String key(TestRecord<byte[], byte[]> record) {
        return new String(record.key(), StandardCharsets.UTF_8);
    }

    private void publish(String type, String subject, Instant at) {
        GenericRecord event = Scenario.event(type, subject, at);
        gate.publish(Topics.events(type), subject, event);
    }

    private void publish(ConsentChange.Builder change) {
        ConsentChange said = change.build();
        gate.publish(Topics.CONSENT_CHANGES, said.getSubject(), said);
    }

    private static ConsentChange.Builder said(String subject, ConsentKind kind, Instant at) {
        return ConsentChange.newBuilder()
                .setChangeId("change-1")
                .setOccurredAt(at)
                .setSubject(subject)
                .setKind(kind);
    }

    private void age(String subject, int years) {
        publish(said(subject, ConsentKind.AGE_STATEMENT, NOW.minus(Duration.ofDays(1)))
                .setBirthDate(LocalDate.of(2026 - years, 1, 1)));
    }

    private void consent(String subject, String purpose, String collector, Instant at) {
        publish(said(subject, ConsentKind.GRANT, at)
                .setPurpose(purpose)
                .setBrand("net-a-porter")
                .setCollector(collector)
                .setNoticeVersion("2017-11-17"));
    }

    private ConsentChange.Builder guardian(String child, Instant at) {
        return said(child, ConsentKind.GUARDIAN_AGREEMENT, at)
                .setGuardian(ADA)
                .setGuardianBirthDate(LocalDate.of(1980, 1, 1))
                .setVerification("card");
    }

    private void agree(String child, Instant at) {
        publish(guardian(child, at));
    }

    private void link(String cookie, String customer, LinkKind kind, Instant at) {
        gate.publish(Topics.IDENTITY_LINKS, cookie, new IdentityLink("l-1", at, cookie, customer, kind));
    }
}
