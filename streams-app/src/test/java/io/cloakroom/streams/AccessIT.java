package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Everybody against every topic, allowed and denied, tried out at a broker that has only the rules that {@code topics apply}
 * made of the shipped policy. What must come out stands here in the words of the contract and is read from the policy's own
 * text, not from what made the rules.
 */
@Timeout(180)
class AccessIT {

    private static final Path POLICIES = Cluster.SHIPPED_POLICY;

    private static final String STRANGER = "stranger";

    /** One of the gate's own, which hold people's state. */
    private static final String CHANGELOG = "cloakroom-gate-people-changelog";

    /** A worker's, and that of a source which publishes orders. */
    private static final String CONFIGURED = "cloakroom.connect.config";

    private static final String OFFSETS = "cloakroom.connect-service.order.outbox";

    private static final String INPUTS = "events\\..*|consent\\.changes|identity\\.links|subject\\.requests";

    private static final String NOT_OF_CONNECT = "(?!cloakroom\\.connect).*";

    /** Who reads, who writes, who sees that a topic is there; expressions over names of topics, RELEASES for all of them. */
    private static final List<Row> AROUND = List.of(
            new Row(
                    "cloakroom.gate",
                    INPUTS + "|gate\\.forwards|" + CHANGELOG,
                    "RELEASES|recalls\\..*|gate\\.forwards|audit\\.decisions|quarantine|" + CHANGELOG,
                    NOT_OF_CONNECT),
            new Row("cloakroom.auditor", "audit\\..*|quarantine", "", INPUTS),
            new Row("cloakroom.signer", "audit\\..*", "audit\\.checkpoints", ""),
            new Row("cloakroom.verifier", INPUTS + "|RELEASES|audit\\..*", "", ""),
            new Row(
                    "cloakroom.operator",
                    INPUTS + "|audit\\.decisions|quarantine",
                    INPUTS + "|quarantine",
                    NOT_OF_CONNECT),
            new Row("cloakroom.inspector", "audit\\.decisions|" + CHANGELOG, "subject\\.requests", ""),
            new Row("cloakroom.connect", CONFIGURED, CONFIGURED, CONFIGURED),
            new Row("control.consent", "", "consent\\.changes", ""),
            new Row("control.identity", "", "identity\\.links", ""),
            new Row("control.requests", "", "subject\\.requests", ""),
            new Row(STRANGER, "", "", ""));

    private record Row(String who, String reads, String writes, String sees) {}

    @TempDir
    static Path directory;

    private static SecuredCluster cluster;
    private static Admin administrator;
    private static TreeSet<String> topics;
    private static TreeSet<String> releases;
    private static List<Row> rows;
    private static ExecutorService threads;

    @BeforeAll
    static void apply() throws Exception {
        JsonNode policy =
                new YAMLMapper().readTree(POLICIES.resolve("2017-11-17.yaml").toFile());
        releases = new TreeSet<>();
        rows = new ArrayList<>(AROUND);
        policy.get("recipients").properties().forEach(recipient -> {
            String id = recipient.getKey();
            JsonNode until = recipient.getValue().get("until");
            boolean isOver = until != null && !LocalDate.parse(until.asString()).isAfter(LocalDate.now());
            String own = recipient.getValue().get("events").propertyNames().stream()
                    .map(type -> id + "\\." + type)
                    .collect(Collectors.joining("|"));
            recipient.getValue().get("events").propertyNames().forEach(type -> releases.add(id + "." + type));
            rows.add(new Row(id, (isOver ? "" : own + "|") + "recalls\\." + id, "", ""));
        });
        policy.get("events").propertyNames().forEach(type -> {
            String own = type.equals("order") ? OFFSETS : "";
            rows.add(new Row("service." + type, own, "events\\." + type + "|" + own, own));
        });

        cluster = SecuredCluster.start(
                directory, POLICIES, rows.stream().map(Row::who).toList(), List.of());
        administrator =
                Admin.create(cluster.certified(SecuredCluster.ADMINISTRATOR).client());
        CloakroomTest.Ran applied = CloakroomTest.run(
                "topics",
                "apply",
                "--partitions",
                "1",
                "--config",
                cluster.file(SecuredCluster.ADMINISTRATOR).toString());
        assertThat(applied.exit()).as(applied.err()).isZero();
        administrator
                .createTopics(List.of(CHANGELOG, CONFIGURED, OFFSETS).stream()
                        .map(name -> new NewTopic(name, 1, (short) 1))
                        .toList())
                .all()
                .get();
        topics = new TreeSet<>(administrator.listTopics().names().get());
        try (KafkaProducer<byte[], byte[]> producer =
                producer(cluster.certified(SecuredCluster.ADMINISTRATOR), Map.of())) {
            for (String topic : topics) {
                producer.send(record(topic)).get();
            }
        }
        threads = Executors.newFixedThreadPool(4);
    }

