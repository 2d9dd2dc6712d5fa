package io.cloakroom.schemas;

import org.apache.kafka.common.errors.SerializationException;

/** The schema registry answered, and has no such schema. */
public final class SchemaNotFoundException extends SerializationException {

    SchemaNotFoundException(String message) {
        super(message);
    }
}
