package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.RandomData;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client: what it asks, whom, how often, and what it says when the answer is no or none. */
class HttpRegistryTest {

    private static final Schema STRING = Schema.create(Schema.Type.STRING);
    private static final String USER_INFO = "ann:s3cret/ß";

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    @Test
    void shouldGoOnWithoutTheRegistryOnceItHasSeenASchema() throws Exception {
        EmbeddedRegistry registry = registry();
        AvroSerde writing = serde(registry.url(), Map.of("auto.register.schemas", true));
        AvroSerde lookingUp = serde(registry.url(), Map.of());
        AvroSerde latest = serde(registry.url(), Map.of("use.latest.version", true));
        byte[] bytes = writing.serializer().serialize("t", "before");
        for (AvroSerde serde : List.of(writing, lookingUp, latest)) {
            serde.serializer().serialize("t", "before");
            serde.deserializer().deserialize("t", bytes);
        }

        registry.close();

        for (AvroSerde serde : List.of(writing, lookingUp, latest)) {
            byte[] after = serde.serializer().serialize("t", "after");
            assertThat(serde.deserializer().deserialize("t", after)).isEqualTo("after");
        }
        assertThatThrownBy(() -> writing.serializer().serialize("t", 1L))
                .isInstanceOf(RegistryUnavailableException.class)
                .isInstanceOf(RetriableException.class)
                .isNotInstanceOf(SerializationException.class)
                .hasMessageStartingWith("no schema registry answered POST /subjects/t-value/versions in 2 attempts: "
                        + registry.url() + " (java.net.ConnectException")
                .hasMessageEndingWith("; check that it runs and that schema.registry.url is right");
    }

    @Test
    void shouldRecogniseAnOutageThroughConfluentsSerializerToo() throws Exception {
        AvroSerde serde = serde("http://127.0.0.1:" + freePort(), Map.of("cloakroom.avro.serializer", "confluent"));
        assertThatThrownBy(() -> serde.serializer().serialize("t", "text"))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageStartingWith("no schema registry answered (java.net.ConnectException");
        assertThatThrownBy(() -> serde.deserializer().deserialize("t", new byte[] {0, 0, 0, 0, 1, 0}))
                .isInstanceOf(RegistryUnavailableException.class);
    }

