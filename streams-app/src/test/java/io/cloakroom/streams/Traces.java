package io.cloakroom.streams;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;

/** What is left of somebody in files: raw bytes of any file, and what a broker has compressed in its logs. */
public final class Traces {

    private Traces() {}

    public static byte[] of(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * @param marks name to bytes
     * @param searched which files, by their path from the directory
     * @return file and name of every mark that is found
     */
    public static Set<String> in(Path directory, Map<String, byte[]> marks, Predicate<Path> searched) {
        Set<String> found = new TreeSet<>();
        for (Path file : files(directory)) {
            Path name = directory.relativize(file);
            if (searched.test(name)) {
                for (byte[] content : contents(file)) {
                    String text = new String(content, StandardCharsets.ISO_8859_1);
                    marks.forEach((mark, bytes) -> {
                        if (text.contains(new String(bytes, StandardCharsets.ISO_8859_1))) {
                            found.add(mark + " in " + name);
                        }
                    });
                }
            }
        }
        return found;
    }

    private static List<Path> files(Path directory) {
        while (true) {
            try (Stream<Path> files = Files.walk(directory)) {
                return files.filter(Files::isRegularFile).toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof NoSuchFileException)) {
                    throw e;
                }
                // A directory went while it was listed.
            }
        }
    }

    /** Nothing of a file that was deleted since. */
    private static List<byte[]> contents(Path file) {
        List<byte[]> contents = new ArrayList<>();
        try {
            contents.add(Files.readAllBytes(file));
            // Of a segment that is about to go, too.
            if (file.getFileName().toString().matches("\\d{20}\\.log.*")) {
                try (FileRecords records = FileRecords.open(file.toFile(), false)) {
                    for (Record record : records.records()) {
                        contents.add(bytes(record.key()));
                        contents.add(bytes(record.value()));
                    }
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
        return contents;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer == null ? 0 : buffer.remaining()];
        if (buffer != null) {
            buffer.get(bytes);
        }
        return bytes;
    }
}
