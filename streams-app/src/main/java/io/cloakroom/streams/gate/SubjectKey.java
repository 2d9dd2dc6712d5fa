package io.cloakroom.streams.gate;

import io.cloakroom.policy.Rule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.apache.kafka.common.utils.Utils;

/** The key of every input: {@code customer:<id>}, {@code cookie:<id>} or {@code device:<id>}. */
final class SubjectKey {

    /** In bytes: a longer key is no key. */
    private static final int LONGEST = 512;

    private SubjectKey() {}

    /** @param key may be null, which is no subject key */
    static Optional<String> read(byte[] key) {
        if (key == null || key.length > LONGEST) {
            return Optional.empty();
        }
        String text = new String(key, StandardCharsets.UTF_8);
        boolean isText = Arrays.equals(key, text.getBytes(StandardCharsets.UTF_8)); // what is malformed was replaced
        return isText && isSubjectKey(text) ? Optional.of(text) : Optional.empty();
    }

    private static boolean isSubjectKey(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon);
        return colon < text.length() - 1 && (kind.equals("customer") || kind.equals("cookie") || kind.equals("device"));
    }

    /** Why a key is no subject key. */
    static Rule fault(byte[] key) {
        return key == null ? Rule.NULL_KEY : Rule.NOT_A_SUBJECT_KEY;
    }

    /** Where Kafka's own default partitioner puts the key. */
    static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }
}
