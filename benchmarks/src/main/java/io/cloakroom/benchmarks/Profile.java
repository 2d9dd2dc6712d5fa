package io.cloakroom.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/** What a process does with its time and its memory, by method: Java Flight Recorder's samples, added up. */
final class Profile {

    private static final String TIME = "jdk.ExecutionSample";
    private static final String NATIVE_TIME = "jdk.NativeMethodSample";
    private static final String MEMORY = "jdk.ObjectAllocationSample";
    private static final Duration PERIOD = Duration.ofMillis(10);
    private static final int DEPTH = 128;
    private static final int ROWS = 20;
    private static final int LONGEST = 80;

    /** Of the class of a lambda, which is another one in each run. */
    private static final Pattern ADDRESS = Pattern.compile("(?<=\\$\\$Lambda).*\\.(?=\\w+$)");

    private static final Pattern PACKAGE = Pattern.compile("(?<![\\w$])([a-z])\\w*\\.");

    /** Waiting for the network is native too, and no time of a processor. */
    private static final Set<String> WAITS =
            Set.of("wait", "wait0", "accept0", "epollWait", "poll", "read0", "readBytes");

    private static final Set<String> KAFKAS = Stream.of(
                    "streams.processor.internals.PartitionGroup.readyToProcess",
                    "streams.processor.internals.PartitionGroup.nextRecord",
                    "streams.processor.internals.RecordCollectorImpl.send",
                    "streams.processor.internals.StreamTask.maybeRecordE2ELatency",
                    "streams.processor.internals.StreamThread.pollPhase",
                    "streams.processor.internals.TaskExecutor.commitTasksAndMaybeUpdateCommittableOffsets",
                    "streams.state.internals.MeteredKeyValueStore.get",
                    "streams.state.internals.MeteredKeyValueStore.put",
                    "streams.state.internals.CachingKeyValueStore.get",
                    "streams.state.internals.RocksDBStore.get",
                    "clients.producer.KafkaProducer.send",
                    "clients.producer.internals.Sender.run")
            .map(name -> "org.apache.kafka." + name)
            .collect(Collectors.toSet());

    private final Map<String, Long> own = new HashMap<>();
    private final Map<String, Long> within = new HashMap<>();
    private final Map<String, Long> memory = new HashMap<>();
    private long samples;
    private long bytes;

    private Profile() {}

    static Recording start() {
        System.setProperty("jdk.jfr.stackdepth", Integer.toString(DEPTH));
        Recording recording = new Recording();
        recording.enable(TIME).withPeriod(PERIOD);
        recording.enable(NATIVE_TIME).withPeriod(PERIOD);
        recording.enable(MEMORY).with("throttle", "1000/s");
        recording.start();
        return recording;
    }

    static Profile read(Path recording) throws IOException {
        Profile profile = new Profile();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                profile.add(file.readEvent());
            }
        }
        return profile;
    }

    private void add(RecordedEvent event) {
        if (event.getStackTrace() == null || event.getStackTrace().getFrames().isEmpty()) {
            return;
        }
        List<RecordedFrame> frames = event.getStackTrace().getFrames();
        switch (event.getEventType().getName()) {
            case TIME -> addTime(frames);
            case NATIVE_TIME -> {
                if (!WAITS.contains(frames.get(0).getMethod().getName())) {
                    addTime(frames);
                }
            }
            case MEMORY -> {
                long weight = event.getLong("weight");
                bytes += weight;
                memory.merge(name(nearest(frames)), weight, Long::sum);
            }
            default -> {}
        }
    }

    private void addTime(List<RecordedFrame> frames) {
        samples++;
        own.merge(name(frames.get(0)), 1L, Long::sum);
        Set<String> names = new HashSet<>();
        frames.forEach(frame -> names.add(name(frame)));
        names.stream().filter(Profile::isOurs).forEach(name -> within.merge(name, 1L, Long::sum));
    }

    /** Who allocates, rather than the JDK's method that does it for him. */
    private static RecordedFrame nearest(List<RecordedFrame> frames) {
        return frames.stream()
                .filter(f -> !name(f).startsWith("java.") && !name(f).startsWith("sun."))
                .findFirst()
                .orElse(frames.get(0));
    }

    /** Our own, and those of Kafka's that a reader looks for. */
    private static boolean isOurs(String name) {
        return name.startsWith("io.cloakroom.") || KAFKAS.contains(name);
    }

    private static String name(RecordedFrame frame) {
        String name =
                frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
        return ADDRESS.matcher(name).replaceFirst(".");
    }

    /** Of packages the first letter, and of all not more than a line takes. */
    static String shortened(String name) {
        String initials = PACKAGE.matcher(name).replaceAll("$1.");
        return initials.length() <= LONGEST ? initials : initials.substring(0, LONGEST - 1) + "…";
    }

    List<String> text(Contender contender) {
        List<String> lines = new ArrayList<>();
        table(lines, contender.id() + ": processor time within, and in what it calls", within, samples);
        table(lines, contender.id() + ": processor time in itself", own, samples);
        table(lines, contender.id() + ": memory", memory, bytes);
        return lines;
    }

    private static void table(List<String> lines, String title, Map<String, Long> rows, long all) {
        lines.add(title);
        rows.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(ROWS)
                .forEach(row -> lines.add(String.format(
                        Locale.ROOT, "%5.1f %%  %s", 100.0 * row.getValue() / all, shortened(row.getKey()))));
        lines.add("");
    }
}
