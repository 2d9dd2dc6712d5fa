package io.cloakroom.streams;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.policy.Engine;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.streams.audit.EntryView;
import io.cloakroom.streams.gate.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TopicAuthorizationException;

/**
 * Finds the entry of an input record without reading the audit. It stands in the partition of the same number, not before
 * the record's arrival, and the entries of one input stand in the order of its offsets: so it is looked for where it is at
 * once if the gate keeps up, then where entries of that arrival are, and then by halves.
 */
public final class AuditSearch implements AutoCloseable {

    /** In entries: fewer are read rather than halved. */
    private static final int FEW = 500;

    /** By how much the gate's clock may be behind the broker's, in milliseconds; beyond it the search takes longer. */
    private static final long CLOCKS = Engine.CLOCK_TOLERANCE;

    /** A few at a time, and no beans that tell others of it: to make them takes a tenth of the answer. */
    private static final Map<String, String> ONE_ANSWER = Map.of(
            "max.partition.fetch.bytes", "524288",
            "max.poll.records", Integer.toString(FEW),
            "metric.reporters", "");

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final AvroDeserializer entries;
    private final EntryView view = new EntryView(); // a process that has just begun makes objects slowly

    /** @param at its offset in the audit */
    public record Found(AuditEntry entry, long at) {}

    /**
     * What came behind an entry.
     *
     * @param entries those that can be about the same record or subject
     * @param looked how many were looked at
     * @param until when the last of them was decided
     * @param isAll false if there is more behind them
     */
    public record Later(List<AuditEntry> entries, int looked, Instant until, boolean isAll) {}

    public AuditSearch(Settings settings) {
        consumer = TopicReader.consumer(settings.with(ONE_ANSWER));
        entries = AuditReader.values(settings, true);
    }

    /**
     * The entry of an input record; empty if it is not decided yet, or its entry is kept no longer.
     *
     * @throws ConfigException if nobody publishes to that topic
     */
    public Optional<Found> find(Coordinates place) {
        TopicPartition audit = new TopicPartition(Topics.AUDIT, place.partition());
        List<TopicPartition> one = List.of(audit);
        if (!Topics.isPublishedTo(place.topic())) {
            throw new ConfigException("nobody publishes to " + place.topic() + ": it has no entries");
        }
        if (TopicReader.partitions(consumer, place.topic()).size() <= place.partition()) {
            return Optional.empty();
        }
        long begin = TopicReader.begins(consumer, one).get(audit);
        long end = end(audit);
        Optional<ConsumerRecord<byte[], byte[]>> record = readable(place);
        if (record.isEmpty()) {
            return search(place, begin, end, begin);
        }
        Instant arrived = Instant.ofEpochMilli(record.get().timestamp());
        long from =
                TopicReader.offsets(consumer, one, arrived.minusMillis(CLOCKS)).get(audit);
        return search(place, from, Math.min(from + FEW, end), from)
                .or(() -> search(place, from, end, guess(audit, from, end, arrived)))
                .or(() -> search(place, begin, from, begin));
    }

