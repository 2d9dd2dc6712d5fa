package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What somebody told in one place is not repeated where the text of another place is redacted (C11, C40). */
class RedactedTextTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final String ADA = "customer:ada";
    private static final String ORDER = "NAP48213";

    private final GateDriver gate = new GateDriver(NOW);

    @BeforeEach
    void growUp() {
        gate.publish(
                Topics.CONSENT_CHANGES,
                ADA,
                ConsentChange.newBuilder()
                        .setChangeId("change-1")
                        .setOccurredAt(NOW.minusSeconds(900))
                        .setSubject(ADA)
                        .setKind(ConsentKind.AGE_STATEMENT)
                        .setBirthDate(LocalDate.of(1980, 12, 10))
                        .build());
    }

    @AfterEach
    void close() {
        gate.close();
    }

    @Test
    void shouldFindTheShapesOfPersonalDataInAnybodysText() {
        assertThat(training("write to somebody@else.example or call +44 20 7946 0958"))
                .doesNotContain("somebody", "7946")
                .contains("[email]", "[phone]");
    }

    @Test
    void shouldFindWhatAnotherEventToldOfThisPerson() {
        assertThat(training("The parcel for Lovelace, 12 St James's Square is late"))
                .contains("Lovelace");

        gate.publish("events.account", ADA, Scenario.event("account", ADA, NOW.minusSeconds(300)));
        order("PLACED");

        assertThat(training("The parcel for Lovelace, 12 St James's Square is late: " + ORDER))
                .doesNotContain("Lovelace", "James", ORDER)
                .startsWith("The parcel for [name]")
                .contains("is late");
    }

    @Test
    void shouldGiveEverybodyTheSameAndNobodyMore() {
        gate.publish("events.account", ADA, Scenario.event("account", ADA, NOW.minusSeconds(300)));
        chat("Lovelace here");

        assertThat(text("training.chat")).isEqualTo(List.of("[name] here"));
        assertThat(text("analytics.chat")).isEqualTo(List.of("[name] here"));
        assertThat(text("care.chat")).as("who answers").isEqualTo(List.of("Lovelace here"));
    }

    @Test
    void shouldKnowAnOrderWhileItIsOpen() {
        order("PLACED");
        assertThat(rows()).hasSize(5);
        order("DELIVERED");

        assertThat(rows()).as("all but the order").hasSize(4);
    }

    @Test
    void shouldWriteNothingThatCanBeReadAndForgetItWithThePerson() {
        order("PLACED");
        assertThat(rows())
                .allSatisfy(row -> assertThat(new String(row.value, StandardCharsets.ISO_8859_1))
                        .doesNotContain("Lovelace", ORDER, "ada@"));

        gate.publish(
                Topics.SUBJECT_REQUESTS,
                ADA,
                new SubjectRequest("request-1", NOW.minusSeconds(60), ADA, RequestKind.ERASURE));

        assertThat(rows()).isEmpty();
    }

    private String training(String text) {
        chat(text);
        List<String> texts = text("training.chat");
        return texts.get(texts.size() - 1);
    }

    private void chat(String text) {
        GenericRecord chat = Scenario.event("chat", ADA, NOW.minusSeconds(10));
        chat.put("text", text);
        gate.publish("events.chat", ADA, chat);
    }

    private void order(String status) {
        GenericRecord order = Scenario.event("order", ADA, NOW.minusSeconds(200));
        order.put("orderId", ORDER);
        order.put(
                "status",
                new GenericData.EnumSymbol(order.getSchema().getField("status").schema(), status));
        gate.publish("events.order", ADA, order);
    }

    private List<String> text(String topic) {
        List<String> texts = new ArrayList<>();
        for (IndexedRecord release : gate.releases(topic)) {
            texts.add(Scenario.read(release, "text"));
        }
        return texts;
    }

    private List<KeyValue<Bytes, byte[]>> rows() {
        List<KeyValue<Bytes, byte[]>> rows = new ArrayList<>();
        KeyValueStore<?, byte[]> store = gate.store(Contacts.STORE);
        try (KeyValueIterator<?, byte[]> all = store.all()) {
            all.forEachRemaining(row -> rows.add(KeyValue.pair((Bytes) row.key, row.value)));
        }
        return rows;
    }
}
