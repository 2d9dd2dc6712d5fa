package io.cloakroom.benchmarks;

import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * The limit: reads what the gate reads, and for every order writes, to the same partition, as many records as the gate does. Their bytes are
 * there already: keys and values that the gate has written, in turn, so that they compress as its do.
 */
final class PassThrough {

    private static final String ORDERS = Topics.events(Load.TYPE);

    /** More different records than a batch holds: repeated within one, they would compress to nothing. */
    private static final int DIFFERENT = 1_000;

    private PassThrough() {}

    static Topology topology(Settings settings, Blueprint blueprint) {
        Map<String, List<Written>> written = written(settings, Contender.GATE.outputs(blueprint));
        Topology topology = new Topology();
        topology.addSource(
                "inputs",
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer(),
                Topics.inputs(blueprint.history()).toArray(String[]::new));
        topology.addProcessor("copy", () -> new Copy(written), "inputs");
        for (String topic : written.keySet()) {
            topology.addSink("to-" + topic, topic, new ByteArraySerializer(), SERIALIZER, PARTITIONER, "copy");
        }
        return topology;
    }

    private record Written(byte[] key, byte[] value) {}

    private record Placed(int partition, byte[] value) {}

    private static final Serializer<Placed> SERIALIZER = (topic, placed) -> placed.value();

    private static final StreamPartitioner<byte[], Placed> PARTITIONER =
            (topic, key, placed, partitions) -> Optional.of(Set.of(placed.partition()));

    /**
     * By the topic to which they are copied. The newest ones: the first entries of an audit are about control records.
     *
     * @param topics of the gate
     */
    private static Map<String, List<Written>> written(Settings settings, List<String> topics) {
        Map<TopicPartition, Long> from = new HashMap<>();
        for (String topic : topics) {
            Map<TopicPartition, Long> ends = Committed.ends(settings, topic);
            ends.forEach((partition, end) -> from.put(partition, Math.max(0, end - DIFFERENT / ends.size())));
        }
        Map<String, List<Written>> written = new HashMap<>();
        Committed.read(
                settings,
                from,
                record -> written.computeIfAbsent(
                                Contender.PASS_THROUGH.topic(record.topic()), topic -> new ArrayList<>())
                        .add(new Written(record.key(), record.value())));
        if (written.size() < topics.size()) {
            throw new IllegalStateException("the gate has written to no more than " + written.keySet());
        }
        return written;
    }

    private static final class Copy extends ContextualProcessor<byte[], byte[], byte[], Placed> {

        private final List<String> sinks = new ArrayList<>();
        private final List<List<Written>> written = new ArrayList<>();
        private int next;

        Copy(Map<String, List<Written>> written) {
            written.forEach((topic, records) -> {
                sinks.add("to-" + topic);
                this.written.add(records);
            });
        }

        @Override
        public void process(Record<byte[], byte[]> order) {
            RecordMetadata place = context().recordMetadata().orElseThrow();
            if (!place.topic().equals(ORDERS)) {
                return;
            }
            int partition = place.partition();
            for (int i = 0; i < sinks.size(); i++) {
                Written record = written.get(i).get(next % written.get(i).size());
                context()
                        .forward(
                                new Record<>(record.key(), new Placed(partition, record.value()), order.timestamp()),
                                sinks.get(i));
            }
            next = (next + 1) & Integer.MAX_VALUE;
        }
    }
}
