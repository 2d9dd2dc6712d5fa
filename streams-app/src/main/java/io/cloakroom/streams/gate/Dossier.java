package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import io.cloakroom.policy.Person.Stub;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * What the gate knows of one subject, read from the changelog of its state: whoever may read that topic needs no gate for it.
 * Write down who asks first (C35).
 *
 * @param person empty for somebody of whom nothing is known, or who was erased
 * @param waiting which of the subject's events wait
 * @param erased what is left of somebody who was erased; empty also where the audit's key is not at hand
 */
public record Dossier(Optional<Person> person, List<Waits> waiting, Optional<Stub> erased) {

    /** @param until milliseconds since the epoch */
    public record Waits(Coordinates event, long until) {}

    /**
     * As it is committed now; it goes over the whole partition, which has the rows of others too.
     *
     * @param audit the key under which those erased are found again
     */
    public static Dossier read(
            Settings settings, PolicyHistory history, Optional<Pseudonyms.Key> audit, String subject) {
        String topic = GateTopology.people(Gate.group(settings));
        int partition;
        try (KafkaConsumer<byte[], byte[]> consumer = TopicReader.consumer(settings)) {
            partition = SubjectKey.partition(
                    subject.getBytes(StandardCharsets.UTF_8),
                    TopicReader.partitions(consumer, topic).size());
        }
        Optional<String> stub = audit.map(key -> People.stub(key, subject));
        Map<String, byte[]> rows = new HashMap<>();
        TopicReader.read(settings, new TopicPartition(topic, partition), record -> {
            String key = new String(record.key(), StandardCharsets.UTF_8);
            if (key.equals(subject) || stub.equals(Optional.of(key)) || Names.isKey(key)) {
                rows.put(key, record.value());
            }
        });
        Rows read = new Rows(new Names(rows::get, Dossier::refuse, history));
        Optional<Known> known = Optional.ofNullable(rows.get(subject)).map(read::known);
        return new Dossier(
                known.map(Known::person),
                known.map(Known::holds).orElse(List.of()).stream()
                        .map(hold ->
                                new Waits(new Coordinates(hold.topic(), partition, hold.offset()), hold.deadline()))
                        .toList(),
                stub.map(rows::get).map(read::stub));
    }

    private static void refuse(String key, byte[] value) {
        throw new IllegalStateException("whoever only reads writes no " + key);
    }

    public boolean isEmpty() {
        return person.isEmpty() && erased.isEmpty();
    }
}
