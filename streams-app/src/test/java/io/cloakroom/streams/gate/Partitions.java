package io.cloakroom.streams.gate;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Pseudonyms;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The gate's processors, one for each of a few partitions, without a broker and fast enough for many thousand histories.
 * Time passes when it is told to, and what one partition sends another arrives when it is asked for.
 */
public final class Partitions {

    private static final int COUNT = 3;
    /** In bytes. */
    private static final int LONGEST = 1_000_000;

    private final Assembly assembly;
    private final SecureRandom random;
    private final List<Task> tasks;
    private final List<Sent> sent = new ArrayList<>();
    private final List<Written> written = new ArrayList<>();
    private final Map<String, String> names = new HashMap<>();
    private long nextName;
    private long clock;

    /** What the gate wrote while it looked at somebody; at nobody in particular if only time passed. */
    public record Written(String about, String topic, int partition, byte[] key, byte[] value, long timestamp) {}

    /** Where an input record was put. */
    public record Put(String topic, int partition, long offset) {}

    private record Sent(String from, String to, int partition, byte[] value, long at) {}

    /**
     * @param keys a directory; those that are there already are taken
     * @param random of salts, and of the keys of what waits
     */
    public Partitions(Path policies, Path keys, SecureRandom random) {
        this(Assembly.of(policies, keys, COUNT, LONGEST), random);
    }

    private Partitions(Assembly assembly, SecureRandom random) {
        this.assembly = assembly;
        this.random = random;
        this.tasks = IntStream.range(0, COUNT).mapToObj(Task::new).toList();
    }

    /** Others with the same policies and keys. */
    public Partitions another(SecureRandom other) {
        return new Partitions(assembly, other);
    }

    /**
     * Nobody is known any more and nothing is on its way. The processors and their chains go on: to make them is a hundred
     * times as expensive as a record. So everybody has another {@link #name} from now on.
     */
    public void start(long now) {
        clock = now;
        sent.clear();
        written.clear();
        names.clear();
        tasks.forEach(Task::forget);
    }

    /** The subject key under which somebody goes since the start; in the partition of the one that is told. */
    public String name(String subject) {
        return names.computeIfAbsent(subject, this::newName);
    }

    private String newName(String subject) {
        while (true) {
            String name = subject + "." + nextName++;
            if (partition(name) == partition(subject)) {
                return name;
            }
        }
    }

    private static int partition(String subject) {
        return SubjectKey.partition(bytes(subject), COUNT);
    }

    /** Every partition is taken up anew from what is stored, as after a rebalance. */
    public void takeUpAgain() {
        tasks.forEach(Task::init);
    }

    public PolicyHistory policies() {
        return assembly.blueprint().history();
    }

    public Pseudonyms pseudonyms() {
        return assembly.parts().pseudonyms();
    }

    /** Everything since the start, in its order but for what the gate sent itself. */
    public List<Written> written() {
        return written;
    }

    /** As an instance of its generated class: of audit entries and recalls. */
    public Object read(Written record) {
        return assembly.specific().deserialize(record.topic(), record.value());
    }

    public IndexedRecord readAny(Written record) {
        return (IndexedRecord) assembly.generic().deserialize(record.topic(), record.value());
    }

    public Put publish(String topic, String subject, IndexedRecord value) {
        return publish(topic, subject, assembly.serializer().serialize(topic, value));
    }

    public Put publish(String topic, String subject, byte[] value) {
        return tasks.get(partition(subject)).process(topic, subject, value, clock);
    }

    /** Everything that was sent from one to the other arrives, in its order. */
    public void deliver(String from, String to) {
        List<Sent> due = sent.stream()
                .filter(s -> s.from().equals(from) && s.to().equals(to))
                .toList();
        sent.removeAll(due);
        due.forEach(s -> tasks.get(s.partition()).process(Topics.FORWARDS, to, s.value(), s.at()));
    }

    /** Everything that was sent arrives, and what follows from it. */
    public void settle() {
        while (!sent.isEmpty()) {
            deliver(sent.get(0).from(), sent.get(0).to());
        }
    }

