package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the build has made and others get: it has to be packaged, with Maven online, which makes the bills of materials. */
class ShippedIT {

    private static final Path APP = Path.of("..", "streams-app", "target");
    private static final Path PLUGINS = Path.of("target", "plugins");
    private static final Path OURS = PLUGINS.resolve("cloakroom");
    private static final Path APP_BILL = APP.resolve("bom.json");
    private static final Path BILL = Path.of("target", "bom.json");

    /** Billed, and not in the plugin: every worker has Kafka's client, and what that compresses and logs with. */
    private static final Set<String> OF_THE_WORKER =
            Set.of("kafka-clients", "lz4-java", "slf4j-api", "snappy-java", "zstd-jni");

    private static final Pattern BILLED = Pattern.compile("(?m)^\\* ([\\w.-]+:[\\w.-]+),");
    private static final Pattern PLUGIN = Pattern.compile("(?m)^\\* io\\.debezium:([\\w-]+) and what it brings$");
    private static final Pattern BROUGHT = Pattern.compile("(?m)^\\* ([\\w.-]+),");
    private static final Pattern VERSION = Pattern.compile("-\\d[\\w.-]*\\.jar$");
    private static final Pattern TIMESTAMP =
            Pattern.compile("<project.build.outputTimestamp>(.*)</project.build.outputTimestamp>");

    @Test
    void shouldNameEveryLibraryThatIsNotUnderTheApacheLicence() throws IOException {
        Set<String> others = Stream.concat(components(APP_BILL), components(BILL))
                .filter(c -> !c.at("/licenses").valueStream().allMatch(ShippedIT::isApache))
                .map(ShippedIT::name)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(others).isNotEmpty();
        assertThat(named(BILLED)).isEqualTo(others);
    }

    @Test
    void shouldBillWhatLiesOnTheClassPathAndInThePlugin() throws IOException {
        assertThat(names(APP.resolve("lib"))).isEqualTo(billed(APP_BILL, Set.of()));
        Set<String> plugin = names(OURS);
        plugin.removeIf(jar -> jar.startsWith("connectors-")); // the bill is of this one
        assertThat(plugin).isEqualTo(billed(BILL, OF_THE_WORKER));
    }

    /** Their own bills are not there: jars say under which licence they are, or do not, and then a person has to look. */
    @Test
    void shouldNameWhatTheOtherPluginsBring() throws IOException {
        Set<String> plugins = new TreeSet<>();
        Set<String> all = new TreeSet<>();
        Set<String> others = new TreeSet<>();
        for (Path directory : list(PLUGINS)) {
            if (directory.equals(OURS)) {
                continue;
            }
            plugins.add(directory.getFileName().toString());
            assertThat(directory.resolve("LICENSE.txt")).content().contains("Apache License");
            for (Path jar : jars(directory)) {
                String name = VERSION.matcher(jar.getFileName().toString()).replaceFirst("");
                all.add(name);
                String license = manifest(jar).getMainAttributes().getValue("Bundle-License");
                if (license != null && !license.toLowerCase(Locale.ROOT).contains("apache")) {
                    others.add(name);
                }
            }
        }
        assertThat(named(PLUGIN)).isNotEmpty().isEqualTo(plugins);
        assertThat(named(BROUGHT)).containsAll(others);
        assertThat(all).containsAll(named(BROUGHT));
    }

    /** For the same bytes from the same JDK: one date for all entries, and nothing of the machine in the manifest. */
    @Test
    void shouldDateEveryFileInEveryJarAlike() throws IOException {
        Matcher timestamp = TIMESTAMP.matcher(Files.readString(Path.of("..", "pom.xml")));
        assertThat(timestamp.find()).isTrue();
        LocalDateTime date = OffsetDateTime.parse(timestamp.group(1)).toLocalDateTime();
        for (String jar : List.of("schemas", "policy", "streams-app", "streams-app-tests", "connectors")) {
            Path file = built(jar);
            try (JarFile open = new JarFile(file.toFile())) {
                assertThat(open.stream().map(JarEntry::getTimeLocal))
                        .as(jar)
                        .isNotEmpty()
                        .containsOnly(date);
            }
            assertThat(manifest(file).getMainAttributes().keySet().stream().map(Object::toString))
                    .as(jar)
                    .doesNotContain("Built-By", "Build-Jdk", "Build-Time");
        }
    }

    private static Path built(String jar) throws IOException {
        Path directory = jar.equals("connectors") ? OURS : Path.of("..", jar.replace("-tests", ""), "target");
        Pattern name = Pattern.compile(Pattern.quote(jar) + "(-\\d[\\w.-]*)?\\.jar");
        return jars(directory).stream()
                .filter(file -> name.matcher(file.getFileName().toString()).matches())
                .findFirst()
                .orElseThrow(() -> new IOException("no jar of " + jar + " in " + directory));
    }

    private static Manifest manifest(Path jar) throws IOException {
        try (JarFile open = new JarFile(jar.toFile())) {
            return open.getManifest();
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static List<Path> jars(Path directory) throws IOException {
        return list(directory).stream()
                .filter(file -> file.toString().endsWith(".jar"))
                .toList();
    }

    private static Set<String> names(Path directory) throws IOException {
        return jars(directory).stream()
                .map(jar -> jar.getFileName().toString().replaceFirst("\\.jar$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> named(Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(Path.of("..", "NOTICE")))
                .results()
                .map(m -> m.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> billed(Path bill, Set<String> without) throws IOException {
        return components(bill)
                .filter(c -> !without.contains(c.path("name").stringValue()))
                .map(c -> c.path("name").stringValue() + "-" + c.path("version").stringValue())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<JsonNode> components(Path bill) throws IOException {
        assertThat(bill).as("made by an online build").exists();
        return JsonMapper.shared()
                .readTree(Files.readString(bill))
                .at("/components")
                .valueStream();
    }

    private static String name(JsonNode component) {
        return component.path("group").stringValue() + ":"
                + component.path("name").stringValue();
    }

    private static boolean isApache(JsonNode license) {
        return license.at("/license/id").asString("").equals("Apache-2.0");
    }
}
