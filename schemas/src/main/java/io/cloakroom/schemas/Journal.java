package io.cloakroom.schemas;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloakroom.schemas.Subjects.Change;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** A registry's changes, one JSON object a line, each on disk before it takes effect. */
final class Journal implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final FileChannel channel;

    /**
     * Reads what there is and keeps the file open. A last line without an end was never confirmed: it is cut off. Any
     * other line that cannot be read refuses the file.
     */
    Journal(Path file, Consumer<Change> replay) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            lock(file);
            int end = replay(file, replay);
            channel.truncate(end).position(end);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void lock(Path file) throws IOException {
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException e) {
            // by this process, which is said below too
        }
        throw new IOException(file + " is in use by another schema registry; stop it, or choose another file");
    }

    /** Where the last whole line ends. */
    private static int replay(Path file, Consumer<Change> replay) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int start = 0;
        for (int end = 0, line = 1; end < bytes.length; end++) {
            if (bytes[end] == '\n') {
                String text = new String(bytes, start, end - start, StandardCharsets.UTF_8);
                try {
                    replay.accept(JSON.readValue(text, Change.class));
                } catch (IOException | RuntimeException e) {
                    throw new IOException(
                            file + ":" + line + ": not a change of a schema registry; restore the file", e);
                }
                start = end + 1;
                line++;
            }
        }
        return start;
    }

    void append(Change change) {
        try {
            long before = channel.position();
            try {
                ByteBuffer line = StandardCharsets.UTF_8.encode(JSON.writeValueAsString(change) + "\n");
                while (line.hasRemaining()) {
                    channel.write(line);
                }
                channel.force(false);
            } catch (IOException e) {
                channel.truncate(before);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the schema registry's journal cannot be written", e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
