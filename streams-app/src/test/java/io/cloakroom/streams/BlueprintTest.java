package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.Engine;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.schemas.Labels;
import io.cloakroom.schemas.Schemas;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

class BlueprintTest {

    private static final Path POLICIES = Path.of("..", "policy", "policies");

    @TempDir
    Path directory;

    private Blueprint blueprint;

    /** The policy's own words. */
    private JsonNode policy;

    @BeforeEach
    void load() throws Exception {
        blueprint = Blueprint.load(POLICIES);
        policy = new YAMLMapper().readTree(shipped());
    }

    /** Such as analytics.order, sorted. */
    private List<String> releases() {
        return policy.get("recipients")
                .propertyStream()
                .flatMap(recipient -> recipient.getValue().get("events").propertyNames().stream()
                        .map(type -> recipient.getKey() + "." + type))
                .sorted()
                .toList();
    }

    @Test
    void shouldAskForTheTopicsOfTheContract() {
        Stream<String> events =
                policy.get("events").propertyNames().stream().sorted().map("events."::concat);
        Stream<String> recalls = policy.get("recipients")
                .propertyStream()
                .filter(recipient -> !recipient.getValue().has("recall"))
                .map(recipient -> "recalls." + recipient.getKey())
                .sorted();

        assertThat(blueprint.topics())
                .filteredOn(TopicSpec::isInput)
                .extracting(TopicSpec::name)
                .containsExactlyElementsOf(Stream.concat(
                                events,
                                Stream.of("consent.changes", "identity.links", "subject.requests", "gate.forwards"))
                        .toList());
        assertThat(blueprint.topics())
                .filteredOn(topic -> !topic.isInput())
                .extracting(TopicSpec::name)
                .containsExactlyElementsOf(Stream.of(
                                releases().stream(),
                                recalls,
                                Stream.of("audit.decisions", "audit.checkpoints", "quarantine"))
                        .flatMap(names -> names)
                        .toList());
    }

    /** A broker may keep everything for ever, unless it is told otherwise. */
    @Test
    void shouldKeepWhatTheGateSendsItselfForABoundedTime() {
        TopicSpec forwards = blueprint.topics().stream()
                .filter(topic -> topic.name().equals("gate.forwards"))
                .findFirst()
                .orElseThrow();

        assertThat(forwards.toCreate(1, (short) 1).configs())
                .containsEntry("retention.ms", "604800000")
                .containsEntry("segment.ms", "21600000")
                .containsEntry("message.timestamp.type", "LogAppendTime");
    }

    /** A recipient that was away must still learn what to delete, and whoever proves the audit must find it. */
    @Test
    void shouldKeepAuditCheckpointsRecallsAndQuarantineForEver() {
        assertThat(blueprint.topics())
                .filteredOn(topic -> topic.name().matches("audit\\..*|recalls\\..*|quarantine"))
                .hasSizeGreaterThan(10)
                .allSatisfy(topic -> assertThat(topic.toCreate(1, (short) 1).configs())
                        .containsEntry("retention.ms", "-1")
                        .containsEntry("retention.bytes", "-1")
                        .containsEntry("cleanup.policy", "delete"));
    }

    /** The broker counts from a record's time, which is that of arrival cut to the month, or to the day by default. */
    @Test
    void shouldKeepReleasesForAWeekAfterTheyArrive() {
        assertThat(blueprint.topics())
                .filteredOn(topic -> releases().contains(topic.name()))
                .allSatisfy(topic -> assertThat(
                                topic.toCreate(1, (short) 1).configs().get("retention.ms"))
                        .isEqualTo(
                                topic.name().matches("(research-|testing).*")
                                        ? Long.toString(Duration.ofDays(7 + 31).toMillis())
                                        : Long.toString(Duration.ofDays(7 + 1).toMillis())));
    }

    @Test
    void shouldCompactNothingAndTakeTheBrokersTimeForInputs() {
        assertThat(blueprint.topics())
                .allSatisfy(topic -> assertThat(topic.config())
                        .containsEntry("cleanup.policy", "delete")
                        .containsEntry("message.timestamp.type", topic.isInput() ? "LogAppendTime" : "CreateTime"));
    }

    @Test
    void shouldRegisterASchemaForTheValuesOfEveryTopic() {
        assertThat(blueprint.registrations())
                .extracting(Blueprint.Registration::subject)
                .containsExactlyInAnyOrderElementsOf(blueprint.topics().stream()
                        .map(topic -> topic.name() + "-value")
                        .toList());
    }

