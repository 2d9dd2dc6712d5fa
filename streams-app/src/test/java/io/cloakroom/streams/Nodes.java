package io.cloakroom.streams;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * Three Kafka nodes, each a process of its own, so that one can be killed. Every record has two copies before it is
 * acknowledged. Gates reach them through links that can be cut, each through its own; everybody else directly.
 */
final class Nodes implements AutoCloseable {

    private static final int COUNT = 3;
    private static final String HOST = "127.0.0.1:";

    private final Path directory;
    private final List<Process> nodes = new ArrayList<>();
    private final List<Properties> settings = new ArrayList<>();
    private final Map<String, List<Link>> links = new TreeMap<>();

    private Nodes(Path directory) {
        this.directory = directory;
    }

    static Nodes start(Path directory, List<String> gates) throws IOException {
        Nodes all = new Nodes(Files.createDirectories(directory));
        List<Integer> controllers = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            controllers.add(EmbeddedBroker.freePort());
        }
        String voters = IntStream.range(0, COUNT)
                .mapToObj(i -> (i + 1) + "@" + HOST + controllers.get(i))
                .collect(Collectors.joining(","));
        Uuid cluster = Uuid.randomUuid();
        for (int i = 0; i < COUNT; i++) {
            Path data = directory.resolve("node-" + (i + 1));
            Properties node = EmbeddedBroker.settings(data, EmbeddedBroker.freePort(), controllers.get(i));
            node.putAll(Map.of(
                    "node.id", Integer.toString(i + 1),
                    "controller.quorum.voters", voters,
                    "default.replication.factor", "3",
                    "min.insync.replicas", "2",
                    "offsets.topic.replication.factor", "3",
                    "transaction.state.log.replication.factor", "3",
                    "transaction.state.log.min.isr", "2"));
            for (String gate : gates) {
                int port = EmbeddedBroker.freePort();
                Link link = new Link(port);
                all.links.computeIfAbsent(gate, name -> new ArrayList<>()).add(link);
                add(node, "listeners", gate + "://" + HOST + port);
                add(node, "advertised.listeners", gate + "://" + HOST + link.port());
                add(node, "listener.security.protocol.map", gate + ":PLAINTEXT");
            }
            // A dead node is missed after 2 s instead of 9.
            node.putAll(Map.of(
                    "broker.session.timeout.ms", "2000",
                    "broker.heartbeat.interval.ms", "300",
                    "controller.quorum.fetch.timeout.ms", "1000",
                    "controller.quorum.election.timeout.ms", "500"));
            all.settings.add(node);
            EmbeddedBroker.format(data, node, cluster);
            all.nodes.add(all.fork(i));
        }
        return all;
    }

    private static void add(Properties node, String key, String more) {
        node.setProperty(key, node.getProperty(key) + "," + more);
    }

    private Process fork(int i) throws IOException {
        Path file = directory.resolve("node-" + (i + 1) + ".properties");
        try (Writer out = Files.newBufferedWriter(file)) {
            settings.get(i).store(out, null);
        }
        return Forked.java(directory.resolve("node-" + (i + 1) + ".log"), "-Xmx320m", "kafka.Kafka", file.toString());
    }

    String bootstrapServers() {
        return settings.stream()
                .map(node -> node.getProperty("advertised.listeners").replaceAll("CLIENT://([^,]*),.*", "$1"))
                .collect(Collectors.joining(","));
    }

    String linkedServers(String gate) {
        return links.get(gate).stream().map(link -> HOST + link.port()).collect(Collectors.joining(","));
    }

    void kill(int i) throws InterruptedException {
        nodes.get(i).destroyForcibly().waitFor();
    }

    void startAgain(int i) throws IOException {
        nodes.set(i, fork(i));
    }

    void cutLinks(List<String> gates) {
        gates.forEach(gate -> links.get(gate).forEach(Link::cut));
    }

    void mendLinks(List<String> gates) {
        gates.forEach(gate -> links.get(gate).forEach(Link::mend));
    }

    @Override
    public void close() {
        links.values().forEach(its -> its.forEach(Link::close));
        nodes.forEach(Process::destroyForcibly);
        for (Process node : nodes) {
            try {
                node.waitFor(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
