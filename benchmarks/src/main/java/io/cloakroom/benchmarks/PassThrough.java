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
        Map<String, List<Written>> written = new HashMap<>();
        for (String topic : Contender.GATE.outputs(blueprint)) {
            written.put(Contender.PASS_THROUGH.topic(topic), written(settings, topic));
        }
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

    /** The newest ones: the first entries of an audit are about control records. */
    private static List<Written> written(Settings settings, String topic) {
        List<Written> written = new ArrayList<>();
        Map<TopicPartition, Long> from = new HashMap<>(Committed.ends(settings, topic));
        from.replaceAll((partition, end) -> Math.max(0, end - DIFFERENT / from.size()));
        Committed.read(settings, from, record -> written.add(new Written(record.key(), record.value())));
        if (written.isEmpty()) {
            throw new IllegalStateException("the gate has written nothing to " + topic);
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