    /**
     * Where about the entries of what arrived at a time are, if the gate was behind: it decides what waits in the order of
     * arrival, mostly. Of a topic with few records, halving by its own entries would read all that lie between them.
     */
    private long guess(TopicPartition audit, long from, long until, Instant arrived) {
        long low = from;
        long high = until;
        while (high - low > FEW) {
            long middle = low + (high - low) / 2;
            List<Instant> arrivals = new ArrayList<>();
            readSome(audit, middle, high, record -> {
                if (!arrivals.isEmpty()) {
                    return;
                }
                AuditEntry entry = entry(record);
                if (Topics.isOfInput(entry.getKind())) {
                    arrivals.add(entry.getArrivedAt());
                }
            });
            if (!arrivals.isEmpty() && arrivals.get(0).isBefore(arrived)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** By its arrival an entry is found at once; whoever may not read what was published finds it by halves. */
    private Optional<ConsumerRecord<byte[], byte[]>> readable(Coordinates place) {
        try {
            return record(place);
        } catch (TopicAuthorizationException e) {
            return Optional.empty();
        }
    }

    /** The record itself; empty if it lies there no longer, or none ever did. */
    public Optional<ConsumerRecord<byte[], byte[]>> record(Coordinates place) {
        TopicPartition input = place.topicPartition();
        if (TopicReader.begins(consumer, List.of(input)).get(input) > place.offset()) {
            return Optional.empty();
        }
        List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
        read(input, place.offset(), Math.min(place.offset() + 1, end(input)), read::add);
        return read.stream().findFirst();
    }

    /** What comes behind an entry, so many offsets at most. */
    public Later after(Found found, int most) {
        TopicPartition audit = new TopicPartition(Topics.AUDIT, found.entry().getPartition());
        List<ConsumerRecord<byte[], byte[]>> later = new ArrayList<>();
        long end = end(audit);
        long until = Math.min(found.at() + 1 + most, end);
        read(audit, found.at() + 1, until, later::add);
        AuditEntry last = later.isEmpty() ? found.entry() : entry(later.get(later.size() - 1));
        List<AuditEntry> entries = later.stream()
                .filter(record -> view.isOf(record.value(), found.entry().getSubjectToken()))
                .map(this::entry)
                .toList();
        return new Later(entries, later.size(), last.getDecidedAt(), until == end);
    }

    public AuditEntry entry(ConsumerRecord<byte[], byte[]> record) {
        return (AuditEntry) entries.deserialize(record.topic(), record.value());
    }

    private long end(TopicPartition partition) {
        return TopicReader.ends(consumer, List.of(partition)).get(partition);
    }

    /** @param start where it is looked first */
    private Optional<Found> search(Coordinates place, long from, long until, long start) {
        TopicPartition audit = new TopicPartition(Topics.AUDIT, place.partition());
        long low = from;
        long high = until;
        long at = start;
        while (low < high) {
            List<Seen> seen = new ArrayList<>();
            long next = readUntilSeen(audit, at, high, place.topic(), seen);
            Optional<Seen> hit =
                    seen.stream().filter(s -> s.offset == place.offset()).findFirst();
            if (hit.isPresent()) {
                return hit.map(s -> new Found(entry(s.record), s.record.offset()));
            }
            boolean isBehind = seen.isEmpty() || seen.get(0).offset > place.offset();
            if (isBehind) {
                high = at;
            } else if (seen.get(seen.size() - 1).offset > place.offset()) {
                return Optional.empty(); // it would stand between them
            } else {
                low = next;
            }
            at = high - low <= FEW ? low : low + (high - low) / 2;
        }
        return Optional.empty();
    }

    /** An entry that decides the record at an offset of its topic. */
    private record Seen(long offset, ConsumerRecord<byte[], byte[]> record) {}

    /** At least one entry of an input of the topic, if there is one; gives the offset behind what was read. */
    private long readUntilSeen(TopicPartition audit, long from, long until, String topic, List<Seen> seen) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        long next = from;
        while (next < until && seen.isEmpty()) {
            next = readSome(audit, next, until, record -> {
                long offset = view.decides(record.value(), name);
                if (offset >= 0) {
                    seen.add(new Seen(offset, record));
                }
            });
        }
        return next;
    }

    private void read(TopicPartition partition, long from, long until, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        for (long next = from; next < until; ) {
            next = readSome(partition, next, until, each);
        }
    }

    /** What one answer of the broker brings; markers of transactions have offsets and are no records. */
    private long readSome(
            TopicPartition partition, long from, long until, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        if (!consumer.assignment().equals(Set.of(partition))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
        } else if (consumer.position(partition) != from) {
            consumer.seek(partition, from);
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
            if (record.offset() < until) {
                each.accept(record);
            }
        }
        return consumer.position(partition);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
