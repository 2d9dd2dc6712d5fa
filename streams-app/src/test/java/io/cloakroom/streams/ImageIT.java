package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gate's image, unpacked: no engine runs here, so its entry point is started without one, with the Java of the build. */
@Timeout(120)
class ImageIT {

    /** As policies, keys and configurations are called, here and elsewhere. */
    private static final Pattern NOT_IN_IT = Pattern.compile("kek.*|.*\\.(ya?ml|json|key|pem|pub|jks|p12|properties)");

    @TempDir
    Path directory;

    @Test
    void shouldRunTheGateAsNobodyInParticular() throws Exception {
        Path image = unpack(Path.of(System.getProperty("cloakroom.image")), "image");
        JsonNode manifest = json(image.resolve("manifest.json")).get(0);
        JsonNode config = json(image.resolve(manifest.get("Config").asString())).get("config");
        assertThat(config.get("User").asString()).isEqualTo("10001:10001");
        Path root = Files.createDirectory(directory.resolve("root"));
        for (JsonNode layer : manifest.get("Layers")) {
            untar(image.resolve(layer.asString()), root);
        }
        assertThat(texts(config.get("Cmd"))).containsExactly("run", "--config", "/config/gate.properties");
        for (String legal : List.of("LICENSE", "NOTICE")) {
            assertThat(root.resolve("app/resources/META-INF").resolve(legal))
                    .hasSameTextualContentAs(Path.of("..", legal));
        }
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .as("no policy, no key, no configuration is in it")
                    .noneMatch(name -> NOT_IN_IT.matcher(name).matches() && !name.equals("git.properties"));
        }

        try (Cluster cluster = Cluster.start(directory.resolve("cluster"), Cluster.SMALL_POLICY, 2)) {
            int port = EmbeddedBroker.freePort();
            Path settings = Cluster.write(
                    cluster.settings.with(Map.of(Settings.LISTEN, "127.0.0.1:" + port)),
                    directory.resolve("gate.properties"));
            List<String> command = new ArrayList<>();
            for (String part : texts(config.get("Entrypoint"))) {
                command.add(part.startsWith("@") ? classPath(root, part.substring(1)) : part);
            }
            assertThat(command.get(0)).isEqualTo("java");
            command.set(
                    0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
            texts(config.get("Cmd"))
                    .forEach(part -> command.add(part.equals("/config/gate.properties") ? settings.toString() : part));
            Path log = directory.resolve("gate.log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().clear();
            texts(config.get("Env"))
                    .forEach(variable -> builder.environment()
                            .put(
                                    variable.substring(0, variable.indexOf('=')),
                                    variable.substring(variable.indexOf('=') + 1)));
            Process gate = builder.start();
            try {
                Cluster.await("gate in a process of its own")
                        .atMost(Duration.ofSeconds(60))
                        .failFast("it ended", () -> !gate.isAlive())
                        .ignoreException(ConnectException.class)
                        .until(() -> status(port) == 200);
                cluster.decided(Given.order("customer:image").build());
                gate.destroy();
                assertThat(gate.waitFor(40, TimeUnit.SECONDS)).isTrue();
                assertThat(gate.exitValue()).as(() -> text(log)).isZero();
                assertThat(Files.readAllLines(log))
                        .as("its environment asks for JSON")
                        .filteredOn(line -> !line.equals("ready"))
                        .isNotEmpty()
                        .allSatisfy(line -> assertThat(
                                        new JsonMapper().readTree(line).isObject())
                                .isTrue());
            } finally {
                gate.destroyForcibly();
            }
        }
    }

    /** As in the image, but where it was unpacked. */
    private static String classPath(Path root, String file) throws IOException {
        return Stream.of(Files.readString(root.resolve(file.substring(1)))
                        .strip()
                        .split(":"))
                .map(entry -> root + entry)
                .collect(Collectors.joining(":"));
    }

    private static int status(int port) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ready"))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }

    private static JsonNode json(Path file) throws IOException {
        return new JsonMapper().readTree(Files.readString(file));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private Path unpack(Path tar, String name) throws Exception {
        Path to = Files.createDirectory(directory.resolve(name));
        untar(tar, to);
        return to;
    }

    private static void untar(Path tar, Path to) throws Exception {
        Process process = new ProcessBuilder("tar", "-xf", tar.toString(), "-C", to.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD) // what it says of headers that it does not know
                .start();
        assertThat(process.waitFor()).isZero();
    }
}
