package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Order;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.Sha256;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.audit.Fault;
import io.cloakroom.streams.audit.Report;
import io.cloakroom.streams.gate.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The audit as an auditor sees it who trusts nobody here, while the gate runs and after somebody was at it. */
@Timeout(120)
class AuditIT {

    private static final int PARTITIONS = 2;
    private static final String CUSTOMER = "customer:4711";

    @TempDir
    private Path directory;

    private Cluster cluster;
    private Gate gate;
    private Path config;

    @BeforeEach
    void start() throws Exception {
        cluster = Cluster.start(directory.resolve("cluster"), Cluster.SMALL_POLICY, PARTITIONS);
        gate = cluster.gate();
        config = Cluster.write(cluster.settings, directory.resolve("gate.properties"));
    }

    @AfterEach
    void stop() throws Exception {
        gate.close();
        cluster.close();
    }

    private record Ran(int exit, String out, String err) {}

    private static Ran run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Cloakroom.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Arrays.stream(args).map(Object::toString).toArray(String[]::new));
        return new Ran(exit, out.toString(), err.toString());
    }

    private Path publicKey() {
        return cluster.settings.keys().resolve("checkpoint.1.pub");
    }

    // What is in order.

    @Test
    void shouldVerifyWhileTheGateRunsWithAbortedTransactionsQuarantineAndErasure() throws Exception {
        Path kept = directory.resolve("kept");
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<Integer> publishing = CompletableFuture.supplyAsync(() -> publishUntil(ended));
        int verified = 0;
        for (; verified < 3; verified++) {
            cluster.awaitEntries(100 + 300 * verified); // some in each partition
            assertThat(run("audit", "sign", "--once", "--config", config, "--file", kept))
                    .satisfies(ran -> assertThat(ran.err()).isEmpty())
                    .satisfies(ran -> assertThat(ran.exit()).isZero());
            assertThat(run("audit", "verify", "--whole", "--config", config, "--checkpoints", kept))
                    .satisfies(
                            ran -> assertThat(ran.out()).endsWith("verified\n").doesNotContain("WRONG"))
                    .satisfies(ran -> assertThat(ran.exit()).isZero());
        }
        ended.set(true);
        int published = publishing.get();
        cluster.awaitEntries(published);
        assertThat(cluster.audit())
                .extracting(e -> e.value().getKind())
                .contains(EntryKind.EVENT, EntryKind.CONTROL, EntryKind.QUARANTINED, EntryKind.FORWARDED);
        assertThat(cluster.raw("events.cookie").size())
                .as("aborted ones too")
                .isGreaterThan(cluster.committed("events.cookie").size());
        cluster.assertComplete();

        run("audit", "sign", "--once", "--config", config, "--file", kept);
        JsonNode said = JsonMapper.builder()
                .build()
                .readTree(run("audit", "verify", "--config", config, "--json").out());
        assertThat(said.get("verified").asBoolean()).isTrue();
        assertThat(said.get("skipped")).isEmpty();
        long inputs = 0;
        for (JsonNode part : said.get("partitions")) {
            assertThat(part.get("signed").asLong())
                    .isEqualTo(part.get("entries").asLong())
                    .isPositive();
            assertThat(part.get("releases").asLong()).isPositive();
            inputs += part.get("inputs").asLong();
        }
        assertThat(inputs).isEqualTo(published);
        assertThat(run("audit", "verify", "--config", withoutKeys(), "--public-key", publicKey()))
                .satisfies(ran -> assertThat(ran.out())
                        .contains("not looked at: releases: the recipients' keys are not there\n")
                        .endsWith("\nverified\n"))
                .satisfies(ran -> assertThat(ran.exit()).isZero());
        assertThat(run("audit", "verify", "--strict", "--config", withoutKeys(), "--public-key", publicKey()))
                .satisfies(ran -> assertThat(ran.out()).contains("not looked at: releases: "))
                .satisfies(ran -> assertThat(ran.exit()).isEqualTo(1));
        assertThat(run("audit", "verify", "--strict", "--config", config).exit())
                .isZero();
        assertThat(run("audit", "verify", "--strict", "--file", kept).exit()).isEqualTo(2);
        assertThat(Files.readAllLines(kept))
                .hasSameSizeAs(cluster.committed(Topics.CHECKPOINTS))
                .hasSizeGreaterThan(3);
    }

    @Test
    void shouldGoOnWithAnotherKeyAndStillProveWhatTheOneBeforeSigned() throws Exception {
        cluster.decided(Given.grown("customer:ada"));
        assertThat(run("audit", "sign", "--once", "--config", config).exit()).isZero();
        assertThat(run("keys", "next-checkpoint", "--config", config).out())
                .contains("checkpoint.2.pem")
                .contains("checkpoint.2.pub");
        Files.delete(cluster.settings.keys().resolve("checkpoint.1.pem"));
        cluster.decided(Given.order("customer:ada").build());
        assertThat(run("audit", "sign", "--once", "--config", config).exit()).isZero();
        Path second = cluster.settings.keys().resolve("checkpoint.2.pub");

        assertThat(run("audit", "verify", "--whole", "--config", config))
                .satisfies(
                        ran -> assertThat(ran.out()).contains("2 of 2 signed;").endsWith("\nverified\n"));
        assertThat(run("audit", "verify", "--config", config, "--public-key", publicKey(), "--public-key", second)
                        .exit())
                .isZero();
        assertThat(run("audit", "verify", "--config", config, "--public-key", publicKey()))
                .satisfies(ran ->
                        assertThat(ran.out()).contains("not signed by the key that was given, it says by checkpoint.2"))
                .satisfies(ran -> assertThat(ran.exit()).isEqualTo(1));
    }

    private Path withoutKeys() throws Exception {
        Path file = directory.resolve("auditor.properties");
        Files.write(
                file,
                Files.readAllLines(config).stream()
                        .filter(line -> !line.startsWith(Settings.KEYS))
                        .toList());
        return file;
    }

    /** @return how many records were committed */
    private int publishUntil(AtomicBoolean ended) {
        Map<String, Object> transactional = new HashMap<>(cluster.settings.client());
        transactional.put("transactional.id", "shop");
        int count = 0;
        try (KafkaProducer<byte[], byte[]> shop =
                new KafkaProducer<>(transactional, new ByteArraySerializer(), new ByteArraySerializer())) {
            shop.initTransactions();
            for (int i = 0; i < 2000 && !ended.get() || i < 40; i++) {
                shop.beginTransaction();
                List<SpecificRecord> records = people(i);
                records.forEach(record -> shop.send(cluster.record(record)));
                if (i % 3 == 1) {
                    shop.flush();
                    shop.abortTransaction();
                } else {
                    shop.send(new ProducerRecord<>(
                            "events.order", i % PARTITIONS, "nobody".getBytes(StandardCharsets.UTF_8), new byte[] {1}));
                    shop.send(cluster.misplaced(cluster.record(Given.grown("customer:misplaced" + i))));
                    shop.commitTransaction();
                    count += records.size() + 2;
                }
            }
        }
        return count;
    }

    private static List<SpecificRecord> people(int i) {
        List<SpecificRecord> records = new ArrayList<>();
        records.add(Given.grown("customer:" + i));
        records.add(Given.order("customer:" + i).build());
        records.add(Given.analyticsConsent("cookie:" + i, ConsentKind.GRANT).build());
        if (i % 5 == 4) {
            records.add(new SubjectRequest(
                    UUID.randomUUID().toString(), Given.now(), "customer:" + (i - 2), RequestKind.ERASURE));
        }
        IntStream.range(0, 4).forEach(n -> records.add(view("cookie:" + i)));
        return records;
    }

    private static Cookie view(String cookie) {
        return Given.cookie(cookie, CookieCategory.ANALYTICS).build();
    }

    @Test
    void shouldProveOneEntryToSomebodyWhoHasThePublicKeyAlone() throws Exception {
        RecordMetadata place = order();
        String input = place.topic() + "-" + place.partition() + "-" + place.offset();
        Path file = directory.resolve("proof");

        Ran early = run("audit", "prove", input, "--config", config, "--to", file);
        assertThat(early.exit()).isEqualTo(1);
        assertThat(early.err()).contains("and only 0 are signed so far");
        assertThat(run("audit", "prove", input, "--config", withoutKeys(), "--to", file))
                .satisfies(ran -> assertThat(ran.err()).startsWith("no public key was given: give --public-key FILE"))
                .satisfies(ran -> assertThat(ran.exit()).isEqualTo(2));

        assertThat(run("audit", "sign", "--once", "--config", config).exit()).isZero();
        assertThat(run("audit", "prove", input, "--config", config, "--to", file)
                        .exit())
                .isZero();
        Ran checked = run("audit", "check", file, "--public-key", publicKey());
        assertThat(checked.err()).isEmpty();
        assertThat(checked.exit()).isZero();
        assertThat(checked.out())
                .startsWith("proven: entry ")
                .contains("\"topic\": \"events.order\"", "\"offset\": " + place.offset() + ",");

        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        Ran edited = run("audit", "check", file, "--public-key", publicKey());
        assertThat(edited.exit()).isEqualTo(1);
        assertThat(edited.err()).contains("the entry is not number ");
    }

    @Test
    void shouldVerifyAnExportWithoutTheCluster() throws Exception {
        cluster.publishAll(people(1));
        order();
        cluster.assertComplete();
        Path kept = directory.resolve("kept");
        Path export = directory.resolve("audit.avro");
        run("audit", "sign", "--once", "--config", config, "--file", kept);

        assertThat(run("audit", "export", "--config", config, "--to", export).exit())
                .isZero();

        Ran verified = run("audit", "verify", "--file", export, "--public-key", publicKey(), "--checkpoints", kept);
        assertThat(verified.out()).endsWith("\nverified\n");
        assertThat(verified.exit()).isZero();

        byte[] bytes = Files.readAllBytes(export);
        Path cut = directory.resolve("cut.avro");
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 200));
        Ran refused = run("audit", "verify", "--file", cut, "--public-key", publicKey());
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.out())
                .contains("WRONG the export: cannot be read any further")
                .endsWith("not verified\n");
    }

    @Test
    void shouldSayThatNothingWasSigned() throws Exception {
        order();

        assertThat(run("audit", "verify", "--whole", "--config", config))
                .satisfies(ran -> assertThat(ran.out()).contains("has entries and no checkpoint: "))
                .satisfies(ran -> assertThat(ran.exit()).isEqualTo(1));
        assertThat(run("audit", "verify", "--whole", "--config", config, "--unsigned"))
                .satisfies(ran ->
                        assertThat(ran.out()).endsWith("\nverified against itself alone: no signature was looked at\n"))
                .satisfies(ran -> assertThat(ran.exit()).isZero());
        JsonNode said = JsonMapper.builder()
                .build()
                .readTree(run("audit", "verify", "--config", config, "--unsigned", "--json")
                        .out());
        assertThat(said.get("verified").asBoolean()).isTrue();
        assertThat(said.get("signatures").asBoolean()).isFalse();

        run("audit", "sign", "--once", "--config", config);
        cluster.assertSigned();
    }

    @Test
    void shouldFollowEntriesAsTheyComeAndShowNoneFromBefore() throws Exception {
        RecordMetadata before = order();
        CompletableFuture<Ran> json =
                CompletableFuture.supplyAsync(() -> run("audit", "tail", "--json", "--limit", 1, "--config", config));
        CompletableFuture<Ran> text =
                CompletableFuture.supplyAsync(() -> run("audit", "tail", "--limit", 1, "--config", config));

        Cluster.await("what comes").until(() -> {
            cluster.decided(cluster.publish(Given.order(CUSTOMER).build()));
            return json.isDone() && text.isDone();
        });

        JsonNode entry = JsonMapper.builder().build().readTree(json.get().out());
        assertThat(entry.get("topic").asString()).isEqualTo("events.order");
        assertThat(entry.get("offset").asLong()).isGreaterThan(before.offset());
        assertThat(entry.get("decisions")).isNotEmpty();
        assertThat(text.get().out())
                .containsPattern("^\\S+Z events.order-\\d-\\d+ EVENT\n  \\w+ ")
                .doesNotContain(" events.order-" + before.partition() + "-" + before.offset() + " ");
    }

    // What somebody did.

    private RecordMetadata order() throws Exception {
        cluster.decided(Given.grown(CUSTOMER));
        Order order = Given.order(CUSTOMER).build();
        RecordMetadata place = cluster.publish(order);
        cluster.decided(place);
        return place;
    }

    private List<Fault> faults() throws Exception {
        Report report = cluster.verify(cluster.blueprint);
        return report.faults();
    }

    /** As retention does: in each topic at another place. */
    @Test
    void shouldVerifyWhatIsLeftWhereTopicsAreCutAtTheirBeginning() throws Exception {
        for (int i = 0; i < 20; i++) {
            order();
        }
        run("audit", "sign", "--once", "--config", config);
        Map<TopicPartition, RecordsToDelete> cuts = new HashMap<>();
        int cut = 3;
        for (String topic : List.of("events.order", "payment.order", "group.order", Topics.AUDIT)) {
            ConsumerRecord<byte[], byte[]> first = cluster.committed(topic).get(cut);
            cuts.put(new TopicPartition(topic, first.partition()), RecordsToDelete.beforeOffset(first.offset()));
            cut += 2;
        }
        try (Admin admin = cluster.admin()) {
            admin.deleteRecords(cuts).all().get();
        }
        order();

        assertThat(run("audit", "verify", "--config", config))
                .satisfies(ran -> assertThat(ran.out()).endsWith("\nverified\n"))
                .satisfies(ran -> assertThat(ran.exit()).isZero());
        assertThat(run("audit", "verify", "--whole", "--config", config))
                .satisfies(ran -> assertThat(ran.exit()).isEqualTo(1))
                .satisfies(ran -> assertThat(ran.out()).contains("those before it are not there"));
    }

    /** First as an operator would who ends an audit one day, then as somebody who hides that there was one. */
    @Test
    void shouldNotTakeWhatWasRemovedForWhatWasVerified() throws Exception {
        RecordMetadata order = order();
        run("audit", "sign", "--once", "--config", config);
        String part = Topics.AUDIT + "-" + order.partition();
        for (String topic : List.of(Topics.AUDIT, Topics.CHECKPOINTS)) {
            try (Admin admin = cluster.admin()) {
                admin.deleteRecords(
                                Map.of(new TopicPartition(topic, order.partition()), RecordsToDelete.beforeOffset(-1)))
                        .all()
                        .get();
            }
            assertThat(run("audit", "verify", "--config", config))
                    .satisfies(ran -> assertThat(ran.exit()).isZero())
                    .satisfies(ran -> assertThat(ran.out())
                            .containsPattern(part + ": 0 entries.*held against 0 input records and 0 releases\n")
                            .contains("not looked at: all of " + part + ", which has no entry: whatever lay before ")
                            .contains(" records in events.order-" + order.partition() + ": no entry that is left")
                            .endsWith("\nverified\n"));
            assertThat(run("audit", "verify", "--whole", "--config", config))
                    .satisfies(ran -> assertThat(ran.exit()).isEqualTo(1))
                    .satisfies(ran -> assertThat(ran.out()).contains("WRONG " + part + ": has no entry: "));
        }
    }

    @Test
    void shouldNameAReleaseThatNoEntryTellsOf() throws Exception {
        order();
        assertThat(faults()).isEmpty();
        ConsumerRecord<byte[], byte[]> release =
                cluster.committed("group.order").get(0);
        byte[] forged = release.value().clone();
        forged[6] = (byte) (forged[6] == 'A' ? 'B' : 'A'); // the first letter of its id
        RecordMetadata place =
                cluster.publish(new ProducerRecord<>("group.order", release.partition(), release.key(), forged));
        RecordMetadata again = cluster.publish(
                new ProducerRecord<>("payment.order", release.partition(), release.key(), anyOf("payment.order")));

        assertThat(faults())
                .containsExactly(
                        new Fault(
                                "group.order-" + place.partition() + "-" + place.offset(),
                                "is a release that no entry tells of"),
                        new Fault(
                                "payment.order-" + again.partition() + "-" + again.offset(),
                                "is a release that is there already, or in another place"));
    }

    @Test
    void shouldNameWhatIsWrongInTheOrderOfThePartitions() throws Exception {
        for (int partition = PARTITIONS - 1; partition >= 0; partition--) {
            cluster.publish(new ProducerRecord<>("group.order", partition, null, new byte[] {1}));
        }

        assertThat(faults())
                .containsExactly(
                        new Fault("group.order-0-0", "is no release: it has no releaseId"),
                        new Fault("group.order-1-0", "is no release: it has no releaseId"));
    }

    private byte[] anyOf(String topic) {
        return cluster.committed(topic).get(0).value();
    }

    @Test
    void shouldNameTheEntryOfAReleaseThatIsGone() throws Exception {
        order();
        order();
        order();
        assertThat(faults()).isEmpty();
        gate.close();
        List<ConsumerRecord<byte[], byte[]>> releases = cluster.committed("group.order");
        try (Admin admin = cluster.admin()) {
            admin.deleteTopics(List.of("group.order")).all().get();
            Cluster.await("topic made again").ignoreExceptions().until(() -> {
                admin.createTopics(List.of(new NewTopic("group.order", PARTITIONS, (short) 1)))
                        .all()
                        .get();
                return true;
            });
        }
        releases.remove(1);
        for (ConsumerRecord<byte[], byte[]> release : releases) {
            cluster.publish(new ProducerRecord<>("group.order", release.partition(), release.key(), release.value()));
        }
        long second = entries().get(3).record().offset();

        assertThat(faults())
                .containsExactly(new Fault(
                        "audit.decisions-" + releases.get(0).partition() + "-" + second,
                        "tells of a release in group.order-" + releases.get(0).partition() + " that is not there"));
    }

    /** Those of the one partition in which all is, in their order. */
    private List<Cluster.Entry> entries() {
        return cluster.audit();
    }

    @Test
    void shouldNameAnEntryOfARecordThatIsNotThereAndOneThatIsWrittenAgain() throws Exception {
        RecordMetadata place = order();
        List<Cluster.Entry> entries = entries();
        Cluster.Entry last = entries.get(entries.size() - 1);
        gate.close();
        AuditEntry forged = AuditEntry.newBuilder(last.value())
                .setSequence(last.value().getSequence() + 1)
                .setPreviousHash(new Sha256(EntryHash.of(last.record().value())))
                .setPreviousOffset(place.offset())
                .setOffset(place.offset() + 1)
                .build();
        forged.getDecisions().forEach(decision -> decision.setOutcome(Outcome.WITHHOLD));
        RecordMetadata written = append(last, bytes(forged));

        assertThat(faults())
                .containsExactly(new Fault(
                        "audit.decisions-" + written.partition() + "-" + written.offset(),
                        "decides events.order-" + place.partition() + "-" + (place.offset() + 1)
                                + ", where no committed record is"));

        RecordMetadata again = append(last, last.record().value());
        assertThat(faults())
                .extracting(Fault::place)
                .containsExactly("audit.decisions-" + again.partition() + "-" + again.offset());
        Ran signing = run("audit", "sign", "--once", "--config", config);
        assertThat(signing.exit()).isEqualTo(1);
        assertThat(signing.err())
                .contains("nothing of this partition is signed any more: audit.decisions-" + again.partition() + "-"
                        + again.offset());
        assertThat(cluster.committed(Topics.CHECKPOINTS)).isEmpty();
    }

    private RecordMetadata append(Cluster.Entry like, byte[] value) throws Exception {
        return cluster.publish(new ProducerRecord<>(Topics.AUDIT, like.record().partition(), null, value));
    }

    private byte[] bytes(AuditEntry entry) {
        AvroSerializer serializer = new AvroSerializer(cluster.registry);
        Map<String, Object> config = new HashMap<>(cluster.settings.client());
        config.put("auto.register.schemas", false);
        config.put("use.latest.version", true);
        serializer.configure(config, false);
        return serializer.serialize(Topics.AUDIT, entry);
    }

    @Test
    void shouldNameARecordThatWasPassedOver() throws Exception {
        order();
        gate.close();
        RecordMetadata passed = cluster.publish(Given.order(CUSTOMER).build());
        assertThat(faults()).as("it only waits").isEmpty();
        try (Admin admin = cluster.admin()) {
            admin.alterConsumerGroupOffsets(
                            Cluster.GROUP,
                            Map.of(
                                    new TopicPartition(passed.topic(), passed.partition()),
                                    new OffsetAndMetadata(passed.offset() + 1)))
                    .all()
                    .get();
        }

        assertThat(faults())
                .containsExactly(new Fault(
                        "events.order-" + passed.partition() + "-" + passed.offset(), "has no entry in the audit"));

        TopicPartition partition = new TopicPartition(passed.topic(), passed.partition());
        try (Admin admin = cluster.admin()) {
            admin.deleteConsumerGroupOffsets(Cluster.GROUP, Set.of(partition))
                    .all()
                    .get();
        }
        assertThat(cluster.verify(cluster.blueprint).skipped())
                .contains("the end of " + partition + ": the gate's group has committed no offset there");
    }

    @Test
    void shouldNameAnInputThatTheAuditHasNoPartitionFor() throws Exception {
        order();
        gate.close();
        try (Admin admin = cluster.admin()) {
            admin.createPartitions(Map.of("events.order", NewPartitions.increaseTo(PARTITIONS + 1)))
                    .all()
                    .get();
        }
        assertThat(faults()).as("nothing is there yet").isEmpty();
        cluster.publish(new ProducerRecord<>("events.order", PARTITIONS, null, new byte[] {1}));

        assertThat(faults())
                .containsExactly(
                        new Fault("events.order-" + PARTITIONS, "holds something, where the audit has no partition"));
    }
}
