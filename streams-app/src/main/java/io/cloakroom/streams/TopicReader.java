package io.cloakroom.streams;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads topics once, committed records only, up to what is the last when it begins. */
public final class TopicReader {

    private TopicReader() {}

    /** @throws ConfigException if there is no such topic */
    public static void read(
            Settings settings, Collection<String> topics, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        read(settings, topics, Instant.MIN, Instant.MAX, each);
    }

    /**
     * @param from the first record of each partition whose time is this or later
     * @param until the first that is not read, likewise
     * @throws ConfigException if there is no such topic
     */
    public static void read(
            Settings settings,
            Collection<String> topics,
            Instant from,
            Instant until,
            Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            List<TopicPartition> partitions = topics.stream()
                    .flatMap(topic -> partitions(consumer, topic).stream())
                    .toList();
            read(consumer, partitions, from, until, each);
        }
    }

    /** One partition of a topic that there is. */
    public static void read(
            Settings settings, TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            read(consumer, List.of(partition), Instant.MIN, Instant.MAX, each);
        }
    }

    private static void read(
            KafkaConsumer<byte[], byte[]> consumer,
            List<TopicPartition> partitions,
            Instant from,
            Instant until,
            Consumer<ConsumerRecord<byte[], byte[]>> each) {
        Map<TopicPartition, Long> ends = offsets(consumer, partitions, until);
        consumer.assign(partitions);
        offsets(consumer, partitions, from).forEach(consumer::seek);
        while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
                    each.accept(record);
                }
            }
        }
    }

    /** Of bytes, without a group; it starts where it is told to. */
    public static KafkaConsumer<byte[], byte[]> consumer(Settings settings) {
        return consumer(settings, new ByteArrayDeserializer());
    }

    /** Likewise, in another form. */
    public static <T> KafkaConsumer<T, T> consumer(Settings settings, Deserializer<T> form) {
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.remove(ConsumerConfig.GROUP_ID_CONFIG);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // behind what retention took
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50); // nothing to come: say so soon
        config.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000); // a call costs more than a record
        return new KafkaConsumer<>(config, form, form);
    }

    /** What retention has left. It assigns them, for of any others Kafka's client warns that it cannot keep the answer. */
    public static Map<TopicPartition, Long> begins(
            KafkaConsumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        consumer.assign(partitions);
        return consumer.beginningOffsets(partitions);
    }

    /** The end of what is committed; likewise. */
    public static Map<TopicPartition, Long> ends(KafkaConsumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        consumer.assign(partitions);
        return consumer.endOffsets(partitions);
    }

    /** Of the first record of this time or later, or of the end. */
    static Map<TopicPartition, Long> offsets(
            KafkaConsumer<?, ?> consumer, Collection<TopicPartition> partitions, Instant time) {
        if (time.equals(Instant.MIN)) {
            return begins(consumer, partitions);
        }
        Map<TopicPartition, Long> offsets = new HashMap<>(ends(consumer, partitions));
        if (!time.equals(Instant.MAX)) {
            Map<TopicPartition, Long> times = new HashMap<>();
            partitions.forEach(p -> times.put(p, Math.max(0, time.toEpochMilli())));
            consumer.offsetsForTimes(times).forEach((partition, found) -> {
                if (found != null) {
                    offsets.put(partition, found.offset());
                }
            });
        }
        return offsets;
    }

    /**
     * By their numbers.
     *
     * @throws ConfigException if there is no such topic
     */
    public static List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, String topic) {
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(p -> new TopicPartition(p.topic(), p.partition()))
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .toList();
        if (partitions.isEmpty()) {
            throw new ConfigException("there is no topic " + topic + " on this cluster");
        }
        return partitions;
    }
}
