package io.cloakroom.schemas;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.SchemaParser.ParseResult;

/** The gate's own reviewed schemas. A new file under {@code avro/events} is a new event type; nothing else lists them. */
public final class Schemas {

    private static final String META = "events/meta";
    private static final String EVENTS = "events/";
    private static final String ENDING = ".avsc";
    private static final SortedMap<String, Schema> ALL = Collections.unmodifiableSortedMap(load());

    private Schemas() {}

    /** Every schema by its path without ending, such as {@code control/consent_change}. */
    public static SortedMap<String, Schema> all() {
        return ALL;
    }

    /** The event types, such as {@code order}. */
    public static Set<String> eventTypes() {
        return ALL.keySet().stream()
                .filter(path -> path.startsWith(EVENTS) && !path.equals(META))
                .map(path -> path.substring(EVENTS.length()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The schema of an event type.
     *
     * @throws IllegalArgumentException if there is no such type
     */
    public static Schema event(String type) {
        if (!eventTypes().contains(type)) {
            throw new IllegalArgumentException("no event type " + type + "; there are " + eventTypes());
        }
        return ALL.get(EVENTS + type);
    }

    private static SortedMap<String, Schema> load() {
        URL meta = Schemas.class.getResource("avro/" + META + ENDING);
        try {
            if (meta.openConnection() instanceof JarURLConnection jar) {
                Path file = Path.of(jar.getJarFileURL().toURI());
                try (FileSystem inside = FileSystems.newFileSystem(file, (ClassLoader) null)) {
                    return load(inside.getPath("/" + jar.getEntryName()));
                }
            }
            return load(Path.of(meta.toURI()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the schemas in " + meta, e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("cannot read the schemas in " + meta, e);
        }
    }

    private static SortedMap<String, Schema> load(Path meta) throws IOException {
        Path root = meta.getParent().getParent();
        SchemaParser parser = new SchemaParser();
        SortedMap<String, ParseResult> parsed = new TreeMap<>();
        for (Path file : files(root)) {
            String path = root.relativize(file).toString().replace('\\', '/');
            parsed.put(path.substring(0, path.length() - ENDING.length()), parser.parse(Files.readString(file)));
        }
        SortedMap<String, Schema> schemas = new TreeMap<>();
        parsed.forEach((path, result) -> schemas.put(path, result.mainSchema()));
        return schemas;
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(ENDING))
                    .sorted()
                    .toList();
        }
    }
}
