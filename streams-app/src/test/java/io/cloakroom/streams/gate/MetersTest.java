package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetersTest {

    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final String ADA = "customer:ada";
    private static final String COOKIE = "cookie:ada";

    private final GateDriver gate = new GateDriver(NOW, GateDriver.SMALL, 1, 1_000_000);
    private final MeterRegistry meters = gate.meters();

    @AfterEach
    void close() {
        gate.close();
    }

    @Test
    void shouldTimeARefusalFromItsArrivalAndNoGrant() {
        gate.publish(Topics.CONSENT_CHANGES, ADA, change(ConsentKind.GRANT));
        assertThat(refusals("own").count()).isZero();

        gate.publish(Topics.CONSENT_CHANGES, ADA, change(ConsentKind.WITHDRAWAL));
        gate.publish(
                Topics.SUBJECT_REQUESTS, ADA, new SubjectRequest("r-1", NOW.minusSeconds(1), ADA, RequestKind.ERASURE));
        assertThat(refusals("own").count()).isEqualTo(2);
        assertThat(refusals("own").max(TimeUnit.MILLISECONDS)).isLessThan(100);
    }

    @Test
    void shouldTimeWhatARefusalDoesToWhoeverIsLinked() {
        gate.publish(Topics.CONSENT_CHANGES, ADA, change(ConsentKind.WITHDRAWAL));
        link();
        gate.raw(Topics.FORWARDS).forEach(sent -> gate.publish(Topics.FORWARDS, sent.key(), sent.value()));
        gate.raw(Topics.FORWARDS).forEach(sent -> gate.publish(Topics.FORWARDS, sent.key(), sent.value()));

        assertThat(refusals("link").count()).isEqualTo(1);
    }

    @Test
    void shouldTimeHowLongARefusalTook() {
        link();
        gate.arriving(NOW.minusSeconds(5));
        gate.publish(Topics.CONSENT_CHANGES, ADA, change(ConsentKind.WITHDRAWAL));

        assertThat(refusals("own").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(5_000);
        assertThat(refusals("link").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(5_000);
    }

    @Test
    void shouldHaveEveryReasonForQuarantineFromTheBeginning() {
        assertThat(meters.find("cloakroom.quarantined").tag("kind", "control").counters())
                .hasSizeGreaterThan(10)
                .allSatisfy(counter -> assertThat(counter.count()).isZero());

        gate.publish(Topics.CONSENT_CHANGES, ADA.getBytes(), new byte[] {1});
        assertThat(meters.find("cloakroom.quarantined")
                        .tags("kind", "control", "rule", "not-wire-format")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void shouldKnowOnlyTheTagsThatItSays() {
        gate.publish(Topics.CONSENT_CHANGES, ADA.getBytes(), new byte[] {1});
        gate.publish(Topics.CONSENT_CHANGES, ADA, change(ConsentKind.WITHDRAWAL));

        assertThat(meters.getMeters())
                .extracting(Meter::getId)
                .flatExtracting(Meter.Id::getTags)
                .extracting(tag -> tag.getKey())
                .containsOnly("kind", "rule", "way", "le", "partition", "version", "hash");
    }

    @Test
    void shouldForgetWhatWaitsInAPartitionThatIsGone() {
        MeterRegistry others;
        try (GateDriver other = new GateDriver(NOW, GateDriver.SMALL, 1, 1_000_000)) {
            others = other.meters();
            assertThat(others.find("cloakroom.held").gauges()).hasSize(1);
        }
        assertThat(others.find("cloakroom.held").gauges()).isEmpty();
    }

    private void link() {
        gate.publish(
                Topics.IDENTITY_LINKS,
                COOKIE,
                new IdentityLink("l-1", NOW.minusSeconds(5), COOKIE, ADA, LinkKind.CONNECTED));
    }

    private Timer refusals(String way) {
        return meters.get("cloakroom.refusal.effect").tag("way", way).timer();
    }

    private static ConsentChange change(ConsentKind kind) {
        return ConsentChange.newBuilder()
                .setChangeId("c-1")
                .setOccurredAt(NOW.minusSeconds(10))
                .setSubject(ADA)
                .setKind(kind)
                .setPurpose("direct-marketing")
                .setBrand("net-a-porter")
                .setChannel("EMAIL")
                .setNoticeVersion(kind == ConsentKind.GRANT ? "2017-11-17" : null)
                .build();
    }
}
