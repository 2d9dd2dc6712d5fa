package io.cloakroom.benchmarks;

import io.cloakroom.streams.gate.Topics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * How soon a refusal counts: people go on ordering, and looking at pages, while they refuse. What they refuse is asked for by
 * some who read of them and not by others, so that it is seen that there went on being something to release.
 */
final class Refusals {

    /** In each situation, if there are so many people. */
    private static final int MOST = 400;

    /** Of a run: refusals come from the first share of it on, and up to the second. */
    private static final double FROM = 0.1;

    private static final double TO = 0.6;

    /** People on either side of who refuses next. */
    private static final int NEAR = 10;

    private final Options options;
    private final Consumer<String> progress;
    private final Harness harness;
    private final Readers readers;
    private final int each;
    private final SplittableRandom random = new SplittableRandom(5);

    private Refusals(Options options, Consumer<String> progress, Harness harness) {
        this.options = options;
        this.progress = progress;
        this.harness = harness;
        each = Math.min(MOST, options.people() / Situation.values().length);
        String[] refused = new String[each * Situation.values().length];
        for (int person = 0; person < refused.length; person++) {
            refused[person] = isLinked(person) ? Load.COOKIES : Load.refused(person);
        }
        readers = new Readers(harness.settings(), harness.blueprint(), refused);
    }

    /** When somebody refuses; in the order in which it is tried. */
    private enum Situation {
        BEFORE_START("with the backlog before the gate starts"),
        BACKLOG("behind a backlog"),
        LOAD("under half load"),
        LINKED("under half load, by somebody linked");

        private final String words;

        Situation(String words) {
            this.words = words;
        }
    }

    /**
     * Milliseconds from the broker's time of each refusal, ascending.
     *
     * @param last to the moment in which a reader had the last release of anything that it forbids; 0 if none came after
     * @param recalls to the moment in which a reader had the last of its recalls; empty where the gate was not there
     */
    private record Times(Situation situation, long[] last, long[] recalls) {}

    private record Found(int backlog, double rate, List<Times> times) implements Findings {

        private static final double TARGET = 1_000;

        @Override
        public List<Target> targets() {
            return times.stream()
                    .map(t -> Target.atMost(
                            "refused " + t.situation.words + ": to the last release, p99, ms",
                            TARGET,
                            Spread.of(List.of(Spread.percentile(t.last, 0.99)))))
                    .toList();
        }

        @Override
        public List<String> text() {
            List<String> lines = new ArrayList<>();
            lines.add(String.format(Locale.ROOT, "backlog %,d events; half load %,.0f events/s", backlog, rate));
            lines.add("");
            lines.add(String.format("%-62s %8s %8s %8s %8s", "milliseconds", "refusals", "p50", "p99", "max"));
            for (Times t : times) {
                lines.add(line(t.situation.words + ": last release", t.last));
                if (t.recalls.length > 0) {
                    lines.add(line(t.situation.words + ": recall", t.recalls));
                }
            }
            return lines;
        }

        private static String line(String name, long[] sorted) {
            return String.format(
                    Locale.ROOT,
                    "%-62s %,8d %,8.0f %,8.0f %,8d",
                    name,
                    sorted.length,
                    Spread.percentile(sorted, 0.5),
                    Spread.percentile(sorted, 0.99),
                    sorted[sorted.length - 1]);
        }

        @Override
        public Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("backlog", backlog);
            json.put("half_load_events_per_second", rate);
            for (Times t : times) {
                Map<String, Object> its = new LinkedHashMap<>();
                its.put("last_release_ms", percentiles(t.last));
                if (t.recalls.length > 0) {
                    its.put("recall_ms", percentiles(t.recalls));
                }
                json.put(t.situation.name().toLowerCase(Locale.ROOT), its);
            }
            return json;
        }

