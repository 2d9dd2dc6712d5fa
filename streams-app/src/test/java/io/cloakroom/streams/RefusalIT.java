package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How soon a refusal counts while the gate has much else to do. */
@Tag("alone")
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class RefusalIT {

    private static final int PARTITIONS = 3;
    private static final int REFUSALS = 100;
    private static final int PEOPLE = 150;
    private static final int VIEWS_OF_EACH = 300;

    /** Of the backlog of the partition that is farthest: refusals come from the first share of it on, when the gate is warm, and up to the second. */
    private static final double FROM = 0.2;

    private static final double TO = 0.7;

    private static final Duration IN_EFFECT_WITHIN = Duration.ofSeconds(1);
    private static final String RELEASES = "analytics.cookie";

    @TempDir
    static Path directory;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, Cluster.SMALL_POLICY, PARTITIONS);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    /** Willing people are among them, so that it is known when the backlog is done. */
    @Test
    void shouldStopReleasesWithinASecondOfARefusalThatCameAfterTheBacklog() throws Exception {
        Map<ByteBuffer, Integer> people = new HashMap<>();
        Map<Integer, List<Integer>> willing = new HashMap<>();
        try (Gate gate = cluster.gate()) {
            cluster.publishAll(grants());
            cluster.publishAll(views(1)).forEach(cluster::decided);
            for (ConsumerRecord<byte[], byte[]> release : cluster.committed(RELEASES)) {
                String sku = cluster.generic(release).get("sku").toString();
                people.put(ByteBuffer.wrap(release.key()), Integer.valueOf(sku));
                if (Integer.parseInt(sku) >= REFUSALS) {
                    willing.computeIfAbsent(release.partition(), p -> new ArrayList<>())
                            .add(Integer.valueOf(sku));
                }
            }
            assertThat(people).hasSize(PEOPLE);
        }
        List<RecordMetadata> backlog = cluster.publishAll(views(VIEWS_OF_EACH));
        long[] lastRelease = new long[PEOPLE];
        int[] releases = new int[PEOPLE];
        List<RecordMetadata> refusals = new ArrayList<>();
        List<RecordMetadata> after = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> recipient = cluster.reader("read_committed");
                Gate gate = Gate.start(cluster.settings, cluster.blueprint)) {
            List<TopicPartition> partitions = cluster.partitions(RELEASES);
            recipient.assign(partitions);
            recipient.seekToEnd(partitions);
            partitions.forEach(recipient::position);
            Cluster.await("the end of the backlog")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        ConsumerRecords<byte[], byte[]> records = recipient.poll(Duration.ofMillis(20));
                        long now = System.currentTimeMillis();
                        for (ConsumerRecord<byte[], byte[]> release : records) {
                            int person = people.get(ByteBuffer.wrap(release.key()));
                            lastRelease[person] = now;
                            releases[person]++;
                        }
                        double done = willing.values().stream()
                                        .mapToDouble(who -> who.stream()
                                                .mapToInt(i -> releases[i])
                                                .average()
                                                .orElseThrow())
                                        .max()
                                        .orElseThrow()
                                / VIEWS_OF_EACH;
                        int due = (int) (REFUSALS * Math.max(0, Math.min(1, (done - FROM) / (TO - FROM))));
                        if (refusals.size() < due) {
                            refusals.addAll(cluster.publishAll(withdrawals(refusals.size(), due)));
                        } else if (refusals.size() == REFUSALS && after.isEmpty()) {
                            after.addAll(cluster.publishAll(views(1)));
                        }
                        return IntStream.range(REFUSALS, PEOPLE).allMatch(i -> releases[i] == VIEWS_OF_EACH + 1);
                    });
            cluster.assertComplete();
        }
        long[] took = IntStream.range(0, REFUSALS)
                .mapToLong(i -> Math.max(0, lastRelease[i] - refusals.get(i).timestamp()))
                .sorted()
                .toArray();
        assertThat(Duration.ofMillis(took[REFUSALS * 99 / 100 - 1]))
                .as("p99 of %s ms", Arrays.toString(took))
                .isLessThanOrEqualTo(IN_EFFECT_WITHIN);
        for (int i = 0; i < REFUSALS; i++) {
            RecordMetadata behind = backlog.get(backlog.size() - PEOPLE + i);
            assertThat(behind.timestamp()).isLessThanOrEqualTo(refusals.get(i).timestamp());
            for (RecordMetadata view : List.of(behind, after.get(i))) {
                assertThat(outcomes(cluster.decided(view))).containsEntry("analytics", "WITHHOLD consent-withdrawn");
            }
        }
    }

    private static List<ConsentChange> grants() {
        return IntStream.range(0, PEOPLE)
                .mapToObj(i ->
                        Given.analyticsConsent("cookie:" + i, ConsentKind.GRANT).build())
                .toList();
    }

    private static List<ConsentChange> withdrawals(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> Given.analyticsConsent("cookie:" + i, ConsentKind.WITHDRAWAL)
                        .build())
                .toList();
    }

    /** Of everybody in turn; what they looked at tells a recipient who it was. */
    private static List<Cookie> views(int each) {
        return IntStream.range(0, each * PEOPLE)
                .map(i -> i % PEOPLE)
                .mapToObj(i -> Given.cookie("cookie:" + i, CookieCategory.ANALYTICS)
                        .setSku(Integer.toString(i))
                        .build())
                .toList();
    }
}
