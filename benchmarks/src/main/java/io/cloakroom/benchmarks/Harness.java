package io.cloakroom.benchmarks;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.policy.Policy;
import io.cloakroom.schemas.AvroConfig;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Runs the contenders in turn over one broker, each alone and in a process of its own that lives as long as the
 * measurement: what one of them does to the compiler or the heap harms no other, and its code is warm when it counts.
 */
final class Harness implements AutoCloseable {

    private static final String ORDERS = Topics.events(Load.TYPE);

    /** Without a single commit: then a contender has failed, and has said so on standard error. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Of the orders of a run; before that, caches and clients start. */
    private static final double SKIPPED = 0.2;

    private static final int HISTORY_PEOPLE = 80;
    private static final int ORDERS_OF_EACH = 5;
    private static final int MILLION = 1_000_000;

    private final Options options;
    private final Set<Contender> which;
    private final Path directory;
    private final Consumer<String> progress;
    private final Child broker;
    private final Settings settings;
    private final Blueprint blueprint;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AvroSerializer serializer = new AvroSerializer();
    private final Load load;
    private final Map<Contender, Child> contenders = new EnumMap<>(Contender.class);
    private int orders;

    /** @param which contenders it has; they get their processes when it is prepared */
    Harness(Options options, Set<Contender> which, Path directory, Consumer<String> progress) throws Exception {
        this.options = options;
        this.which = which;
        this.directory = directory;
        this.progress = progress;
        Path policies = BenchPolicy.write(
                options.policies(), directory.resolve("policy"), options.recipients(), options.rules());
        blueprint = Blueprint.load(policies);
        broker = BrokerProcess.start(directory, policies, options.partitions());
        settings = new Settings(broker.ask("settings"));
        admin = Admin.create(settings.client());
        Map<String, Object> config = new HashMap<>(settings.client());
        config.putAll(Map.of("compression.type", "lz4", "linger.ms", "1", "batch.size", "131072"));
        producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        Map<String, Object> registry = new HashMap<>(settings.client());
        registry.put(AvroConfig.AUTO_REGISTER, false);
        serializer.configure(registry, false);
        // Consents lie before it, and no grant may lie ahead.
        load = new Load(
                options.people(), Instant.now().minus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.MILLIS));
    }

    /**
     * @param states bytes on disk for each person
     * @param same releases that the gate and the idiomatic topology both made of the compared orders
     * @param written by each contender for one event: records and bytes, keys and values
     * @param pairs of each pair, what each contender did
     * @param profiles where the time of the gate and of the limit goes, if that was asked
     */
    record Measured(
            Map<Contender, Double> states,
            int same,
            Map<Contender, Written> written,
            List<Map<Contender, Run>> pairs,
            Map<Contender, Profile> profiles) {}

    record Written(double records, double bytes) {}

    static Measured measure(Options options, Path directory, Consumer<String> progress) throws Exception {
        try (Harness harness = new Harness(options, EnumSet.allOf(Contender.class), directory, progress)) {
            return harness.measure();
        }
    }

    private Measured measure() throws Exception {
        prepare();
        Comparison.Result comparison = compare();
        Map<Contender, Double> rates = new EnumMap<>(Contender.class);
        Map<Contender, Double> states = new EnumMap<>(Contender.class);
        for (Contender contender : Contender.values()) {
            progress.accept("warming up " + contender.id());
            try (Session session = new Session(contender)) {
                rates.put(contender, session.run().events());
            }
            states.put(contender, statePerPerson(contender));
        }
        List<Map<Contender, Run>> pairs = new ArrayList<>();
        Map<Contender, Written> written = new EnumMap<>(Contender.class);
        for (int pair = 0; pair < options.pairs(); pair++) {
            Map<Contender, Run> runs = new EnumMap<>(Contender.class);
            for (int i = 0; i < Contender.values().length; i++) {
                Contender contender = Contender.values()[(i + pair) % Contender.values().length];
                try (Session session = new Session(contender)) {
                    Run.Throughput full = session.run();
                    rates.put(contender, full.events());
                    // The limit is measured where the gate is, so that the difference is the gate's.
                    double half = rates.get(contender == Contender.PASS_THROUGH ? Contender.GATE : contender) / 2;
                    Run.Latency latency = session.latency(half);
                    Run run = new Run(full.without(session.idle()), latency);
                    runs.put(contender, run);
                    progress.accept(Report.line(pair + 1, contender, run));
                    if (pair == options.pairs() - 1) {
                        written.put(contender, session.written());
                    }
                }
            }
            pairs.add(runs);
        }
        return new Measured(states, comparison.same(), written, pairs, options.profile() ? profiles() : Map.of());
    }

    /** A recorder costs something: these runs are not counted. */
    private Map<Contender, Profile> profiles() throws Exception {
        Map<Contender, Profile> profiles = new EnumMap<>(Contender.class);
        for (Contender contender : List.of(Contender.PASS_THROUGH, Contender.GATE)) {
            progress.accept("profiling " + contender.id());
            try (Session session = new Session(contender)) {
                session.run(() -> session.process.ask("record"));
                session.process.ask("recorded");
            }
            profiles.put(contender, Profile.read(ContenderProcess.recordingOf(contender, directory)));
        }
        return profiles;
    }

    void prepare() throws Exception {
        List<NewTopic> topics = which.stream()
                .filter(contender -> contender != Contender.GATE)
                .flatMap(contender -> contender.outputs(blueprint).stream())
                .map(topic -> new NewTopic(topic, options.partitions(), (short) 1))
                .toList();
        admin.createTopics(topics).all().get();
        for (Contender contender : which) {
            contenders.put(contender, start(contender, directory));
        }
        progress.accept(String.format(Locale.ROOT, "publishing what %,d people said", options.people()));
        for (int person = 0; person < options.people(); person++) {
            publish(load.consents(person));
            if ((person + 1) % MILLION == 0) {
                progress.accept(String.format(Locale.ROOT, "published what %,d people said", person + 1));
            }
        }
        for (int person = options.people(); person < options.people() + HISTORY_PEOPLE; person++) {
            publish(load.history(person));
        }
        producer.flush();
    }

    /** @param home of its settings and its state */
    Child start(Contender contender, Path home) throws IOException {
        return start(contender, home, Map.of());
    }

    /** @param besides settings of this process only */
    Child start(Contender contender, Path home, Map<String, String> besides) throws IOException {
        Map<String, String> its = new HashMap<>(besides);
        its.putAll(Map.of(
                "application.id",
                contender.id(),
                "num.stream.threads",
                Integer.toString(options.threads()),
                "state.dir",
                home.resolve("state").toString()));
        return ContenderProcess.start(contender, settings.with(its), Files.createDirectories(home));
    }

    /** Of different histories first, then of those whose orders everybody gets: of these the pass-through takes its bytes. */
    private Comparison.Result compare() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        int histories = HISTORY_PEOPLE * ORDERS_OF_EACH;
        publish(IntStream.range(0, histories).mapToObj(i -> order(options.people() + i % HISTORY_PEOPLE, random)));
        publish(orders(Math.max(1_000, Math.min(10_000, options.records() / 10)), 1));
        readAll(Contender.GATE);
        readAll(Contender.IDIOMATIC);
        Comparison.Result result = Comparison.of(settings, blueprint);
        if (!result.differences().isEmpty() || result.same() == 0) {
            throw new IllegalStateException("the gate and the idiomatic topology released different records:\n"
                    + String.join("\n", result.differences()));
        }
        return result;
    }

    /** The gate reads what people said and as many orders as in a run; what it writes for them the pass-through copies. */
    void warmUp() throws Exception {
        publish(orders(Math.max(1_000, options.records()), 1));
        readAll(Contender.GATE);
        progress.accept("warming up " + Contender.PASS_THROUGH.id());
        try (Session session = new Session(Contender.PASS_THROUGH)) {
            session.run();
        }
    }

    private void readAll(Contender contender) throws Exception {
        progress.accept("what people said, and the first orders: " + contender.id());
        contenders.get(contender).ask("start");
        awaitRead(contender);
        contenders.get(contender).ask("stop");
    }

    /** Waits until all is read that is published, what people said first. */
    void awaitRead(Contender contender) throws Exception {
        AtomicLong millions = new AtomicLong(Long.MAX_VALUE);
        awaitCommitted(contender, ends(Topics.CONSENT_CHANGES), left -> {
            if (left / MILLION < millions.getAndSet(left / MILLION) && left >= MILLION) {
                progress.accept(String.format(Locale.ROOT, "%,d of that left to read: %s", left, contender.id()));
            }
        });
        awaitCommitted(contender, ends(ORDERS), left -> {});
    }

    /** Waits until the gate has read what is published of people. */
    void awaitRead(Left told) throws Exception {
        Map<TopicPartition, Long> events = ends(ORDERS);
        events.putAll(ends(Topics.events("cookie")));
        awaitCommitted(Contender.GATE, events, told);
    }

    /** With as much to do as it can, and nothing else. */
    Run.Throughput fullLoad(Contender contender) throws Exception {
        try (Session session = new Session(contender)) {
            Run.Throughput full = session.run();
            return full.without(session.idle());
        }
    }

    // One contender at work.

    private final class Session implements AutoCloseable {

        private final Contender contender;
        private final Child process;
        private final Map<TopicPartition, Long> outputsBefore = new HashMap<>();
        private int published;

        Session(Contender contender) throws Exception {
            this.contender = contender;
            this.process = contenders.get(contender);
            for (String topic : contender.outputs(blueprint)) {
                outputsBefore.putAll(ends(topic));
            }
            skipWhatOthersRead();
        }

        /**
         * Each contender has its own orders, equal in number and kind; what others had is not for it. What people said is
         * not for the pass-through: it would read it while its orders are counted.
         */
        private void skipWhatOthersRead() throws ExecutionException, InterruptedException {
            Map<TopicPartition, Long> ends = ends(ORDERS);
            if (contender == Contender.PASS_THROUGH) {
                ends.putAll(ends(Topics.CONSENT_CHANGES));
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            ends.forEach((partition, end) -> offsets.put(partition, new OffsetAndMetadata(end)));
            admin.alterConsumerGroupOffsets(contender.id(), offsets).all().get();
        }

        Run.Throughput run() throws Exception {
            return run(() -> Map.of());
        }

        /** @param begun is asked when the orders begin that are counted */
        Run.Throughput run(Callable<Map<String, String>> begun) throws Exception {
            publish(orders(options.records(), 2));
            published += options.records();
            process.ask("start");
            AtomicReference<Snapshot> first = new AtomicReference<>(new Snapshot(process, options.records()));
            awaitCommitted(contender, ends(ORDERS), left -> {
                boolean skipping = first.get().left == options.records();
                if (skipping && left <= options.records() * (1 - SKIPPED)) {
                    begun.call();
                    if (left > 0) {
                        first.set(new Snapshot(process, left));
                    }
                }
            });
            Snapshot last = new Snapshot(process, 0);
            long events = first.get().left;
            Usage usage = last.usage.since(first.get().usage);
            Usage brokers = last.broker.since(first.get().broker);
            return new Run.Throughput(
                    events / usage.seconds(),
                    usage.cpu() / 1e3 / events,
                    (double) usage.allocated() / events,
                    brokers.cpu() / 1e3 / events);
        }

        /** Processor seconds that it uses in a second in which nothing comes. */
        double idle() throws IOException, InterruptedException {
            Usage before = process.usage();
            Thread.sleep(1_000);
            Usage idle = process.usage().since(before);
            return idle.cpu() / 1e9 / idle.seconds();
        }

        Run.Latency latency(double rate) throws Exception {
            List<ProducerRecord<byte[], byte[]>> paced =
                    orders((int) (rate * options.pace()), 3).toList();
            published += paced.size();
            long countedFrom = System.currentTimeMillis() + options.pace() * 1_000L / 3;
            AtomicBoolean ended = new AtomicBoolean();
            CompletableFuture<List<Long>> latencies = CompletableFuture.supplyAsync(
                    () -> latencies(countedFrom, ended), task -> new Thread(task, "latency").start());
            long start = System.nanoTime();
            int sent = 0;
            while (sent < paced.size()) {
                long due = (long) ((System.nanoTime() - start) / 1e9 * rate);
                while (sent < Math.min(due, paced.size())) {
                    producer.send(paced.get(sent++));
                }
                Thread.sleep(1);
            }
            producer.flush();
            awaitCommitted(contender, ends(ORDERS), left -> {});
            Thread.sleep(500);
            ended.set(true);
            long[] sorted = Spread.sorted(latencies.get());
            return new Run.Latency(rate, Spread.percentile(sorted, 0.5), Spread.percentile(sorted, 0.99));
        }

        private List<Long> latencies(long countedFrom, AtomicBoolean ended) {
            List<Entry> entries = new ArrayList<>();
            try (KafkaConsumer<byte[], byte[]> consumer = Committed.consumer(settings)) {
                List<TopicPartition> partitions = Committed.partitions(consumer, contender.audit());
                consumer.assign(partitions);
                consumer.seekToEnd(partitions);
                partitions.forEach(consumer::position);
                while (!ended.get()) {
                    var records = consumer.poll(Duration.ofMillis(50));
                    long now = System.currentTimeMillis();
                    records.forEach(record -> entries.add(new Entry(record, now)));
                }
            }
            // Only now are they looked into: a reader that is busy with it would be late for the next.
            ToLongFunction<ConsumerRecord<byte[], byte[]>> orderArrived = orderArrived();
            List<Long> latencies = new ArrayList<>();
            for (Entry entry : entries) {
                long arrived = orderArrived.applyAsLong(entry.record());
                if (arrived >= countedFrom) {
                    latencies.add(entry.readAt() - arrived);
                }
            }
            return latencies;
        }

        private record Entry(ConsumerRecord<byte[], byte[]> record, long readAt) {}

        /** Streams gives a record the time of its input; the gate's entries have their own and name the input's. */
        private ToLongFunction<ConsumerRecord<byte[], byte[]>> orderArrived() {
            if (contender != Contender.GATE) {
                return ConsumerRecord::timestamp;
            }
            AvroDeserializer entries = new AvroDeserializer();
            Map<String, Object> config = new HashMap<>(settings.client());
            config.put(AvroConfig.SPECIFIC_READER, true);
            entries.configure(config, false);
            return record -> ((AuditEntry) entries.deserialize(record.topic(), record.value()))
                    .getArrivedAt()
                    .toEpochMilli();
        }

        /** @throws IllegalStateException unless there is one release of each order for each recipient, and one audit entry */
        Written written() {
            Map<String, Integer> records = new HashMap<>();
            long[] bytes = new long[1];
            Committed.read(settings, outputsBefore, record -> {
                records.merge(record.topic(), 1, Integer::sum);
                bytes[0] += record.serializedValueSize() + Math.max(0, record.serializedKeySize());
            });
            Map<String, Integer> expected =
                    contender.outputs(blueprint).stream().collect(Collectors.toMap(topic -> topic, topic -> published));
            if (!records.equals(expected)) {
                throw new IllegalStateException(
                        contender.id() + " wrote " + records + " records for " + published + " orders");
            }
            return new Written(expected.size(), (double) bytes[0] / published);
        }

        @Override
        public void close() throws IOException {
            process.ask("stop");
        }
    }

    /** What was used when so much was left. */
    private final class Snapshot {
        private final long left;
        private final Usage usage;
        private final Usage broker;

        Snapshot(Child process, long left) throws IOException {
            this.left = left;
            this.usage = process.usage();
            this.broker = Harness.this.broker.usage();
        }
    }

    // The broker.

    /** Of people at random, made as they are taken. */
    private Stream<ProducerRecord<byte[], byte[]>> orders(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, count).mapToObj(i -> order(random.nextInt(load.people()), random));
    }

    ProducerRecord<byte[], byte[]> order(int person, SplittableRandom random) {
        return record(ORDERS, Load.person(person), load.order(person, orders++, random));
    }

    ProducerRecord<byte[], byte[]> record(String topic, String key, IndexedRecord value) {
        return new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), serializer.serialize(topic, value));
    }

    private void publish(List<ConsentChange> changes) {
        changes.forEach(change -> send(record(Topics.CONSENT_CHANGES, change.getSubject(), change)));
    }

    private void publish(Stream<ProducerRecord<byte[], byte[]>> records) {
        records.forEach(this::send);
        producer.flush();
    }

    void send(ProducerRecord<byte[], byte[]> record) {
        producer.send(record, (metadata, error) -> {
            if (error != null) {
                progress.accept("not published: " + error.getMessage());
            }
        });
    }

    /** @return where it lies and since when, when it does */
    Future<RecordMetadata> publish(String topic, String key, IndexedRecord value) {
        return producer.send(record(topic, key, value));
    }

    private Map<TopicPartition, Long> ends(String topic) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (int p = 0; p < options.partitions(); p++) {
            latest.put(new TopicPartition(topic, p), OffsetSpec.latest());
        }
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(latest).all().get().forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    /** Looks every few milliseconds how much is left, which it tells. */
    private void awaitCommitted(Contender contender, Map<TopicPartition, Long> ends, Left told) throws Exception {
        long before = Long.MAX_VALUE;
        long left = Long.MAX_VALUE;
        Instant deadline = Instant.MAX;
        while (left > 0) {
            left = left(contender, ends);
            told.records(left);
            if (left < before) {
                before = left;
                deadline = Instant.now().plus(PATIENCE);
            } else if (Instant.now().isAfter(deadline)) {
                throw new IllegalStateException(contender.id() + " has stopped with " + left + " records before it");
            }
            Thread.sleep(10);
        }
    }

    private long left(Contender contender, Map<TopicPartition, Long> ends)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(contender.id())
                .partitionsToOffsetAndMetadata()
                .get();
        long left = 0;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            OffsetAndMetadata done = committed.get(end.getKey());
            left += end.getValue() - (done == null ? 0 : done.offset());
        }
        return left;
    }

    interface Left {
        void records(long left) throws Exception;
    }

    /** Bytes on disk; what it has is there after a stop. */
    double statePerPerson(Contender contender) throws IOException {
        Path state = directory.resolve("state").resolve(contender.id());
        if (!Files.exists(state)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(state)) {
            long bytes = files.filter(f -> f.toString().endsWith(".sst"))
                    .mapToLong(f -> f.toFile().length())
                    .sum();
            return (double) bytes / options.people();
        }
    }

    /** How often the policy allows a recipient a purpose for a type of event. */
    int rules() {
        List<Policy> versions = blueprint.history().versions();
        return versions.get(versions.size() - 1).events().values().stream()
                .flatMap(event -> event.accesses().stream())
                .mapToInt(access -> access.purposes().size())
                .sum();
    }

    Settings settings() {
        return settings;
    }

    Blueprint blueprint() {
        return blueprint;
    }

    Load load() {
        return load;
    }

    /** The number of the next order. */
    int nextOrder() {
        return orders;
    }

    void ask(Contender contender, String question) throws IOException {
        contenders.get(contender).ask(question);
    }

    @Override
    public void close() {
        contenders.values().forEach(Child::close);
        producer.close();
        admin.close();
        broker.close();
    }
}