        private static Map<String, Object> percentiles(long[] sorted) {
            Map<String, Object> percentiles = new LinkedHashMap<>();
            percentiles.put("refusals", sorted.length);
            percentiles.put("p50", Spread.percentile(sorted, 0.5));
            percentiles.put("p99", Spread.percentile(sorted, 0.99));
            percentiles.put("max", sorted[sorted.length - 1]);
            return percentiles;
        }
    }

    static Findings measure(Options options, Path directory, Consumer<String> progress) throws Exception {
        try (Harness harness = new Harness(options, Set.of(Contender.GATE), directory, progress)) {
            harness.prepare();
            return new Refusals(options, progress, harness).measure();
        }
    }

    private Found measure() throws Exception {
        progress.accept("warming up");
        harness.fullLoad(Contender.GATE);
        double rate = harness.fullLoad(Contender.GATE).events() / 2;
        learn();
        List<Times> times = new ArrayList<>();
        for (Situation situation : Situation.values()) {
            Times found = measure(situation, rate);
            times.add(found);
            progress.accept(Found.line(situation.words, found.last));
        }
        return new Found(options.records(), rate, times);
    }

    private boolean isLinked(int person) {
        return person >= person(Situation.LINKED, 0);
    }

    private int person(Situation situation, int number) {
        return situation.ordinal() * each + number;
    }

    /** Everybody is released once, so that readers know whose pseudonym is whose. */
    private void learn() throws Exception {
        progress.accept("who is who");
        Load load = harness.load();
        for (int i = 0; i < each; i++) {
            int person = person(Situation.LINKED, i);
            harness.publish(Topics.CONSENT_CHANGES, Load.cookie(person), load.consentOfCookie(person));
            harness.publish(Topics.IDENTITY_LINKS, Load.cookie(person), load.link(person));
        }
        harness.ask(Contender.GATE, "start");
        harness.awaitRead(Contender.GATE);
        try (Readers.Reading reading = readers.learn(harness.nextOrder())) {
            for (int person = 0; person < each * Situation.values().length; person++) {
                harness.send(harness.order(person, random));
                if (isLinked(person)) {
                    harness.send(of(person));
                }
            }
            reading.await(
                    "everybody's releases",
                    () -> IntStream.range(0, each * Situation.values().length).allMatch(readers::isKnown));
        }
        harness.ask(Contender.GATE, "stop");
    }

    private ProducerRecord<byte[], byte[]> view(int person) {
        return harness.record(
                Topics.events("cookie"), Load.cookie(person), harness.load().view(person, random));
    }

    private Times measure(Situation situation, double rate) throws Exception {
        List<Future<RecordMetadata>> refusals = new ArrayList<>();
        boolean hasBacklog = situation == Situation.BACKLOG || situation == Situation.BEFORE_START;
        if (hasBacklog) {
            for (int i = 0; i < options.records(); i++) {
                harness.send(event(situation, i, (double) i / options.records()));
            }
        }
        if (situation == Situation.BEFORE_START) {
            refuse(situation, refusals, 1);
        }
        try (Readers.Reading reading = readers.read()) {
            harness.ask(Contender.GATE, "start");
            if (hasBacklog) {
                harness.awaitRead(left -> refuse(situation, refusals, 1 - (double) left / options.records()));
                refuse(situation, refusals, 1);
            } else {
                pace(situation, rate, refusals);
            }
            for (int i = 0; i < each; i++) {
                harness.send(of(person(situation, i))); // the last words are an event's
            }
            harness.awaitRead(left -> {});
            if (situation != Situation.BEFORE_START) {
                reading.await(
                        "recalls",
                        () -> IntStream.range(0, each).allMatch(i -> readers.isRecalled(person(situation, i))));
            }
        }
        harness.ask(Contender.GATE, "stop");
        return times(situation, refusals);
    }

    /** Half of all are of people who refuse, of these half of those who are about to or just have. */
    private ProducerRecord<byte[], byte[]> event(Situation situation, int number, double done) {
        if (number % 2 == 1) {
            return harness.order(random.nextInt(options.people()), random);
        }
        int near = (int) due(done) + random.nextInt(-NEAR, NEAR);
        return of(person(situation, number % 4 == 0 ? number / 4 % each : Math.max(0, Math.min(each - 1, near))));
    }

    private ProducerRecord<byte[], byte[]> of(int person) {
        return isLinked(person) ? view(person) : harness.order(person, random);
    }

    /** How many have refused when so much of a run is done. */
    private long due(double done) {
        return Math.round(each * Math.max(0, Math.min(1, (done - FROM) / (TO - FROM))));
    }

    private void pace(Situation situation, double rate, List<Future<RecordMetadata>> refusals) throws Exception {
        long start = System.nanoTime();
        long all = (long) (rate * options.pace());
        for (int sent = 0; sent < all; ) {
            long due = Math.min(all, (long) ((System.nanoTime() - start) / 1e9 * rate));
            while (sent < due) {
                harness.send(event(situation, sent, (double) sent++ / all));
            }
            refuse(situation, refusals, (double) sent / all);
            Thread.sleep(1);
        }
    }

    /** As many as are due. */
    private void refuse(Situation situation, List<Future<RecordMetadata>> refusals, double done) {
        while (refusals.size() < due(done)) {
            int person = person(situation, refusals.size());
            Load load = harness.load();
            refusals.add(harness.publish(
                    Topics.CONSENT_CHANGES,
                    Load.person(person),
                    situation == Situation.LINKED ? load.refusalOfCookies(person) : load.refusal(person)));
        }
    }

    /** @throws IllegalStateException if nothing more came of somebody: then no release could have come */
    private Times times(Situation situation, List<Future<RecordMetadata>> refusals) throws Exception {
        List<Long> last = new ArrayList<>();
        List<Long> recalls = new ArrayList<>();
        for (int i = 0; i < each; i++) {
            int person = person(situation, i);
            long refused = refusals.get(i).get().timestamp();
            if (situation != Situation.LINKED && readers.lastAllowed(person) <= refused) {
                throw new IllegalStateException("nothing more was released of somebody: the figure would say nothing");
            }
            last.add(Math.max(0, readers.lastForbidden(person) - refused));
            if (situation != Situation.BEFORE_START) {
                recalls.add(readers.lastRecall(person) - refused);
            }
        }
        return new Times(situation, Spread.sorted(last), Spread.sorted(recalls));
    }
}
