package io.cloakroom.benchmarks;

import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Cloakroom;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import jdk.jfr.Recording;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.LagInfo;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** One contender in a process of its own, which is kept: it is started and stopped in it, so that its code stays warm. */
final class ContenderProcess {

    private ContenderProcess() {}

    static Child start(Contender contender, Settings settings, Path directory) throws IOException {
        Path file = directory.resolve(contender.id() + ".properties");
        Properties properties = new Properties();
        properties.putAll(settings.all());
        try (var out = Files.newBufferedWriter(file)) {
            properties.store(out, null);
        }
        return Child.start(ContenderProcess.class, List.of(contender.name(), file.toString()));
    }

    /** Arguments: contender, file of settings. */
    public static void main(String[] args) throws Exception {
        Cloakroom.formatFast();
        Contender contender = Contender.valueOf(args[0]);
        Settings settings = Settings.read(Path.of(args[1]));
        Blueprint blueprint = Blueprint.load(settings.policies());
        Running[] running = new Running[1];
        Recording[] recording = new Recording[1];
        Child.serve(question -> {
            switch (question) {
                case "start" -> running[0] = run(contender, settings, blueprint);
                case "stop" -> running[0].close().run();
                case "lag" -> {
                    return lag(running[0].lags().get());
                }
                case "record" -> recording[0] = Profile.start();
                case "recorded" -> {
                    recording[0].dump(recordingOf(contender, Path.of(args[1]).getParent()));
                    recording[0].close();
                }
                default -> throw new IllegalArgumentException(question);
            }
            return "";
        });
        System.exit(0);
    }

    static Path recordingOf(Contender contender, Path directory) {
        return directory.resolve(contender.id() + ".jfr");
    }

    /** Of how many partitions all stores are there, copies included, and how many records the worst of them is behind. */
    private static String lag(Map<String, Map<Integer, LagInfo>> stores) {
        int partitions = stores.values().stream().mapToInt(Map::size).min().orElse(0);
        long lag = stores.values().stream()
                .flatMap(store -> store.values().stream())
                .mapToLong(LagInfo::offsetLag)
                .max()
                .orElse(0);
        return "partitions=" + partitions + "\tlag=" + lag;
    }

    private record Running(Supplier<Map<String, Map<Integer, LagInfo>>> lags, Runnable close) {}

    private static Running run(Contender contender, Settings settings, Blueprint blueprint) throws Exception {
        if (contender == Contender.GATE) {
            Gate gate = Gate.start(settings, blueprint);
            gate.awaitRunning();
            return new Running(gate::lags, gate::close);
        }
        Topology topology = contender == Contender.PASS_THROUGH
                ? PassThrough.topology(settings, blueprint)
                : Idiomatic.topology(settings, blueprint);
        KafkaStreams streams = new KafkaStreams(topology, asTheGate(settings));
        CountDownLatch ready = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING || now.hasCompletedShutdown()) {
                ready.countDown();
            }
        });
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        ready.await();
        return new Running(
                streams::allLocalStorePartitionLags,
                () -> streams.close(
                        CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                                .withTimeout(Duration.ofSeconds(30))));
    }

    /** The settings that the gate gives itself. */
    private static Properties asTheGate(Settings settings) {
        Properties config = new Properties();
        config.putAll(Map.of(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                StreamsConfig.EXACTLY_ONCE_V2,
                StreamsConfig.GROUP_PROTOCOL_CONFIG,
                "classic",
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                100,
                StreamsConfig.MAX_TASK_IDLE_MS_CONFIG,
                100L,
                StreamsConfig.mainConsumerPrefix("fetch.max.bytes"),
                128 * 1024,
                StreamsConfig.producerPrefix("compression.type"),
                "lz4",
                StreamsConfig.producerPrefix("transaction.timeout.ms"),
                10_000,
                StreamsConfig.consumerPrefix("auto.offset.reset"),
                "earliest"));
        config.putAll(settings.client());
        return config;
    }
}
