package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The server, asked by Confluent's genuine client and by plain HTTP. */
class EmbeddedRegistryTest {

    private static final Schema ONE =
            SchemaBuilder.record("R").fields().requiredInt("a").endRecord();
    private static final Schema WIDER = SchemaBuilder.record("R")
            .fields()
            .requiredInt("a")
            .optionalString("b")
            .endRecord();
    private static final Schema OTHER =
            SchemaBuilder.record("R").fields().requiredString("c").endRecord();
    private static final String REFERRING =
            "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"r\",\"type\":\"R\"}]}";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private EmbeddedRegistry registry;
    private Object client;

    @BeforeEach
    void start() throws Exception {
        registry = EmbeddedRegistry.builder().start();
        client = Witness.client(registry.url(), Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
    }

    @Test
    void shouldRegisterAndFindForConfluentsClient() throws Exception {
        assertThat(ask("register", "s", ONE)).isEqualTo(1);
        assertThat(ask("register", "s", WIDER)).isEqualTo(2);
        assertThat(ask("register", "t", ONE)).as("the same text, the same id").isEqualTo(1);
        assertThat(ask("register", "u", Schema.create(Schema.Type.INT)))
                .as("no gap")
                .isEqualTo(3);

        Object fresh = Witness.client(registry.url(), Map.of());
        assertThat(Witness.call(fresh, "getId", "s", WIDER)).isEqualTo(2);
        assertThat(Witness.call(fresh, "getById", 2)).hasToString(WIDER.toString());
        assertThat(Witness.call(fresh, "getVersion", "s", WIDER)).isEqualTo(2);
        assertThat(Witness.call(fresh, "getAllVersions", "s")).isEqualTo(List.of(1, 2));
        assertThat(Witness.call(fresh, "getAllSubjects")).isEqualTo(List.of("s", "t", "u"));
        assertThat(Witness.call(fresh, "getAllSubjectsByPrefix", "t")).isEqualTo(List.of("t"));
        assertThat(Witness.call(fresh, "getAllSubjectsById", 1)).asString().isEqualTo("[s, t]");
        assertThat(Witness.call(fresh, "getAllVersionsById", 1))
                .asString()
                .contains("s")
                .contains("t");
        Object latest = Witness.call(fresh, "getLatestSchemaMetadata", "s");
        assertThat(Witness.call(latest, "getVersion")).isEqualTo(2);
        assertThat(Witness.call(latest, "getSchema")).isEqualTo(WIDER.toString());
        assertThat(Witness.call(fresh, "getMode")).isEqualTo("READWRITE");
        assertThat(Witness.call(fresh, "getAllContexts")).asString().isEqualTo("[.]");
    }

    @Test
    void shouldAnswerConfluentsClientWithConfluentsErrors() throws Exception {
        assertRefused(404, 40401, () -> ask("getLatestSchemaMetadata", "s"));
        assertRefused(404, 40401, () -> ask("getId", "s", ONE));
        assertRefused(404, 40403, () -> ask("getById", 9));
        ask("register", "s", ONE);
        assertRefused(404, 40402, () -> ask("getSchemaMetadata", "s", 9));
        assertRefused(404, 40403, () -> ask("getId", "s", OTHER));
        assertRefused(404, 40408, () -> ask("getCompatibility", "s"));
        assertRefused(422, 42203, () -> ask("updateCompatibility", "s", "SIDEWAYS"));
        assertRefused(409, 409, () -> ask("register", "s", OTHER));
    }

    @Test
    void shouldKeepCompatibilityAsConfluentsClientSetsIt() throws Exception {
        ask("register", "s", ONE);
        assertThat(ask("getCompatibility", "")).isEqualTo("BACKWARD");
        assertThat(ask("testCompatibility", "s", WIDER)).isEqualTo(true);
        assertThat(ask("testCompatibility", "s", OTHER)).isEqualTo(false);
        assertThat(ask("testCompatibility", "unknown", OTHER)).isEqualTo(true);
        assertThat(ask("testCompatibilityVerbose", "s", avro(OTHER)))
                .asString()
                .contains("READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0");

        assertThat(ask("updateCompatibility", "s", "NONE")).isEqualTo("NONE");
        assertThat(ask("getCompatibility", "s")).isEqualTo("NONE");
        assertThat(ask("register", "s", OTHER)).isEqualTo(2);
        ask("deleteCompatibility", "s");
        assertRefused(409, 409, () -> ask("register", "s", WIDER));
        assertThat(ask("updateCompatibility", "", "FULL_TRANSITIVE")).isEqualTo("FULL_TRANSITIVE");
        assertThat(get("/config/s?defaultToGlobal=true")
                        .path("compatibilityLevel")
                        .asText())
                .isEqualTo("FULL_TRANSITIVE");
    }

    @ParameterizedTest
    @CsvSource({
        // level, may add a required field, may drop a required one, may add an optional one
        "NONE, true, true, true",
        "BACKWARD, false, true, true",
        "BACKWARD_TRANSITIVE, false, true, true",
        "FORWARD, true, false, true",
        "FORWARD_TRANSITIVE, true, false, true",
        "FULL, false, false, true",
        "FULL_TRANSITIVE, false, false, true"
    })
    void shouldHoldEachLevel(Compatibility level, boolean add, boolean drop, boolean optional) {
        Schema two = SchemaBuilder.record("R")
                .fields()
                .requiredInt("a")
                .requiredInt("b")
                .endRecord();
        assertThat(level.problems(two, List.of(ONE)).isEmpty()).isEqualTo(add);
        assertThat(level.problems(ONE, List.of(two)).isEmpty()).isEqualTo(drop);
        assertThat(level.problems(WIDER, List.of(ONE)).isEmpty()).isEqualTo(optional);
        assertThat(level.problems(ONE, List.of())).isEmpty();
        // Only a transitive level looks past the latest.
        boolean transitive = level.name().endsWith("_TRANSITIVE");
        assertThat(level.problems(ONE, List.of(OTHER, ONE)).isEmpty()).isEqualTo(!transitive);
    }

    @Test
    void shouldResolveReferencesForConfluentsClient() throws Exception {
        ask("register", "r", ONE);
        Object reference = Witness.reference("R", "r", 1);
        Object schema = Witness.schema(REFERRING, List.of(reference), Map.of("R", ONE.toString()));

        assertThat(ask("register", "t", schema)).isEqualTo(2);

        Object fresh = Witness.client(registry.url(), Map.of());
        Object read = Witness.call(fresh, "getSchemaById", 2);
        assertThat(Witness.call(read, "canonicalString")).isEqualTo(REFERRING);
        assertThat(Witness.call(read, "references")).isEqualTo(List.of(reference));
        assertThat(((Schema) Witness.call(fresh, "getById", 2)).getField("r").schema())
                .isEqualTo(ONE);
        assertThat(get("/subjects/r/versions/1/referencedby").toString()).isEqualTo("[2]");
        assertRefused(422, 42206, () -> ask("deleteSubject", "r"));
        Object dangling =
                Witness.schema(REFERRING, List.of(Witness.reference("R", "r", 7)), Map.of("R", ONE.toString()));
        assertRefused(422, 42201, () -> ask("register", "x", dangling));
    }

    @Test
    void shouldDeleteInTwoSteps() throws Exception {
        ask("register", "s", ONE);
        ask("register", "s", WIDER);
        assertRefused(404, 40407, () -> ask("deleteSchemaVersion", "s", "1", true));
        assertThat(ask("deleteSchemaVersion", "s", "1")).isEqualTo(1);
        assertRefused(404, 40406, () -> ask("deleteSchemaVersion", "s", "1"));
        assertThat(get("/subjects/s/versions").toString()).isEqualTo("[2]");
        assertThat(get("/subjects/s/versions?deleted=true").toString()).isEqualTo("[1,2]");
        assertThat(ask("getById", 1))
                .as("records written with it must stay readable")
                .isEqualTo(ONE);

        assertRefused(404, 40405, () -> ask("deleteSubject", "s", true));
        assertThat(ask("deleteSubject", "s")).isEqualTo(List.of(2));
        assertRefused(404, 40404, () -> ask("deleteSubject", "s"));
        assertThat(get("/subjects").toString()).isEqualTo("[]");
        assertThat(get("/subjects?deleted=true").toString()).isEqualTo("[\"s\"]");
        assertThat(ask("deleteSubject", "s", true)).isEqualTo(List.of(1, 2));
        assertThat(get("/schemas/ids/1").path("error_code").asInt()).isEqualTo(40403);
        assertThat(Witness.call(Witness.client(registry.url(), Map.of()), "register", "s", ONE))
                .as("an id is never given twice")
                .isEqualTo(3);
    }

    @Test
    void shouldLetOnlyThoseInWhoHaveTheCredentials() throws Exception {
        try (EmbeddedRegistry guarded =
                EmbeddedRegistry.builder().user("ann", "s3cret").start()) {
            Map<String, String> right =
                    Map.of("basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", "ann:s3cret");
            Map<String, String> wrong =
                    Map.of("basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", "ann:other");
            assertThat(Witness.call(Witness.client(guarded.url(), right), "register", "s", ONE))
                    .isEqualTo(1);
            assertRefused(401, 401, () -> Witness.call(Witness.client(guarded.url(), wrong), "register", "s", ONE));
            assertRefused(401, 401, () -> Witness.call(Witness.client(guarded.url(), Map.of()), "getAllSubjects"));
        }
    }

    @Test
    void shouldSpeakTheWholeInterfaceOverPlainHttp() throws Exception {
        String schema = JSON.writeValueAsString(Map.of("schema", "{\"type\": \"string\"}"));
        HttpResponse<String> registered = send("POST", "/subjects/a%2Fb/versions?normalize=true", schema);
        assertThat(registered.body()).isEqualTo("{\"id\":1}");
        assertThat(registered.headers().firstValue("Content-Type")).contains("application/vnd.schemaregistry.v1+json");
        assertThat(get("/subjects").toString()).isEqualTo("[\"a/b\"]");
        assertThat(get("/subjects/a%2Fb/versions/latest").toString())
                .isEqualTo("{\"subject\":\"a/b\",\"version\":1,\"id\":1,\"schema\":\"\\\"string\\\"\"}");
        assertThat(get("/subjects/a%2Fb/versions/-1/schema").toString()).isEqualTo("\"string\"");
        assertThat(get("/schemas/ids/1?fetchMaxId=true&subject=a").toString())
                .isEqualTo("{\"schema\":\"\\\"string\\\"\",\"maxId\":1}");
        assertThat(get("/schemas/ids/1?fetchMaxId=false").toString()).isEqualTo("{\"schema\":\"\\\"string\\\"\"}");
        assertThat(get("/schemas/ids/1/schema").toString()).isEqualTo("\"string\"");
        assertThat(get("/schemas/ids/1/versions").toString()).contains("\"version\":1");
        assertThat(get("/schemas/types").toString()).isEqualTo("[\"AVRO\"]");
        assertThat(get("/").toString()).isEqualTo("{}");
        assertThat(get("/v1/metadata/id").has("scope")).isTrue();
        assertThat(send("POST", "/compatibility/subjects/a%2Fb/versions/1?verbose=true", schema)
                        .body())
                .isEqualTo("{\"is_compatible\":true,\"messages\":[]}");
        assertThat(send("POST", "/compatibility/subjects/a%2Fb/versions", schema)
                        .body())
                .isEqualTo("{\"is_compatible\":true}");
        assertThat(send("PUT", "/config/a%2Fb", "{\"compatibility\":\"full\"}").body())
                .isEqualTo("{\"compatibility\":\"FULL\"}");
        assertThat(send("DELETE", "/config/a%2Fb", "").body()).isEqualTo("{\"compatibilityLevel\":\"FULL\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST | /subjects/s/versions | {\"schema\":\"{\\\"type\\\":\\\"nonsense\\\"}\"} | 422 | 42201",
                "POST | /subjects/s/versions | {\"schema\":\"{\"} | 422 | 42201",
                "POST | /subjects/s/versions | {} | 422 | 42201",
                "POST | /subjects/s/versions | {\"schemaType\":\"JSON\",\"schema\":\"{}\"} | 422 | 422",
                "POST | /subjects/s/versions | nonsense | 400 | 400",
                "GET | /subjects/s/versions/zero | '' | 422 | 42202",
                "GET | /subjects/s/versions/0 | '' | 422 | 42202",
                "GET | /nowhere | '' | 404 | 404",
                "PATCH | /subjects | '' | 405 | 405"
            })
    void shouldRefuseWhatMakesNoSense(String method, String path, String body, int status, int code) throws Exception {
        HttpResponse<String> response = send(method, path, body);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(JSON.readTree(response.body()).path("error_code").asInt()).isEqualTo(code);
        assertThat(JSON.readTree(response.body()).path("message").asText()).isNotBlank();
    }

    @Test
    void shouldComeBackWithAllItHad(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("registry.jsonl");
        try (EmbeddedRegistry first = EmbeddedRegistry.builder().file(file).start()) {
            Object before = Witness.client(first.url(), Map.of());
            Witness.call(before, "register", "r", ONE);
            Witness.call(
                    before,
                    "register",
                    "t",
                    Witness.schema(REFERRING, List.of(Witness.reference("R", "r", 1)), Map.of("R", ONE.toString())));
            Witness.call(before, "register", "gone", OTHER);
            Witness.call(before, "deleteSubject", "gone");
            Witness.call(before, "deleteSubject", "gone", true);
            Witness.call(before, "updateCompatibility", "r", "NONE");
            Witness.call(before, "updateCompatibility", "", "FULL");
        }
        assertThat(Files.readAllLines(file)).hasSize(7).allMatch(line -> line.startsWith("{\"change\":"));
        Files.writeString(file, "{\"change\":\"registered\",\"subj", StandardOpenOption.APPEND);

        for (int start = 0; start < 2; start++) {
            try (EmbeddedRegistry again = EmbeddedRegistry.builder().file(file).start()) {
                Object after = Witness.client(again.url(), Map.of());
                assertThat(Witness.call(after, "getAllSubjects"))
                        .isEqualTo(start == 0 ? List.of("r", "t") : List.of("new", "r", "t"));
                assertThat(Witness.call(after, "getId", "r", ONE)).isEqualTo(1);
                assertThat(((Schema) Witness.call(after, "getById", 2))
                                .getField("r")
                                .schema())
                        .isEqualTo(ONE);
                assertThat(Witness.call(after, "getCompatibility", "r")).isEqualTo("NONE");
                assertThat(Witness.call(after, "getCompatibility", "")).isEqualTo("FULL");
                assertThat(Witness.call(after, "register", "new", WIDER))
                        .as("an id once given is not given again")
                        .isEqualTo(4);
            }
        }
        assertThat(Files.readAllLines(file)).hasSize(8);
    }

    @Test
    void shouldRefuseAFileThatAnotherRegistryWrites(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("registry.jsonl");
        try (EmbeddedRegistry first = EmbeddedRegistry.builder().file(file).start()) {
            assertThatThrownBy(() -> EmbeddedRegistry.builder().file(file).start())
                    .isInstanceOf(IOException.class)
                    .hasMessage(file + " is in use by another schema registry; stop it, or choose another file");
            Path another = directory.resolve("another.jsonl");
            assertThatThrownBy(() -> EmbeddedRegistry.builder()
                            .file(another)
                            .port(first.port())
                            .start())
                    .isInstanceOf(BindException.class);
            EmbeddedRegistry.builder().file(another).start().close();
        }
    }

    @Test
    void shouldRefuseAFileThatIsNotItsOwn(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("registry.jsonl"), "{\"change\":\"level\"}\nnonsense\n");
        assertThatThrownBy(() -> EmbeddedRegistry.builder().file(file).start())
                .isInstanceOf(IOException.class)
                .hasMessage(file + ":2: not a change of a schema registry; restore the file");
    }

    private Object ask(String method, Object... arguments) throws Exception {
        return Witness.call(client, method, arguments);
    }

    private static Object avro(Schema schema) throws Exception {
        return Witness.schema(schema.toString(), List.of(), Map.of());
    }

    private static void assertRefused(int status, int code, ThrowingCallable call) {
        assertThatThrownBy(call).satisfies(e -> {
            assertThat(e.getClass().getSimpleName()).as(e.toString()).isEqualTo("RestClientException");
            assertThat(Witness.call(e, "getStatus")).isEqualTo(status);
            assertThat(Witness.call(e, "getErrorCode")).isEqualTo(code);
        });
    }

    private JsonNode get(String path) throws Exception {
        return JSON.readTree(send("GET", path, "").body());
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(registry.url() + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
