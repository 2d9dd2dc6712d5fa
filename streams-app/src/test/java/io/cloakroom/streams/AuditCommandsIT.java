package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Chat;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.streams.CloakroomTest.Ran;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code audit explain} and {@code audit report} over an audit that is long, of a gate that was behind. */
@Tag("alone")
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class AuditCommandsIT {

    private static final int BEFORE = Boolean.getBoolean("cloakroom.torture") ? 150_000 : 11_000;
    private static final int AFTER = 9_000; // less than is looked at behind an entry
    private static final int ALL = BEFORE + AFTER;
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final String CHILD = "customer:QxQxQxCHILDxQ";
    private static final String COOKIE = "cookie:QxQxQxCOOKIExQ";

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static String config;
    private static Logged log;
    private static final List<Ran> PRINTED = new ArrayList<>();

    private static List<RecordMetadata> chats;
    private static RecordMetadata order;
    private static RecordMetadata view;
    private static RecordMetadata withdrawal;
    private static RecordMetadata unknown;
    private static List<AuditEntry> audit;

    /** Chats, an order that is held and a page view, chats again; then what is said about the two. */
    @BeforeAll
    static void decide() throws Exception {
        log = Logged.attached();
        cluster = Cluster.start(directory.resolve("data"), Cluster.SMALL_POLICY, 1);
        config = QuarantineIT.config(cluster, directory);
        cluster.publish(Given.young(CHILD));
        cluster.publish(Given.analyticsConsent(COOKIE, ConsentKind.GRANT).build());
        chats = new ArrayList<>(cluster.publishAll(chats(BEFORE)));
        order = cluster.publish(Given.order(CHILD).setOrderId("QxQxQxORDERxQ").build());
        view = cluster.publish(Given.cookie(COOKIE, CookieCategory.ANALYTICS).build());
        chats.addAll(cluster.publishAll(chats(AFTER)));
        try (Gate gate = cluster.gate()) {
            cluster.awaitEntriesOf(ALL + 4, Duration.ofMinutes(5));
            cluster.decided(Given.agreement(CHILD));
            withdrawal = cluster.publish(
                    Given.analyticsConsent(COOKIE, ConsentKind.WITHDRAWAL).build());
            cluster.decided(withdrawal);
            unknown = cluster.publish(Given.chat(CHILD)
                    .setMeta(Given.meta(CHILD).setBrand("QxQxQxBRANDxQ").build())
                    .build());
            cluster.decided(unknown);
        }
        audit = cluster.committedAudit();
    }

    private static List<SpecificRecord> chats(int count) {
        List<SpecificRecord> chats = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Chat chat = Given.chat("customer:QxQxQxNAMExQ" + i % 100)
                    .setText("QxQxQxTEXTxQ " + i)
                    .build();
            chats.add(chat);
        }
        chats.set(
                count / 2,
                Given.chat("customer:QxQxQxNAMExQ")
                        .setMeta(Given.meta("customer:QxQxQxNAMExQ")
                                .setEventId("QxQxQxIDxQ")
                                .build())
                        .build());
        return chats;
    }

    @AfterAll
    static void stop() throws Exception {
        log.detach();
        cluster.close();
        assertThat(PRINTED)
                .hasSizeGreaterThan(10)
                .allSatisfy(ran -> assertThat(ran.out() + ran.err()).doesNotContain("QxQxQx"));
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains("QxQxQx"));
    }

    @Test
    void shouldExplainWithinASecondWhereverTheEntryStands() {
        assertThat(audit).hasSizeGreaterThan(ALL);
        run(0, "audit", "explain", QuarantineIT.text(chats.get(0))); // classes are loaded once
        for (int i : List.of(0, 1, BEFORE / 3, BEFORE - 1, BEFORE, BEFORE + AFTER / 2, ALL - 2, ALL - 1)) {
            String place = QuarantineIT.text(chats.get(i));
            JsonNode said = record(soon("audit", "explain", place, "--json"));
            assertThat(said.get("place").asString()).isEqualTo(place);
        }
        for (RecordMetadata rare : List.of(order, view, withdrawal, unknown)) {
            soon("audit", "explain", QuarantineIT.text(rare));
        }
    }

    /** Within a second in one of three tries: how busy the machine is otherwise is not the question. */
    private static Ran soon(String... command) {
        List<Duration> taken = new ArrayList<>();
        while (true) {
            long start = System.nanoTime();
            Ran ran = run(0, command);
            taken.add(Duration.ofNanos(System.nanoTime() - start));
            if (taken.get(taken.size() - 1).compareTo(SOON) < 0) {
                return ran;
            }
            assertThat(taken).as(String.join(" ", command)).hasSizeLessThan(3);
        }
    }

    @Test
    void shouldSayWhatTheEntrySaysAndWhatCameOfItLater() {
        JsonNode said = record(run(0, "audit", "explain", QuarantineIT.text(order), "--json"));

        AuditEntry entry = entry(order);
        String hash = HexFormat.of().formatHex(entry.getPolicyHash().bytes());
        assertThat(said.get("entry")).isEqualTo(CloakroomTest.json(entry.toString()));
        assertThat(said.get("policyHash").asString()).isEqualTo(hash).matches("[0-9a-f]{64}");
        JsonNode held = find(said.get("entry").get("decisions"), "payment");
        assertThat(held.get("outcome").asString()).isEqualTo("HOLD");
        assertThat(said.get("rules").get(held.get("rule").asString()).asString())
                .isEqualTo("the person is under age, and no guardian agreed");
        JsonNode resolved = find(said.get("resolutions").get(0).get("decisions"), "payment");
        assertThat(resolved.get("outcome").asString()).isEqualTo("RELEASE");
        assertThat(resolved.get("treatments")).isNotEmpty();

        assertThat(run(0, "audit", "explain", QuarantineIT.text(order), "payment")
                        .out())
                .contains("payment: held", "guardian-needed (C1): ", "resolved ", "payment: released for ")
                .doesNotContain("analytics");
        assertThat(words(run(0, "audit", "explain", QuarantineIT.text(order))))
                .contains(
                        " occurred " + entry.getOccurredAt() + " arrived " + entry.getArrivedAt() + ", decided "
                                + entry.getDecidedAt() + " ",
                        " policy " + entry.getPolicyVersion() + ", SHA-256 " + hash + " ");
    }

    @Test
    void shouldSayHowFarItLookedWhereThereIsMore() {
        JsonNode looked = record(run(0, "audit", "explain", QuarantineIT.text(chats.get(0)), "--json"))
                .get("looked");
        int entries = looked.get("entries").asInt();
        assertThat(entries).isBetween(9_000, 10_000);
        int first = audit.indexOf(entry(chats.get(0)));
        String until = audit.get(first + entries).getDecidedAt().toString();
        assertThat(looked.get("until").asString()).isEqualTo(until);
        assertThat(run(0, "audit", "explain", QuarantineIT.text(chats.get(0))).out())
                .contains("looked at " + entries + " entries behind it, up to " + until);

        assertThat(record(run(0, "audit", "explain", QuarantineIT.text(view), "--json"))
                        .get("looked")
                        .isNull())
                .isTrue();
        assertThat(run(0, "audit", "explain", QuarantineIT.text(view)).out()).doesNotContain("looked at");
    }

    @Test
    void shouldNameTheConsentThatCountedAndWhatIsRecalledSince() {
        JsonNode said = record(run(0, "audit", "explain", QuarantineIT.text(view), "analytics", "--json"));

        JsonNode decisions = said.get("entry").get("decisions");
        assertThat(decisions).hasSize(1);
        assertThat(decisions.get(0).get("outcome").asString()).isEqualTo("RELEASE");
        assertThat(decisions.get(0).get("transition").get("kind").asString()).isEqualTo("GRANT");
        RecipientDecision decision = entry(view).getDecisions().stream()
                .filter(d -> d.getRecipient().equals("analytics"))
                .findFirst()
                .orElseThrow();
        assertThat(words(run(0, "audit", "explain", QuarantineIT.text(view), "analytics")))
                .contains(" counted the grant of " + decision.getTransition().getAt() + " ");
        JsonNode recall = said.get("recalls").get(0);
        assertThat(recall.get("note").get("recipient").asString()).isEqualTo("analytics");
        assertThat(recall.get("note").get("rule").asString()).isEqualTo("consent-withdrawn");
        assertThat(recall.get("by").asString()).isEqualTo(QuarantineIT.text(withdrawal));
    }

    @Test
    void shouldFindARecordByTheEventsOwnIdAndNotSayIt() {
        String from = Instant.ofEpochMilli(chats.get(0).timestamp()).toString();
        String to = Instant.now().toString();

        run(1, "audit", "explain", "--event-id", "none", "--type", "chat", "--from", from, "--to", to); // classes
        Ran ran = soon(
                "audit", "explain", "--event-id", "QxQxQxIDxQ", "--type", "chat", "--from", from, "--to", to, "--json");

        assertThat(ran.json()
                        .get("records")
                        .valueStream()
                        .map(r -> r.get("place").asString()))
                .containsExactly(
                        QuarantineIT.text(chats.get(BEFORE / 2)), QuarantineIT.text(chats.get(BEFORE + AFTER / 2)));
        Ran none = run(1, "audit", "explain", "--event-id", "QxQxQxNOxQ", "--type", "chat", "--from", from, "--to", to);
        assertThat(none.err()).contains("no chat with this id arrived in that time");
        assertThat(run(1, "audit", "explain", "--event-id", "QxQxQxIDxQ", "--type", "chat", "--from", to, "--to", to)
                        .out())
                .isEmpty();
        assertThat(run(
                                2,
                                "audit",
                                "explain",
                                "--event-id",
                                "QxQxQxIDxQ",
                                "--type",
                                "gossip",
                                "--from",
                                from,
                                "--to",
                                to)
                        .err())
                .contains("--type: there are access, account");
    }

    @Test
    void shouldFindNoRecordByItsIdThatArrivedLater() {
        String before = Instant.ofEpochMilli(chats.get(0).timestamp()).toString();
        Instant arrived = Instant.ofEpochMilli(chats.get(BEFORE / 2).timestamp());
        String[] command = {"audit", "explain", "--event-id", "QxQxQxIDxQ", "--type", "chat", "--from", before, "--to"};

        assertThat(run(1, with(command, arrived.toString())).err()).contains("no chat with this id arrived");
        assertThat(record(run(0, with(command, arrived.plusMillis(1).toString(), "--json")))
                        .get("place")
                        .asString())
                .isEqualTo(QuarantineIT.text(chats.get(BEFORE / 2)));
    }

    private static String[] with(String[] command, String... more) {
        return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void shouldSayThatThereIsNone() {
        assertThat(run(1, "audit", "explain", "events.chat-0-999999").err())
                .contains("no entry of events.chat-0-999999: not decided yet, or kept no longer");
        assertThat(run(1, "audit", "explain", "events.chat-7-0").err()).contains("no entry of events.chat-7-0");
        assertThat(run(1, "audit", "explain", QuarantineIT.text(order), "nobody")
                        .err())
                .contains("nothing was decided for nobody");
        assertThat(run(2, "audit", "explain").err()).contains("name one record");
        assertThat(run(2, "audit", "explain", "gate.forwards-0-0").err()).contains("nobody publishes to gate.forwards");
        assertThat(run(2, "audit", "explain", "events.gossip-0-0").err()).contains("there is no topic events.gossip");
    }

    @Test
    void shouldReportWhatTheEntriesSay() {
        Map<String, Long> outcomes = new TreeMap<>();
        Map<String, Long> quarantined = new TreeMap<>();
        Map<String, Long> recalled = new TreeMap<>();
        for (AuditEntry entry : audit) {
            boolean isLater = entry.getKind() == EntryKind.RESOLUTION;
            for (RecipientDecision d : entry.getDecisions()) {
                String outcome = d.getOutcome() + (isLater ? " later" : "");
                outcomes.merge(
                        d.getRecipient() + " " + d.getRule() + " " + d.getClause() + " " + outcome, 1L, Long::sum);
            }
            if (entry.getKind() == EntryKind.QUARANTINED) {
                quarantined.merge(entry.getReason().getRule(), 1L, Long::sum);
            }
            entry.getRecalls().forEach(r -> recalled.merge(r.getRecipient(), 1L, Long::sum));
        }

        JsonNode report = run(0, "audit", "report", "--json").json();

        Map<String, Long> counted = new TreeMap<>();
        report.get("outcomes")
                .forEach(row -> Map.of(
                                "released", "RELEASE",
                                "withheld", "WITHHOLD",
                                "held", "HOLD",
                                "releasedLater", "RELEASE later",
                                "withheldLater", "WITHHOLD later")
                        .forEach((column, outcome) -> {
                            long count = row.get(column).asLong();
                            if (count > 0) {
                                counted.put(
                                        Stream.of("recipient", "rule", "clause")
                                                        .map(by -> row.get(by).asString())
                                                        .collect(Collectors.joining(" "))
                                                + " " + outcome,
                                        count);
                            }
                        }));
        assertThat(counted).isEqualTo(outcomes).hasSizeGreaterThan(3);
        assertThat(longs(report.get("quarantined"))).isEqualTo(quarantined).hasSize(1);
        assertThat(longs(report.get("recalled"))).isEqualTo(recalled).hasSize(1);
        assertThat(longs(report.get("entries")).values().stream().mapToLong(n -> n))
                .hasSize(4);
        assertThat(longs(report.get("entries")).values().stream()
                        .mapToLong(n -> n)
                        .sum())
                .isEqualTo(audit.size());
        assertThat(longs(report.get("said"))).containsEntry("applied", 4L);
    }

    @Test
    void shouldReportTheHoursOfDecisions() {
        Map<String, Long> hours = new TreeMap<>();
        audit.forEach(entry -> hours.merge(
                entry.getDecidedAt().truncatedTo(ChronoUnit.HOURS).toString(),
                (long) entry.getDecisions().size(),
                Long::sum));
        hours.values().removeIf(count -> count == 0);

        Map<String, Long> reported = new TreeMap<>();
        run(0, "audit", "report", "--by", "hour", "--json")
                .json()
                .get("outcomes")
                .forEach(row -> reported.put(row.get("hour").asString(), sum(row)));

        assertThat(reported).isEqualTo(hours).isNotEmpty();
    }

    @Test
    void shouldReportByWhatIsAskedForWithinATime() {
        Instant half = audit.get(audit.size() / 2).getDecidedAt();
        long decisions = audit.stream().mapToLong(e -> e.getDecisions().size()).sum();

        long before = sum(run(0, "audit", "report", "--by", "hour,clause", "--to", half.toString(), "--json"));
        long after = sum(run(0, "audit", "report", "--by", "recipient", "--from", half.toString(), "--json"));

        assertThat(before).isPositive();
        assertThat(after).isPositive();
        assertThat(before + after).isEqualTo(decisions);
        assertThat(run(0, "audit", "report", "--by", "recipient,rule").out())
                .containsPattern("recipient +rule +released +withheld +held")
                .contains("quarantined, by rule: 1", "unknown-brand", "recalled from: 1");
    }

    private static long sum(Ran ran) {
        return ran.json()
                .get("outcomes")
                .valueStream()
                .mapToLong(AuditCommandsIT::sum)
                .sum();
    }

    private static long sum(JsonNode row) {
        return row.valueStream()
                .filter(JsonNode::isNumber)
                .mapToLong(JsonNode::asLong)
                .sum();
    }

    private static Map<String, Long> longs(JsonNode counts) {
        Map<String, Long> longs = new TreeMap<>();
        counts.propertyStream().forEach(p -> longs.put(p.getKey(), p.getValue().asLong()));
        return longs;
    }

    private static AuditEntry entry(RecordMetadata place) {
        return audit.stream()
                .filter(e -> e.getKind() == EntryKind.EVENT
                        && e.getTopic().equals(place.topic())
                        && e.getOffset() == place.offset())
                .findFirst()
                .orElseThrow();
    }

    /** What is too long for a line goes on in the next. */
    private static String words(Ran ran) {
        return ran.out().replaceAll("\\s+", " ");
    }

    private static JsonNode record(Ran ran) {
        assertThat(ran.json().get("records")).hasSize(1);
        return ran.json().get("records").get(0);
    }

    private static JsonNode find(JsonNode decisions, String recipient) {
        return decisions
                .valueStream()
                .filter(d -> d.get("recipient").asString().equals(recipient))
                .findFirst()
                .orElseThrow();
    }

    private static Ran run(int exit, String... arguments) {
        Ran ran = CloakroomTest.run(Stream.concat(Stream.of(arguments), Stream.of("--config", config))
                .toArray(String[]::new));
        assertThat(ran.exit()).as(ran.err()).isEqualTo(exit);
        PRINTED.add(ran);
        return ran;
    }
}
