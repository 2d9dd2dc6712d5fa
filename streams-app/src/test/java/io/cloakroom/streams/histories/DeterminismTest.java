package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.streams.gate.Partitions;
import io.cloakroom.streams.gate.Partitions.Written;
import io.cloakroom.streams.gate.Topics;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same interleaving gives the same decisions and the same bytes, but for what is made from a salt. */
class DeterminismTest {

    private static final int HISTORIES = 100;
    private static final Path DECISION = Path.of("..", "docs", "decisions", "0009-what-may-differ-between-two-runs.md");

    private static final Set<String> OF_AUDIT = Set.of("subjectToken", "previousHash");
    private static final Set<String> OF_RECALLS = Set.of("pseudonym");
    private static final Set<String> OF_RELEASES = Set.of("eventId", "subject", "orderId", "conversationId");

    @TempDir
    static Path directory;

    private static Partitions one;
    private static Partitions other;

    @BeforeAll
    static void loadThePolicies() {
        Histories.policies(directory.resolve("policies"));
        one = new Partitions(directory.resolve("policies"), directory.resolve("keys"), new Foretold());
        other = one.another(new Foretold());
    }

    @Test
    void shouldWriteTheSameBytesWithTheSameSalts() {
        for (long seed = 0; seed < HISTORIES; seed++) {
            run(seed, one, false);
            run(seed, other, false);

            assertThat(lines(other)).as("seed %d", seed).isEqualTo(lines(one));
        }
    }

    /** What Java's sets and maps are iterated by is another in every process. */
    @Test
    void shouldWriteTheSameBytesInAnotherProcess() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DeterminismTest.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();

        try (InputStream out = process.getInputStream()) {
            assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(digest(directory));
        }
        assertThat(process.waitFor()).isZero();
    }

    /** Prints what histories come to, with the policies and keys of a directory. */
    public static void main(String[] arguments) throws Exception {
        System.out.print(digest(Path.of(arguments[0])));
    }

    private static String digest(Path directory) throws Exception {
        Partitions gate = new Partitions(directory.resolve("policies"), directory.resolve("keys"), new Foretold());
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (long seed = 0; seed < HISTORIES; seed++) {
            run(seed, gate, false);
            lines(gate).forEach(line -> sha256.update(line.getBytes(StandardCharsets.UTF_8)));
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    @Test
    void shouldWriteTheSameBytesThoughAnotherInstanceTakesOver() {
        for (long seed = 0; seed < HISTORIES / 10; seed++) {
            Partitions whole = one.another(new Foretold());
            Partitions moved = one.another(new Foretold());
            run(seed, whole, false);
            run(seed, moved, true);

            assertThat(lines(moved)).as("seed %d", seed).isEqualTo(lines(whole));
        }
    }

    @Test
    void shouldDifferWithOtherSaltsOnlyInWhatIsMadeFromThem() throws Exception {
        Partitions salted = one.another(new SecureRandom());
        Partitions again = one.another(new SecureRandom());
        Set<String> differing = new TreeSet<>();
        for (long seed = 0; seed < HISTORIES; seed++) {
            run(seed, salted, false);
            run(seed, again, false);

            assertThat(again.written()).as("seed %d", seed).hasSameSizeAs(salted.written());
            for (int i = 0; i < salted.written().size(); i++) {
                Written written = salted.written().get(i);
                differing.addAll(differences(salted, written, again.written().get(i)));
            }
        }

        Set<String> expected = new TreeSet<>(Set.of("the key of a release", "the key of a recall"));
        OF_AUDIT.forEach(name -> expected.add(name + " of the audit"));
        OF_RECALLS.forEach(name -> expected.add(name + " of a recall"));
        OF_RELEASES.forEach(name -> expected.add(name + " of a release"));
        assertThat(differing).isEqualTo(expected);
        String decision = Files.readString(DECISION).replaceAll("\\s+", " ");
        expected.forEach(what -> assertThat(decision).contains(what.replaceFirst("^(\\w+) of", "`$1` of")));
    }

    private static Set<String> differences(Partitions gate, Written one, Written other) {
        assertThat(header(other)).isEqualTo(header(one));
        String what = one.topic().equals(Topics.AUDIT)
                ? "the audit"
                : one.topic().equals(Topics.FORWARDS)
                        ? "what is forwarded"
                        : one.topic().equals(Topics.QUARANTINE)
                                ? "quarantine"
                                : one.topic().startsWith(Topics.recalls("")) ? "a recall" : "a release";
        Set<String> differences = new TreeSet<>();
        if (!text(one.key()).equals(text(other.key()))) {
            differences.add("the key of " + what);
        }
        addDifferences(differences, what, gate.readAny(one), gate.readAny(other));
        return differences;
    }

    private static void addDifferences(Set<String> differences, String what, IndexedRecord one, IndexedRecord other) {
        assertThat(other.getSchema()).isEqualTo(one.getSchema());
        for (Schema.Field field : one.getSchema().getFields()) {
            Object left = one.get(field.pos());
            Object right = other.get(field.pos());
            if (left instanceof IndexedRecord inner) {
                addDifferences(differences, what, inner, (IndexedRecord) right);
            } else if (left == null ? right != null : !left.equals(right)) {
                differences.add(field.name() + " of " + what);
            }
        }
    }

    private static void run(long seed, Partitions gate, boolean takesOver) {
        ProcessorGate processors = new ProcessorGate(gate);
        List<Step> steps = Histories.of(seed).steps();
        for (int i = 0; i < steps.size(); i++) {
            processors.happen(i, steps.get(i));
            if (takesOver) {
                gate.takeUpAgain();
            }
        }
        processors.settle(steps.size());
    }

    private static List<String> lines(Partitions gate) {
        List<String> lines = new ArrayList<>();
        gate.written()
                .forEach(written ->
                        lines.add(header(written) + " " + text(written.key()) + " " + text(written.value())));
        return lines;
    }

    private static String header(Written written) {
        return written.topic() + " " + written.partition() + " " + written.timestamp();
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "none" : Base64.getEncoder().encodeToString(bytes);
    }

    /** The same salts in every run. */
    private static final class Foretold extends SecureRandom {
        private static final long serialVersionUID = 1L;

        private final transient SplittableRandom random = new SplittableRandom(1);

        @Override
        public void nextBytes(byte[] bytes) {
            random.nextBytes(bytes);
        }
    }
}
