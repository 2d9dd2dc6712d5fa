package io.cloakroom.streams.audit;

import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Keeps checkpoints in a file, each in a line. A last line that a crash left unfinished is cut off: it comes again. */
final class FileKeeper implements Keeper {

    /** In bytes; a checkpoint's line takes some hundreds. */
    private static final int LONGEST_LINE = 1 << 14;

    private final Path file;
    private final Collection<PublicKey> own;
    private final FileChannel channel;
    private final StringBuilder added = new StringBuilder();

    /** Of each partition, as it is named in a line. */
    private final Map<String, String> lastLines = new HashMap<>();

    /** @throws IOException if it cannot be written, or ends with something that the signer never wrote */
    FileKeeper(Path file, Collection<PublicKey> own) throws IOException {
        this.file = file;
        this.own = own;
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            cutOffUnfinished();
            lines.forEach(line -> {
                String[] words = line.split(" ", 3);
                if (words.length == 3) {
                    lastLines.put(words[1], line);
                }
            });
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void cutOffUnfinished() throws IOException {
        long whole;
        long size;
        try (FileChannel reading = FileChannel.open(file, StandardOpenOption.READ)) {
            size = reading.size();
            whole = size;
            while (whole > 0 && byteAt(reading, whole - 1) != '\n') {
                whole--;
                if (size - whole > LONGEST_LINE || byteAt(reading, whole) < ' ') {
                    throw notOurs();
                }
            }
            if (whole < size && !Character.isDigit(byteAt(reading, whole))) {
                throw notOurs();
            }
        }
        if (whole < size) {
            channel.truncate(whole);
        }
    }

    private static byte byteAt(FileChannel reading, long position) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        reading.read(one, position);
        return one.get(0);
    }

    private IOException notOurs() {
        return new IOException(file + ": its last line is no checkpoint: take it out, or choose another file");
    }

    @Override
    public Optional<Signed> last(int partition) throws NotSignedException {
        String line = lastLines.get(Topics.AUDIT + "-" + partition);
        if (line == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Signed.ofLine(line, own));
        } catch (NotSignedException e) {
            throw new NotSignedException(file + ": the last line of " + Topics.AUDIT + "-" + partition + ": "
                    + e.getMessage() + "; take it out, and it is written again");
        }
    }

    @Override
    public void add(Signed signed) {
        added.append(signed.line()).append('\n');
        if (added.length() > LONGEST_LINE) {
            write();
        }
    }

    private void write() {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(added.toString().getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            added.setLength(0);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written", e);
        }
    }

    @Override
    public void force() {
        write();
        try {
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written", e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written", e);
        }
    }
}
