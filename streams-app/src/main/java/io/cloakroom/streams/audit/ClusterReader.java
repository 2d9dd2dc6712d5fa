package io.cloakroom.streams.audit;

import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.audit.Verification.Progress;
import io.cloakroom.streams.gate.Topics;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;

/**
 * Reads partitions from a place to a place, committed records only and without a group, and knows their ends. What it gives
 * lies where Kafka's client has read it: most of it is only looked at.
 */
final class ClusterReader implements Closeable {

    /** A transaction that stays open longer than this belongs to nobody who lives. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Admin admin;
    private final KafkaConsumer<ByteBuffer, ByteBuffer> consumer;
    private final Duration patience;

    /** Who waits for a transaction that belongs to nobody, or for a broker that is away. */
    static final class NothingMoreException extends RetriableException {
        private static final long serialVersionUID = 1L;

        NothingMoreException(String message) {
            super(message);
        }
    }

    ClusterReader(Settings settings) {
        this(settings, PATIENCE);
    }

    ClusterReader(Settings settings, Duration patience) {
        this.patience = patience;
        admin = Admin.create(settings.client());
        consumer = TopicReader.consumer(settings, new ByteBufferDeserializer());
    }

    /** @throws ConfigException if there is no such topic */
    List<TopicPartition> partitions(String topic) {
        return TopicReader.partitions(consumer, topic);
    }

    /** How many partitions a topic has; 0 where there is no such topic. */
    int count(String topic) {
        return consumer.partitionsFor(topic).size();
    }

    String clusterId() throws ExecutionException, InterruptedException {
        return admin.describeCluster().clusterId().get();
    }

    /** What retention has left. */
    Map<TopicPartition, Long> begins(Collection<TopicPartition> partitions) {
        return TopicReader.begins(consumer, partitions);
    }

    /** The end of what is committed: nothing is waited for. */
    Map<TopicPartition, Long> committedEnds(Collection<TopicPartition> partitions) {
        return TopicReader.ends(consumer, partitions);
    }

    /** The end of all that is written, whatever becomes of its transaction. */
    Map<TopicPartition, Long> writtenEnds(Collection<TopicPartition> partitions)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        partitions.forEach(p -> latest.put(p, OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(latest).all().get().forEach((p, info) -> ends.put(p, info.offset()));
        return ends;
    }

    /** How far a group has read; partitions without a commit are not in it. */
    Map<TopicPartition, Long> committed(String group) throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> committed = new HashMap<>();
        for (Map.Entry<TopicPartition, OffsetAndMetadata> of : admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get()
                .entrySet()) {
            if (of.getValue() != null) {
                committed.put(of.getKey(), of.getValue().offset());
            }
        }
        return committed;
    }

    /** Likewise, and nobody waits to hear how far it is. */
    void read(
            Map<TopicPartition, Long> from,
            Map<TopicPartition, Long> to,
            Predicate<ConsumerRecord<ByteBuffer, ByteBuffer>> each) {
        read(from, to, Progress.NONE, each);
    }

    /**
     * Reads every partition to its end, whose transactions are waited for; several partitions side by side.
     *
     * @param progress hears of every offset, markers of transactions too, and of those that are left when it stops
     * @param each false to stop
     * @throws NothingMoreException if one transaction stays open
     */
    void read(
            Map<TopicPartition, Long> from,
            Map<TopicPartition, Long> to,
            Progress progress,
            Predicate<ConsumerRecord<ByteBuffer, ByteBuffer>> each) {
        Set<TopicPartition> all = new HashSet<>(from.keySet());
        all.removeIf(p -> from.get(p) >= to.get(p));
        Set<TopicPartition> left = new HashSet<>(all);
        long whole = all.stream().mapToLong(p -> to.get(p) - from.get(p)).sum();
        long told = 0;
        consumer.assign(left);
        consumer.resume(left); // one that was read to its end before is still paused
        left.forEach(p -> consumer.seek(p, from.get(p)));
        // What is aborted brings no record, and the position behind it.
        Map<TopicPartition, Long> positions = new HashMap<>(from);
        long moved = System.nanoTime();
        while (!left.isEmpty()) {
            ConsumerRecords<ByteBuffer, ByteBuffer> polled = consumer.poll(Duration.ofMillis(200));
            for (TopicPartition partition : polled.partitions()) {
                long end = to.get(partition);
                for (ConsumerRecord<ByteBuffer, ByteBuffer> record : polled.records(partition)) {
                    if (record.offset() < end && !each.test(record)) {
                        progress.done(whole - told);
                        return;
                    }
                }
            }
            for (TopicPartition partition : left) {
                long position = consumer.position(partition);
                if (positions.put(partition, position) != position) {
                    moved = System.nanoTime();
                }
            }
            long done = all.stream()
                    .mapToLong(p -> Math.min(positions.get(p), to.get(p)) - from.get(p))
                    .sum();
            progress.done(done - told);
            told = done;
            List<TopicPartition> ended =
                    left.stream().filter(p -> positions.get(p) >= to.get(p)).toList();
            consumer.pause(ended);
            ended.forEach(left::remove);
            if (System.nanoTime() - moved > patience.toNanos()) {
                throw new NothingMoreException("nothing more can be read of " + left + " since " + patience.toSeconds()
                        + " s: is a transaction open there?");
            }
        }
    }

    /**
     * The last checkpoint of a partition.
     *
     * @throws NotSignedException if what lies there last is none, or signed with none of the keys
     */
    Optional<Signed> lastCheckpoint(int partition, Collection<PublicKey> keys) throws NotSignedException {
        TopicPartition checkpoints = new TopicPartition(Topics.CHECKPOINTS, partition);
        AtomicReference<ConsumerRecord<ByteBuffer, ByteBuffer>> last = new AtomicReference<>();
        backwards(checkpoints, last::set, () -> last.get() != null);
        return last.get() == null ? Optional.empty() : Optional.of(Signed.of(last.get(), keys));
    }

    /** Where what comes behind a record begins; the begin of the partition if the record is not there. */
    long behind(TopicPartition partition, byte[] value) {
        AtomicLong behind = new AtomicLong(-1);
        backwards(
                partition,
                record -> {
                    if (ByteBuffer.wrap(value).equals(record.value())) {
                        behind.set(record.offset() + 1);
                    }
                },
                () -> behind.get() >= 0);
        return behind.get() >= 0 ? behind.get() : begins(List.of(partition)).get(partition);
    }

    /** From the end on, in stretches that become longer, each read forwards, until something is found. */
    private void backwards(
            TopicPartition partition, Consumer<ConsumerRecord<ByteBuffer, ByteBuffer>> each, BooleanSupplier isFound) {
        long begin = begins(List.of(partition)).get(partition);
        long to = committedEnds(List.of(partition)).get(partition);
        for (long back = 1; to > begin && !isFound.getAsBoolean(); back *= 2) {
            long from = Math.max(begin, to - back);
            read(Map.of(partition, from), Map.of(partition, to), record -> {
                each.accept(record);
                return true;
            });
            to = from;
        }
    }

    @Override
    public void close() {
        try {
            consumer.close();
        } finally {
            admin.close(); // of a thread that is interrupted, too
        }
    }
}
