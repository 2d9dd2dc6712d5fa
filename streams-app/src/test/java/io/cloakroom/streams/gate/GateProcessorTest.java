package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.streams.Logged;
import io.cloakroom.streams.scenarios.Scenario;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.utils.Utils;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What fails below the gate may say what a record says; the gate does not repeat it. */
class GateProcessorTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:34:56.789Z");
    private static final String SUBJECT = "customer:CANARY-subject";
    private static final String ORDERS = Topics.events("order");

    private final GateDriver gate = new GateDriver(NOW);
    private final Logged log = Logged.attached("org.apache.kafka"); // it says what the gate ends of

    @AfterEach
    void close() {
        log.detach();
        gate.close();
    }

    @Test
    void shouldEndWithoutTheWordsOfWhatFails() {
        failBelow();

        assertEndsSilently(this::publish, "IllegalArgumentException at events.order-0-0, which is not decided");
    }

    @Test
    void shouldEndWithoutTheWordsOfWhatFailsLater() {
        publish();
        assertThat(gate.lastAudit().getDecisions())
                .as("nobody knows the age")
                .extracting(RecipientDecision::getOutcome)
                .contains(Outcome.HOLD);
        failBelow();

        assertEndsSilently(
                () -> gate.advance(Duration.ofDays(365)),
                "IllegalArgumentException among what waits in partition 0, which is not decided");
    }

    private void publish() {
        gate.publish(ORDERS, SUBJECT, Scenario.event("order", SUBJECT, NOW));
    }

    /** Whatever is counted for the first time, as the last thing that is done for an event. */
    private void failBelow() {
        gate.meters().config().meterFilter(new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                RuntimeException failure =
                        new IllegalArgumentException("CANARY-message", new IOException("CANARY-cause"));
                failure.addSuppressed(new IOException("CANARY-suppressed"));
                throw failure;
            }
        });
    }

    private void assertEndsSilently(ThrowingCallable call, String where) {
        Throwable end = catchThrowable(call);

        assertThat(end).hasStackTraceContaining(where);
        assertThat(Utils.stackTrace(end))
                .as("with causes and what they suppress")
                .doesNotContain("CANARY");
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains("CANARY"));
    }
}
