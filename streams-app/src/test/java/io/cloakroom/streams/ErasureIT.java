package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.events.Address;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Order;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.policy.Person;
import io.cloakroom.streams.ErasureBound.Holder;
import io.cloakroom.streams.gate.GateTopology;
import io.cloakroom.streams.gate.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.utils.Utils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Nobody is left of who was erased: in the files of a broker, and of two instances that stand by for each other. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class ErasureIT {

    private static final int PARTITIONS = 2;

    /** What the broker and the store need for the work itself, nothing beside the days of a real bound. */
    private static final Duration WORK = Duration.ofSeconds(45);

    private static final Duration FORGETS = Duration.ofSeconds(6);
    private static final String PEOPLE = "cloakroom-gate-people-changelog";
    private static final String WAITING = "cloakroom-gate-waiting-changelog";
    private static final String KNOWN_VALUES = "cloakroom-gate-known-values-changelog";

    /** Otherwise as shipped: what takes days takes seconds, and no index takes 10 MB, all of which is searched. */
    private static final Map<String, String> BROKER = Map.of(
            "log.index.size.max.bytes", "10240",
            "log.cleaner.backoff.ms", "200",
            "log.retention.check.interval.ms", "200",
            "log.initial.task.delay.ms", "200",
            "log.segment.delete.delay.ms", "200");

    private static final Map<String, String> CHANGELOG =
            Map.of("segment.ms", "500", "max.compaction.lag.ms", "500", "delete.retention.ms", "3000");
    private static final Map<String, String> FORWARDS = Map.of("retention.ms", "4000", "segment.ms", "500");

    private static final String CUSTOMER = "customer:ERASEDQXQ";
    private static final String COOKIE = inOtherPartition(CUSTOMER);
    private static final String CHILD = "customer:CHILDQXQ";
    private static final String CANARY = "QXCANARYXQ";
    private static final String RETURNING = "customer:returning";

    @TempDir
    Path directory;

    private Cluster cluster;

    @Test
    void shouldLeaveNothingOfWhoWasErased() throws Exception {
        try (Cluster started =
                Cluster.start(directory.resolve("cluster"), Cluster.SHIPPED_POLICY, PARTITIONS, BROKER)) {
            cluster = started;
            try (Gate first = gate("first");
                    Gate second = gate("second")) {
                set(CHANGELOG, GateTopology.aboutPeople(Cluster.GROUP));
                awaitCopies(first, second);
                RecordMetadata order = live();
                Order before = Given.order(RETURNING).build();
                RecordMetadata known = cluster.publish(before);
                cluster.decided(known);
                Map<String, byte[]> marks = marks();
                assertThat(traces(marks))
                        .as("before, so that this test can find it")
                        .anyMatch(isIn("customer", "broker/" + PEOPLE + "-" + partition(CUSTOMER)))
                        .anyMatch(isIn("customer", "broker/" + PEOPLE + "-" + partition(COOKIE)))
                        .anyMatch(isIn("customer", "broker/" + KNOWN_VALUES + "-" + partition(CUSTOMER)))
                        .anyMatch(isIn("customer", "broker/" + Topics.FORWARDS))
                        .anyMatch(isIn("customer's salt", "broker/" + PEOPLE))
                        .anyMatch(isIn("child", "broker/" + WAITING + "-" + partition(CHILD)))
                        .noneMatch(found -> found.startsWith("canary"));
                awaitState(marks);
                set(FORWARDS, List.of(Topics.FORWARDS));

                cluster.sign();
                AuditEntry erasure = cluster.decided(erasure(CUSTOMER));
                assertErasedAtOnce();
                assertRecalled(erasure, order);
                AuditEntry childs = cluster.decided(erasure(CHILD));
                assertThat(cluster.later(EntryKind.RESOLUTION, childs.getSubjectToken())
                                .getDecisions())
                        .isNotEmpty()
                        .allSatisfy(d -> assertThat(d.getRule()).isEqualTo("erased"));
                eraseByCommand(known);
                Duration bound = ErasureBound.longest(
                                ErasureBound.read(settings("first"), cluster.blueprint, FORGETS), Holder.GATE)
                        .orElseThrow();
                assertThat(bound).isLessThan(FORGETS.multipliedBy(2));
                Awaitility.await("nothing left within " + bound)
                        .atMost(bound.plus(WORK))
                        .pollInterval(Duration.ofMillis(200))
                        .untilAsserted(() -> assertThat(traces(marks)).isEmpty());
                assertNobodyComesBack(before, known);
                cluster.assertComplete();
                cluster.sign();
                cluster.assertSigned();
            }
        }
    }

    // What there is to find.

    /** Of the three who are erased; the cookie stays. */
    private RecordMetadata live() throws Exception {
        cluster.decided(Given.grown(RETURNING));
        cluster.decided(Given.grown(CUSTOMER));
        RecordMetadata order = cluster.publish(Given.order(CUSTOMER).build());
        cluster.decided(order);
        cluster.decided(ConsentChange.newBuilder(Given.grown(CHILD))
                .setBirthDate(LocalDate.now().minusYears(12))
                .build());
        AuditEntry held = cluster.decided(Given.order(CHILD)
                .setDelivery(new Address(CANARY, CANARY, CANARY, CANARY, "GB"))
                .build());
        assertThat(outcomes(held)).containsEntry("payment", "HOLD guardian-needed");

        AuditEntry cookie = cluster.decided(
                Given.analyticsConsent(COOKIE, ConsentKind.GRANT).build());
        cluster.decided(
                new IdentityLink(UUID.randomUUID().toString(), Given.now(), COOKIE, CUSTOMER, LinkKind.CONNECTED));
        RecordMetadata view =
                cluster.publish(Given.cookie(COOKIE, CookieCategory.ANALYTICS).build());
        if (outcomes(cluster.decided(view)).get("analytics").startsWith("HOLD")) {
            cluster.later(EntryKind.RESOLUTION, cookie.getSubjectToken());
        }
        cluster.decided(Given.analyticsConsent(CUSTOMER, ConsentKind.WITHDRAWAL)
                .setBrand(null)
                .setCollector(null)
                .build());
        cluster.later(EntryKind.RECALL, cookie.getSubjectToken()); // the cookie has heard of it
        return order;
    }

    private Map<String, byte[]> marks() {
        return Map.of(
                "customer", id(CUSTOMER),
                "customer's salt", salt(CUSTOMER),
                "child", id(CHILD),
                "child's salt", salt(CHILD),
                "canary", Traces.of(CANARY),
                "returning's salt", salt(RETURNING));
    }

    /** RocksDB leaves out of a key what it has in common with the one before: here, no more than the kind. */
    private static byte[] id(String subject) {
        return Traces.of(subject.substring(subject.indexOf(':') + 1));
    }

    /** As it stands in the row, behind the number of its form. */
    private byte[] salt(String subject) {
        List<ConsumerRecord<byte[], byte[]>> rows = rows(subject);
        return Arrays.copyOfRange(rows.get(rows.size() - 1).value(), 1, 1 + Person.SALT_LENGTH);
    }

    private List<ConsumerRecord<byte[], byte[]>> rows(String subject) {
        return cluster.committed(PEOPLE).stream()
                .filter(row -> subject.equals(new String(row.key(), StandardCharsets.UTF_8)))
                .toList();
    }

    /** All but what services published and what was released: that goes by the retention of those topics. */
    private Set<String> traces(Map<String, byte[]> marks) {
        Set<String> others = new HashSet<>(Topics.published(cluster.blueprint.history()));
        others.addAll(Topics.releases(cluster.blueprint.history()));
        return Traces.in(
                directory,
                marks,
                file -> !file.startsWith("cluster")
                        || file.startsWith("cluster/broker")
                                && !others.contains(file.getName(2).toString().replaceFirst("-\\d+$", "")));
    }

    private static Predicate<String> isIn(String mark, String place) {
        return found -> found.startsWith(mark + " in ") && found.contains(place);
    }

    private void awaitState(Map<String, byte[]> marks) {
        Cluster.await("rows in the files of both instances")
                .untilAsserted(() -> assertThat(traces(marks))
                        .anyMatch(isIn("customer", state("first", CUSTOMER, "people")))
                        .anyMatch(isIn("customer", state("second", CUSTOMER, "people")))
                        .anyMatch(isIn("customer", state("first", COOKIE, "people")))
                        .anyMatch(isIn("customer", state("second", COOKIE, "people")))
                        .anyMatch(isIn("customer's salt", state("first", CUSTOMER, "people")))
                        .anyMatch(isIn("customer's salt", state("second", CUSTOMER, "people")))
                        .anyMatch(isIn("customer", state("first", CUSTOMER, "known-values")))
                        .anyMatch(isIn("customer", state("second", CUSTOMER, "known-values")))
                        .anyMatch(isIn("child", state("first", CHILD, "waiting")))
                        .anyMatch(isIn("child", state("second", CHILD, "waiting"))));
    }

    private static String state(String instance, String subject, String store) {
        return instance + "/" + Cluster.GROUP + "/0_" + partition(subject) + "/rocksdb/" + store;
    }

    // What an erasure does.

    private static SubjectRequest erasure(String subject) {
        return new SubjectRequest(UUID.randomUUID().toString(), Given.now(), subject, RequestKind.ERASURE);
    }

    /** The marks of transactions take offsets: what stands side by side is of one. */
    private void assertErasedAtOnce() {
        List<ConsumerRecord<byte[], byte[]>> rows = rows(CUSTOMER);
        ConsumerRecord<byte[], byte[]> last = rows.get(rows.size() - 1);
        assertThat(last.value()).isNull();
        assertThat(cluster.committed(PEOPLE))
                .filteredOn(row -> row.partition() == last.partition() && row.offset() == last.offset() - 1)
                .singleElement()
                .satisfies(stub -> assertThat(new String(stub.key(), StandardCharsets.UTF_8))
                        .startsWith("erased:")
                        .doesNotContain(CUSTOMER));
    }

    private void assertRecalled(AuditEntry erasure, RecordMetadata order) {
        Set<String> recipients = new TreeSet<>();
        for (RecallNote recall : erasure.getRecalls()) {
            recipients.add(recall.getRecipient());
            assertThat(recall.getPossible())
                    .as("recall of %s", recall.getRecipient())
                    .isEqualTo(!recall.getRecipient().equals("fraud")); // C42: it may keep a record
            if (recall.getPossible()) {
                assertThat(cluster.committed(Topics.recalls(recall.getRecipient())))
                        .extracting(ConsumerRecord::key)
                        .contains(cluster.release(recall.getRecipient(), order)
                                .record()
                                .key());
            }
        }
        assertThat(recipients).isEqualTo(released(order).keySet());
    }

    /** The purposes of each recipient. */
    private Map<String, List<String>> released(RecordMetadata event) {
        return cluster.decided(event).getDecisions().stream()
                .filter(d -> d.getOutcome() == Outcome.RELEASE)
                .collect(Collectors.toMap(d -> d.getRecipient(), d -> d.getPurposes()));
    }

    /** What it prints of a gate as shipped, whose state is written anew twice a day. */
    private void eraseByCommand(RecordMetadata known) throws Exception {
        set(Map.of("retention.ms", "-1"), List.of("payment.order"));
        JsonNode said = JsonMapper.builder().build().readTree(erased("--json"));
        assertThat(said.get("erased").asBoolean()).isTrue();
        assertThat(said.get("recalls").size())
                .isEqualTo(
                        released(known).values().stream().mapToInt(List::size).sum());
        Map<String, Object> seconds = new HashMap<>();
        said.get("copies")
                .forEach(copy -> seconds.put(
                        copy.get("place").asString(), copy.get("withinSeconds").asString()));
        assertThat(seconds)
                .containsEntry(Topics.FORWARDS, "5")
                .containsEntry("events.order", Long.toString(Duration.ofDays(14).toSeconds() + 1))
                .containsEntry("payment.order", "")
                .containsKeys(PEOPLE, WAITING, KNOWN_VALUES, "group.order", "consent.changes");
        assertThat(erased())
                .startsWith("erased: " + Topics.SUBJECT_REQUESTS)
                .contains("\nthe gate's copies: gone within 15 h\n")
                .contains("\n  " + Topics.FORWARDS + ": gone within 5 s: retention.ms and segment.ms\n")
                .contains("\nin the topics of publishers: gone within 14 d 1 s\n")
                .endsWith("\nin the topics of recipients, recalled: never gone\n"
                        + "  payment.order: never gone: set retention.ms\n");
    }

    private String erased(String... options) throws Exception {
        Path file = Cluster.write(settings("first"), directory.resolve("gate.properties"));
        StringWriter out = new StringWriter();
        List<String> arguments = new ArrayList<>(List.of("subject", "erase", RETURNING, "--config", file.toString()));
        arguments.addAll(List.of(options));
        assertThat(Cloakroom.commandLine().setOut(new PrintWriter(out)).execute(arguments.toArray(String[]::new)))
                .isZero();
        return out.toString();
    }

    private void assertNobodyComesBack(Order before, RecordMetadata known) throws Exception {
        assertThat(outcomes(cluster.decided(before)))
                .as("an old event, published again")
                .containsKeys("payment", "analytics", "group")
                .allSatisfy((recipient, outcome) -> assertThat(outcome).startsWith("WITHHOLD erased"));
        cluster.decided(Given.grown(RETURNING));
        cluster.decided(Given.emailConsent(RETURNING, ConsentKind.GRANT)
                .setOrigin("crm")
                .build());
        assertThat(outcomes(cluster.decided(Given.message(RETURNING, "sale").build())))
                .as("after an import")
                .containsEntry("mailing", "WITHHOLD never-asked");
        RecordMetadata later = cluster.publish(Given.order(RETURNING).build());
        assertThat(cluster.decided(later).getSubjectToken())
                .as("token in the audit")
                .isNotEqualTo(cluster.decided(known).getSubjectToken());
        for (String recipient : List.of("payment", "analytics", "group")) {
            assertThat(cluster.release(recipient, later).record().key())
                    .as("pseudonym for " + recipient)
                    .isNotEqualTo(cluster.release(recipient, known).record().key());
        }
    }

    // Two instances, and a broker that does in seconds what takes days.

    private Settings settings(String instance) {
        return cluster.settings.with(Map.of(
                "state.dir", directory.resolve(instance).toString(),
                "num.standby.replicas", "1",
                "state.cleanup.delay.ms", "1000"));
    }

    private Gate gate(String instance) throws Exception {
        Gate gate = Gate.start(settings(instance), cluster.blueprint, FORGETS);
        gate.awaitRunning();
        return gate;
    }

    /** Until each has the rows of every partition, its own or a copy. */
    private static void awaitCopies(Gate... gates) {
        Awaitility.await("copies")
                .atMost(Duration.ofSeconds(40))
                .until(() -> Arrays.stream(gates)
                        .allMatch(gate ->
                                gate.lags().getOrDefault("people", Map.of()).size() == PARTITIONS));
    }

    private void set(Map<String, String> config, List<String> topics) throws Exception {
        List<AlterConfigOp> changes = config.entrySet().stream()
                .map(e -> new AlterConfigOp(new ConfigEntry(e.getKey(), e.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        try (Admin admin = cluster.admin()) {
            Map<ConfigResource, Collection<AlterConfigOp>> all = new HashMap<>();
            topics.forEach(topic -> all.put(new ConfigResource(ConfigResource.Type.TOPIC, topic), changes));
            admin.incrementalAlterConfigs(all).all().get();
        }
    }

    private static int partition(String subject) {
        return Utils.toPositive(Utils.murmur2(Traces.of(subject))) % PARTITIONS;
    }

    private static String inOtherPartition(String subject) {
        return Stream.iterate(0, i -> i + 1)
                .map(i -> "cookie:linked-" + i)
                .filter(cookie -> partition(cookie) != partition(subject))
                .findFirst()
                .orElseThrow();
    }
}
