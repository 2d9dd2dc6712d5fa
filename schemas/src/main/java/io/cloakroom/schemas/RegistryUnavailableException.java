package io.cloakroom.schemas;

import org.apache.kafka.common.errors.RetriableException;

/** No schema registry answered. Says nothing about the record: never skip it for this. */
public final class RegistryUnavailableException extends RetriableException {

    RegistryUnavailableException(String message) {
        super(message);
    }
}
