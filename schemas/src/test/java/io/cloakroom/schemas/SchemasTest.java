package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemasTest {

    private static final Path CLASSES = Path.of("target/classes");

    @Test
    void shouldListEveryFileOfTheSourceTree() throws IOException {
        Path root = Path.of("src/main/avro");
        Set<String> files = new TreeSet<>();
        try (Stream<Path> all = Files.walk(root)) {
            all.filter(Files::isRegularFile)
                    .forEach(file -> files.add(root.relativize(file).toString().replace(".avsc", "")));
        }
        assertThat(Schemas.all().keySet()).isEqualTo(files);
    }

    @Test
    void shouldNameEventTypesByTheirFiles() {
        assertThat(Schemas.eventTypes()).contains("order", "cookie", "chat").doesNotContain("meta", "audit_entry");
        assertThat(Schemas.event("order").getFullName()).isEqualTo("io.cloakroom.events.Order");
        assertThat(Schemas.event("order").getField("meta").schema())
                .isEqualTo(Schemas.all().get("events/meta"));
        assertThatThrownBy(() -> Schemas.event("meta"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no event type meta; there are [");
    }

    @Test
    void shouldBeginEveryEventWithMeta() {
        assertThat(Schemas.eventTypes())
                .allSatisfy(type -> assertThat(
                                Schemas.event(type).getFields().get(0).schema().getFullName())
                        .isEqualTo("io.cloakroom.events.Meta"));
    }

    @Test
    void shouldFindANewEventTypeInAJar(@TempDir Path directory) throws Exception {
        Path jar = directory.resolve("with space.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> all = Files.walk(CLASSES)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                add(out, CLASSES.relativize(file).toString(), Files.readAllBytes(file));
            }
            String text =
                    "{\"type\":\"record\",\"name\":\"Novel\",\"fields\":[{\"name\":\"meta\",\"type\":\"io.cloakroom.events.Meta\"}]}";
            add(out, "io/cloakroom/schemas/avro/events/a_novel.avsc", text.getBytes());
        }
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, getClass().getClassLoader()) {
                    @Override
                    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                        return name.equals(Schemas.class.getName()) ? findClass(name) : super.loadClass(name, resolve);
                    }

                    @Override
                    public URL getResource(String name) {
                        return findResource(name);
                    }
                }) {
            Class<?> schemas = loader.loadClass(Schemas.class.getName());
            Set<?> types = (Set<?>) schemas.getMethod("eventTypes").invoke(null);
            Map<?, ?> all = (Map<?, ?>) schemas.getMethod("all").invoke(null);

            assertThat(types).hasSize(Schemas.eventTypes().size() + 1);
            assertThat(types.containsAll(Schemas.eventTypes())).isTrue();
            assertThat(types.contains("a_novel")).isTrue();
            assertThat(all.get("events/order")).isEqualTo(Schemas.event("order"));
            assertThat(List.of(all.get("events/a_novel"))).asString().contains("\"Meta\"");
        }
    }

    private static void add(JarOutputStream out, String name, byte[] bytes) throws IOException {
        out.putNextEntry(new JarEntry(name));
        ((OutputStream) out).write(bytes);
        out.closeEntry();
    }
}
