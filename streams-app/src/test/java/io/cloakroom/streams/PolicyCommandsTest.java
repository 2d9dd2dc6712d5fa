package io.cloakroom.streams;

import static io.cloakroom.streams.CloakroomTest.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.streams.CloakroomTest.Ran;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.scenarios.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the commands say about decisions that the policy makes, or would make. */
@Timeout(60)
class PolicyCommandsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String GRANT = """
            - kind: GRANT
              at: -1d
              purpose: advertising
              brand: net-a-porter
              collector: adnet
              noticeVersion: "2017-11-17"
            """;

    @TempDir
    Path directory;

    @BeforeAll
    static void live() {
        CloakroomTest.live();
    }

    @AfterAll
    static void moveOut() {
        CloakroomTest.moveOut();
    }

    // policy explain

    @Test
    void shouldWalkADecisionStepByStep() throws IOException {
        assertThat(explain("cookie", advertising(), GRANT, "advertising")).isEqualTo(new Ran(0, """
                cookie for advertising, under the policy of 2017-11-17

                  GRANT                   for advertising: applied (C25)

                the event
                  nothing against it      Can it be read, are brand and surface known, is its time over?

                advertising, by consent (C9)
                  nothing against it      Does the policy or the form state it for this event?
                  nothing against it      Is the recipient still registered for it today?
                  nothing against it      Do age and guardian allow it?
                  nothing against it      What does it rest on, at the event's time and by all that is known now?
                  nothing against it      May it be transferred, and has the event what it must have?
                  yes                     consent (C9), by the grant of 2026-02-28T12:00:00Z

                released: consent (C9), for advertising
                  releaseId (own)                         (a token)
                  purposes (own)                          [advertising]
                  completedAt (own)                       nothing
                  meta.eventId (pseudonymise)             (a token)
                  meta.occurredAt (generalise)            2026-03-01T00:00:00Z
                  meta.brand (keep)                       net-a-porter
                  meta.surface (keep)                     web
                  meta.subject (pseudonymise)             (a token)
                  meta.country (keep)                     DE
                  meta.noticeVersion (keep)               2017-11-17
                  meta.form (keep)                        nothing
                  meta.collector (keep)                   adnet
                  meta.platform (keep)                    nothing
                  meta.origin (keep)                      nothing
                  category (keep)                         ADVERTISING
                  page (generalise)                       /shop/bags
                  sku (keep)                              sku-1
                  action (keep)                           VIEW
                """, ""));
    }

    @Test
    void shouldStopAtTheStepThatSaysNo() throws IOException {
        assertThat(explain("cookie", advertising(), "[]", "advertising")).isEqualTo(new Ran(0, """
                cookie for advertising, under the policy of 2017-11-17

                the event
                  nothing against it      Can it be read, are brand and surface known, is its time over?

                advertising, by consent (C9)
                  nothing against it      Does the policy or the form state it for this event?
                  nothing against it      Is the recipient still registered for it today?
                  nothing against it      Do age and guardian allow it?
                  no                      What does it rest on, at the event's time and by all that is known now?
                                          never-asked (C9)

                withheld: never-asked (C9)
                """, ""));
    }

    @Test
    void shouldSayUntilWhenItIsHeld() throws IOException {
        Ran ran = explain("order", event("order", "customer:ada"), "[]", "payment");

        assertThat(ran.out())
                .contains("  hold                    Is anything waited for? age-unknown (C1)\n")
                .endsWith("held: age-unknown (C1), until 2026-03-31T12:00:00Z at most\n");
    }

    @Test
    void shouldSayWhatWasNotTakenIn() throws IOException {
        Ran ran = explain("cookie", advertising(), GRANT.replace("-1d", "+1d"), "advertising");

        assertThat(ran.out())
                .contains("  GRANT                   for advertising: grant-dated-ahead (C25)\n")
                .endsWith("withheld: never-asked (C9)\n");
    }

    @Test
    void shouldSayWhatToDoAboutQuarantine() throws IOException {
        Ran ran =
                explain("order", event("order", "customer:ada").replace("net-a-porter", "other-shop"), "[]", "payment");

        assertThat(ran).isEqualTo(new Ran(0, """
                order for payment, under the policy of no version: it cannot be decided

                quarantined: use a brand of the policy
                withheld: unknown-brand (C2)
                """, ""));
    }

    static Stream<Scenario> scenarios() {
        return Scenario.all().stream();
    }

    /** The command has no way of its own to decide. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldSayWhatTheScenariosSay(Scenario scenario) throws IOException {
        String event = scenario.event(NOW).toString();
        String said = scenario.told().said() == null
                ? "[]"
                : JsonMapper.builder()
                        .build()
                        .writeValueAsString(scenario.told().said());
        String recipient = scenario.expected().keySet().iterator().next();

        Ran ran = explain(scenario.told().event(), event, said, recipient, "--json");

        JsonNode document = ran.json();
        String outcome = document.get("outcome").asString();
        String words = switch (outcome) {
            case "released" -> "RELEASE";
            case "held" -> "HOLD";
            default -> "WITHHOLD";
        };
        assertThat(words + " " + document.get("rule").asString() + " "
                        + document.get("clause").asString())
                .isEqualTo(scenario.expected().get(recipient));
        assertThat(document.get("reads").isEmpty()).isEqualTo(!outcome.equals("released"));
    }

    @Test
    void shouldReadAvrosOwnJsonToo() throws IOException {
        String avro = advertising().replace("\"adnet\"", "{\"string\": \"adnet\"}");

        assertThat(explain("cookie", avro, GRANT, "advertising"))
                .isEqualTo(explain("cookie", advertising(), GRANT, "advertising"));
    }

    @Test
    void shouldSayThatAnUnknownRecipientGetsNothing() throws IOException {
        assertThat(explain("cookie", advertising(), "[]", "payment"))
                .isEqualTo(new Ran(
                        1,
                        "",
                        "no recipient payment of cookie is in the policy of the event's time: it gets nothing\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "page; path; cookie has no field path",
                "\"sku-1\"; 7; cookie.sku is not a text",
                "ADVERTISING; ADS; cookie.category is none of",
                "\"occurredAt\": 1772366400000; \"occurredAt\": \"today\"; cookie.meta.occurredAt is not a timestamp-millis",
                "\"eventId\": \"e-1\", ; ''; cookie.meta.eventId is missing",
                "\"meta\": ; meta ; not a JSON object, from column 2 of line 1 on"
            })
    void shouldSayWhatIsWrongWithAnEvent(String there, String instead, String message) throws IOException {
        Ran ran = explain("cookie", advertising().replace(there, instead), "[]", "advertising");

        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err())
                .startsWith("cloakroom: " + directory.resolve("event.json") + ": ")
                .contains(message)
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "GRANT; GARNT; 'nobody says GARNT; a `kind` is one of '",
                "purpose; porpoise; 'said.yaml: Unrecognized property \"porpoise\"'"
            })
    void shouldSayWhatIsWrongWithWhatWasSaid(String there, String instead, String message) throws IOException {
        Ran ran = explain("cookie", advertising(), GRANT.replace(there, instead), "advertising");

        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("cloakroom: ").contains(message).hasLineCount(1);
    }

    @Test
    void shouldAskForTheTypeOfAnEvent() throws IOException {
        Path file = Files.writeString(directory.resolve("event.json"), advertising());

        Ran ran = run("policy", "explain", "--event", file.toString(), "--recipient", "advertising");

        assertThat(ran)
                .isEqualTo(
                        new Ran(
                                1,
                                "",
                                "cloakroom: " + file
                                        + ": of which type is the event? Give --type, or write {\"type\": ..., \"event\": {...}}\n"));
    }

    private Ran explain(String type, String event, String said, String recipient, String... more) throws IOException {
        Path file = Files.writeString(directory.resolve("event.json"), event);
        Path list = Files.writeString(directory.resolve("said.yaml"), said);
        List<String> arguments = List.of(
                "policy",
                "explain",
                "--event",
                file.toString(),
                "--type",
                type,
                "--recipient",
                recipient,
                "--said",
                list.toString(),
                "--at",
                NOW.toString());
        return run(Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new));
    }

    private static String advertising() {
        return event("cookie", "cookie:ada").replace("ANALYTICS", "ADVERTISING");
    }

    private static String event(String type, String subject) {
        return Scenario.event(type, subject, NOW).toString();
    }

    // policy diff

    @Test
    void shouldFindNoDifferenceWhereThereIsNone() throws IOException {
        Path same = version("2017-11-17", small());

        assertThat(run("policy", "diff", same.toString(), same.toString()))
                .isEqualTo(new Ran(0, "2017-11-17 -> 2017-11-17: no difference\n", ""));
    }

    @Test
    void shouldListWhatANewVersionSaysDifferently() throws IOException {
        assertThat(run(
                        "policy",
                        "diff",
                        version("2017-11-17", small()).toString(),
                        tighter().toString()))
                .isEqualTo(new Ran(1, """
                        2017-11-17 -> 2018-05-25: differences: 17
                          C1     consent age: 16 -> 18
                          C1     guardian term: 30 days -> 14 days
                          C2     brands the-outnet: there -> not there
                          C4     event order: states PROCESSING: fulfilment, group-business, payment, statistical-analysis
                                 -> fulfilment, group-business, statistical-analysis
                          C6.vii analytics: order for statistical-analysis: keep -> nothing: currency, lines.price, total
                          C16    group: epoch: 1 -> 2
                          C16    group: grace: 0 seconds -> 30 seconds
                          C20    advertising: safeguards: standard clauses from 2021-06-27 on -> binding rules from
                                 2020-06-27 on
                          C21    mailing: marketing for direct-marketing: there -> not there
                          C21    mailing: marketing for direct-marketing: keep -> nothing: action, body, campaign, channel,
                                 meta, meta.brand, meta.collector, meta.country, meta.form, meta.noticeVersion,
                                 meta.occurredAt, meta.origin, meta.platform, meta.surface, promotion, sender, template, to,
                                 unsubscribe
                          C21    mailing: marketing for direct-marketing: pseudonymise -> nothing: meta.eventId,
                                 meta.subject
                          C24    mailing: recipient: there -> not there
                          C26    mailing: marketing for service-messages: there -> not there
                          C26    mailing: marketing for service-messages: keep -> nothing: action, body, campaign, channel,
                                 meta, meta.brand, meta.collector, meta.country, meta.form, meta.noticeVersion,
                                 meta.occurredAt, meta.origin, meta.platform, meta.surface, promotion, sender, template, to,
                                 unsubscribe
                          C26    mailing: marketing for service-messages: pseudonymise -> nothing: meta.eventId,
                                 meta.subject
                          C37    grants under notice 2016-05-01: count -> stale
                          C37    grants under notice 2018-05-25: stale -> count
                        """, ""));
    }

    @Test
    void shouldListTheSameBackwards() throws IOException {
        String old = version("2017-11-17", small()).toString();
        JsonNode there =
                run("policy", "diff", old, tighter().toString(), "--json").json();
        JsonNode back =
                run("policy", "diff", tighter().toString(), old, "--json").json();

        assertThat(there.get("differences")).hasSizeGreaterThan(10).hasSameSizeAs(back.get("differences"));
        for (int i = 0; i < there.get("differences").size(); i++) {
            JsonNode one = there.get("differences").get(i);
            assertThat(back.get("differences").valueStream())
                    .anyMatch(other -> other.get("what").equals(one.get("what"))
                            && other.get("recipient").equals(one.get("recipient"))
                            && other.get("fields").equals(one.get("fields"))
                            && other.get("before").equals(one.get("after"))
                            && other.get("after").equals(one.get("before")));
        }
    }

    @Test
    void shouldSayWhichRecordedDecisionsChange() throws IOException {
        Path said = Files.writeString(
                directory.resolve("said.yaml"),
                GRANT.replace("-1d", "\"2020-07-20T12:00:00Z\"").replace("- kind", "- by: cookie:ada\n  kind"));
        Path events = Files.writeString(
                directory.resolve("events.jsonl"),
                wrapped(advertising()) + "\n" + wrapped(advertising().replace(NOW.toEpochMilli() + "", "1598961600000"))
                        + "\n\n");

        Ran ran = run(
                "policy",
                "diff",
                version("2017-11-17", small()).toString(),
                tighter().toString(),
                "--replay",
                events.toString(),
                "--said",
                said.toString());

        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out())
                .contains("\nevents: 2, decisions that change: 1\n  C9     advertising, 1: withheld by"
                        + " no-safeguard (C20) -> released by consent (C9) for advertising,\n");
        assertThat(ran.out()).contains("events.jsonl:2\n").doesNotContain("ada", "sku-1", "203.0.113.7");
        assertThat(ran.err()).isEmpty();
    }

    @Test
    void shouldReplayAsADocument() throws IOException {
        String same = version("2017-11-17", small()).toString();
        Path events = Files.writeString(directory.resolve("events.jsonl"), wrapped(advertising()));

        Ran ran = run("policy", "diff", same, same, "--replay", events.toString(), "--json");

        assertThat(ran.exit()).isZero();
        assertThat(ran.json())
                .hasToString(
                        "{\"old\":\"2017-11-17\",\"new\":\"2017-11-17\",\"differences\":[],\"replayed\":1,\"decisions\":[]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"analytics.order", "events.gossip", "no-such-file.jsonl"})
    void shouldReplayFilesAndTopicsOfEventsOnly(String replay) throws IOException {
        String same = version("2017-11-17", small()).toString();

        Ran ran = run("policy", "diff", same, same, "--replay", replay);

        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).startsWith("--replay: " + replay + " is neither a file nor a topic of events");
    }

    @Test
    void shouldAskWhoSaidIt() throws IOException {
        String same = version("2017-11-17", small()).toString();
        Path said = Files.writeString(directory.resolve("said.yaml"), GRANT);
        Path events = Files.writeString(directory.resolve("events.jsonl"), wrapped(advertising()));

        assertThat(run("policy", "diff", same, same, "--replay", events.toString(), "--said", said.toString()))
                .isEqualTo(new Ran(
                        1, "", "cloakroom: " + said + ": who said it? Each needs `by`, such as customer:4711\n"));
    }

    @Test
    void shouldCompareNothingWithARefusedPolicy() throws IOException {
        Path old = version("2017-11-17", small());
        Path broken = version("2018-05-25", small().replace("region: DE", "region: XX"));

        Ran ran = run("policy", "diff", old.toString(), broken.toString());

        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("`XX`");
    }

    private static String wrapped(String event) {
        return "{\"type\": \"cookie\", \"event\": " + event + "}";
    }

    private static String small() throws IOException {
        return Files.readString(GateDriver.SMALL.resolve("2017-11-17.yaml"));
    }

    private Path version(String date, String text) throws IOException {
        return Files.writeString(
                directory.resolve(date + ".yaml"), text.replaceFirst("version: \".*\"", "version: \"" + date + "\""));
    }

    /** Everything that a version can say otherwise, once. */
    private Path tighter() throws IOException {
        String text = small().replace("[\"2016-05-01\", \"2017-11-17\"]", "[\"2017-11-17\", \"2018-05-25\"]")
                .replace("mr-porter, the-outnet]", "mr-porter]")
                .replace("years: 16", "years: 18")
                .replace("within-days: 30", "within-days: 14")
                .replace("PROCESSING: [fulfilment, payment, ", "PROCESSING: [fulfilment, ")
                .replaceFirst("order.item, order.amount, cookie", "order.item, cookie")
                .replaceFirst(
                        "drop: \\[consent.signal, location.city, ",
                        "drop: [order.amount, consent.signal, location.city, ")
                .replace("epoch: 1\n    clause: C16", "epoch: 2\n    grace-seconds: 30\n    clause: C16")
                .replace("standard-clauses, from: \"2021-06-27\"", "binding-rules, from: \"2020-06-27\"");
        int mailing = text.indexOf("  mailing:\n    class");
        return version(
                "2018-05-25", text.substring(0, mailing) + text.substring(text.indexOf("  payment:\n    class")));
    }

    // policy coverage

    @Test
    void shouldSayWhatEachClauseHasAndLacks() {
        Ran ran = run("policy", "coverage");

        assertThat(ran.out().lines()).hasSizeGreaterThanOrEqualTo(43).allMatch(line -> line.length() <= 100);
        assertThat(ran.out()).contains("C8   rules: 0, allow: 0, deny: 0; waits for: statistics behind the gate\n");
        assertThat(ran.exit()).isEqualTo(ran.out().contains("missing: ") ? 1 : 0);
    }

    @Test
    void shouldSayItAsADocument() {
        JsonNode rows = run("policy", "coverage", "--json").json();

        assertThat(rows).hasSize(43);
        assertThat(rows.get(24).get("clause").asString()).isEqualTo("C25");
        assertThat(rows.get(24).get("rules").valueStream().map(JsonNode::asString))
                .contains("objected");
        assertThat(rows.get(24).get("denying")).isNotEmpty();
        assertThat(rows.get(24).get("missing")).isEmpty();
    }

    @Test
    void shouldWriteThePage() throws IOException {
        Path page = directory.resolve("coverage.md");

        assertThat(run("policy", "coverage", "--write-docs", page.toString())).isEqualTo(new Ran(0, "", ""));
        assertThat(page).content().startsWith("# What enforces each clause").contains("\n## C43\n");
    }
}
