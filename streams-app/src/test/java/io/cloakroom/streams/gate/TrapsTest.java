package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.Labels;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.scenarios.Outcomes;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The holes of other systems, each by its id: the same situation, and nothing comes out. */
class TrapsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:34:56.789Z");
    private static final byte[] ADA = "customer:ada".getBytes(StandardCharsets.UTF_8);

    private static final String VISITOR = "cookie:visitor";

    /** A TC string of January 2026 in which all that advertising needs is consented to, for vendor 755. */
    private static final String ALL_CONSENTED = "CQdz-EAQdz-EAAfABAENB4FgALOAAAAAAAYgF5wAQF5gAAAA.IF5wAgAGALzA";

    private final GateDriver gate = new GateDriver(NOW);

    @AfterEach
    void close() {
        gate.close();
    }

    @Test
    void t1ShouldReleaseNothingForAConsentThatWasNeverGiven() {
        publish("marketing");

        assertThat(releasedTo("analytics.marketing", "mailing.marketing")).isZero();
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("mailing", "WITHHOLD never-asked C21");
    }

    @Test
    void t1ShouldReleaseNothingAfterAConsentThatDoesNotParse() {
        consent(ConsentKind.GRANT, "direct-marketing");
        gate.publish(Topics.CONSENT_CHANGES, ADA, new byte[] {0, 0, 0, 0, 1, 9, 9});
        publish("marketing");

        assertThat(releasedTo("analytics.marketing", "mailing.marketing")).isZero();
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("mailing", "WITHHOLD control-record-undecided C25");
    }

    @Test
    void t1ShouldReleaseNothingForAConsentThatOnlyTheEventSpeaksOf() {
        GenericRecord event = advertising();
        event.put("tcString", ALL_CONSENTED);
        event.put("gpc", false);
        gate.publish(Topics.events("cookie"), VISITOR, event);

        assertThat(releasedTo("advertising.cookie")).isZero();
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("advertising", "WITHHOLD never-asked C9");
    }

    @Test
    void t1ShouldReleaseNothingForASignalThatDoesNotParse() {
        consentToAdvertising();
        gate.publish(Topics.events("cookie"), VISITOR, advertising());
        assertThat(releasedTo("advertising.cookie")).as("without a signal").isEqualTo(1);

        GenericRecord cut = advertising();
        cut.put("tcString", ALL_CONSENTED.substring(0, 40));
        gate.publish(Topics.events("cookie"), VISITOR, cut);
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("advertising", "WITHHOLD signal-unusable C9");
        GenericRecord odd = advertising();
        odd.put("gppString", "{\"purposes\": \"SMUGGLED\"}");
        gate.publish(Topics.events("cookie"), VISITOR, odd);
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("advertising", "WITHHOLD signal-unusable C9");

        assertThat(releasedTo("advertising.cookie")).isZero();
        assertThat(everythingThatCameOut())
                .noneMatch(bytes -> contains(bytes, "SMUGGLED") || contains(bytes, ALL_CONSENTED.substring(0, 40)));
    }

    @Test
    void t1ShouldRecallAllThatASignalThatDoesNotParseMayForbid() {
        consentToAdvertising();
        gate.publish(Topics.events("cookie"), VISITOR, advertising());
        gate.audit();

        gate.publish(
                Topics.CONSENT_CHANGES,
                VISITOR,
                signal().setTcString(ALL_CONSENTED + "zzzz").build());

        AuditEntry entry = gate.lastAudit();
        assertThat(entry.getReason().getRule()).isEqualTo("signal-unusable");
        assertThat(entry.getRecalls()).extracting(r -> r.getRecipient()).containsExactly("advertising");
        gate.publish(Topics.events("cookie"), VISITOR, advertising());
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("advertising", "WITHHOLD consent-withdrawn C25");
    }

    private void consentToAdvertising() {
        gate.publish(
                Topics.CONSENT_CHANGES,
                VISITOR,
                signal().setTcString(ALL_CONSENTED).build());
        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("applied");
    }

    private static ConsentChange.Builder signal() {
        return ConsentChange.newBuilder()
                .setChangeId("c-1")
                .setOccurredAt(NOW.minusSeconds(60))
                .setSubject(VISITOR)
                .setKind(ConsentKind.SIGNAL)
                .setBrand("net-a-porter")
                .setCollector("doubleclick")
                .setNoticeVersion("2017-11-17");
    }

    private static GenericRecord advertising() {
        GenericRecord event = Scenario.event("cookie", VISITOR, NOW);
        Schema category = event.getSchema().getField("category").schema();
        event.put("category", new GenericData.EnumSymbol(category, "ADVERTISING"));
        ((GenericRecord) event.get("meta")).put("collector", "doubleclick");
        return event;
    }

    @Test
    void t2ShouldPutAFieldWithoutALabelIntoNoOutput() {
        publishWithAnotherField(null);

        AuditEntry entry = gate.lastAudit();
        assertThat(entry.getKind()).isEqualTo(EntryKind.EVENT);
        assertThat(entry.getUnplannedFields()).isEqualTo(1);
        assertThat(releasedTo("analytics.chat")).isEqualTo(1);
        assertThat(everythingThatCameOut()).noneMatch(bytes -> contains(bytes, "SMUGGLED"));
    }

    @Test
    void t2ShouldPutAFieldThatOnlyThePublisherLabelledIntoNoOutput() {
        publishWithAnotherField("none");

        assertThat(gate.lastAudit().getUnplannedFields()).isEqualTo(1);
        assertThat(everythingThatCameOut()).noneMatch(bytes -> contains(bytes, "SMUGGLED"));
    }

    @Test
    void t2ShouldQuarantineAWriterWhoseLabelDiffers() {
        Schema theirs =
                new Schema.Parser().parse(Schemas.event("chat").toString().replace("\"chat.text\"", "\"none\""));
        GenericRecord event = event("chat");
        GenericRecord labelled = new GenericData.Record(theirs);
        theirs.getFields()
                .forEach(f -> labelled.put(f.pos(), GenericData.get().deepCopy(f.schema(), event.get(f.name()))));
        publishAs("chat", theirs, labelled);

        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("label-differs");
        assertThat(releasedTo("analytics.chat")).isZero();
    }

    @Test
    void t3ShouldRefuseATreatmentThatHasNoRuleForAType(@TempDir Path directory) {
        assertThatThrownBy(() -> Blueprint.load(
                        edited(directory, "      time.exact: {to: hour}", "      time.exact: {to: prefix, length: 3}")))
                .isInstanceOf(PolicyRefusedException.class)
                .hasMessageContaining("`generalise to prefix` has no rule for order.meta.occurredAt");
    }

    @Test
    void t4ShouldTurnNoRuleOffForAHeader() {
        RecordHeaders headers = new RecordHeaders();
        for (String name :
                List.of("confluent.rule.skip", "rules.disabled", "__schema_id", "consent", "cloakroom.release")) {
            headers.add(name, "true".getBytes(StandardCharsets.UTF_8));
        }
        gate.publish(
                Topics.events("marketing"), ADA, gate.bytes(Topics.events("marketing"), event("marketing")), headers);

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("mailing", "WITHHOLD never-asked C21");
    }

    @Test
    void t5ShouldKeepOutputsStateAndAuditInOneTransaction() {
        assertThatThrownBy(() -> new Settings(Map.of("processing.guarantee", "at_least_once")))
                .hasMessageContaining("processing.guarantee is fixed");
        Set<String> sinks = new HashSet<>(Topics.releases(gate.blueprint().history()));
        sinks.addAll(Topics.recalls(gate.blueprint().history()));
        sinks.addAll(List.of(Topics.AUDIT, Topics.QUARANTINE, Topics.FORWARDS));
        assertThat(gate.subtopologies()).hasSize(1);
        assertThat(gate.sinkTopics()).isEqualTo(sinks);
    }

    @Test
    void t6ShouldHaveNoReleaseWithoutAKey(@TempDir Path keys) throws Exception {
        Pseudonyms.create(keys, gate.blueprint().keyNames());
        Files.delete(keys.resolve("analytics.1.json"));

        assertThatThrownBy(() -> Pseudonyms.load(keys, gate.blueprint().keyNames()))
                .isInstanceOf(Pseudonyms.KeysMissingException.class)
                .hasMessageContaining("analytics.1.json: no such key");
    }

    @Test
    void t7ShouldShowNeitherKeyNorHeadersNorTheExactTime() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("traceparent", ADA);
        gate.publish(Topics.events("chat"), ADA, gate.bytes(Topics.events("chat"), event("chat")), headers);

        TestRecord<byte[], byte[]> release = gate.raw("analytics.chat").get(0);
        assertThat(new String(release.key(), StandardCharsets.UTF_8)).matches("[A-Za-z0-9_-]{22}");
        assertThat(release.headers()).isEmpty();
        assertThat(release.timestamp())
                .isEqualTo(Instant.parse("2026-03-01T12:00:00Z").toEpochMilli());
        assertThat(gate.raw(Topics.AUDIT))
                .allSatisfy(entry -> assertThat(entry.headers()).isEmpty());
    }

    @Test
    void t8ShouldGiveNoTwoRecipientsAToken() {
        consent(ConsentKind.AGE_STATEMENT, null);
        publish("order");

        Set<String> tokens = new HashSet<>();
        for (String topic : List.of("analytics.order", "group.order", "payment.order")) {
            IndexedRecord release = gate.releases(topic).get(0);
            for (String path : List.of("releaseId", "meta.eventId", "meta.subject", "orderId")) {
                assertThat(tokens.add(Scenario.read(release, path)))
                        .as(path + " of " + topic)
                        .isTrue();
            }
        }
    }

    @Test
    void t8ShouldRefuseAPathThatIsNotThere(@TempDir Path directory) {
        assertThatThrownBy(() -> Blueprint.load(edited(directory, "field: status", "field: state")))
                .isInstanceOf(PolicyRefusedException.class)
                .hasMessageContaining("status");
    }

    @Test
    void t9AndT10ShouldKeepWhatARecordSaysOutOfQuarantineAndAudit() {
        GenericRecord event = event("chat");
        event.put("text", "SMUGGLED");
        ((GenericRecord) event.get("meta")).put("brand", "SMUGGLED-brand");
        gate.publish(Topics.events("chat"), ADA, gate.bytes(Topics.events("chat"), event));
        gate.publish(Topics.events("chat"), ADA, "SMUGGLED".getBytes(StandardCharsets.UTF_8));
        gate.publish(Topics.CONSENT_CHANGES, ADA, "SMUGGLED".getBytes(StandardCharsets.UTF_8));

        List<byte[]> out = everythingThatCameOut();
        assertThat(out).hasSize(6).noneMatch(bytes -> contains(bytes, "SMUGGLED") || contains(bytes, "ada"));
    }

    @Test
    void t10ShouldHaveNoFieldInTheAuditForAPersonalValue() {
        assertThat(Labels.of(Topics.SCHEMAS.get(Topics.AUDIT)).values()).containsOnly("none");
        assertThat(Labels.of(Topics.SCHEMAS.get(Topics.QUARANTINE)).values()).containsOnly("none");
    }

    @Test
    void t11ShouldGiveNothingToARecipientThatIsNotRegisteredForAType() {
        consent(ConsentKind.AGE_STATEMENT, null);
        publish("order");

        assertThat(gate.lastAudit().getDecisions())
                .extracting(RecipientDecision::getRecipient)
                .contains("analytics", "group", "payment")
                .doesNotContain("advertising", "mailing");
        assertThat(gate.sinkTopics()).doesNotContain("advertising.order", "mailing.order");
    }

    @Test
    void t13ShouldReleaseNothingWhenTheStateCannotBeRead() {
        gate.<byte[]>store(People.STORE).put("customer:bob", new byte[] {99, 1, 2});

        assertThatThrownBy(() -> publish("order", "customer:bob")).hasStackTraceContaining("IllegalStateException");
        assertThat(gate.raw("payment.order")).isEmpty();
    }

    @Test
    void t14ShouldHaveAValueForNeverAsked() {
        publish("cookie", "cookie:c1");

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "WITHHOLD never-asked C3");
    }

    @Test
    void t15ShouldRefuseAPolicyWithACellThatIsNotDecided(@TempDir Path directory) {
        assertThatThrownBy(() -> Blueprint.load(edited(
                        directory,
                        "order.status, order.item, order.amount, cookie.category, behaviour.action, chat",
                        "order.status, order.item, cookie.category, behaviour.action, chat")))
                .isInstanceOf(PolicyRefusedException.class)
                .hasMessageContaining("order.amount");
    }

    @Test
    void t17ShouldDecideEveryRecordHoweverOddItIs() {
        byte[] order = gate.bytes(Topics.events("order"), event("order"));
        String topic = Topics.events("order");
        gate.publish(topic, null, order);
        gate.publish(topic, ADA, null);
        gate.publish(topic, "visitor:1".getBytes(StandardCharsets.UTF_8), order);
        gate.publish(topic, "customer:".getBytes(StandardCharsets.UTF_8), order);
        gate.publish(topic, new byte[] {(byte) 0xff, 0}, order);
        gate.publish(topic, "customer:eve".getBytes(StandardCharsets.UTF_8), order);
        gate.publish(topic, ADA, new byte[0]);
        gate.publish(topic, ADA, new byte[] {1, 2, 3, 4, 5, 6});
        gate.publish(topic, ADA, ByteBuffer.allocate(9).putInt(1, 424242).array());
        gate.publish(topic, ADA, Arrays.copyOf(order, order.length - 1));
        gate.publish(topic, ADA, Arrays.copyOf(order, order.length + 1));
        gate.publish(topic, ADA, gate.bytes(Topics.events("chat"), event("chat")));
        gate.publish(Topics.CONSENT_CHANGES, null, order);
        gate.publish(Topics.CONSENT_CHANGES, ADA, null);

        List<AuditEntry> audit = gate.audit();
        assertThat(audit)
                .extracting(entry -> entry.getReason().getRule())
                .containsExactly(
                        "null-key",
                        "null-value",
                        "not-a-subject-key",
                        "not-a-subject-key",
                        "not-a-subject-key",
                        "key-is-not-subject",
                        "not-wire-format",
                        "not-wire-format",
                        "unknown-schema",
                        "undecodable",
                        "undecodable",
                        "wrong-type",
                        "null-key",
                        "null-value");
        assertThat(audit)
                .allSatisfy(entry -> assertThat(entry.getDecisions())
                        .allSatisfy(d -> assertThat(d.getOutcome()).isEqualTo(Outcome.WITHHOLD)));
        assertThat(gate.quarantine()).hasSize(14);
        assertThat(releasedTo("analytics.order", "group.order", "payment.order"))
                .isZero();
    }

    @Test
    void t17ShouldReadAWriterWhoseSchemaIsRegisteredLate() {
        byte[] value = gate.bytes(Topics.events("chat"), event("chat"));
        ByteBuffer.wrap(value).putInt(1, 1 + gate.registry().register("last-value", anotherSchema()));
        gate.publish(Topics.events("chat"), ADA, value);
        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("unknown-schema");
        Schema same = new Schema.Parser().parse(Schemas.event("chat").toString().replace("One message", "A message"));
        assertThat(gate.registry().register("later-value", same))
                .isEqualTo(ByteBuffer.wrap(value).getInt(1));

        gate.publish(Topics.events("chat"), ADA, value);
        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("unknown-schema");
        gate.advance(Duration.ofSeconds(6));
        gate.publish(Topics.events("chat"), ADA, value);
        assertThat(gate.lastAudit().getKind()).isEqualTo(EntryKind.EVENT);
    }

    private static Schema anotherSchema() {
        return Schema.createRecord("Another", "", "x", false, List.of());
    }

    @Test
    void t17ShouldQuarantineWhatHasASchemaWhosePathsDoubleAtEachLevel() {
        Schema deep = Schema.createRecord("Deep", null, "x", false, List.of());
        for (int level = 0; level < 60; level++) {
            deep = Schema.createRecord(
                    "Deep" + level,
                    null,
                    "x",
                    false,
                    List.of(new Schema.Field("one", deep), new Schema.Field("two", deep)));
        }
        Schema gates = Schemas.event("chat");
        List<Schema.Field> fields = new ArrayList<>();
        gates.getFields().forEach(f -> fields.add(new Schema.Field(f, f.schema())));
        fields.add(new Schema.Field("deep", Schema.createUnion(Schema.create(Schema.Type.NULL), deep)));
        Schema theirs = Schema.createRecord(gates.getName(), null, gates.getNamespace(), false, fields);
        GenericRecord event = event("chat");
        GenericRecord more = new GenericData.Record(theirs);
        gates.getFields().forEach(f -> more.put(f.name(), event.get(f.name())));
        publishAs("chat", theirs, more);

        assertThat(gate.lastAudit().getReason().getRule()).isEqualTo("undecodable");
    }

    @Test
    void t9ShouldForwardNothingButAConsentChange() {
        try (GateDriver narrow = new GateDriver(NOW, GateDriver.POLICIES, 97, 1_000_000)) {
            GenericRecord order = event("order");
            narrow.publish(Topics.CONSENT_CHANGES, ADA, narrow.bytes(Topics.events("order"), order));

            assertThat(narrow.lastAudit().getKind()).isEqualTo(EntryKind.FORWARDED);
            assertThat(narrow.raw(Topics.FORWARDS)).hasSize(1).noneMatch(r -> contains(r.value(), "4111111111111111"));
        }
    }

    @Test
    void t17ShouldNameThePartitionerOfAMisplacedEvent() {
        try (GateDriver narrow = new GateDriver(NOW, GateDriver.POLICIES, 97, 1_000_000)) {
            narrow.publish(Topics.events("order"), "customer:ada", event("order"));

            assertThat(narrow.lastAudit().getReason().getRule()).isEqualTo("misplaced");
            assertThat(narrow.quarantine().get(0).getRemedy()).contains("partitioner=murmur2_random");
        }
    }

    @Test
    void t17ShouldWithholdARecordThatIsLongerThanItsTopicTakes() {
        try (GateDriver narrow = new GateDriver(NOW, GateDriver.POLICIES, 1, 100)) {
            narrow.publish(Topics.events("chat"), "customer:ada", event("chat"));

            assertThat(Outcomes.of(narrow.lastAudit())).containsEntry("analytics", "WITHHOLD oversize C17");
            assertThat(narrow.raw("analytics.chat")).isEmpty();
        }
    }

    @Test
    void t16ShouldApplyAWithdrawalOfAnyAge() {
        consent(ConsentKind.GRANT, "direct-marketing", NOW.minusSeconds(3600));
        consent(ConsentKind.WITHDRAWAL, "direct-marketing", NOW.minusSeconds(600));
        consent(ConsentKind.GRANT, "direct-marketing", NOW.minusSeconds(60));
        publish("marketing");
        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("mailing", "RELEASE consent C21");

        consent(ConsentKind.OBJECTION, "statistical-analysis", NOW.minus(Duration.ofDays(20 * 365)));
        publish("chat");

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "WITHHOLD objected C25");
    }

    @Test
    void t16ShouldLetARefusalDatedAheadTakeEffectOnArrival() {
        consent(ConsentKind.OBJECTION, "statistical-analysis", NOW.plus(Duration.ofDays(3650)));

        publish("chat");

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("analytics", "WITHHOLD objected C25");
    }

    @Test
    void t16ShouldAgeNobodyByAnEventDatedInTheFuture() {
        consent(ConsentKind.GRANT, "direct-marketing", NOW.minusSeconds(3600));
        GenericRecord ahead = event("chat");
        ((GenericRecord) ahead.get("meta"))
                .put("occurredAt", NOW.plus(Duration.ofDays(3650)).toEpochMilli());
        gate.publish("events.chat", "customer:ada", ahead);
        assertThat(gate.quarantine()).extracting(Quarantined::getRule).containsExactly("dated-ahead");

        publish("marketing");

        assertThat(Outcomes.of(gate.lastAudit())).containsEntry("mailing", "RELEASE consent C21");
    }

    private void publish(String type) {
        publish(type, "customer:ada");
    }

    private void publish(String type, String subject) {
        GenericRecord event = event(type);
        ((GenericRecord) event.get("meta")).put("subject", subject);
        gate.publish(Topics.events(type), subject, event);
    }

    private void consent(ConsentKind kind, String purpose) {
        consent(kind, purpose, NOW.minusSeconds(3600));
    }

    private void consent(ConsentKind kind, String purpose, Instant at) {
        gate.publish(
                Topics.CONSENT_CHANGES,
                "customer:ada",
                ConsentChange.newBuilder()
                        .setChangeId("c-1")
                        .setOccurredAt(at)
                        .setSubject("customer:ada")
                        .setKind(kind)
                        .setPurpose(purpose)
                        .setBrand("net-a-porter")
                        .setChannel("EMAIL")
                        .setNoticeVersion("2017-11-17")
                        .setBirthDate(java.time.LocalDate.of(1980, 12, 10))
                        .build());
        gate.audit();
    }

    /** Of customer:ada, as the scenarios have it. */
    private static GenericRecord event(String type) {
        return Scenario.event(type, "customer:ada", NOW);
    }

    /** A chat whose schema has one field more than the gate's. */
    private void publishWithAnotherField(String label) {
        Schema gates = Schemas.event("chat");
        List<Schema.Field> fields = new ArrayList<>();
        gates.getFields().forEach(f -> fields.add(new Schema.Field(f, f.schema())));
        Schema.Field extra = new Schema.Field("mood", Schema.create(Schema.Type.STRING));
        if (label != null) {
            extra.addProp("label", label);
        }
        fields.add(extra);
        Schema theirs = Schema.createRecord(gates.getName(), gates.getDoc(), gates.getNamespace(), false, fields);
        GenericRecord event = event("chat");
        GenericRecord more = new GenericData.Record(theirs);
        gates.getFields().forEach(f -> more.put(f.name(), event.get(f.name())));
        more.put("mood", "SMUGGLED");
        publishAs("chat", theirs, more);
    }

    private void publishAs(String type, Schema theirs, GenericRecord event) {
        int id = gate.registry().register("somebody-else-value", theirs);
        byte[] value = new WireWriter(id, theirs, GenericData.get()).write(event);
        gate.publish(Topics.events(type), ADA, value);
    }

    private long releasedTo(String... topics) {
        return Arrays.stream(topics).mapToLong(topic -> gate.raw(topic).size()).sum();
    }

    private List<byte[]> everythingThatCameOut() {
        List<byte[]> all = new ArrayList<>();
        for (String topic : gate.sinkTopics()) {
            gate.raw(topic).forEach(record -> {
                byte[] key = record.key() == null ? new byte[0] : record.key();
                all.add(ByteBuffer.allocate(key.length + record.value().length)
                        .put(key)
                        .put(record.value())
                        .array());
            });
        }
        return all;
    }

    private static boolean contains(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
    }

    /** The shipped policy with one place changed. */
    private static Path edited(Path directory, String from, String to) throws Exception {
        String policy = Files.readString(GateDriver.POLICIES.resolve("2017-11-17.yaml"));
        assertThat(policy).contains(from);
        return Files.writeString(directory.resolve("2017-11-17.yaml"), policy.replace(from, to));
    }
}
