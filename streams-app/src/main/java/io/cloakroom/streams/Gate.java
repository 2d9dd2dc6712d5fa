package io.cloakroom.streams;

import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.gate.Forgetting;
import io.cloakroom.streams.gate.GateParts;
import io.cloakroom.streams.gate.GateTopology;
import io.cloakroom.streams.gate.Topics;
import io.cloakroom.streams.operations.Health;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.LagInfo;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance of the gate. It does not start unless everything that it needs is there and right. */
public final class Gate implements Health, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    /** Room in a batch for what Kafka adds to a single record, in bytes. */
    private static final int RECORD_OVERHEAD = 256;

    /** What a client can be told to send at once, with room to spare, in bytes. */
    private static final int LONGEST_REQUEST = 1 << 30;

    /**
     * From a broker at once, in bytes. A consumer asks a broker for nothing while it has records of it left (KAFKA-17182), so
     * a refusal waits until the events are decided that were fetched before it.
     */
    private static final int FETCHED_AHEAD = 128 * 1024;

    private static final String DEFAULT_APPLICATION_ID = "cloakroom-gate";

    private final KafkaStreams streams;
    private final PrometheusMeterRegistry meters;
    private final KafkaStreamsMetrics streamsMeters;
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Gate(KafkaStreams streams, PrometheusMeterRegistry meters) {
        this.streams = streams;
        this.meters = meters;
        streamsMeters = new KafkaStreamsMetrics(streams);
        streamsMeters.bindTo(meters);
        new JvmMemoryMetrics().bindTo(meters);
        new ProcessorMetrics().bindTo(meters);
        Gauge.builder("cloakroom.ready", this, gate -> gate.notReady().isEmpty() ? 1 : 0)
                .description("1 while the gate decides with all of its state")
                .register(meters);
        streams.setUncaughtExceptionHandler(e -> {
            // Nothing is committed: another instance, or the next start, takes the records again.
            failure.compareAndSet(null, e);
            LOG.atError().addKeyValue("why", e.getClass().getName()).log("gate fails");
            // What Streams closes of itself stays a member of its group, and its partitions wait for its session's end.
            if (!streams.state().isShuttingDown()) { // whoever closes it waits for this thread
                close(Duration.ZERO);
            }
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            LOG.atInfo().addKeyValue("state", now).log("gate");
            if (now == KafkaStreams.State.RUNNING || now.hasCompletedShutdown()) {
                running.countDown();
            }
            if (now.hasCompletedShutdown()) {
                ended.countDown();
            }
        });
    }

    /** Why the gate does not start: every reason, a line each. */
    public static final class NotReadyException extends Exception {
        private static final long serialVersionUID = 1L;

        NotReadyException(List<String> problems) {
            super(String.join("\n", problems));
        }
    }

    /** @throws NotReadyException with every missing topic, schema and key, and everything that is not as it must be */
    public static Gate start(Settings settings, Blueprint blueprint)
            throws NotReadyException, ExecutionException, InterruptedException {
        return start(settings, blueprint, Forgetting.EVERY);
    }

    /** @param forgets at least as often is the state written anew, without what was deleted */
    static Gate start(Settings settings, Blueprint blueprint, Duration forgets)
            throws NotReadyException, ExecutionException, InterruptedException {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        GateParts parts = check(settings, blueprint, meters);
        Gate gate = new Gate(
                new KafkaStreams(GateTopology.of(parts, forgets), streamsConfig(settings, parts, blueprint)), meters);
        LOG.atInfo()
                .addKeyValue("group", group(settings))
                .addKeyValue("partitions", parts.partitions())
                .addKeyValue(
                        "policies",
                        blueprint.history().versions().stream()
                                .map(Policy::version)
                                .toList())
                .log("gate starts");
        gate.streams.start();
        return gate;
    }

    private static GateParts check(Settings settings, Blueprint blueprint, MeterRegistry meters)
            throws NotReadyException, ExecutionException, InterruptedException {
        SchemaRegistry registry = SchemaRegistry.connect(settings.client());
        List<String> problems = new ArrayList<>();
        Pseudonyms pseudonyms = null;
        try {
            pseudonyms = Pseudonyms.load(settings.keyFiles(), blueprint.keyNames());
        } catch (KeysMissingException e) {
            problems.add(e.getMessage());
            problems.add("make the missing keys with: cloakroom keys create");
        }
        try (Admin admin = Admin.create(settings.client())) {
            Provisioning provisioning = new Provisioning(admin, registry, blueprint);
            Provisioning.Plan plan = provisioning.plan();
            problems.addAll(plan.wrong());
            plan.missing().forEach(topic -> problems.add("topic " + topic.name() + " is missing"));
            plan.unregistered().forEach(r -> problems.add("schema of " + r.subject() + " is not registered"));
            if (!plan.missing().isEmpty() || !plan.unregistered().isEmpty()) {
                problems.add("make what is missing with: cloakroom topics apply");
            }
            if (!problems.isEmpty()) {
                throw new NotReadyException(problems);
            }
            // Learnt by heart: from here on, an outage of the registry harms only what is registered later.
            blueprint.topics().stream()
                    .filter(TopicSpec::isInput)
                    .forEach(topic -> registry.versions(Topics.subject(topic.name())));
            Map<String, Integer> longest = provisioning.longestRecords();
            return new GateParts(
                    new Engine(blueprint.history()),
                    registry,
                    pseudonyms,
                    blueprint.schemas(),
                    blueprint.projections(),
                    plan.partitions(),
                    topic -> Math.min(longest.get(topic), LONGEST_REQUEST) - RECORD_OVERHEAD,
                    meters);
        }
    }

    private static Properties streamsConfig(Settings settings, GateParts parts, Blueprint blueprint) {
        int longest = blueprint.topics().stream()
                .mapToInt(topic -> parts.longestRelease().applyAsInt(topic.name()))
                .max()
                .orElseThrow();
        Map<String, Object> config = streams(settings);
        // Compression never makes a record longer than this on its way.
        config.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), longest + 2 * RECORD_OVERHEAD);
        Properties properties = new Properties();
        properties.putAll(config);
        return properties;
    }

    /** The group in which instances with these settings share the partitions. */
    public static String group(Settings settings) {
        return streams(settings).get(StreamsConfig.APPLICATION_ID_CONFIG).toString();
    }

    /** What Streams runs with, but for what follows from the topics. */
    static Map<String, Object> streams(Settings settings) {
        Map<String, Object> config = new HashMap<>(Map.of(
                StreamsConfig.APPLICATION_ID_CONFIG,
                DEFAULT_APPLICATION_ID,
                StreamsConfig.GROUP_PROTOCOL_CONFIG,
                "classic",
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                100,
                StreamsConfig.MAX_TASK_IDLE_MS_CONFIG,
                100L,
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_BYTES_CONFIG),
                FETCHED_AHEAD,
                StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG),
                "lz4",
                // After a kill, readers wait this long for the transaction that was open.
                StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG),
                10_000));
        config.putAll(settings.client());
        if (config.get(StreamsConfig.GROUP_PROTOCOL_CONFIG).equals("classic")) {
            // How long the tasks of a killed instance wait, where nothing else is set.
            config.putIfAbsent(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
        }
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        return config;
    }

    /**
     * Waits until the gate decides.
     *
     * @throws IllegalStateException if it failed before
     */
    public void awaitRunning() throws InterruptedException {
        running.await();
        throwFailure();
    }

    /**
     * Waits until the gate has stopped.
     *
     * @throws IllegalStateException if it failed, with what it failed of
     */
    public void awaitEnd() throws InterruptedException {
        ended.await();
        throwFailure();
    }

    /** It failed, or was stopped: nothing starts a stream thread again. */
    @Override
    public Optional<String> dead() {
        KafkaStreams.State state = streams.state();
        return failure.get() != null || state.hasCompletedShutdown()
                ? Optional.of("the gate is " + state)
                : Optional.empty();
    }

    /** Streams calls itself running when every task that it has is restored, and not while partitions move. */
    @Override
    public Optional<String> notReady() {
        KafkaStreams.State state = streams.state();
        return state == KafkaStreams.State.RUNNING ? Optional.empty() : Optional.of("the gate is " + state);
    }

    @Override
    public String metrics() {
        return meters.scrape();
    }

    /** How far its copies of the state are behind, by store and partition; what it decides with is behind by nothing. */
    public Map<String, Map<Integer, LagInfo>> lags() {
        return streams.allLocalStorePartitionLags();
    }

    private void throwFailure() {
        Throwable cause = failure.get();
        if (cause != null) {
            throw new IllegalStateException("the gate stopped; nothing that it had not committed was released", cause);
        }
    }

    /** Stops and leaves the group, so that another instance takes over at once. */
    @Override
    public void close() {
        close(Duration.ofSeconds(30));
        streamsMeters.close();
    }

    private void close(Duration timeout) {
        streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(timeout));
    }
}
