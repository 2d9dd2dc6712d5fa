package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.audit.Proof.Maker;
import io.cloakroom.streams.audit.Proof.NotProvenException;
import io.cloakroom.streams.audit.Verification.Lying;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProofTest {

    private static final int ENTRIES = 40;
    private static final int LONGEST = 2048;
    private static final List<PublicKey> KEYS = List.of(Written.SIGNER.getPublic());

    private final Random random = new Random(1);
    private final List<Lying> partition = Written.partition(2, ENTRIES, random);
    private final List<Signed> checkpoints =
            List.of(Written.signed(partition, 13, Written.SIGNER), Written.signed(partition, 37, Written.SIGNER));

    @Test
    void shouldProveEveryEntryThatIsSigned() throws Exception {
        for (int i = 0; i < 37; i++) {
            Proof proof = proof(
                    Coordinates.parse("audit.decisions-2-" + partition.get(i).offset()), partition);

            Proof checked = Proof.check(proof.toBytes(), KEYS);

            assertThat(checked.sequence()).isEqualTo(i);
            assertThat(checked.checkpoint().size()).isEqualTo(i < 13 ? 13 : 37);
            assertThat(Written.bytes(checked.read())).isEqualTo(partition.get(i).value());
        }
    }

    @Test
    void shouldFindTheEntryOfAnInputRecord() throws Exception {
        var wanted = Written.read(partition.get(5).value());

        Proof proof = proof(new Coordinates(wanted.getTopic(), 2, wanted.getOffset()), partition);

        assertThat(proof.read().getOffset()).isEqualTo(wanted.getOffset());
        assertThat(proof.read().getTopic()).isEqualTo(wanted.getTopic());
    }

    @Test
    void shouldProveWhatLiesBehindTheFirstCheckpointThatRetentionLeft() throws Exception {
        Coordinates place =
                Coordinates.parse("audit.decisions-2-" + partition.get(20).offset());

        assertThat(Proof.check(proof(place, partition.subList(9, ENTRIES)).toBytes(), KEYS)
                        .sequence())
                .isEqualTo(20);
    }

    @Test
    void shouldSayWhyThereIsNoProof() {
        assertNotProven(
                "audit.decisions-2-" + partition.get(38).offset(),
                partition,
                "it is entry 38, and only 37 are signed so far");
        assertNotProven("events.chat-2-7", partition, "there is no entry of events.chat-2-7");
        assertNotProven(
                "audit.decisions-2-" + partition.get(10).offset(),
                partition.subList(9, ENTRIES),
                "retention has removed the entries before it, as far as they were signed");
        assertThatThrownBy(() -> Coordinates.parse("events.chat-7"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("events.chat-7 is not TOPIC-PARTITION-OFFSET");
    }

    private void assertNotProven(String place, List<Lying> records, String why) {
        assertThatThrownBy(() -> proof(Coordinates.parse(place), records))
                .isInstanceOf(NotProvenException.class)
                .hasMessage(why);
    }

    @Test
    void shouldHoldNoLongerWithAnyByteEdited() throws Exception {
        byte[] file = proof(
                        Coordinates.parse(
                                "audit.decisions-2-" + partition.get(7).offset()),
                        partition)
                .toBytes();
        int unsigned = 0;
        for (int i = 0; i < file.length; i++) {
            byte[] edited = file.clone();
            edited[i] ^= (byte) (1 << random.nextInt(8));
            try {
                Proof.check(edited, KEYS);
                unsigned++;
            } catch (NotProvenException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
        assertThat(unsigned)
                .as("bytes that may differ: the schema id of the checkpoint")
                .isLessThanOrEqualTo(5);
    }

    @Test
    void shouldHoldUnderNoOtherKey() throws Exception {
        byte[] file = proof(
                        Coordinates.parse(
                                "audit.decisions-2-" + partition.get(7).offset()),
                        partition)
                .toBytes();

        assertThatThrownBy(() -> Proof.check(file, List.of(Written.pair().getPublic())))
                .isInstanceOf(NotProvenException.class)
                .hasMessageContaining("not signed by the key that was given");
    }

    /** Besides the entry: of ten million entries, and of as many fewer as have the most subtrees. */
    @Test
    void shouldBeShortForTenMillionEntries() throws Exception {
        byte[] entry = partition.get(0).value();
        MerkleTree tree = new MerkleTree();
        tree.proveNext();
        tree.append(entry);
        for (int size : List.of((1 << 23) - 1, 10_000_000)) {
            byte[] leaf = new byte[Long.BYTES];
            while (tree.size() < size) {
                ByteBuffer.wrap(leaf).putLong(tree.size());
                tree.append(leaf);
            }
            Signed checkpoint = Signed.sign(
                    7,
                    "audit.decisions",
                    2,
                    2L * size,
                    new byte[32],
                    tree,
                    Instant.EPOCH,
                    new Keys.Signing("checkpoint.1", Written.SIGNER.getPrivate()));

            byte[] file = new Proof(0, tree.path(), checkpoint, entry).toBytes();

            assertThat(Proof.check(file, KEYS).sequence()).isZero();
            System.out.println(size + " entries: a proof of " + (file.length - entry.length) + " bytes and the entry");
            assertThat(file.length - entry.length).isLessThanOrEqualTo(LONGEST);
        }
    }

    private Proof proof(Coordinates place, List<Lying> records) throws NotProvenException {
        Maker maker = new Maker(checkpoints, place);
        for (Lying record : records) {
            if (!maker.next(record.offset(), ByteBuffer.wrap(record.value()))) {
                break;
            }
        }
        return maker.proof();
    }
}
