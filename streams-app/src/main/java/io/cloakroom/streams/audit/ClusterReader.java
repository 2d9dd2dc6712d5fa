package io.cloakroom.streams.audit;

import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import io.cloakroom.streams.audit.Verification.Progress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;

/** Reads partitions from a place to a place, committed records only and without a group, and knows their ends. */
final class ClusterReader implements AutoCloseable {

    /** A transaction that stays open longer than this belongs to nobody who lives. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Admin admin;
    private final KafkaConsumer<byte[], byte[]> consumer;

    ClusterReader(Settings settings) {
        admin = Admin.create(settings.client());
        consumer = TopicReader.consumer(settings);
    }

    /** @throws ConfigException if there is no such topic */
    List<TopicPartition> partitions(String topic) {
        return TopicReader.partitions(consumer, topic);
    }

    /** What retention has left. */
    Map<TopicPartition, Long> begins(Collection<TopicPartition> partitions) {
        return consumer.beginningOffsets(partitions);
    }

    /** The end of what is committed: nothing is waited for. */
    Map<TopicPartition, Long> committedEnds(Collection<TopicPartition> partitions) {
        return consumer.endOffsets(partitions);
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
            Predicate<ConsumerRecord<byte[], byte[]>> each) {
        read(from, to, Progress.NONE, each);
    }

    /**
     * Reads every partition to its end, whose transactions are waited for; several partitions side by side.
     *
     * @param progress hears of every offset, markers of transactions too, and of those that are left when it stops
     * @param each false to stop
     * @throws IllegalStateException if one transaction stays open
     */
    void read(
            Map<TopicPartition, Long> from,
            Map<TopicPartition, Long> to,
            Progress progress,
            Predicate<ConsumerRecord<byte[], byte[]>> each) {
        Set<TopicPartition> all = new HashSet<>(from.keySet());
        all.removeIf(p -> from.get(p) >= to.get(p));
        Set<TopicPartition> left = new HashSet<>(all);
        long whole = all.stream().mapToLong(p -> to.get(p) - from.get(p)).sum();
        long told = 0;
        consumer.assign(left);
        left.forEach(p -> consumer.seek(p, from.get(p)));
        long moved = System.nanoTime();
        while (!left.isEmpty()) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                moved = System.nanoTime();
                if (record.offset() < to.get(new TopicPartition(record.topic(), record.partition()))
                        && !each.test(record)) {
                    progress.done(whole - told);
                    return;
                }
            }
            long done = all.stream()
                    .mapToLong(p -> Math.min(consumer.position(p), to.get(p)) - from.get(p))
                    .sum();
            progress.done(done - told);
            told = done;
            List<TopicPartition> ended =
                    left.stream().filter(p -> consumer.position(p) >= to.get(p)).toList();
            if (!ended.isEmpty()) {
                moved = System.nanoTime();
                consumer.pause(ended);
                ended.forEach(left::remove);
            }
            if (System.nanoTime() - moved > PATIENCE.toNanos()) {
                throw new IllegalStateException("nothing more can be read of " + left + " since " + PATIENCE.toSeconds()
                        + " s: is a transaction open there?");
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
        admin.close();
    }
}
