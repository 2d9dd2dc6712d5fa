package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Pseudonyms;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Everybody whom the gate knows of in one partition. People act several times in a row, so those of the last events are
 * kept as they were read; a task that is taken up again begins with none.
 *
 * <p>Of who was erased there is a stub, under a token of the subject key.
 */
final class People {

    static final String STORE = "people";

    /** In one task, some megabytes. */
    private static final int KEPT = 8_192;

    /** Of a row that never is. */
    private static final String SIGN = "sign";

    private static final byte[] ERASED = "erased".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NO_SALT = new byte[Person.SALT_LENGTH];

    private final KeyValueStore<String, byte[]> store;
    private final Rows rows;
    private final Pseudonyms.Key stubs;
    private final SecureRandom random;

    private final Map<String, Known> kept = new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > KEPT;
        }
    };

    /**
     * @param stubs under which those erased are found again
     * @param random of the salts
     */
    People(KeyValueStore<String, byte[]> store, PolicyHistory history, Pseudonyms.Key stubs, SecureRandom random) {
        this.store = store;
        this.rows = new Rows(new Names(store::get, store::put, history));
        this.stubs = stubs;
        this.random = random;
    }

    /** Null for somebody of whom there is no row. */
    Known get(String subject) {
        Known known = kept.get(subject);
        if (known == null) {
            byte[] row = store.get(subject);
            if (row != null) {
                known = rows.known(row);
                kept.put(subject, known);
            }
        }
        return known;
    }

    /** The row, or one as of somebody who comes for the first time, or comes back after an erasure; that one is not stored. */
    Known getOrMake(String subject) {
        Known known = get(subject);
        if (known != null) {
            return known;
        }
        byte[] salt = new byte[Person.SALT_LENGTH];
        random.nextBytes(salt);
        byte[] stub = store.get(stub(stubs, subject));
        return Known.of(stub == null ? Person.stranger(salt) : Person.returning(salt, rows.stub(stub)));
    }

    void put(String subject, Known known) {
        store.put(subject, rows.bytes(known));
        kept.put(subject, known);
    }

    /** Forgets somebody but for what was refused, and when it was to be forgotten (C25). */
    void erase(String subject, Person.Stub left) {
        store.put(stub(stubs, subject), rows.bytes(left));
        store.delete(subject);
        kept.remove(subject);
    }

    /** Something new in the changelog, behind which the broker clears up; it says nothing. */
    void sign() {
        store.delete(SIGN);
    }

    /** Where what is left of an erased person stands. */
    static String stub(Pseudonyms.Key stubs, String subject) {
        byte[] text = subject.getBytes(StandardCharsets.UTF_8);
        return "erased:" + new String(stubs.token(ERASED, text, 0, text.length, NO_SALT), StandardCharsets.US_ASCII);
    }
}
