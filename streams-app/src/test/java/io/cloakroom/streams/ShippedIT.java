package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the build has made and others get: it has to be packaged, with Maven online, which makes the bill of materials. */
class ShippedIT {

    private static final Path TARGET = Path.of("target");
    private static final Pattern NAMED = Pattern.compile("(?m)^\\* ([\\w.-]+:[\\w.-]+),");

    @Test
    void shouldNameEveryLibraryThatIsNotUnderTheApacheLicence() throws IOException {
        Set<String> others = components()
                .filter(c -> !c.at("/licenses").valueStream().allMatch(ShippedIT::isApache))
                .map(ShippedIT::name)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(others).isNotEmpty();

        Set<String> named = NAMED.matcher(Files.readString(Path.of("..", "NOTICE")))
                .results()
                .map(m -> m.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).isEqualTo(others);
    }

    @Test
    void shouldBillWhatLiesOnTheClassPath() throws IOException {
        Set<String> billed = components()
                .map(c -> c.path("name").stringValue() + "-" + c.path("version").stringValue())
                .collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> jars = Files.list(TARGET.resolve("lib"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString().replaceFirst("\\.jar$", "")))
                    .containsExactlyInAnyOrderElementsOf(billed);
        }
    }

    /** No time and no machine goes into a jar: two builds are the same bytes. */
    @Test
    void shouldDateEveryFileInAJarAlike() throws IOException {
        File[] jars = TARGET.toFile().listFiles((directory, name) -> name.matches("streams-app-[\\w.-]*\\.jar"));
        assertThat(jars).isNotEmpty();
        for (File file : jars) {
            try (JarFile jar = new JarFile(file)) {
                assertThat(jar.stream().map(JarEntry::getTimeLocal))
                        .as(file.getName())
                        .isNotEmpty()
                        .containsOnly(LocalDateTime.of(2026, 11, 22, 0, 0));
                assertThat(jar.getManifest().getMainAttributes().keySet().stream()
                                .map(Object::toString))
                        .doesNotContain("Built-By", "Build-Jdk", "Build-Time");
            }
        }
    }

    private static Stream<JsonNode> components() throws IOException {
        Path bill = TARGET.resolve("bom.json");
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
