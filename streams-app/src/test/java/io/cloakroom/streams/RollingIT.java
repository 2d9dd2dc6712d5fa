package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Order;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A new version of the policy goes to two instances, one after the other, while events come. In it the group company is
 * struck off, there is a reader who was not there before, and analytics has another epoch.
 */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class RollingIT {

    private static final int PARTITIONS = 3;
    private static final int CUSTOMERS = 30;
    private static final String OLD = "2017-11-17";
    private static final String NEW = "2017-11-18";
    private static final String STRUCK_OFF = "group";
    private static final String JOINING = "insights";

    @TempDir
    Path directory;

    private Cluster cluster;

    /** Makes the topics, schemas and keys of both versions, which must be there before the first instance has the new one. */
    @BeforeEach
    void start() throws Exception {
        Path policies = Files.createDirectories(directory.resolve("policies"));
        String text = Files.readString(Cluster.SHIPPED_POLICY.resolve(OLD + ".yaml"));
        Files.writeString(policies.resolve(OLD + ".yaml"), text);
        Files.writeString(policies.resolve(NEW + ".yaml"), newer(text));
        cluster = Cluster.start(directory, policies, PARTITIONS);
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static String newer(String text) {
        int recipients = text.indexOf("\nrecipients:");
        int analytics = text.indexOf("  analytics:\n", recipients);
        int group = text.indexOf("  group:\n", recipients);
        int advertising = text.indexOf("  advertising:\n", recipients);
        return text.substring(0, group)
                        .replace(
                                "region: IT\n    epoch: 1\n    clause: C6.vii",
                                "region: IT\n    epoch: 2\n    clause: C6.vii")
                        .replace("version: \"" + OLD + "\"", "version: \"" + NEW + "\"\nchange: editorial")
                + text.substring(analytics, group).replace("  analytics:\n", "  " + JOINING + ":\n")
                + text.substring(advertising);
    }

    /** As loaded from a directory with the older file alone. */
    private Blueprint older() throws Exception {
        return Blueprint.load(directory.resolve("policies").resolve(OLD + ".yaml"));
    }

    /** The date of effect is a midnight; the test cannot wait for one and sets another instant, to the millisecond. */
    private Blueprint both(Instant effect) {
        List<Policy> versions = cluster.blueprint.history().versions();
        Policy p = versions.get(1);
        Policy dated = Policies.with(p, effect.toEpochMilli(), p.events());
        return new Blueprint(
                new PolicyHistory(List.of(versions.get(0), dated)),
                cluster.blueprint.schemas(),
                cluster.blueprint.projections());
    }

    private Gate gate(String name, Blueprint blueprint) throws Exception {
        Map<String, String> its =
                Map.of("client.id", name, "state.dir", directory.resolve(name).toString());
        return Gate.start(cluster.settings.with(its), blueprint);
    }

    @Test
    void shouldDecideEachEventByTheVersionOfItsTimeWhileTheNewOneIsRolledOut() throws Exception {
        Gate first = gate("first", older());
        Gate second = gate("second", older());
        try (Orders orders = new Orders()) {
            cluster.awaitMembersWithTasks(2);
            Instant effect = Given.now().plusSeconds(15);
            first.close();
            first = gate("first", both(effect));
            cluster.awaitMembersWithTasks(2); // an old one and a new one
            second.close();
            cluster.awaitMembersWithTasks(1);
            assertThat(Instant.now())
                    .as("the last old instance has to be gone before the date of effect")
                    .isBefore(effect);
            Cluster.await("the date of effect").until(() -> Instant.now().isAfter(effect));
            RecordMetadata lastOfOld = orders.publish(effect.minusMillis(1));
            RecordMetadata firstOfNew = orders.publish(effect);
            assertThat(outcomes(cluster.decided(lastOfOld)))
                    .containsEntry("analytics", "RELEASE legitimate-interest")
                    .containsEntry(STRUCK_OFF, "WITHHOLD no-longer-registered")
                    .doesNotContainKey(JOINING);
            assertThat(outcomes(cluster.decided(firstOfNew)))
                    .containsEntry("analytics", "RELEASE legitimate-interest")
                    .containsEntry(JOINING, "RELEASE legitimate-interest")
                    .doesNotContainKey(STRUCK_OFF);
            second = gate("second", both(effect));
            cluster.awaitMembersWithTasks(2);
            orders.close();
            cluster.assertComplete(both(effect));
            orders.all.forEach((place, occurredAt) -> assertDecidedInForce(place, occurredAt, effect));

            first.close();
            Gate left = gate("first", older());
            assertThatThrownBy(left::awaitEnd)
                    .hasStackTraceContaining("the policy of " + NEW + " decided here and is missing");
            cluster.awaitMembersWithTasks(1);
            assertThat(outcomes(cluster.decided(orders.publish(Given.now())))).containsKey(JOINING);
            cluster.assertComplete(both(effect));
        } finally {
            first.close();
            second.close();
        }
    }

    @Test
    void shouldGiveOtherPseudonymsFromTheDateOnAndRecallThoseOfBothEpochs() throws Exception {
        Gate first = gate("first", older());
        Instant effect = Given.now().plusSeconds(12);
        try (Gate second = gate("second", both(effect))) {
            cluster.awaitMembersWithTasks(2);
            cluster.decided(Given.grown("customer:eve"));
            cluster.decided(Given.order("customer:eve").build());
            first.close();
            assertThat(Instant.now()).isBefore(effect);
            Cluster.await("the date of effect").until(() -> Instant.now().isAfter(effect));
            assertThat(outcomes(cluster.decided(Given.order("customer:eve").build())))
                    .containsEntry("analytics", "RELEASE legitimate-interest")
                    .containsEntry("payment", "RELEASE contract");

            Set<String> known = keys("analytics.order");
            assertThat(known).as("pseudonyms of one person in two epochs").hasSize(2);
            assertThat(keys("payment.order")).as("of whoever has one epoch").hasSize(1);

            AuditEntry objected = cluster.decided(Given.emailConsent("customer:eve", ConsentKind.OBJECTION)
                    .setPurpose("statistical-analysis")
                    .setChannel(null)
                    .build());
            assertThat(objected.getRecalls())
                    .filteredOn(recall -> recall.getRecipient().equals("analytics"))
                    .extracting(RecallNote::getEpoch)
                    .containsExactlyInAnyOrder(1, 2);
            assertThat(keys("recalls.analytics")).isEqualTo(known);
            cluster.assertComplete(both(effect));
        } finally {
            first.close();
        }
    }

    private Set<String> keys(String topic) {
        return cluster.committed(topic).stream()
                .map(record -> new String(record.key(), StandardCharsets.US_ASCII))
                .collect(Collectors.toSet());
    }

    private void assertDecidedInForce(RecordMetadata place, Instant occurredAt, Instant effect) {
        AuditEntry entry = cluster.decided(place);
        boolean isNew = !occurredAt.isBefore(effect);
        assertThat(entry.getPolicyVersion()).isEqualTo(isNew ? NEW : OLD);
        Map<String, String> outcomes = outcomes(entry);
        assertThat(outcomes).containsEntry("payment", "RELEASE contract");
        if (isNew) {
            assertThat(outcomes)
                    .containsEntry(JOINING, "RELEASE legitimate-interest")
                    .doesNotContainKey(STRUCK_OFF);
        } else {
            boolean isLate = !entry.getDecidedAt().isBefore(effect);
            assertThat(outcomes)
                    .containsEntry(STRUCK_OFF, isLate ? "WITHHOLD no-longer-registered" : "RELEASE legitimate-interest")
                    .doesNotContainKey(JOINING);
        }
    }

    /** Comes all the time, one after the other, of people in every partition. */
    private final class Orders implements AutoCloseable {
        private final Map<RecordMetadata, Instant> all = new LinkedHashMap<>();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final CompletableFuture<Void> publishing;
        private int next;

        Orders() throws Exception {
            List<ConsentChange> ages = new ArrayList<>();
            for (int i = 0; i < CUSTOMERS; i++) {
                ages.add(Given.grown("customer:" + i));
            }
            cluster.publishAll(ages).forEach(cluster::decided);
            publishing = CompletableFuture.runAsync(() -> {
                while (!ended.get()) {
                    publish(Given.now());
                }
            });
        }

        synchronized RecordMetadata publish(Instant occurredAt) {
            Order order = Given.order("customer:" + next++ % CUSTOMERS).build();
            order.getMeta().setOccurredAt(occurredAt);
            try {
                RecordMetadata place = cluster.publish(order);
                all.put(place, occurredAt);
                return place;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            ended.set(true);
            publishing.join();
        }
    }
}
