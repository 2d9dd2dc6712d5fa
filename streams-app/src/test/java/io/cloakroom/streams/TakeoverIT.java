package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What waits while its partition goes from one instance to another, or while nothing else comes. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class TakeoverIT {

    private static final int PARTITIONS = 3;

    /** Enough that every partition has some. */
    private static final int CHILDREN = 12;

    /** For how long the mailing house waits for a consent. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    /** Records of a changelog: the marks of commits are among them, and no copy reads the last one. */
    private static final int CLOSE = 10;

    @TempDir
    static Path directory;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        Path policies = Files.createDirectories(directory.resolve("policies"));
        String policy = Files.readString(Cluster.SHIPPED_POLICY.resolve("2017-11-17.yaml"));
        String patient = policy.replace("region: DE\n", "region: DE\n    grace-seconds: " + GRACE.toSeconds() + "\n");
        assertThat(patient).isNotEqualTo(policy);
        Files.writeString(policies.resolve("2017-11-17.yaml"), patient);
        cluster = Cluster.start(directory, policies, PARTITIONS);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void shouldReleaseOnceWhatWaitedWhileItsPartitionMoved() throws Exception {
        try (Gate first = cluster.gate(instance("first"))) {
            Map<String, RecordMetadata> orders = held("moved");
            try (Gate second = cluster.gate(instance("second"))) {
                Set<Integer> moved = cluster.awaitMembersWithTasks(2).get("second");
                assertThat(orders.values()).anyMatch(order -> moved.contains(order.partition()));
                agree(orders.keySet());
                assertReleasedOnce(orders);
            }
        }
    }

    /** The changelogs are cut off where the copy ends: whoever begins with them again has lost what waits. */
    @Test
    void shouldReleaseOnceWhatWaitedAtAnInstanceThatWasKilled() throws Exception {
        Process killed = Forked.gate(instance("killed"), directory.resolve("killed.properties"));
        try (Gate survivor = cluster.gate(instance("survivor"))) {
            Set<Integer> lost = cluster.awaitMembersWithTasks(2).get("killed");
            Map<String, RecordMetadata> orders = held("taken-over");
            assertThat(orders.values()).anyMatch(order -> lost.contains(order.partition()));
            cutOffChangelogs(survivor, lost);
            int before = cluster.audit().size();
            cluster.publishAll(views());
            cluster.awaitEntries(before + 100); // in the midst of a transaction
            killed.destroyForcibly().waitFor();
            cluster.publishAll(views());
            agree(orders.keySet());
            assertReleasedOnce(orders);
            cluster.awaitMembersWithTasks(1);
        } finally {
            killed.destroyForcibly();
        }
    }

    @Test
    void shouldEndAWaitByTheClockWhereNothingComes() throws Exception {
        try (Gate gate = cluster.gate(instance("idle"))) {
            assertWithheldInTime(awaiting("customer:idle"));
        }
    }

    @Test
    void shouldEndAWaitThatRanOutWhileNoInstanceWasThere() throws Exception {
        RecordMetadata mailing;
        try (Gate gate = cluster.gate(instance("left"))) {
            mailing = awaiting("customer:left");
        }
        Instant end = Instant.ofEpochMilli(mailing.timestamp()).plus(GRACE);
        Cluster.await("the end of the wait").until(() -> Instant.now().isAfter(end));
        try (Gate gate = cluster.gate(instance("left"))) {
            assertWithheldInTime(mailing);
        }
    }

    /** @return a mailing to somebody who has not consented: nothing is published after it, to any partition */
    private static RecordMetadata awaiting(String customer) throws Exception {
        RecordMetadata mailing =
                cluster.publish(Given.message(customer, "autumn-sale").build());
        assertThat(outcomes(cluster.decided(mailing))).containsEntry("mailing", "HOLD consent-awaited");
        return mailing;
    }

    private static void assertWithheldInTime(RecordMetadata mailing) throws Exception {
        AuditEntry resolution =
                cluster.later(EntryKind.RESOLUTION, cluster.decided(mailing).getSubjectToken());
        assertThat(outcomes(resolution)).isEqualTo(Map.of("mailing", "WITHHOLD never-asked"));
        assertThat(Duration.between(resolution.getArrivedAt(), resolution.getDecidedAt()))
                .isGreaterThanOrEqualTo(GRACE);
        cluster.assertComplete();
    }

    private static Settings instance(String name) {
        return cluster.impatient(directory, name);
    }

    /** @return orders of children, each of which waits */
    private static Map<String, RecordMetadata> held(String name) throws Exception {
        Map<String, RecordMetadata> orders = new HashMap<>();
        for (int i = 0; i < CHILDREN; i++) {
            String child = "customer:" + name + "-" + i;
            cluster.decided(Given.young(child));
            RecordMetadata order = cluster.publish(Given.order(child).build());
            assertThat(outcomes(cluster.decided(order))).containsEntry("payment", "HOLD guardian-needed");
            orders.put(child, order);
        }
        return orders;
    }

    private static void agree(Set<String> children) throws Exception {
        cluster.publishAll(children.stream().map(Given::agreement).toList());
    }

    private static void assertReleasedOnce(Map<String, RecordMetadata> orders) throws Exception {
        for (RecordMetadata order : orders.values()) {
            AuditEntry resolution =
                    cluster.later(EntryKind.RESOLUTION, cluster.decided(order).getSubjectToken());
            assertThat(outcomes(resolution)).containsEntry("payment", "RELEASE contract");
            assertThat(cluster.releases("payment", order)).hasSize(1);
        }
        cluster.assertComplete();
    }

    /** Of partitions of which an instance has nothing but copies. */
    private static void cutOffChangelogs(Gate copies, Set<Integer> partitions) throws Exception {
        Cluster.await("copies of all that waits")
                .until(() -> copies.lags().values().stream()
                        .allMatch(store -> store.keySet().containsAll(partitions)
                                && store.values().stream().allMatch(lag -> lag.offsetLag() <= CLOSE)));
        try (Admin admin = cluster.admin()) {
            Map<TopicPartition, RecordsToDelete> copied = new HashMap<>();
            Map<ConfigResource, Collection<AlterConfigOp>> deletable = new HashMap<>();
            copies.lags().forEach((store, lags) -> {
                String changelog = Cluster.GROUP + "-" + store + "-changelog";
                // Otherwise the broker refuses it.
                deletable.put(
                        new ConfigResource(ConfigResource.Type.TOPIC, changelog),
                        List.of(new AlterConfigOp(
                                new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, "compact,delete"),
                                AlterConfigOp.OpType.SET)));
                for (int partition : partitions) {
                    copied.put(
                            new TopicPartition(changelog, partition),
                            RecordsToDelete.beforeOffset(lags.get(partition).currentOffsetPosition()));
                }
            });
            admin.incrementalAlterConfigs(deletable).all().get();
            admin.deleteRecords(copied).all().get();
        }
    }

    private static List<Cookie> views() {
        return IntStream.range(0, 2_000)
                .mapToObj(i -> Given.cookie("cookie:" + i % 100, CookieCategory.ANALYTICS)
                        .build())
                .toList();
    }
}
