package io.cloakroom.policy;

import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.prf.PredefinedPrfParameters;
import io.cloakroom.policy.KeyFiles.UnreadableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys under which identifiers become tokens: one for each recipient and epoch, so that no two recipients share a
 * token. Keys come from {@link KeyFiles} {@code <recipient>.<epoch>.json} and never print.
 */
public final class Pseudonyms {

    private static final byte[] SUBJECT = "subject.id".getBytes(StandardCharsets.UTF_8);
    private static final byte[] RELEASE = "release".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NO_SALT = new byte[Person.SALT_LENGTH];

    private final Map<String, AesCmac> keys;

    private Pseudonyms(Map<String, AesCmac> keys) {
        this.keys = Map.copyOf(keys);
    }

    /** Of keys in the clear. */
    public static Pseudonyms load(Path directory, Collection<String> names) throws KeysMissingException {
        return load(new KeyFiles(directory, Optional.empty()), names);
    }

    /**
     * @param names as in {@link Recipient#keyName()}
     * @throws KeysMissingException naming every key that is not there or cannot be read (T6: no key, no release)
     */
    public static Pseudonyms load(KeyFiles files, Collection<String> names) throws KeysMissingException {
        Map<String, AesCmac> keys = new HashMap<>();
        List<String> problems = new ArrayList<>();
        try {
            KeyFiles.Reader reader = files.reader();
            for (String name : names) {
                try {
                    keys.put(name, new AesCmac(reader.read(name)));
                } catch (UnreadableException | GeneralSecurityException e) {
                    problems.add(e.getMessage());
                }
            }
        } catch (UnreadableException e) {
            problems.add(e.getMessage());
        }
        if (!problems.isEmpty()) {
            throw new KeysMissingException(problems);
        }
        return new Pseudonyms(keys);
    }

    /** In the clear. */
    public static List<Path> create(Path directory, Collection<String> names) throws IOException {
        return create(new KeyFiles(directory, Optional.empty()), names);
    }

    /**
     * Makes a key for each name that has none; those that are there stay as they are.
     *
     * @return the files made
     */
    public static List<Path> create(KeyFiles files, Collection<String> names) throws IOException {
        return files.create(names, Pseudonyms::generate);
    }

    /** A key that nobody keeps, for a look at what a release says: its tokens lead nowhere. */
    public static Key throwaway() {
        try {
            return new Key(new AesCmac(generate()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key can always be made", e);
        }
    }

    private static KeysetHandle generate() throws GeneralSecurityException {
        return KeysetHandle.generateNew(PredefinedPrfParameters.AES_CMAC_PRF, KeyFiles.PRF);
    }

    /** Where an event lies, as its releases' ids are made from. */
    public static byte[] place(String topic, int partition, long offset) {
        return (topic + "-" + partition + "-" + offset).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * A key to make tokens with, for one thread: it is made ready here, so ask once and keep it.
     *
     * @throws IllegalArgumentException if that key was not loaded
     */
    public Key key(String name) {
        AesCmac key = keys.get(name);
        if (key == null) {
            throw new IllegalArgumentException("no key " + name);
        }
        return new Key(key.another());
    }

    /** Says how many keys, and nothing of them. */
    @Override
    public String toString() {
        return "Pseudonyms[" + keys.size() + " keys]";
    }

    /** One recipient's key of one epoch, for one thread. */
    public static final class Key {
        private final AesCmac prf;

        private Key(AesCmac prf) {
            this.prf = prf;
        }

        /**
         * The token of a value of a category: 22 characters of base64url, the same for the same person, value and key,
         * and unrelated once the salt is gone.
         */
        public String token(String category, String value, byte[] salt) {
            byte[] text = value.getBytes(StandardCharsets.UTF_8);
            return new String(
                    token(category.getBytes(StandardCharsets.UTF_8), text, 0, text.length, salt),
                    StandardCharsets.US_ASCII);
        }

        /** The same, of UTF-8 and in ASCII. */
        public byte[] token(byte[] category, byte[] text, int start, int end, byte[] salt) {
            return prf.token(category, salt, text, start, end);
        }

        /** The pseudonym of a subject key, in ASCII: the key of its releases. */
        public byte[] subject(byte[] subjectKey, byte[] salt) {
            return token(SUBJECT, subjectKey, 0, subjectKey.length, salt);
        }

        /**
         * The id of a release, in ASCII: a primary key that tells nothing of where its event lay.
         *
         * @param place as {@link Pseudonyms#place} has it
         */
        public byte[] release(byte[] place) {
            return token(RELEASE, place, 0, place.length, NO_SALT);
        }

        /** The 16 bytes that the id is the base64url of. */
        public byte[] releaseBits(byte[] place) {
            return prf.bits(RELEASE, NO_SALT, place, 0, place.length);
        }

        @Override
        public String toString() {
            return "Key";
        }
    }

    /** Keys that are needed and cannot be had. */
    public static final class KeysMissingException extends Exception {
        private static final long serialVersionUID = 1L;

        KeysMissingException(List<String> problems) {
            super(String.join("\n", problems));
        }
    }
}
