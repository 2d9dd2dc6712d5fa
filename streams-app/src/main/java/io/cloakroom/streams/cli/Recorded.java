package io.cloakroom.streams.cli;

import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.Plain;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.gate.Topics;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * An event as it was published, or as somebody wrote it down.
 *
 * @param place its coordinates
 * @param value in the wire format
 * @param arrivedAt milliseconds since the epoch
 */
record Recorded(String place, String type, byte[] key, byte[] value, long arrivedAt) {

    private static final Map<String, Object> REGISTRY = Map.of("schema.registry.url", "mock://written-down");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** The registry of what was written down. */
    static SchemaRegistry registry() {
        return SchemaRegistry.connect(REGISTRY);
    }

    /**
     * Reads JSON in the gate's schema, plain or Avro's: the event itself, or {@code {"type": ..., "event": {...}}}. It arrived
     * when it occurred.
     *
     * @param type where the text does not say it; empty for none
     * @throws IllegalArgumentException saying what is wrong, but no value
     */
    static Recorded read(String place, String text, String type) {
        Map<?, ?> document;
        try {
            document = JSON.readValue(text, Map.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(place + ": not a JSON object, from column "
                    + e.getLocation().getColumnNr() + " of line "
                    + e.getLocation().getLineNr() + " on");
        }
        boolean isWrapped = document.get("type") instanceof String && document.get("event") instanceof Map;
        String own = isWrapped ? document.get("type").toString() : type;
        if (own.isEmpty()) {
            throw new IllegalArgumentException(
                    place + ": of which type is the event? Give --type, or write {\"type\": ..., \"event\": {...}}");
        }
        try {
            GenericRecord event =
                    Plain.record(Schemas.event(own), isWrapped ? (Map<?, ?>) document.get("event") : document, own);
            GenericRecord meta = (GenericRecord) event.get("meta");
            registry().register(Topics.subject(Topics.events(own)), event.getSchema());
            AvroSerializer serializer = new AvroSerializer();
            serializer.configure(REGISTRY, false);
            return new Recorded(
                    place,
                    own,
                    meta.get("subject").toString().getBytes(StandardCharsets.UTF_8),
                    serializer.serialize(Topics.events(own), event),
                    (Long) meta.get("occurredAt"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(place + ": " + e.getMessage());
        }
    }
}
