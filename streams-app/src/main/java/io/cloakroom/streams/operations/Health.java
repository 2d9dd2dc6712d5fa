package io.cloakroom.streams.operations;

import java.util.Optional;

/** How a process is, as whoever runs it sees it. */
public interface Health {

    /** Why it will not go on by itself; empty while it does. */
    Optional<String> dead();

    /** Why it is not at work: it starts, takes up its state, or stops; empty when it is. */
    Optional<String> notReady();

    /** Its meters in Prometheus' text format. */
    String metrics();
}
