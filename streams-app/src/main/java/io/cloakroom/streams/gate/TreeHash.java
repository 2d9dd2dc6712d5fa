package io.cloakroom.streams.audit;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, written where the caller wants it. */
final class Hashes {

    private static final byte LEAF = 0;

    /** In bytes. */
    static final int LENGTH = 32;

    private Hashes() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Of a leaf, as RFC 6962 has it: by this hash an entry is in the tree, and the entry behind it names it. */
    static void leaf(MessageDigest sha256, byte[] leaf, byte[] into) {
        sha256.update(LEAF);
        sha256.update(leaf);
        digest(sha256, into);
    }

    static void digest(MessageDigest sha256, byte[] into) {
        try {
            sha256.digest(into, 0, LENGTH);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-256 has " + LENGTH + " bytes", e);
        }
    }
}
