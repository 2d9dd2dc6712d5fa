package io.cloakroom.connect;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Blueprint;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;

/** What the tests of the transformation begin with. */
final class Given {

    static final int PARTITION = 2;
    static final long OFFSET = 17;

    private Given() {}

    static <R extends ConnectRecord<R>> ApplyPolicy<R> applying(
            String recipient, Path policies, Path keys, Instant now) {
        ApplyPolicy<R> applying = new ApplyPolicy.Value<>(Clock.fixed(now, ZoneOffset.UTC));
        try {
            Pseudonyms.create(keys, Blueprint.load(policies).keyNames());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        applying.configure(Map.of("recipient", recipient, "policies", policies.toString(), "keys", keys.toString()));
        return applying;
    }

    static SinkRecord sink(String topic, String key, IndexedRecord value, Instant at) {
        Schema schema = ConnectForm.schema(value.getSchema());
        return sink(topic, key, (Struct) ConnectForm.value(schema, value), at);
    }

    static SinkRecord sink(String topic, String key, Struct value, Instant at) {
        return new SinkRecord(
                topic,
                PARTITION,
                Schema.STRING_SCHEMA,
                key,
                value == null ? null : value.schema(),
                value,
                OFFSET,
                at.toEpochMilli(),
                TimestampType.LOG_APPEND_TIME);
    }

    /** What a sink reads, as a source would have it. */
    static SourceRecord source(SinkRecord read) {
        return new SourceRecord(
                Map.of(),
                Map.of(),
                read.topic(),
                null,
                read.keySchema(),
                read.key(),
                read.valueSchema(),
                read.value(),
                read.timestamp());
    }

    /** The value in maps, without one of its fields. */
    static Map<?, ?> plain(ConnectRecord<?> record, String without) {
        return plain((Struct) record.value(), without);
    }

    static Map<?, ?> plain(Struct struct, String without) {
        Map<?, ?> plain = (Map<?, ?>) ConnectForm.plain(struct.schema(), struct, "");
        plain.remove(without);
        return plain;
    }
}
