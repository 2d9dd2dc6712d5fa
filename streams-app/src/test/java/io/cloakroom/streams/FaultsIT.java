package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.schemas.EmbeddedRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Machines die while input flows: three nodes and two gates, each a process of its own. After each fault every input has its
 * entry, once; every release is told of, once; the chains are whole.
 *
 * <p>{@code mvn -Ptorture -pl streams-app -am -Dtest=NONE -Dit.test=FaultsIT -Dsurefire.failIfNoSpecifiedTests=false
 * -Dfailsafe.failIfNoSpecifiedTests=false verify} does all of it, with 50 kills, and writes {@code docs/faults.md}.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsIT {

    private static final String TORTURE = "cloakroom.torture";
    private static final int KILLS = Boolean.getBoolean(TORTURE) ? 50 : 2;

    private static final int PARTITIONS = 4;
    private static final List<String> NAMES = List.of("one", "two");

    /**
     * From an input's arrival to its decision, whatever happens; a frozen or cut-off gate holds back its transaction too. In
     * every build other things run beside it.
     */
    private static final Duration RECOVERED = Duration.ofSeconds(Boolean.getBoolean(TORTURE) ? 30 : 90);

    @TempDir
    static Path directory;

    private final List<String> report = new ArrayList<>();
    private final List<Process> gates = new ArrayList<>();
    private Nodes nodes;
    private EmbeddedRegistry registry;
    private Cluster cluster;
    private Traffic traffic;

    @BeforeAll
    void start() throws Exception {
        nodes = Nodes.start(directory.resolve("nodes"));
        startRegistry(0);
        Blueprint blueprint = Blueprint.load(Cluster.SMALL_POLICY);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", nodes.bootstrapServers()))) {
            Cluster.await("three nodes")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> admin.describeCluster().nodes().get().size() == 3);
        }
        Settings settings = Embedded.provision(
                directory,
                Cluster.SMALL_POLICY.toAbsolutePath(),
                blueprint,
                nodes.bootstrapServers(),
                registry.url(),
                PARTITIONS,
                (short) 3);
        cluster = new Cluster(settings, blueprint, nodes::close);
        traffic = new Traffic();
        for (String name : NAMES) {
            gates.add(fork(name));
        }
        cluster.awaitMembersWithTasks(2);
        traffic.start();
    }

    @AfterAll
    void stop() throws Exception {
        traffic.end();
        for (Process gate : gates) {
            gate.destroyForcibly().waitFor();
        }
        cluster.close();
        registry.close();
        if (Boolean.getBoolean(TORTURE)) {
            Files.writeString(Path.of("..", "docs", "faults.md"), """
                    # What was done to the gate, and how long inputs waited

                    Made by `FaultsIT`: three nodes, two gates with a standby each, %d partitions, all on one machine; a dead
                    member is missed after %d s. After each line every input had one entry, every release was told of once,
                    and the chains were whole. The time is the longest from an input's arrival to its decision.

                    | fault | times | longest wait |
                    |---|---:|---:|
                    %s
                    """.formatted(
                            PARTITIONS, Cluster.SESSION.toSeconds(), String.join("\n", report)));
        }
    }

    /** Whoever died has to be there for the next fault. */
    @AfterEach
    void mend() throws Exception {
        traffic.goOn();
        for (int i = 0; i < gates.size(); i++) {
            if (!gates.get(i).isAlive()) {
                gates.set(i, fork(NAMES.get(i)));
            }
        }
        cluster.awaitMembers(2);
    }

    @Test
    void shouldSurviveTheKillingOfOneOfTwoGates() throws Exception {
        after("kill −9 of one of two gates", KILLS, i -> {
            int victim = atWork();
            kill(victim);
            cluster.awaitMembers(1);
            gates.set(victim, fork(NAMES.get(victim)));
            cluster.awaitMembers(2);
        });
    }

    @Test
    void shouldSurviveTheKillingOfOneOfThreeNodes() throws Exception {
        after("kill −9 of one of three nodes", Math.min(KILLS, 6) / 2, i -> {
            nodes.kill(i % 3);
            traffic.awaitMore(300);
            nodes.startAgain(i % 3);
            traffic.awaitMore(300);
        });
    }

    /** Until it is woken it believes that its partitions are its own. */
    @Test
    void shouldFenceAGateThatWasFrozen() throws Exception {
        after("a gate frozen past its session, then woken", 1, i -> {
            Process frozen = gates.get(atWork());
            signal("STOP", frozen);
            cluster.awaitMembers(1);
            traffic.awaitMore(300);
            signal("CONT", frozen);
            traffic.awaitMore(300);
        });
    }

    @Test
    void shouldSurviveANetworkThatIsCut() throws Exception {
        after("the network between gates and nodes cut for 3 s", 1, i -> {
            nodes.cutLinks();
            TimeUnit.SECONDS.sleep(3); // what is tried out is the time that passes
            nodes.mendLinks();
            traffic.awaitMore(300);
        });
    }

    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldSurviveARollingRestart() throws Exception {
        after("each gate stopped and started in turn", 2, i -> {
            gates.get(i).destroy();
            assertThat(gates.get(i).waitFor(40, TimeUnit.SECONDS)).isTrue();
            gates.set(i, fork(NAMES.get(i)));
            cluster.awaitMembers(2);
        });
    }

    /** A warm gate goes on; one that starts says what it lacks and ends. */
    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldSurviveARegistryThatIsDown() throws Exception {
        after("the registry down, a gate killed and started meanwhile", 1, i -> {
            int port = Integer.parseInt(registry.url().replaceAll(".*:", ""));
            registry.close();
            int victim = atWork();
            kill(victim);
            gates.set(victim, fork(NAMES.get(victim)));
            assertThat(gates.get(victim).waitFor(60, TimeUnit.SECONDS)).isTrue();
            traffic.awaitMore(300);
            startRegistry(port);
            gates.set(victim, fork(NAMES.get(victim)));
            cluster.awaitMembers(2);
        });
    }

    /** Stopped in good order, so that it would go on with what lies there. */
    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldSurviveAStateDirectoryThatIsCorrupt() throws Exception {
        after("the state of a stopped gate overwritten", 1, i -> {
            int victim = atWork();
            Path state = directory.resolve(NAMES.get(victim));
            gates.get(victim).destroy();
            assertThat(gates.get(victim).waitFor(40, TimeUnit.SECONDS)).isTrue();
            corrupt(state);
            gates.set(victim, fork(NAMES.get(victim)));
            traffic.awaitMore(300);
            if (gates.get(victim).waitFor(20, TimeUnit.SECONDS)) {
                delete(state); // as its operator would
                gates.set(victim, fork(NAMES.get(victim)));
            }
            cluster.awaitMembers(2);
        });
    }

    /** What is in memory goes on; when it has to be written, the gate ends, and does not start again before there is room. */
    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldSurviveADiskThatIsFull() throws Exception {
        int victim = atWork();
        gates.get(victim).destroy();
        assertThat(gates.get(victim).waitFor(40, TimeUnit.SECONDS)).isTrue();
        try (SmallDisk disk = SmallDisk.mount(directory.resolve(NAMES.get(victim)), 64)) {
            gates.set(victim, fork(NAMES.get(victim), disk.inside()));
            after("the disk of the state full, a gate stopped and started meanwhile", 1, i -> {
                disk.fill();
                traffic.awaitMore(300);
                gates.get(victim).destroy();
                assertThat(gates.get(victim).waitFor(40, TimeUnit.SECONDS)).isTrue();
                gates.set(victim, fork(NAMES.get(victim), disk.inside()));
                assertThat(gates.get(victim).waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(gates.get(victim).exitValue()).isNotZero();
                assertThat(directory.resolve(NAMES.get(victim) + ".properties.log"))
                        .content()
                        .contains("No space left on device");
                disk.empty();
                gates.set(victim, fork(NAMES.get(victim), disk.inside()));
                cluster.awaitMembers(2);
                traffic.awaitMore(300);
            });
            kill(victim); // its disk goes
        }
    }

    private interface Action {
        void run(int time) throws Exception;
    }

    private void after(String fault, int times, Action action) throws Exception {
        Instant begin = Instant.now();
        for (int i = 0; i < times; i++) {
            traffic.awaitMore(100);
            action.run(i);
        }
        traffic.pause();
        cluster.awaitEntriesOf(traffic.published(), Duration.ofSeconds(90));
        cluster.assertComplete();
        Duration longest = cluster.audit().stream()
                .map(Cluster.Entry::value)
                .filter(entry -> entry.getArrivedAt().isAfter(begin))
                .map(FaultsIT::waited)
                .max(Duration::compareTo)
                .orElseThrow();
        report.add("| %s | %d | %.1f s |".formatted(fault, times, longest.toMillis() / 1_000.0));
        System.out.println(report.get(report.size() - 1));
        assertThat(longest).isLessThan(RECOVERED);
    }

    private static Duration waited(AuditEntry entry) {
        return Duration.between(entry.getArrivedAt(), entry.getDecidedAt());
    }

    // What is done to processes and files.

    private Process fork(String name) throws IOException {
        return fork(name, List.of());
    }

    private Process fork(String name, List<String> before) throws IOException {
        Settings own = cluster.instance(directory, name).with(Map.of("bootstrap.servers", nodes.linkedServers()));
        return Forked.gate(own, directory.resolve(name + ".properties"), before);
    }

    /** One that decides: after a kill, the other may only be copying state. */
    private int atWork() {
        return NAMES.indexOf(cluster.awaitMembers(2).keySet().iterator().next());
    }

    private void kill(int gate) throws InterruptedException {
        gates.get(gate).destroyForcibly().waitFor();
    }

    private static void signal(String signal, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private void startRegistry(int port) throws IOException {
        registry = EmbeddedRegistry.builder()
                .port(port)
                .file(directory.resolve("registry.jsonl"))
                .start();
    }

    private static void corrupt(Path state) throws IOException {
        Random random = new Random(1);
        try (Stream<Path> files = Files.walk(state)) {
            for (Path file : files.filter(f -> f.toString().contains("rocksdb") && Files.isRegularFile(f))
                    .toList()) {
                byte[] noise = new byte[(int) Math.min(64, Files.size(file))];
                random.nextBytes(noise);
                Files.write(file, noise, StandardOpenOption.WRITE);
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    // What goes on meanwhile.

    /** Orders, views, consents and withdrawals of a few people, some hundred a second. */
    private final class Traffic {

        private final Thread thread = new Thread(this::run, "traffic");
        private final Random random = new Random(7);
        private volatile boolean isPaused;
        private volatile boolean hasEnded;
        private volatile int published;
        private volatile Throwable failure;

        void start() {
            thread.start();
        }

        int published() {
            return published;
        }

        /** Returns when nothing is on its way. */
        synchronized void pause() {
            isPaused = true;
        }

        void goOn() {
            isPaused = false;
        }

        /** Waits for this: time that passes, told by what is published. */
        void awaitMore(int count) {
            int before = published;
            Cluster.await(count + " more inputs").atMost(Duration.ofMinutes(1)).until(() -> {
                assertThat(failure).isNull();
                return published >= before + count;
            });
        }

        private void run() {
            try {
                while (!hasEnded) {
                    if (isPaused) {
                        TimeUnit.MILLISECONDS.sleep(10);
                        continue;
                    }
                    publishSome();
                    TimeUnit.MILLISECONDS.sleep(50);
                }
            } catch (Exception e) {
                failure = e;
            }
        }

        private synchronized void publishSome() throws Exception {
            if (!isPaused) {
                List<SpecificRecord> some =
                        Stream.generate(this::next).limit(20).toList();
                published += cluster.publishAll(some).size();
            }
        }

        private SpecificRecord next() {
            int person = random.nextInt(40);
            String customer = "customer:" + person;
            String cookie = "cookie:" + person;
            return switch (random.nextInt(8)) {
                case 0 -> Given.grown(customer);
                case 1 -> Given.analyticsConsent(cookie, ConsentKind.GRANT).build();
                case 2 ->
                    Given.analyticsConsent(cookie, random.nextInt(4) == 0 ? ConsentKind.WITHDRAWAL : ConsentKind.GRANT)
                            .build();
                case 3, 4 -> Given.order(customer).build();
                default -> Given.cookie(cookie, CookieCategory.ANALYTICS).build();
            };
        }

        void end() throws InterruptedException {
            hasEnded = true;
            thread.join();
        }
    }
}
