package io.cloakroom.streams.gate;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** A value on its way out and the partition it goes to. */
record Outgoing(int partition, byte[] value) {

    static final Serializer<Outgoing> SERIALIZER = (topic, outgoing) -> outgoing.value();

    static final StreamPartitioner<byte[], Outgoing> PARTITIONER =
            (topic, key, outgoing, partitions) -> Optional.of(Set.of(outgoing.partition()));
}
