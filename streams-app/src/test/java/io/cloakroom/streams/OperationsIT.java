package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.policy.Policy;
import io.cloakroom.streams.CloakroomTest.Ran;
import io.cloakroom.streams.operations.HealthServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.streams.LagInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What operations sees of a gate that runs: its health, its meters, what it knows of somebody. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class OperationsIT {

    private static final int PARTITIONS = 2;
    private static final Pattern DECISIONS = Pattern.compile(
            "cloakroom_decisions_total\\{outcome=\"(\\w+)\",recipient=\"([\\w-]+)\",rule=\"([\\w-]+)\",type=\"(\\w+)\"} (\\S+)");

    @TempDir
    static Path directory;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, Cluster.SHIPPED_POLICY, PARTITIONS, Map.of("quota.window.num", "2"));
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void shouldBeReadyOnlyWhileItDecidesWithAllOfItsState() throws Exception {
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.grown("customer:ready"));
        }
        RecordMetadata waiting = cluster.publish(Given.order("customer:ready").build());
        RestartIT.delete(Path.of(cluster.settings.required("state.dir")));

        Gate gate = Gate.start(cluster.settings, cluster.blueprint);
        try (HealthServer server = HealthServer.start(new InetSocketAddress("127.0.0.1", 0), Map.of(), gate)) {
            HttpResponse<String> first = get(server, "/ready");
            assertThat(first.statusCode()).as("while it joins the group").isEqualTo(503);
            assertThat(first.body()).matches("the gate is (CREATED|REBALANCING)\n");
            assertThat(get(server, "/live").statusCode()).isEqualTo(200);

            Cluster.await("ready").until(() -> get(server, "/ready").statusCode() == 200);
            assertThat(gate.lags().values())
                    .isNotEmpty()
                    .allSatisfy(store -> assertThat(store)
                            .hasSize(PARTITIONS)
                            .allSatisfy((partition, lag) ->
                                    assertThat(lag.offsetLag()).isZero()));
            assertThat(outcomes(cluster.decided(waiting)).values())
                    .as("decided with the state that was restored")
                    .noneMatch(outcome -> outcome.contains("age-unknown"));

            gate.close();
            assertThat(get(server, "/ready").statusCode()).isEqualTo(503);
            assertThat(get(server, "/live").statusCode()).isEqualTo(503);
            assertThat(get(server, "/live").body()).isEqualTo("the gate is NOT_RUNNING\n");
        } finally {
            gate.close();
        }
    }

    @Test
    void shouldNotBeReadyUntilALongRestoreEnds() throws Exception {
        try (Gate gate = cluster.gate()) {
            List<ConsentChange> people = IntStream.range(0, 1_000)
                    .mapToObj(i -> Given.grown("customer:restored-" + i))
                    .toList();
            cluster.publishAll(people).forEach(cluster::decided);
        }
        RestartIT.delete(Path.of(cluster.settings.required("state.dir")));
        String restores = "slow-StateUpdater-1-restore-consumer";
        limit(restores, 15_000.0); // of some 60,000
        Settings slow = cluster.settings.with(Map.of("client.id", "slow", "restore.consumer.fetch.max.bytes", "1000"));
        List<Long> behind = new ArrayList<>();
        try (Gate gate = Gate.start(slow, cluster.blueprint);
                HealthServer server = HealthServer.start(new InetSocketAddress("127.0.0.1", 0), Map.of(), gate)) {
            Cluster.await("ready").atMost(Duration.ofSeconds(60)).until(() -> {
                boolean isReady = get(server, "/ready").statusCode() == 200;
                long left = left(gate);
                if (left > 0) {
                    assertThat(isReady)
                            .as("ready, with %d rows to restore", left)
                            .isFalse();
                    assertThat(gate.metrics()).contains("\ncloakroom_ready 0.0\n");
                    behind.add(left);
                }
                return isReady;
            });
            assertThat(gate.metrics()).contains("\ncloakroom_ready 1.0\n");
        } finally {
            limit(restores, null);
        }
        assertThat(behind)
                .as("rows still to restore, each time that it was asked")
                .hasSizeGreaterThan(5);
    }

    private static long left(Gate gate) {
        return gate.lags().values().stream()
                .flatMap(store -> store.values().stream())
                .mapToLong(LagInfo::offsetLag)
                .sum();
    }

    /** @param bytesPerSecond that a client may read, or null */
    private static void limit(String client, Double bytesPerSecond) throws Exception {
        try (Admin admin = cluster.admin()) {
            admin.alterClientQuotas(List.of(new ClientQuotaAlteration(
                            new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, client)),
                            List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", bytesPerSecond)))))
                    .all()
                    .get();
        }
    }

    @Test
    void shouldCountWhatTheAuditSays() throws Exception {
        Map<String, Long> before = decisions(cluster.committedAudit());
        String metrics;
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.grown("customer:counted"));
            cluster.decided(Given.order("customer:counted").build());
            cluster.decided(Given.order("customer:counted").build());
            cluster.decided(Given.emailConsent("customer:counted", ConsentKind.WITHDRAWAL)
                    .build());
            cluster.decided(
                    Given.cookie("cookie:counted", CookieCategory.ANALYTICS).build());
            cluster.decided(Given.order("customer:ageless").build());
            cluster.decided(cluster.publish(new ProducerRecord<>(
                    "events.order", "customer:broken".getBytes(StandardCharsets.UTF_8), new byte[] {1})));
            metrics = gate.metrics();
        }
        Map<String, Long> audited = decisions(cluster.committedAudit());
        before.forEach((decision, count) -> audited.merge(decision, -count, Long::sum));
        audited.values().removeIf(count -> count == 0);
        assertThat(decisions(metrics)).isEqualTo(audited).hasSizeGreaterThan(5);
        Policy policy = cluster.blueprint.history().atOrFirst(System.currentTimeMillis());
        assertThat(metrics.lines())
                .contains(
                        "cloakroom_quarantined_total{kind=\"event\",rule=\"not-wire-format\"} 1.0",
                        "cloakroom_refusal_effect_seconds_count{way=\"own\"} 1",
                        "cloakroom_refusal_effect_seconds_count{way=\"link\"} 0",
                        "cloakroom_policy_in_force{hash=\"" + policy.hash() + "\",version=\"" + policy.version()
                                + "\"} 1.0")
                .noneMatch(line ->
                        Stream.of("counted", "ageless", "broken", "@", "Byron").anyMatch(line::contains));
        assertThat(held(metrics)).isEqualTo(1);

        try (Gate gate = cluster.gate()) {
            assertThat(held(gate.metrics())).as("after a restart").isEqualTo(1);
            cluster.decided(Given.grown("customer:ageless"));
            assertThat(held(gate.metrics())).isZero();
        }
    }

    /** Of each type, recipient, outcome and rule, how many. */
    private static Map<String, Long> decisions(List<AuditEntry> entries) {
        return entries.stream()
                .flatMap(entry -> entry.getDecisions().stream()
                        .map(d -> entry.getTopic() + " " + d.getRecipient() + " " + d.getOutcome() + " " + d.getRule()))
                .collect(Collectors.groupingBy(decision -> decision, TreeMap::new, Collectors.counting()));
    }

    private static Map<String, Long> decisions(String metrics) {
        Map<String, Long> counted = new TreeMap<>();
        Matcher line = DECISIONS.matcher(metrics);
        while (line.find()) {
            counted.put(
                    "events." + line.group(4) + " " + line.group(2) + " " + line.group(1) + " " + line.group(3),
                    (long) Double.parseDouble(line.group(5)));
        }
        return counted;
    }

    private static double held(String metrics) {
        return metrics.lines()
                .filter(line -> line.startsWith("cloakroom_held{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    @Test
    void shouldShowWhatIsKnownOfSomebodyAndThatItWasShown() throws Exception {
        String customer = "customer:shown";
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.grown(customer));
            ConsentChange refusal =
                    Given.emailConsent(customer, ConsentKind.WITHDRAWAL).build();
            cluster.decided(refusal);
            cluster.decided(
                    Given.analyticsConsent("cookie:shown", ConsentKind.GRANT).build());
            cluster.decided(Given.link("cookie:shown", customer));
            cluster.decided(Given.order(customer).build());
            cluster.decided(Given.order("customer:waits").build());

            Ran shown = show(0, customer, "--json");
            JsonNode known = new JsonMapper().readTree(shown.out());
            assertThat(known.get("known").asBoolean()).isTrue();
            assertThat(known.at("/birthDate/date").asString()).isEqualTo("1985-12-10");
            assertThat(known.get("said")).singleElement().satisfies(said -> {
                assertThat(said.get("purpose").asString()).isEqualTo("direct-marketing");
                assertThat(said.get("channel").asString()).isEqualTo("EMAIL");
                assertThat(said.get("refused").asString())
                        .isEqualTo(refusal.getOccurredAt().toString());
            });
            assertThat(known.get("links"))
                    .singleElement()
                    .satisfies(link -> assertThat(link.get("other").asString()).isEqualTo("cookie:shown"));
            assertThat(known.get("heldBy"))
                    .extracting(held -> held.get("recipient").asString())
                    .contains("analytics", "group", "payment");
            AuditEntry entry = entry(known.get("request").asString());
            assertThat(entry.getKind()).isEqualTo(EntryKind.CONTROL);
            assertThat(entry.getReason().getRule()).isEqualTo("inspected");

            assertThat(show(0, "cookie:shown").out())
                    .contains("kind=grant", "refused=" + refusal.getOccurredAt())
                    .doesNotContain("birthDate");
            assertThat(show(0, "customer:waits").out()).contains("event=events.order-");
        }
    }

    @Test
    void shouldSayThatNothingIsKnownAndRememberNobodyForThat() throws Exception {
        try (Gate gate = cluster.gate()) {
            JsonNode first = new JsonMapper()
                    .readTree(show(1, "customer:nobody", "--json").out());
            assertThat(first.get("known").asBoolean()).isFalse();
            assertThat(entry(first.get("request").asString()).getSubjectToken()).isNull();
            assertThat(show(1, "customer:nobody").out()).contains("known: false");

            cluster.decided(
                    Given.emailConsent("customer:gone", ConsentKind.WITHDRAWAL).build());
            cluster.decided(new SubjectRequest("erase", Given.now(), "customer:gone", RequestKind.ERASURE));
            assertThat(show(0, "customer:gone").out())
                    .contains("erased: 20", "stillRefused:", "purpose=direct-marketing")
                    .doesNotContain("said:");
        }
    }

    @Test
    void shouldShowNothingThatNoGateHasAudited() throws Exception {
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.grown("customer:unaudited"));
        }
        Ran ran = show(1, "customer:unaudited", "--within", "1");
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("nothing is shown: subject.requests-").contains("is a gate running?");
    }

    private static AuditEntry entry(String place) {
        Coordinates at = Coordinates.parse(place);
        return cluster.committedAudit().stream()
                .filter(e -> e.getTopic().equals(at.topic())
                        && e.getPartition() == at.partition()
                        && e.getOffset() == at.offset())
                .findFirst()
                .orElseThrow();
    }

    private static Ran show(int exit, String key, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("subject", "show", key, "--config", config(Map.of())));
        arguments.addAll(List.of(options));
        Ran ran = CloakroomTest.run(arguments.toArray(String[]::new));
        assertThat(ran.exit()).as(ran.out() + ran.err()).isEqualTo(exit);
        return ran;
    }

    private static String config(Map<String, String> more) throws IOException {
        Path file = Files.createTempFile(directory, "operator", ".properties");
        return Cluster.write(cluster.settings.with(more), file).toString();
    }

    @Test
    void shouldHaveEveryMeterThatTheDashboardTheAlertsAndThePageName() throws Exception {
        String scraped;
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.order("customer:metered").build());
            cluster.decided(cluster.publish(new ProducerRecord<>(
                    "events.order", "customer:metered".getBytes(StandardCharsets.UTF_8), new byte[] {1})));
            scraped = gate.metrics() + signersMetrics();
        }
        Map<String, Set<String>> samples = Operating.samples(scraped);

        Map<String, Set<String>> ours = new TreeMap<>();
        samples.forEach((name, tags) -> {
            if (name.startsWith("cloakroom_")) {
                ours.computeIfAbsent(name.replaceFirst("_(count|sum|bucket|max)$", ""), meter -> new TreeSet<>())
                        .addAll(tags.stream().filter(tag -> !tag.equals("le")).toList());
            }
        });
        assertThat(ours).as("the table of docs/operations.md").isEqualTo(Operating.documented());
        assertThat(Operating.questions()).allSatisfy(question -> {
            assertThat(samples.keySet()).containsAll(question.metrics());
            assertThat(question.metrics().stream()
                            .flatMap(metric -> samples.get(metric).stream())
                            .toList())
                    .as(question.text())
                    .containsAll(question.labels());
            question.values().forEach((tag, values) -> {
                if (!Set.of("rule", "outcome", "job").contains(tag)) {
                    assertThat(values)
                            .as(tag)
                            .allMatch(value -> Pattern.compile(tag + "=\"" + value + "\"")
                                    .matcher(scraped)
                                    .find());
                }
            });
        });
    }

    @Test
    void shouldLogOneObjectALineAndEndInOrder() throws Exception {
        int port = EmbeddedBroker.freePort();
        Path log = directory.resolve("gate.log");
        Process gate = launch(log, "json", "run", "--config", config(Map.of(Settings.LISTEN, "127.0.0.1:" + port)));
        try {
            Cluster.await("gate")
                    .atMost(Duration.ofSeconds(60))
                    .failFast("it ended", () -> !gate.isAlive())
                    .ignoreException(ConnectException.class)
                    .until(() -> get(port, "/ready").statusCode() == 200);
            cluster.decided(cluster.publish(new ProducerRecord<>(
                    "events.order", "customer:logged".getBytes(StandardCharsets.UTF_8), new byte[] {1})));
            gate.destroy();
            assertThat(gate.waitFor(40, TimeUnit.SECONDS)).isTrue();
            assertThat(gate.exitValue()).isZero();
        } finally {
            gate.destroyForcibly();
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(log));
        assertThat(lines.remove("ready")).as("what programs wait for").isTrue();
        List<JsonNode> logged =
                lines.stream().map(line -> new JsonMapper().readTree(line)).toList();
        assertThat(logged)
                .allSatisfy(line -> assertThat(line.propertyNames())
                        .contains("timestamp", "level", "loggerName", "formattedMessage"));
        assertThat(logged)
                .extracting(line -> line.get("formattedMessage").asString()
                        + line.path("kvpList").toString())
                .contains(
                        "gate[{\"state\":\"RUNNING\"}]",
                        "gate[{\"state\":\"NOT_RUNNING\"}]",
                        "health[{\"port\":\"" + port + "\"}]")
                .anyMatch(line -> line.startsWith("gate starts[{\"group\":\"cloakroom-gate\"}"))
                .anyMatch(line -> line.startsWith("quarantined[{\"topic\":\"events.order\"}"))
                .noneMatch(line -> line.contains("customer:"));
    }

    @Test
    void shouldRefuseToLogInAFormatThatThereIsNot() throws Exception {
        Path log = directory.resolve("refused.log");
        Process refused = launch(log, "JSON", "policy", "check");
        assertThat(refused.waitFor(40, TimeUnit.SECONDS)).isTrue();
        assertThat(log).content().isEqualTo("cloakroom: CLOAKROOM_LOG=JSON is not one of text, json\n");
        assertThat(refused.exitValue()).isEqualTo(2);
    }

    /** As a user does after {@code mvn verify}: by the launcher, with every jar of the build where it looks for them. */
    private static Process launch(Path log, String format, String... arguments) throws IOException {
        Path home = Files.createTempDirectory(directory, "home");
        Path target = Files.createDirectories(home.resolve("streams-app/target"));
        Path built = Path.of("target").toAbsolutePath();
        try (Stream<Path> files = Files.list(built)) {
            for (Path jar : files.filter(f -> f.toString().endsWith(".jar")).toList()) {
                Files.createSymbolicLink(target.resolve(jar.getFileName()), jar);
            }
        }
        Files.createSymbolicLink(target.resolve("lib"), built.resolve("lib"));
        Files.createFile(target.resolve(".built"));
        Path launcher = Files.copy(
                Path.of("../bin/cloakroom"),
                Files.createDirectory(home.resolve("bin")).resolve("cloakroom"),
                StandardCopyOption.COPY_ATTRIBUTES);
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("CLOAKROOM_LOG", format);
        return builder.start();
    }

    private static String signersMetrics() throws Exception {
        int port = EmbeddedBroker.freePort();
        String config = config(Map.of(Settings.LISTEN, "127.0.0.1:" + port));
        Thread signer = new Thread(() -> Cloakroom.commandLine()
                .setOut(new PrintWriter(new StringWriter()))
                .execute("audit", "sign", "--config", config));
        signer.start();
        try {
            Cluster.await("signer")
                    .ignoreException(ConnectException.class)
                    .until(() -> get(port, "/ready").statusCode() == 200);
            String metrics = get(port, "/metrics").body();
            assertThat(metrics).containsPattern("cloakroom_checkpoint_age_seconds \\d");
            return metrics;
        } finally {
            signer.interrupt();
            signer.join(20_000);
        }
    }

    private static HttpResponse<String> get(HealthServer server, String path) throws Exception {
        return get(server.port(), path);
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
