package io.cloakroom.streams.audit;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Inclusion;
import io.cloakroom.gate.Sha256;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.gate.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * One entry, the checkpoint that covers it, and the way from the one to the other: whoever has the signer's public key can
 * check it, and needs nothing else of ours.
 */
public record Proof(long sequence, List<byte[]> path, Signed checkpoint, byte[] entry) {

    /** A line that says what the file is; behind it, Avro of {@code inclusion.avsc}. */
    private static final byte[] TITLE = "Cloakroom inclusion proof 1\n".getBytes(StandardCharsets.US_ASCII);

    public Proof {
        path = List.copyOf(path);
    }

    /** What cannot be proven. */
    public static final class NotProvenException extends Exception {
        private static final long serialVersionUID = 1L;

        NotProvenException(String message) {
            super(message);
        }
    }

    /**
     * Walks the partition of the audit as far as the first checkpoint behind the entry.
     *
     * @param place of the input record whose entry it is; or of an entry itself, in the audit
     * @throws NotProvenException if there is no such entry, nothing signed covers it, or the audit is broken before
     */
    public static Proof make(Settings settings, Collection<PublicKey> keys, Coordinates place)
            throws NotProvenException {
        TopicPartition audit = new TopicPartition(Topics.AUDIT, place.partition());
        try (ClusterReader reader = new ClusterReader(settings)) {
            if (!reader.partitions(Topics.AUDIT).contains(audit)) {
                throw new NotProvenException("there is no " + audit);
            }
            Maker maker = new Maker(checkpoints(reader, keys, place.partition()), place);
            reader.read(
                    reader.begins(List.of(audit)),
                    reader.committedEnds(List.of(audit)),
                    record -> maker.next(record.offset(), record.value()));
            return maker.proof();
        }
    }

    private static List<Signed> checkpoints(ClusterReader reader, Collection<PublicKey> keys, int partition) {
        TopicPartition checkpoints = new TopicPartition(Topics.CHECKPOINTS, partition);
        List<Signed> signed = new ArrayList<>();
        reader.read(reader.begins(List.of(checkpoints)), reader.committedEnds(List.of(checkpoints)), record -> {
            try {
                signed.add(Signed.read(Utils.toNullableArray(record.value()), keys));
            } catch (NotSignedException e) {
                return true; // it proves nothing, and another may
            }
            return true;
        });
        return signed;
    }

    /** Reads entries until one is proven. */
    static final class Maker {
        private final Coordinates place;
        private final byte[] topic;
        private final ChainWalk walk;
        private final Map<Long, Signed> bySize = new HashMap<>();
        private long sequence = -1;
        private byte[] entry;
        private ByteBuffer current;
        private boolean isTooOld;
        private Proof proof;

        Maker(List<Signed> checkpoints, Coordinates place) {
            this.place = place;
            this.topic = place.topic().getBytes(StandardCharsets.UTF_8);
            this.walk = new ChainWalk(place.partition(), checkpoints, this::hear);
            checkpoints.forEach(c -> bySize.put(c.size(), c));
        }

        private void hear(EntryView view, long auditOffset) {
            if (sequence < 0 && isWanted(view, auditOffset)) {
                sequence = view.sequence;
                entry = Utils.toArray(current);
                isTooOld = walk.tree().isEmpty();
                walk.tree().ifPresent(MerkleTree::proveNext);
            }
        }

        private boolean isWanted(EntryView view, long auditOffset) {
            return place.topic().equals(Topics.AUDIT)
                    ? auditOffset == place.offset()
                    : view.isInput() && view.offset == place.offset() && view.isTopic(topic);
        }

        /** False when there is nothing more to read. */
        boolean next(long auditOffset, ByteBuffer value) {
            current = value;
            if (!walk.next(auditOffset, value) || isTooOld) {
                return false;
            }
            Signed checkpoint = bySize.get(walk.size());
            if (sequence < 0 || checkpoint == null) {
                return true;
            }
            proof = new Proof(sequence, walk.tree().orElseThrow().path(), checkpoint, entry);
            return false;
        }

        Proof proof() throws NotProvenException {
            if (proof != null) {
                return proof;
            }
            Optional<Fault> fault = walk.fault();
            if (fault.isPresent()) {
                throw new NotProvenException("the audit is broken before: " + fault.get());
            } else if (sequence < 0) {
                throw new NotProvenException("there is no entry of " + place);
            } else if (isTooOld) {
                throw new NotProvenException("retention has removed the entries before it, as far as they were signed");
            }
            throw new NotProvenException(
                    "it is entry " + sequence + ", and only " + walk.signed() + " are signed so far");
        }
    }

    public byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(TITLE);
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        try {
            new SpecificDatumWriter<>(Inclusion.class)
                    .write(
                            new Inclusion(
                                    sequence,
                                    path.stream().map(Sha256::new).toList(),
                                    ByteBuffer.wrap(checkpoint.bytes()),
                                    ByteBuffer.wrap(entry)),
                            encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /**
     * A proof that holds.
     *
     * @throws NotProvenException if it does not
     */
    public static Proof check(byte[] file, Collection<PublicKey> keys) throws NotProvenException {
        if (file.length < TITLE.length || !Arrays.equals(file, 0, TITLE.length, TITLE, 0, TITLE.length)) {
            throw new NotProvenException("not an inclusion proof");
        }
        Inclusion read;
        Signed checkpoint;
        try {
            BoundedDecoder in = new BoundedDecoder(file, TITLE.length);
            read = new SpecificDatumReader<>(Inclusion.class).read(null, in);
            if (in.remaining() > 0) {
                throw new NotProvenException(in.remaining() + " bytes are left over");
            }
            checkpoint = Signed.read(Utils.toArray(read.getCheckpoint()), keys);
        } catch (IOException | RuntimeException e) {
            throw new NotProvenException("not a whole inclusion proof");
        } catch (NotSignedException e) {
            throw new NotProvenException("the checkpoint: " + e.getMessage());
        }
        List<byte[]> path = read.getPath().stream().map(Sha256::bytes).toList();
        byte[] entry = Utils.toArray(read.getEntry());
        Optional<byte[]> root = MerkleTree.root(entry, read.getSequence(), checkpoint.size(), path);
        if (root.isEmpty() || !Arrays.equals(root.get(), checkpoint.root())) {
            throw new NotProvenException(
                    "the entry is not number " + read.getSequence() + " of those that " + checkpoint + " signed");
        }
        Proof proof = new Proof(read.getSequence(), path, checkpoint, entry);
        AuditEntry says = proof.read();
        if (says.getSequence() != proof.sequence || says.getPartition() != checkpoint.partition()) {
            throw new NotProvenException("the entry says that it has another number or is of another partition");
        }
        return proof;
    }

    @Override
    public String toString() {
        return "entry " + sequence + " of the " + checkpoint.size() + " in " + Topics.AUDIT + "-"
                + checkpoint.partition() + " that " + checkpoint + " signed with "
                + checkpoint.value().getKey();
    }

    /** What the entry says. */
    public AuditEntry read() throws NotProvenException {
        try {
            return new SpecificDatumReader<>(AuditEntry.class)
                    .read(null, new BoundedDecoder(entry, AvroWire.HEADER_LENGTH));
        } catch (IOException | RuntimeException e) {
            throw new NotProvenException("what is proven is no audit entry");
        }
    }
}