    @AfterAll
    static void close() throws Exception {
        if (threads != null) {
            threads.shutdownNow();
        }
        if (administrator != null) {
            administrator.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    // The payment topic first.

    @Test
    void shouldLetThePaymentPartnerAndTheVerifierReadThePaymentTopicTheGateWriteItAndNobodyElseAnything()
            throws Exception {
        String payment = "payment.order";

        Map<String, Set<String>> read = each(row -> read(row.who(), List.of(payment)));
        Map<String, Set<String>> written = each(row -> write(row.who(), List.of(payment)));

        assertThat(who(read, payment)).containsExactlyInAnyOrder("payment", "cloakroom.verifier");
        assertThat(who(written, payment)).containsExactly("cloakroom.gate");
        for (Row row : rows) {
            assertThatNothingCanBeDoneToIt(row.who(), payment);
        }
    }

    private static void assertThatNothingCanBeDoneToIt(String who, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp forEver = new AlterConfigOp(new ConfigEntry("retention.ms", "-1"), AlterConfigOp.OpType.SET);
        try (Admin admin = Admin.create(cluster.user(who).client())) {
            for (Future<?> tried : List.of(
                    admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                            .all(),
                    admin.createTopics(List.of(new NewTopic("payment.cookie", 1, (short) 1)))
                            .all(),
                    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(2)))
                            .all(),
                    admin.incrementalAlterConfigs(Map.of(resource, List.of(forEver)))
                            .all(),
                    admin.deleteTopics(List.of(topic)).all())) {
                assertThatThrownBy(tried::get)
                        .as(who + " and " + topic)
                        .hasCauseInstanceOf(AuthorizationException.class);
            }
        }
    }

    // Everybody and everything.

    @Test
    void shouldLetEverybodyReadTheirTopicsAndNoOthers() throws Exception {
        assertThat(each(row -> read(row.who(), topics))).isEqualTo(expected(Row::reads));
    }

    @Test
    void shouldLetEverybodyWriteTheirTopicsAndNoOthers() throws Exception {
        assertThat(each(row -> write(row.who(), topics))).isEqualTo(expected(Row::writes));
    }

    @Test
    void shouldLetEverybodyDoNothingElseToAnyTopic() throws Exception {
        Map<String, Set<String>> reads = expected(Row::reads);
        Map<String, Set<String>> writes = expected(Row::writes);
        Map<String, Set<String>> sees = expected(Row::sees);
        Map<String, Map<String, Set<AclOperation>>> expected = new TreeMap<>();
        for (Row row : rows) {
            Map<String, Set<AclOperation>> its = new TreeMap<>();
            for (String topic : topics) {
                Set<AclOperation> may = EnumSet.noneOf(AclOperation.class);
                if (reads.get(row.who()).contains(topic)) {
                    may.addAll(Set.of(AclOperation.READ, AclOperation.DESCRIBE));
                }
                if (writes.get(row.who()).contains(topic)) {
                    may.addAll(Set.of(AclOperation.WRITE, AclOperation.DESCRIBE));
                }
                if (sees.get(row.who()).contains(topic)) {
                    may.add(AclOperation.DESCRIBE);
                    if (!row.who().equals("cloakroom.auditor")
                            && !(row.who().equals("cloakroom.gate") && topic.equals(CHANGELOG))) {
                        may.add(AclOperation.DESCRIBE_CONFIGS);
                    }
                }
                if (List.of(CHANGELOG, CONFIGURED, OFFSETS).contains(topic)
                        && writes.get(row.who()).contains(topic)) {
                    may.add(AclOperation.CREATE);
                }
                if (!may.isEmpty()) {
                    its.put(topic, may);
                }
            }
            expected.put(row.who(), its);
        }

        assertThat(each(row -> operations(row.who()))).isEqualTo(expected);
    }

