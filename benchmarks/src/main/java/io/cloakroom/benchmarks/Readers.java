package io.cloakroom.benchmarks;

import io.cloakroom.policy.Access;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.Topics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Recipients of some people's records, who look at nothing but whose it is and when they have it, as soon as it is committed.
 * Whose pseudonym is whose they learn from releases that they decode.
 */
final class Readers {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Settings settings;

    /** The one purpose of what stands in a topic. */
    private final Map<String, String> purposes = new HashMap<>();

    private final Set<String> recalls = new HashSet<>();

    /** By recipient and pseudonym. */
    private final Map<String, Map<ByteBuffer, Integer>> people = new HashMap<>();

    private final String[] refused;
    private final AvroDeserializer values = new AvroDeserializer();
    private final AtomicIntegerArray known;
    private final AtomicLongArray lastForbidden;
    private final AtomicLongArray lastAllowed;
    private final AtomicIntegerArray recalled;
    private final AtomicLongArray lastRecall;

    /** @param refused the purpose that each of them refuses */
    Readers(Settings settings, Blueprint blueprint, String[] refused) {
        this.settings = settings;
        this.refused = refused;
        values.configure(settings.client(), false);
        for (var projection : blueprint.projections()) {
            Access access = projection.access();
            boolean isRead = access.schema().type().equals(Load.TYPE)
                    || access.purposes().get(0).id().equals(Load.COOKIES);
            if (isRead) {
                purposes.put(access.topic(), access.purposes().get(0).id());
                recalls.add(Topics.recalls(access.recipient().id()));
                people.put(access.recipient().id(), new HashMap<>());
            }
        }
        recalls.retainAll(Topics.recalls(blueprint.history()));
        known = new AtomicIntegerArray(refused.length);
        lastForbidden = new AtomicLongArray(refused.length);
        lastAllowed = new AtomicLongArray(refused.length);
        recalled = new AtomicIntegerArray(refused.length);
        lastRecall = new AtomicLongArray(refused.length);
    }

    /** Whether everybody who has what this person refuses can tell whose it is. */
    boolean isKnown(int person) {
        return known.get(person) == forbidden(person);
    }

    boolean isRecalled(int person) {
        return recalled.get(person) == forbidden(person);
    }

    private long forbidden(int person) {
        return purposes.values().stream().filter(refused[person]::equals).count();
    }

    /** Milliseconds since the epoch when somebody last had a release that the person refuses; 0 if nobody ever. */
    long lastForbidden(int person) {
        return lastForbidden.get(person);
    }

    /** The same of another release. */
    long lastAllowed(int person) {
        return lastAllowed.get(person);
    }

    long lastRecall(int person) {
        return lastRecall.get(person);
    }

    /** @param firstOrder of the first person; everybody has one, in their order */
    Reading learn(int firstOrder) {
        return new Reading((release, now) -> {
            GenericRecord value = (GenericRecord) values.deserialize(release.topic(), release.value());
            String purpose = purposes.get(release.topic());
            int person = purpose.equals(Load.COOKIES)
                    ? Integer.parseInt(value.get("sku").toString())
                    : (int) ((Long) value.get("total") - firstOrder);
            people.get(recipient(release)).put(ByteBuffer.wrap(release.key()), person);
            if (purpose.equals(refused[person])) {
                known.incrementAndGet(person);
            }
        });
    }

    Reading read() {
        return new Reading((record, now) -> {
            Integer person = people.get(recipient(record)).get(ByteBuffer.wrap(record.key()));
            if (person == null) {
                return;
            }
            if (recalls.contains(record.topic())) {
                recalled.incrementAndGet(person);
                lastRecall.set(person, now);
            } else {
                boolean isForbidden = purposes.get(record.topic()).equals(refused[person]);
                (isForbidden ? lastForbidden : lastAllowed).set(person, now);
            }
        });
    }

    private String recipient(ConsumerRecord<?, ?> record) {
        String topic = record.topic();
        return recalls.contains(topic)
                ? topic.substring(topic.indexOf('.') + 1)
                : topic.substring(0, topic.indexOf('.'));
    }

    private interface Taking {
        void take(ConsumerRecord<byte[], byte[]> record, long now);
    }

    /** From now on, until it is closed and all is read that was committed before. */
    final class Reading implements AutoCloseable {

        private final KafkaConsumer<byte[], byte[]> consumer = Committed.consumer(settings);
        private final AtomicBoolean ended = new AtomicBoolean();
        private final CompletableFuture<Void> reading;

        private Reading(Taking taking) {
            List<TopicPartition> partitions = new ArrayList<>();
            purposes.keySet().forEach(topic -> partitions.addAll(Committed.partitions(consumer, topic)));
            recalls.forEach(topic -> partitions.addAll(Committed.partitions(consumer, topic)));
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            reading = CompletableFuture.runAsync(
                    () -> read(partitions, taking), task -> new Thread(task, "readers").start());
        }

        private void read(List<TopicPartition> partitions, Taking taking) {
            while (!ended.get() || !isAtEnd(partitions)) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(20));
                long now = System.currentTimeMillis();
                records.forEach(record -> taking.take(record, now));
            }
        }

        private boolean isAtEnd(List<TopicPartition> partitions) {
            return consumer.endOffsets(partitions).entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        }

        /** @throws IllegalStateException naming what did not come */
        void await(String what, BooleanSupplier isThere) throws InterruptedException {
            long begun = System.nanoTime();
            while (!isThere.getAsBoolean()) {
                if (reading.isDone() || System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw new IllegalStateException("missing: " + what);
                }
                Thread.sleep(10);
            }
        }

        @Override
        public void close() {
            ended.set(true);
            reading.join();
            consumer.close();
        }
    }
}
