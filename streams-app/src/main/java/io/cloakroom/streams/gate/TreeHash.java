package io.cloakroom.streams.gate;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * SHA-256 as RFC 6962 has it, of a leaf and of a node, written where the caller wants it; for one thread. An entry of the audit
 * names the one before it by its hash as a leaf, so that the chain and the tree take one hash of each entry.
 */
public final class TreeHash {

    /** In bytes. */
    public static final int LENGTH = 32;

    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private final MessageDigest sha256;

    public TreeHash() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Of a tree without leaves. */
    public byte[] empty() {
        return sha256.digest();
    }

    public void leaf(byte[] leaf, byte[] into, int start) {
        leaf(leaf, 0, leaf.length, into, start);
    }

    /** Of what lies in an array from one place to another. */
    public void leaf(byte[] bytes, int from, int to, byte[] into, int start) {
        sha256.update(LEAF);
        sha256.update(bytes, from, to - from);
        digest(into, start);
    }

    public void node(byte[] left, byte[] right, byte[] into) {
        sha256.update(NODE);
        sha256.update(left);
        sha256.update(right);
        digest(into, 0);
    }

    private void digest(byte[] into, int start) {
        try {
            sha256.digest(into, start, LENGTH);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-256 has " + LENGTH + " bytes", e);
        }
    }
}
