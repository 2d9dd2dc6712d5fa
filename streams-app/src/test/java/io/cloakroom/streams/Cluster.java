package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.events.Meta;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Recipient;
import io.cloakroom.schemas.AvroConfig;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.audit.Keys;
import io.cloakroom.streams.audit.Report;
import io.cloakroom.streams.audit.Signer;
import io.cloakroom.streams.audit.Verification;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.gate.Topics;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** A broker and a registry, provisioned for a policy, seen as publishers, recipients and auditors see them. */
final class Cluster implements AutoCloseable {

    static final Path SHIPPED_POLICY = GateDriver.POLICIES;
    static final Path SMALL_POLICY = GateDriver.SMALL;

    static final String GROUP = "cloakroom-gate";

    private static final int THREADS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final Settings settings;
    final Blueprint blueprint;
    final SchemaRegistry registry;

    private final Closeable machines;
    private final Pseudonyms pseudonyms;
    private final AvroSerializer serializer;
    private final AvroDeserializer specific;
    private final AvroDeserializer generic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> auditor;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, List<Entry>> byPlace = new HashMap<>();

    /** @param machines end when it does */
    Cluster(Settings settings, Blueprint blueprint, Closeable machines) throws Exception {
        this.machines = machines;
        this.blueprint = blueprint;
        this.settings = settings;
        registry = SchemaRegistry.connect(settings.client());
        pseudonyms = Pseudonyms.load(settings.keyFiles(), blueprint.keyNames());
        serializer = new AvroSerializer(registry);
        serializer.configure(settings.client(), false);
        registry.versions(Topics.subject(Topics.AUDIT)); // whatever becomes of the registry
        Map<String, Object> reading = new HashMap<>(settings.client());
        generic = new AvroDeserializer(registry);
        generic.configure(reading, false);
        specific = new AvroDeserializer(registry);
        reading.put(AvroConfig.SPECIFIC_READER, true);
        specific.configure(reading, false);
        Map<String, Object> publishing = new HashMap<>(settings.client());
        publishing.put("max.request.size", 2_000_000);
        producer = new KafkaProducer<>(publishing, new ByteArraySerializer(), new ByteArraySerializer());
        auditor = reader("read_committed");
        auditor.assign(partitions(Topics.AUDIT));
        auditor.seekToBeginning(auditor.assignment());
    }

    static Cluster start(Path directory, Path policies, int partitions) throws Exception {
        return start(directory, policies, partitions, Map.of());
    }

    /** @param broker settings of its own */
    static Cluster start(Path directory, Path policies, int partitions, Map<String, String> broker) throws Exception {
        Blueprint blueprint = Blueprint.load(policies);
        Embedded embedded = Embedded.start(directory, policies, blueprint, 0, 0, partitions, broker);
        return new Cluster(embedded.settings(), blueprint, embedded::close);
    }

    /** Starts the gate and waits until it decides. */
    Gate gate() throws Exception {
        return gate(settings);
    }

    Gate gate(Settings other) throws Exception {
        Gate gate = Gate.start(other, blueprint);
        gate.awaitRunning();
        return gate;
    }

    /** The settings of one of several instances, each with copies of the others' state. */
    Settings instance(Path directory, String name) {
        return settings.with(Map.of(
                "client.id", name, "state.dir", directory.resolve(name).toString(), "num.standby.replicas", "1"));
    }

    /** The same, of one that is missed sooner than by default when it is dead or frozen. */
    Settings impatient(Path directory, String name) {
        return instance(directory, name)
                .with(Map.of(
                        "main.consumer.session.timeout.ms",
                        "6000",
                        "main.consumer.heartbeat.interval.ms",
                        "500",
                        "producer.transaction.timeout.ms",
                        "3000"));
    }

    /** As a user writes them. */
    static Path write(Settings settings, Path file) throws IOException {
        Properties properties = new Properties();
        properties.putAll(settings.all());
        try (Writer out = Files.newBufferedWriter(file)) {
            properties.store(out, null);
        }
        return file;
    }

    Admin admin() {
        return Admin.create(settings.client());
    }

    @Override
    public void close() throws IOException {
        producer.close();
        auditor.close();
        machines.close();
    }

    // What publishers do.

