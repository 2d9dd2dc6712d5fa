package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens later, over partitions and restarts of a real broker and gate. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class LaterIT {

    private static final int PARTITIONS = 3;
    private static final int LINKS = 30;
    private static final Duration FORWARDED_WITHIN = Duration.ofSeconds(1);

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

    @Test
    void shouldHearWithinASecondWhatSomebodyLinkedRefusesInAnotherPartition() throws Exception {
        try (Gate gate = cluster.gate()) {
            List<String> tokens = new ArrayList<>();
            List<RecordMetadata> views = new ArrayList<>();
            for (int i = 0; i < LINKS; i++) {
                String cookie = "cookie:linked-" + i;
                AuditEntry known = cluster.decided(
                        Given.analyticsConsent(cookie, ConsentKind.GRANT).build());
                tokens.add(known.getSubjectToken());
                cluster.publish(Given.link(cookie, "customer:linked-" + i));
                views.add(cluster.publish(
                        Given.cookie(cookie, CookieCategory.ANALYTICS).build()));
            }
            for (RecordMetadata view : views) {
                AuditEntry entry = cluster.decided(view);
                if (outcomes(entry).get("analytics").startsWith("HOLD")) {
                    cluster.later(EntryKind.RESOLUTION, entry.getSubjectToken()); // the other side has answered
                }
                assertThat(cluster.releases("analytics", view)).hasSize(1);
            }
            List<Duration> forwarded = new ArrayList<>();
            for (int i = 0; i < LINKS; i++) {
                Instant arrived =
                        cluster.decided(refusal("customer:linked-" + i)).getArrivedAt();
                AuditEntry recall = cluster.later(EntryKind.RECALL, tokens.get(i));
                assertThat(recall.getRecalls()).hasSize(1);
                forwarded.add(Duration.between(arrived, recall.getDecidedAt()));
            }
            Collections.sort(forwarded);
            assertThat(forwarded.get(LINKS - 1))
                    .as("all of them: %s", forwarded)
                    .isLessThan(FORWARDED_WITHIN);
            cluster.assertComplete();
        }
    }

    @Test
    void shouldKeepWhatWaitsOverARestartWithoutItsState() throws Exception {
        String child = "customer:child";
        RecordMetadata place;
        AuditEntry held;
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.young(child));
            place = cluster.publish(Given.order(child).build());
            held = cluster.decided(place);
            assertThat(outcomes(held)).containsEntry("payment", "HOLD guardian-needed");
        }
        RestartIT.delete(Path.of(cluster.settings.required("state.dir")));
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.agreement(child));
            AuditEntry resolution = cluster.later(EntryKind.RESOLUTION, held.getSubjectToken());
            assertThat(outcomes(resolution)).containsEntry("payment", "RELEASE contract");
            assertThat(cluster.releases("payment", place)).hasSize(1);
            cluster.assertComplete();
        }
    }

    @Test
    void shouldForgetSomebodyForGood() throws Exception {
        String customer = "customer:erased";
        try (Gate gate = cluster.gate()) {
            cluster.decided(Given.grown(customer));
            RecordMetadata before = cluster.publish(Given.order(customer).build());
            cluster.decided(before);
            AuditEntry erasure = cluster.decided(
                    new SubjectRequest(UUID.randomUUID().toString(), Given.now(), customer, RequestKind.ERASURE));
            assertThat(erasure.getRecalls())
                    .extracting(recall -> recall.getRecipient() + " " + recall.getPossible())
                    .contains("payment true", "analytics true", "group true");
            cluster.decided(Given.grown(customer));
            RecordMetadata after = cluster.publish(Given.order(customer).build());
            cluster.decided(after);
            assertThat(cluster.release("analytics", after).record().key())
                    .isNotEqualTo(cluster.release("analytics", before).record().key());
            cluster.assertComplete();
        }
    }

    private static ConsentChange refusal(String customer) {
        return Given.analyticsConsent(customer, ConsentKind.WITHDRAWAL)
                .setBrand(null)
                .setCollector(null)
                .build();
    }
}
