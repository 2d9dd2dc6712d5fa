package io.cloakroom.streams.audit;

import io.cloakroom.gate.Exported;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.common.TopicPartition;

/** The audit's topics in one file, an Avro object container: checkpoints first, then the entries of each partition in order. */
public final class ExportFile implements Iterable<Lying>, AutoCloseable {

    private final DataFileReader<Exported> reader;
    private final long length;

    private ExportFile(DataFileReader<Exported> reader, long length) {
        this.reader = reader;
        this.length = length;
    }

    /** @throws IOException if it is not there or no export */
    public static ExportFile open(Path file) throws IOException {
        return new ExportFile(
                new DataFileReader<>(file.toFile(), new SpecificDatumReader<>(Exported.class)), Files.size(file));
    }

    /** @return how many entries are in it */
    public static long write(Settings settings, Path file, Verification.Progress progress) throws IOException {
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
                cluster.read(begins, ends, record -> {
                    try {
                        writer.append(new Exported(topic, record.partition(), record.offset(), bytes(record.value())));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    if (isAudit) {
                        entries[0]++;
                        progress.done(1);
                    }
                    return true;
                });
            }
        }
        return entries[0];
    }

    /** No value at all is none of an entry. */
    private static ByteBuffer bytes(byte[] value) {
        return value == null ? ByteBuffer.allocate(0) : ByteBuffer.wrap(value);
    }

    /** @throws UncheckedIOException from the iterator, where the file goes bad */
    @Override
    public Iterator<Lying> iterator() {
        return new Iterator<>() {
            private Exported exported;

            @Override
            public boolean hasNext() {
                try {
                    boolean isThere = reader.hasNext();
                    if (!isThere && reader.previousSync() < length) {
                        throw new IOException("it ends within a block"); // which Avro takes for the end
                    }
                    return isThere;
                } catch (AvroRuntimeException e) {
                    throw new UncheckedIOException(new IOException(e));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public Lying next() {
                try {
                    exported = reader.next(exported);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (RuntimeException e) {
                    throw new UncheckedIOException(new IOException(e));
                }
                byte[] value = new byte[exported.getValue().remaining()];
                exported.getValue().get(value);
                return new Lying(exported.getTopic(), exported.getPartition(), exported.getOffset(), value);
            }
        };
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