    @Test
    void shouldLetNobodyIntoTheGroupOfAnother() throws Exception {
        List<String> recipients = rows.stream()
                .map(Row::who)
                .filter(who -> !who.contains(".") && !who.equals(STRANGER))
                .toList();
        List<String> groups =
                new ArrayList<>(recipients.stream().map(r -> r + ".readers").toList());
        Map<String, String> around = Map.of(
                "cloakroom.gate", "cloakroom-gate",
                "cloakroom.auditor", "cloakroom.auditor.readers",
                "cloakroom.connect", "cloakroom.connect");
        groups.addAll(around.values());
        Map<String, Set<String>> expected = new TreeMap<>();
        rows.forEach(row -> expected.put(
                row.who(),
                recipients.contains(row.who())
                        ? Set.of(row.who() + ".readers")
                        : around.containsKey(row.who()) ? Set.of(around.get(row.who())) : Set.of()));

        assertThat(each(row -> groups(row.who(), groups))).isEqualTo(expected);
        join("payment", "payment.readers");
        for (String who : List.of("analytics", "group", "cloakroom.verifier")) {
            assertThatThrownBy(() -> join(who, "payment.readers")).isInstanceOf(GroupAuthorizationException.class);
            assertThatThrownBy(() -> join(who, "cloakroom-gate")).isInstanceOf(GroupAuthorizationException.class);
        }
    }

    @Test
    void shouldLetNobodyTakeTheTransactionsOfAnother() throws Exception {
        List<String> ids = List.of(
                "cloakroom-gate-1",
                "cloakroom.operator.replay",
                "service.order.1",
                "connect-cluster-cloakroom.connect",
                "cloakroom.connect-service.order.outbox-0");
        Map<String, Set<String>> taken = each(row -> {
            Set<String> its = new TreeSet<>();
            for (String id : ids) {
                try (KafkaProducer<byte[], byte[]> producer =
                        producer(cluster.user(row.who()), Map.of("transactional.id", id))) {
                    producer.initTransactions();
                    its.add(id);
                } catch (TransactionalIdAuthorizationException e) {
                    // as it should be, mostly
                }
            }
            return its;
        });

        assertThat(who(taken, "cloakroom-gate-1")).containsExactly("cloakroom.gate");
        assertThat(who(taken, "cloakroom.operator.replay")).containsExactly("cloakroom.operator");
        assertThat(who(taken, "service.order.1")).containsExactly("service.order");
        assertThat(who(taken, "connect-cluster-cloakroom.connect")).containsExactly("cloakroom.connect");
        assertThat(who(taken, "cloakroom.connect-service.order.outbox-0")).containsExactly("service.order");
    }

