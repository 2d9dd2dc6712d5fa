package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.gate.Sha256;
import io.cloakroom.streams.EntryHash;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.audit.Verification.Progress;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever can write the audit can alter it, and cannot do it unseen. */
class VerificationTest {

    private static final int PARTITIONS = 3;
    private static final int ENTRIES = 40;
    private static final int OF_EACH = 1_000;
    /** That can be altered in every way. */
    private static final int FEWEST = 3;

    private static final Set<Alteration> EDITS = EnumSet.of(Alteration.EDIT_A_BYTE, Alteration.SWAP);

    private static final List<PublicKey> KEYS = List.of(Written.SIGNER.getPublic());

    @TempDir
    private Path directory;

    private final Random random = new Random(1);
    private final List<List<Lying>> partitions = new ArrayList<>();
    private final List<Signed> checkpoints = new ArrayList<>();

    VerificationTest() {
        for (int p = 0; p < PARTITIONS; p++) {
            List<Lying> partition = Written.partition(p, ENTRIES, random);
            partitions.add(partition);
            for (int size : List.of(1, 17, 18, 31, ENTRIES)) {
                checkpoints.add(Written.signed(partition, size, Written.SIGNER));
            }
        }
    }

    @Test
    void shouldFindNothingWrongWhereNothingIs() {
        Report report = verify(partitions);

        assertThat(report.faults()).isEmpty();
        assertThat(report.parts())
                .containsExactly(
                        new Report.Part(0, 0, ENTRIES, ENTRIES, 0, 0),
                        new Report.Part(1, 0, ENTRIES, ENTRIES, 0, 0),
                        new Report.Part(2, 0, ENTRIES, ENTRIES, 0, 0));
    }

    /** What somebody did to the records of one partition, and which of them may be named first. */
    private record Altered(List<Lying> records, Set<Long> named) {}

