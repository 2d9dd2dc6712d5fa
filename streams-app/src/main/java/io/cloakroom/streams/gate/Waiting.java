package io.cloakroom.streams.gate;

import com.google.crypto.tink.subtle.AesGcmJce;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.gate.Known.Hold;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Events that wait for what can still become a yes, by deadline. What they say is encrypted under a key of its own, which
 * stands in the person's row and goes with the hold.
 */
final class Waiting {

    static final String STORE = "waiting";

    /** In bytes: AES-128. */
    static final int KEY_LENGTH = 16;

    /** Of a row that never is. */
    private static final Bytes SIGN = Bytes.wrap(new byte[] {-1});

    private final KeyValueStore<Bytes, byte[]> store;
    private final SecureRandom random;
    private final AtomicLong count = new AtomicLong();

    /** @param random of the keys */
    Waiting(KeyValueStore<Bytes, byte[]> store, SecureRandom random) {
        this.store = store;
        this.random = random;
        try (KeyValueIterator<Bytes, byte[]> rows = store.all()) {
            rows.forEachRemaining(row -> count.incrementAndGet());
        }
    }

    /** How many wait; any thread may ask. */
    long count() {
        return count.get();
    }

    /**
     * @param arrivedAt milliseconds since the epoch
     * @param since when it was first decided, likewise
     * @param recipients who wait for it
     * @param value as it was published
     */
    record Event(long arrivedAt, long since, List<String> recipients, byte[] value) {
        Event of(List<String> still) {
            return new Event(arrivedAt, since, still, value);
        }
    }

    /** Keeps an event, under a new key. */
    Hold keep(String subject, String topic, long offset, long deadline, Event event) {
        byte[] key = new byte[KEY_LENGTH];
        random.nextBytes(key);
        Hold hold = new Hold(deadline, topic, offset, key);
        Bytes at = at(hold);
        Out text = new Out();
        text.putLong(event.arrivedAt())
                .putLong(event.since())
                .putLong(event.recipients().size());
        event.recipients().forEach(r -> text.putText(r.getBytes(StandardCharsets.UTF_8)));
        text.put(event.value());
        Out row = new Out();
        row.putText(subject.getBytes(StandardCharsets.UTF_8)).put(crypt(hold, at, text.toBytes(), true));
        store.put(at, row.toBytes());
        count.incrementAndGet();
        return hold;
    }

    /** @throws IllegalStateException if it is not there or cannot be read: then it releases nothing */
    Event open(Hold hold) {
        Bytes at = at(hold);
        byte[] row = store.get(at);
        if (row == null) {
            throw new IllegalStateException("a hold whose event is not there");
        }
        try {
            BoundedDecoder in = new BoundedDecoder(row, 0);
            in.skipString();
            byte[] secret = new byte[in.remaining()];
            in.readFixed(secret, 0, secret.length);
            byte[] text = crypt(hold, at, secret, false);
            BoundedDecoder event = new BoundedDecoder(text, 0);
            long arrivedAt = event.readLong();
            long since = event.readLong();
            List<String> recipients = new ArrayList<>();
            for (long left = event.readLong(); left > 0; left--) {
                recipients.add(event.readString());
            }
            byte[] value = new byte[event.remaining()];
            event.readFixed(value, 0, value.length);
            return new Event(arrivedAt, since, recipients, value);
        } catch (IOException e) {
            throw new IllegalStateException("an event that waits cannot be read", e);
        }
    }

    void remove(Hold hold) {
        store.delete(at(hold));
        count.decrementAndGet();
    }

    /** As {@link People#sign}. */
    void sign() {
        store.delete(SIGN);
    }

    /** Whose events have waited until a time; each once for each event. */
    List<String> due(long now) {
        List<String> subjects = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> rows =
                store.range(Bytes.wrap(deadline(0)), Bytes.wrap(deadline(now + 1)))) {
            while (rows.hasNext()) {
                KeyValue<Bytes, byte[]> row = rows.next();
                subjects.add(new BoundedDecoder(row.value, 0).readString());
            }
        } catch (IOException e) {
            throw new IllegalStateException("an event that waits cannot be read", e);
        }
        return subjects;
    }

    private static byte[] crypt(Hold hold, Bytes at, byte[] text, boolean encrypt) {
        try {
            AesGcmJce aead = new AesGcmJce(hold.key());
            return encrypt ? aead.encrypt(text, at.get()) : aead.decrypt(text, at.get());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an event that waits cannot be read", e);
        }
    }

    /** In the order of deadlines, none of which lies before 1970. */
    private static Bytes at(Hold hold) {
        byte[] topic = hold.topic().getBytes(StandardCharsets.UTF_8);
        return Bytes.wrap(ByteBuffer.allocate(2 * Long.BYTES + topic.length)
                .putLong(hold.deadline())
                .putLong(hold.offset())
                .put(topic)
                .array());
    }

    private static byte[] deadline(long time) {
        return ByteBuffer.allocate(Long.BYTES).putLong(time).array();
    }
}