    /** By another rule, or another password, somebody could become what they are not. */
    @Test
    void shouldLetNobodyMakeRulesOrPasswords() throws Exception {
        AclBinding all = new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, "payment.order", PatternType.LITERAL),
                new AccessControlEntry("User:" + STRANGER, "*", AclOperation.READ, AclPermissionType.ALLOW));
        UserScramCredentialAlteration password = new UserScramCredentialUpsertion(
                "payment", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), "stolen");
        ConfigResource brokers = new ConfigResource(ConfigResource.Type.BROKER, "");
        AlterConfigOp anyone = new AlterConfigOp(new ConfigEntry("log.retention.ms", "-1"), AlterConfigOp.OpType.SET);

        each(row -> {
            try (Admin admin = Admin.create(cluster.user(row.who()).client())) {
                for (Future<?> tried : List.of(
                        admin.createAcls(List.of(all)).all(),
                        admin.deleteAcls(List.of(AclBindingFilter.ANY)).all(),
                        admin.describeAcls(AclBindingFilter.ANY).values(),
                        admin.alterUserScramCredentials(List.of(password)).all(),
                        admin.incrementalAlterConfigs(Map.of(brokers, List.of(anyone)))
                                .all())) {
                    assertThatThrownBy(tried::get).as(row.who()).hasCauseInstanceOf(AuthorizationException.class);
                }
            }
            return row;
        });
    }

    // What comes of trying.

    private static Set<String> read(String who, Collection<String> asked) throws Exception {
        Map<String, Object> config = new HashMap<>(cluster.user(who).client());
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.put("fetch.max.wait.ms", 20);
        Set<String> left = new TreeSet<>(asked);
        Set<String> read = new TreeSet<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Instant deadline = Instant.now().plusSeconds(20);
            while (!left.isEmpty()) {
                assertThat(Instant.now()).as(who + " hears nothing of " + left).isBefore(deadline);
                consumer.assign(left.stream().map(t -> new TopicPartition(t, 0)).toList());
                try {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                        read.add(record.topic());
                    }
                    left.removeAll(read);
                } catch (TopicAuthorizationException e) {
                    left.removeAll(e.unauthorizedTopics());
                }
            }
        }
        return read;
    }

    private static Set<String> write(String who, Collection<String> asked) throws Exception {
        Map<String, Future<RecordMetadata>> sent = new LinkedHashMap<>();
        Set<String> written = new TreeSet<>();
        // Each topic's own answer: an idempotent producer is refused as a whole.
        try (KafkaProducer<byte[], byte[]> producer =
                producer(cluster.user(who), Map.of("enable.idempotence", "false"))) {
            asked.forEach(topic -> sent.put(topic, producer.send(record(topic))));
            for (Map.Entry<String, Future<RecordMetadata>> one : sent.entrySet()) {
                try {
                    one.getValue().get();
                    written.add(one.getKey());
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(TopicAuthorizationException.class);
                }
            }
        }
        return written;
    }

    private static Map<String, Set<AclOperation>> operations(String who) throws Exception {
        Map<String, Set<AclOperation>> operations = new TreeMap<>();
        try (Admin admin = Admin.create(cluster.user(who).client())) {
            var described = admin.describeTopics(topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                    .topicNameValues();
            for (String topic : topics) {
                try {
                    operations.put(topic, described.get(topic).get().authorizedOperations());
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(TopicAuthorizationException.class);
                }
            }
        }
        return operations;
    }

    /** Those in which it may say how far it is, which takes what joining them takes. */
    private static Set<String> groups(String who, List<String> asked) throws Exception {
        Set<String> may = new TreeSet<>();
        try (Admin admin = Admin.create(cluster.user(who).client())) {
            TopicPartition payment = new TopicPartition("payment.order", 0);
            for (String group : asked) {
                try {
                    admin.alterConsumerGroupOffsets(group, Map.of(payment, new OffsetAndMetadata(0)))
                            .partitionResult(payment)
                            .get();
                    may.add(group);
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof TopicAuthorizationException) {
                        may.add(group);
                    } else {
                        assertThat(e).hasCauseInstanceOf(GroupAuthorizationException.class);
                    }
                }
            }
        }
        return may;
    }

    private static void join(String who, String group) throws Exception {
        Map<String, Object> config = new HashMap<>(cluster.user(who).client());
        config.put("group.id", group);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(expected(Row::reads).get(who));
            Instant deadline = Instant.now().plusSeconds(20);
            while (consumer.assignment().isEmpty()) {
                assertThat(Instant.now()).as(who + " in " + group).isBefore(deadline);
                consumer.poll(Duration.ofMillis(50));
            }
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(Settings settings, Map<String, String> more) {
        Map<String, Object> config = new HashMap<>(settings.client());
        config.putAll(more);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static ProducerRecord<byte[], byte[]> record(String topic) {
        return new ProducerRecord<>(topic, new byte[] {1}, new byte[] {2});
    }

    // What should.

    private interface Trial<T> {
        T of(Row row) throws Exception;
    }

    private static <T> Map<String, T> each(Trial<T> trial) throws Exception {
        Map<String, Future<T>> running = new TreeMap<>();
        for (Row row : rows) {
            running.put(row.who(), threads.submit((Callable<T>) () -> trial.of(row)));
        }
        Map<String, T> results = new TreeMap<>();
        for (Map.Entry<String, Future<T>> one : running.entrySet()) {
            results.put(one.getKey(), one.getValue().get());
        }
        return results;
    }

    private static Map<String, Set<String>> expected(Function<Row, String> column) {
        Map<String, Set<String>> expected = new TreeMap<>();
        for (Row row : rows) {
            Set<String> matching = new TreeSet<>();
            for (String part : column.apply(row).split("\\|")) {
                topics.stream()
                        .filter(topic -> part.equals("RELEASES") ? releases.contains(topic) : topic.matches(part))
                        .forEach(matching::add);
            }
            expected.put(row.who(), matching);
        }
        return expected;
    }

    private static Set<String> who(Map<String, Set<String>> results, String what) {
        Set<String> who = new HashSet<>();
        results.forEach((name, its) -> {
            if (its.contains(what)) {
                who.add(name);
            }
        });
        return who;
    }
}
