package io.cloakroom.streams.audit;

import io.cloakroom.gate.Checkpoint;
import io.cloakroom.gate.Ed25519;
import io.cloakroom.gate.Sha256;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.gate.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Utils;

/**
 * A checkpoint whose signature holds: there is no other way to one.
 *
 * @param bytes as it lies in its topic, in the wire format
 */
public record Signed(Checkpoint value, byte[] bytes) {

    private static final int SIGNATURE_LENGTH = Ed25519.getClassSchema().getFixedSize();

    /** A name that can be printed, whoever wrote it. */
    private static final Pattern KEY = Pattern.compile("[\\w.-]{1,100}");

    /** What is not a checkpoint, or not signed by whoever should have. */
    public static final class NotSignedException extends Exception {
        private static final long serialVersionUID = 1L;

        NotSignedException(String message) {
            super(message);
        }
    }

    /** @param keys of which one must have signed it */
    public static Signed read(byte[] bytes, Collection<PublicKey> keys) throws NotSignedException {
        Checkpoint checkpoint;
        try {
            AvroWire.schemaId(bytes);
            BoundedDecoder in = new BoundedDecoder(bytes, AvroWire.HEADER_LENGTH);
            checkpoint = new SpecificDatumReader<>(Checkpoint.class).read(null, in);
            if (in.remaining() > 0) {
                throw new IOException(in.remaining() + " bytes are left over");
            }
        } catch (IOException | RuntimeException e) {
            throw new NotSignedException("not a whole checkpoint");
        }
        if (!checkpoint.getTopic().equals(Topics.AUDIT)) {
            throw new NotSignedException("of another topic: " + checkpoint.getTopic());
        }
        if (!KEY.matcher(checkpoint.getKey()).matches()) {
            throw new NotSignedException("not a whole checkpoint: no key has such a name");
        }
        if (keys.stream().noneMatch(key -> isSigned(bytes, key))) {
            throw new NotSignedException("not signed by the key that was given, it says by " + checkpoint.getKey());
        }
        try {
            MerkleTree tree = new MerkleTree(checkpoint.getSize(), frontier(checkpoint));
            if (checkpoint.getSize() < 1
                    || !Arrays.equals(tree.root(), checkpoint.getRoot().bytes())) {
                throw new NotSignedException("its root is not that of its frontier");
            }
        } catch (IllegalArgumentException e) {
            throw new NotSignedException("its frontier is none: " + e.getMessage());
        }
        return new Signed(checkpoint, bytes);
    }

    /** As it lies in a topic; whoever is told that it is not signed is told where it lies. */
    static Signed of(ConsumerRecord<?, ByteBuffer> record, Collection<PublicKey> keys) throws NotSignedException {
        try {
            return read(Utils.toNullableArray(record.value()), keys);
        } catch (NotSignedException e) {
            throw new NotSignedException(
                    record.topic() + "-" + record.partition() + "-" + record.offset() + ": " + e.getMessage());
        }
    }

    private static boolean isSigned(byte[] bytes, PublicKey key) {
        try {
            Signature signature = Signature.getInstance(Keys.ALGORITHM);
            signature.initVerify(key);
            signature.update(bytes, AvroWire.HEADER_LENGTH, bytes.length - AvroWire.HEADER_LENGTH - SIGNATURE_LENGTH);
            return signature.verify(bytes, bytes.length - SIGNATURE_LENGTH, SIGNATURE_LENGTH);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /**
     * @param schemaId of checkpoints in the registry
     * @param head of the last entry that is in the tree
     */
    public static Signed sign(
            int schemaId,
            String topic,
            int partition,
            long nextOffset,
            byte[] head,
            MerkleTree tree,
            Instant now,
            Keys.Signing key) {
        Checkpoint checkpoint = new Checkpoint(
                topic,
                partition,
                tree.size(),
                nextOffset,
                new Sha256(head.clone()),
                new Sha256(tree.root()),
                tree.frontier().stream().map(Sha256::new).toList(),
                now,
                key.name(),
                new Ed25519(new byte[SIGNATURE_LENGTH]));
        byte[] unsigned = write(schemaId, checkpoint);
        try {
            Signature signature = Signature.getInstance(Keys.ALGORITHM);
            signature.initSign(key.key());
            signature.update(
                    unsigned, AvroWire.HEADER_LENGTH, unsigned.length - AvroWire.HEADER_LENGTH - SIGNATURE_LENGTH);
            checkpoint.setSignature(new Ed25519(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an " + Keys.ALGORITHM + " key can sign", e);
        }
        return new Signed(checkpoint, write(schemaId, checkpoint));
    }

    private static byte[] write(int schemaId, Checkpoint checkpoint) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(
                ByteBuffer.allocate(AvroWire.HEADER_LENGTH).putInt(1, schemaId).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        try {
            new SpecificDatumWriter<>(Checkpoint.class).write(checkpoint, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    public int partition() {
        return value.getPartition();
    }

    public long size() {
        return value.getSize();
    }

    /** Where the last of the entries lies that it signed. */
    long lastOffset() {
        return value.getNextOffset() - 1;
    }

    byte[] head() {
        return value.getHead().bytes();
    }

    byte[] root() {
        return value.getRoot().bytes();
    }

    /** The tree that it signed, to go on from. */
    MerkleTree tree() {
        return new MerkleTree(value.getSize(), frontier(value));
    }

    private static List<byte[]> frontier(Checkpoint checkpoint) {
        return checkpoint.getFrontier().stream().map(Sha256::bytes).toList();
    }

    /** Whether both signed the same history, as far as both go. */
    boolean agreesWith(Signed other) {
        return size() != other.size() || Arrays.equals(head(), other.head()) && Arrays.equals(root(), other.root());
    }

    /** For a file: when and what, to be read, and then all of it. */
    public String line() {
        return value.getSignedAt() + " " + value.getTopic() + "-" + value.getPartition() + " " + value.getSize() + " "
                + Base64.getEncoder().encodeToString(bytes);
    }

    /** The last word of a line as {@link #line} writes it. */
    public static Signed ofLine(String line, Collection<PublicKey> keys) throws NotSignedException {
        try {
            return read(Base64.getDecoder().decode(line.substring(line.lastIndexOf(' ') + 1)), keys);
        } catch (IllegalArgumentException e) {
            throw new NotSignedException("no checkpoint: not in Base64");
        }
    }

    @Override
    public String toString() {
        return "the checkpoint of " + value.getSignedAt();
    }
}
