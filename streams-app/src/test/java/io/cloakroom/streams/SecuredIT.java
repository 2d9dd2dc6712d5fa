package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cloakroom.gate.AuditEntry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The gate and everybody around it at a secured broker, each as who they are and with no more than {@code topics apply} gave. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class SecuredIT {

    private static final List<String> USERS = List.of(
            "cloakroom.gate",
            "cloakroom.auditor",
            "cloakroom.signer",
            "cloakroom.verifier",
            "cloakroom.operator",
            "cloakroom.inspector",
            "service.order",
            "control.consent");

    /** As which whatever runs serves how it is, and who asks. */
    private static final String HEALTH = "health";

    private static final String PROMETHEUS = "prometheus";

    private static final String PAYMENT = "User:CN=payment,O=Shop";

    @TempDir
    Path directory;

    private SecuredCluster secured;

    /** By every command, to its end. */
    private final List<String> said = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        secured = SecuredCluster.start(directory, Cluster.SMALL_POLICY, USERS, List.of("payment", HEALTH, PROMETHEUS));
        Files.writeString(secured.principals(), "# as its certificate says\npayment = " + PAYMENT + "\n");
        secured.certified(SecuredCluster.ADMINISTRATOR);
        for (String user : USERS) {
            secured.user(user);
        }
    }

    @AfterEach
    void stop() throws Exception {
        secured.close();
    }

    private CloakroomTest.Ran run(String who, String... arguments) {
        CloakroomTest.Ran one = CloakroomTest.run(as(who, arguments));
        said.add(one.out() + one.err());
        return one;
    }

    private String[] as(String who, String... arguments) {
        return Stream.concat(
                        Stream.of(arguments),
                        Stream.of("--config", secured.file(who).toString()))
                .toArray(String[]::new);
    }

    private String yes(String who, String... arguments) {
        CloakroomTest.Ran one = run(who, arguments);
        assertThat(one.exit())
                .as(String.join(" ", arguments) + "\n" + one.out() + one.err())
                .isZero();
        return one.out();
    }

    private static AclBinding allowed(String principal, ResourcePattern on) {
        return new AclBinding(on, new AccessControlEntry(principal, "*", AclOperation.READ, AclPermissionType.ALLOW));
    }

    private static ResourcePattern topic(String name, PatternType type) {
        return new ResourcePattern(ResourceType.TOPIC, name, type);
    }

    // Rules.

    @Test
    void shouldSayWhoMayReadTooMuchAndTakeAwayOnlyWhatIsItsOwnAndOnlyWhenTold() throws Exception {
        String administrator = SecuredCluster.ADMINISTRATOR;
        assertThat(run(administrator, "topics", "plan"))
                .satisfies(plan -> assertThat(plan.exit()).isEqualTo(1))
                .satisfies(plan -> assertThat(plan.out().lines())
                        .contains(
                                "to make: topic payment.order",
                                "to make: schema of payment.order-value",
                                "to make: " + PAYMENT + " may READ topic payment.order",
                                "to make: " + PAYMENT + " may READ group payment.*",
                                "to make: User:cloakroom.gate may WRITE topic payment.order"));
        try (Admin admin = Admin.create(secured.certified(administrator).client())) {
            assertThat(admin.listTopics().names().get())
                    .as("a plan makes nothing")
                    .isEmpty();
            assertThat(admin.describeAcls(AclBindingFilter.ANY).values().get()).isEmpty();
            assertThat(secured.registry().latest("payment.order-value")).isEmpty();

            yes(administrator, "topics", "apply", "--partitions", "1");
            var made = admin.describeAcls(AclBindingFilter.ANY).values().get();
            yes(administrator, "topics", "apply");
            assertThat(admin.describeAcls(AclBindingFilter.ANY).values().get()).hasSameElementsAs(made);
            assertThat(yes(administrator, "topics", "plan")).startsWith("everything is there\n");

            AclBinding one = allowed("User:mallory", topic("payment.order", PatternType.LITERAL));
            AclBinding gone = allowed("User:old", topic("recalls.old", PatternType.LITERAL));
            AclBinding some = allowed("User:mallory", topic("payment", PatternType.PREFIXED));
            AclBinding all = allowed("User:connect", topic("*", PatternType.LITERAL));
            AclBinding theirs = allowed("User:bakery", topic("bakery.bread", PatternType.LITERAL));
            admin.createAcls(List.of(one, gone, some, all, theirs)).all().get();
            secured.registry()
                    .register(
                            "recalls.old-value",
                            secured.registry()
                                    .latest("recalls.payment-value")
                                    .orElseThrow()
                                    .schema());
            List<String> theirTopics = List.of("bakery.bread", "bakery.order", "recalls.products", "products.order");
            admin.createTopics(Stream.concat(Stream.of("recalls.old", "old.order"), theirTopics.stream())
                            .map(name -> new NewTopic(name, 1, (short) 1))
                            .toList())
                    .all()
                    .get();

            CloakroomTest.Ran plan = run(administrator, "topics", "plan");
            assertThat(plan.exit()).isEqualTo(1);
            assertThat(plan.out().lines().filter(line -> !line.startsWith("note")))
                    .satisfiesExactly(
                            line -> assertThat(line).isEqualTo("too much: topic old.order, which no version names"),
                            line -> assertThat(line).isEqualTo("too much: topic recalls.old, which no version names"),
                            line -> assertThat(line).isEqualTo("too much: User:mallory may READ topic payment.order"),
                            line -> assertThat(line).isEqualTo("too much: User:old may READ topic recalls.old"),
                            line -> assertThat(line).startsWith("WRONG: User:").contains(" may READ topic "),
                            line -> assertThat(line).startsWith("WRONG: User:").contains(" may READ topic "));
            assertThat(plan.out())
                    .contains("WRONG: User:mallory may READ topic payment*, which reaches topic payment.order:")
                    .contains("WRONG: User:connect may READ topic *, which reaches ");
            assertThat(run(administrator, "topics", "plan", "--json").json().get("accessSurplus"))
                    .hasSize(2);

            assertThat(run(administrator, "topics", "apply").exit()).isEqualTo(1);
            assertThat(admin.describeAcls(AclBindingFilter.ANY).values().get())
                    .contains(one, gone, some, all, theirs)
                    .hasSize(made.size() + 5);
            assertThat(admin.listTopics().names().get())
                    .as("nothing is deleted that nobody said to delete")
                    .contains("old.order", "recalls.old");

            assertThat(run(administrator, "topics", "apply", "--prune").exit())
                    .as("what reaches further is for a person to mend")
                    .isEqualTo(1);
            List<AclBinding> left = new ArrayList<>(made);
            left.addAll(List.of(some, all, theirs));
            assertThat(admin.describeAcls(AclBindingFilter.ANY).values().get()).hasSameElementsAs(left);
            Cluster.await("the end of topics")
                    .untilAsserted(() -> assertThat(admin.listTopics().names().get())
                            .contains("payment.order")
                            .containsAll(theirTopics)
                            .doesNotContain("old.order", "recalls.old"));
            admin.deleteAcls(List.of(some.toFilter(), all.toFilter())).all().get();
            assertThat(yes(administrator, "topics", "plan")).startsWith("everything is there\n");
        }
    }

    // Everybody at work.

    @Test
    void shouldDecideAndProveItWithEverybodysOwnRightsAndTellNoSecret() throws Exception {
        Logged log = Logged.attached("org.apache.kafka"); // its clients and its broker print their settings
        try {
            decideAndProve();
        } finally {
            log.detach();
        }

        assertThat(log.lines).hasSizeGreaterThan(100).noneMatch(line -> line.contains(SecuredCluster.CANARY));
        assertThat(log.lines).as("the settings, as Kafka prints them").anyMatch(line -> line.contains("[hidden]"));
        assertThat(said)
                .hasSizeGreaterThan(10)
                .noneMatch(text -> text.contains(SecuredCluster.CANARY))
                .as("what is left to run says something, too")
                .anyMatch(text -> text.startsWith("ready"))
                .anyMatch(text -> text.contains("signed audit.decisions-0: "));
    }

    private void decideAndProve() throws Exception {
        yes(SecuredCluster.ADMINISTRATOR, "topics", "apply", "--partitions", "1");
        yes(SecuredCluster.ADMINISTRATOR, "keys", "create");
        Blueprint blueprint = Blueprint.load(Cluster.SMALL_POLICY);
        Settings all = secured.certified(SecuredCluster.ADMINISTRATOR);
        try (Cluster seen = new Cluster(all, blueprint, () -> {});
                Serving gate = new Serving("cloakroom.gate", "run")) {
            RecordMetadata grown = publish("control.consent", seen, Given.grown("customer:ada"));
            seen.decided(grown);
            RecordMetadata order =
                    publish("service.order", seen, Given.order("customer:ada").build());
            AuditEntry entry = seen.decided(order);
            assertThat(Cluster.outcomes(entry)).containsEntry("payment", "RELEASE contract");
            assertThat(read("payment.order")).isEqualTo(1);

            String place = order.topic() + "-" + order.partition() + "-" + order.offset();
            assertThat(yes("cloakroom.auditor", "audit", "tail", "--from-beginning", "--limit", "2"))
                    .contains(place);
            assertThat(yes("cloakroom.auditor", "audit", "explain", place, "payment"))
                    .contains("payment: released for payment");
            yes("cloakroom.auditor", "audit", "report", "--by", "recipient");
            yes("cloakroom.auditor", "quarantine", "list");
            try (Serving signer = new Serving("cloakroom.signer", "audit", "sign")) {
                assertThat(signer.said()).contains("signed audit.decisions-0: 2");
            }
            assertThat(yes("cloakroom.verifier", "audit", "verify", "--whole"))
                    .contains("2 of 2 signed; held against 2 input records and ")
                    .endsWith("verified\n")
                    .doesNotContain("not looked at");
            assertThat(yes("cloakroom.inspector", "subject", "show", "customer:ada"))
                    .contains("heldBy:", "payment");
            assertThat(yes("cloakroom.operator", "subject", "erase", "customer:ada"))
                    .contains("payment");

            RecordMetadata unknown = publish(
                    "service.order",
                    seen,
                    Given.order("customer:ada")
                            .setMeta(Given.meta("customer:ada")
                                    .setBrand("no-brand")
                                    .build())
                            .build());
            seen.decided(unknown);
            assertThat(seen.quarantined(unknown)).hasSize(1);
            assertThat(yes("cloakroom.operator", "quarantine", "replay", "--all"))
                    .contains("replayed: 1;");
            seen.assertComplete();

            // Whoever may not, is told so in a line.
            for (String[] refused : List.of(
                    new String[] {"cloakroom.auditor", "audit", "verify"},
                    new String[] {"cloakroom.auditor", "audit", "sign", "--once"},
                    new String[] {"cloakroom.signer", "quarantine", "list"},
                    new String[] {"cloakroom.operator", "subject", "show", "customer:ada"},
                    new String[] {"service.order", "audit", "tail", "--limit", "1", "--from-beginning"},
                    new String[] {"cloakroom.gate", "topics", "plan"})) {
                CloakroomTest.Ran no = run(refused[0], Arrays.copyOfRange(refused, 1, refused.length));
                assertThat(no.exit()).isEqualTo(1);
                assertThat(no.err())
                        .as(String.join(" ", refused))
                        .contains("uthoriz")
                        .hasLineCount(1);
            }

            rotateTheKeyOfKeys(seen, blueprint, gate);
        }
    }

    /** A program that is left to run once it says, to somebody with a certificate and to nobody else, that it is ready. */
    private final class Serving implements AutoCloseable {

        private final StringWriter words = new StringWriter();
        private final Thread thread;

        Serving(String who, String... arguments) throws Exception {
            int port = EmbeddedBroker.freePort();
            secured.serving(who, port, HEALTH);
            PrintWriter writer = new PrintWriter(words);
            thread = new Thread(
                    () -> Cloakroom.commandLine().setOut(writer).setErr(writer).execute(as(who, arguments)));
            thread.start();
            URI ready = URI.create("https://127.0.0.1:" + port + "/ready");
            HttpClient prometheus = Certificates.client(Certificates.settings(directory, PROMETHEUS));
            Cluster.await(who).ignoreException(ConnectException.class).until(() -> status(prometheus, ready) == 200);
            assertThatThrownBy(() -> status(Certificates.client(Certificates.trusting(directory)), ready))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> status(prometheus, URI.create("http://127.0.0.1:" + port + "/ready")))
                    .isInstanceOf(IOException.class);
        }

        String said() {
            return words.toString();
        }

        private static int status(HttpClient client, URI uri) throws Exception {
            return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                    .statusCode();
        }

        @Override
        public void close() throws InterruptedException {
            thread.interrupt();
            thread.join();
            said.add(said());
        }
    }

    @Test
    void shouldHearNobodyWhoDoesNotProveWhoTheyAreAndSayNothingInTheClear() throws Exception {
        Path elsewhere = directory.resolve("elsewhere");
        Certificates.make(elsewhere, List.of("payment"));
        Map<String, Object> certified = secured.certified("payment").client();
        Map<String, Object> withoutCertificate = new HashMap<>(certified);
        withoutCertificate.keySet().removeIf(key -> key.startsWith("ssl.keystore"));
        Map<String, Object> user = secured.user("cloakroom.gate").client();

        assertThatCode(() -> nodes(certified)).doesNotThrowAnyException();
        assertThatCode(() -> nodes(user)).doesNotThrowAnyException();
        assertThat(refusal(secured.user("cloakroom.gate", "cloakroom.auditor", Map.of())
                        .client()))
                .as("another's password")
                .isInstanceOf(SaslAuthenticationException.class);
        assertThat(refusal(withoutCertificate)).isInstanceOf(SslAuthenticationException.class);
        assertThat(refusal(with(certified, Certificates.settings(elsewhere, "payment"))))
                .as("a broker of an authority that is not trusted")
                .isInstanceOf(SslAuthenticationException.class);
        Map<String, String> forged = new HashMap<>(Certificates.settings(elsewhere, "payment"));
        forged.keySet().removeIf(key -> key.startsWith("ssl.truststore"));
        assertThat(refusal(with(certified, forged)))
                .as("the name of the partner, given by another authority")
                .isInstanceOf(SslAuthenticationException.class);
        for (Map<String, Object> plain : List.of(
                with(certified, Map.of("security.protocol", "PLAINTEXT")),
                with(user, Map.of("security.protocol", "SASL_PLAINTEXT")))) {
            assertThat(refusal(plain)).isInstanceOf(TimeoutException.class);
        }
    }

    private static Map<String, Object> with(Map<String, Object> settings, Map<String, String> more) {
        Map<String, Object> both = new HashMap<>(settings);
        both.putAll(more);
        return both;
    }

    private static Throwable refusal(Map<String, Object> settings) {
        return catchThrowableOfType(ExecutionException.class, () -> nodes(settings))
                .getCause();
    }

    private static void nodes(Map<String, Object> settings) throws Exception {
        try (Admin admin =
                Admin.create(with(settings, Map.of("default.api.timeout.ms", "2000", "request.timeout.ms", "2000")))) {
            admin.describeCluster().nodes().get();
        }
    }

    /** One instance decides while the key changes; another, which read keys afterwards, decides when it ended. */
    private void rotateTheKeyOfKeys(Cluster seen, Blueprint blueprint, Serving before) throws Exception {
        String administrator = SecuredCluster.ADMINISTRATOR;
        assertThat(yes(administrator, "keys", "rotate-kek")).contains("kek.json", "payment.1.json");
        seen.decided(publish("control.consent", seen, Given.grown("customer:bob")));
        RecordMetadata during =
                publish("service.order", seen, Given.order("customer:bob").build());
        seen.decided(during);
        yes(administrator, "keys", "rotate-kek", "--retire");
        Settings another = secured.user("cloakroom.gate")
                .with(Map.of(
                        "client.id",
                        "another",
                        "state.dir",
                        directory.resolve("another").toString()));
        try (Gate gate = Gate.start(another, blueprint)) {
            gate.awaitRunning();
            before.close();
            RecordMetadata after =
                    publish("service.order", seen, Given.order("customer:bob").build());
            seen.decided(after);
            assertThat(seen.release("payment", after).record().key())
                    .as("the pseudonym")
                    .isEqualTo(seen.release("payment", during).record().key());
        }
        seen.assertComplete();
    }

    private RecordMetadata publish(String who, Cluster seen, SpecificRecord value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(secured.user(who).client(), new ByteArraySerializer(), new ByteArraySerializer())) {
            return producer.send(seen.record(value)).get();
        }
    }

    /** As the payment partner does, with its certificate and in a group of its own. */
    private int read(String topic) throws Exception {
        Map<String, Object> config = new HashMap<>(secured.certified("payment").client());
        config.putAll(Map.of(
                "group.id", "payment.orders", "auto.offset.reset", "earliest", "isolation.level", "read_committed"));
        List<Object> read = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            Cluster.await("a release in " + topic).until(() -> {
                consumer.poll(Duration.ofMillis(50)).forEach(read::add);
                return !read.isEmpty();
            });
            consumer.commitSync();
        }
        return read.size();
    }
}