    private enum Alteration {
        EDIT_A_BYTE {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size());
                byte[] value = records.get(k).value().clone();
                value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
                return new Altered(with(records, k, value), places(records, k));
            }
        },
        DELETE {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size() - 1);
                List<Lying> left = new ArrayList<>(records);
                left.remove(k);
                return new Altered(left, k == 0 ? Set.of() : places(records, k + 1));
            }
        },
        INSERT_ANOTHER {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size());
                List<Lying> more = new ArrayList<>(records);
                more.add(
                        k,
                        at(
                                records.get(k),
                                records.get(random.nextInt(records.size())).value()));
                return new Altered(more, places(records, k));
            }
        },
        INSERT_ONE_THAT_FITS {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size());
                AuditEntry forged = Written.read(records.get(k).value());
                forged.setUnplannedFields(forged.getUnplannedFields() + 1);
                List<Lying> more = new ArrayList<>(records);
                more.add(k, at(records.get(k), Written.bytes(forged)));
                return new Altered(more, places(records, k));
            }
        },
        SWAP {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size() - 1);
                List<Lying> swapped = with(records, k, records.get(k + 1).value());
                return new Altered(with(swapped, k + 1, records.get(k).value()), places(records, Math.max(k, 1)));
            }
        },
        SWAP_WITH_PLACES {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = 1 + random.nextInt(records.size() - 2);
                List<Lying> swapped = new ArrayList<>(records);
                swapped.set(k, records.get(k + 1));
                swapped.set(k + 1, records.get(k));
                return new Altered(swapped, places(records, k + 1));
            }
        },
        DUPLICATE {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size());
                List<Lying> more = new ArrayList<>(records);
                more.add(k + 1, records.get(k));
                return new Altered(more, places(records, k));
            }
        },
        TRUNCATE {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int left = random.nextInt(records.size());
                long next = left == 0 ? 0 : records.get(left - 1).offset() + 1;
                return new Altered(new ArrayList<>(records.subList(0, left)), Set.of(next));
            }
        },
        SPLICE_ANOTHER_PARTITION {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size());
                List<Lying> spliced = new ArrayList<>(records);
                for (int i = k; i < records.size(); i++) {
                    spliced.set(i, at(records.get(i), others.get(i).value()));
                }
                return new Altered(spliced, places(records, k));
            }
        },
        LINK_ANEW {
            @Override
            Altered of(List<Lying> records, List<Lying> others, Random random) {
                int k = random.nextInt(records.size());
                AuditEntry edited = Written.read(records.get(k).value());
                edited.setUnplannedFields(edited.getUnplannedFields() + 1);
                int gone = (int) Written.read(records.get(0).value()).getSequence();
                int signed = Stream.of(1, 17, 18, 31, ENTRIES)
                        .map(size -> size - gone)
                        .filter(size -> size > k)
                        .findFirst()
                        .orElseThrow();
                return new Altered(
                        Written.linkedAnew(with(records, k, Written.bytes(edited)), k), places(records, signed - 1));
            }
        };

        /** @param others of another partition */
        abstract Altered of(List<Lying> records, List<Lying> others, Random random);

        private static Lying at(Lying place, byte[] value) {
            return new Lying(place.topic(), place.partition(), place.offset(), value);
        }

        private static List<Lying> with(List<Lying> records, int k, byte[] value) {
            List<Lying> altered = new ArrayList<>(records);
            altered.set(k, at(records.get(k), value));
            return altered;
        }

        private static Set<Long> places(List<Lying> records, int k) {
            return Set.of(records.get(k).offset());
        }
    }

    /** Ten thousand in all. */
    @ParameterizedTest
    @EnumSource
    void shouldNameTheFirstEntryThatIsWrong(Alteration alteration) {
        for (int i = 0; i < OF_EACH; i++) {
            int p = random.nextInt(PARTITIONS);
            Altered altered = alteration.of(partitions.get(p), partitions.get((p + 1) % PARTITIONS), random);
            List<List<Lying>> all = new ArrayList<>(partitions);
            all.set(p, altered.records());

            Report report = verify(all);

            assertThat(report.isVerified()).as("alteration %d", i).isFalse();
            if (altered.named().isEmpty()) {
                assertThat(report.faults().get(0).place()).isIn(prefix(p), prefix(p) + "-" + first(altered));
            } else {
                assertThat(report.faults())
                        .as("alteration %d", i)
                        .extracting(Fault::place)
                        .containsExactlyElementsOf(altered.named().stream()
                                .map(offset -> prefix(p) + "-" + offset)
                                .toList());
            }
        }
    }

    private static String prefix(int partition) {
        return Topics.AUDIT + "-" + partition;
    }

    private static long first(Altered altered) {
        return altered.records().get(0).offset();
    }

    @Test
    void shouldProveFromBehindWhatRetentionHasLeft() {
        for (int gone = 0; gone < ENTRIES; gone++) {
            List<List<Lying>> left = new ArrayList<>(partitions);
            left.set(1, partitions.get(1).subList(gone, ENTRIES));

            Report report = verification(checkpoints).export(records(left));

            assertThat(report.faults()).as("without %d", gone).isEmpty();
            assertThat(report.parts().get(1)).isEqualTo(new Report.Part(1, gone, ENTRIES, ENTRIES, 0, 0));
            if (gone > 0) {
                assertThat(verify(left).faults())
                        .containsExactly(new Fault(
                                "audit.decisions-1", "begins with entry " + gone + ": those before it are not there"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNameTheFirstEntryThatIsWrongInWhatRetentionHasLeft(Alteration alteration) {
        for (int i = 0; i < OF_EACH; i++) {
            int gone = 1 + random.nextInt(ENTRIES - FEWEST);
            List<Lying> left = partitions.get(1).subList(gone, ENTRIES);
            Altered altered = alteration.of(left, partitions.get(2).subList(gone, ENTRIES), random);
            List<List<Lying>> all = new ArrayList<>(partitions);
            all.set(1, altered.records());

            Report report = verification(checkpoints).export(records(all));

            Set<String> named = altered.named().stream()
                    .map(offset -> prefix(1) + "-" + offset)
                    .collect(Collectors.toSet());
            boolean isFirst = EDITS.contains(alteration) && altered.records().get(0) != left.get(0);
            if (isFirst) { // nothing before it says what it was
                left.subList(0, 2).forEach(either -> named.add(prefix(1) + "-" + either.offset()));
            }
            if (named.isEmpty()) {
                assertThat(report.faults()).as("as retention leaves it").isEmpty();
            } else {
                assertThat(report.faults())
                        .as("without %d, alteration %d", gone, i)
                        .extracting(Fault::place)
                        .hasSize(1)
                        .isSubsetOf(named);
            }
        }
    }

    @Test
    void shouldNotBelieveARestThatNoCheckpointReaches() {
        List<Lying> rest = partitions.get(0).subList(20, 25);
        List<Signed> earlier = checkpoints.stream()
                .filter(c -> c.partition() == 0 && c.size() < 20)
                .toList();

        assertThat(verification(earlier).export(rest).faults())
                .extracting(Fault::what)
                .containsExactly("is the last of a rest that no checkpoint reaches");
    }

    /** A signer ends anywhere, and what comes next may tell which of two was changed. */
    @Test
    void shouldFindALastEntryWrongThatDoesNotFollow() {
        List<Lying> partition = partitions.get(0);
        Lying last = partition.get(ENTRIES - 1);
        AuditEntry edited = Written.read(last.value());
        edited.setPreviousHash(new Sha256(new byte[32]));
        ChainWalk walk = walked(partition.subList(0, ENTRIES - 1));
        assertThat(walk.fault()).isEmpty();

        walk.next(last.offset(), ByteBuffer.wrap(Written.bytes(edited)));

        assertThat(walk.fault())
                .hasValue(new Fault(
                        "audit.decisions-0-" + partition.get(ENTRIES - 2).offset(),
                        "was changed, or the entry after it was, which is the last"));
    }

    private static ChainWalk walked(List<Lying> entries) {
        ChainWalk walk = new ChainWalk(0, List.of(), (entry, offset) -> {});
        entries.forEach(lying -> walk.next(lying.offset(), ByteBuffer.wrap(lying.value())));
        return walk;
    }

    /** What a walk says of entries about one record of events.order. */
    private List<String> faults(List<RecipientDecision> event, List<List<RecipientDecision>> later) {
        AuditEntry first = AuditEntry.newBuilder(
                        Written.read(partitions.get(0).get(0).value()))
                .setSequence(0)
                .setKind(EntryKind.EVENT)
                .setTopic("events.order")
                .setOffset(17)
                .setPreviousOffset(-1)
                .setDecisions(event)
                .build();
        List<AuditEntry> entries = new ArrayList<>(List.of(first));
        for (List<RecipientDecision> decisions : later) {
            entries.add(AuditEntry.newBuilder(first)
                    .setSequence(entries.size())
                    .setKind(EntryKind.RESOLUTION)
                    .setDecisions(decisions)
                    .build());
        }
        return walked(Written.chained(entries, 0, new Random(1))).fault().map(Fault::what).stream()
                .toList();
    }

    @Test
    void shouldLetWhatWasHeldBeDecidedOnceForEachRecipient() {
        List<RecipientDecision> held =
                List.of(Written.decision("group", Outcome.HOLD), Written.decision("payment", Outcome.HOLD));
        List<RecipientDecision> group = List.of(Written.decision("group", Outcome.WITHHOLD));
        List<RecipientDecision> payment = List.of(Written.decision("payment", Outcome.RELEASE));

        assertThat(faults(held, List.of(payment, group))).isEmpty();
        assertThat(faults(held, List.of(payment, group, payment)))
                .containsExactly("decides events.order-0-17 for payment, for whom it is not held");
        assertThat(faults(held, List.of(group, List.of(Written.decision("group", Outcome.RELEASE)))))
                .containsExactly("decides events.order-0-17 for group, for whom it is not held");
        assertThat(faults(payment, List.of(payment)))
                .containsExactly("decides events.order-0-17 for payment, for whom it is not held");
    }

    @Test
    void shouldNameAnEntryThatDecidesTwiceForARecipient() {
        assertThat(faults(
                        List.of(
                                Written.decision("group", Outcome.WITHHOLD),
                                Written.decision("payment", Outcome.RELEASE),
                                Written.decision("payment", Outcome.HOLD)),
                        List.of()))
                .containsExactly("decides twice for payment");
    }

    /** One that follows from the last in all but what it decides. */
    private static AuditEntry following(Lying last) {
        AuditEntry next = Written.read(last.value());
        next.setSequence(next.getSequence() + 1);
        next.setPreviousHash(new Sha256(EntryHash.of(last.value())));
        next.setKind(EntryKind.EVENT);
        return next;
    }

    @Test
    void shouldFindARecordThatIsDecidedAgain() {
        List<Lying> partition = partitions.get(0);
        Lying last = partition.get(ENTRIES - 1);
        AuditEntry again = following(last);
        long decided = partition.stream()
                .map(lying -> Written.read(lying.value()))
                .filter(e -> Topics.isOfInput(e.getKind()) && e.getTopic().equals(again.getTopic()))
                .mapToLong(AuditEntry::getOffset)
                .max()
                .orElseThrow();
        again.setPreviousOffset(decided);
        for (long offset = decided - 1; offset <= decided; offset++) {
            again.setOffset(offset);
            ChainWalk walk = walked(partition);

            walk.next(last.offset() + 1, ByteBuffer.wrap(Written.bytes(again)));

            assertThat(walk.fault().map(Fault::what))
                    .hasValue("decides offset " + offset + " after " + decided + ", and the one decided before is "
                            + decided);
        }
    }

    @Test
    void shouldNameWhatTellsOfSomethingBeforeItThatThereIsNot() {
        List<Lying> partition = partitions.get(0);
        AuditEntry first = Written.read(partition.get(0).value());
        first.setPreviousHash(new Sha256(EntryHash.of(partition.get(1).value())));
        Lying begins = new Lying(Topics.AUDIT, 0, 3, Written.bytes(first));
        assertThat(walked(List.of(begins)).fault())
                .hasValue(new Fault("audit.decisions-0-3", "is the first and names one before it"));

        Lying last = partition.get(ENTRIES - 1);
        AuditEntry later = following(last);
        later.setKind(EntryKind.RESOLUTION);
        later.setPreviousOffset(5);
        ChainWalk walk = walked(partition);
        walk.next(last.offset() + 1, ByteBuffer.wrap(Written.bytes(later)));
        assertThat(walk.fault().map(Fault::what)).hasValue("names an offset before it and is of no input");
    }

    @Test
    void shouldNameACheckpointThatLiesBehindEntries() {
        List<Lying> records = new ArrayList<>(records(partitions));
        records.add(new Lying(Topics.CHECKPOINTS, 0, 9, checkpoints.get(0).bytes()));
        assertThat(verification(checkpoints).export(records).faults())
                .containsExactly(
                        new Fault("audit.checkpoints-0-9", "lies behind entries, where no export has a checkpoint"));
    }

    /** Whoever writes the audit could decide a topic's offsets under another spelling of its name. */
    @Test
    void shouldKnowATopicHoweverItsLengthIsWritten() {
        List<Lying> partition = partitions.get(0);
        Lying last = partition.get(ENTRIES - 1);
        AuditEntry forged = following(last);
        forged.setPreviousOffset(-1L);
        forged.setOffset(1_000_000L);
        String name = forged.getTopic();
        byte length = (byte) (2 * name.length());
        byte[] longer = latin1(latin1(Written.bytes(forged))
                .replace((char) length + name, (char) (length & 0xff | 0x80) + "\0" + name));
        assertThat(Written.read(longer)).isEqualTo(forged);
        ChainWalk walk = walked(partition);
        assertThat(walk.fault()).isEmpty();

        walk.next(last.offset() + 1, ByteBuffer.wrap(longer));

        assertThat(walk.fault())
                .hasValueSatisfying(fault -> assertThat(fault.what()).startsWith("decides offset 1000000 after -1"));
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void shouldBelieveNoCheckpointOfAnotherKey() {
        KeyPair forger = Written.pair();
        Signed forged = Written.signed(partitions.get(0), ENTRIES, forger);
        Verification verification = new Verification(KEYS, Progress.NONE);

        Report report = verification.export(List.of(new Lying(Topics.CHECKPOINTS, 0, 4, forged.bytes())));

        assertThat(report.faults())
                .contains(new Fault(
                        "audit.checkpoints-0-4", "not signed by the key that was given, it says by checkpoint.1"));
    }

    @Test
    void shouldBelieveNoCheckpointThatWasEdited() {
        byte[] signed = checkpoints.get(1).bytes();
        for (int i = 5; i < signed.length; i++) { // what lies before is the schema's id
            byte[] edited = signed.clone();
            edited[i] ^= (byte) (1 << random.nextInt(8));
            assertThat(new Verification(KEYS, Progress.NONE)
                            .export(List.of(new Lying(Topics.CHECKPOINTS, 0, 4, edited)))
                            .faults())
                    .as("byte %d", i)
                    .extracting(Fault::place)
                    .first()
                    .isEqualTo("audit.checkpoints-0-4");
        }
    }

    @Test
    void shouldSeeThatTheSignerSignedTwoHistories() {
        List<Lying> other = Written.partition(0, ENTRIES, new Random(9));
        Verification verification = verification(checkpoints);
        verification.checkpoint(Written.signed(other, 31, Written.SIGNER));

        assertThat(verification.export(records(partitions)).faults())
                .extracting(Fault::toString)
                .containsExactly("audit.decisions-0: the checkpoint of 2026-03-01T12:00:31Z and"
                        + " the checkpoint of 2026-03-01T12:00:31Z signed two different histories of 31 entries");
    }

    /** Entries and checkpoints made anew together: a copy of the checkpoints elsewhere tells. */
    @Test
    void shouldSeeAnAuditMadeAnewByTheSignerItself() throws Exception {
        List<Lying> other = Written.partition(0, ENTRIES + 5, new Random(9));
        Path kept = directory.resolve("checkpoints");
        Files.write(
                kept,
                checkpoints.stream()
                        .filter(c -> c.partition() == 0)
                        .map(Signed::line)
                        .toList());
        Verification verification = new Verification(KEYS, Progress.NONE);
        verification.checkpointsOfFile(kept);
        verification.checkpoint(Written.signed(other, ENTRIES + 5, Written.SIGNER));

        assertThat(verification.export(other).faults())
                .extracting(Fault::place)
                .containsExactly("audit.decisions-0-" + other.get(0).offset());
    }

    @Test
    void shouldSayThatNoCheckpointWasLookedAtWithoutAKey() {
        Report report = new Verification(List.of(), Progress.NONE).export(records(partitions));

        assertThat(report.faults()).isEmpty();
        assertThat(report.skipped())
                .contains(
                        "checkpoints: no public key was given, so whoever can write the audit could have made it anew");
        assertThat(report.parts()).allSatisfy(part -> assertThat(part.signed()).isZero());
    }

    @Test
    void shouldNotBelieveEntriesWithoutACheckpoint() {
        List<Signed> others =
                checkpoints.stream().filter(c -> c.partition() != 1).toList();
        List<List<Lying>> cut = new ArrayList<>(partitions);
        cut.set(1, partitions.get(1).subList(9, ENTRIES));

        for (List<List<Lying>> all : List.of(partitions, cut)) {
            assertThat(verification(others).export(records(all)).faults())
                    .containsExactly(
                            new Fault(
                                    "audit.decisions-1",
                                    "has entries and no checkpoint: either it was removed, or 'audit sign' has not come to it yet"));
        }
        assertThat(new Verification(KEYS, Progress.NONE)
                        .export(records(partitions))
                        .faults())
                .hasSize(PARTITIONS);
    }

    @Test
    void shouldSayThatAnExportAloneDoesNotTellWhatWasCutOffWithItsCheckpoints() throws Exception {
        List<Signed> left = checkpoints.stream().filter(c -> c.partition() < 2).toList();
        List<List<Lying>> two = partitions.subList(0, 2);

        Report alone = verification(left).export(records(two));
        assertThat(alone.faults()).isEmpty();
        assertThat(alone.skipped())
                .contains(
                        "what was cut off together with its checkpoints: only --checkpoints kept elsewhere tell of it");

        Path kept = directory.resolve("checkpoints");
        Files.write(kept, checkpoints.stream().map(Signed::line).toList());
        Verification verification = new Verification(KEYS, Progress.NONE);
        verification.checkpointsOfFile(kept);
        Report report = verification.export(records(two));
        assertThat(report.faults()).extracting(Fault::place).containsExactly("audit.decisions-2-0");
        assertThat(report.skipped()).hasSize(1);
    }

    @Test
    void shouldNotTakeAnotherTopicForTheAudit() {
        List<Lying> records = new ArrayList<>(records(partitions));
        Lying third = records.get(2);
        records.set(2, new Lying("events.order", third.partition(), third.offset(), third.value()));

        assertThat(verification(checkpoints).export(records).faults())
                .extracting(Fault::toString)
                .contains("the export: has a record of another topic than the audit's, said to lie at 0-"
                        + third.offset());
    }

    /** Between two checkpoints a place may differ unseen, but not the order. */
    @Test
    void shouldSeeThatAnEntryLiesElsewhereThanWhereItWasSigned() {
        List<Lying> moved = partitions.get(0).stream()
                .map(l -> new Lying(l.topic(), l.partition(), l.offset() + 3, l.value()))
                .toList();

        assertThat(verification(checkpoints)
                        .export(records(List.of(moved, partitions.get(1), partitions.get(2))))
                        .faults())
                .containsExactly(new Fault(
                        "audit.decisions-0-" + moved.get(0).offset(),
                        "lay at " + (moved.get(0).offset() - 3)
                                + " when the checkpoint of 2026-03-01T12:00:01Z signed it"));
    }

    @Test
    void shouldSeeThatACheckpointIsGoneOrLiesElsewhere() {
        List<Lying> signed = new ArrayList<>();
        checkpoints.stream()
                .filter(c -> c.partition() == 0)
                .forEach(c -> signed.add(new Lying(Topics.CHECKPOINTS, 0, 7 + signed.size(), c.bytes())));
        assertThat(withCheckpoints(signed).faults()).isEmpty();

        Lying second = signed.remove(1);
        assertThat(withCheckpoints(signed).faults())
                .containsExactly(new Fault("audit.checkpoints-0-9", "follows 7: those between are gone"));

        signed.add(1, new Lying(Topics.CHECKPOINTS, 1, 8, second.value()));
        assertThat(withCheckpoints(signed).faults())
                .contains(new Fault("audit.checkpoints-1-8", "is of partition 0 and lies in partition 1"));
    }

    private Report withCheckpoints(List<Lying> signed) {
        List<Lying> records = new ArrayList<>(signed);
        records.addAll(partitions.get(0));
        return new Verification(KEYS, Progress.NONE).export(records);
    }

    @Test
    void shouldNameWhatIsWrongBeforeAnExportCannotBeReadAnyFurther() {
        List<Lying> partition = partitions.get(0);
        Lying fifth = partition.get(5);
        AuditEntry edited = Written.read(fifth.value());
        edited.setUnplannedFields(edited.getUnplannedFields() + 1);
        List<Lying> records = new ArrayList<>(partition);
        records.set(5, new Lying(fifth.topic(), 0, fifth.offset(), Written.bytes(edited)));
        Iterable<Lying> cut = () -> new Iterator<>() {
            private final Iterator<Lying> whole = records.subList(0, 20).iterator();

            @Override
            public boolean hasNext() {
                if (!whole.hasNext()) {
                    throw new UncheckedIOException(new IOException("cannot be read"));
                }
                return true;
            }

            @Override
            public Lying next() {
                return whole.next();
            }
        };

        assertThat(verification(checkpoints).export(cut).faults())
                .extracting(Fault::place)
                .containsExactly("audit.decisions-0-" + fifth.offset(), "the export");
    }

    /** Each would have to be remembered. */
    @Test
    void shouldNotFollowEntriesOfAnyNumberOfTopics() {
        List<Lying> partition = new ArrayList<>();
        for (Lying lying : Written.partition(0, 1_300, random)) {
            AuditEntry entry = Written.read(lying.value());
            entry.setTopic("events.t" + partition.size());
            entry.setKind(EntryKind.EVENT);
            entry.setPreviousOffset(-1L);
            partition.add(new Lying(lying.topic(), 0, lying.offset(), Written.bytes(entry)));
        }

        assertThat(new Verification(List.of(), Progress.NONE)
                        .export(Written.linkedAnew(partition, 0))
                        .faults())
                .containsExactly(new Fault(
                        "audit.decisions-0-" + partition.get(1_000).offset(),
                        "is of one topic more than 1000, and no gate reads so many"));
    }

    private Report verify(List<List<Lying>> all) {
        Verification verification = verification(checkpoints);
        verification.demandWhole();
        return verification.export(records(all));
    }

    private static Verification verification(List<Signed> checkpoints) {
        Verification verification = new Verification(KEYS, Progress.NONE);
        checkpoints.forEach(verification::checkpoint);
        return verification;
    }

    private static List<Lying> records(List<List<Lying>> all) {
        return all.stream().flatMap(List::stream).toList();
    }
}
