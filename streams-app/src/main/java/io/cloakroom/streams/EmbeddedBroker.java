package io.cloakroom.streams;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * One Kafka node, broker and controller, inside this JVM, for the demo, a single machine and tests.
 *
 * <p>It speaks plaintext to 127.0.0.1 only and keeps one replica of everything: what stands in its directory is as safe
 * as that one disk.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final String HOST = "127.0.0.1";

    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 12_000;
    private static final AtomicInteger NEXT_PORT = new AtomicInteger(new Random().nextInt(PORTS));

    private final KafkaRaftServer server;
    private final String bootstrapServers;
    private final FileChannel lock;

    private EmbeddedBroker(KafkaRaftServer server, String bootstrapServers, FileChannel lock) {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
        this.lock = lock;
    }

    /**
     * Starts a broker and returns when it accepts clients.
     *
     * @param directory keeps everything that the broker knows; made and formatted if missing or empty, reused if an
     *     earlier broker formatted it
     * @param port of the listener for clients; 0 takes any free one
     * @throws BindException if the port is taken
     * @throws FileSystemException if the directory holds something else than a broker's data
     */
    public static EmbeddedBroker start(Path directory, int port) throws IOException {
        return start(directory, port, Map.of());
    }

    /** @param more settings of the broker, for a test that cannot wait */
    static EmbeddedBroker start(Path directory, int port, Map<String, String> more) throws IOException {
        FileChannel lock = lock(directory);
        try {
            return start(directory, port, more, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static EmbeddedBroker start(Path directory, int port, Map<String, String> more, FileChannel lock)
            throws IOException {
        int clientPort = port == 0 ? freePort() : free(port);
        int controllerPort = freePort();
        Properties settings = settings(directory, clientPort, controllerPort);
        settings.putAll(more);
        if (!isFormatted(directory)) {
            format(directory, settings, Uuid.randomUuid());
        }
        KafkaRaftServer server = null;
        try {
            server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
            server.startup();
        } catch (RuntimeException e) {
            if (server != null) {
                server.shutdown();
                server.awaitShutdown();
            }
            throw new IOException("The broker in " + directory + " did not start: " + e.getMessage(), e);
        }
        return new EmbeddedBroker(server, HOST + ":" + clientPort, lock);
    }

    /** The value of {@code bootstrap.servers} for this broker. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Stops the broker and waits until its files are closed. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kafka's own lock comes too late: its controller has written to the log by then. */
    private static FileChannel lock(Path directory) throws IOException {
        Path beside = directory.resolveSibling(directory.getFileName() + ".lock");
        Files.createDirectories(directory.toAbsolutePath().getParent());
        FileChannel channel = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // In this very process: the same answer.
        }
        channel.close();
        throw new FileSystemException(
                directory.toString(), null, "is in use by another broker: stop that one, or choose another directory");
    }

    static Properties settings(Path directory, int clientPort, int controllerPort) {
        Properties settings = new Properties();
        settings.putAll(Map.of(
                "process.roles", "broker,controller",
                "node.id", "1",
                "controller.quorum.voters", "1@" + HOST + ":" + controllerPort,
                "listeners", "CLIENT://" + HOST + ":" + clientPort + ",CONTROLLER://" + HOST + ":" + controllerPort,
                "advertised.listeners", "CLIENT://" + HOST + ":" + clientPort,
                "listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name", "CLIENT",
                "controller.listener.names", "CONTROLLER",
                "log.dirs", directory.toAbsolutePath().toString(),
                "auto.create.topics.enable", "false"));
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "5");
        }
        settings.putAll(Map.of(
                "transaction.state.log.min.isr", "1",
                "share.coordinator.state.topic.min.isr", "1",
                "group.initial.rebalance.delay.ms", "0",
                "group.streams.initial.rebalance.delay.ms", "0",
                // An instance takes up its tasks at a heartbeat: by default, after 5 s.
                "group.streams.min.heartbeat.interval.ms", "500",
                "group.streams.heartbeat.interval.ms", "500",
                // The open transaction of a killed gate would block its readers for 10 s more by default.
                "transaction.abort.timed.out.transaction.cleanup.interval.ms", "500",
                // 128 MB of heap by default.
                "log.cleaner.dedupe.buffer.size", "2097152"));
        return settings;
    }

    /** Another each time, and below those that systems give to connections: seldom taken before somebody listens there. */
    static int freePort() throws IOException {
        for (int i = 0; i < PORTS; i++) {
            try {
                return free(FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS));
            } catch (BindException e) {
                // The next one.
            }
        }
        throw new BindException("No port of " + HOST + " from " + FIRST_PORT + " on is free.");
    }

    private static int free(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
            return port;
        } catch (BindException e) {
            BindException taken = new BindException(
                    "Port " + port + " of " + HOST + " is taken: stop what listens there, or choose another port.");
            taken.addSuppressed(e);
            throw taken;
        }
    }

    private static boolean isFormatted(Path directory) throws IOException {
        if (Files.exists(directory.resolve("meta.properties"))) {
            return true;
        }
        Files.createDirectories(directory);
        try (Stream<Path> content = Files.list(directory)) {
            if (content.findAny().isPresent()) {
                throw new FileSystemException(
                        directory.toString(),
                        null,
                        "is not empty and holds no broker's data: choose another directory");
            }
        }
        return false;
    }

    static void format(Path directory, Properties settings, Uuid cluster) throws IOException {
        Path file = Files.createTempFile("broker", ".properties");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            try (Writer writer = Files.newBufferedWriter(file)) {
                settings.store(writer, null);
            }
            String[] command = {"format", "-t", cluster.toString(), "-c", file.toString()};
            if (StorageTool.execute(command, out) != 0) {
                throw new FileSystemException(
                        directory.toString(), null, "was not formatted: " + said.toString(StandardCharsets.UTF_8));
            }
        } finally {
            Files.delete(file);
        }
    }
}
