package io.cloakroom.streams.gate;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Blueprint;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;

/** The topology in one thread and one partition, with the shipped policy or another, and a clock of its own. */
public final class GateDriver implements AutoCloseable {

    public static final Path POLICIES = Path.of("..", "policy", "policies");

    /** Of five recipients, and it stays so. */
    public static final Path SMALL = Path.of("..", "policy", "src/test/resources/io/cloakroom/policy/small");

    private final Path directory;
    private final TopologyTestDriver driver;
    private final TopologyDescription description;
    private final Instant now;
    private final Map<String, TestInputTopic<byte[], byte[]>> inputs = new HashMap<>();
    private final Assembly assembly;
    private long nextArrival;

    public GateDriver(Instant now) {
        this(now, POLICIES, 1, 1_000_000);
    }

    /** @param partitions that the gate believes to be there; the driver has but partition 0 */
    GateDriver(Instant now, Path policies, int partitions, int longest) {
        this.now = now;
        this.nextArrival = now.toEpochMilli();
        try {
            directory = Files.createTempDirectory(Path.of("target"), "gate");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assembly = Assembly.of(policies, directory.resolve("keys"), partitions, longest);
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "gate-test");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
        config.put(StreamsConfig.STATE_DIR_CONFIG, directory.resolve("state").toString());
        description = GateTopology.of(assembly.parts()).describe();
        driver = new TopologyTestDriver(GateTopology.of(assembly.parts()), config, now);
    }

    Blueprint blueprint() {
        return assembly.blueprint();
    }

    MeterRegistry meters() {
        return assembly.parts().meters();
    }

    SchemaRegistry registry() {
        return assembly.parts().registry();
    }

    Set<TopologyDescription.Subtopology> subtopologies() {
        return description.subtopologies();
    }

    /** Every topic that the gate can write to. */
    Set<String> sinkTopics() {
        return subtopologies().stream()
                .flatMap(part -> part.nodes().stream())
                .filter(TopologyDescription.Sink.class::isInstance)
                .map(sink -> ((TopologyDescription.Sink) sink).topic())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** As who has the gate's keys replays. */
    Replay replay() {
        return new Replay(assembly.parts().pseudonyms());
    }

    byte[] bytes(String topic, IndexedRecord value) {
        return assembly.serializer().serialize(topic, value);
    }

    public void publish(String topic, String key, IndexedRecord value) {
        publish(topic, key.getBytes(StandardCharsets.UTF_8), bytes(topic, value));
    }

    void publish(String topic, byte[] key, byte[] value) {
        publish(topic, key, value, new RecordHeaders());
    }

    void publish(String topic, byte[] key, byte[] value, Headers headers) {
        inputs.computeIfAbsent(
                        topic, t -> driver.createInputTopic(t, new ByteArraySerializer(), new ByteArraySerializer()))
                .pipeInput(new TestRecord<>(key, value, headers, nextArrival++));
    }

    /** What is published from now on arrives then, whatever the gate's clock says. */
    void arriving(Instant then) {
        nextArrival = then.toEpochMilli();
    }

    void advance(Duration time) {
        driver.advanceWallClockTime(time);
    }

    /** What was written to a topic since the last call, raw. */
    List<TestRecord<byte[], byte[]>> raw(String topic) {
        return driver.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .readRecordsToList();
    }

    /** The releases of a recipient since the last call. */
    public List<IndexedRecord> releases(String topic) {
        return raw(topic).stream()
                .map(record -> (IndexedRecord) assembly.generic().deserialize(topic, record.value()))
                .toList();
    }

    public List<AuditEntry> audit() {
        return raw(Topics.AUDIT).stream()
                .map(record -> (AuditEntry) assembly.specific().deserialize(Topics.AUDIT, record.value()))
                .toList();
    }

    AuditEntry lastAudit() {
        List<AuditEntry> entries = audit();
        return entries.get(entries.size() - 1);
    }

    List<Quarantined> quarantine() {
        return raw(Topics.QUARANTINE).stream()
                .map(record -> (Quarantined) assembly.specific().deserialize(Topics.QUARANTINE, record.value()))
                .toList();
    }

    <V> KeyValueStore<String, V> store(String name) {
        return driver.getKeyValueStore(name);
    }

    @Override
    public void close() {
        driver.close();
        try {
            Utils.delete(directory.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
