package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.EmbeddedRegistry;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.gate.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What must be there before the gate starts, and who makes it. */
@Timeout(180)
@SuppressWarnings("try") // a gate that only has to run
class ProvisioningIT {

    @TempDir
    Path directory;

    @Test
    void shouldNotStartAndNameEverythingThatIsNotAsItMustBe() throws Exception {
        Blueprint blueprint = Blueprint.load(Cluster.SHIPPED_POLICY);
        Path keys = directory.resolve("keys");
        Pseudonyms.create(keys, blueprint.keyNames());
        Files.delete(keys.resolve("payment.1.json"));
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
                EmbeddedRegistry inside = EmbeddedRegistry.builder().start()) {
            Settings settings = new Settings(Map.of(
                    "bootstrap.servers",
                    broker.bootstrapServers(),
                    "schema.registry.url",
                    inside.url(),
                    "state.dir",
                    directory.resolve("state").toString(),
                    Settings.POLICIES,
                    Cluster.SHIPPED_POLICY.toString(),
                    Settings.KEYS,
                    keys.toString()));
            SchemaRegistry registry = SchemaRegistry.connect(settings.client());
            blueprint.registrations().stream()
                    .filter(r -> !r.subject().equals("mailing.marketing-value"))
                    .forEach(r -> registry.register(r.subject(), r.schema()));
            try (Admin admin = Admin.create(settings.client())) {
                List<NewTopic> topics = new ArrayList<>();
                for (TopicSpec topic : blueprint.topics()) {
                    switch (topic.name()) {
                        case "group.account" -> {}
                        case "events.chat" -> topics.add(topic.toCreate(4, (short) 1));
                        case "events.order" ->
                            topics.add(new NewTopic(topic.name(), 3, (short) 1)
                                    .configs(Map.of("message.timestamp.type", "CreateTime")));
                        case "events.cookie" ->
                            topics.add(new NewTopic(topic.name(), 3, (short) 1)
                                    .configs(Map.of(
                                            "cleanup.policy", "compact", "message.timestamp.type", "LogAppendTime")));
                        case "research-wardrobe.order" ->
                            topics.add(new NewTopic(topic.name(), 3, (short) 1)
                                    .configs(Map.of("retention.ms", "604800000")));
                        case "audit.decisions", "recalls.payment", "quarantine", "payment.order" -> {
                            NewTopic weekly = topic.toCreate(3, (short) 1);
                            Map<String, String> config = new HashMap<>(weekly.configs());
                            config.put("retention.ms", "604800000");
                            topics.add(weekly.configs(config));
                        }
                        case "analytics.chat" -> topics.add(topic.toCreate(1, (short) 1));
                        default -> topics.add(topic.toCreate(3, (short) 1));
                    }
                }
                admin.createTopics(topics).all().get();
                Cluster.await("a broker that knows them")
                        .until(() -> admin.listTopics()
                                .names()
                                .get()
                                .containsAll(topics.stream().map(NewTopic::name).toList()));

                assertThat(new Provisioning(admin, registry, blueprint).plan().notes())
                        .as("what its operator may want so")
                        .containsExactlyInAnyOrder(
                                "topic payment.order has retention.ms=604800000, it is made with 691200000",
                                "topic quarantine has retention.ms=604800000, it is made with -1",
                                "topic research-wardrobe.order has retention.ms=604800000, it is made with 3283200000");
                assertThatThrownBy(() -> Gate.start(settings, blueprint))
                        .isInstanceOf(Gate.NotReadyException.class)
                        .satisfies(e -> assertThat(e.getMessage().lines())
                                .containsExactlyInAnyOrder(
                                        keys.resolve("payment.1.json") + ": no such key",
                                        "make the missing keys with: cloakroom keys create",
                                        "the gate's inputs differ in their partition counts, which must be one:"
                                                + " {3=[consent.changes, events.access, events.account, events.care,"
                                                + " events.cookie, events.marketing, events.mobile, events.order,"
                                                + " events.promotion, events.review, events.survey, gate.forwards,"
                                                + " identity.links, subject.requests], 4=[events.chat]}",
                                        "topic events.order has message.timestamp.type=CreateTime,"
                                                + " it must be LogAppendTime",
                                        "topic events.cookie has cleanup.policy=compact, it must be delete",
                                        "topic analytics.chat has 1 partitions,"
                                                + " it must have at least the 3 of the inputs",
                                        "topic research-wardrobe.order has retention.ms=604800000, it must be more"
                                                + " than the 2678400000 by which the policy cuts times there",
                                        "topic audit.decisions has retention.ms=604800000, it must be -1",
                                        "topic recalls.payment has retention.ms=604800000, it must be -1",
                                        "topic group.account is missing",
                                        "schema of mailing.marketing-value is not registered",
                                        "make what is missing with: cloakroom topics apply"));
            }
        }
    }

    @Test
    void shouldMakeWhatIsMissingOnceAndFollowAPolicyThatBecomesTighter() throws Exception {
        Path policy =
                Files.copy(Cluster.SHIPPED_POLICY.resolve("2017-11-17.yaml"), directory.resolve("2017-11-17.yaml"));
        Blueprint wider = Blueprint.load(policy);
        try (Cluster cluster = Cluster.start(directory.resolve("cluster"), policy, 1);
                Admin admin = cluster.admin()) {
            assertThat(plan(admin, cluster, wider).isEmpty()).isTrue();
            assertThat(plan(admin, cluster, wider).partitions()).isEqualTo(1);
            admin.deleteTopics(List.of("group.account")).all().get();
            Cluster.await("the end of a topic").until(() -> !cluster.topics().contains("group.account"));
            assertThat(plan(admin, cluster, wider).missing())
                    .extracting(TopicSpec::name)
                    .containsExactly("group.account");
            apply(admin, cluster, wider);
            assertThat(plan(admin, cluster, wider).isEmpty()).isTrue();
            var order = Given.order("customer:ada").build();
            RecordMetadata before;
            try (Gate gate = cluster.gate()) {
                cluster.decided(Given.grown("customer:ada"));
                before = cluster.publish(order);
                cluster.decided(before);
            }
            assertThat(cluster.release("analytics", before).at("total")).isEqualTo(order.getTotal());

            String text = Files.readString(policy);
            Files.writeString(policy, text + "# edited in place\n");
            try (Gate gate = Gate.start(cluster.settings, Blueprint.load(policy))) {
                assertThatThrownBy(gate::awaitEnd)
                        .rootCause()
                        .hasMessageStartingWith("the policy of 2017-11-17 decided here and is another now");
            }
            Files.writeString(policy, text);

            Blueprint tighter = Blueprint.load(withoutAmounts(policy));
            String subject = "analytics.order-value";
            assertThat(plan(admin, cluster, tighter).unregistered())
                    .extracting(Blueprint.Registration::subject)
                    .containsExactly(subject);
            assertThatThrownBy(() -> Gate.start(cluster.settings, tighter))
                    .isInstanceOf(Gate.NotReadyException.class)
                    .hasMessage("schema of " + subject + " is not registered\n"
                            + "make what is missing with: cloakroom topics apply");
            apply(admin, cluster, tighter);
            apply(admin, cluster, tighter);
            assertThat(plan(admin, cluster, tighter).isEmpty()).isTrue();
            assertThat(cluster.registry.latest(subject).orElseThrow().version()).isEqualTo(2);
            assertThat(cluster.registry
                            .latest(Topics.subject("group.order"))
                            .orElseThrow()
                            .version())
                    .isEqualTo(1);

            RecordMetadata after = cluster.publish(order);
            try (Gate gate = Gate.start(cluster.settings, tighter)) {
                cluster.decided(after);
            }
            Cluster.Release release = cluster.release("analytics", after);
            assertThat(release.value().getSchema().getFields())
                    .extracting(Schema.Field::name)
                    .contains("lines", "status")
                    .doesNotContain("total", "currency");
            assertThat(((GenericRecord) ((List<?>) release.at("lines")).get(0))
                            .getSchema()
                            .getField("price"))
                    .isNull();
            assertThat(release.record().key())
                    .isEqualTo(cluster.release("analytics", before).record().key());
            assertThat(cluster.release("group", after).at("total")).isEqualTo(order.getTotal());
            cluster.assertComplete(tighter);
        }
    }

    private static Provisioning.Plan plan(Admin admin, Cluster cluster, Blueprint blueprint) throws Exception {
        return new Provisioning(admin, cluster.registry, blueprint).plan();
    }

    private static void apply(Admin admin, Cluster cluster, Blueprint blueprint) throws Exception {
        Provisioning provisioning = new Provisioning(admin, cluster.registry, blueprint);
        provisioning.apply(provisioning.plan(), 7, (short) 1);
    }

    /** The policy and, from yesterday on, one without amounts. */
    private static Path withoutAmounts(Path policy) throws Exception {
        String text = Files.readString(policy);
        String version = LocalDate.now(ZoneOffset.UTC).minusDays(1).toString();
        int analytics = text.indexOf("\n  analytics:");
        String tighter = text.substring(0, analytics)
                        .replace("version: \"2017-11-17\"", "version: \"" + version + "\"\nchange: editorial")
                + text.substring(analytics)
                        .replaceFirst("(keep: \\[[^\\]]*), order\\.amount", "$1")
                        .replaceFirst("drop: \\[", "drop: [order.amount, ");
        Files.writeString(policy.resolveSibling(version + ".yaml"), tighter);
        return policy.getParent();
    }
}
