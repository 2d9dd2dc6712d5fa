package io.cloakroom.schemas;

import org.apache.kafka.common.serialization.Serdes;

/** {@link AvroSerializer} and {@link AvroDeserializer} for Kafka Streams. */
public final class AvroSerde extends Serdes.WrapperSerde<Object> {

    public AvroSerde() {
        super(new AvroSerializer(), new AvroDeserializer());
    }

    /** Values with their own, registered schemas; generic records on reading. Needs no {@code configure}. */
    public AvroSerde(SchemaRegistry registry) {
        super(new AvroSerializer(registry), new AvroDeserializer(registry));
    }
}
