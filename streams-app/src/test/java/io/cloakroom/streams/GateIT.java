package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Card;
import io.cloakroom.events.Chat;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Meta;
import io.cloakroom.events.Order;
import io.cloakroom.events.OrderLine;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.ConsentTransition;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.gate.TransitionKind;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.streams.gate.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One gate on one broker, as publishers, recipients and auditors see it. */
@Timeout(120)
class GateIT {

    private static final int PARTITIONS = 3;

    /** Far less than a batch of the gate's producer, too. */
    private static final int LONGEST_GROUP_ORDER = 2048;

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static Gate gate;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, Cluster.SMALL_POLICY, PARTITIONS);
        try (Admin admin = cluster.admin()) {
            ConfigEntry longest = new ConfigEntry("max.message.bytes", String.valueOf(LONGEST_GROUP_ORDER));
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, "group.order"),
                            List.of(new AlterConfigOp(longest, AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
        gate = cluster.gate();
    }

    /** Whatever was published by any test: the books are in order. */
    @AfterAll
    static void stop() throws Exception {
        try (Cluster closing = cluster) {
            closing.assertComplete();
            gate.close();
        }
    }

    // What comes out.

    @ParameterizedTest
    @ValueSource(strings = {"plain", "idempotent", "transactional"})
    void shouldReleaseToExactlyTheRecipientsThatThePolicyNames(String client) throws Exception {
        String customer = "customer:released-" + client;
        cluster.decided(Given.grown(customer));
        Order order = Given.order(customer).build();

        RecordMetadata place = publishWith(client, customer, order);

        AuditEntry entry = cluster.decided(place);
        assertThat(entry.getKind()).isEqualTo(EntryKind.EVENT);
        assertThat(entry.getPolicyVersion()).isEqualTo("2017-11-17");
        assertThat(entry.getOccurredAt()).isEqualTo(order.getMeta().getOccurredAt());
        assertThat(entry.getArrivedAt()).isEqualTo(Instant.ofEpochMilli(place.timestamp()));
        assertThat(outcomes(entry))
                .containsOnly(
                        entry("analytics", "RELEASE legitimate-interest"),
                        entry("group", "RELEASE legitimate-interest"),
                        entry("payment", "RELEASE contract"));

        Cluster.Release analytics = cluster.release("analytics", place);
        assertThat(analytics.at("purposes")).hasToString("[statistical-analysis]");
        assertThat(analytics.at("total")).isEqualTo(129_00L);
        assertThat(analytics.at("currency")).isEqualTo("GBP");
        assertThat(analytics.at("delivery.postcode")).isEqualTo("SW");
        assertThat(analytics.at("delivery.country")).isEqualTo("GB");
        assertThat(analytics.at("meta.occurredAt")).isEqualTo(cut(entry.getOccurredAt(), ChronoUnit.HOURS));
        assertThat(fields(analytics.value()))
                .containsExactly(
                        "releaseId",
                        "purposes",
                        "completedAt",
                        "meta",
                        "orderId",
                        "status",
                        "currency",
                        "total",
                        "lines",
                        "delivery");
        assertThat(fields((GenericRecord) analytics.at("delivery"))).containsExactly("postcode", "country");
        assertThat(fields((GenericRecord) ((List<?>) analytics.at("lines")).get(0)))
                .containsExactly("sku", "product", "quantity", "price");

        Cluster.Release group = cluster.release("group", place);
        assertThat(group.at("meta.occurredAt")).isEqualTo(cut(entry.getOccurredAt(), ChronoUnit.DAYS));
        assertThat(fields((GenericRecord) group.at("delivery"))).containsExactly("country");

        Cluster.Release payment = cluster.release("payment", place);
        assertThat(payment.at("meta.occurredAt"))
                .isEqualTo(entry.getOccurredAt().toEpochMilli());
        assertThat(payment.at("card.number")).isEqualTo("4111111111111111");
        assertThat(payment.at("delivery.street")).isEqualTo("1 St James's Square");
        assertThat(fields(payment.value()))
                .containsExactly(
                        "releaseId",
                        "purposes",
                        "completedAt",
                        "meta",
                        "orderId",
                        "status",
                        "currency",
                        "total",
                        "delivery",
                        "card");

        assertTellsNothing(analytics, place, order, cut(entry.getArrivedAt(), ChronoUnit.HOURS));
        assertTellsNothing(group, place, order, cut(entry.getArrivedAt(), ChronoUnit.DAYS));
        assertTellsNothing(payment, place, order, place.timestamp());
        assertThat(List.of(analytics, group, payment))
                .extracting(r -> new String(r.record().key(), StandardCharsets.UTF_8))
                .doesNotHaveDuplicates();
        assertThat(List.of(analytics, group, payment))
                .extracting(r -> r.at("orderId"))
                .doesNotHaveDuplicates();
    }

    /** Key, headers, time and place of the record itself (T7), and the schema it was written with. */
    private static void assertTellsNothing(Cluster.Release release, RecordMetadata place, Order order, long time) {
        ConsumerRecord<byte[], byte[]> record = release.record();
        assertThat(record.partition()).isEqualTo(place.partition());
        assertThat(new String(record.key(), StandardCharsets.UTF_8))
                .hasSize(22)
                .doesNotContain("released")
                .isEqualTo(release.at("meta.subject"));
        assertThat(record.headers()).isEmpty();
        assertThat(record.timestamp()).isEqualTo(time);
        assertThat(release.at("orderId")).asString().hasSize(22);
        assertThat(release.at("meta.eventId"))
                .asString()
                .hasSize(22)
                .isNotEqualTo(order.getMeta().getEventId());
        String topic = record.topic();
        Schema schema = cluster.blueprint.projections().stream()
                .filter(p -> p.access().topic().equals(topic))
                .reduce((older, newer) -> newer)
                .orElseThrow()
                .schema();
        assertThat(AvroWire.schemaId(record.value())).isEqualTo(cluster.registry.id(Topics.subject(topic), schema));
    }

    /** As a service does, with our serializer, and with headers by which Confluent's clients choose another schema. */
    private static RecordMetadata publishWith(String client, String key, SpecificRecord value) throws Exception {
        Map<String, Object> config = new HashMap<>(cluster.settings.client());
        config.put("enable.idempotence", !client.equals("plain"));
        if (client.equals("transactional")) {
            config.put("transactional.id", "shop");
        }
        AvroSerializer values = new AvroSerializer();
        values.configure(cluster.settings.client(), false);
        ProducerRecord<String, Object> record = new ProducerRecord<>(Cluster.topic(value), key, value);
        byte[] another = ByteBuffer.allocate(17).put((byte) 1).array();
        for (String header : List.of("__value_schema_id", "__key_schema_id", "trace-" + key)) {
            record.headers().add(header, another);
        }
        try (KafkaProducer<String, Object> producer = new KafkaProducer<>(config, new StringSerializer(), values)) {
            if (!client.equals("transactional")) {
                return producer.send(record).get();
            }
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(record.topic(), key, value)).get();
            producer.abortTransaction();
            producer.beginTransaction();
            RecordMetadata place = producer.send(record).get();
            producer.commitTransaction();
            return place;
        }
    }

    private static long cut(Instant time, ChronoUnit to) {
        return time.truncatedTo(to).toEpochMilli();
    }

    private static List<String> fields(GenericRecord record) {
        return record.getSchema().getFields().stream().map(Schema.Field::name).toList();
    }

    @Test
    void shouldLetNoHeaderMakeUpForConsent() throws Exception {
        Cookie cookie =
                Given.cookie("cookie:never-asked", CookieCategory.ANALYTICS).build();
        RecordMetadata place = publishWith("plain", "cookie:never-asked", cookie);

        assertThat(outcomes(cluster.decided(place)))
                .containsOnly(
                        entry("analytics", "WITHHOLD never-asked"),
                        entry("advertising", "WITHHOLD purpose-not-stated"));
        assertThat(cluster.releases("analytics", place)).isEmpty();
    }

    // What cannot be decided.

    private static final String PLANTED = "PLANTED";

    /** Each poison by the rule that it ends with; every text in it is marked. */
    private static Map<String, ProducerRecord<byte[], byte[]>> poisons() {
        String customer = "customer:" + PLANTED;
        byte[] key = customer.getBytes(StandardCharsets.UTF_8);
        Chat chat =
                Given.chat(customer).setText(PLANTED).setConversationId(PLANTED).build();
        byte[] good = cluster.bytes(chat);
        String topic = "events.chat";
        Meta meta = chat.getMeta();

        Map<String, ProducerRecord<byte[], byte[]>> poisons = new LinkedHashMap<>();
        poisons.put("not-wire-format", new ProducerRecord<>(topic, key, PLANTED.getBytes(StandardCharsets.UTF_8)));
        poisons.put("not-wire-format, nothing", new ProducerRecord<>(topic, key, new byte[0]));
        poisons.put("null-key", new ProducerRecord<>(topic, null, good));
        poisons.put("null-value", new ProducerRecord<>(topic, key, null));
        byte[] unknown = good.clone();
        ByteBuffer.wrap(unknown).putInt(1, 999_999);
        poisons.put("unknown-schema", new ProducerRecord<>(topic, key, unknown));
        poisons.put("not-a-subject-key", new ProducerRecord<>(topic, PLANTED.getBytes(StandardCharsets.UTF_8), good));
        poisons.put(
                "not-a-subject-key, not UTF-8", new ProducerRecord<>(topic, new byte[] {'c', (byte) 0xff, ':'}, good));
        poisons.put(
                "not-a-subject-key, long",
                new ProducerRecord<>(
                        topic, ("customer:" + PLANTED.repeat(100)).getBytes(StandardCharsets.UTF_8), good));
        poisons.put("wrong-type", new ProducerRecord<>("events.order", key, good));
        poisons.put("undecodable, cut", new ProducerRecord<>(topic, key, Arrays.copyOf(good, good.length - 3)));
        poisons.put("undecodable, left over", new ProducerRecord<>(topic, key, Arrays.copyOf(good, good.length + 3)));
        byte[] endless = Arrays.copyOf(good, good.length);
        Arrays.fill(endless, AvroWire.HEADER_LENGTH, AvroWire.HEADER_LENGTH + 9, (byte) 0xfe);
        poisons.put("undecodable, endless", new ProducerRecord<>(topic, key, endless));
        poisons.put(
                "key-is-not-subject",
                cluster.record(Given.chat("customer:somebody").setText(PLANTED).build()));
        poisons.computeIfPresent(
                "key-is-not-subject", (rule, record) -> new ProducerRecord<>(topic, key, record.value()));
        poisons.put("label-differs", new ProducerRecord<>(topic, key, relabelled(good)));
        poisons.put(
                "unknown-brand",
                cluster.record(Chat.newBuilder(chat)
                        .setMeta(Meta.newBuilder(meta).setBrand(PLANTED).build())
                        .build()));
        poisons.put(
                "unknown-surface",
                cluster.record(Chat.newBuilder(chat)
                        .setMeta(Meta.newBuilder(meta).setSurface(PLANTED).build())
                        .build()));
        poisons.put("dated-ahead", cluster.record(at(chat, Given.now().plusSeconds(3600))));
        poisons.put("dated-ahead, for ever", cluster.record(at(chat, Instant.ofEpochMilli(Long.MAX_VALUE))));
        return poisons;
    }

    private static Chat at(Chat chat, Instant time) {
        return Chat.newBuilder(chat)
                .setMeta(Meta.newBuilder(chat.getMeta()).setOccurredAt(time).build())
                .build();
    }

    /** The same bytes, by a publisher who calls the text harmless. */
    private static byte[] relabelled(byte[] chat) {
        String harmless = cluster.registry
                .byId(AvroWire.schemaId(chat))
                .toString()
                .replace("\"label\":\"chat.text\"", "\"label\":\"none\"");
        int id = cluster.registry.register(
                "publisher-value", new SchemaParser().parse(harmless).mainSchema());
        byte[] relabelled = chat.clone();
        ByteBuffer.wrap(relabelled).putInt(1, id);
        return relabelled;
    }

    @Test
    void shouldQuarantineWhatCannotBeDecidedAndGoOn() throws Exception {
        Map<String, RecordMetadata> places = new LinkedHashMap<>();
        for (var poison : poisons().entrySet()) {
            places.put(poison.getKey(), cluster.publish(poison.getValue()));
        }

        for (var place : places.entrySet()) {
            String rule = place.getKey().replaceFirst(",.*", "");
            AuditEntry entry = cluster.decided(place.getValue());
            assertThat(entry.getKind()).as(place.getKey()).isEqualTo(EntryKind.QUARANTINED);
            assertThat(entry.getReason().getRule()).as(place.getKey()).isEqualTo(rule);
            assertThat(entry.getSubjectToken()).as(place.getKey()).isNull();
            assertThat(outcomes(entry).values()).as(place.getKey()).isNotEmpty().containsOnly("WITHHOLD " + rule);
            assertThat(cluster.quarantined(place.getValue()))
                    .as(place.getKey())
                    .singleElement()
                    .satisfies(q -> {
                        assertThat(q.getRule()).isEqualTo(rule);
                        assertThat(q.getRemedy()).isNotBlank();
                        assertThat(q.getArrivedAt().toEpochMilli())
                                .isEqualTo(place.getValue().timestamp());
                    });
            assertThat(cluster.releases("analytics", place.getValue()))
                    .as(place.getKey())
                    .isEmpty();
        }
        for (int i = 0; i < 20; i++) { // enough for every partition
            assertThat(outcomes(
                            cluster.decided(Given.chat("customer:after-" + i).build())))
                    .containsExactly(entry("analytics", "RELEASE legitimate-interest"));
        }
        for (String topic : List.of(Topics.QUARANTINE, Topics.AUDIT)) {
            assertThat(cluster.raw(topic)).isNotEmpty().allSatisfy(r -> {
                assertThat(r.key()).isNull();
                assertThat(new String(r.value(), StandardCharsets.ISO_8859_1)).doesNotContain(PLANTED);
                assertThat(r.headers()).isEmpty();
            });
        }
    }

    @Test
    void shouldWithholdWhatIsOlderThanThePolicyHoweverOld() throws Exception {
        Chat ancient = at(Given.chat("customer:ancient").build(), Instant.ofEpochMilli(Long.MIN_VALUE));

        AuditEntry entry = cluster.decided(ancient);

        assertThat(entry.getKind()).isEqualTo(EntryKind.EVENT);
        assertThat(entry.getOccurredAt()).isEqualTo(Instant.ofEpochMilli(Long.MIN_VALUE));
        assertThat(outcomes(entry)).containsExactly(entry("analytics", "WITHHOLD before-first-version"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown purpose", "garbage", "nothing", "endless collector"})
    void shouldBlockAPersonOfWhomAControlRecordIsUndecided(String fault) throws Exception {
        String customer = "customer:blocked-by-" + fault.replace(' ', '-');
        cluster.decided(Given.grown(customer));
        cluster.decided(Given.emailConsent(customer, ConsentKind.GRANT).build());
        assertThat(outcomes(cluster.decided(Given.message(customer, "sale").build())))
                .containsEntry("mailing", "RELEASE consent");
        ConsentChange.Builder withdrawal = Given.analyticsConsent(customer, ConsentKind.WITHDRAWAL);
        ProducerRecord<byte[], byte[]> undecidable = switch (fault) {
            case "unknown purpose" ->
                cluster.record(withdrawal.setPurpose("fun").build());
            case "endless collector" ->
                cluster.record(withdrawal.setCollector("x".repeat(70_000)).build());
            case "garbage" ->
                new ProducerRecord<>(
                        Topics.CONSENT_CHANGES, customer.getBytes(StandardCharsets.UTF_8), new byte[] {1, 2});
            default -> new ProducerRecord<>(Topics.CONSENT_CHANGES, customer.getBytes(StandardCharsets.UTF_8), null);
        };

        RecordMetadata place = cluster.publish(undecidable);

        assertThat(cluster.decided(place).getKind()).isEqualTo(EntryKind.QUARANTINED);
        assertThat(cluster.quarantined(place)).hasSize(1);
        assertThat(outcomes(cluster.decided(Given.message(customer, "sale").build())))
                .containsOnly(
                        entry("analytics", "WITHHOLD control-record-undecided"),
                        entry("mailing", "WITHHOLD control-record-undecided"));
        assertThat(outcomes(cluster.decided(Given.order(customer).build())))
                .containsOnly(
                        entry("analytics", "WITHHOLD control-record-undecided"),
                        entry("group", "WITHHOLD control-record-undecided"),
                        entry("payment", "RELEASE contract"));
        assertThat(outcomes(cluster.decided(Given.message(customer, "dispatch").build())))
                .containsEntry("mailing", "RELEASE contract");
    }

    // Consent.

    @Test
    void shouldWithholdWhatAWithdrawalCatchesAndNothingElse() throws Exception {
        String customer = "customer:second-thoughts";
        ConsentChange grant = Given.emailConsent(customer, ConsentKind.GRANT).build();
        cluster.decided(grant);
        RecordMetadata before = cluster.publish(Given.message(customer, "sale").build());
        AuditEntry first = cluster.decided(before);
        assertThat(decision(first, "mailing").getTransition())
                .isEqualTo(new ConsentTransition(TransitionKind.GRANT, grant.getOccurredAt()));
        assertThat(cluster.release("mailing", before).at("body")).isEqualTo("Dear Ada");

        ConsentChange withdrawal = Given.emailConsent(customer, ConsentKind.WITHDRAWAL)
                .setOccurredAt(Given.now().plusMillis(1000))
                .build();
        cluster.decided(withdrawal);

        // It happened before the withdrawal was said, and is decided after: known now, counted now.
        RecordMetadata late = cluster.publish(Given.message(customer, "sale").build());
        AuditEntry second = cluster.decided(late);
        assertThat(outcomes(second))
                .containsOnly(
                        entry("analytics", "WITHHOLD consent-withdrawn"),
                        entry("mailing", "WITHHOLD consent-withdrawn"));
        Instant counted = decision(second, "mailing").getTransition().getAt();
        assertThat(decision(second, "mailing").getTransition().getKind()).isEqualTo(TransitionKind.REFUSAL);
        assertThat(counted).isBetween(grant.getOccurredAt(), withdrawal.getOccurredAt());
        assertThat(cluster.releases("mailing", late)).isEmpty();
        assertThat(cluster.releases("analytics", late)).isEmpty();

        RecordMetadata service =
                cluster.publish(Given.message(customer, "order-confirmation").build());
        assertThat(outcomes(cluster.decided(service)))
                .containsOnly(entry("analytics", "WITHHOLD purpose-not-stated"), entry("mailing", "RELEASE contract"));
        assertThat(cluster.release("mailing", service).at("purposes")).hasToString("[service-messages]");
    }

    @Test
    void shouldNameTheTimeOfTheWithdrawalThatCounted() throws Exception {
        String customer = "customer:withdrawn";
        cluster.decided(Given.emailConsent(customer, ConsentKind.GRANT)
                .setOccurredAt(Given.now().minusSeconds(600))
                .build());
        ConsentChange withdrawal = Given.emailConsent(customer, ConsentKind.WITHDRAWAL)
                .setOccurredAt(Given.now().minusSeconds(300))
                .build();
        cluster.decided(withdrawal);

        AuditEntry entry = cluster.decided(Given.message(customer, "sale").build());

        assertThat(entry.getDecisions())
                .hasSize(2)
                .extracting(RecipientDecision::getTransition)
                .containsOnly(new ConsentTransition(TransitionKind.REFUSAL, withdrawal.getOccurredAt()));
    }

    private static RecipientDecision decision(AuditEntry entry, String recipient) {
        return entry.getDecisions().stream()
                .filter(d -> d.getRecipient().equals(recipient))
                .findFirst()
                .orElseThrow();
    }

    // Clients that place records elsewhere.

    @Test
    void shouldTakeInAMisplacedConsentChange() throws Exception {
        String cookie = "cookie:misplaced";
        cluster.decided(Given.analyticsConsent(cookie, ConsentKind.GRANT).build());
        assertThat(outcomes(cluster.decided(
                        Given.cookie(cookie, CookieCategory.ANALYTICS).build())))
                .containsEntry("analytics", "RELEASE consent");
        ProducerRecord<byte[], byte[]> withdrawal = cluster.misplaced(cluster.record(
                Given.analyticsConsent(cookie, ConsentKind.WITHDRAWAL).build()));

        RecordMetadata place = cluster.publish(withdrawal);

        AuditEntry first = cluster.decided(place);
        assertThat(place.partition()).isEqualTo(withdrawal.partition());
        assertThat(first.getKind()).isEqualTo(EntryKind.FORWARDED);
        assertThat(first.getReason().getRule()).isEqualTo("forwarded");
        ConsumerRecord<byte[], byte[]> forward = forward(withdrawal.key());
        assertThat(forward.headers()).isEmpty();
        cluster.awaitTakenIn(forward);
        assertThat(outcomes(cluster.decided(
                        Given.cookie(cookie, CookieCategory.ANALYTICS).build())))
                .containsEntry("analytics", "WITHHOLD consent-withdrawn");
    }

    @Test
    void shouldBlockAPersonWhoseMisplacedControlRecordIsTooLongToForward() throws Exception {
        String customer = "customer:misplaced-garbage";
        assertThat(outcomes(cluster.decided(Given.chat(customer).build())))
                .containsExactly(entry("analytics", "RELEASE legitimate-interest"));
        byte[] garbage = new byte[1_048_400];
        new Random(1).nextBytes(garbage);
        ProducerRecord<byte[], byte[]> misplaced = cluster.misplaced(
                new ProducerRecord<>(Topics.CONSENT_CHANGES, customer.getBytes(StandardCharsets.UTF_8), garbage));

        RecordMetadata place = cluster.publish(misplaced);

        assertThat(cluster.decided(place).getKind()).isEqualTo(EntryKind.FORWARDED);
        cluster.awaitTakenIn(forward(misplaced.key()));
        assertThat(cluster.quarantined(place)).hasSize(1);
        assertThat(outcomes(cluster.decided(Given.chat(customer).build())))
                .containsExactly(entry("analytics", "WITHHOLD control-record-undecided"));
    }

    private static ConsumerRecord<byte[], byte[]> forward(byte[] key) {
        List<ConsumerRecord<byte[], byte[]>> forwards = cluster.committed(Topics.FORWARDS).stream()
                .filter(r -> Arrays.equals(r.key(), key))
                .toList();
        assertThat(forwards).hasSize(1);
        return forwards.get(0);
    }

    @Test
    void shouldQuarantineAMisplacedEventAndSayWhatToDo() throws Exception {
        RecordMetadata place = cluster.publish(cluster.misplaced(
                cluster.record(Given.chat("customer:elsewhere").build())));

        assertThat(cluster.decided(place).getReason().getRule()).isEqualTo("misplaced");
        assertThat(cluster.quarantined(place))
                .singleElement()
                .extracting(Quarantined::getRemedy)
                .asString()
                .contains("partitioner=murmur2_random");
        assertThat(cluster.releases("analytics", place)).isEmpty();
    }

    // Sizes.

    @Test
    void shouldWithholdAReleaseThatItsTopicDoesNotTake() throws Exception {
        String customer = "customer:long";
        cluster.decided(Given.grown(customer));
        String product = "x".repeat(LONGEST_GROUP_ORDER);

        RecordMetadata place = cluster.publish(Given.order(customer)
                .setLines(List.of(new OrderLine("sku-1", product, 1, 1L)))
                .build());

        assertThat(outcomes(cluster.decided(place)))
                .containsOnly(
                        entry("analytics", "RELEASE legitimate-interest"),
                        entry("group", "WITHHOLD oversize"),
                        entry("payment", "RELEASE contract"));
        assertThat(cluster.releases("group", place)).isEmpty();
        assertThat(((List<?>) cluster.release("analytics", place).at("lines"))
                        .get(0)
                        .toString())
                .contains(product);
        assertThat(cluster.releases("payment", place)).hasSize(1);
    }

    @Test
    void shouldReleaseManyThatTogetherAreLongerThanTheirTopicTakes() throws Exception {
        String customer = "customer:many";
        cluster.decided(Given.grown(customer));
        Random random = new Random(1);
        List<Order> orders = IntStream.range(0, 300)
                .mapToObj(i -> Given.order(customer)
                        .setLines(List.of(new OrderLine(
                                "sku", Long.toHexString(random.nextLong()).repeat(60), 1, 1L)))
                        .setCard((Card) null)
                        .build())
                .toList();

        List<RecordMetadata> places = new ArrayList<>(cluster.publishAll(orders));

        for (RecordMetadata place : places) {
            assertThat(outcomes(cluster.decided(place))).containsEntry("group", "RELEASE legitimate-interest");
        }
        assertThat(cluster.release("group", places.get(places.size() - 1)).at("total"))
                .isEqualTo(129_00L);
    }
}
