package io.cloakroom.streams.audit;

import io.cloakroom.gate.Exported;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.audit.Verification.Progress;
import io.cloakroom.streams.gate.Topics;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileConstants;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.common.TopicPartition;

/**
 * The audit's topics in one file, an Avro object container: checkpoints first, then the entries of each partition in order.
 *
 * <p>Avro's own reader of such files allocates what they ask for, up to two gigabytes. An auditor reads files of people whom he
 * does not trust: this one reads only what {@link #write} writes, and keeps no more than a block in memory.
 */
public final class ExportFile implements Iterable<Lying>, AutoCloseable {

    private static final int LONGEST_HEADER = 64 << 10;

    /** In bytes; one that is written has 64,000 and an entry. */
    private static final int LONGEST_BLOCK = 16 << 20;

    private final FileChannel file;
    private final Progress progress;

    private ExportFile(FileChannel file, Progress progress) {
        this.file = file;
        this.progress = progress;
    }

    /**
     * @param progress hears of bytes
     * @throws IOException if it is not there
     */
    public static ExportFile open(Path file, Progress progress) throws IOException {
        return new ExportFile(FileChannel.open(file), progress);
    }

    /** @return how many entries are in it */
    public static long write(Settings settings, Path file, Progress progress) throws IOException {
        long[] entries = new long[1];
        try (ClusterReader cluster = new ClusterReader(settings);
                DataFileWriter<Exported> writer = new DataFileWriter<>(new SpecificDatumWriter<>(Exported.class))) {
            writer.create(Exported.getClassSchema(), file.toFile());
            for (String topic : List.of(Topics.CHECKPOINTS, Topics.AUDIT)) {
                List<TopicPartition> partitions = cluster.partitions(topic);
                Map<TopicPartition, Long> begins = cluster.begins(partitions);
                Map<TopicPartition, Long> ends = cluster.committedEnds(partitions);
                boolean isAudit = topic.equals(Topics.AUDIT);
                if (isAudit) {
                    ends.forEach((p, end) -> progress.expect(end - begins.get(p)));
                }
                cluster.read(begins, ends, isAudit ? progress : Progress.NONE, record -> {
                    try {
                        writer.append(new Exported(topic, record.partition(), record.offset(), bytes(record.value())));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    if (isAudit) {
                        entries[0]++;
                    }
                    return true;
                });
            }
        }
        return entries[0];
    }

    /** No value at all is none of an entry. */
    private static ByteBuffer bytes(ByteBuffer value) {
        return value == null ? ByteBuffer.allocate(0) : value;
    }

    /** @throws UncheckedIOException from the iterator, where the file goes bad */
    @Override
    public Iterator<Lying> iterator() {
        return new Records();
    }

    private final class Records implements Iterator<Lying> {
        private final byte[] sync = new byte[DataFileConstants.SYNC_SIZE];
        private BoundedDecoder block;
        private long left; // records of the block
        private long position; // of the next block
        private long length;

        @Override
        public boolean hasNext() {
            try {
                if (position == 0) {
                    length = file.size();
                    progress.expect(length);
                    moved(header());
                }
                while (left == 0 && position < length) {
                    moved(block());
                }
            } catch (IOException e) {
                throw bad(e);
            }
            return left > 0;
        }

        @Override
        public Lying next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            try {
                left--;
                Lying record = new Lying(
                        block.readString(),
                        block.readInt(),
                        block.readLong(),
                        block.readBytes(null).array());
                if (left == 0 && block.remaining() > 0) {
                    throw new IOException("a block has bytes left over");
                }
                return record;
            } catch (IOException e) {
                throw bad(e);
            }
        }

        private void moved(long bytes) {
            position += bytes;
            progress.done(bytes);
        }

        private UncheckedIOException bad(IOException e) {
            String why = e instanceof EOFException ? "it is no export, or not the whole of one" : e.getMessage();
            return new UncheckedIOException(
                    new IOException("cannot be read any further, at byte " + position + " or before: " + why));
        }

        /** @return how long it is */
        private long header() throws IOException {
            BoundedDecoder in = new BoundedDecoder(bytes(0, Math.min(length, LONGEST_HEADER)), 0);
            byte[] magic = new byte[DataFileConstants.MAGIC.length];
            in.readFixed(magic, 0, magic.length);
            if (!Arrays.equals(magic, DataFileConstants.MAGIC)) {
                throw new IOException("it is no Avro object container");
            }
            Map<String, String> says = new HashMap<>();
            for (long more = in.readMapStart(); more > 0; more = in.mapNext()) {
                for (; more > 0; more--) {
                    says.put(in.readString(), in.readString());
                }
            }
            String codec = says.getOrDefault(DataFileConstants.CODEC, DataFileConstants.NULL_CODEC);
            if (!codec.equals(DataFileConstants.NULL_CODEC)) {
                throw new IOException("it is compressed, and no export is");
            }
            try {
                if (!new Schema.Parser()
                        .parse(says.getOrDefault(DataFileConstants.SCHEMA, ""))
                        .equals(Exported.getClassSchema())) {
                    throw new IOException("its schema is not that of an export");
                }
            } catch (RuntimeException e) {
                throw new IOException("its schema is none");
            }
            in.readFixed(sync, 0, sync.length);
            return in.position();
        }

        /** @return how long it is */
        private long block() throws IOException {
            BoundedDecoder in = new BoundedDecoder(bytes(position, Math.min(length - position, 2 * 10)), 0);
            left = in.readLong();
            long size = in.readLong();
            if (size < 0 || size > LONGEST_BLOCK || left < 0 || left > size || left == 0 && size > 0) {
                throw new IOException("a block of " + left + " records in " + size + " bytes is none of an export");
            }
            byte[] bytes = bytes(position + in.position(), size + sync.length);
            if (!Arrays.equals(bytes, (int) size, bytes.length, sync, 0, sync.length)) {
                throw new IOException("a block does not end as it should");
            }
            block = new BoundedDecoder(Arrays.copyOf(bytes, (int) size), 0);
            return in.position() + bytes.length;
        }

        private byte[] bytes(long from, long count) throws IOException {
            if (count > length - from) {
                throw new EOFException();
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) count);
            while (bytes.hasRemaining()) {
                if (file.read(bytes, from + bytes.position()) < 0) {
                    throw new EOFException();
                }
            }
            return bytes.array();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
