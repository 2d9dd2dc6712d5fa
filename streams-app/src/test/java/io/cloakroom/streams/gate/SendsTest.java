package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.streams.scenarios.Outcomes;
import io.cloakroom.streams.scenarios.Scenario;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The whole matrix of C21 and C26: every channel of every brand, what the person said of any of them, marketing and service.
 * No wrong send, and no service message that is not sent.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SendsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final List<String> BRANDS = List.of("net-a-porter", "mr-porter", "the-outnet");
    private static final Map<String, String> INSTRUCTIONS = Map.of(
            "EMAIL", "https://%s.example/unsubscribe",
            "SMS", "Reply STOP",
            "PHONE", "Say no more calls",
            "CHAT", "Say no more chats",
            "POST", "Write to %s, London");
    private static final List<String> CHANNELS = List.of("PHONE", "CHAT", "EMAIL", "SMS", "POST");

    private GateDriver gate;
    private int people;

    /** What somebody said, and about what; the scope of a group-wide statement is empty. */
    private enum Preference {
        NOTHING,
        GRANT_OF_THIS,
        GRANT_OF_ANOTHER_CHANNEL,
        GRANT_OF_ANOTHER_BRAND,
        WITHDRAWN,
        WITHDRAWN_AND_GRANTED_AGAIN,
        OBJECTION_TO_THIS_BRAND,
        OBJECTION_TO_ALL,
        OBJECTION_TO_ALL_AND_A_LATER_GRANT,
        OBJECTION_TO_ANOTHER_BRAND,
        GRANT_AFTER_THE_SEND,
        STALE_GRANT,
        EXPIRED_GRANT;

        boolean allows() {
            return this == GRANT_OF_THIS || this == WITHDRAWN_AND_GRANTED_AGAIN || this == OBJECTION_TO_ANOTHER_BRAND;
        }
    }

    private record Send(String channel, String brand, Preference preference, boolean service) {}

    static Stream<Send> sends() {
        List<Send> sends = new ArrayList<>();
        for (String channel : CHANNELS) {
            for (String brand : BRANDS) {
                for (Preference preference : Preference.values()) {
                    sends.add(new Send(channel, brand, preference, false));
                    sends.add(new Send(channel, brand, preference, true));
                }
            }
        }
        return sends.stream();
    }

    @BeforeAll
    void start() {
        gate = new GateDriver(NOW);
    }

    @AfterAll
    void close() {
        gate.close();
    }

    @ParameterizedTest
    @MethodSource("sends")
    void shouldSendServiceAlwaysAndMarketingByPreference(Send send) {
        String subject = "customer:" + people++;
        said(send, subject).forEach(said -> gate.publish(Topics.CONSENT_CHANGES, subject, said.build()));
        gate.audit();

        gate.publish("events.marketing", subject, event(send, subject));

        boolean isSent = send.service || send.preference.allows();
        Map<String, String> outcomes = Outcomes.of(gate.lastAudit());
        for (String recipient : List.of("delivery", "mailing")) {
            assertThat(outcomes.get(recipient)).startsWith(isSent ? "RELEASE" : "WITHHOLD");
            assertThat(gate.raw(recipient + ".marketing")).hasSize(isSent ? 1 : 0);
        }
        if (send.service) {
            assertThat(outcomes).containsEntry("delivery", "RELEASE contract C26");
        }
    }

    private static GenericRecord event(Send send, String subject) {
        GenericRecord event = Scenario.event("marketing", subject, NOW);
        ((GenericRecord) event.get("meta")).put("brand", send.brand);
        event.put(
                "channel",
                new GenericData.EnumSymbol(event.getSchema().getField("channel").schema(), send.channel));
        event.put("sender", send.brand);
        event.put("template", send.service ? "dispatch" : "new-in");
        event.put(
                "unsubscribe",
                send.service ? null : INSTRUCTIONS.get(send.channel).formatted(send.brand));
        return event;
    }

    private static List<ConsentChange.Builder> said(Send send, String subject) {
        String otherBrand = BRANDS.get((BRANDS.indexOf(send.brand) + 1) % BRANDS.size());
        String otherChannel = CHANNELS.get((CHANNELS.indexOf(send.channel) + 1) % CHANNELS.size());
        ConsentChange.Builder grant = said(subject, ConsentKind.GRANT, 300, send.brand, send.channel);
        return switch (send.preference) {
            case NOTHING -> List.of();
            case GRANT_OF_THIS -> List.of(grant);
            case GRANT_OF_ANOTHER_CHANNEL -> List.of(grant.setChannel(otherChannel));
            case GRANT_OF_ANOTHER_BRAND -> List.of(grant.setBrand(otherBrand));
            case WITHDRAWN -> List.of(grant, said(subject, ConsentKind.WITHDRAWAL, 200, send.brand, send.channel));
            case WITHDRAWN_AND_GRANTED_AGAIN ->
                List.of(
                        grant,
                        said(subject, ConsentKind.WITHDRAWAL, 200, send.brand, send.channel),
                        said(subject, ConsentKind.GRANT, 100, send.brand, send.channel));
            case OBJECTION_TO_THIS_BRAND -> List.of(grant, said(subject, ConsentKind.OBJECTION, 200, send.brand, null));
            case OBJECTION_TO_ALL -> List.of(grant, said(subject, ConsentKind.OBJECTION, 200, null, null));
            case OBJECTION_TO_ALL_AND_A_LATER_GRANT ->
                List.of(
                        said(subject, ConsentKind.OBJECTION, 400, null, null),
                        said(subject, ConsentKind.GRANT, 100, send.brand, send.channel));
            case OBJECTION_TO_ANOTHER_BRAND ->
                List.of(grant, said(subject, ConsentKind.OBJECTION, 200, otherBrand, null));
            case GRANT_AFTER_THE_SEND -> List.of(grant.setOccurredAt(NOW.plusSeconds(1)));
            case STALE_GRANT -> List.of(grant.setNoticeVersion("2015-01-01"));
            case EXPIRED_GRANT -> List.of(grant.setExpiresAt(NOW.minusSeconds(1)));
        };
    }

    private static ConsentChange.Builder said(
            String subject, ConsentKind kind, int secondsAgo, String brand, String channel) {
        return ConsentChange.newBuilder()
                .setChangeId(subject + secondsAgo)
                .setOccurredAt(NOW.minusSeconds(secondsAgo))
                .setSubject(subject)
                .setKind(kind)
                .setPurpose("direct-marketing")
                .setBrand(brand)
                .setChannel(channel)
                .setNoticeVersion("2017-11-17");
    }
}
