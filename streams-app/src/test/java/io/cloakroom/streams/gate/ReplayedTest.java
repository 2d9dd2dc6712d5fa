package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Coordinates;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.streams.scenarios.Outcomes;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was quarantined and comes again: it is decided as it would have been, and its header decides nothing. */
class ReplayedTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String ADA = "customer:ada";
    private static final byte[] KEY = ADA.getBytes(StandardCharsets.UTF_8);
    private static final String REFUSED = "consent-withdrawn C25";
    private static final String BLOCKED = "control-record-undecided C25";

    private GateDriver gate;

    @BeforeEach
    void start() {
        gate = new GateDriver(NOW);
    }

    @AfterEach
    void close() {
        gate.close();
    }

    // Control records.

    @Test
    void shouldUnblockWhenTheRecordThatBlockedIsDecided() {
        say(grant());
        byte[] withdrawal = unregistered(
                Topics.CONSENT_CHANGES, said(ConsentKind.WITHDRAWAL).build());
        AuditEntry blocking = published(Topics.CONSENT_CHANGES, withdrawal, new RecordHeaders());
        assertThat(blocking.getKind()).isEqualTo(EntryKind.QUARANTINED);
        assertThat(mailing()).isEqualTo("WITHHOLD " + BLOCKED);

        register(Topics.CONSENT_CHANGES, ConsentChange.SCHEMA$);
        AuditEntry replayed = replayed(blocking, withdrawal);

        assertThat(replayed.getKind()).isEqualTo(EntryKind.CONTROL);
        assertThat(Outcomes.reason(replayed)).isEqualTo("applied C25");
        assertThat(replayed.getReplayOf()).isEqualTo(new Coordinates(Topics.CONSENT_CHANGES, 0, blocking.getOffset()));
        assertThat(replayed.getOffset()).isGreaterThan(blocking.getOffset());
        assertThat(mailing()).isEqualTo("WITHHOLD " + REFUSED);
        say(grant().setOccurredAt(NOW.minusSeconds(2)));
        assertThat(mailing()).isEqualTo("RELEASE consent C21");
    }

    /** A replay that says nothing new unblocks too: it was a grant that is refused, or one that is known. */
    @Test
    void shouldUnblockThoughTheRecordIsRefused() {
        say(grant());
        byte[] nothing = unregistered(
                Topics.CONSENT_CHANGES, grant().setNoticeVersion(null).build());
        AuditEntry blocking = published(Topics.CONSENT_CHANGES, nothing, new RecordHeaders());
        assertThat(mailing()).isEqualTo("WITHHOLD " + BLOCKED);

        register(Topics.CONSENT_CHANGES, ConsentChange.SCHEMA$);

        assertThat(Outcomes.reason(replayed(blocking, nothing))).isEqualTo("incomplete C25");
        assertThat(mailing()).isEqualTo("RELEASE consent C21");
    }

    @Test
    void shouldStayBlockedUntilTheLastOfThemIsDecided() {
        say(grant());
        byte[] withdrawal = unregistered(
                Topics.CONSENT_CHANGES, said(ConsentKind.WITHDRAWAL).build());
        byte[] lift =
                unregistered(Topics.CONSENT_CHANGES, said(ConsentKind.LIFT).build());
        AuditEntry one = published(Topics.CONSENT_CHANGES, withdrawal, new RecordHeaders());
        AuditEntry other = published(Topics.CONSENT_CHANGES, lift, new RecordHeaders());
        AuditEntry never = published(Topics.CONSENT_CHANGES, new byte[] {1, 2}, new RecordHeaders());
        register(Topics.CONSENT_CHANGES, ConsentChange.SCHEMA$);

        replayed(one, withdrawal);
        assertThat(mailing()).isEqualTo("WITHHOLD " + BLOCKED);
        assertThat(replayed(never, new byte[] {1, 2}).getKind()).isEqualTo(EntryKind.QUARANTINED);
        replayed(other, lift);
        assertThat(mailing()).isEqualTo("WITHHOLD " + BLOCKED);
    }

    @Test
    void shouldUnblockWhoIsLinkedToo() {
        String cookie = "cookie:ada";
        gate.publish(
                Topics.IDENTITY_LINKS,
                cookie,
                new IdentityLink("link-1", NOW.minusSeconds(60), cookie, ADA, LinkKind.CONNECTED));
        gate.publish(
                Topics.CONSENT_CHANGES,
                cookie,
                grant().setSubject(cookie)
                        .setPurpose("cookie-analytics")
                        .setChannel(null)
                        .setCollector("adnet")
                        .build());
        byte[] withdrawal = unregistered(
                Topics.CONSENT_CHANGES, said(ConsentKind.WITHDRAWAL).build());
        AuditEntry blocking = published(Topics.CONSENT_CHANGES, withdrawal, new RecordHeaders());
        gate.publish("events.cookie", cookie, Scenario.event("cookie", cookie, NOW));
        assertThat(Outcomes.of(gate.lastAudit())).containsValue("WITHHOLD " + BLOCKED);

        register(Topics.CONSENT_CHANGES, ConsentChange.SCHEMA$);
        replayed(blocking, withdrawal);

        gate.publish("events.cookie", cookie, Scenario.event("cookie", cookie, NOW));
        assertThat(Outcomes.of(gate.lastAudit())).isNotEmpty().doesNotContainValue("WITHHOLD " + BLOCKED);
    }

    @Test
    void shouldChangeNothingWhenItIsReplayedTwice() {
        say(grant());
        byte[] withdrawal = unregistered(
                Topics.CONSENT_CHANGES, said(ConsentKind.WITHDRAWAL).build());
        AuditEntry blocking = published(Topics.CONSENT_CHANGES, withdrawal, new RecordHeaders());
        register(Topics.CONSENT_CHANGES, ConsentChange.SCHEMA$);
        AuditEntry first = replayed(blocking, withdrawal);
        byte[] row = gate.<byte[]>store(People.STORE).get(ADA);

        AuditEntry second = replayed(blocking, withdrawal);

        assertThat(second.getReplayOf()).isEqualTo(first.getReplayOf());
        assertThat(second.getReason()).isEqualTo(first.getReason());
        assertThat(gate.<byte[]>store(People.STORE).get(ADA)).isEqualTo(row);
    }

    /** Who publishes can copy a header; it then stands before a record for which it was not made. */
    @Test
    void shouldUnblockByNoHeader() {
        say(grant());
        byte[] withdrawal = unregistered(
                Topics.CONSENT_CHANGES, said(ConsentKind.WITHDRAWAL).build());
        AuditEntry blocking = published(Topics.CONSENT_CHANGES, withdrawal, new RecordHeaders());

        AuditEntry forged = published(
                Topics.CONSENT_CHANGES,
                gate.bytes(Topics.CONSENT_CHANGES, grant().build()),
                again(blocking, withdrawal).headers());

        assertThat(forged.getKind()).isEqualTo(EntryKind.CONTROL);
        assertThat(forged.getReplayOf()).isNull();
        assertThat(mailing()).isEqualTo("WITHHOLD " + BLOCKED);
    }

    // Events.

    @Test
    void shouldDecideAReplayedEventByItsOwnTime() {
        say(grant());
        byte[] event = unregistered("events.marketing", event());
        AuditEntry quarantined = published("events.marketing", event, new RecordHeaders());
        assertThat(gate.quarantine()).extracting(Quarantined::getRule).containsExactly("unknown-schema");
        gate.publish(Topics.CONSENT_CHANGES, ADA, said(ConsentKind.WITHDRAWAL).build());
        say(grant().setOccurredAt(NOW.plusSeconds(1)));
        register("events.marketing", event().getSchema());

        AuditEntry replayed = replayed(quarantined, event);

        assertThat(replayed.getKind()).isEqualTo(EntryKind.EVENT);
        assertThat(replayed.getOccurredAt()).isEqualTo(NOW);
        assertThat(replayed.getArrivedAt()).isAfter(quarantined.getArrivedAt());
        assertThat(replayed.getReplayOf()).isEqualTo(new Coordinates("events.marketing", 0, 0L));
        assertThat(Outcomes.of(replayed)).contains(entry("mailing", "WITHHOLD " + REFUSED));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "events.chat-0-0",
                "events.chat-0-0 ",
                "events.chat-0-0 AAAAAAAAAAAAAAAAAAAAAA",
                "events.chat-0-0 AAAAAAAAAAAAAAAAAAAAAA x",
                "events.order-0-0 AAAAAAAAAAAAAAAAAAAAAA",
                "events.chat-99999999999-0 x",
                "Ada Byron 447700900123"
            })
    void shouldNoteNothingThatItDidNotSign(String header) {
        byte[] event = gate.bytes("events.chat", Scenario.event("chat", ADA, NOW));
        AuditEntry plain = published("events.chat", event, new RecordHeaders());
        RecordHeaders headers = new RecordHeaders();
        headers.add(Replay.HEADER, header.getBytes(StandardCharsets.UTF_8));

        AuditEntry entry = published("events.chat", event, headers);

        assertThat(entry.getReplayOf()).isNull();
        assertThat(entry.getDecisions()).isEqualTo(plain.getDecisions());
    }

    @Test
    void shouldNoteNoPlaceForWhichAHeaderWasNotMade() {
        byte[] event = gate.bytes("events.chat", Scenario.event("chat", ADA, NOW));
        ProducerRecord<byte[], byte[]> again = again("events.chat", 3, event);
        String header = new String(again.headers().lastHeader(Replay.HEADER).value(), StandardCharsets.US_ASCII);
        assertThat(header).matches("events\\.chat-0-3 [A-Za-z0-9_-]{22}");
        RecordHeaders other = new RecordHeaders();
        other.add(Replay.HEADER, header.replace("-3 ", "-4 ").getBytes(StandardCharsets.US_ASCII));
        RecordHeaders empty = new RecordHeaders();
        empty.add(Replay.HEADER, null);

        assertThat(published("events.chat", event, again.headers()).getReplayOf())
                .isEqualTo(new Coordinates("events.chat", 0, 3L));
        assertThat(published("events.chat", event, other).getReplayOf()).isNull();
        assertThat(published("events.chat", event, empty).getReplayOf()).isNull();
    }

    @Test
    void shouldSendAgainToThePartitionOfTheKey() {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("events.chat", 5, 7, KEY, new byte[] {1});
        ConsumerRecord<byte[], byte[]> keyless = new ConsumerRecord<>("events.chat", 5, 7, null, null);

        assertThat(gate.replay().again(record, 97).partition()).isEqualTo(SubjectKey.partition(KEY, 97));
        assertThat(gate.replay().again(record, 97).key()).isEqualTo(KEY);
        assertThat(gate.replay().again(record, 97).value()).isEqualTo(new byte[] {1});
        assertThat(gate.replay().again(keyless, 97).partition()).isEqualTo(5);
        assertThat(gate.replay().again(keyless, 97).value()).isNull();
    }

    // Records with a schema that is registered later.

    private int registered;

    /** The value under the id that the next new schema will get. */
    private byte[] unregistered(String topic, IndexedRecord value) {
        registered = gate.registry()
                .register(
                        "scratch-value", Schema.createRecord("Scratch" + topic.length(), null, "x", false, List.of()));
        byte[] bytes = gate.bytes(topic, value);
        ByteBuffer.wrap(bytes).putInt(1, registered + 1);
        return bytes;
    }

    private void register(String topic, Schema schema) {
        Schema same = new Schema.Parser().parse(schema.toString());
        same.addProp("registered", "late");
        assertThat(gate.registry().register(Topics.subject(topic), same)).isEqualTo(registered + 1);
        gate.advance(Duration.ofSeconds(6)); // that there is none is remembered for a moment
    }

    private AuditEntry published(String topic, byte[] value, Headers headers) {
        gate.publish(topic, KEY, value, headers);
        return gate.lastAudit();
    }

    private AuditEntry replayed(AuditEntry quarantined, byte[] value) {
        return published(
                quarantined.getTopic(), value, again(quarantined, value).headers());
    }

    private ProducerRecord<byte[], byte[]> again(AuditEntry quarantined, byte[] value) {
        return again(quarantined.getTopic(), quarantined.getOffset(), value);
    }

    private ProducerRecord<byte[], byte[]> again(String topic, long offset, byte[] value) {
        return gate.replay().again(new ConsumerRecord<>(topic, 0, offset, KEY, value), 1);
    }

    private String mailing() {
        gate.publish("events.marketing", ADA, event());
        return Outcomes.of(gate.lastAudit()).get("mailing");
    }

    private static IndexedRecord event() {
        return Scenario.event("marketing", ADA, NOW);
    }

    private void say(ConsentChange.Builder change) {
        gate.publish(Topics.CONSENT_CHANGES, ADA, change.build());
    }

    private static ConsentChange.Builder grant() {
        return said(ConsentKind.GRANT).setNoticeVersion("2017-11-17");
    }

    private static ConsentChange.Builder said(ConsentKind kind) {
        return ConsentChange.newBuilder()
                .setChangeId("change-1")
                .setOccurredAt(NOW.minusSeconds(kind == ConsentKind.GRANT ? 10 : 5))
                .setSubject(ADA)
                .setKind(kind)
                .setPurpose("direct-marketing")
                .setBrand("net-a-porter")
                .setChannel("EMAIL");
    }
}
