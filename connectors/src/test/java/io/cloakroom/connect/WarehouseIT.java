package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Certificates;
import io.cloakroom.streams.Cloakroom;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Logged;
import io.cloakroom.streams.SecuredCluster;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.GateDriver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * From a row in the shop's database to a row in the warehouse, and to no row: the shipped configurations in a real worker,
 * between two databases of a real PostgreSQL, with the gate in the middle; each as who they are, at a broker that lets
 * nobody do more than {@code topics apply} gave.
 */
@Timeout(180)
class WarehouseIT {

    private static final Path CONNECT = Path.of("src", "main", "connect");
    private static final Path PLUGINS = Path.of("target", "plugins").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern MOUNTED =
            Pattern.compile("\\./connectors/src/main/connect/(\\S+), target: /docker-entrypoint-initdb\\.d/\\1,");
    private static final List<String> USERS =
            List.of("cloakroom.gate", "cloakroom.connect", "cloakroom.auditor", "analytics", "payment", "shop");
    private static final String SHOP = "service.order.outbox";
    private static final String RELEASES = "analytics.order";
    private static final String OVERRIDE = ".override.";
    private static final String GROUP = "consumer.override.group.id";
    private static final Map<String, Set<String>> OVERRIDES = Map.of(
            "consumer", ConsumerConfig.configNames(),
            "producer", ProducerConfig.configNames(),
            "admin", AdminClientConfig.configNames());
    private static final String ORDER = """
            {"meta": {"eventId": "e-%1$s", "occurredAt": "%2$s", "brand": "net-a-porter", "surface": "web",
              "subject": "%1$s", "country": "DE", "noticeVersion": "2017-11-17"},
             "orderId": "o-%1$s", "status": "PLACED", "currency": "EUR", "total": 12900,
             "lines": [{"sku": "sku-1", "product": "Silk scarf", "quantity": 1, "price": 12900}],
             "delivery": {"name": "Ada Lovelace", "street": "12 St James's Square", "city": "London",
              "postcode": "SW1Y 4JH", "country": "GB"},
             "email": "ada@customers.example", "card": {"number": "4111111111111111", "expiry": "12/28",
              "holder": "A LOVELACE"}}""";
    private static final String TRUSTED = "schema.registry.ssl.truststore.";
    private static final String USER_INFO = "basic.auth.user.info";
    private static final String JAAS = "sasl.jaas.config";

    /** This PostgreSQL asks for none: it is there to be seen where it is logged. */
    private static final String PASSWORD = SecuredCluster.CANARY + "-of-database";

    @TempDir
    private static Path directory;

