package io.cloakroom.streams.gate;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Links the entries of one partition: each holds the SHA-256 of the one before, as it was written. The head lives in a
 * cached store, so that it is written when the transaction is, and not for each entry.
 */
final class AuditChain {

    static final String STORE = "audit-chain";

    private static final String HEAD = "head";
    private static final int HASH_LENGTH = 32;

    private final KeyValueStore<String, byte[]> store;
    private final WireWriter writer;
    private final MessageDigest sha256;

    AuditChain(KeyValueStore<String, byte[]> store, WireWriter writer) {
        this.store = store;
        this.writer = writer;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Sets sequence, previous hash and previous offset of the entry and makes it the head.
     *
     * @return the entry in the wire format
     */
    byte[] append(AuditEntry entry) {
        byte[] head = store.get(HEAD);
        ByteBuffer last = ByteBuffer.wrap(head == null ? new byte[Long.BYTES + HASH_LENGTH] : head);
        long sequence = last.getLong();
        byte[] previousHash = new byte[HASH_LENGTH];
        last.get(previousHash);
        String input = "offset:" + entry.getTopic();
        byte[] offset = store.get(input);

        entry.setSequence(sequence);
        entry.setPreviousHash(new Sha256(previousHash));
        entry.setPreviousOffset(offset == null ? -1 : ByteBuffer.wrap(offset).getLong());
        byte[] written = writer.write(entry);

        store.put(
                HEAD,
                ByteBuffer.allocate(Long.BYTES + HASH_LENGTH)
                        .putLong(sequence + 1)
                        .put(sha256.digest(written))
                        .array());
        store.put(
                input,
                ByteBuffer.allocate(Long.BYTES).putLong(entry.getOffset()).array());
        return written;
    }
}
