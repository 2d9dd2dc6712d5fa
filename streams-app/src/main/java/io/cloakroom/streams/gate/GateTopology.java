package io.cloakroom.streams.gate;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
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

    /**
     * Of changelogs: what was overwritten is gone after a day, the mark of what was deleted after two more, not when there is
     * nothing better to do. Both count from when a record arrived: the time that Streams gives it may be any.
     */
    private static final Map<String, String> FORGETTING = Map.of(
            TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
            "LogAppendTime",
            TopicConfig.SEGMENT_MS_CONFIG,
            Long.toString(Duration.ofHours(6).toMillis()),
            TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG,
            Long.toString(Duration.ofDays(1).toMillis()),
            TopicConfig.DELETE_RETENTION_MS_CONFIG,
            Long.toString(Duration.ofDays(1).toMillis()));

    private GateTopology() {}

    public static Topology of(GateParts parts) {
        return of(parts, Forgetting.EVERY);
    }

    /** @param forgets at least as often is the state written anew, without what was deleted */
    public static Topology of(GateParts parts, Duration forgets) {
        Topology topology = new Topology();
        Forgetting stores = new Forgetting(forgets);
        Meters.register(parts.meters(), parts.engine().history(), InstantSource.system());

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

        topology.addProcessor(GATE, () -> new GateProcessor(parts, betweenSigns(forgets)), "events", "control");
        topology.addStateStore(
                Stores.keyValueStoreBuilder(stores.store(People.STORE), Serdes.String(), Serdes.ByteArray())
                        .withLoggingEnabled(FORGETTING)
                        .withCachingDisabled(),
                GATE);
        topology.addStateStore(
                Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(AuditChain.STORE), Serdes.Bytes(), Serdes.ByteArray())
                        .withCachingEnabled(),
                GATE);

        topology.addStateStore(
                Stores.keyValueStoreBuilder(stores.store(Waiting.STORE), Serdes.Bytes(), Serdes.ByteArray())
                        .withLoggingEnabled(FORGETTING)
                        .withCachingDisabled(),
                GATE);

        topology.addStateStore(
                Stores.keyValueStoreBuilder(stores.store(Contacts.STORE), Serdes.Bytes(), Serdes.ByteArray())
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

    /** Of whose changelogs, and of no others, people are to be forgotten. */
    public static List<String> aboutPeople(String applicationId) {
        return Stream.of(People.STORE, Waiting.STORE, Contacts.STORE)
                .map(store -> changelog(applicationId, store))
                .toList();
    }

    /** The topic that holds what is known of people. */
    public static String people(String applicationId) {
        return changelog(applicationId, People.STORE);
    }

    static String changelog(String applicationId, String store) {
        return applicationId + "-" + store + "-changelog";
    }

    /** A broker clears up a changelog behind new records only: so often there is one. */
    public static Duration betweenSigns(Duration forgets) {
        return Forgetting.betweenLooks(forgets);
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
