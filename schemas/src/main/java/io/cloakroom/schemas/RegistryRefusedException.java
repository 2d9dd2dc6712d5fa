package io.cloakroom.schemas;

import org.apache.kafka.common.KafkaException;

/**
 * The schema registry said no: credentials, an incompatible or invalid schema, a wrong address. Says nothing about the
 * record, so it is no {@code SerializationException}: never skip the record for this.
 */
public final class RegistryRefusedException extends KafkaException {

    private final int code;

    RegistryRefusedException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** Confluent's error code, such as 409 or 42201; the HTTP status where the answer has none. */
    public int code() {
        return code;
    }
}
