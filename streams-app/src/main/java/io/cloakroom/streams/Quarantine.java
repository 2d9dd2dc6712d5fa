package io.cloakroom.streams;

import io.cloakroom.gate.Quarantined;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.gate.GateParts;
import io.cloakroom.streams.gate.Replay;
import io.cloakroom.streams.gate.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What could not be decided, and sending it again. Never says anything of what the records say. */
public final class Quarantine {

    private static final int LONGEST_REQUEST = 64 << 20;

    /** After a crash the gate waits so long for the transaction that was open, in milliseconds. */
    private static final int TRANSACTION_TIMEOUT = 10_000;

    private final Settings settings;

    public Quarantine(Settings settings) {
        this.settings = settings;
    }

    /** What became of a record where it was published. */
    public enum Original {
        LIES,
        GONE,
        TOPIC_GONE
    }

    /**
     * A record that could not be decided.
     *
     * @param replayedAs where it was sent again, if it was
     * @param partition of the topic {@link Topics#QUARANTINE}
     */
    public record Item(
            Coordinates place, Quarantined row, Original original, Optional<Coordinates> replayedAs, int partition) {

        /** What the gate told itself replaces what it said before: that must not come again. */
        public boolean isPublished() {
            return Topics.isPublishedTo(place.topic());
        }
    }

    /**
     * All of them, in the order in which they were quarantined, as far as the topic goes back.
     *
     * @param from of what arrived before it, not all is read
     */
    public List<Item> items(Instant from) {
        AvroDeserializer rows = AuditReader.values(settings, true);
        Map<Coordinates, Item> items = new LinkedHashMap<>();
        TopicReader.read(settings, List.of(Topics.QUARANTINE), from, Instant.MAX, record -> {
            Quarantined row = (Quarantined) rows.deserialize(record.topic(), record.value());
            Coordinates place = new Coordinates(row.getTopic(), row.getPartition(), row.getOffset());
            items.put(
                    place,
                    new Item(
                            place,
                            row,
                            Original.LIES,
                            Optional.ofNullable(row.getReplayedAs()).map(Coordinates::of),
                            record.partition()));
        });
        Map<TopicPartition, Long> begins = begins(items.keySet());
        return items.values().stream()
                .map(i -> new Item(i.place(), i.row(), original(i.place(), begins), i.replayedAs(), i.partition()))
                .toList();
    }

    private static Original original(Coordinates place, Map<TopicPartition, Long> begins) {
        Long begin = begins.get(place.topicPartition());
        if (begin == null) {
            return Original.TOPIC_GONE;
        }
        return begin <= place.offset() ? Original.LIES : Original.GONE;
    }

    /** Of those that are there: a consumer waits in vain for any other. */
    private Map<TopicPartition, Long> begins(Set<Coordinates> places) {
        try (KafkaConsumer<byte[], byte[]> consumer = TopicReader.consumer(settings)) {
            Set<TopicPartition> there = consumer.listTopics().values().stream()
                    .flatMap(List::stream)
                    .map(p -> new TopicPartition(p.topic(), p.partition()))
                    .collect(Collectors.toSet());
            return TopicReader.begins(
                    consumer,
                    places.stream()
                            .map(Coordinates::topicPartition)
                            .filter(there::contains)
                            .distinct()
                            .toList());
        }
    }

    /**
     * Sends records again, each as it was, to the topic where it was published, and notes where: one transaction. Whoever
     * begins ends the replay of anybody else, then looks at what is noted: nothing is sent twice that nobody named.
     *
     * @param choice of all that there are
     * @return those that were sent, with where they are now; the others lie there no longer, or are the gate's own
     * @throws KeysMissingException if the key of the audit is not there: without it the copy would not point to the original
     * @throws IllegalStateException if somebody else has begun meanwhile
     */
    public List<Item> replay(UnaryOperator<List<Item>> choice)
            throws KeysMissingException, ExecutionException, InterruptedException {
        Replay replay = new Replay(Pseudonyms.load(settings.keyFiles(), List.of(GateParts.AUDIT_KEY)));
        AvroSerializer rows = new AvroSerializer();
        rows.configure(settings.client(), false);
        List<Item> sent = new ArrayList<>();
        try (AuditSearch search = new AuditSearch(settings);
                KafkaProducer<byte[], byte[]> producer = producer()) {
            producer.initTransactions();
            for (Item item : choice.apply(items(Instant.MIN))) {
                Optional<ConsumerRecord<byte[], byte[]>> record = item.isPublished() && item.original() == Original.LIES
                        ? search.record(item.place())
                        : Optional.empty();
                if (record.isEmpty()) {
                    continue;
                }
                int partitions = producer.partitionsFor(record.get().topic()).size();
                producer.beginTransaction();
                RecordMetadata copy =
                        producer.send(replay.again(record.get(), partitions)).get();
                Coordinates now = new Coordinates(copy.topic(), copy.partition(), copy.offset());
                Quarantined row = Quarantined.newBuilder(item.row())
                        .setReplayedAs(now.written())
                        .build();
                producer.send(new ProducerRecord<>(
                        Topics.QUARANTINE, item.partition(), null, rows.serialize(Topics.QUARANTINE, row)));
                producer.commitTransaction();
                sent.add(new Item(item.place(), row, Original.LIES, Optional.of(now), item.partition()));
            }
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw isTakenOver(e, sent.size());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ProducerFencedException
                    || e.getCause() instanceof InvalidProducerEpochException) {
                throw isTakenOver(e.getCause(), sent.size());
            }
            throw e;
        }
        return sent;
    }

    private static IllegalStateException isTakenOver(Throwable e, int sent) {
        return new IllegalStateException(
                "another replay has begun, and goes on with what this one has not done; it has replayed " + sent, e);
    }

    /** What a publisher could send can be sent again, however long it is. */
    private KafkaProducer<byte[], byte[]> producer() {
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LONGEST_REQUEST);
        config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) LONGEST_REQUEST);
        config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, Principals.OPERATOR + ".replay");
        config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
