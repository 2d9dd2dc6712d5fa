package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Everybody whom the gate knows of in one partition. People act several times in a row, so those of the last events are
 * kept as they were read; a task that is taken up again begins with none.
 */
final class People {

    static final String STORE = "people";

    /** In one task, some megabytes. */
    private static final int KEPT = 8_192;

    private final KeyValueStore<String, Person> store;

    private final Map<String, Person> kept = new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Person> eldest) {
            return size() > KEPT;
        }
    };

    People(KeyValueStore<String, Person> store) {
        this.store = store;
    }

    /** Null for a stranger. */
    Person get(String subject) {
        Person person = kept.get(subject);
        if (person == null) {
            person = store.get(subject);
            if (person != null) {
                kept.put(subject, person);
            }
        }
        return person;
    }

    void put(String subject, Person person) {
        store.put(subject, person);
        kept.put(subject, person);
    }
}
