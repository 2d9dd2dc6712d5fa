package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Chat;
import io.cloakroom.events.Order;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.CloakroomTest.Ran;
import io.cloakroom.streams.gate.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code quarantine list} and {@code quarantine replay} on a real broker: what was mended is decided, and nothing is said. */
@Timeout(180)
@SuppressWarnings("try") // a gate that only has to run
class QuarantineIT {

    private static final int PARTITIONS = 3;

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static String config;

    private final List<Ran> printed = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory.resolve("data"), Cluster.SMALL_POLICY, PARTITIONS);
        config = config(cluster, directory);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void shouldDecideWhatWasMendedAndIsReplayed() throws Exception {
        String customer = "customer:QxQxQxADAxQ";
        String other = "customer:QxQxQxBOBxQ";
        Logged log = Logged.attached();
        try {
            RecordMetadata withdrawn;
            RecordMetadata ordered;
            RecordMetadata branded;
            RecordMetadata astray;
            Order order = Given.order(customer).setOrderId("QxQxQxORDERxQ").build();
            try (Gate gate = cluster.gate()) {
                cluster.decided(Given.grown(customer));
                cluster.decided(Given.emailConsent(customer, ConsentKind.GRANT).build());
                withdrawn = cluster.publish(unregistered(
                        Given.emailConsent(customer, ConsentKind.WITHDRAWAL).build()));
                ordered = cluster.publish(cluster.misplaced(cluster.record(order)));
                branded = cluster.publish(chat(customer, "QxQxQxBRANDxQ"));
                cluster.decided(Given.grown(other));
                cluster.decided(Given.emailConsent(other, ConsentKind.GRANT).build());
                astray = cluster.publish(cluster.misplaced(unregistered(
                        Given.analyticsConsent(other, ConsentKind.WITHDRAWAL).build())));
                assertThat(cluster.decided(astray).getKind()).isEqualTo(EntryKind.FORWARDED);
                cluster.awaitForwarded();
                assertThat(mailing(other)).isEqualTo("WITHHOLD control-record-undecided");
                assertThat(Stream.of(withdrawn, ordered, branded)
                                .map(place -> cluster.decided(place).getKind()))
                        .containsOnly(EntryKind.QUARANTINED);
                assertThat(mailing(customer)).isEqualTo("WITHHOLD control-record-undecided");
            }

            Map<String, JsonNode> listed = listed();
            assertThat(listed).hasSize(4);
            assertThat(listed.get(text(withdrawn)).get("rule").asString()).isEqualTo("unknown-schema");
            assertThat(listed.get(text(ordered)).get("rule").asString()).isEqualTo("misplaced");
            assertThat(listed.get(text(branded)).get("rule").asString()).isEqualTo("unknown-brand");
            assertThat(listed.get(text(branded)).get("arrivedAt").asString())
                    .isEqualTo(Instant.ofEpochMilli(branded.timestamp()).toString());
            assertThat(listed.values()).allSatisfy(item -> {
                assertThat(item.get("lies").asBoolean()).isTrue();
                assertThat(item.get("replayedAs").isNull()).isTrue();
            });
            assertThat(run(0, "quarantine", "list").out()).contains("quarantined: 4, not replayed: 4");

            register();
            try (Gate gate = cluster.gate()) { // one that has not been told of no schema
                Map<String, RecordMetadata> copies = replayed(run(0, "quarantine", "replay", "--all", "--json"));
                assertThat(copies).hasSize(4);

                AuditEntry control = cluster.decided(copies.get(text(withdrawn)));
                assertThat(control.getKind()).isEqualTo(EntryKind.CONTROL);
                assertThat(control.getReason().getRule()).isEqualTo("applied");
                assertThat(place(control)).isEqualTo(text(withdrawn));
                assertThat(mailing(customer)).isEqualTo("WITHHOLD consent-withdrawn");
                cluster.decided(Given.emailConsent(customer, ConsentKind.GRANT).build());
                assertThat(mailing(customer)).isEqualTo("RELEASE consent");

                AuditEntry found = cluster.decided(copies.get(text(astray)));
                assertThat(found.getKind()).isEqualTo(EntryKind.CONTROL);
                assertThat(found.getPartition()).isNotEqualTo(astray.partition());
                assertThat(mailing(other)).isEqualTo("RELEASE consent");
                assertThat(run(0, "audit", "explain", text(astray)).out())
                        .contains("forwarded (C25)", "replayed as " + text(copies.get(text(astray))));

                RecordMetadata right = copies.get(text(ordered));
                AuditEntry event = cluster.decided(right);
                assertThat(right.partition()).isNotEqualTo(ordered.partition());
                assertThat(outcomes(event)).containsEntry("payment", "RELEASE contract");
                assertThat(event.getOccurredAt()).isEqualTo(order.getMeta().getOccurredAt());
                assertThat(event.getArrivedAt()).isAfterOrEqualTo(Instant.ofEpochMilli(ordered.timestamp()));
                assertThat(place(event)).isEqualTo(text(ordered));
                assertThat(cluster.release("payment", right).record().headers()).isEmpty();

                AuditEntry still = cluster.decided(copies.get(text(branded)));
                assertThat(still.getKind()).isEqualTo(EntryKind.QUARANTINED);
                assertThat(place(still)).isEqualTo(text(branded));

                JsonNode explained = run(0, "audit", "explain", text(withdrawn), "--json")
                        .json()
                        .get("records")
                        .get(0);
                assertThat(explained.get("replayedAs").asString()).isEqualTo(text(copies.get(text(withdrawn))));
                assertThat(run(0, "audit", "explain", text(right), "payment").out())
                        .contains("replay of   " + text(ordered), "payment: released for ", "(C7): what the person");
                assertReplayedOnceMore(customer, withdrawn, ordered, branded, copies);
                assertNothingOfHalfAReplay(customer);
                cluster.assertComplete();
                assertGone(customer);
                assertOneAtATime(customer);
            }
        } finally {
            log.detach();
        }
        assertThat(printed)
                .hasSizeGreaterThan(8)
                .allSatisfy(ran -> assertThat(ran.out() + ran.err()).doesNotContain("QxQxQx"));
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains("QxQxQx"));
    }

    /** All were replayed but the copy that was quarantined again; whoever names one sends it again, and is told. */
    private void assertReplayedOnceMore(
            String customer,
            RecordMetadata withdrawn,
            RecordMetadata ordered,
            RecordMetadata branded,
            Map<String, RecordMetadata> copies)
            throws Exception {
        Map<String, JsonNode> listed = listed();
        assertThat(listed).hasSize(5);
        assertThat(listed.get(text(ordered)).get("replayedAs").asString()).isEqualTo(text(copies.get(text(ordered))));
        assertThat(listed.get(text(ordered)).get("quarantinedAgain").asBoolean())
                .isFalse();
        assertThat(listed.get(text(branded)).get("quarantinedAgain").asBoolean())
                .isTrue();
        assertThat(replayed(run(0, "quarantine", "replay", "--rule", "misplaced", "--json")))
                .isEmpty();

        Ran again = run(0, "quarantine", "replay", text(withdrawn), "--json");
        assertThat(again.json().get("replayed").get(0).get("before").asString())
                .isEqualTo(text(copies.get(text(withdrawn))));
        AuditEntry second = cluster.decided(replayed(again).get(text(withdrawn)));
        assertThat(second.getReason().getRule()).isEqualTo("applied");
        assertThat(mailing(customer)).isEqualTo("RELEASE consent");

        Ran none = run(1, "quarantine", "replay", "events.chat-0-4711");
        assertThat(none.out()).contains("not in quarantine: events.chat-0-4711");
        assertThat(run(2, "quarantine", "replay", "events.chat").err()).contains("TOPIC-PARTITION-OFFSET");
        assertThat(run(2, "quarantine", "replay").err()).contains("--all");
    }

    /** Whoever begins ends the other, and both together send each record once. */
    private void assertOneAtATime(String customer) throws Exception {
        for (int i = 0; i < 2; i++) {
            cluster.decided(cluster.publish(
                    cluster.misplaced(cluster.record(Given.order(customer).build()))));
        }
        int before = cluster.committed("events.order").size();

        assertThatThrownBy(() -> new Quarantine(cluster.settings).replay(items -> {
                    assertThat(run(0, "quarantine", "replay", "--rule", "misplaced")
                                    .out())
                            .contains("replayed: 2;");
                    return items.stream()
                            .filter(i -> i.replayedAs().isEmpty())
                            .filter(i -> i.row().getRule().equals("misplaced"))
                            .toList();
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another replay has begun");
        assertThat(cluster.committed("events.order")).hasSize(before + 2);
        assertThat(replayed(run(0, "quarantine", "replay", "--rule", "misplaced", "--json")))
                .isEmpty();
    }

    /** Its two records are one transaction: who dies between them has replayed nothing. */
    private void assertNothingOfHalfAReplay(String customer) throws Exception {
        RecordMetadata misplaced = cluster.publish(
                cluster.misplaced(cluster.record(Given.order(customer).build())));
        cluster.decided(misplaced);
        int raw = cluster.raw("events.order").size();
        int committed = cluster.committed("events.order").size();
        Settings dying = cluster.settings.with(Map.of("metric.reporters", Dying.class.getName()));

        Process killed = Forked.java(
                directory.resolve("killed.log"),
                Cloakroom.class.getName(),
                "quarantine",
                "replay",
                text(misplaced),
                "--config",
                Cluster.write(dying, directory.resolve("dying.properties")).toString());

        assertThat(killed.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(killed.exitValue()).isEqualTo(Dying.EXIT);
        assertThat(cluster.raw("events.order")).as("the copy is there").hasSize(raw + 1);
        assertThat(cluster.committed("events.order")).hasSize(committed);
        assertThat(listed().get(text(misplaced)).get("replayedAs").isNull()).isTrue();

        Ran again = run(0, "quarantine", "replay", text(misplaced), "--json");
        AuditEntry decided = cluster.decided(replayed(again).get(text(misplaced)));
        assertThat(place(decided)).isEqualTo(text(misplaced));
        assertThat(cluster.committed("events.order")).hasSize(committed + 1);
    }

    /** Ends its process, as kill -9 does, when the producer is about to send the first record to the quarantine. */
    public static final class Dying implements MetricsReporter {

        private static final int EXIT = 137;

        @Override
        public void metricChange(KafkaMetric metric) {
            if (metric.metricName().group().equals("producer-topic-metrics")
                    && Topics.QUARANTINE.equals(metric.metricName().tags().get("topic"))) {
                Runtime.getRuntime().halt(EXIT);
            }
        }

        @Override
        public void init(List<KafkaMetric> metrics) {}

        @Override
        public void metricRemoval(KafkaMetric metric) {}

        @Override
        public void configure(Map<String, ?> configs) {}

        @Override
        public void close() {}
    }

    private void assertGone(String customer) throws Exception {
        RecordMetadata lost = cluster.publish(chat(customer, "QxQxQxOTHERxQ"));
        cluster.decided(lost);
        try (Admin admin = cluster.admin()) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(lost.topic(), lost.partition()),
                            RecordsToDelete.beforeOffset(lost.offset() + 1)))
                    .all()
                    .get();
        }
        assertThat(listed().get(text(lost)).get("lies").asBoolean()).isFalse();
        assertThat(run(1, "quarantine", "replay", text(lost)).out())
                .contains("not replayed: " + text(lost) + ", gone from its topic");
        RecordMetadata own = cluster.publish(
                new ProducerRecord<>(Topics.FORWARDS, customer.getBytes(StandardCharsets.UTF_8), new byte[] {1, 2}));
        Cluster.await("row of " + own).until(() -> !cluster.quarantined(own).isEmpty());
        assertThat(run(1, "quarantine", "replay", text(own)).out())
                .contains("not replayed: " + text(own) + ", the gate's own, never replayed");
        AvroSerializer rows = new AvroSerializer(cluster.registry);
        rows.configure(cluster.settings.client(), false);
        Quarantined former = new Quarantined("events.former", 0, 5L, Given.now(), "unknown-brand", "", null);
        cluster.publish(new ProducerRecord<>(Topics.QUARANTINE, null, rows.serialize(Topics.QUARANTINE, former)));
        assertThat(listed().get("events.former-0-5").get("topicGone").asBoolean())
                .isTrue();
        assertThat(run(1, "quarantine", "replay", "events.former-0-5").out())
                .contains("not replayed: events.former-0-5, its topic is gone");
        assertThat(run(0, "audit", "explain", text(lost)).out())
                .contains("unknown-brand (C2): the policy does not know its brand");
    }

    // Records whose schema is registered later.

    private int scratch;

    private ProducerRecord<byte[], byte[]> unregistered(ConsentChange change) {
        scratch =
                cluster.registry.register("scratch-value", Schema.createRecord("Scratch", null, "x", false, List.of()));
        ProducerRecord<byte[], byte[]> record = cluster.record(change);
        ByteBuffer.wrap(record.value()).putInt(1, scratch + 1);
        return record;
    }

    private void register() {
        Schema same = new Schema.Parser().parse(ConsentChange.SCHEMA$.toString());
        same.addProp("registered", "late");
        assertThat(cluster.registry.register(Topics.subject(Topics.CONSENT_CHANGES), same))
                .isEqualTo(scratch + 1);
    }

    private static Chat chat(String customer, String brand) {
        return Given.chat(customer)
                .setMeta(Given.meta(customer).setBrand(brand).build())
                .setText("QxQxQxTEXTxQ")
                .build();
    }

    private static String mailing(String customer) throws Exception {
        return outcomes(cluster.decided(Given.message(customer, "sale").build()))
                .get("mailing");
    }

    // What the commands say.

    private Map<String, JsonNode> listed() {
        return run(0, "quarantine", "list", "--json")
                .json()
                .get("quarantined")
                .valueStream()
                .collect(Collectors.toMap(item -> item.get("place").asString(), item -> item));
    }

    /** Where each of those replayed is now. */
    private static Map<String, RecordMetadata> replayed(Ran ran) {
        return ran.json()
                .get("replayed")
                .valueStream()
                .collect(Collectors.toMap(item -> item.get("place").asString(), item -> {
                    Coordinates now =
                            Coordinates.read(item.get("as").asString()).orElseThrow();
                    return new RecordMetadata(now.topicPartition(), now.offset(), 0, 0, 0, 0);
                }));
    }

    private Ran run(int exit, String... arguments) {
        Ran ran = CloakroomTest.run(Stream.concat(Stream.of(arguments), Stream.of("--config", config))
                .toArray(String[]::new));
        assertThat(ran.exit()).as(ran.err()).isEqualTo(exit);
        printed.add(ran);
        return ran;
    }

    static String config(Cluster cluster, Path directory) throws Exception {
        return Files.writeString(
                        directory.resolve("gate.properties"),
                        cluster.settings.all().entrySet().stream()
                                .map(setting -> setting.getKey() + "=" + setting.getValue())
                                .collect(Collectors.joining("\n")))
                .toString();
    }

    static String text(RecordMetadata place) {
        return new Coordinates(place.topic(), place.partition(), place.offset()).toString();
    }

    private static String place(AuditEntry entry) {
        return Coordinates.of(entry.getReplayOf()).toString();
    }
}
