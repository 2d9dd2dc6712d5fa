package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Embedded;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.GateDriver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a row in the shop's database to a row in the warehouse, and to no row: the shipped configurations in a real worker,
 * between two databases of a real PostgreSQL, with the gate in the middle.
 */
@Timeout(180)
class WarehouseIT {

    private static final Path CONNECT = Path.of("src", "main", "connect");
    private static final Path PLUGINS = Path.of("target", "plugins").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory;

    private static EmbeddedPostgres postgres;
    private static Embedded embedded;
    private static Gate gate;
    private static Worker worker;
    private static final Map<String, JsonNode> CONFIGS = new TreeMap<>();

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .start();
        execute("postgres", "create database shop", "create database warehouse");
        execute("shop", Files.readString(CONNECT.resolve("shop.sql")));
        execute("warehouse", Files.readString(CONNECT.resolve("warehouse.sql")));
        Blueprint blueprint = Blueprint.load(GateDriver.POLICIES);
        embedded = Embedded.start(directory.resolve("embedded"), GateDriver.POLICIES, blueprint, 0, 0, 2);
        gate = Gate.start(embedded.settings(), blueprint);
        settings(embedded.settings());
        worker = Worker.start(embedded.settings().required("bootstrap.servers"), PLUGINS);
        gate.awaitRunning();
        try (Stream<Path> files = Files.list(CONNECT)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
                String name = file.getFileName().toString().replace(".json", "");
                String config = Files.readString(file).replace("/etc/cloakroom", directory.toString());
                CONFIGS.put(name, JSON.readTree(config));
            }
        }
    }

    /** What the configurations take from the file that is not theirs. */
    private static void settings(Settings settings) throws IOException {
        Files.writeString(
                directory.resolve("connect.properties"),
                String.join(
                        "\n",
                        "shop.hostname=127.0.0.1",
                        "shop.port=" + postgres.getPort(),
                        "shop.database=shop",
                        "shop.user=postgres",
                        "shop.password=postgres",
                        "warehouse.url=" + postgres.getJdbcUrl("postgres", "warehouse"),
                        "warehouse.user=postgres",
                        "warehouse.password=postgres",
                        "policies=" + GateDriver.POLICIES.toAbsolutePath(),
                        "schema.registry.url=" + settings.required("schema.registry.url")));
    }

    @AfterAll
    static void stop() throws Exception {
        worker.close();
        gate.close();
        embedded.close();
        postgres.close();
    }

    @Test
    void shouldHaveConfigurationsThatTheWorkerKnowsToTheLastKey() throws Exception {
        assertThat(CONFIGS).hasSize(4);
        for (Map.Entry<String, JsonNode> each : CONFIGS.entrySet()) {
            JsonNode config = each.getValue();
            List<String> errors = new ArrayList<>();
            TreeSet<String> known = new TreeSet<>();
            JsonNode checked = worker.validate(((ObjectNode) config.deepCopy()).put("name", each.getKey()));
            for (JsonNode key : checked.get("configs")) {
                known.add(key.get("definition").get("name").asText());
                key.get("value").get("errors").forEach(error -> errors.add(error.asText()));
            }
            assertThat(errors).as(each.getKey()).isEmpty();
            config.fieldNames()
                    .forEachRemaining(key -> assertThat(key)
                            .as(each.getKey())
                            .satisfiesAnyOf(
                                    k -> assertThat(known).contains(k),
                                    k -> assertThat(k).isEqualTo("consumer.override.isolation.level")));
            assertThat(config.toString()).as("secrets of " + each.getKey()).doesNotContain(":postgres", "\"postgres\"");
            if (config.get("connector.class").asText().endsWith("SinkConnector")) {
                assertThat(config.path("consumer.override.isolation.level").asText())
                        .as(each.getKey())
                        .isEqualTo("read_committed");
            }
        }
    }

    @Test
    void shouldBringARowFromTheShopToTheWarehouseAndTakeItAwayAgain() throws Exception {
        for (Map.Entry<String, JsonNode> config : CONFIGS.entrySet()) {
            worker.create(config.getKey(), config.getValue());
        }
        for (String customer : List.of("customer:ada", "customer:bob")) {
            publish("consent.changes", customer, """
                    {"changeId": "age-%1$s", "occurredAt": "%2$s", "subject": "%1$s", "kind": "AGE_STATEMENT",
                     "birthDate": "1980-12-10"}""");
            publish("events.order", customer, """
                    {"meta": {"eventId": "e-%1$s", "occurredAt": "%2$s", "brand": "net-a-porter", "surface": "web",
                      "subject": "%1$s", "country": "DE", "noticeVersion": "2017-11-17"},
                     "orderId": "o-%1$s", "status": "PLACED", "currency": "EUR", "total": 12900,
                     "lines": [{"sku": "sku-1", "product": "Silk scarf", "quantity": 1, "price": 12900}],
                     "delivery": {"name": "Ada Lovelace", "street": "12 St James's Square", "city": "London",
                      "postcode": "SW1Y 4JH", "country": "GB"},
                     "email": "ada@customers.example", "card": {"number": "4111111111111111", "expiry": "12/28",
                      "holder": "A LOVELACE"}}""");
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
        publish("consent.changes", "cookie:eve", """
                {"changeId": "withdrawal", "occurredAt": "%2$s", "subject": "%1$s", "kind": "WITHDRAWAL",
                 "purpose": "cookie-analytics"}""");
        awaitRows("select * from analytics_cookie", 0);
        awaitRows("select * from recalls_analytics where rule = 'consent-withdrawn'", 1);

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

    // What the shop does.

    /** @param payload with the subject and the time to be filled in */
    private static void publish(String topic, String subject, String payload) throws SQLException {
        try (Connection connection = connection("shop");
                var insert = connection.prepareStatement(
                        "insert into outbox (topic, subject, payload) values (?, ?, ?::jsonb)")) {
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
            assertThat(worker.status(name).toString()).as(name).doesNotContain("FAILED");
        }
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
