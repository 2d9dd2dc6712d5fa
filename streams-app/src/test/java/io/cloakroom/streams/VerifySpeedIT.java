package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.events.CookieCategory;
import io.cloakroom.streams.audit.Report;
import io.cloakroom.streams.gate.Topics;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * What it takes to verify a cluster, beside reading what it has to read: entries, the input record of each, and the releases.
 * An export, which has entries alone, is for {@code SpeedTest}. {@code mvn -Dcloakroom.speed=true -pl streams-app -am
 * -Dtest=NONE -Dit.test=VerifySpeedIT -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false verify}
 */
@Tag("alone")
@Timeout(600)
@EnabledIf("io.cloakroom.streams.audit.SpeedTest#isAsked")
@SuppressWarnings("try") // a gate that only has to run
class VerifySpeedIT {

    private static final int BATCHES = 40;
    private static final int BATCH = 5_000;
    private static final int ROUNDS = 9;
    private static final int WHILE_COMPILED = 6;
    private static final double MOST = 4;

    @TempDir
    Path directory;

    private Cluster cluster;

    @Test
    void shouldTakeLittleMoreThanReading() throws Exception {
        try (Cluster started = Cluster.start(directory, Cluster.SMALL_POLICY, 1)) {
            cluster = started;
            try (Gate gate = cluster.gate()) {
                cluster.decided(Given.grown("customer:0"));
                for (int i = 0; i < BATCHES; i++) {
                    cluster.publishAll(
                            IntStream.range(0, BATCH).mapToObj(this::event).toList());
                }
                cluster.awaitEntriesOf(BATCHES * BATCH, Duration.ofMinutes(5));
            }
            cluster.sign();
            double[] ratios = new double[ROUNDS];
            double[] speeds = new double[ROUNDS];
            Report.Part part = null;
            for (int round = -WHILE_COMPILED; round < ROUNDS; round++) {
                long begin = time();
                long read = read();
                long between = time();
                Report report = cluster.verify(cluster.blueprint);
                long end = time();
                assertThat(report.faults()).isEmpty();
                part = report.parts().get(0);
                assertThat(part.signed()).isEqualTo(part.entries());
                assertThat(part.entries() + part.inputs() + part.releases()).isEqualTo(read);
                ratios[Math.max(0, round)] = (end - between) / (double) (between - begin);
                speeds[Math.max(0, round)] = part.entries() * 1e9 / (end - between);
            }
            Arrays.sort(ratios);
            Arrays.sort(speeds);
            System.out.printf(
                    "%.0f entries in a second of one core, with %d releases of %d entries; %.2f of the time it takes to read%n",
                    speeds[ROUNDS / 2], part.releases(), part.entries(), ratios[ROUNDS / 2]);
            assertThat(ratios[ROUNDS / 2]).isLessThan(MOST);
        }
    }

    private SpecificRecord event(int i) {
        return i % 2 == 0
                ? Given.order("customer:0").build()
                : Given.cookie("cookie:" + i, CookieCategory.ANALYTICS).build();
    }

    private long read() {
        List<String> topics = new ArrayList<>(Topics.published(cluster.blueprint.history()));
        topics.addAll(Topics.releases(cluster.blueprint.history()));
        topics.add(Topics.AUDIT);
        AtomicLong read = new AtomicLong();
        TopicReader.read(cluster.settings, topics, record -> read.incrementAndGet());
        return read.get();
    }

    private static long time() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
