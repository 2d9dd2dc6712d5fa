package io.cloakroom.streams.audit;

import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Signs what the audit holds, partition by partition, after it has walked it itself: what does not follow is not signed. It
 * keeps nothing but what it signed, and goes on from there. Two at a time do no harm.
 */
public final class Signer implements AutoCloseable {

    private final ClusterReader reader;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Keys.Signing key;
    private final int schemaId;
    private final Optional<Path> file;
    private final InstantSource clock;
    private final Map<TopicPartition, Walked> partitions =
            new TreeMap<>((a, b) -> Integer.compare(a.partition(), b.partition()));

    /** How far it is in a partition. */
    private static final class Walked {
        private final ChainWalk walk;
        private long nextOffset;
        private long signed;

        Walked(ChainWalk walk, long nextOffset, long signed) {
            this.walk = walk;
            this.nextOffset = nextOffset;
            this.signed = signed;
        }
    }

    /** What cannot be signed. */
    public static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenException(Fault fault) {
            super("nothing of this partition is signed any more: " + fault);
        }
    }

    /**
     * @param file in another domain of trust, to which every checkpoint is appended, too
     * @throws NotSignedException if the last checkpoint of a partition is signed with none of its keys
     */
    public Signer(Settings settings, Optional<Path> file, InstantSource clock) throws IOException, NotSignedException {
        this.key = Keys.readSigning(settings.keys());
        List<PublicKey> own = new ArrayList<>();
        for (Path given : Keys.publicFiles(settings.keys())) {
            own.add(Keys.readPublic(given));
        }
        this.file = file;
        this.clock = clock;
        schemaId = SchemaRegistry.connect(settings.client())
                .id(Topics.subject(Topics.CHECKPOINTS), Topics.SCHEMAS.get(Topics.CHECKPOINTS));
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        reader = new ClusterReader(settings);
        List<TopicPartition> audit = reader.partitions(Topics.AUDIT);
        Map<TopicPartition, Long> begins = reader.begins(audit);
        for (TopicPartition partition : audit) {
            Optional<Signed> last = last(new TopicPartition(Topics.CHECKPOINTS, partition.partition()), own);
            partitions.put(
                    partition,
                    new Walked(
                            new ChainWalk(
                                    partition.partition(), last.map(List::of).orElse(List.of()), (e, o) -> {}),
                            last.map(s -> s.value().getNextOffset()).orElse(begins.get(partition)),
                            last.map(Signed::size).orElse(0L)));
        }
    }

    private Optional<Signed> last(TopicPartition checkpoints, List<PublicKey> own) throws NotSignedException {
        long begin = reader.begins(List.of(checkpoints)).get(checkpoints);
        Map<TopicPartition, Long> end = reader.committedEnds(List.of(checkpoints));
        List<byte[]> found = new ArrayList<>();
        long from = end.get(checkpoints);
        for (long back = 1; found.isEmpty() && from > begin; back *= 2) {
            from = Math.max(begin, from - back);
            reader.read(Map.of(checkpoints, from), end, record -> found.add(record.value()));
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(Signed.read(found.get(found.size() - 1), own));
    }

    /**
     * Signs every partition that has grown.
     *
     * @return what it signed
     * @throws BrokenException naming the first entry that does not follow; the other partitions are signed
     */
    public List<Signed> sign() throws BrokenException, IOException, ExecutionException, InterruptedException {
        Map<TopicPartition, Long> ends = reader.committedEnds(partitions.keySet());
        Map<TopicPartition, Long> from = new HashMap<>();
        partitions.forEach((partition, walked) -> from.put(partition, walked.nextOffset));
        reader.read(from, ends, record -> {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            partitions.get(partition).walk.next(record.offset(), record.value());
            return true;
        });
        List<Signed> signed = new ArrayList<>();
        Optional<Fault> broken = Optional.empty();
        for (Map.Entry<TopicPartition, Walked> partition : partitions.entrySet()) {
            Walked walked = partition.getValue();
            long end = ends.get(partition.getKey());
            Optional<Fault> fault = fault(partition.getKey(), walked, end);
            walked.nextOffset = end;
            if (fault.isEmpty() && walked.walk.size() > walked.signed) {
                signed.add(sign(partition.getKey(), walked));
            }
            broken = broken.or(() -> fault);
        }
        if (broken.isPresent()) {
            throw new BrokenException(broken.get());
        }
        return signed;
    }

    private static Optional<Fault> fault(TopicPartition partition, Walked walked, long end) {
        if (end < walked.nextOffset) {
            return Optional.of(new Fault(
                    partition + "-" + end,
                    "is the end, and " + walked.signed + " entries before " + walked.nextOffset + " are signed"));
        }
        if (walked.walk.fault().isEmpty()
                && walked.walk.size() > 0
                && walked.walk.tree().isEmpty()) {
            return Optional.of(new Fault(
                    partition.toString(),
                    "begins with entry " + walked.walk.first() + ", and " + walked.signed
                            + " are signed: entries between are gone"));
        }
        return walked.walk.fault();
    }

    private Signed sign(TopicPartition partition, Walked walked)
            throws IOException, ExecutionException, InterruptedException {
        Signed signed = Signed.sign(
                schemaId,
                partition.topic(),
                partition.partition(),
                walked.walk.nextOffset(),
                walked.walk.head(),
                walked.walk.tree().orElseThrow(),
                clock.instant(),
                key);
        producer.send(new ProducerRecord<>(Topics.CHECKPOINTS, partition.partition(), null, signed.bytes()))
                .get();
        if (file.isPresent()) {
            Files.writeString(
                    file.get(),
                    signed.line() + "\n",
                    StandardCharsets.US_ASCII,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        walked.signed = signed.size();
        return signed;
    }

    @Override
    public void close() {
        producer.close();
        reader.close();
    }
}