    /** Publishes to the topic and under the key that the value asks for, and waits until the broker has it. */
    RecordMetadata publish(SpecificRecord value) throws Exception {
        return publish(record(value));
    }

    /** An event of any type. */
    RecordMetadata publish(String topic, String key, IndexedRecord event) throws Exception {
        byte[] subject = key.getBytes(StandardCharsets.UTF_8);
        return publish(new ProducerRecord<>(topic, subject, serializer.serialize(topic, event)));
    }

    RecordMetadata publish(ProducerRecord<byte[], byte[]> record) throws Exception {
        return producer.send(record).get();
    }

    /** Publishes many; all have arrived when it returns. */
    List<RecordMetadata> publishAll(List<? extends SpecificRecord> values) throws Exception {
        var sent = values.stream().map(v -> producer.send(record(v))).toList();
        producer.flush();
        List<RecordMetadata> places = new ArrayList<>();
        for (var place : sent) {
            places.add(place.get());
        }
        return places;
    }

    ProducerRecord<byte[], byte[]> record(SpecificRecord value) {
        return new ProducerRecord<>(topic(value), key(value), bytes(value));
    }

    byte[] bytes(SpecificRecord value) {
        return serializer.serialize(topic(value), value);
    }

    static String topic(SpecificRecord value) {
        return switch (value.getSchema().getName()) {
            case "ConsentChange" -> Topics.CONSENT_CHANGES;
            case "IdentityLink" -> Topics.IDENTITY_LINKS;
            case "SubjectRequest" -> Topics.SUBJECT_REQUESTS;
            default -> Topics.events(value.getSchema().getName().toLowerCase(Locale.ROOT));
        };
    }