    @Test
    void shouldAskTheNextRegistryAndStayWithIt() throws Exception {
        String dead = "http://127.0.0.1:" + freePort();
        String busy = scripted(503, "");
        String good = scripted(200, "{\"schema\":\"\\\"string\\\"\"}");
        SchemaRegistry client = connect(dead + "," + busy + "," + good, Map.of("max.retries", 0));

        for (int id = 1; id <= 3; id++) {
            assertThat(client.byId(id)).isEqualTo(STRING);
            client.byId(id);
        }

        assertThat(requests)
                .containsExactly(
                        busy + " GET /schemas/ids/1",
                        good + " GET /schemas/ids/1",
                        good + " GET /schemas/ids/2",
                        good + " GET /schemas/ids/3");
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 429, 408})
    void shouldRepeatABoundedNumberOfTimes(int status) throws Exception {
        String one = scripted(status, "");
        String two = scripted(status, "<html>");
        SchemaRegistry client = connect(one + "," + two, Map.of("max.retries", 2));

        assertThatThrownBy(() -> client.byId(7))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("GET /schemas/ids/7 in 3 attempts: " + one + " (HTTP " + status + "), " + two
                        + " (HTTP " + status + ")");
        assertThat(requests).hasSize(6);
    }

    @ParameterizedTest
    @CsvSource({"400,400", "401,40101", "403,40301", "404,404", "409,409", "422,42201", "302,302"})
    void shouldNotRepeatWhatWasRefused(int status, int code) throws Exception {
        SchemaRegistry client =
                connect(scripted(status, "{\"error_code\":" + code + ",\"message\":\"why\"}"), Map.of());

        assertThatThrownBy(() -> client.register("s", STRING))
                .isInstanceOf(RegistryRefusedException.class)
                .isNotInstanceOf(SerializationException.class)
                .hasMessageContaining("/subjects/s/versions with " + code + ": why")
                .satisfies(
                        e -> assertThat(((RegistryRefusedException) e).code()).isEqualTo(code));
        assertThat(requests).hasSize(1);
    }

    @Test
    void shouldNotTakeAnyOther404ForAMissingSchema() throws Exception {
        SchemaRegistry client = connect(scripted(404, "no such page"), Map.of());
        assertThatThrownBy(() -> client.byId(1)).isInstanceOf(RegistryRefusedException.class);
        assertThatThrownBy(() -> client.latest("s")).isInstanceOf(RegistryRefusedException.class);
    }

    @Test
    void shouldTellWhatIsMissing() throws Exception {
        SchemaRegistry client = connect(registry().url(), Map.of());
        assertThatThrownBy(() -> client.byId(3))
                .isInstanceOf(SchemaNotFoundException.class)
                .hasMessageContaining("/schemas/ids/3 with 40403: Schema 3 not found; register the schema first");
        assertThatThrownBy(() -> client.id("s", STRING)).isInstanceOf(SchemaNotFoundException.class);
        assertThat(client.latest("s")).isEmpty();
        client.register("s", STRING);
        assertThat(client.latest("s")).contains(new SchemaRegistry.Version("s", 1, 1, STRING));
        assertThat(client.id("s", STRING)).isEqualTo(1);
        assertThat(client.byId(1)).isEqualTo(STRING);
    }

    @Test
    void shouldRememberEveryVersionOfASubjectThoseDeletedToo() throws Exception {
        EmbeddedRegistry registry = registry();
        SchemaRegistry publisher = connect(registry.url(), Map.of());
        publisher.register("other", STRING);
        List<SchemaRegistry.Version> registered = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            Schema schema = SchemaBuilder.record("r").doc("" + i).fields().endRecord();
            registered.add(new SchemaRegistry.Version("s", i, publisher.register("s", schema), schema));
        }
        for (int deleted : List.of(1, 3)) {
            HttpRequest delete = HttpRequest.newBuilder(URI.create(registry.url() + "/subjects/s/versions/" + deleted))
                    .DELETE()
                    .build();
            HttpClient.newHttpClient().send(delete, HttpResponse.BodyHandlers.discarding());
        }
        SchemaRegistry client = connect(registry.url(), Map.of("max.retries", 0));
        assertThat(client.latest("s")).contains(registered.get(1));
        assertThat(client.versions("unknown")).isEmpty();
        assertThat(client.versions("s")).isEqualTo(registered);
        registry.close();
        registered.forEach(version -> assertThat(client.byId(version.id())).isEqualTo(version.schema()));
        assertThatThrownBy(() -> client.byId(1)).isInstanceOf(RegistryUnavailableException.class);
    }

    @Test
    void shouldAskForTheNewestHundredVersionsAndLeaveOutWhatCannotBeRead() throws Exception {
        EmbeddedRegistry registry = registry();
        SchemaRegistry publisher = connect(registry.url(), Map.of());
        for (int i = 1; i <= 101; i++) {
            publisher.register(
                    "s", SchemaBuilder.record("r").doc("" + i).fields().endRecord());
        }
        assertThat(connect(registry.url(), Map.of()).versions("s"))
                .hasSize(100)
                .first()
                .extracting(SchemaRegistry.Version::version)
                .isEqualTo(2);
        String answer = "{\"version\":1,\"id\":1,\"schemaType\":\"PROTOBUF\",\"schema\":\"message M {}\"}";
        assertThat(connect(scripted(200, answer), Map.of()).versions("s")).isEmpty();
        assertThat(requests).hasSizeGreaterThan(1);
    }

    @Test
    void shouldDistrustASuccessThatIsNoJson() throws Exception {
        SchemaRegistry client = connect(scripted(200, "<html>log in</html>"), Map.of("max.retries", 0));
        assertThatThrownBy(() -> client.byId(1))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("the answer is no JSON object")
                .hasMessageNotContaining("log in");
    }

    @Test
    void shouldRefuseASchemaOfAnotherKind() throws Exception {
        SchemaRegistry client =
                connect(scripted(200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"message M {}\"}"), Map.of());
        assertThatThrownBy(() -> client.byId(4))
                .isInstanceOf(SerializationException.class)
                .hasMessage("schema id 4 is a PROTOBUF schema; only AVRO can be read");
    }

    @Test
    void shouldEscapeASubject() throws Exception {
        String subject = "a/b c+d%ü?x=1";
        SchemaRegistry client = connect(registry().url() + "/", Map.of());
        assertThat(client.register(subject, STRING)).isEqualTo(1);
        assertThat(client.latest(subject).orElseThrow().subject()).isEqualTo(subject);
    }

    @Test
    void shouldGiveUpOnARegistryThatDoesNotAnswerInTime() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            SchemaRegistry client = connect(
                    "http://127.0.0.1:" + silent.getLocalPort(),
                    Map.of("http.read.timeout.ms", "150", "max.retries", "1"));
            long start = System.nanoTime();
            assertThatThrownBy(() -> client.byId(1))
                    .isInstanceOf(RegistryUnavailableException.class)
                    .hasMessageContaining("SocketTimeoutException");
            assertThat((System.nanoTime() - start) / 1_000_000).isBetween(290L, 5_000L);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 "})
    @Timeout(20)
    void shouldGiveUpOnAnAnswerThatNeverEnds(String beginning) throws Exception {
        try (ServerSocket dripping = new ServerSocket(0)) {
            Thread dripper = new Thread(() -> drip(dripping, beginning));
            dripper.setDaemon(true);
            dripper.start();
            SchemaRegistry client = connect(
                    "http://127.0.0.1:" + dripping.getLocalPort(),
                    Map.of("http.connect.timeout.ms", "300", "http.read.timeout.ms", "300", "max.retries", "0"));
            assertThatThrownBy(() -> client.byId(1))
                    .isInstanceOf(RegistryUnavailableException.class)
                    .hasMessageContaining("took longer than");
        }
    }

    /** A byte each 50 ms, so that no single one is waited for too long. */
    private static void drip(ServerSocket server, String beginning) {
        try (Socket client = server.accept()) {
            OutputStream out = client.getOutputStream();
            out.write(beginning.getBytes(StandardCharsets.US_ASCII));
            while (true) {
                out.write(' ');
                out.flush();
                Thread.sleep(50);
            }
        } catch (IOException | InterruptedException e) {
            // the client has given up
        }
    }

    @Test
    void shouldGiveUpOnReferencesThatNeverEnd() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            int next = asked.incrementAndGet();
            byte[] answer = ("{\"schema\":\"\\\"string\\\"\",\"references\":[{\"name\":\"n" + next
                            + "\",\"subject\":\"s\",\"version\":" + next + "}]}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        open.add(() -> server.stop(0));
        SchemaRegistry client =
                connect("http://127.0.0.1:" + server.getAddress().getPort(), Map.of());

        assertThatThrownBy(() -> client.byId(1))
                .isInstanceOf(SerializationException.class)
                .hasMessage("schema id 1 is no Avro schema that can be read: it refers to more than 256 others");
    }

    @Test
    void shouldServeManyThreadsWithOneAnswer() throws Exception {
        EmbeddedRegistry registry = registry();
        AvroSerde serde = serde(registry.url(), Map.of("auto.register.schemas", true));
        ExecutorService threads = Executors.newFixedThreadPool(8);
        open.add(threads::shutdownNow);
        CountDownLatch start = new CountDownLatch(1);
        Map<Integer, String> ids = new ConcurrentHashMap<>();
        List<Future<?>> done = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
            int seed = thread;
            Callable<Void> work = () -> {
                start.await();
                for (String type : Schemas.eventTypes()) {
                    for (Object value : new RandomData(Schemas.event(type), 100, seed)) {
                        byte[] bytes = serde.serializer().serialize("events." + type, value);
                        ids.put(AvroWire.schemaId(bytes), type);
                        assertThat(serde.deserializer().deserialize("t", bytes)).isEqualTo(value);
                        assertThat(((GenericRecord) value).getSchema()).isEqualTo(Schemas.event(type));
                    }
                }
                return null;
            };
            done.add(threads.submit(work));
        }
        start.countDown();
        for (Future<?> each : done) {
            each.get();
        }
        assertThat(ids).hasSize(Schemas.eventTypes().size());
    }

    @Test
    void shouldSendCredentialsFromWhereverTheyStand() throws Exception {
        EmbeddedRegistry registry = open(EmbeddedRegistry.builder()
                .user("ann", "s3cret/ß")
                .bearer("t0ken")
                .start());
        String inUrl = registry.url().replace("http://", "http://ann:s3cret%2F%C3%9F@");
        String jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"ann\""
                + " password=\"s3cret/ß\";";

        assertThat(connect(inUrl, Map.of()).register("s", STRING)).isEqualTo(1);
        for (Map<String, String> settings : List.of(
                Map.of("basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", USER_INFO),
                Map.of("basic.auth.credentials.source", "SASL_INHERIT", "sasl.jaas.config", jaas),
                Map.of("bearer.auth.credentials.source", "STATIC_TOKEN", "bearer.auth.token", "t0ken\n"))) {
            assertThat(connect(registry.url(), settings).byId(1)).isEqualTo(STRING);
        }
    }

    @Test
    void shouldNeverSayACredential() throws Exception {
        EmbeddedRegistry registry =
                open(EmbeddedRegistry.builder().user("ann", "other").start());
        Map<String, String> userInfo =
                Map.of("basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", USER_INFO);
        String basic = Base64.getEncoder().encodeToString(USER_INFO.getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> connect(registry.url(), userInfo).byId(1))
                .isInstanceOf(RegistryRefusedException.class)
                .hasMessageEndingWith("with 401: Unauthorized; check the credentials for the schema registry")
                .hasMessageNotContainingAny("s3cret", basic);
        assertThatThrownBy(() -> connect("http://ann:s3cret@127.0.0.1:" + freePort(), Map.of("max.retries", 0))
                        .byId(1))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageNotContainingAny("s3cret", "ann");
        assertThatThrownBy(() -> connect("ftp://ann:s3cret@host", Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("schema.registry.url must be one or more http or https addresses, or a single mock://SCOPE,"
                        + " as in http://localhost:8081");
        assertThatThrownBy(() -> connect(
                        "http://h",
                        Map.of("bearer.auth.credentials.source", "STATIC_TOKEN", "bearer.auth.token", "s3\ncret")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("bearer.auth.token has a line break or another control character in it");
        assertThat(new AvroConfig(config(registry.url(), userInfo)).values().toString())
                .doesNotContain("s3cret");
    }

    @Test
    void shouldSayWhichSettingIsMissingOrWrong() {
        assertThatThrownBy(() -> SchemaRegistry.connect(Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("\"schema.registry.url\"");
        assertThatThrownBy(() -> connect("http://h", Map.of("basic.auth.credentials.source", "USER_INFO")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("basic.auth.user.info is missing, and basic.auth.credentials.source asks for it");
        assertThatThrownBy(() -> connect("http://h", Map.of("bearer.auth.credentials.source", "CUSTOM")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("only STATIC_TOKEN is supported");
        assertThatThrownBy(() -> connect("http://h,mock://x", Map.of())).isInstanceOf(ConfigException.class);
    }

    @Test
    void shouldPrintItsSettings() {
        assertThat(AvroConfig.DEFINITION.toRst())
                .contains(
                        "schema.registry.url",
                        "schema.registry.ssl.truststore.location",
                        "max.retries",
                        "Confluent's default is true");
        assertThat(AvroConfig.DEFINITION.configKeys().values())
                .allSatisfy(key -> assertThat(key.documentation).as(key.name).isNotBlank());
    }

    @Test
    void shouldTrustOnlyTheAuthorityItWasGiven(@TempDir Path directory) throws Exception {
        Path server = directory.resolve("server.p12");
        Path trusted = directory.resolve("trusted.p12");
        Path pem = directory.resolve("server.pem");
        keytool(
                "-genkeypair",
                "-keystore",
                server,
                "-alias",
                "registry",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1");
        keytool("-exportcert", "-rfc", "-keystore", server, "-alias", "registry", "-file", pem);
        keytool("-importcert", "-noprompt", "-keystore", trusted, "-alias", "registry", "-file", pem);
        Path stranger = directory.resolve("stranger.p12");
        keytool("-genkeypair", "-keystore", stranger, "-alias", "other", "-keyalg", "EC", "-dname", "CN=other");
        EmbeddedRegistry registry = open(EmbeddedRegistry.builder()
                .tls(store(server))
                .user("ann", "s3cret/ß")
                .start());
        Map<String, String> user = Map.of(
                "basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", USER_INFO, "max.retries", "0");

        assertThat(registry.url()).startsWith("https://");
        Map<String, String> store = with(
                user,
                "schema.registry.ssl.truststore.location",
                trusted.toString(),
                "schema.registry.ssl.truststore.password",
                "changeit",
                "schema.registry.ssl.truststore.type",
                "PKCS12");
        assertThat(connect(registry.url(), store).register("s", STRING)).isEqualTo(1);
        Map<String, String> text = with(
                user,
                "schema.registry.ssl.truststore.type",
                "PEM",
                "schema.registry.ssl.truststore.certificates",
                Files.readString(pem));
        assertThat(connect(registry.url(), text).byId(1)).isEqualTo(STRING);

        for (Map<String, String> untrusting :
                List.of(user, with(store, "schema.registry.ssl.truststore.location", stranger.toString()))) {
            assertThatThrownBy(() -> connect(registry.url(), untrusting).byId(1))
                    .isInstanceOf(RegistryUnavailableException.class)
                    .hasMessageContaining("SSLHandshakeException");
        }
    }

    @Test
    void shouldCheckTheHostNameUnlessToldNotTo(@TempDir Path directory) throws Exception {
        Path server = directory.resolve("server.p12");
        keytool(
                "-genkeypair",
                "-keystore",
                server,
                "-alias",
                "registry",
                "-keyalg",
                "EC",
                "-dname",
                "CN=elsewhere",
                "-ext",
                "SAN=dns:elsewhere.example");
        EmbeddedRegistry registry =
                open(EmbeddedRegistry.builder().tls(store(server)).start());
        Map<String, String> store = Map.of(
                "schema.registry.ssl.truststore.location",
                server.toString(),
                "schema.registry.ssl.truststore.password",
                "changeit",
                "max.retries",
                "0");

        assertThatThrownBy(() -> connect(registry.url(), store).latest("s"))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("127.0.0.1");
        assertThat(connect(registry.url(), with(store, "schema.registry.ssl.endpoint.identification.algorithm", ""))
                        .latest("s"))
                .isEmpty();
    }

    @Test
    void shouldAskClientsForACertificateWhereItIsToldTo(@TempDir Path directory) throws Exception {
        Path server = directory.resolve("server.p12");
        Path client = directory.resolve("client.p12");
        Path trusted = directory.resolve("trusted.p12");
        for (Path store : List.of(server, client)) {
            Path pem = directory.resolve("one.pem");
            keytool(
                    "-genkeypair",
                    "-keystore",
                    store,
                    "-alias",
                    "one",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "SAN=ip:127.0.0.1");
            keytool("-exportcert", "-rfc", "-keystore", store, "-alias", "one", "-file", pem);
            keytool("-importcert", "-noprompt", "-keystore", trusted, "-alias", store.getFileName(), "-file", pem);
        }
        Map<String, String> trusting =
                Map.of("ssl.truststore.location", trusted.toString(), "ssl.truststore.password", "changeit");
        Map<String, String> strict = Map.of("ssl.client.auth", "required", "ssl.enabled.protocols", "TLSv1.2");
        EmbeddedRegistry registry = open(EmbeddedRegistry.builder()
                .tls(with(with(store(server), strict), trusting))
                .start());
        Map<String, String> nobody = with(prefixed(trusting), "max.retries", "0");

        assertThat(connect(registry.url(), with(nobody, prefixed(store(client))))
                        .latest("s"))
                .isEmpty();
        assertThatThrownBy(() -> connect(registry.url(), nobody).latest("s"))
                .isInstanceOf(RegistryUnavailableException.class);
        assertThat(protocolOf(registry.port(), with(store(client), trusting))).isEqualTo("TLSv1.2");
    }

    private static String protocolOf(int port, Map<String, String> settings) throws IOException {
        DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
        factory.configure(new AbstractConfig(new ConfigDef().withClientSslSupport(), settings, false).values());
        try (SSLSocket socket =
                (SSLSocket) factory.sslContext().getSocketFactory().createSocket("127.0.0.1", port)) {
            return socket.getSession().getProtocol();
        }
    }

    @Test
    void shouldRefuseToSpeakTlsWithoutAKeyOrWithASettingThatItCannotObey(@TempDir Path directory) {
        assertThatThrownBy(() -> EmbeddedRegistry.builder().tls(Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("the setting ssl.keystore.location is missing: a server needs a key to speak TLS");
        Map<String, String> requested = with(store(directory.resolve("server.p12")), "ssl.client.auth", "requested");
        assertThatThrownBy(() -> EmbeddedRegistry.builder().tls(requested))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("none, required");
        Map<String, String> misspelt = with(store(directory.resolve("server.p12")), "ssl.client.auht", "required");
        assertThatThrownBy(() -> EmbeddedRegistry.builder().tls(misspelt))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("ssl.client.auht is not a setting of a server's TLS; there are ");
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
        Map<String, String> both = new HashMap<>(settings);
        both.putAll(more);
        return both;
    }

    private static Map<String, String> prefixed(Map<String, String> settings) {
        Map<String, String> prefixed = new HashMap<>();
        settings.forEach((key, value) -> prefixed.put("schema.registry." + key, value));
        return prefixed;
    }

    private static Map<String, String> store(Path keystore) {
        return Map.of("ssl.keystore.location", keystore.toString(), "ssl.keystore.password", "changeit");
    }

    private static void keytool(Object... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        command.addAll(List.of("-storepass", "changeit", "-storetype", "PKCS12"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private EmbeddedRegistry registry() throws IOException {
        return open(EmbeddedRegistry.builder().start());
    }

    private <T extends AutoCloseable> T open(T closeable) {
        open.add(closeable);
        return closeable;
    }

    /** A registry that says the same to everything, and notes what it was asked. */
    private String scripted(int status, String body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        server.createContext("/", exchange -> {
            requests.add(url + " " + exchange.getRequestMethod() + " " + exchange.getRequestURI());
            exchange.getRequestBody().readAllBytes();
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Location", "http://127.0.0.1:1/elsewhere");
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        open.add(() -> server.stop(0));
        return url;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private AvroSerde serde(String url, Map<String, ?> settings) {
        AvroSerde serde = new AvroSerde();
        serde.configure(config(url, settings), false);
        return serde;
    }

    private static SchemaRegistry connect(String url, Map<String, ?> settings) {
        return SchemaRegistry.connect(config(url, settings));
    }

    private static Map<String, Object> config(String url, Map<String, ?> settings) {
        Map<String, Object> config = new HashMap<>(Map.of("schema.registry.url", url));
        config.put("max.retries", 1);
        config.put("retries.wait.ms", 1);
        config.putAll(settings);
        return config;
    }

    private static Map<String, String> with(Map<String, String> settings, String... more) {
        Map<String, String> all = new HashMap<>(settings);
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }
}
