package io.cloakroom.streams.demo;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Account;
import io.cloakroom.events.AccountAction;
import io.cloakroom.events.Channel;
import io.cloakroom.events.Chat;
import io.cloakroom.events.ChatAuthor;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.Marketing;
import io.cloakroom.events.MarketingAction;
import io.cloakroom.events.Meta;
import io.cloakroom.events.Order;
import io.cloakroom.events.OrderLine;
import io.cloakroom.events.OrderStatus;
import io.cloakroom.streams.demo.HsqldbScript.Row;
import io.cloakroom.streams.demo.SampleData.Published;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

class SampleDataTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final SampleData DATA = SampleData.load(42, NOW);
    private static final JsonNode POLICY = new YAMLMapper()
            .readTree(Path.of("../policy/policies/2017-11-17.yaml").toFile());

    @Test
    void shouldTellTheSameDayForTheSameSeedAndNow() {
        assertThat(SampleData.load(42, NOW).records()).isEqualTo(DATA.records());
        assertThat(SampleData.load(43, NOW).records()).isNotEqualTo(DATA.records());
    }

    @Test
    void shouldTellWholeDaysWithinTheLimit() {
        assertThat(DATA.records()).hasSizeBetween(SampleData.DEFAULT_LIMIT - 200, SampleData.DEFAULT_LIMIT);
        List<Published> small = SampleData.load(42, NOW, 500).records();
        assertThat(small).hasSizeBetween(300, 500);
        assertThat(DATA.records()).containsAll(small);
        assertThat(SampleData.load(42, NOW, 0).records()).isEmpty();
    }

    @Test
    void shouldPublishToEveryTopicThatThePolicyNames() {
        Map<String, Long> counts = DATA.records().stream().collect(groupingBy(Published::topic, counting()));
        Set<String> topics = new HashSet<>(Set.of("consent.changes"));
        POLICY.get("events").propertyNames().forEach(type -> topics.add("events." + type));
        assertThat(counts.keySet()).isEqualTo(topics);
        assertThat(counts.values()).allMatch(count -> count > 200);
    }

    @Test
    void shouldUseTheSubjectAsKey() {
        assertThat(DATA.records()).allSatisfy(record -> {
            String subject = record.value() instanceof ConsentChange change
                    ? change.getSubject()
                    : meta(record).getSubject();
            assertThat(record.key())
                    .isEqualTo(subject)
                    .matches("(customer|device):(foodmart|chinook)-\\d+|cookie:[0-9a-f-]{36}");
        });
    }

    @Test
    void shouldFitItsSchemas() throws IOException {
        for (Published record : DATA.records()) {
            assertThat(throughAvro(record.value())).isEqualTo(record.value());
        }
    }

    @Test
    void shouldUseOnlyWordsOfThePolicy() {
        Set<String> brands = words(POLICY.get("brands"));
        Set<String> surfaces = words(POLICY.get("surfaces"));
        Set<String> channels = words(POLICY.get("channels"));
        assertThat(DATA.records()).allSatisfy(record -> {
            if (record.value() instanceof ConsentChange change) {
                assertThat(change.getBrand())
                        .satisfiesAnyOf(
                                brand -> assertThat(brand).isNull(),
                                brand -> assertThat(brands).contains(brand));
                assertThat(change.getChannel())
                        .satisfiesAnyOf(
                                channel -> assertThat(channel).isNull(),
                                channel -> assertThat(channels).contains(channel));
            } else {
                assertThat(brands).contains(meta(record).getBrand());
                assertThat(surfaces).contains(meta(record).getSurface());
                assertThat(words(POLICY.get("notices"))).contains(meta(record).getNoticeVersion());
            }
        });
    }

    @Test
    void shouldStateWhatThePolicyAsksOfAChange() {
        Map<String, JsonNode> purposes = new HashMap<>();
        POLICY.get("purposes").properties().forEach(purpose -> purposes.put(purpose.getKey(), purpose.getValue()));
        assertThat(values(ConsentChange.class)).allSatisfy(change -> {
            if (change.getKind() == ConsentKind.AGE_STATEMENT) {
                assertThat(change.getBirthDate()).isBefore(LocalDate.ofInstant(NOW, ZoneOffset.UTC));
                return;
            }
            assertThat(purposes).containsKey(change.getPurpose());
            JsonNode purpose = purposes.get(change.getPurpose());
            if (change.getKind() == ConsentKind.GRANT) {
                assertThat(purpose.get("basis").asString()).isEqualTo("consent");
                assertThat(change.getNoticeVersion()).isNotNull();
                assertThat(scope(change)).isEqualTo(words(purpose.get("scope")));
            } else {
                assertThat(words(purpose.get("scope"))).containsAll(scope(change));
            }
        });
    }

    @Test
    void shouldHappenInTheLastDayAndMostlyInOrder() {
        List<Instant> times =
                DATA.records().stream().map(SampleDataTest::occurredAt).toList();
        assertThat(times).allMatch(at -> !at.isAfter(NOW) && !at.isBefore(NOW.minus(Duration.ofHours(24))));
        Instant latest = Instant.MIN;
        int late = 0;
        for (Instant time : times) {
            late += time.isBefore(latest) ? 1 : 0;
            latest = time.isAfter(latest) ? time : latest;
        }
        assertThat(late).isBetween(1, times.size() / 100);
    }

    @Test
    void shouldHaveEventsOnBothSidesOfAWithdrawalAndAfterTheNextGrant() {
        List<String> told = new ArrayList<>();
        for (ConsentChange withdrawal : values(ConsentChange.class)) {
            if (withdrawal.getKind() == ConsentKind.WITHDRAWAL && "EMAIL".equals(withdrawal.getChannel())) {
                List<Instant> sends = values(Marketing.class).stream()
                        .filter(send -> send.getMeta().getSubject().equals(withdrawal.getSubject()))
                        .filter(send -> send.getChannel() == Channel.EMAIL && send.getUnsubscribe() != null)
                        .map(send -> send.getMeta().getOccurredAt())
                        .toList();
                boolean regranted = values(ConsentChange.class).stream()
                        .anyMatch(change -> change.getKind() == ConsentKind.GRANT
                                && change.getSubject().equals(withdrawal.getSubject())
                                && "EMAIL".equals(change.getChannel())
                                && change.getOccurredAt().isAfter(withdrawal.getOccurredAt())
                                && change.getOccurredAt().isBefore(Collections.max(sends)));
                if (regranted
                        && Collections.min(sends).isBefore(withdrawal.getOccurredAt())
                        && sends.stream()
                                        .filter(withdrawal.getOccurredAt()::isBefore)
                                        .count()
                                > 1) {
                    told.add(withdrawal.getSubject());
                }
            }
        }
        assertThat(told).hasSizeGreaterThan(10);
    }

    @Test
    void shouldHaveEachCaseThatThePolicyTellsApart() {
        LocalDate sixteenYearsAgo = LocalDate.ofInstant(NOW, ZoneOffset.UTC).minusYears(16);
        hasChange(change -> change.getKind() == ConsentKind.AGE_STATEMENT
                && change.getBirthDate().isAfter(sixteenYearsAgo));
        hasChange(change -> "2015-01-01".equals(change.getNoticeVersion()));
        hasChange(
                change -> change.getExpiresAt() != null && change.getExpiresAt().isBefore(NOW));
        hasChange(change -> change.getOrigin() != null);
        hasChange(change -> change.getKind() == ConsentKind.LIFT);
        hasChange(change -> change.getKind() == ConsentKind.OBJECTION
                && "direct-marketing".equals(change.getPurpose())
                && scope(change).isEmpty());
        hasChange(change ->
                change.getKind() == ConsentKind.GRANT && change.getSubject().startsWith("cookie:"));

        Set<String> ageless = new HashSet<>(customers());
        values(ConsentChange.class).stream()
                .filter(change -> change.getKind() == ConsentKind.AGE_STATEMENT)
                .forEach(change -> ageless.remove(change.getSubject()));
        assertThat(ageless).isNotEmpty();

        Set<String> service = new HashSet<>();
        POLICY.at("/events/marketing/states").propertyNames().forEach(service::add);
        List<Marketing> sends = values(Marketing.class);
        assertThat(sends).anyMatch(send -> send.getAction() == MarketingAction.SUBSCRIBE);
        assertThat(sends).extracting(Marketing::getTemplate).contains("order-confirmation", "dispatch", "new-in");
        assertThat(sends)
                .anyMatch(send -> !service.contains(send.getTemplate()) && send.getUnsubscribe() == null)
                .anyMatch(send -> !service.contains(send.getTemplate()) && send.getUnsubscribe() != null);
        assertThat(values(Order.class)).extracting(Order::getStatus).contains(OrderStatus.values());
    }

    @Test
    void shouldTakePeopleFromTheSources() throws IOException {
        Map<String, Row> foodmart = table("/foodmart.script", "customer", "customer_id");
        Map<String, Row> chinook = table("/chinook.script", "Customer", "CustomerId");
        List<Account> registered = values(Account.class).stream()
                .filter(account -> account.getAction() == AccountAction.REGISTERED)
                .toList();
        assertThat(registered).hasSameSizeAs(customers()).allSatisfy(account -> {
            String id = account.getMeta().getSubject().replaceAll("\\D+", "");
            if (account.getMeta().getSubject().contains("foodmart")) {
                assertThat(foodmart.get(id).values())
                        .contains(
                                account.getName(),
                                account.getPhone(),
                                account.getStreet(),
                                account.getCity(),
                                account.getPostcode(),
                                account.getBirthDate().toString(),
                                account.getGender(),
                                account.getTier());
                assertThat(account.getEmail()).isEqualTo("foodmart-" + id + "@customers.example");
            } else {
                Row row = chinook.get(id);
                assertThat(account.getName()).isEqualTo(row.get("FirstName") + " " + row.get("LastName"));
                assertThat(row.values())
                        .contains(account.getEmail(), account.getPhone(), account.getStreet(), account.getCity());
                assertThat(account.getBirthDate()).isNull();
            }
        });
        values(ConsentChange.class).stream()
                .filter(change ->
                        change.getBirthDate() != null && change.getSubject().contains("foodmart"))
                .forEach(change -> assertThat(foodmart.get(change.getSubject().replaceAll("\\D+", ""))
                                .values())
                        .contains(change.getBirthDate().toString()));
    }

    @Test
    void shouldTakeCountriesFromTheSources() {
        Set<String> foodmart = new HashSet<>();
        Set<String> chinook = new HashSet<>();
        DATA.records().stream()
                .filter(record ->
                        record.key().startsWith("customer:") && record.topic().startsWith("events."))
                .forEach(record -> (record.key().contains("foodmart") ? foodmart : chinook)
                        .add(meta(record).getCountry()));
        assertThat(foodmart).containsExactlyInAnyOrder("US", "CA", "MX");
        assertThat(chinook).hasSize(24).contains("US", "GB", "DE", "CZ", "NO").allMatch(iso -> iso.matches("[A-Z]{2}"));
    }

    @Test
    void shouldTakePurchasesFromTheSources() throws IOException {
        Map<String, String> productOfSku = new HashMap<>();
        table("/foodmart.script", "product", "product_id")
                .values()
                .forEach(row -> productOfSku.put(row.get("SKU"), row.get("product_name")));
        table("/chinook.script", "Track", "TrackId")
                .values()
                .forEach(row -> productOfSku.put("track-" + row.get("TrackId"), row.get("Name")));
        Map<String, Row> invoices = table("/chinook.script", "Invoice", "InvoiceId");
        Map<String, BigDecimal> foodmartTotals = new HashMap<>();
        try (InputStream script = SampleDataTest.class.getResourceAsStream("/foodmart.script")) {
            HsqldbScript.read(
                    script,
                    Map.of(
                            "sales_fact_dec_1998",
                            row -> foodmartTotals.merge(
                                    "foodmart-" + row.get("customer_id") + "-" + row.get("time_id"),
                                    new BigDecimal(row.get("store_sales")),
                                    BigDecimal::add)));
        }
        assertThat(values(Order.class)).allSatisfy(order -> {
            String id = order.getOrderId();
            BigDecimal total = id.startsWith("foodmart")
                    ? foodmartTotals.get(id)
                    : new BigDecimal(
                            invoices.get(id.substring("chinook-".length())).get("Total"));
            assertThat(BigDecimal.valueOf(order.getTotal(), 2)).isEqualByComparingTo(total);
            for (OrderLine line : order.getLines()) {
                assertThat(productOfSku).containsEntry(line.getSku(), line.getProduct());
            }
        });
    }

    @Test
    void shouldChatWithTheCustomersOwnSupportAgent() throws IOException {
        Map<String, Row> customers = table("/chinook.script", "Customer", "CustomerId");
        assertThat(values(Chat.class)).allSatisfy(chat -> {
            Row customer = customers.get(chat.getMeta().getSubject().replaceAll("\\D+", ""));
            if (chat.getAuthor() == ChatAuthor.AGENT) {
                assertThat(chat.getAgentId()).isEqualTo("employee-" + customer.get("SupportRepId"));
            } else {
                assertThat(chat.getAgentId()).isNull();
            }
        });
        assertThat(values(Chat.class)).anyMatch(chat -> chat.getText().contains("@"));
    }

    @Test
    void shouldMakeUpOnlyValuesThatBelongToNobody() throws IOException {
        List<String> userAgents;
        try (Stream<String> lines =
                Files.lines(Path.of("src/main/resources/io/cloakroom/streams/demo/user-agents.txt"))) {
            userAgents = lines.filter(line -> line.startsWith("Mozilla/")).toList();
        }
        assertThat(userAgents).hasSize(200);
        assertThat(values(Cookie.class)).allSatisfy(cookie -> {
            assertThat(cookie.getIp()).matches("(198\\.51\\.100|203\\.0\\.113)\\.\\d{1,3}");
            assertThat(userAgents).contains(cookie.getUserAgent());
        });
        List<Order> placed = values(Order.class).stream()
                .filter(order -> order.getStatus() == OrderStatus.PLACED)
                .toList();
        assertThat(placed)
                .allSatisfy(order -> assertThat(order.getCard().getNumber())
                        .startsWith("400000")
                        .hasSize(16)
                        .matches(SampleDataTest::passesLuhn));
        assertThat(values(Order.class))
                .filteredOn(order -> order.getStatus() != OrderStatus.PLACED)
                .allMatch(order -> order.getCard() == null);
    }

    @Test
    void shouldSayHowManyPeopleAreInItAndWhoMadeThem() {
        long chinook =
                customers().stream().filter(key -> key.contains("chinook")).count();
        assertThat(DATA.describe())
                .startsWith(String.format(
                        Locale.ROOT,
                        "%,d records about %,d people.",
                        DATA.records().size(),
                        customers().size()))
                .contains(String.format(
                        Locale.ROOT,
                        "%,d of the 10,281 customers of FoodMart",
                        customers().size() - chinook))
                .contains(chinook + " of the 59 customers of Chinook")
                .contains("200 user agents")
                .contains("Seeded: consents and objections, the ages of Chinook's customers")
                .contains("customers.example")
                .doesNotContain("\n");
    }

    private static void hasChange(Predicate<ConsentChange> which) {
        assertThat(values(ConsentChange.class)).anyMatch(which);
    }

    private static Set<String> customers() {
        Set<String> customers = new HashSet<>();
        values(Account.class).forEach(account -> customers.add(account.getMeta().getSubject()));
        return customers;
    }

    private static <T> List<T> values(Class<T> type) {
        return DATA.records().stream()
                .map(Published::value)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    private static Meta meta(Published record) {
        return (Meta) record.value().get(0);
    }

    private static Instant occurredAt(Published record) {
        return record.value() instanceof ConsentChange change
                ? change.getOccurredAt()
                : meta(record).getOccurredAt();
    }

    private static Set<String> scope(ConsentChange change) {
        Set<String> scope = new HashSet<>();
        if (change.getBrand() != null) {
            scope.add("brand");
        }
        if (change.getChannel() != null) {
            scope.add("channel");
        }
        if (change.getItem() != null) {
            scope.add("item");
        }
        if (change.getCollector() != null) {
            scope.add("collector");
        }
        return scope;
    }

    private static Set<String> words(JsonNode list) {
        Set<String> words = new HashSet<>();
        list.forEach(word -> words.add(word.asString()));
        return words;
    }

    private static Map<String, Row> table(String script, String table, String key) throws IOException {
        Map<String, Row> rows = new HashMap<>();
        try (InputStream in = SampleDataTest.class.getResourceAsStream(script)) {
            HsqldbScript.read(in, Map.of(table, row -> rows.put(row.get(key), row)));
        }
        return rows;
    }

    private static SpecificRecord throughAvro(SpecificRecord value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new SpecificDatumWriter<SpecificRecord>(value.getSchema()).write(value, encoder);
        encoder.flush();
        return new SpecificDatumReader<SpecificRecord>(value.getSchema())
                .read(null, DecoderFactory.get().binaryDecoder(bytes.toByteArray(), null));
    }

    private static boolean passesLuhn(String number) {
        int sum = 0;
        for (int i = 0; i < number.length(); i++) {
            int digit = Character.digit(number.charAt(i), 10) * ((number.length() - i) % 2 == 0 ? 2 : 1);
            sum += digit / 10 + digit % 10;
        }
        return sum % 10 == 0;
    }
}