    static byte[] key(SpecificRecord value) {
        Object subject = value.get(0) instanceof Meta meta
                ? meta.getSubject()
                : value.get(value.getSchema().getField("subject").pos());
        return subject.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The same record, to a partition where Kafka's own partitioner would not put it. */
    ProducerRecord<byte[], byte[]> misplaced(ProducerRecord<byte[], byte[]> record) {
        int count = partitions(record.topic()).size();
        int right = Utils.toPositive(Utils.murmur2(record.key())) % count;
        return new ProducerRecord<>(record.topic(), (right + 1) % count, record.key(), record.value());
    }

    // What auditors see.

    /** An audit entry as it stands in its topic. */
    record Entry(ConsumerRecord<byte[], byte[]> record, AuditEntry value) {
        boolean isOf(RecordMetadata place) {
            return value.getTopic().equals(place.topic())
                    && value.getPartition() == place.partition()
                    && value.getOffset() == place.offset();
        }
    }

    /** The one entry of an input record, when it is committed. */
    AuditEntry decided(RecordMetadata place) {
        String at = place(place.topic(), place.partition(), place.offset());
        await("entry of " + at).until(() -> {
            if (!byPlace.containsKey(at)) {
                audit();
            }
            return byPlace.containsKey(at);
        });
        List<Entry> found = byPlace.get(at);
        assertThat(found).as("entries of " + place).hasSize(1);
        assertThat(found.get(0).record().partition())
                .as("partition of the entry of " + place)
                .isEqualTo(place.partition());
        return found.get(0).value();
    }

    AuditEntry decided(SpecificRecord published) throws Exception {
        return decided(publish(published));
    }

    /** Every entry committed so far, the partitions one after the other in no order. */
    List<Entry> audit() {
        auditor.poll(Duration.ofMillis(50)).forEach(record -> {
            AuditEntry entry = (AuditEntry) specific.deserialize(record.topic(), record.value());
            Entry added = new Entry(record, entry);
            entries.add(added);
            if (!Topics.isOfInput(entry.getKind())) {
                return;
            }
            byPlace.computeIfAbsent(
                            place(entry.getTopic(), entry.getPartition(), entry.getOffset()), p -> new ArrayList<>())
                    .add(added);
        });
        return Collections.unmodifiableList(entries);
    }

    /** The first entry of a kind about somebody, other than of an input. */
    AuditEntry later(EntryKind kind, String token) {
        AuditEntry[] found = new AuditEntry[1];
        await(kind + " entry").until(() -> {
            found[0] = audit().stream()
                    .map(Entry::value)
                    .filter(e -> e.getKind() == kind && token.equals(e.getSubjectToken()))
                    .findFirst()
                    .orElse(null);
            return found[0] != null;
        });
        return found[0];
    }

    /** Every entry that is there when every transaction that has written until now has ended. */
    List<AuditEntry> committedAudit() {
        return committed(Topics.AUDIT).stream()
                .map(record -> (AuditEntry) specific.deserialize(record.topic(), record.value()))
                .toList();
    }

    void awaitEntries(int count) {
        awaitEntriesOf(count, PATIENCE);
    }

    void awaitEntriesOf(int count, Duration limit) {
        await(count + " entries")
                .atMost(limit)
                .until(() -> audit().stream()
                                .filter(e -> Topics.isOfInput(e.value().getKind()))
                                .count()
                        >= count);
    }

    /** Each recipient with outcome and rule, such as {@code analytics=RELEASE consent}. */
    static Map<String, String> outcomes(AuditEntry entry) {
        return entry.getDecisions().stream()
                .collect(Collectors.toMap(d -> d.getRecipient(), d -> d.getOutcome() + " " + d.getRule()));
    }

    List<Quarantined> quarantined(RecordMetadata place) {
        return committed(Topics.QUARANTINE).stream()
                .map(record -> (Quarantined) specific.deserialize(record.topic(), record.value()))
                .filter(q -> q.getTopic().equals(place.topic())
                        && q.getPartition() == place.partition()
                        && q.getOffset() == place.offset())
                .toList();
    }

    /**
     * What must hold at any time when nothing is left to decide: what {@code audit verify} proves, of every record; where
     * nothing was signed, what {@code --unsigned} proves.
     */
    Report assertComplete() throws Exception {
        return assertComplete(blueprint);
    }

    /** Likewise, and of every entry under a signature: {@code audit sign} has come to all of them. */
    void assertSigned() throws Exception {
        assertThat(assertComplete(blueprint).parts())
                .allSatisfy(part -> assertThat(part.signed()).isEqualTo(part.entries()));
    }

    /** @param inForce that of the gates, where it is another */
    Report assertComplete(Blueprint inForce) throws Exception {
        int published = Topics.published(blueprint.history()).stream()
                .mapToInt(input -> committed(input).size())
                .sum();
        awaitEntries(published);
        Report report = verify(inForce);
        assertThat(report.faults()).isEmpty();
        assertThat(report.skipped())
                .filteredOn(skipped -> isSigned() || !skipped.startsWith("checkpoints: "))
                .isEmpty();
        assertThat(report.parts().stream().mapToLong(Report.Part::inputs).sum())
                .as("input records that were held against their entries")
                .isEqualTo(published)
                .isPositive();
        assertRecalled();
        return report;
    }

    /** What recipients are told to delete is what entries say, in their order; more of both may come. */
    private void assertRecalled() {
        Map<TopicPartition, List<String>> before = recallsByAudit();
        Map<TopicPartition, List<String>> lying = new HashMap<>();
        for (String topic : Topics.recalls(blueprint.history())) {
            for (ConsumerRecord<byte[], byte[]> record : committed(topic)) {
                GenericRecord recall = generic(record);
                lying.computeIfAbsent(new TopicPartition(topic, record.partition()), p -> new ArrayList<>())
                        .add(recall.get("epoch") + " " + recall.get("purpose") + " " + recall.get("rule"));
            }
        }
        assertBegins(lying, before);
        await("entries of recalls").untilAsserted(() -> assertBegins(recallsByAudit(), lying));
    }

    private static void assertBegins(Map<TopicPartition, List<String>> all, Map<TopicPartition, List<String>> begin) {
        begin.forEach((partition, first) -> assertThat(all.getOrDefault(partition, List.of()))
                .as("recalls in %s", partition)
                .startsWith(first.toArray(String[]::new)));
    }

    private Map<TopicPartition, List<String>> recallsByAudit() {
        Map<TopicPartition, List<String>> told = new HashMap<>();
        for (Entry entry : audit()) {
            for (RecallNote note : entry.value().getRecalls()) {
                if (note.getPossible()) {
                    told.computeIfAbsent(
                                    new TopicPartition(
                                            Topics.recalls(note.getRecipient()),
                                            entry.record().partition()),
                                    p -> new ArrayList<>())
                            .add(note.getEpoch() + " " + note.getPurpose() + " " + note.getRule());
                }
            }
        }
        return told;
    }

    /** Signs what is committed, as {@code audit sign --once} does. */
    void sign() throws Exception {
        try (Signer signer = new Signer(settings, Optional.empty(), Optional.empty(), InstantSource.system())) {
            signer.sign();
        }
    }

    private boolean isSigned() {
        return !committed(Topics.CHECKPOINTS).isEmpty();
    }

    /** What {@code audit verify --whole} says; of an audit of which nothing is signed yet, with {@code --unsigned}. */
    Report verify(Blueprint inForce) throws Exception {
        List<PublicKey> keys = new ArrayList<>();
        for (Path file : isSigned() ? Keys.publicFiles(settings.keys()) : List.<Path>of()) {
            keys.add(Keys.readPublic(file));
        }
        AtomicLong left = new AtomicLong();
        Verification verification = new Verification(keys, new Verification.Progress() {
            @Override
            public void expect(long more) {
                left.addAndGet(more);
            }

            @Override
            public void done(long more) {
                left.addAndGet(-more);
            }
        });
        verification.demandWhole();
        Report report = verification.cluster(settings, inForce, Optional.of(pseudonyms), THREADS);
        assertThat(left.get()).as("what the bar still waits for").isZero();
        return report;
    }

    /** Waits until the gate's group has committed what it read at this record. */
    void awaitTakenIn(ConsumerRecord<byte[], byte[]> record) throws Exception {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        try (Admin admin = admin()) {
            await("commit of " + partition + "@" + record.offset()).until(() -> {
                OffsetAndMetadata committed = admin.listStreamsGroupOffsets(
                                Map.of(GROUP, new ListStreamsGroupOffsetsSpec().topicPartitions(List.of(partition))))
                        .partitionsToOffsetAndMetadata(GROUP)
                        .get()
                        .get(partition);
                return committed != null && committed.offset() > record.offset();
            });
        }
    }

    /** Waits until all that the gate had to tell itself has been heard, and what it told itself because of that. */
    void awaitForwarded() throws Exception {
        for (int heard = -1, sent = 0; heard < sent; ) {
            heard = sent;
            Map<Integer, ConsumerRecord<byte[], byte[]>> last = new HashMap<>();
            List<ConsumerRecord<byte[], byte[]>> forwards = committed(Topics.FORWARDS);
            forwards.forEach(record -> last.put(record.partition(), record));
            for (ConsumerRecord<byte[], byte[]> record : last.values()) {
                awaitTakenIn(record);
            }
            sent = forwards.size();
        }
    }

    /**
     * Waits until so many instances are in the gate's group, each has tasks, and together they have every partition once.
     *
     * @return the partitions of each, by the beginning of its client id
     */
    Map<String, Set<Integer>> awaitMembersWithTasks(int count) {
        return awaitMembers(count, count);
    }

    /** The same, but for instances that have no tasks yet: Streams gives them none while their state is far behind. */
    Map<String, Set<Integer>> awaitMembers(int count) {
        return awaitMembers(count, 1);
    }

    private Map<String, Set<Integer>> awaitMembers(int count, int withTasks) {
        Map<String, Set<Integer>> tasks = new TreeMap<>();
        try (Admin admin = admin()) {
            await(count + " members, " + withTasks + " with tasks")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsMatching(e -> e.getCause() instanceof GroupIdNotFoundException) // nobody yet
                    .until(() -> {
                        tasks.clear();
                        List<TopicPartition> assigned = new ArrayList<>();
                        Collection<MemberDescription> members = members(admin);
                        for (MemberDescription member : members) {
                            Set<TopicPartition> its = member.assignment().topicPartitions();
                            assigned.addAll(its);
                            String client = client(member);
                            its.forEach(p -> tasks.computeIfAbsent(client, c -> new TreeSet<>())
                                    .add(p.partition()));
                        }
                        int inputs = Topics.inputs(blueprint.history()).size();
                        return members.size() == count
                                && tasks.size() >= withTasks
                                && assigned.size()
                                        == inputs * partitions(Topics.AUDIT).size();
                    });
        }
        return tasks;
    }

    /** What the group calls each instance, by the beginning of its client id: another name whenever one joins anew. */
    Map<String, String> memberIds() throws ExecutionException, InterruptedException {
        try (Admin admin = admin()) {
            return members(admin).stream().collect(Collectors.toMap(Cluster::client, MemberDescription::consumerId));
        }
    }

    private static Collection<MemberDescription> members(Admin admin) throws ExecutionException, InterruptedException {
        return admin.describeConsumerGroups(List.of(GROUP))
                .describedGroups()
                .get(GROUP)
                .get()
                .members();
    }

    private static String client(MemberDescription member) {
        return member.clientId().replaceFirst("-StreamThread-.*", "");
    }

    static ConditionFactory await(String what) {
        return Awaitility.await(what).atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20));
    }

    private static String place(String topic, int partition, long offset) {
        return topic + "-" + partition + "@" + offset;
    }

    // What recipients see.

    /** A release as it stands in its topic. */
    record Release(ConsumerRecord<byte[], byte[]> record, GenericRecord value) {
        /** A field by its path, null where nothing stands. */
        Object at(String path) {
            Object value = this.value;
            for (String name : path.split("\\.")) {
                value = ((GenericRecord) value).get(name);
            }
            return value instanceof CharSequence ? value.toString() : value;
        }
    }

    /** What a recipient got of an input record whose entry is committed. */
    List<Release> releases(String recipient, RecordMetadata of) {
        String id = releaseId(recipient, of.topic(), of.partition(), of.offset());
        return committed(releaseTopic(recipient, of.topic())).stream()
                .map(record -> new Release(record, generic(record)))
                .filter(release -> id.equals(release.at("releaseId")))
                .toList();
    }

    Release release(String recipient, RecordMetadata of) {
        List<Release> releases = releases(recipient, of);
        assertThat(releases).as("releases of " + of + " to " + recipient).hasSize(1);
        return releases.get(0);
    }

    GenericRecord generic(ConsumerRecord<byte[], byte[]> record) {
        return (GenericRecord) generic.deserialize(record.topic(), record.value());
    }

    static String releaseTopic(String recipient, String eventTopic) {
        return recipient + eventTopic.substring(eventTopic.indexOf('.'));
    }

    private String releaseId(String recipient, String topic, int partition, long offset) {
        Recipient known = blueprint.history().versions().stream()
                .flatMap(policy -> policy.recipients().values().stream())
                .filter(r -> r.id().equals(recipient))
                .reduce((older, newer) -> newer)
                .orElseThrow();
        return new String(
                pseudonyms.key(known.keyName()).release(Pseudonyms.place(topic, partition, offset)),
                StandardCharsets.US_ASCII);
    }

    // The topics themselves.

    /** All committed records of a topic, when every transaction that has written to it until now has ended. */
    List<ConsumerRecord<byte[], byte[]>> committed(String topic) {
        return read(topic, "read_committed");
    }

    /** All records of a topic, aborted ones too. */
    List<ConsumerRecord<byte[], byte[]>> raw(String topic) {
        return read(topic, "read_uncommitted");
    }

    private List<ConsumerRecord<byte[], byte[]>> read(String topic, String isolation) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> everything = reader("read_uncommitted");
                KafkaConsumer<byte[], byte[]> consumer = reader(isolation)) {
            List<TopicPartition> partitions = partitions(topic);
            everything.assign(partitions);
            Map<TopicPartition, Long> ends = everything.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            await("end of " + topic).until(() -> {
                consumer.poll(Duration.ofMillis(50)).forEach(records::add);
                return partitions.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
            });
        }
        return records;
    }

    KafkaConsumer<byte[], byte[]> reader(String isolation) {
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
        config.put(ConsumerConfig.EXCLUDE_INTERNAL_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20); // nothing to come: say so soon
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    List<TopicPartition> partitions(String topic) {
        return producer.partitionsFor(topic).stream()
                .map(p -> new TopicPartition(p.topic(), p.partition()))
                .toList();
    }

    Set<String> topics() throws ExecutionException, InterruptedException {
        try (Admin admin = admin()) {
            return admin.listTopics(new ListTopicsOptions().listInternal(true))
                    .names()
                    .get();
        }
    }
}
