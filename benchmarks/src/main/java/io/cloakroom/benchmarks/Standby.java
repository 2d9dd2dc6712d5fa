package io.cloakroom.benchmarks;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Outcome;
import io.cloakroom.streams.AuditReader;
import io.cloakroom.streams.gate.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/** Two instances of the gate that stand by for each other: how long orders wait when one stops, and when one starts. */
final class Standby implements AutoCloseable {

    private static final Duration PERIOD = Duration.ofMillis(20);

    /** Without a decision, or with a copy of the state that is behind: then an instance has failed, and has said so. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** Records of a changelog: the marks of commits are among them, and no copy reads the last one. */
    private static final int CLOSE = 10;

    private final Options options;
    private final Path directory;
    private final Consumer<String> progress;
    private final Harness harness;
    private final SplittableRandom random = new SplittableRandom(4);
    private Child first;
    private Child second;

    private Standby(Options options, Path directory, Consumer<String> progress, Harness harness) throws Exception {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
        this.harness = harness;
        first = start("first");
        second = start("second");
    }

    /** Seconds, of each repetition. */
    record Waits(List<Double> takeOver, List<Double> process, List<Double> gate) implements Findings {

        private static final double TARGET = 10;

        private Map<String, Spread> all() {
            Map<String, Spread> all = new LinkedHashMap<>();
            all.put("take_over", Spread.of(takeOver));
            all.put("process_start", Spread.of(process));
            all.put("gate_start", Spread.of(gate));
            return all;
        }

        @Override
        public List<Target> targets() {
            return List.of(
                    Target.atMost("an instance stops: to the other's first decision, s", TARGET, Spread.of(takeOver)),
                    Target.atMost("a process starts: to its first decision, s", TARGET, Spread.of(process)),
                    Target.atMost("the gate starts in a running process, s", TARGET, Spread.of(gate)));
        }

        @Override
        public List<String> text() {
            List<String> lines = new ArrayList<>();
            lines.add("seconds, of " + takeOver.size());
            all().forEach((name, spread) -> lines.add(Findings.line(name.replace('_', ' '), spread)));
            return lines;
        }

        @Override
        public Map<String, Object> json() {
            return Map.of("standby_seconds", all());
        }
    }

    static Waits measure(Options options, Path directory, Consumer<String> progress) throws Exception {
        try (Harness harness = new Harness(options, Set.of(), directory, progress)) {
            harness.prepare();
            try (Standby standby = new Standby(options, directory, progress, harness)) {
                return standby.measure();
            }
        }
    }

    private Waits measure() throws Exception {
        progress.accept("what people said: both instances");
        first.ask("start");
        second.ask("start");
        harness.awaitRead(Contender.GATE);
        Waits waits = new Waits(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < options.pairs(); i++) {
            awaitCopies(first);
            awaitCopies(second);
            waits.takeOver().add(longestWait(() -> first.ask("stop")));
            second.ask("stop");
            second.close();
            waits.process().add(longestWait(() -> {
                second = start("second");
                return second.ask("start");
            }));
            second.ask("stop");
            waits.gate().add(longestWait(() -> second.ask("start")));
            first.ask("start");
            progress.accept(String.format(
                    Locale.ROOT,
                    "repetition %d: take-over %.2f s, start of a process %.2f s, of the gate in it %.2f s",
                    i + 1,
                    waits.takeOver().get(i),
                    waits.process().get(i),
                    waits.gate().get(i)));
        }
        return waits;
    }

    private Child start(String name) throws Exception {
        return harness.start(Contender.GATE, directory.resolve(name), Map.of("num.standby.replicas", "1"));
    }

    /** Until an instance has the state of every partition, its own or a copy. */
    private void awaitCopies(Child instance) throws Exception {
        long begun = System.nanoTime();
        while (true) {
            Map<String, String> lag = instance.ask("lag");
            if (Integer.parseInt(lag.get("partitions")) == options.partitions()
                    && Long.parseLong(lag.get("lag")) <= CLOSE) {
                return;
            }
            checkPatience(begun, "an instance does not catch up: " + lag);
            Thread.sleep(20);
        }
    }

    private static void checkPatience(long begun, String otherwise) {
        if (System.nanoTime() - begun > PATIENCE.toNanos()) {
            throw new IllegalStateException(otherwise);
        }
    }

    /**
     * From the moment of a command on, publishes an order to each partition every few milliseconds, until every partition
     * has decided one that was published after the command was done.
     *
     * @return how many seconds one of them waited at most, until a reader had its audit entry
     */
    private double longestWait(Callable<Map<String, String>> command) throws Exception {
        try (KafkaConsumer<byte[], Object> audit = AuditReader.consumer(harness.settings(), true)) {
            List<TopicPartition> partitions = Committed.partitions(audit, Topics.AUDIT);
            audit.assign(partitions);
            audit.seekToEnd(partitions);
            Map<Integer, Queue<Long>> waiting = new HashMap<>();
            for (TopicPartition partition : partitions) {
                audit.position(partition);
                waiting.put(partition.partition(), new ArrayDeque<>());
            }
            FutureTask<Map<String, String>> commanded = new FutureTask<>(command);
            long begun = System.nanoTime();
            new Thread(commanded, "command").start();
            Set<Integer> after = new HashSet<>();
            long next = begun;
            long done = Long.MAX_VALUE;
            long longest = 0;
            while (after.size() < partitions.size()
                    || !waiting.values().stream().allMatch(Queue::isEmpty)) {
                long now = System.nanoTime();
                if (commanded.isDone() && done == Long.MAX_VALUE) {
                    commanded.get();
                    done = now;
                }
                if (now >= next && after.size() < partitions.size()) {
                    waiting.forEach((partition, orders) -> {
                        harness.send(harness.order(somebodyIn(partition), random));
                        orders.add(now);
                    });
                    next = now + PERIOD.toNanos();
                }
                for (ConsumerRecord<byte[], Object> entry : audit.poll(Duration.ofMillis(2))) {
                    // One entry for each order, in their order.
                    long published = waiting.get(entry.partition()).remove();
                    longest = Math.max(longest, System.nanoTime() - published);
                    if (published >= done) {
                        after.add(entry.partition());
                    }
                    checkReleased((AuditEntry) entry.value());
                }
                checkPatience(begun, "partitions without a decision: " + waiting);
            }
            return longest / 1e9;
        }
    }

    private int somebodyIn(int partition) {
        return random.ints(0, options.people())
                .filter(person ->
                        Utils.toPositive(Utils.murmur2(Load.person(person).getBytes(StandardCharsets.UTF_8)))
                                        % options.partitions()
                                == partition)
                .findFirst()
                .orElseThrow();
    }

    /** Whoever has lost what people said withholds. */
    private static void checkReleased(AuditEntry entry) {
        if (!entry.getDecisions().stream().allMatch(decision -> decision.getOutcome() == Outcome.RELEASE)) {
            throw new IllegalStateException("an order was not released: " + entry);
        }
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
