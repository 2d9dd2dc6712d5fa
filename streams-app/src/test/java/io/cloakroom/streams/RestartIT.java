package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.ConsentTransition;
import io.cloakroom.gate.TransitionKind;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.StreamsGroupMemberDescription;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Instances of the gate that come and go, on one broker. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class RestartIT {

    private static final int PARTITIONS = 3;

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
    void shouldDecideEachRecordOnceOverRestartsWithItsStateAndWithout() throws Exception {
        ConsentChange grant =
                Given.analyticsConsent("cookie:known", ConsentKind.GRANT).build();
        List<Cookie> known =
                IntStream.range(0, 5).mapToObj(i -> view("cookie:known")).toList();
        int before = cluster.audit().size();
        try (Gate gate = cluster.gate()) {
            cluster.decided(grant);
            cluster.publishAll(views("restart", 4_000));
            cluster.awaitEntries(before + 100);
        }
        cluster.publishAll(views("restart", 500));
        try (Gate gate = cluster.gate()) {
            assertReleased(cluster.publish(known.get(0)), grant);
            cluster.publishAll(views("restart", 2_000));
        }
        delete(Path.of(cluster.settings.required("state.dir")));
        RecordMetadata whileStopped = cluster.publish(known.get(1));
        try (Gate gate = cluster.gate()) {
            assertReleased(whileStopped, grant);
            RecordMetadata later = cluster.publish(known.get(2));
            assertReleased(later, grant);
            assertThat(cluster.release("analytics", later).record().key())
                    .as("pseudonym of the same person")
                    .isEqualTo(
                            cluster.release("analytics", whileStopped).record().key());
            cluster.assertComplete();
        }
    }

    private static void assertReleased(RecordMetadata place, ConsentChange grant) {
        AuditEntry entry = cluster.decided(place);
        assertThat(outcomes(entry)).containsEntry("analytics", "RELEASE consent");
        assertThat(entry.getDecisions())
                .filteredOn(d -> d.getRecipient().equals("analytics"))
                .singleElement()
                .satisfies(d -> assertThat(d.getTransition())
                        .isEqualTo(new ConsentTransition(TransitionKind.GRANT, grant.getOccurredAt())));
    }

    @Test
    void shouldTakeOverFromAnInstanceThatIsClosedUnderLoad() throws Exception {
        Settings other = cluster.settings.with(
                Map.of("state.dir", directory.resolve("second").toString()));
        int before = cluster.audit().size();
        try (Gate first = cluster.gate()) {
            try (Gate second = cluster.gate(other)) {
                cluster.awaitMembersWithTasks(2);
                cluster.publishAll(views("shared", 4_000));
                cluster.awaitEntries(before + 100);
            }
            cluster.publishAll(views("shared", 1_000));
            cluster.assertComplete();
            cluster.awaitMembersWithTasks(1);
        }
    }

    /** Which nobody has to use: page 0005. */
    @Test
    void shouldTakeOverUnderTheOtherGroupProtocolToo(@TempDir Path own) throws Exception {
        try (Cluster another = Cluster.start(own, Cluster.SMALL_POLICY, 2)) {
            Settings settings = another.settings.with(Map.of("group.protocol", "streams"));
            try (Gate first = another.gate(settings)) {
                try (Gate second = another.gate(
                        settings.with(Map.of("state.dir", own.resolve("second").toString())))) {
                    awaitStreamsGroup(another);
                    another.publishAll(views("shared", 2_000));
                    another.awaitEntries(100);
                }
                another.publishAll(views("shared", 500));
                another.assertComplete();
            }
            try (Gate again = another.gate(settings)) {
                another.publishAll(views("shared", 100));
                another.assertComplete();
            }
        }
    }

    private static void awaitStreamsGroup(Cluster another) throws Exception {
        try (Admin admin = another.admin()) {
            Cluster.await("two members with a task each").until(() -> {
                Collection<StreamsGroupMemberDescription> members = admin.describeStreamsGroups(List.of(Cluster.GROUP))
                        .all()
                        .get()
                        .get(Cluster.GROUP)
                        .members();
                return members.stream()
                                .filter(member ->
                                        !member.assignment().activeTasks().isEmpty())
                                .count()
                        == 2;
            });
        }
    }

    @Test
    void shouldTakeANewEventTypeIntoAGroupThatIsKnown() throws Exception {
        try (Gate older = Gate.start(cluster.settings, without("chat"))) {
            older.awaitRunning();
            cluster.decided(view("cookie:older"));
        }
        try (Gate newer = cluster.gate()) {
            AuditEntry entry = cluster.decided(Given.chat("customer:newer").build());
            assertThat(outcomes(entry)).containsEntry("analytics", "RELEASE legitimate-interest");
        }
    }

    /** The same policy, before it named this type. */
    private static Blueprint without(String type) {
        Policy p = cluster.blueprint.history().atOrFirst(0);
        Map<String, EventRules> events = new HashMap<>(p.events());
        events.remove(type);
        Policy before = Policies.with(p, p.effectiveFrom(), events);
        return new Blueprint(
                new PolicyHistory(List.of(before)),
                cluster.blueprint.schemas(),
                cluster.blueprint.projections().stream()
                        .filter(projection ->
                                !projection.access().schema().type().equals(type))
                        .toList());
    }

    @Test
    void shouldTakeInAWithdrawalBeforeTheBacklogInFrontOfIt() throws Exception {
        String refusing = "cookie:refusing";
        String willing = "cookie:willing";
        try (Gate gate = cluster.gate()) {
            for (String cookie : List.of(refusing, willing)) {
                cluster.decided(
                        Given.analyticsConsent(cookie, ConsentKind.GRANT).build());
                assertThat(outcomes(cluster.decided(view(cookie)))).containsEntry("analytics", "RELEASE consent");
            }
        }
        List<Cookie> backlog = IntStream.range(0, 5_000)
                .mapToObj(i -> view(i % 10 == 0 ? refusing : i % 10 == 1 ? willing : "cookie:backlog-" + i))
                .toList();
        List<RecordMetadata> places = cluster.publishAll(backlog);
        ConsentChange withdrawal =
                Given.analyticsConsent(refusing, ConsentKind.WITHDRAWAL).build();
        cluster.publish(withdrawal);

        try (Gate gate = cluster.gate()) {
            for (int i = 0; i < backlog.size(); i += 10) {
                AuditEntry refused = cluster.decided(places.get(i));
                assertThat(outcomes(refused)).containsEntry("analytics", "WITHHOLD consent-withdrawn");
                assertThat(outcomes(cluster.decided(places.get(i + 1)))).containsEntry("analytics", "RELEASE consent");
            }
            cluster.assertComplete();
        }
    }

    private static Cookie view(String cookie) {
        return Given.cookie(cookie, CookieCategory.ANALYTICS).build();
    }

    /** Of a few people who consented to nothing, and some who agreed. */
    private static List<SpecificRecord> views(String people, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> i % 50 == 0
                        ? (SpecificRecord) Given.analyticsConsent("cookie:" + people + i % 500, ConsentKind.GRANT)
                                .build()
                        : view("cookie:" + people + i % 500 / 50 * 50))
                .toList();
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        assertThat(directory).doesNotExist();
    }
}
