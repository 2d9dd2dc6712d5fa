package io.cloakroom.streams;

import static io.cloakroom.streams.CloakroomTest.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.streams.CloakroomTest.Ran;
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
                  category (keep)                         ADVERTISING
                  page (generalise)                       /shop/bags
                  sku (keep)                              sku-1
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
                                        + ": of which type is the event? Give --type, or write {\"type\": …, \"event\": {…}}\n"));
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
}
