package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every scenario of the policy by example, where nobody is known, and every release that the gate makes of it. */
class ApplyPolicyScenarioTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private static Path keys;

    private static final Map<String, ApplyPolicy<SinkRecord>> APPLYING = new LinkedHashMap<>();
    private static final Map<String, ApplyPolicy<SourceRecord>> APPLYING_AT_A_SOURCE = new LinkedHashMap<>();

    private static Policy policy;

    /** One that hears what the scenarios say, and one that hears nothing; each scenario has people of its own. */
    private static GateDriver gate;

    private static GateDriver deaf;

    @BeforeAll
    static void configure() throws Exception {
        policy = Blueprint.load(GateDriver.POLICIES).history().atOrFirst(NOW.toEpochMilli());
        gate = new GateDriver(NOW);
        deaf = new GateDriver(NOW);
        for (String recipient : policy.recipients().keySet()) {
            APPLYING.put(recipient, Given.applying(recipient, GateDriver.POLICIES, keys, NOW));
            APPLYING_AT_A_SOURCE.put(recipient, Given.applying(recipient, GateDriver.POLICIES, keys, NOW));
        }
    }

    @AfterAll
    static void close() {
        gate.close();
        deaf.close();
    }

    static Stream<Scenario> scenarios() {
        return Scenario.all().stream();
    }

    /** The gate itself, asked about somebody of whom nobody ever said anything, is the measure. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldReleaseWhatNeedsNobodyToBeKnownAndNothingElse(Scenario scenario) {
        String type = scenario.told().event();
        if (scenario.told().quarantined() != null) {
            APPLYING.values()
                    .forEach(applying -> assertThatThrownBy(() -> applying.apply(event(scenario)))
                            .isInstanceOf(DataException.class)
                            .hasMessageContaining(scenario.told().quarantined().split(" ")[0]));
            return;
        }
        deaf.publish("events." + type, scenario.subject(), scenario.event(NOW));
        APPLYING.forEach((recipient, applying) -> {
            Optional<Struct> expected = deaf.releases(recipient + "." + type).stream()
                    .findFirst()
                    .flatMap(ApplyPolicyScenarioTest::withoutThePerson);
            Optional<SinkRecord> released = Optional.ofNullable(applying.apply(event(scenario)));

            assertThat(released.map(r -> Given.plain(r, "releaseId")))
                    .as(recipient)
                    .isEqualTo(expected.map(e -> Given.plain(e, "releaseId")));
            released.ifPresent(r -> assertThat(r.topic()).isEqualTo(recipient + "." + type));
        });
    }

    /** What the file itself says: contract and law alone let anything out, but no order, for that is an act. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldReleaseNothingThatTheScenarioDoesNotAndAllThatAsksNobody(Scenario scenario) {
        if (scenario.told().quarantined() != null) {
            return;
        }
        scenario.expected().forEach((recipient, outcome) -> {
            boolean goesOn = (outcome.startsWith("RELEASE contract") || outcome.startsWith("RELEASE legal-obligation"))
                    && !scenario.told().event().equals("order");
            SinkRecord released = APPLYING.get(recipient).apply(event(scenario));
            assertThat(released != null).as(recipient).isEqualTo(goesOn);
            if (goesOn) {
                assertReads(scenario, recipient, (Struct) released.value());
            }
        });
    }

    /** But for the ids of releases: a source knows no offsets. It has no releases of the gate, either. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldDecideAtASourceAsAtASink(Scenario scenario) {
        SinkRecord event = event(scenario);
        APPLYING.forEach(
                (recipient, applying) -> assertThat(outcome(APPLYING_AT_A_SOURCE.get(recipient), Given.source(event)))
                        .as(recipient)
                        .isEqualTo(outcome(applying, event)));
    }

    /** Those of recipients, too, of whom a scenario says nothing. */
    @Test
    void shouldMakeReleasesOfAllTheseTopics() {
        Set<String> topics = new TreeSet<>();
        scenarios()
                .filter(scenario -> scenario.told().quarantined() == null)
                .forEach(scenario -> APPLYING.values().stream()
                        .map(applying -> applying.apply(event(scenario)))
                        .filter(Objects::nonNull)
                        .forEach(released -> topics.add(released.topic())));

        assertThat(topics)
                .containsExactly(
                        "authentication.account",
                        "care.access",
                        "care.care",
                        "care.chat",
                        "care.mobile",
                        "care.promotion",
                        "care.review",
                        "delivery.marketing",
                        "mailing.marketing",
                        "publication.review",
                        "security.access",
                        "store-locator.mobile");
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void shouldPassTheReleasesOfTheGateUnchanged(Scenario scenario) {
        String type = scenario.told().event();
        scenario.said(NOW).forEach(said -> gate.publish(said.topic(), said.subject(), said.value()));
        gate.publish("events." + type, scenario.subject(), scenario.event(NOW));
        APPLYING.forEach((recipient, applying) -> {
            List<IndexedRecord> releases = gate.releases(recipient + "." + type);
            if (scenario.expected().getOrDefault(recipient, "").startsWith("RELEASE")) {
                assertThat(releases).as(recipient).isNotEmpty();
            }
            for (IndexedRecord release : releases) {
                SinkRecord record = Given.sink(recipient + "." + type, "pseudonym", release, NOW);
                assertThat(applying.apply(record)).as(recipient).isEqualTo(record);
            }
        });
    }

    private static SinkRecord event(Scenario scenario) {
        return Given.sink("events." + scenario.told().event(), scenario.subject(), scenario.event(NOW), NOW);
    }

    private static <R extends ConnectRecord<R>> String outcome(ApplyPolicy<R> applying, R event) {
        try {
            return Optional.ofNullable(applying.apply(event))
                    .map(r -> r.topic() + " " + r.timestamp() + " " + r.headers() + " " + Given.plain(r, "releaseId"))
                    .orElse("withheld");
        } catch (DataException e) {
            return e.getMessage();
        }
    }

    private static void assertReads(Scenario scenario, String recipient, Struct release) {
        scenario.expectedReads(recipient).forEach((path, value) -> {
            String read = EventForm.text(release, path);
            String expected = value == null ? "" : value.toString();
            assertThat(read).as("%s of %s", path, recipient).isIn(expected, "");
        });
    }

    /** A release without the purposes that ask the person, and without what is made of what is known of the person. */
    private static Optional<Struct> withoutThePerson(IndexedRecord release) {
        Struct all = (Struct) ConnectForm.value(ConnectForm.schema(release.getSchema()), release);
        List<String> purposes = all.<String>getArray("purposes").stream()
                .filter(p -> policy.purposes().get(p).basis() == Basis.CONTRACT
                        || policy.purposes().get(p).basis() == Basis.LEGAL_OBLIGATION)
                .toList();
        return purposes.isEmpty() ? Optional.empty() : Optional.of(without(all).put("purposes", purposes));
    }

    private static Struct without(Struct struct) {
        Struct left = new Struct(struct.schema());
        for (Field field : struct.schema().fields()) {
            Map<String, String> parameters = field.schema().parameters();
            String treatment = parameters == null ? "" : parameters.getOrDefault("treatment", "");
            if (!treatment.equals("pseudonymise") && !treatment.equals("redact")) {
                left.put(field, without(struct.get(field)));
            }
        }
        return left;
    }

    private static Object without(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(ApplyPolicyScenarioTest::without).toList();
        }
        return value instanceof Struct struct ? without(struct) : value;
    }
}
