package io.cloakroom.streams.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.AuditReader;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Embedded;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.gate.GateDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every scenario at once, by what the demo starts: a real broker, a real registry, the gate. */
class ScenarioIT {

    private record Place(String topic, int partition, long offset) {
        static Place of(RecordMetadata metadata) {
            return new Place(metadata.topic(), metadata.partition(), metadata.offset());
        }

        static Place of(AuditEntry entry) {
            return new Place(entry.getTopic(), entry.getPartition(), entry.getOffset());
        }
    }

    @Test
    void shouldBeDecidedSoBehindARealBroker(@TempDir Path directory) throws Exception {
        Blueprint blueprint = Blueprint.load(GateDriver.POLICIES);
        Instant now = Instant.now();
        try (Embedded embedded = Embedded.start(directory, GateDriver.POLICIES, blueprint, 0, 0, 3);
                Gate gate = Gate.start(embedded.settings(), blueprint);
                AuditReader audit = AuditReader.open(embedded.settings(), true);
                KafkaProducer<String, Object> producer = new KafkaProducer<>(
                        embedded.settings().client(), new StringSerializer(), serializer(embedded))) {
            gate.awaitRunning();
            Map<Place, AuditEntry> decided = new HashMap<>();
            int statements = 0;
            for (Scenario scenario : Scenario.all()) {
                for (IndexedRecord said : scenario.said(now)) {
                    producer.send(new ProducerRecord<>("consent.changes", scenario.subject(), said))
                            .get();
                    statements++;
                }
            }
            await(audit, decided, statements);

            Map<Scenario, Place> places = new LinkedHashMap<>();
            for (Scenario scenario : Scenario.all()) {
                String topic = "events." + scenario.told().event();
                places.put(
                        scenario,
                        Place.of(producer.send(new ProducerRecord<>(topic, scenario.subject(), scenario.event(now)))
                                .get()));
            }
            await(audit, decided, statements + places.size());

            assertThat(places).isNotEmpty().allSatisfy((scenario, place) -> {
                assertThat(Outcomes.of(decided.get(place))).isEqualTo(new TreeMap<>(scenario.expected()));
                assertThat(Outcomes.reason(decided.get(place)))
                        .isEqualTo(scenario.told().quarantined());
            });
        }
    }

    private static void await(AuditReader audit, Map<Place, AuditEntry> decided, int count) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            List<AuditEntry> entries = audit.next();
            entries.forEach(
                    entry -> assertThat(decided.put(Place.of(entry), entry)).isNull());
            return decided.size() == count;
        });
    }

    private static AvroSerializer serializer(Embedded embedded) {
        AvroSerializer serializer = new AvroSerializer();
        serializer.configure(embedded.settings().client(), false);
        return serializer;
    }
}
