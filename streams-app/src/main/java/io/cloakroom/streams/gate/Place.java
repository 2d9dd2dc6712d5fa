package io.cloakroom.streams.gate;

import io.cloakroom.streams.Coordinates;
import java.util.Optional;

/**
 * Where an input record lies, and when it got there, in milliseconds since the epoch.
 *
 * @param replayOf where the same record lay before, if it was sent again
 */
record Place(String topic, int partition, long offset, long arrivedAt, Optional<Coordinates> replayOf) {

    Place(String topic, int partition, long offset, long arrivedAt) {
        this(topic, partition, offset, arrivedAt, Optional.empty());
    }
}
