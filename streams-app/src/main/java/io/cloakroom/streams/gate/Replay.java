package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Coordinates;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * What could not be decided is sent again as it was, with a header that says where it lay. The header decides nothing, it is
 * noted in the audit only; and only if it was made with the audit's key for this very record, so that nobody who publishes
 * can let another record pass for replayed. One for each thread.
 */
public final class Replay {

    static final String HEADER = "cloakroom-replay-of";

    /** In bytes, of the header: longer than any name of a topic with its numbers. */
    private static final int LONGEST = 512;

    private static final byte[] SENT_AGAIN = "replay".getBytes(StandardCharsets.UTF_8);
    private static final byte[] UNDECIDED = "undecided".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NO_SALT = new byte[Person.SALT_LENGTH];

    private final Pseudonyms.Key key;
    private final Out out = new Out();

    /** @param pseudonyms with {@link GateParts#AUDIT_KEY} */
    public Replay(Pseudonyms pseudonyms) {
        this.key = pseudonyms.key(GateParts.AUDIT_KEY);
    }

    /**
     * The same record for the partition where it belongs; one without a key belongs where it lies.
     *
     * @param partitions count of its topic
     */
    public ProducerRecord<byte[], byte[]> again(ConsumerRecord<byte[], byte[]> record, int partitions) {
        Coordinates place = new Coordinates(record.topic(), record.partition(), record.offset());
        int right = record.key() == null ? record.partition() : SubjectKey.partition(record.key(), partitions);
        ProducerRecord<byte[], byte[]> again =
                new ProducerRecord<>(record.topic(), right, record.key(), record.value());
        String token = token(place, record.key(), record.value());
        again.headers().add(HEADER, (place + " " + token).getBytes(StandardCharsets.US_ASCII));
        return again;
    }

    /** Where the record lay before, if it was sent again. */
    Optional<Coordinates> of(String topic, byte[] key, byte[] value, Headers headers) {
        Header header = headers.lastHeader(HEADER);
        if (header == null || header.value() == null || header.value().length > LONGEST) {
            return Optional.empty();
        }
        String[] parts = new String(header.value(), StandardCharsets.US_ASCII).split(" ", 2);
        return Coordinates.read(parts[0])
                .filter(place -> parts.length == 2 && place.topic().equals(topic))
                .filter(place -> MessageDigest.isEqual(
                        token(place, key, value).getBytes(StandardCharsets.US_ASCII),
                        parts[1].getBytes(StandardCharsets.US_ASCII)));
    }

    private String token(Coordinates place, byte[] recordKey, byte[] value) {
        out.clear();
        out.putText(place.toString().getBytes(StandardCharsets.UTF_8));
        put(recordKey);
        put(value);
        return token(SENT_AGAIN, out.toBytes());
    }

    private void put(byte[] bytes) {
        if (bytes == null) {
            out.putLong(0);
        } else {
            out.putLong(1).putText(bytes);
        }
    }

    /** By which a control record that blocks its subject is known when it comes again. */
    String record(String topic, byte[] value) {
        out.clear();
        out.putText(topic.getBytes(StandardCharsets.UTF_8));
        put(value);
        return token(UNDECIDED, out.toBytes());
    }

    private String token(byte[] category, byte[] text) {
        return new String(key.token(category, text, 0, text.length, NO_SALT), StandardCharsets.US_ASCII);
    }
}
