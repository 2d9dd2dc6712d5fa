package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.streams.CloakroomTest.Ran;
import io.cloakroom.streams.audit.Signed;
import io.cloakroom.streams.audit.Signer;
import io.cloakroom.streams.gate.Topics;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code audit sign} over what happens to it: outages, crashes, and the other places in which checkpoints are kept. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class SignIT {

    private static final Predicate<String> TRIES_AGAIN = line -> line.startsWith("audit sign tries again");

    @TempDir
    private Path directory;

    private int brokerPort;
    private int registryPort;
    private Cluster cluster;
    private Path config;

    @BeforeEach
    void start() throws Exception {
        brokerPort = EmbeddedBroker.freePort();
        registryPort = EmbeddedBroker.freePort();
        startAgain();
        config = Cluster.write(cluster.settings, directory.resolve("gate.properties"));
    }

    private void startAgain() throws Exception {
        Blueprint blueprint = Blueprint.load(Cluster.SMALL_POLICY);
        Embedded embedded = Embedded.start(
                directory.resolve("cluster"), Cluster.SMALL_POLICY, blueprint, brokerPort, registryPort, 1, Map.of());
        cluster = new Cluster(embedded.settings(), blueprint, embedded::close);
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static Ran run(Object... arguments) {
        return CloakroomTest.run(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    /** @return what it printed */
    private String sign(Object... more) {
        List<Object> all = new ArrayList<>(List.of("audit", "sign", "--once", "--config", config));
        all.addAll(List.of(more));
        Ran ran = run(all.toArray());
        assertThat(ran.exit()).as(ran.err()).isZero();
        return ran.out();
    }

    /** An entry more in the audit. */
    private void decide(String person) throws Exception {
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.grown(person));
        }
    }

    private List<byte[]> checkpoints() {
        return values(cluster.committed(Topics.CHECKPOINTS));
    }

    private static List<byte[]> values(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    // Outages.

    @Test
    void shouldWaitForABrokerAndSayHowLongNothingIsSignedAndGoOn() throws Exception {
        decide("customer:ada");
        cluster.close();
        int port = EmbeddedBroker.freePort();
        Path watched = Cluster.write(
                Settings.read(config)
                        .with(Map.of(
                                Settings.LISTEN,
                                "127.0.0.1:" + port,
                                "request.timeout.ms",
                                "500",
                                "default.api.timeout.ms",
                                "1000",
                                "max.block.ms",
                                "1000")),
                directory.resolve("signer.properties"));
        Logged log = Logged.attached();
        Thread signer = new Thread(() -> run("audit", "sign", "--every", "1", "--config", watched));
        signer.start();
        try {
            Cluster.await("a first try").until(() -> log.lines.stream().anyMatch(TRIES_AGAIN));
            double tried = age(port);
            assertThat(tried).isPositive();
            Cluster.await("more of them").until(() -> age(port) > tried + 5);
            assertThat(get(port, "/ready").body()).isEqualTo("nothing is signed yet\n");
            assertThat(log.lines).filteredOn(TRIES_AGAIN).as("said once").hasSize(1);

            startAgain();
            Cluster.await("a checkpoint").until(() -> checkpoints().size() == 1);
            decide("customer:bob");
            Cluster.await("another, by the same signer")
                    .until(() -> checkpoints().size() == 2);
            Cluster.await("age").until(() -> age(port) < 5);
            assertThat(log.lines).contains("audit sign goes on");
            assertThat(signer.isAlive()).isTrue();
        } finally {
            log.detach();
            signer.interrupt();
            signer.join(20_000);
        }
    }

    private static double age(int port) throws Exception {
        return get(port, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("cloakroom_checkpoint_age_seconds "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(Duration.ofSeconds(5))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void shouldSignTurnAfterTurnWhereEachBringsMore() throws Exception {
        try (Signer signer = new Signer(cluster.settings, Optional.empty(), Optional.empty(), InstantSource.system())) {
            for (int i = 1; i <= 3; i++) {
                decide("customer:" + i);
                assertThat(signer.sign()).extracting(Signed::size).containsExactly((long) i);
            }
        }
    }

    @Test
    void shouldEndWhereTryingAgainHelpsNothing() throws Exception {
        Files.delete(cluster.settings.keys().resolve("checkpoint.1.pem"));

        Ran ran = run("audit", "sign", "--config", config);

        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err()).contains("checkpoint.1.pem: no such key");
    }

    @Test
    void shouldSignOnceBesideAGateThatListensAndOtherwiseSayWhatToSet() throws Exception {
        decide("customer:ada");
        try (ServerSocket gate = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String address = "127.0.0.1:" + gate.getLocalPort();
            config = Cluster.write(cluster.settings.with(Map.of(Settings.LISTEN, address)), config);

            assertThat(sign()).contains("signed audit.decisions-0: 1 entries");
            Ran ran = run("audit", "sign", "--config", config);

            assertThat(ran.exit()).isEqualTo(1);
            assertThat(ran.err())
                    .contains("nothing can listen at " + address + ": each process has its own cloakroom.http.listen");
        }
    }

    // A file.

    @Test
    void shouldCompleteAFileThatACrashLeft() throws Exception {
        Path kept = directory.resolve("kept");
        decide("customer:ada");
        sign("--file", kept);
        decide("customer:bob");
        sign("--file", kept);
        List<String> lines = Files.readAllLines(kept);
        assertThat(lines).hasSize(2);

        Files.writeString(kept, lines.get(0) + "\n" + lines.get(1).substring(0, 200));
        sign("--file", kept);
        assertThat(Files.readAllLines(kept)).as("cut off within a line").isEqualTo(lines);

        Files.writeString(kept, lines.get(0) + "\n");
        decide("customer:eve");
        sign("--file", kept);
        assertThat(Files.readAllLines(kept))
                .as("ended before a line was written")
                .startsWith(lines.toArray(String[]::new))
                .hasSize(3);
        assertThat(run("audit", "verify", "--whole", "--config", config, "--checkpoints", kept)
                        .out())
                .contains("3 of 3 signed")
                .endsWith("\nverified\n");

        Path other = Files.writeString(directory.resolve("other"), "password=secret");
        assertThat(run("audit", "sign", "--once", "--config", config, "--file", other)
                        .err())
                .contains(other + ": its last line is no checkpoint");
        assertThat(other).hasContent("password=secret");
    }

    // Another cluster.

    @Test
    void shouldSignNothingMoreWhereTheChainBeginsAnew() throws Exception {
        decide("customer:ada");
        decide("customer:bob");
        sign();
        ConsumerRecord<byte[], byte[]> first = cluster.committed(Topics.AUDIT).get(0);
        cluster.publish(new ProducerRecord<>(Topics.AUDIT, first.partition(), first.key(), first.value()));

        Ran ran = run("audit", "sign", "--once", "--config", config);
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err()).contains("audit.decisions-0: goes on with entry 0, and 2 are signed");
    }

    @Test
    void shouldKeepCheckpointsInAnotherClusterAndVerifyByThem() throws Exception {
        decide("customer:ada");
        sign();
        Path to = directory.resolve("other.properties");
        try (EmbeddedBroker other = EmbeddedBroker.start(directory.resolve("other"), 0)) {
            Settings elsewhere = new Settings(Map.of(
                    "bootstrap.servers", other.bootstrapServers(),
                    "request.timeout.ms", "5000",
                    "default.api.timeout.ms", "5000"));
            Cluster.write(elsewhere, to);
            Ran missing = run("audit", "sign", "--once", "--config", config, "--to", to);
            assertThat(missing.exit()).isEqualTo(2);
            assertThat(missing.err())
                    .contains("the other cluster has no topic audit.checkpoints: make it there with kafka-topics.sh"
                            + " --create --topic audit.checkpoints --partitions 1 --config retention.ms=-1");
            assertThat(run("audit", "sign", "--once", "--config", config, "--to", config)
                            .err())
                    .contains("another cluster, and this is the same");

            try (Admin admin = Admin.create(elsewhere.client())) {
                admin.createTopics(List.of(new NewTopic(Topics.CHECKPOINTS, 1, (short) 1)))
                        .all()
                        .get();
            }
            sign("--to", to);
            decide("customer:bob");
            sign();
            decide("customer:eve");
            sign("--to", to);
            assertThat(kept(elsewhere))
                    .as("one from before, one of another signer, one of its own")
                    .hasSize(3)
                    .containsExactlyElementsOf(checkpoints());

            try (Admin admin = cluster.admin()) {
                admin.deleteRecords(Map.of(new TopicPartition(Topics.CHECKPOINTS, 0), RecordsToDelete.beforeOffset(-1)))
                        .all()
                        .get();
            }
            assertThat(run("audit", "verify", "--config", config).out()).contains("0 of 3 signed");
            assertThat(run("audit", "verify", "--config", config, "--checkpoints-config", to)
                            .out())
                    .contains("3 of 3 signed")
                    .endsWith("\nverified\n");

            try (KafkaProducer<byte[], byte[]> forger =
                    new KafkaProducer<>(elsewhere.client(), new ByteArraySerializer(), new ByteArraySerializer())) {
                forger.send(new ProducerRecord<>(Topics.CHECKPOINTS, 0, null, new byte[] {0}))
                        .get();
            }
            Ran forged = run("audit", "verify", "--config", config, "--checkpoints-config", to);
            assertThat(forged.exit()).isEqualTo(1);
            assertThat(forged.out())
                    .contains("3 of 3 signed", "WRONG " + to + ": audit.checkpoints-0-3: not a whole checkpoint");
        }

        decide("customer:dan");
        assertThat(run("audit", "sign", "--once", "--config", config, "--to", to)
                        .exit())
                .as("the other one is away")
                .isEqualTo(1);
        assertThat(run("audit", "verify", "--config", config).out()).contains("4 of 4 signed");
    }

    private static List<byte[]> kept(Settings elsewhere) {
        List<byte[]> kept = new ArrayList<>();
        TopicReader.read(elsewhere, List.of(Topics.CHECKPOINTS), record -> kept.add(record.value()));
        return kept;
    }
}
