package io.cloakroom.streams.audit;

import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Signs what the audit holds, partition by partition, after it has walked it itself: what does not follow is not signed. It
 * keeps nothing but what it signed, and goes on from there. Two at a time do no harm.
 */
public final class Signer implements AutoCloseable {

    private final ClusterReader reader;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Keys.Signing key;
    private final List<PublicKey> own = new ArrayList<>();
    private final int schemaId;
    private final Optional<Path> file;
    private final Optional<Settings> other;
    private final InstantSource clock;
    private final Map<TopicPartition, Walked> partitions =
            new TreeMap<>((a, b) -> Integer.compare(a.partition(), b.partition()));

    /** Those that are open, and up to where in the checkpoints each has them all. */
    private final Map<Keeper, Map<TopicPartition, Long>> keepers = new LinkedHashMap<>();

    /** How far it is in a partition. */
    private static final class Walked {
        private final ChainWalk walk;
        private final long begun; // so many entries were signed before
        private long nextOffset;
        private long signed;

        Walked(ChainWalk walk, long nextOffset, long signed) {
            this.walk = walk;
            this.nextOffset = nextOffset;
            this.begun = signed;
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
     * @param file in another domain of trust, in which every checkpoint is kept, too
     * @param other a cluster, likewise
     * @throws NotSignedException if the last checkpoint of a partition is signed with none of its keys
     */
    public Signer(Settings settings, Optional<Path> file, Optional<Settings> other, InstantSource clock)
            throws IOException, NotSignedException {
        this.key = Keys.readSigning(settings.keys());
        for (Path given : Keys.publicFiles(settings.keys())) {
            own.add(Keys.readPublic(given));
        }
        this.file = file;
        this.other = other;
        this.clock = clock;
        schemaId = SchemaRegistry.connect(settings.client())
                .id(Topics.subject(Topics.CHECKPOINTS), Topics.SCHEMAS.get(Topics.CHECKPOINTS));
        producer = ClusterKeeper.producer(settings);
        reader = new ClusterReader(settings);
        try {
            List<TopicPartition> audit = reader.partitions(Topics.AUDIT);
            Map<TopicPartition, Long> begins = reader.begins(audit);
            for (TopicPartition partition : audit) {
                partitions.put(
                        partition,
                        walked(partition, reader.lastCheckpoint(partition.partition(), own), begins.get(partition)));
            }
        } catch (NotSignedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Walked walked(TopicPartition partition, Optional<Signed> last, long begin) {
        return new Walked(
                new ChainWalk(partition.partition(), last.map(List::of).orElse(List.of()), (e, o) -> {}),
                last.map(s -> s.value().getNextOffset()).orElse(begin),
                last.map(Signed::size).orElse(0L));
    }

    /**
     * Signs every partition that has grown, and then has all checkpoints kept elsewhere that are not there yet.
     *
     * @return what it signed
     * @throws BrokenException naming the first entry that does not follow; the other partitions are signed
     * @throws NotSignedException naming a checkpoint of somebody else, which is kept nowhere
     */
    public List<Signed> sign()
            throws BrokenException, NotSignedException, IOException, ExecutionException, InterruptedException {
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
            BrokenException stops = new BrokenException(broken.get());
            try {
                keep();
            } catch (NotSignedException | IOException | ExecutionException | RuntimeException e) {
                stops.addSuppressed(e); // what does not follow matters more
            }
            throw stops;
        }
        keep();
        return signed;
    }

    private static Optional<Fault> fault(TopicPartition partition, Walked walked, long end) {
        if (end < walked.nextOffset) {
            return Optional.of(new Fault(
                    partition + "-" + end,
                    "is the end, and " + walked.signed + " entries before " + walked.nextOffset + " are signed"));
        }
        if (walked.walk.fault().isEmpty() && walked.walk.first() >= 0 && walked.walk.first() != walked.begun) {
            return Optional.of(new Fault(
                    partition.toString(),
                    "goes on with entry " + walked.walk.first() + ", and " + walked.begun + " are signed"));
        }
        return walked.walk.fault();
    }

    private Signed sign(TopicPartition partition, Walked walked) throws ExecutionException, InterruptedException {
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
        walked.signed = signed.size();
        return signed;
    }

    /** What lies in the topic is what is kept: so nothing is missing where a crash came between. */
    private void keep() throws NotSignedException, IOException, ExecutionException, InterruptedException {
        if (file.isEmpty() && other.isEmpty()) {
            return;
        }
        List<TopicPartition> checkpoints = reader.partitions(Topics.CHECKPOINTS);
        if (keepers.isEmpty()) {
            if (file.isPresent()) {
                open(new FileKeeper(file.get(), own), checkpoints);
            }
            if (other.isPresent()) {
                open(new ClusterKeeper(other.get(), own, reader, checkpoints.size()), checkpoints);
            }
        }
        Map<TopicPartition, Long> ends = reader.committedEnds(checkpoints);
        for (Map.Entry<Keeper, Map<TopicPartition, Long>> kept : keepers.entrySet()) {
            Keeper keeper = kept.getKey();
            AtomicReference<NotSignedException> refused = new AtomicReference<>();
            reader.read(kept.getValue(), ends, record -> {
                try {
                    keeper.add(Signed.of(record, own));
                    return true;
                } catch (NotSignedException e) {
                    refused.set(e);
                    return false;
                }
            });
            keeper.force();
            if (refused.get() != null) {
                throw refused.get();
            }
            kept.setValue(ends);
        }
    }

    private void open(Keeper keeper, List<TopicPartition> checkpoints) throws NotSignedException {
        Map<TopicPartition, Long> next = new HashMap<>();
        keepers.put(keeper, next);
        Map<TopicPartition, Long> begins = reader.begins(checkpoints);
        for (TopicPartition partition : checkpoints) {
            Optional<Signed> last = keeper.last(partition.partition());
            next.put(
                    partition,
                    last.isEmpty()
                            ? begins.get(partition)
                            : reader.behind(partition, last.get().bytes()));
        }
    }

    @Override
    public void close() {
        keepers.keySet().forEach(Keeper::close);
        producer.close();
        reader.close();
    }
}