    @Test
    void shouldRegisterWhatTheTopicHolds() {
        assertThat(blueprint.registrations())
                .extracting(r -> r.subject() + " " + r.schema().getFullName())
                .contains(
                        "events.order-value io.cloakroom.events.Order",
                        "consent.changes-value io.cloakroom.control.ConsentChange",
                        "gate.forwards-value io.cloakroom.gate.Forward",
                        "audit.decisions-value io.cloakroom.gate.AuditEntry",
                        "audit.checkpoints-value io.cloakroom.gate.Checkpoint",
                        "quarantine-value io.cloakroom.gate.Quarantined",
                        "analytics.order-value io.cloakroom.release.analytics.Order",
                        "mailing.marketing-value io.cloakroom.release.mailing.Marketing");
    }

    @Test
    void shouldRegisterASchemaOfEachVersionOldestFirst() throws Exception {
        Path both = twoVersions(
                "order.item, order.amount, cookie.category, behaviour.action, chat",
                "order.item, cookie.category, behaviour.action, chat");
        Path later = both.resolve("2018-11-17.yaml");
        Files.writeString(
                later,
                Files.readString(later).replaceFirst("drop: \\[consent.signal", "drop: [order.amount, consent.signal"));
        Blueprint two = Blueprint.load(both);

        List<Schema> schemas = two.registrations().stream()
                .filter(r -> r.subject().equals("analytics.order-value"))
                .map(Blueprint.Registration::schema)
                .toList();

        assertThat(schemas).hasSize(2);
        assertThat(schemas.get(0).getField("total")).isNotNull();
        assertThat(schemas.get(1).getField("total")).isNull();
    }

    @Test
    void shouldNeedAKeyForEachRecipientAndEpochOfAnyVersionAndOneForTheAudit() throws Exception {
        Blueprint two = Blueprint.load(twoVersions("epoch: 1\n    clause: C6.vii", "epoch: 2\n    clause: C6.vii"));

        assertThat(two.keyNames())
                .contains("advertising.1", "analytics.1", "analytics.2", "audit.1", "group.1")
                .hasSize(blueprint.history().versions().get(0).recipients().size() + 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"events", "consent", "identity", "subject", "recalls", "audit", "quarantine", "gate"})
    void shouldRefuseARecipientWhoseTopicsWouldBeTheGatesOwn(String name) throws IOException {
        Path file = directory.resolve("2017-11-17.yaml");
        Files.writeString(file, shipped().replace("\n  mailing:\n", "\n  " + name + ":\n"));

        assertThatThrownBy(() -> Blueprint.load(file))
                .isInstanceOf(PolicyRefusedException.class)
                .hasMessageContaining("`" + name + "` is a reserved name");
    }

    @Test
    void shouldFindEveryLabelOfEverySchemaAmongTheCategories() throws IOException {
        Set<String> labels = Schemas.all().values().stream()
                .flatMap(schema -> Labels.of(schema).values().stream())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(labels).hasSizeGreaterThan(20);
        assertThat(categories()).containsAll(labels);
    }

    /** The engine decides where Kafka cannot be seen. */
    @Test
    void shouldFindNeitherKafkaNorAvroInThePolicyModule() throws Exception {
        Path module = Path.of(
                Engine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> classes = Files.isDirectory(module) ? references(module) : inJar(module);

        assertThat(classes)
                .hasSizeGreaterThan(30)
                .allSatisfy(constants -> assertThat(constants)
                        .doesNotContain("org/apache/kafka", "org.apache.kafka", "org/apache/avro", "org.apache.avro"));
    }

    /** The shipped version, and one a year later that differs in one place. */
    private Path twoVersions(String replace, String by) throws IOException {
        assertThat(shipped()).contains(replace);
        Files.writeString(directory.resolve("2017-11-17.yaml"), shipped());
        Files.writeString(
                directory.resolve("2018-11-17.yaml"),
                shipped()
                        .replace(replace, by)
                        .replace("version: \"2017-11-17\"", "version: \"2018-11-17\"\nchange: editorial"));
        return directory;
    }

    private static String shipped() throws IOException {
        return Files.readString(POLICIES.resolve("2017-11-17.yaml"));
    }

    private static Set<String> categories() throws IOException {
        return Set.copyOf(new YAMLMapper().readTree(shipped()).get("categories").propertyNames());
    }

    private static List<String> inJar(Path jar) throws IOException {
        try (FileSystem inside = FileSystems.newFileSystem(jar)) {
            return references(inside.getPath("/"));
        }
    }

    /** The bytes of each class, in which the names of all classes that it uses stand. */
    private static List<String> references(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> classes =
                    files.filter(f -> f.toString().endsWith(".class")).toList();
            List<String> read = new ArrayList<>();
            for (Path file : classes) {
                read.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
            return read;
        }
    }
}
