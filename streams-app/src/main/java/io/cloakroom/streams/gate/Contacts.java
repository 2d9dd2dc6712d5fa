package io.cloakroom.streams.gate;

import com.google.crypto.tink.subtle.AesGcmJce;
import io.cloakroom.policy.KnownAs;
import io.cloakroom.policy.text.KnownValues;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * What free text about somebody must not repeat: names, addresses, numbers, open orders. A row for each value, encrypted
 * under a key that follows from the person's salt, so that it goes with the person's row. Rows are written blind and read
 * only where a release is redacted.
 */
final class Contacts {

    static final String STORE = "known-values";

    /** The row of no value: shorter than any. */
    private static final Bytes SIGN = Bytes.wrap(new byte[] {0});

    private static final byte[] NO_ROW = {};

    private static final int HASH = 8;
    private static final int KEY = 16;

    /** Values of the last events, which are not written again; in one task. */
    private static final int REMEMBERED = 8_192;

    private static final byte[] PURPOSE = STORE.getBytes(StandardCharsets.US_ASCII);
    private static final KnownAs[] KINDS = KnownAs.values();

    private final KeyValueStore<Bytes, byte[]> store;

    private final Map<Bytes, Boolean> written = new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Bytes, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    Contacts(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
    }

    /** @param salt of a person whose row is stored: under another one nobody could read it again */
    void remember(byte[] subject, byte[] salt, KnownAs as, String value) {
        Bytes at = at(subject, hash(salt, as, value));
        if (written.put(at, true) == null) {
            byte[] text = value.getBytes(StandardCharsets.UTF_8);
            byte[] row = ByteBuffer.allocate(1 + text.length)
                    .put((byte) as.ordinal())
                    .put(text)
                    .array();
            store.put(at, crypt(salt, at, row, true));
        }
    }

    void forget(byte[] subject, byte[] salt, KnownAs as, String value) {
        Bytes at = at(subject, hash(salt, as, value));
        written.remove(at);
        store.delete(at);
    }

    /** @throws IllegalStateException if a row cannot be read: then nothing is released (T13) */
    void tell(byte[] subject, byte[] salt, KnownValues.Builder known) {
        for (KeyValue<Bytes, byte[]> row : rows(subject)) {
            byte[] text = crypt(salt, row.key, row.value, false);
            add(known, KINDS[text[0]], new String(text, 1, text.length - 1, StandardCharsets.UTF_8));
        }
    }

    static void add(KnownValues.Builder known, KnownAs as, String value) {
        switch (as) {
            case NAME -> known.name(value);
            case EMAIL -> known.email(value);
            case PHONE -> known.phone(value);
            case ADDRESS -> known.address(value);
            case ORDER -> known.order(value);
        }
    }

    /** As {@link People#sign}. */
    void sign() {
        store.put(SIGN, NO_ROW);
    }

    void erase(byte[] subject) {
        for (KeyValue<Bytes, byte[]> row : rows(subject)) {
            written.remove(row.key);
            store.delete(row.key);
        }
    }

    private List<KeyValue<Bytes, byte[]>> rows(byte[] subject) {
        byte[] last = new byte[HASH];
        Arrays.fill(last, (byte) 0xff);
        List<KeyValue<Bytes, byte[]>> rows = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> all = store.range(at(subject, new byte[HASH]), at(subject, last))) {
            all.forEachRemaining(rows::add);
        }
        return rows;
    }

    /** No key of one subject begins like those of another: its length stands first. */
    private static Bytes at(byte[] subject, byte[] hash) {
        return Bytes.wrap(ByteBuffer.allocate(Short.BYTES + subject.length + HASH)
                .putShort((short) subject.length)
                .put(subject)
                .put(hash, 0, HASH)
                .array());
    }

    private static byte[] hash(byte[] salt, KnownAs as, String value) {
        MessageDigest sha = sha(salt);
        sha.update((byte) as.ordinal());
        return sha.digest(value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] crypt(byte[] salt, Bytes at, byte[] text, boolean encrypt) {
        try {
            AesGcmJce aead = new AesGcmJce(Arrays.copyOf(sha(salt).digest(PURPOSE), KEY));
            return encrypt ? aead.encrypt(text, at.get()) : aead.decrypt(text, at.get());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("what is known of somebody cannot be read", e);
        }
    }

    private static MessageDigest sha(byte[] salt) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(salt);
            return sha;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
