package io.cloakroom.streams;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.schemas.AvroConfig;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.streams.gate.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads committed audit entries, all partitions, without a consumer group. */
public final class AuditReader implements AutoCloseable {

    private final KafkaConsumer<byte[], Object> consumer;

    private AuditReader(KafkaConsumer<byte[], Object> consumer) {
        this.consumer = consumer;
    }

    public static AuditReader open(Settings settings, boolean fromBeginning) {
        KafkaConsumer<byte[], Object> consumer = consumer(settings, true);
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.AUDIT).stream()
                .map(p -> new TopicPartition(p.topic(), p.partition()))
                .toList();
        consumer.assign(partitions);
        if (fromBeginning) {
            consumer.seekToBeginning(partitions);
        } else {
            consumer.seekToEnd(partitions);
        }
        partitions.forEach(consumer::position); // from now on, not from the first poll on
        return new AuditReader(consumer);
    }

    /**
     * A reader of anything in the wire format, committed only.
     *
     * @param specific whether the values are instances of the generated classes, or generic records
     */
    public static KafkaConsumer<byte[], Object> consumer(Settings settings, boolean specific) {
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), values(settings, specific));
    }

    /** Of values in the wire format; {@code specific} likewise. */
    static AvroDeserializer values(Settings settings, boolean specific) {
        AvroDeserializer values = new AvroDeserializer();
        Map<String, Object> registry = new HashMap<>(settings.client());
        registry.put(AvroConfig.SPECIFIC_READER, specific);
        values.configure(registry, false);
        return values;
    }

    /** The entries that have come; none after a moment's wait. */
    public List<AuditEntry> next() {
        List<AuditEntry> entries = new ArrayList<>();
        consumer.poll(Duration.ofMillis(200)).forEach(record -> entries.add((AuditEntry) record.value()));
        return entries;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
