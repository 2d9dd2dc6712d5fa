package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import java.util.ArrayList;
import java.util.List;

/** The row of somebody: what is known, and which of their events wait. */
record Known(Person person, List<Hold> holds) {

    /** Events of one person that can wait at a time. */
    static final int MOST_HOLDS = 16;

    /**
     * An event that waits.
     *
     * @param deadline milliseconds since the epoch
     * @param key under which {@link Waiting} has it encrypted; it goes with this row's entry
     */
    record Hold(long deadline, String topic, long offset, byte[] key) {}

    Known {
        holds = List.copyOf(holds);
    }

    static Known of(Person person) {
        return new Known(person, List.of());
    }

    Known with(Person changed) {
        return changed == person ? this : new Known(changed, holds);
    }

    Known holding(Hold hold) {
        List<Hold> more = new ArrayList<>(holds);
        more.add(hold);
        return new Known(person, more);
    }

    Known without(Hold hold) {
        return new Known(person, holds.stream().filter(h -> h != hold).toList());
    }
}
