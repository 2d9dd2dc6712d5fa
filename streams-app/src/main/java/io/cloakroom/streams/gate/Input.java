package io.cloakroom.streams.gate;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * A record's value as it arrived, with the broker's time: the extractor that puts refusals first hides that time from
 * Streams, and the processor needs it.
 */
final class Input {

    private final byte[] value;
    private long arrivedAt;

    Input(byte[] value) {
        this.value = value;
    }

    /** Null where the record's value is. */
    byte[] value() {
        return value;
    }

    long arrivedAt() {
        return arrivedAt;
    }

    /** Takes every value as it is: what cannot be read is decided, not dropped. */
    static Deserializer<Input> deserializer() {
        return (topic, data) -> new Input(data);
    }

    private static long arrive(ConsumerRecord<Object, Object> record) {
        // A negative time makes Streams skip the record unseen.
        long arrivedAt = Math.max(0, record.timestamp());
        ((Input) record.value()).arrivedAt = arrivedAt;
        return arrivedAt;
    }

    /** Events, in the order of their arrival. */
    static final TimestampExtractor BY_ARRIVAL = (record, partitionTime) -> arrive(record);

    /** Control records, before every event that waits (C25). */
    static final TimestampExtractor FIRST = (record, partitionTime) -> {
        arrive(record);
        return 0;
    };
}