    private static Logged log;
    private static EmbeddedPostgres postgres;
    private static SecuredCluster secured;
    private static Gate gate;
    private static Worker worker;
    private static final Map<String, ObjectNode> CONFIGS = new TreeMap<>();

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .start();
        execute("postgres", "create database shop", "create database warehouse");
        execute("shop", Files.readString(CONNECT.resolve("shop.sql")));
        execute("warehouse", Files.readString(CONNECT.resolve("warehouse.sql")));
        secured = SecuredCluster.start(
                directory, GateDriver.POLICIES.toAbsolutePath(), USERS, List.of("connect", "operator"));
        Files.write(
                secured.principals(),
                Stream.of("service.order", "service.cookie", "control.consent", "control.requests")
                        .map(role -> role + " = User:shop")
                        .toList());
        secured.certified(SecuredCluster.ADMINISTRATOR);
        assertThat(administrator("topics", "apply", "--partitions", "2")).isZero();
        assertThat(administrator("keys", "create")).isZero();
        gate = Gate.start(secured.user("cloakroom.gate"), Blueprint.load(GateDriver.POLICIES));
        settings();
        log = Logged.attached("org.apache.kafka", "io.debezium"); // the worker and its plugins print their settings
        worker = Worker.start(
                directory,
                PLUGINS,
                secured.user("cloakroom.connect"),
                Certificates.settings(directory, "connect"),
                Certificates.settings(directory, "operator"));
        gate.awaitRunning();
        try (Stream<Path> files = Files.list(CONNECT)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
                String name = file.getFileName().toString().replace(".json", "");
                String config = Files.readString(file).replace(Worker.MOUNTED, directory.toString());
                ObjectNode one = (ObjectNode) JSON.readTree(config);
                // The registry asks who is there, and its certificate is from an authority that Java does not know.
                one.put("value.converter.basic.auth.credentials.source", "USER_INFO");
                one.put("value.converter." + USER_INFO, setting(USER_INFO));
                for (String key : List.of("location", "password")) {
                    String trusted = TRUSTED + key;
                    one.put("value.converter." + trusted, setting(trusted));
                }
                CONFIGS.put(name, one);
            }
        }
    }

    private static int administrator(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(
                List.of("--config", secured.file(SecuredCluster.ADMINISTRATOR).toString()));
        return Cloakroom.commandLine().execute(all.toArray(String[]::new));
    }

    /** What the configurations take from the file that is not theirs. */
    private static void settings() throws Exception {
        Settings analytics = secured.user("analytics");
        Map<String, String> all = new TreeMap<>(Map.of(
                "shop.hostname", "127.0.0.1",
                "shop.port", Integer.toString(postgres.getPort()),
                "shop.database", "shop",
                "shop.user", "postgres",
                "warehouse.url", postgres.getJdbcUrl("postgres", "warehouse"),
                "warehouse.user", "postgres",
                "policies", GateDriver.POLICIES.toAbsolutePath().toString()));
        all.put("policies.later", later().toString());
        all.put("shop.password", PASSWORD);
        all.put("warehouse.password", PASSWORD);
        all.put("keys", analytics.keys().toString());
        all.put("kek", analytics.required(Settings.KEK));
        for (String key : List.of("schema.registry.url", USER_INFO)) {
            all.put(key, analytics.required(key));
        }
        for (String key : List.of("location", "password")) {
            String trusted = TRUSTED + key;
            all.put(trusted, analytics.required(trusted));
        }
        for (String user : List.of("shop", "analytics", "payment", "cloakroom.auditor")) {
            all.put(
                    user.replace("cloakroom.", "") + "." + JAAS,
                    secured.user(user).required(JAAS));
        }
        Properties file = new Properties();
        file.putAll(all);
        try (Writer writer = Files.newBufferedWriter(directory.resolve("connect.properties"))) {
            file.store(writer, null);
        }
    }

    private static String setting(String key) {
        return "${file:" + directory.resolve("connect.properties") + ":" + key + "}";
    }

    /** As it is, and from yesterday on one in which analytics has no postcodes, and cookies for another purpose only. */
    private static Path later() throws IOException {
        Path policies = Files.createDirectory(directory.resolve("later"));
        String first = Files.readString(GateDriver.POLICIES.resolve("2017-11-17.yaml"));
        Files.writeString(policies.resolve("2017-11-17.yaml"), first);
        String date = LocalDate.now(ZoneOffset.UTC).minusDays(1).toString();
        String second = first.replace("version: \"2017-11-17\"", "version: \"" + date + "\"\nchange: editorial")
                .replaceFirst("cookie: \\[cookie-analytics]", "cookie: [personalisation]")
                .replaceFirst("      location.postcode: \\{to: prefix, length: 2}\n", "")
                .replaceFirst(
                        "(?s)      device.ip: .*?    drop: \\[",
                        "    drop: [location.postcode, device.ip, device.user-agent, behaviour.link, behaviour.referrer, ");
        Files.writeString(policies.resolve(date + ".yaml"), second);
        return policies;
    }

    @AfterAll
    static void stop() throws Exception {
        worker.close();
        gate.close();
        secured.close();
        postgres.close();
        log.detach();
        assertThat(log.lines)
                .anyMatch(line -> line.contains("value.converter.schema.registry.url"))
                .anyMatch(line -> line.contains("database.password"))
                .anyMatch(line -> line.contains("connection.password"))
                .noneMatch(line -> line.contains(SecuredCluster.CANARY));
    }

    @Test
    void shouldLetNobodyConfigureAConnectorWithoutACertificate() {
        HttpClient nobody = Certificates.client(Certificates.trusting(directory));
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(worker.url() + "/connectors")).build();
        assertThatThrownBy(() -> nobody.send(request, HttpResponse.BodyHandlers.discarding()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void shouldHaveConfigurationsThatTheWorkerKnowsToTheLastKey() throws Exception {
        assertThat(CONFIGS).hasSize(4);
        for (Map.Entry<String, ObjectNode> each : CONFIGS.entrySet()) {
            ObjectNode config = each.getValue();
            List<String> errors = new ArrayList<>();
            TreeSet<String> known = new TreeSet<>();
            JsonNode checked = worker.validate(config.deepCopy().put("name", each.getKey()));
            for (JsonNode key : checked.get("configs")) {
                known.add(key.get("value").get("name").asText());
                key.get("value").get("errors").forEach(error -> errors.add(error.asText()));
            }
            known.removeIf(key -> key.contains(OVERRIDE)); // whatever it is called
            OVERRIDES.forEach((client, its) -> its.forEach(key -> known.add(client + OVERRIDE + key)));
            assertThat(errors).as(each.getKey()).isEmpty();
            assertThat(config.fieldNames()).toIterable().as(each.getKey()).isSubsetOf(known);
            assertThat(config.toString())
                    .as("secrets of " + each.getKey())
                    .doesNotContain(":postgres", "\"postgres\"", SecuredCluster.CANARY);
            if (config.get("connector.class").asText().endsWith("SinkConnector")) {
                assertThat(config.path("consumer.override.isolation.level").asText())
                        .as(each.getKey())
                        .isEqualTo("read_committed");
            }
        }
    }

    @Test
    void shouldReadNoFileThatIsNotMeantForConnectors() throws Exception {
        Path other = Files.writeString(directory.resolveSibling("other.properties"), "shop.user=canary");
        try {
            assertThat(offsetsTopic(setting("shop.user"))).isEqualTo("postgres");
            assertThat(offsetsTopic("${file:" + other + ":shop.user}")).doesNotContain("canary");
        } finally {
            Files.delete(other);
        }
    }

    /** What the worker makes of a setting. */
    private static String offsetsTopic(String setting) throws Exception {
        String key = "offsets.storage.topic";
        ObjectNode config = CONFIGS.get(SHOP).deepCopy().put("name", SHOP).put(key, setting);
        for (JsonNode one : worker.validate(config).get("configs")) {
            if (one.at("/value/name").asText().equals(key)) {
                return one.at("/value/value").asText();
            }
        }
        throw new AssertionError("the worker does not know " + key);
    }

    /** Whoever configures a connector is nobody by that: it is who its password says, and reads what that one may. */
    @ParameterizedTest
    @CsvSource({
        "payment,   payment.warehouse,   TopicAuthorizationException",
        "analytics, connect-warehouse,   GroupAuthorizationException",
        ",          analytics.warehouse, JAAS",
    })
    void shouldStopAConnectorThatIsNotWhoMayRead(String who, String group, String why) throws Exception {
        String name = group + "-" + why;
        ObjectNode config = CONFIGS.get("warehouse-recalls").deepCopy().put(GROUP, group);
        if (who == null) {
            config.remove("consumer.override." + JAAS);
        } else {
            config.put("consumer.override." + JAAS, setting(who + "." + JAAS));
        }
        worker.create(name, config);

        await(name).atMost(PATIENCE).untilAsserted(() -> {
            JsonNode task = worker.status(name).at("/tasks/0");
            assertThat(task.path("state").asText()).isEqualTo("FAILED");
            assertThat(task.path("trace").asText()).contains(why);
        });
        worker.delete(name);
    }

    @Test
    void shouldBringARowFromTheShopToTheWarehouseAndTakeItAwayAgain() throws Exception {
        for (Map.Entry<String, ObjectNode> config : CONFIGS.entrySet()) {
            worker.create(config.getKey(), config.getValue());
        }
        for (String customer : List.of("customer:ada", "customer:bob")) {
            publish("consent.changes", customer, """
                    {"changeId": "age-%1$s", "occurredAt": "%2$s", "subject": "%1$s", "kind": "AGE_STATEMENT",
                     "birthDate": "1980-12-10"}""");
            publish("events.order", customer, ORDER);
        }
        awaitRows("select * from analytics_order", 2);
        Map<String, String> row = rows("select * from analytics_order").get(0);
        assertThat(row)
                .containsEntry("purposes", "{statistical-analysis}")
                .containsEntry("currency", "EUR")
                .containsEntry("total", "12900")
                .containsEntry("status", "PLACED")
                .containsEntry("delivery_postcode", "SW")
                .containsEntry("meta_brand", "net-a-porter")
                .doesNotContainKeys("email", "card_number", "delivery_name", "delivery_street");
        assertThat(row.get("lines")).contains("\"Silk scarf\"");
        assertThat(row.get("pseudonym")).hasSize(22);
        assertThat(row.get("releaseId")).hasSize(22);
        assertThat(rows("select constraint_type, column_name from information_schema.table_constraints"
                        + " natural join information_schema.key_column_usage where table_name = 'analytics_order'"))
                .containsExactly(Map.of("constraint_type", "PRIMARY KEY", "column_name", "releaseId"));
        assertThat(rows("select distinct pseudonym from analytics_order")).hasSize(2);
        assertNothingPersonal();

        publish("consent.changes", "customer:ada", """
                {"changeId": "objection", "occurredAt": "%2$s", "subject": "%1$s", "kind": "OBJECTION",
                 "purpose": "statistical-analysis"}""");
        awaitRows("select * from analytics_order", 1);
        awaitRows("select * from recalls_analytics where rule = 'objected'", 1);
        assertThat(rows("select * from analytics_order where pseudonym in (select pseudonym from recalls_analytics)"))
                .isEmpty();

        publish("consent.changes", "cookie:eve", """
                {"changeId": "grant", "occurredAt": "%2$s", "subject": "%1$s", "kind": "GRANT", "brand": "net-a-porter",
                 "purpose": "cookie-analytics", "collector": "adnet", "noticeVersion": "2017-11-17"}""");
        awaitRows("select * from audit_decisions where topic = 'consent.changes'", 4);
        publish("events.cookie", "cookie:eve", """
                {"meta": {"eventId": "e-%1$s", "occurredAt": "%2$s", "brand": "net-a-porter", "surface": "web",
                  "subject": "%1$s", "country": "DE", "noticeVersion": "2017-11-17", "collector": "adnet"},
                 "category": "ANALYTICS", "action": "VIEW", "page": "/shop/bags/totes/leather?visitor=eve",
                 "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "ip": "203.0.113.7"}""");
        awaitRows("select * from analytics_cookie where page = '/shop/bags/totes'", 1);
        narrow();
        publish("consent.changes", "cookie:eve", """
                {"changeId": "withdrawal", "occurredAt": "%2$s", "subject": "%1$s", "kind": "WITHDRAWAL",
                 "purpose": "cookie-analytics"}""");
        awaitRows("select * from analytics_cookie", 0);
        awaitRows("select * from recalls_analytics where rule = 'consent-withdrawn'", 1);

        assertTakesInWhatIsCommitted();
        publish("subject.requests", "customer:bob", """
                {"requestId": "erasure", "occurredAt": "%2$s", "subject": "%1$s", "kind": "ERASURE"}""");
        awaitRows("select * from analytics_order", 0);
        awaitRows("select * from recalls_analytics where rule = 'erased'", 1);

        awaitRows("select * from audit_decisions where topic = 'events.order'", 2);
        awaitRows("select * from audit_decisions where topic = 'subject.requests'", 1);
        assertThat(rows("select decisions::text from audit_decisions where topic = 'events.order'"))
                .allSatisfy(entry -> assertThat(entry.get("decisions")).contains("statistical-analysis"));
        assertNothingPersonal();
        assertRunning();
        assertThat(administrator("topics", "plan"))
                .as("what Connect made and may do is neither wrong nor too much")
                .isZero();
    }

    /** In a worker that has a later version than the one by which the gate released. */
    private static void narrow() throws Exception {
        String name = "warehouse-later";
        worker.create(
                name,
                CONFIGS.get("warehouse-analytics")
                        .deepCopy()
                        .put(GROUP, "analytics.later")
                        .put("transforms.policy.policies", setting("policies.later"))
                        .put("collection.name.format", "later_${topic}"));
        await(name).atMost(PATIENCE).failFast(() -> assertNotFailed(name)).untilAsserted(() -> {
            // One of two orders was recalled by now.
            assertThat(rows("select total, delivery_postcode from later_analytics_order"))
                    .singleElement()
                    .satisfies(row ->
                            assertThat(row).containsEntry("total", "12900").containsEntry("delivery_postcode", null));
            assertThat(Worker.counted(name, "withheld-total")).isEqualTo(1);
            assertThat(Worker.counted(name, "released-total")).isEqualTo(2);
        });
        assertThat(rows("select * from pg_tables where tablename like 'later_%'"))
                .hasSize(1);
        worker.delete(name);
    }

    /** The order that is left lies there twice more, under other ids: what comes after the aborted one is taken in. */
    private static void assertTakesInWhatIsCommitted() throws Exception {
        String id = rows("select * from analytics_order").get(0).get("releaseId");
        Map<String, Object> everything = everything();
        ConsumerRecord<byte[], byte[]> release = release(everything, id);
        everything.put("transactional.id", "copies");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(everything, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(copy(release, id, "aborted-")).get();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(copy(release, id, "another-")).get();
            producer.commitTransaction();
        }
        awaitRows("select * from analytics_order where \"releaseId\" like 'another-%'", 1);
        assertThat(rows("select * from analytics_order where \"releaseId\" like 'aborted-%'"))
                .isEmpty();
    }

    private static ConsumerRecord<byte[], byte[]> release(Map<String, Object> everything, String id) {
        List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(everything, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(RELEASES, 0), new TopicPartition(RELEASES, 1)));
            consumer.seekToBeginning(consumer.assignment());
            await(id).atMost(PATIENCE).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(read::add);
                read.removeIf(record -> !text(record).contains(id));
                return !read.isEmpty();
            });
        }
        return read.get(0);
    }

    /** @param begins what its id begins with */
    private static ProducerRecord<byte[], byte[]> copy(
            ConsumerRecord<byte[], byte[]> release, String id, String begins) {
        String text = text(release).replace(id, begins + id.substring(begins.length()));
        return new ProducerRecord<>(
                release.topic(),
                release.partition(),
                release.timestamp(),
                release.key(),
                text.getBytes(StandardCharsets.ISO_8859_1),
                release.headers());
    }

    /** Byte by byte. */
    private static String text(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.value(), StandardCharsets.ISO_8859_1);
    }

    /** The settings of one who may do anything, and reads what is committed. */
    private static Map<String, Object> everything() throws IOException {
        Map<String, Object> everything =
                new HashMap<>(secured.certified(SecuredCluster.ADMINISTRATOR).client());
        everything.put("isolation.level", "read_committed");
        return everything;
    }

    /** From the shop to its own helpdesk, past the gate: of nobody anything is known there, and the same policy decides. */
    @Test
    void shouldDecideBeforeItIsPublished() throws Exception {
        String topic = "desk.chat";
        Map<String, Object> everything = everything();
        try (Admin admin = Admin.create(everything)) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            admin.createAcls(List.of(new AclBinding(
                            new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                            new AccessControlEntry("User:shop", "*", AclOperation.WRITE, AclPermissionType.ALLOW))))
                    .all()
                    .get();
        }
        execute(
                "shop",
                "create table desk (like outbox including all)",
                "create publication cloakroom_desk for table desk");
        String name = "service.order.desk";
        ObjectNode config = CONFIGS.get(SHOP).deepCopy();
        Map.of(
                        "offsets.storage.topic", "cloakroom.connect-" + name,
                        "topic.prefix", "desk",
                        "slot.name", "cloakroom_desk",
                        "publication.name", "cloakroom_desk",
                        "table.include.list", "public.desk",
                        "transforms", "outbox,policy,route",
                        "transforms.outbox.table.expand.json.payload", "true",
                        "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                        "value.converter.schemas.enable", "false")
                .forEach(config::put);
        Map.of(
                        "policy.type",
                        "io.cloakroom.connect.ApplyPolicy$Value",
                        "policy.recipient",
                        "care",
                        "policy.policies",
                        setting("policies"),
                        "policy.keys",
                        setting("keys"),
                        "policy.keys.kek",
                        setting("kek"),
                        "route.type",
                        "org.apache.kafka.connect.transforms.RegexRouter",
                        "route.regex",
                        "care\\.chat",
                        "route.replacement",
                        topic)
                .forEach((key, value) -> config.put("transforms." + key, value));
        worker.create(name, config);
        publish("desk", "events.order", "customer:cyd", ORDER);
        publish("desk", "events.chat", "customer:cyd", """
                {"meta": {"eventId": "e-%1$s", "occurredAt": "%2$s", "brand": "net-a-porter", "surface": "web",
                  "subject": "%1$s", "country": "DE", "noticeVersion": "2017-11-17"},
                 "conversationId": "c-1", "author": "CUSTOMER", "language": "en",
                 "text": "charge 4111111111111111 please"}""");

        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(everything, new StringDeserializer(), new StringDeserializer())) {
            TopicPartition only = new TopicPartition(topic, 0);
            consumer.assign(List.of(only));
            consumer.seekToBeginning(List.of(only));
            List<ConsumerRecord<String, String>> read = new ArrayList<>();
            await("a chat")
                    .atMost(PATIENCE)
                    .failFast(() -> assertThat(worker.status(name).toString()).doesNotContain("FAILED"))
                    .until(() -> {
                        consumer.poll(Duration.ofMillis(100)).forEach(read::add);
                        return !read.isEmpty();
                    });
            assertThat(read).singleElement().satisfies(record -> {
                JsonNode chat = JSON.readTree(record.value());
                assertThat(record.key())
                        .hasSize(22)
                        .isEqualTo(chat.get("releaseId").asText());
                assertThat(chat.get("purposes")).extracting(JsonNode::asText).containsExactly("customer-care");
                assertThat(chat.get("author").asText()).isEqualTo("CUSTOMER");
                assertThat(record.value()).doesNotContain("4111111111111111", "cyd", "c-1");
            });
        }
        worker.delete(name);
    }

    /** Recalls and releases come on two ways: the one that is late finds the other. */
    @Test
    void shouldNotTakeInWhatWasRecalledBefore() throws Exception {
        execute(
                "warehouse",
                "create table analytics_late (\"releaseId\" text primary key, pseudonym text, purposes text[], meta_brand"
                        + " text, \"meta_occurredAt\" timestamp)",
                "insert into recalls_analytics values ('recalls.analytics', 9, 1, 'late', 1, 'statistical-analysis',"
                        + " 'mr-porter', '', '', '', null, 'minor', 'C1', null, '2026-03-01 12:00')",
                "insert into analytics_late values"
                        + " ('1', 'late', '{statistical-analysis}', 'mr-porter', '2026-03-01 12:00'),"
                        + " ('2', 'late', '{statistical-analysis}', 'net-a-porter', '2026-03-01 12:00'),"
                        + " ('3', 'late', '{group-business}', 'mr-porter', '2026-03-01 12:00'),"
                        + " ('4', 'late', '{statistical-analysis}', 'mr-porter', '2026-03-01 13:00'),"
                        + " ('5', 'other', '{statistical-analysis}', 'mr-porter', '2026-03-01 12:00'),"
                        + " ('6', 'late', '{statistical-analysis}', 'mr-porter', null),"
                        + " ('7', 'late', '{group-business,statistical-analysis}', null, '2026-03-01 12:00')");
        assertThat(rows("select \"releaseId\" from analytics_late order by 1"))
                .extracting(row -> row.get("releaseId"))
                .containsExactly("2", "3", "4", "5");
    }

    /** As {@code docker-compose.yml} has it: the image runs what is mounted there in the order of the names. */
    @Test
    void shouldMakeTheTablesOfBothEndsInOneDatabase() throws Exception {
        List<String> scripts = MOUNTED.matcher(Files.readString(Path.of("..", "docker-compose.yml")))
                .results()
                .map(mounted -> mounted.group(1))
                .sorted()
                .toList();
        assertThat(scripts).containsExactly("shop.sql", "warehouse.sql");
        execute("postgres", "create database cloakroom");
        for (String script : scripts) {
            execute("cloakroom", Files.readString(CONNECT.resolve(script)));
        }
    }

    // What the shop does.

    /** @param payload with the subject and the time to be filled in */
    private static void publish(String topic, String subject, String payload) throws SQLException {
        publish("outbox", topic, subject, payload);
    }

    private static void publish(String table, String topic, String subject, String payload) throws SQLException {
        try (Connection connection = connection("shop");
                var insert = connection.prepareStatement(
                        "insert into " + table + " (topic, subject, payload) values (?, ?, ?::jsonb)")) {
            insert.setString(1, topic);
            insert.setString(2, subject);
            insert.setString(3, payload.formatted(subject, Instant.now()));
            insert.executeUpdate();
        }
    }

    // What stands in the databases.

    private static void awaitRows(String query, int count) {
        await(query)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .failFast(WarehouseIT::assertRunning)
                .untilAsserted(() -> assertThat(rows(query)).hasSize(count));
    }

    private static void assertRunning() throws Exception {
        for (String name : CONFIGS.keySet()) {
            assertNotFailed(name);
        }
    }

    private static void assertNotFailed(String name) throws Exception {
        assertThat(worker.status(name).toString()).as(name).doesNotContain("FAILED");
    }

    private static void assertNothingPersonal() throws SQLException {
        for (Map<String, String> table : rows("select tablename from pg_tables where schemaname = 'public'")) {
            String name = table.get("tablename");
            assertThat(rows("select r::text as row from \"" + name + "\" as r").toString())
                    .as(name)
                    .doesNotContain(
                            "Lovelace",
                            "LOVELACE",
                            "customers.example",
                            "4111111111111111",
                            "customer:",
                            "cookie:",
                            "visitor=",
                            "203.0.113.7",
                            "4JH");
        }
    }

    /** Empty where there is no such table yet. */
    private static List<Map<String, String>> rows(String query) throws SQLException {
        List<Map<String, String>> rows = new ArrayList<>();
        try (Connection connection = connection("warehouse");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                Map<String, String> row = new LinkedHashMap<>();
                for (int c = 1; c <= result.getMetaData().getColumnCount(); c++) {
                    row.put(result.getMetaData().getColumnName(c), result.getString(c));
                }
                rows.add(row);
            }
        } catch (SQLException e) {
            if (!"42P01".equals(e.getSQLState())) {
                throw e;
            }
        }
        return rows;
    }

    private static void execute(String database, String... all) throws SQLException {
        try (Connection connection = connection(database);
                Statement statement = connection.createStatement()) {
            for (String sql : all) {
                statement.execute(sql);
            }
        }
    }

    private static Connection connection(String database) {
        try {
            return postgres.getDatabase("postgres", database).getConnection();
        } catch (SQLException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