    /** Time passes at once, as it does for a process that was stopped for so long. */
    public void pass(Duration time) {
        clock += time.toMillis();
        tasks.forEach(Task::look);
    }

    private static byte[] bytes(String subject) {
        return subject.getBytes(StandardCharsets.UTF_8);
    }

    /** One partition. */
    private final class Task extends MockProcessorContext<byte[], Outgoing> {

        private final KeyValueStore<String, byte[]> people;
        private final KeyValueStore<Bytes, byte[]> waiting;
        private final GateProcessor gate =
                new GateProcessor(assembly.parts(), GateTopology.betweenSigns(Forgetting.EVERY), random);
        private final int partition;
        private final Map<String, Long> offsets = new HashMap<>();
        private Punctuator punctuator;
        private long between;
        private long nextLook;

        Task(int partition) {
            super(config(), new TaskId(0, partition), Path.of("target").toFile());
            this.partition = partition;
            people = store(People.STORE, Serdes.String());
            waiting = store(Waiting.STORE, Serdes.Bytes());
            store(AuditChain.STORE, Serdes.Bytes());
            init();
        }

        private <K> KeyValueStore<K, byte[]> store(String name, Serde<K> keys) {
            KeyValueStore<K, byte[]> store = Stores.keyValueStoreBuilder(
                            Stores.inMemoryKeyValueStore(name), keys, Serdes.ByteArray())
                    .withLoggingDisabled()
                    .withCachingDisabled()
                    .build();
            store.init(getStateStoreContext(), store);
            addStateStore(store);
            return store;
        }

        void init() {
            gate.init(this);
        }

        void forget() {
            empty(people);
            empty(waiting);
            nextLook = clock + between;
        }

        Put process(String topic, String subject, byte[] value, long arrivedAt) {
            long offset = offsets.merge(topic, 0L, (last, first) -> last + 1);
            Input input = new Input(value);
            Input.FIRST.extract(
                    new ConsumerRecord<>(
                            topic,
                            partition,
                            offset,
                            arrivedAt,
                            TimestampType.LOG_APPEND_TIME,
                            0,
                            0,
                            null,
                            input,
                            new RecordHeaders(),
                            Optional.empty()),
                    0);
            setRecordMetadata(topic, partition, offset);
            gate.process(new Record<>(bytes(subject), input, arrivedAt));
            collect(subject);
            return new Put(topic, partition, offset);
        }

        void look() {
            if (clock >= nextLook) {
                nextLook += (clock - nextLook) / between * between + between;
                punctuator.punctuate(clock);
                collect("");
            }
        }

        @Override
        public long currentSystemTimeMs() {
            return clock;
        }

        @Override
        public Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback) {
            if (type != PunctuationType.WALL_CLOCK_TIME) {
                throw new IllegalArgumentException("only the wall clock is told the time here");
            }
            between = interval.toMillis();
            nextLook = clock + between;
            punctuator = callback;
            return () -> {};
        }

        private void collect(String about) {
            for (CapturedForward<? extends byte[], ? extends Outgoing> forward : forwarded()) {
                String topic = forward.childName()
                        .orElseThrow()
                        .substring(GateTopology.sink("").length());
                Record<? extends byte[], ? extends Outgoing> record = forward.record();
                Outgoing outgoing = record.value();
                if (topic.equals(Topics.FORWARDS)) {
                    String to = new String(record.key(), StandardCharsets.UTF_8);
                    sent.add(new Sent(about, to, outgoing.partition(), outgoing.value(), clock));
                }
                written.add(new Written(
                        about, topic, outgoing.partition(), record.key(), outgoing.value(), record.timestamp()));
            }
            resetForwards();
        }
    }

    private static Properties config() {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "partitions");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
        return config;
    }

    private static <K> void empty(KeyValueStore<K, byte[]> store) {
        List<K> keys = new ArrayList<>();
        try (KeyValueIterator<K, byte[]> rows = store.all()) {
            while (rows.hasNext()) {
                KeyValue<K, byte[]> row = rows.next();
                keys.add(row.key);
            }
        }
        keys.forEach(store::delete);
    }
}
