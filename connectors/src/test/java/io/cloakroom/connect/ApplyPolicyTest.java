package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.KeyFiles;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplyPolicyTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:34:56Z");
    private static final String ADA = "customer:ada";

    @TempDir
    private static Path keys;

    @TempDir
    private Path directory;

    // Events.

    @Test
    void shouldKeepWhatTheContractNeedsAndNoTokenOfAnybody() throws Exception {
        SinkRecord released = applying("mailing").apply(dispatch());

        Struct value = (Struct) released.value();
        assertThat(value.getArray("purposes")).isEqualTo(List.of("service-messages"));
        assertThat(EventForm.text(value, "to")).isEqualTo("ada@customers.example");
        assertThat(EventForm.text(value, "meta.subject")).isEmpty();
        assertThat(released.topic()).isEqualTo("mailing.marketing");
        byte[] place = Pseudonyms.place("events.marketing", Given.PARTITION, Given.OFFSET);
        Pseudonyms.Key key = Pseudonyms.load(keys, List.of("mailing.1")).key("mailing.1");
        assertThat(value.getString("releaseId"))
                .isEqualTo(new String(key.release(place), StandardCharsets.US_ASCII))
                .isEqualTo(released.key());
    }

    @Test
    void shouldReadKeysThatAreEncrypted() throws Exception {
        Path kek = directory.resolve("kek.json");
        Path encrypted = directory.resolve("keys");
        Pseudonyms.create(new KeyFiles(encrypted, Optional.of(kek)), List.of("mailing.1"));
        Map<String, String> config = new HashMap<>(Map.of(
                "recipient", "mailing", "policies", GateDriver.POLICIES.toString(), "keys", encrypted.toString()));
        assertThatThrownBy(() -> new ApplyPolicy.Value<SinkRecord>().configure(config))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("mailing.1.json");

        config.put("keys.kek", kek.toString());
        try (ApplyPolicy<SinkRecord> applying = new ApplyPolicy.Value<>()) {
            applying.configure(config);
            assertThat(applying.apply(dispatch())).isNotNull();
        }
    }

    @Test
    void shouldReleaseNothingThatSomebodyMayHaveObjectedTo() {
        assertThat(applying("analytics").apply(order())).isNull();
        assertThat(applying("group").apply(order())).isNull();
    }

    @Test
    void shouldReleaseNothingThatNeedsAConsent() {
        assertThat(applying("mailing").apply(record("marketing", Scenario.event("marketing", ADA, NOW))))
                .isNull();
    }

    @Test
    void shouldReleaseNoActOfSomebodyWhoseAgeIsNotKnown() {
        assertThat(applying("payment").apply(order())).isNull();
        assertThat(applying("fulfilment").apply(order())).isNull();
    }

    @Test
    void shouldReleaseNothingForAdultsOnly() throws Exception {
        Path policies = edited(
                "  service-messages:\n    basis: contract\n",
                "  service-messages:\n    basis: contract\n    adults-only: true\n");

        assertThat(applying("mailing", policies, NOW).apply(dispatch())).isNull();
    }

    @Test
    void shouldCopyNoHeaderAndNoTimeMoreExactThanTheRecords() {
        SinkRecord event = record("review", Scenario.event("review", ADA, NOW));
        event.headers().addString("who", "Ada Lovelace");

        SinkRecord released = applying("publication").apply(event);

        assertThat(released.headers()).isEmpty();
        Instant day = Instant.parse("2026-03-01T00:00:00Z");
        assertThat(released.timestamp()).isEqualTo(day.toEpochMilli());
        assertThat(((Struct) released.value()).getStruct("meta").get("occurredAt"))
                .isEqualTo(java.util.Date.from(day));
        assertThat(EventForm.text((Struct) released.value(), "text"))
                .as("what only the gate can redact")
                .isEmpty();
    }

    @Test
    void shouldReadAFieldThatTheGateDoesNotKnowIntoNothing() {
        Struct event = (Struct) dispatch().value();

        SinkRecord released = applying("mailing").apply(with(event, "shoeSize", Schema.STRING_SCHEMA, "39"));

        assertThat(Given.plain(released, "").toString()).doesNotContain("39").contains("ada@customers.example");
    }

    @Test
    void shouldRefuseALabelThatIsNotTheGates() {
        Struct event = (Struct) dispatch().value();
        Schema other = SchemaBuilder.string().parameter("label", "none").build();

        assertRefused(
                applying("mailing"),
                with(event, "to", other, "ada@customers.example"),
                "marketing.to has another label");
    }

    @Test
    void shouldRefuseWhatIsMissingWithItsPath() {
        Schema schema =
                SchemaBuilder.struct().field("template", Schema.STRING_SCHEMA).build();

        assertRefused(
                applying("mailing"),
                Given.sink("events.marketing", ADA, new Struct(schema).put("template", "dispatch"), NOW),
                "marketing.meta is missing");
    }

    @Test
    void shouldRefuseAKeyThatIsNotTheSubject() {
        Struct event = (Struct) dispatch().value();

        assertRefused(
                applying("mailing"),
                Given.sink("events.marketing", "customer:bob", event, NOW),
                "a record's key is the subject");
        assertRefused(
                applying("mailing"), Given.sink("events.marketing", null, event, NOW), "a record's key is the subject");
    }

    @Test
    void shouldRefuseAnEventAboutNobody() {
        GenericRecord message = message();
        ((GenericRecord) message.get("meta")).put("subject", "");

        assertRefused(
                applying("mailing"),
                Given.sink("events.marketing", null, message, NOW),
                "a record's key is the subject");
    }

    @Test
    void shouldRefuseAnEventThatTheGateQuarantines() {
        GenericRecord message = message();
        ((GenericRecord) message.get("meta")).put("brand", "another");

        assertRefused(applying("mailing"), record("marketing", message), "unknown-brand");
    }

    @Test
    void shouldRefuseATombstoneAndWhatHasNoSchema() {
        assertRefused(
                applying("mailing"), Given.sink("events.marketing", ADA, (Struct) null, NOW), "is none: read it with");
        SinkRecord map =
                new SinkRecord("events.marketing", 0, null, ADA, null, Map.of("email", "ada@customers.example"), 0);
        assertRefused(applying("mailing"), map, "is none: read it with");
    }

    @ParameterizedTest
    @CsvSource({"consent.changes", "events.unheard", "analytics.marketing", "recalls.mailing", "order", "events"})
    void shouldRefuseATopicThatIsNotForTheRecipient(String topic) {
        assertRefused(
                applying("mailing"),
                Given.sink(topic, ADA, (Struct) dispatch().value(), NOW),
                "holds neither events nor releases to mailing");
    }

    @Test
    void shouldNotTakeAnEventForAReleaseBecauseItWasRenamed() {
        SinkRecord event = dispatch();
        SinkRecord renamed = event.newRecord(
                "analytics.marketing",
                event.kafkaPartition(),
                event.keySchema(),
                event.key(),
                event.valueSchema(),
                event.value(),
                event.timestamp());

        assertThat(applying("analytics").apply(renamed)).isNull();
    }

    @Test
    void shouldNotTakeForAReleaseWhatASourceCallsSo() {
        ApplyPolicy<SourceRecord> applying = Given.applying("mailing", GateDriver.POLICIES, keys, NOW);
        SourceRecord release = source("mailing.marketing", (Struct) dispatch().value());

        assertThatThrownBy(() -> applying.apply(release))
                .isInstanceOf(DataException.class)
                .hasMessage("topic mailing.marketing is the gate's: a source has no releases");
    }

    @Test
    void shouldGiveASourcesEventTheSameIdEachTime() {
        ApplyPolicy<SourceRecord> applying = Given.applying("mailing", GateDriver.POLICIES, keys, NOW);

        SourceRecord first =
                applying.apply(source("events.marketing", (Struct) dispatch().value()));
        SourceRecord again =
                applying.apply(source("events.marketing", (Struct) dispatch().value()));

        assertThat(first.key()).isEqualTo(again.key()).asString().hasSize(22);
    }

    @Test
    void shouldReleaseNoEventWithoutAKey() {
        ApplyPolicy<SinkRecord> applying = new ApplyPolicy.Value<>();
        applying.configure(Map.of("recipient", "mailing", "policies", GateDriver.POLICIES.toString()));

        assertRefused(applying, dispatch(), "no key, no release: set keys to the directory of the key mailing.1");
    }

    // Releases of the gate.

    @Test
    void shouldDropAFieldOfAReleaseThatTodaysPolicyDrops() throws Exception {
        Path policies = later(
                "order.status, order.item, order.amount, cookie.category, behaviour.action, chat.author",
                "order.status, order.item, cookie.category, behaviour.action, chat.author",
                "    drop: [consent.signal, location.city, marketing.body, marketing.unsubscribe, contact.address-line, contact.name",
                "    drop: [order.amount, consent.signal, location.city, marketing.body, marketing.unsubscribe, contact.address-line, contact.name");
        SinkRecord release = release("analytics");

        Struct before = (Struct) applying("analytics", policies, Instant.parse("2026-03-01T13:00:00Z"))
                .apply(release)
                .value();
        Struct after = (Struct) applying("analytics", policies, Instant.parse("2026-05-01T12:00:00Z"))
                .apply(release)
                .value();

        assertThat(before.getInt64("total")).isEqualTo(12900);
        assertThat(after.getInt64("total")).isNull();
        assertThat(((Struct) after.getArray("lines").get(0)).getInt64("price")).isNull();
        assertThat(((Struct) after.getArray("lines").get(0)).getString("sku")).isEqualTo("sku-1");
        assertThat(after.getString("releaseId")).isEqualTo("release");
    }

    @Test
    void shouldCutATimeOfAReleaseAsTodaysPolicyDoes() throws Exception {
        Path policies = later(
                "      time.exact: {to: hour}\n      behaviour.page: {to: path-head, length: 3}",
                "      time.exact: {to: day}\n      behaviour.page: {to: path-head, length: 3}");

        Struct after = (Struct) applying("analytics", policies, Instant.parse("2026-05-01T12:00:00Z"))
                .apply(release("analytics"))
                .value();

        assertThat(after.getStruct("meta").get("occurredAt"))
                .isEqualTo(java.util.Date.from(Instant.parse("2026-03-01T00:00:00Z")));
        assertThat(after.getStruct("delivery").getString("postcode")).isEqualTo("SW");
    }

    @Test
    void shouldDropTheReleasesOfARecipientThatIsRegisteredNoMore() throws Exception {
        Path policies =
                later("    clause: C6.vii\n    events:", "    clause: C6.vii\n    until: \"2026-05-01\"\n    events:");

        assertThat(applying("analytics", policies, Instant.parse("2026-04-15T12:00:00Z"))
                        .apply(release("analytics")))
                .isNotNull();
        assertThat(applying("analytics", policies, Instant.parse("2026-05-01T12:00:00Z"))
                        .apply(release("analytics")))
                .isNull();
    }

    @Test
    void shouldTakeAPurposeFromAReleaseThatTodaysPolicyTookAway() throws Exception {
        Path policies = later(
                "marketing: [service-messages, direct-marketing, promotion-marketing]",
                "marketing: [service-messages, direct-marketing]");
        SinkRecord release = applying("mailing").apply(dispatch());
        SinkRecord read = Given.sink("mailing.marketing", "pseudonym", (Struct) release.value(), NOW);
        ((Struct) read.value()).put("purposes", List.of("service-messages", "promotion-marketing"));

        Struct after = (Struct) applying("mailing", policies, Instant.parse("2026-05-01T12:00:00Z"))
                .apply(read)
                .value();

        assertThat(after.getArray("purposes")).isEqualTo(List.of("service-messages"));
    }

    @Test
    void shouldDropAReleaseForNoPurposeThatTheRecipientHas() {
        SinkRecord release = release("analytics");
        Struct value = (Struct) release.value();
        value.put("purposes", List.of("payment"));

        assertThat(applying("analytics").apply(release)).isNull();
    }

    @Test
    void shouldCountWhatGoesOnAndWhatDoesNot() throws Exception {
        try (Metrics metrics = new Metrics();
                PluginMetricsImpl plugin = new PluginMetricsImpl(metrics, Map.of())) {
            ApplyPolicy<SinkRecord> applying = applying("mailing");
            applying.withPluginMetrics(plugin);
            applying.apply(dispatch());
            applying.apply(dispatch());
            applying.apply(record("marketing", Scenario.event("marketing", ADA, NOW)));

            assertThat(metrics.metrics().values())
                    .filteredOn(m -> m.metricName().name().endsWith("-total"))
                    .extracting(m -> m.metricName().name() + " " + m.metricValue())
                    .containsExactlyInAnyOrder("released-total 2.0", "withheld-total 1.0");
        }
    }

    // Configuration.

    @Test
    void shouldNotBeConfiguredForSomebodyWhomThePolicyDoesNotKnow() {
        assertThatThrownBy(() -> applying("nobody"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no version of the policy knows it");
    }

    @Test
    void shouldNotBeConfiguredWithAPolicyThatIsRefused() throws Exception {
        Path policies = directory.resolve("refused");
        Files.createDirectories(policies);
        Files.writeString(
                policies.resolve("2017-11-17.yaml"), shipped().replace("otherwise: withhold", "otherwise: release"));

        assertThatThrownBy(() -> new ApplyPolicy.Value<SinkRecord>()
                        .configure(Map.of("recipient", "analytics", "policies", policies.toString())))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("2017-11-17.yaml:");
    }

    @Test
    void shouldNotBeConfiguredWithoutAKeyThatItIsToldOf() {
        assertThatThrownBy(() -> new ApplyPolicy.Value<SinkRecord>()
                        .configure(Map.of(
                                "recipient",
                                "analytics",
                                "policies",
                                GateDriver.POLICIES.toString(),
                                "keys",
                                directory.resolve("none").toString())))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no such key");
    }

    // What they begin with.

    private ApplyPolicy<SinkRecord> applying(String recipient) {
        return applying(recipient, GateDriver.POLICIES, NOW);
    }

    private ApplyPolicy<SinkRecord> applying(String recipient, Path policies, Instant now) {
        return Given.applying(recipient, policies, keys, now);
    }

    /** Every order is an act. */
    private static SinkRecord order() {
        return record("order", Scenario.event("order", ADA, NOW));
    }

    /** What a contract asks to be sent. */
    private static SinkRecord dispatch() {
        return record("marketing", message());
    }

    private static GenericRecord message() {
        GenericRecord message = Scenario.event("marketing", ADA, NOW);
        message.put("template", "dispatch");
        return message;
    }

    private static SinkRecord record(String type, GenericRecord event) {
        return Given.sink("events." + type, ADA, event, NOW);
    }

    private static SourceRecord source(String topic, Struct value) {
        return new SourceRecord(Map.of(), Map.of(), topic, Schema.STRING_SCHEMA, ADA, value.schema(), value);
    }

    private static SinkRecord with(Struct event, String name, Schema schema, Object value) {
        SchemaBuilder wider = SchemaBuilder.struct();
        for (Field field : event.schema().fields()) {
            if (!field.name().equals(name)) {
                wider.field(field.name(), field.schema());
            }
        }
        Struct with = new Struct(wider.field(name, schema).build());
        for (Field field : with.schema().fields()) {
            with.put(field, field.name().equals(name) ? value : event.get(field.name()));
        }
        return Given.sink("events.marketing", ADA, with, NOW);
    }

    /** Of an adult's order, by the gate. */
    private static SinkRecord release(String recipient) {
        try (GateDriver gate = new GateDriver(NOW)) {
            Scenario.all().get(0).said(NOW).forEach(said -> gate.publish(said.topic(), said.subject(), said.value()));
            String subject = Scenario.all().get(0).subject();
            gate.publish("events.order", subject, Scenario.event("order", subject, NOW));
            GenericRecord release =
                    (GenericRecord) gate.releases(recipient + ".order").get(0);
            release.put("releaseId", "release");
            return Given.sink(recipient + ".order", "pseudonym", release, NOW);
        }
    }

    private static void assertRefused(ApplyPolicy<SinkRecord> applying, SinkRecord record, String problem) {
        assertThatThrownBy(() -> applying.apply(record))
                .isInstanceOf(DataException.class)
                .hasMessageContaining(problem)
                .hasMessageNotContainingAny("customers.example", "Lovelace");
    }

    private static String shipped() throws Exception {
        return Files.readString(GateDriver.POLICIES.resolve("2017-11-17.yaml"));
    }

    /** The shipped policy, otherwise. */
    private Path edited(String there, String instead) throws Exception {
        Path policies = Files.createDirectories(directory.resolve("policies"));
        assertThat(shipped()).contains(there);
        Files.writeString(policies.resolve("2017-11-17.yaml"), shipped().replace(there, instead));
        return policies;
    }

    /** The shipped policy, and a version that is in force from April 2026 on. */
    private Path later(String... changes) throws Exception {
        Path policies = Files.createDirectories(directory.resolve("policies"));
        Files.writeString(policies.resolve("2017-11-17.yaml"), shipped());
        String later = shipped().replace("version: \"2017-11-17\"", "version: \"2026-04-01\"\nchange: editorial");
        for (int i = 0; i < changes.length; i += 2) {
            assertThat(later).contains(changes[i]);
            later = later.replace(changes[i], changes[i + 1]);
        }
        Files.writeString(policies.resolve("2026-04-01.yaml"), later);
        return policies;
    }
}
