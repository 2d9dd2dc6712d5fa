package io.cloakroom.streams;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.MemoryRecords;
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
        Set<Path> read = new HashSet<>();
        Predicate<Path> unread = searched.and(name -> !read.contains(name));
        // What gets another name while others are read, is found under that.
        for (List<Path> names = names(directory, unread); !names.isEmpty(); names = names(directory, unread)) {
            for (Path name : names) {
                for (byte[] content : contents(directory.resolve(name))) {
                    read.add(name);
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

    private static List<Path> names(Path directory, Predicate<Path> searched) {
        while (true) {
            try (Stream<Path> files = Files.walk(directory)) {
                return files.filter(Files::isRegularFile)
                        .map(directory::relativize)
                        .filter(searched)
                        .toList();
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

    /** Nothing of a file that is no longer there under its name. */
    private static List<byte[]> contents(Path file) {
        List<byte[]> contents = new ArrayList<>();
        try {
            byte[] content = Files.readAllBytes(file);
            contents.add(content);
            // Of a segment that is about to go, too.
            if (file.getFileName().toString().matches("\\d{20}\\.log.*")) {
                for (Record record :
                        MemoryRecords.readableRecords(ByteBuffer.wrap(content)).records()) {
                    contents.add(bytes(record.key()));
                    contents.add(bytes(record.value()));
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
