package io.cloakroom.streams.gate;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** What comes in, where it is decided, what goes out. */
public final class GateTopology {

    static final String GATE = "gate";

    /** Of changelogs: what was overwritten or deleted is gone after two days, not when there is nothing better to do. */
    private static final Map<String, String> FORGETTING = Map.of(
            TopicConfig.SEGMENT_MS_CONFIG, Long.toString(Duration.ofHours(6).toMillis()),
            TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG,
                    Long.toString(Duration.ofDays(1).toMillis()),
            TopicConfig.DELETE_RETENTION_MS_CONFIG,
                    Long.toString(Duration.ofDays(1).toMillis()));

    private GateTopology() {}

    public static Topology of(GateParts parts) {
        Topology topology = new Topology();

        topology.addSource(
                AutoOffsetReset.earliest(),
                "events",
                Input.BY_ARRIVAL,
                new ByteArrayDeserializer(),
                Input.deserializer(),
                Topics.events(parts.engine().history()).toArray(String[]::new));
        topology.addSource(
                AutoOffsetReset.earliest(),
                "control",
                Input.FIRST,
                new ByteArrayDeserializer(),
                Input.deserializer(),
                Stream.concat(Topics.CONTROL.stream(), Stream.of(Topics.FORWARDS))
                        .toArray(String[]::new));

        topology.addProcessor(GATE, () -> new GateProcessor(parts), "events", "control");
        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(People.STORE), Serdes.String(), Serdes.ByteArray())
                        .withLoggingEnabled(FORGETTING)
                        .withCachingDisabled(),
                GATE);
        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(AuditChain.STORE), Serdes.Bytes(), Serdes.ByteArray())
                        .withCachingEnabled(),
                GATE);

        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(Waiting.STORE), Serdes.Bytes(), Serdes.ByteArray())
                        .withLoggingEnabled(FORGETTING)
                        .withCachingDisabled(),
                GATE);

        Topics.releases(parts.engine().history()).forEach(topic -> sink(topology, topic));
        Topics.recalls(parts.engine().history()).forEach(topic -> sink(topology, topic));
        sink(topology, Topics.AUDIT);
        sink(topology, Topics.QUARANTINE);
        sink(topology, Topics.FORWARDS);
        return topology;
    }

    /** The name of the node that writes a topic. */
    static String sink(String topic) {
        return "to-" + topic;
    }

    private static void sink(Topology topology, String topic) {
        topology.addSink(
                sink(topic), topic, new ByteArraySerializer(), Outgoing.SERIALIZER, Outgoing.PARTITIONER, GATE);
    }
}
