package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Meta;
import io.cloakroom.events.Order;
import io.cloakroom.events.OrderLine;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.schemas.EmbeddedRegistry;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
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
 * entry, once; every release is told of, once; the chains are whole and can be signed; and nobody was shown an event of a
 * person who had not agreed, or not shown one of somebody who had.
 *
 * <p>{@code mvn -Ptorture -pl streams-app -am -Dtest=NONE -Dit.test=FaultsIT -Dsurefire.failIfNoSpecifiedTests=false
 * -Dfailsafe.failIfNoSpecifiedTests=false verify} does all of it, with 50 kills and the gate's own settings, and writes {@code
 * docs/faults.md}.
 */
@Timeout(value = 40, unit = TimeUnit.MINUTES)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsIT {

    private static final String TORTURE = "cloakroom.torture";
    private static final boolean IS_LONG = Boolean.getBoolean(TORTURE);
    private static final int KILLS = IS_LONG ? 50 : 2;

    private static final int PARTITIONS = 4;
    private static final List<String> NAMES = List.of("one", "two");

    /**
     * From an input's arrival until an auditor sees its entry, whatever happens; a frozen or cut-off gate holds back its
     * transaction too. In every build other things run beside it.
     */
    private static final Duration RECOVERED = Duration.ofSeconds(IS_LONG ? 30 : 90);

    private static final Duration CAUGHT_UP = Duration.ofSeconds(90);

    @TempDir
    static Path directory;

    private final List<String> report = new ArrayList<>();
    private final List<Process> gates = new ArrayList<>();
    private Nodes nodes;
    private EmbeddedRegistry registry;
    private Cluster cluster;
    private Traffic traffic;
    private Watch watch;

    @BeforeAll
    void start() throws Exception {
        nodes = Nodes.start(directory.resolve("nodes"), NAMES);
        startRegistry(EmbeddedBroker.freePort());
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
        watch = new Watch();
        for (String name : NAMES) {
            gates.add(fork(name));
        }
        cluster.awaitMembersWithTasks(2);
        traffic.start();
        watch.start();
    }

    @AfterAll
    void stop() throws Exception {
        traffic.end();
        watch.end();
        for (Process gate : gates) {
            gate.destroyForcibly().waitFor();
        }
        NAMES.forEach(name -> assertOfNobody(log(name)));
        cluster.close();
        registry.close();
        long faults = Stream.of(FaultsIT.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .count();
        if (IS_LONG && report.size() == faults) {
            Files.writeString(Path.of("..", "docs", "faults.md"), """
                    # What was done to the gate, and how long inputs waited

                    Written by `FaultsIT` in `mvn -Ptorture verify`: three nodes, two gates with a standby each, %d
                    partitions, %d inputs in all, on one machine; the gate's own settings, so a dead instance is missed
                    after 10 s, and the transaction that it had open is given up after 10 to 20 s. After each line every
                    input had one entry, every release was told of once, the chains were whole and signed to their ends, and
                    each event was released exactly if the consent before it in its partition said so. The time is the
                    longest from an input's arrival until a reader of committed entries saw its entry; more than %d s fails
                    the run. [Operations](operations.md#when-something-fails) says what there is to wait for.

                    | fault | times | longest wait |
                    |---|---:|---:|
                    %s
                    """.formatted(
                            PARTITIONS, traffic.published(), RECOVERED.toSeconds(), String.join("\n", report)));
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

    /** The next kill comes when the last is made good: of a gate that is killed before it can catch up, no time can be stated. */
    @Test
    void shouldSurviveTheKillingOfOneOfTwoGates() throws Exception {
        after("kill −9 of one of two gates", KILLS, i -> {
            int victim = atWork(i);
            kill(victim);
            cluster.awaitMembers(1);
            gates.set(victim, fork(NAMES.get(victim)));
            cluster.awaitMembers(2);
            cluster.awaitEntriesOf(traffic.published(), CAUGHT_UP);
        });
        if (IS_LONG) { // some were killed in the middle of a transaction
            assertThat(cluster.raw(Topics.AUDIT))
                    .hasSizeGreaterThan(cluster.committed(Topics.AUDIT).size());
        }
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

    @Test
    void shouldFenceAGateThatWasFrozen() throws Exception {
        after("a gate frozen past its session, then woken", 2, i -> {
            assertJoinsAnew(
                    atWork(i),
                    i == 1,
                    gate -> signal("STOP", gates.get(gate)),
                    gate -> signal("CONT", gates.get(gate)));
        });
    }

    @Test
    void shouldFenceAGateThatWasCutOff() throws Exception {
        after("the network of one gate cut past its session", 1, i -> {
            assertJoinsAnew(
                    atWork(i),
                    false,
                    gate -> nodes.cutLinks(List.of(NAMES.get(gate))),
                    gate -> nodes.mendLinks(List.of(NAMES.get(gate))));
        });
    }

    @Test
    void shouldSurviveANetworkThatIsCut() throws Exception {
        after("the network between gates and nodes cut for 3 s", 1, i -> {
            nodes.cutLinks(NAMES);
            TimeUnit.SECONDS.sleep(1); // what is tried out is the time that passes
            int seen = watch.count();
            TimeUnit.SECONDS.sleep(2);
            assertThat(watch.count()).as("entries while it is cut").isEqualTo(seen);
            nodes.mendLinks(NAMES);
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

    /** A gate that runs goes on, with partitions that it never had; one that starts says what it lacks and ends. */
    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldSurviveARegistryThatIsDown() throws Exception {
        after("the registry down, a gate killed and started meanwhile", 1, i -> {
            int port = Integer.parseInt(registry.url().replaceAll(".*:", ""));
            registry.close();
            int victim = atWork(i);
            try {
                kill(victim);
                gates.set(victim, fork(NAMES.get(victim)));
                assertEnds(victim, "no schema registry answered");
                cluster.awaitEntriesOf(traffic.published(), CAUGHT_UP);
            } finally {
                startRegistry(port);
            }
            gates.set(victim, fork(NAMES.get(victim)));
            cluster.awaitMembers(2);
        });
    }

    /** Stopped in good order, so that it would go on with what lies there. */
    @Test
    void shouldSurviveAStateDirectoryThatIsCorrupt() throws Exception {
        after("the state of a stopped gate overwritten", 1, i -> {
            int victim = atWork(i);
            Path state = directory.resolve(NAMES.get(victim));
            gates.get(victim).destroy();
            assertThat(gates.get(victim).waitFor(40, TimeUnit.SECONDS)).isTrue();
            corrupt(state);
            gates.set(victim, fork(NAMES.get(victim)));
            assertEnds(victim, "Error opening store");
            delete(state); // as its operator would
            gates.set(victim, fork(NAMES.get(victim)));
            cluster.awaitMembers(2);
        });
    }

    /** What is in memory goes on; when it has to be written, the gate ends, and does not start again before there is room. */
    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldSurviveADiskThatIsFull() throws Exception {
        int victim = atWork(0);
        gates.get(victim).destroy();
        assertThat(gates.get(victim).waitFor(40, TimeUnit.SECONDS)).isTrue();
        try (SmallDisk disk = SmallDisk.mount(directory.resolve(NAMES.get(victim)), 512)) {
            gates.set(victim, fork(NAMES.get(victim), disk.inside()));
            cluster.awaitMembersWithTasks(2);
            after("the disk of the state full under a gate that runs, and when it is started again", 1, i -> {
                disk.fill();
                traffic.grow(); // until a store's 16 MB in memory have to be written
                assertEnds(victim, "No space left on device");
                traffic.goOn();
                gates.set(victim, fork(NAMES.get(victim), disk.inside()));
                assertEnds(victim, "No space left on device");
                disk.empty();
                gates.set(victim, fork(NAMES.get(victim), disk.inside()));
                cluster.awaitMembers(2);
                traffic.awaitMore(300);
            });
            kill(victim); // its disk goes
        }
    }

    private interface Action {
        void run(int which) throws Exception;
    }

    /** Until it hears of it, a gate that is missed believes that its partitions are its own, and what it had open. */
    private void assertJoinsAnew(int victim, boolean isGivenUp, Action harm, Action mend) throws Exception {
        String member;
        String open;
        try (Admin admin = cluster.admin()) {
            do { // nothing would be fenced of a gate that had none open
                mend.run(victim);
                cluster.awaitMembers(2);
                traffic.awaitMore(100);
                member = cluster.memberIds().get(NAMES.get(victim));
                harm.run(victim);
                open = stuck(admin, victim);
            } while (open.isEmpty());
            String its = open;
            cluster.awaitMembers(1);
            if (isGivenUp) {
                Cluster.await("what it had open is given up")
                        .until(() -> state(admin, its) == TransactionState.COMPLETE_ABORT);
            }
        } finally {
            mend.run(victim);
        }
        cluster.awaitMembers(2);
        assertThat(cluster.memberIds().get(NAMES.get(victim)))
                .as("it had to join anew")
                .isNotEqualTo(member);
        traffic.awaitMore(300);
    }

    /** The transaction that a gate which does nothing has open, if any: whoever works commits ten times a second. */
    private String stuck(Admin admin, int victim) throws Exception {
        Path state = directory.resolve(NAMES.get(victim)).resolve(Cluster.GROUP);
        String process = new ObjectMapper()
                .readTree(state.resolve("kafka-streams-process-metadata").toFile())
                .get("processId")
                .textValue();
        String its = admin.listTransactions().all().get().stream()
                .map(TransactionListing::transactionalId)
                .filter(id -> id.contains(process))
                .findFirst()
                .orElseThrow();
        int before = traffic.published();
        while (traffic.published() < before + 100) {
            if (state(admin, its) != TransactionState.ONGOING) {
                return "";
            }
        }
        return its;
    }

    private static TransactionState state(Admin admin, String transaction) throws Exception {
        return admin.describeTransactions(List.of(transaction))
                .description(transaction)
                .get()
                .state();
    }

    private void after(String fault, int times, Action action) throws Exception {
        Instant begin = Instant.now();
        for (int i = 0; i < times; i++) {
            traffic.awaitMore(100);
            action.run(i);
        }
        traffic.pause();
        cluster.awaitEntriesOf(traffic.published(), CAUGHT_UP);
        cluster.sign();
        cluster.assertSigned();
        List<AuditEntry> audit =
                cluster.audit().stream().map(Cluster.Entry::value).toList();
        assertReleasedAsPeopleSaid(audit);
        assertNobodyWaitsForWhatIsKnown(audit);
        Duration longest = watch.longest(begin);
        System.out.printf("| %s | %d | %.1f s |%n", fault, times, longest.toMillis() / 1_000.0);
        assertThat(longest).isLessThan(RECOVERED);
        report.add("| %s | %d | %.1f s |".formatted(fault, times, longest.toMillis() / 1_000.0));
    }

    /** From what was published alone: the audit and the releases are both the gate's. */
    private void assertReleasedAsPeopleSaid(List<AuditEntry> audit) {
        Map<String, Said> last = new HashMap<>();
        Set<String> held = new HashSet<>(); // cookies of which analytics has something
        int released = 0;
        int withheld = 0;
        int recalled = 0;
        for (AuditEntry value : audit) {
            Said said = traffic.said.get(place(value));
            if (said == null) {
                continue;
            }
            if (said.kind().isPresent()) {
                last.put(said.cookie(), said);
                if (said.kind().get() == ConsentKind.WITHDRAWAL && held.remove(said.cookie())) {
                    assertThat(value.getRecalls()).as("recall after %s", said).isNotEmpty();
                    recalled++;
                }
                continue;
            }
            boolean isReleased = Cluster.outcomes(value).get("analytics").startsWith("RELEASE");
            if (isReleased) {
                held.add(said.cookie());
            }
            Said consent = last.get(said.cookie());
            if (consent == null || consent.kind().get() != ConsentKind.GRANT) {
                assertThat(isReleased)
                        .as("release of %s after %s", said, consent)
                        .isFalse();
                withheld++;
            } else if (consent.at().isBefore(said.at())) { // of what was before it, it says nothing
                assertThat(isReleased)
                        .as("release of %s after %s", said, consent)
                        .isTrue();
                released++;
            }
        }
        assertThat(List.of(released, withheld, recalled)).allMatch(count -> count > 0);
    }

    private static Coordinates place(AuditEntry entry) {
        return new Coordinates(entry.getTopic(), entry.getPartition(), entry.getOffset());
    }

    /** An order that waited for its customer's age, and that is known now. */
    private void assertNobodyWaitsForWhatIsKnown(List<AuditEntry> audit) {
        Set<Coordinates> waited = new HashSet<>();
        Set<Coordinates> resolved = new HashSet<>();
        for (AuditEntry value : audit) {
            Coordinates place = place(value);
            if (value.getKind() == EntryKind.RESOLUTION) {
                resolved.add(place);
            } else if (traffic.known.contains(place)
                    && value.getDecisions().stream().anyMatch(d -> d.getOutcome() == Outcome.HOLD)) {
                waited.add(place);
            }
        }
        assertThat(waited).isNotEmpty();
        assertThat(resolved).as("decided since their customers are known").containsAll(waited);
    }

    // What is done to processes and files.

    private Process fork(String name) throws IOException {
        return fork(name, List.of());
    }

    private Process fork(String name, List<String> before) throws IOException {
        Settings own = (IS_LONG ? cluster.instance(directory, name) : cluster.impatient(directory, name))
                .with(Map.of("bootstrap.servers", nodes.linkedServers(name)));
        return Forked.gate(own, directory.resolve(name + ".properties"), before);
    }

    /** One that decides, another each time where both do: after a kill, the other may only be copying state. */
    private int atWork(int time) {
        List<String> names = List.copyOf(cluster.awaitMembers(2).keySet());
        return NAMES.indexOf(names.get(time % names.size()));
    }

    private void assertEnds(int gate, String why) throws Exception {
        assertThat(gates.get(gate).waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(gates.get(gate).exitValue()).isNotZero();
        Path log = log(NAMES.get(gate));
        assertThat(log).content().contains(why);
        assertOfNobody(log);
        Files.delete(log); // the next one's is new
    }

    private static Path log(String name) {
        return directory.resolve(name + ".properties.log");
    }

    /** Whatever went wrong, it was said without saying of whom. */
    private static void assertOfNobody(Path log) {
        assertThat(log).content().isNotEmpty().doesNotContain("customer:", "cookie:", "sku-1");
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

    /** A cookie's consent or, where there is no kind, an event of it. */
    private record Said(String cookie, Optional<ConsentKind> kind, Instant at) {}

    /** Orders, views, consents and withdrawals of a few people, two hundred a second. */
    private final class Traffic {

        private static final int AT_ONCE = 20;
        private static final String LONG = "Silk scarf ".repeat(10_000);

        private static final String NEW = "customer:new-";

        /** So many wait at a time. */
        private static final int NEWCOMERS = 40;

        private final Map<Coordinates, Said> said = new ConcurrentHashMap<>();
        private final Map<String, Coordinates> orders = new HashMap<>(); // of new customers
        private final Set<Coordinates> known = ConcurrentHashMap.newKeySet(); // those whose customers said it
        private final Deque<String> newcomers = new ArrayDeque<>();
        private int newest;
        private final Thread thread = new Thread(this::run, "traffic");
        private final Random random = new Random(7);
        private Instant lastConsent = Instant.EPOCH;
        private volatile boolean isPaused;
        private volatile boolean isHeavy;
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
            isHeavy = false;
        }

        /** Every other one is 110 kB that wait for somebody's age. */
        void grow() {
            isHeavy = true;
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
                    TimeUnit.MILLISECONDS.sleep(100);
                }
            } catch (Exception e) {
                failure = e;
            }
        }

        private synchronized void publishSome() throws Exception {
            if (isPaused) {
                return;
            }
            List<SpecificRecord> some =
                    Stream.generate(this::next).limit(AT_ONCE).toList();
            List<RecordMetadata> places = cluster.publishAll(some);
            for (int i = 0; i < some.size(); i++) {
                RecordMetadata place = places.get(i);
                Coordinates at = new Coordinates(place.topic(), place.partition(), place.offset());
                said(some.get(i)).ifPresent(it -> said.put(at, it));
                if (some.get(i) instanceof Order order
                        && order.getMeta().getSubject().startsWith(NEW)) {
                    orders.put(order.getMeta().getSubject(), at);
                } else if (some.get(i) instanceof ConsentChange change && orders.containsKey(change.getSubject())) {
                    known.add(orders.remove(change.getSubject()));
                }
            }
            published += places.size();
        }

        private static Optional<Said> said(SpecificRecord record) {
            if (record instanceof Cookie view) {
                Meta meta = view.getMeta();
                return Optional.of(new Said(meta.getSubject(), Optional.empty(), meta.getOccurredAt()));
            }
            return record instanceof ConsentChange change && change.getPurpose() != null
                    ? Optional.of(new Said(change.getSubject(), Optional.of(change.getKind()), change.getOccurredAt()))
                    : Optional.empty();
        }

        private SpecificRecord next() {
            int person = random.nextInt(40);
            String customer = "customer:" + person;
            String cookie = "cookie:" + person;
            if (isHeavy && random.nextBoolean()) {
                return Given.order("customer:unknown-" + random.nextInt())
                        .setLines(List.of(new OrderLine("sku-1", LONG, 1, 129_00L)))
                        .build();
            }
            return switch (random.nextInt(9)) {
                case 8 -> newcomer();
                case 0 -> Given.grown(customer);
                case 1 -> consent(cookie, ConsentKind.GRANT);
                case 2 -> consent(cookie, random.nextInt(4) == 0 ? ConsentKind.WITHDRAWAL : ConsentKind.GRANT);
                case 3, 4 -> Given.order(customer).build();
                default -> Given.cookie(cookie, CookieCategory.ANALYTICS).build();
            };
        }

        /** An order of somebody new, or the age of somebody who ordered a while ago. */
        private SpecificRecord newcomer() {
            if (newcomers.size() == NEWCOMERS) {
                return Given.grown(newcomers.remove());
            }
            newcomers.add(NEW + newest++);
            return Given.order(newcomers.getLast()).build();
        }

        /** No two in the same millisecond, so that each counts from the next on; none in the future. */
        private ConsentChange consent(String cookie, ConsentKind kind) {
            Instant now = Given.now().minusMillis(100);
            lastConsent = now.isAfter(lastConsent) ? now : lastConsent.plusMillis(1);
            return Given.analyticsConsent(cookie, kind)
                    .setOccurredAt(lastConsent)
                    .build();
        }

        void end() throws InterruptedException {
            hasEnded = true;
            thread.join();
        }
    }

    /** An auditor who notes when it sees each entry. */
    private final class Watch {

        private final Map<Coordinates, Instant> seen = new ConcurrentHashMap<>();
        private final Thread thread = new Thread(this::run, "watch");
        private volatile boolean hasEnded;

        void start() {
            thread.start();
        }

        private void run() {
            try (KafkaConsumer<byte[], byte[]> auditor = cluster.reader("read_committed")) {
                List<TopicPartition> partitions = cluster.partitions(Topics.AUDIT);
                auditor.assign(partitions);
                auditor.seekToBeginning(partitions);
                while (!hasEnded) {
                    for (ConsumerRecord<byte[], byte[]> record : auditor.poll(Duration.ofMillis(50))) {
                        seen.put(new Coordinates(record.topic(), record.partition(), record.offset()), Instant.now());
                    }
                }
            }
        }

        int count() {
            return seen.size();
        }

        /** From the arrival of an input that came later than that until its entry was seen, when all are. */
        Duration longest(Instant begin) {
            return cluster.audit().stream()
                    .filter(entry -> Topics.isOfInput(entry.value().getKind()))
                    .filter(entry -> entry.value().getArrivedAt().isAfter(begin))
                    .map(entry -> Duration.between(entry.value().getArrivedAt(), seenAt(entry.record())))
                    .max(Duration::compareTo)
                    .orElseThrow();
        }

        private Instant seenAt(ConsumerRecord<byte[], byte[]> record) {
            Coordinates place = new Coordinates(record.topic(), record.partition(), record.offset());
            Cluster.await("entry at " + place).until(() -> seen.containsKey(place));
            return seen.get(place);
        }

        void end() throws InterruptedException {
            hasEnded = true;
            thread.join();
        }
    }
}
