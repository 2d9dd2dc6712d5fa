package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.Exported;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.audit.Verification.Progress;
import io.cloakroom.streams.gate.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that somebody altered, or made to do harm, as {@code audit verify --file} reads it. */
class ExportFileTest {

    private static final int PARTITIONS = 2;
    private static final int ENTRIES = 20;
    private static final List<Integer> SIGNED = List.of(1, 13, ENTRIES);
    private static final int OF_EACH = 5_000;
    private static final byte[] SYNC = new byte[16];
    private static final List<PublicKey> KEYS = List.of(Written.SIGNER.getPublic());

    @TempDir
    private Path directory;

    private final Random random = new Random(1);
    private final List<Lying> records = new ArrayList<>();
    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = directory.resolve("audit.avro");
        List<Lying> entries = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            List<Lying> partition = Written.partition(p, ENTRIES, random);
            entries.addAll(partition);
            for (int i = 0; i < SIGNED.size(); i++) {
                Signed signed = Written.signed(partition, SIGNED.get(i), Written.SIGNER);
                records.add(new Lying(Topics.CHECKPOINTS, p, 7 + i, signed.bytes()));
            }
        }
        records.addAll(entries);
    }

    private static byte[] written(List<Lying> records) throws IOException {
        return written(records, CodecFactory.nullCodec());
    }

    private static byte[] written(List<Lying> records, CodecFactory codec) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DataFileWriter<Exported> writer = new DataFileWriter<>(new SpecificDatumWriter<>(Exported.class))) {
            writer.setSyncInterval(4_000); // some blocks
            writer.setCodec(codec);
            writer.create(Exported.getClassSchema(), out, SYNC);
            for (Lying lying : records) {
                writer.append(
                        new Exported(lying.topic(), lying.partition(), lying.offset(), ByteBuffer.wrap(lying.value())));
            }
        }
        return out.toByteArray();
    }

    private Report verify(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        try (ExportFile export = ExportFile.open(file, Progress.NONE)) {
            Verification verification = new Verification(KEYS, Progress.NONE);
            verification.demandWhole();
            return verification.export(export);
        }
    }

    private List<Lying> read() throws IOException {
        List<Lying> read = new ArrayList<>();
        try (ExportFile export = ExportFile.open(file, Progress.NONE)) {
            export.forEach(read::add);
        }
        return read;
    }

    @Test
    void shouldVerifyWhatIsWritten() throws Exception {
        Report report = verify(written(records));

        assertThat(report.faults()).isEmpty();
        assertThat(report.parts())
                .hasSize(PARTITIONS)
                .allSatisfy(part -> assertThat(part.signed()).isEqualTo(ENTRIES));
        assertThat(read()).hasSameSizeAs(records);
    }

    @Test
    void shouldSayHowManyBytesAreReadOfHowMany() throws Exception {
        byte[] bytes = written(records);
        Files.write(file, bytes);
        List<Long> expected = new ArrayList<>();
        List<Long> done = new ArrayList<>();
        Progress progress = new Progress() {
            @Override
            public void expect(long more) {
                expected.add(more);
            }

            @Override
            public void done(long more) {
                done.add(more);
            }
        };

        try (ExportFile export = ExportFile.open(file, progress)) {
            export.forEach(lying -> {});
        }

        assertThat(expected).containsExactly((long) bytes.length);
        assertThat(done).hasSizeGreaterThan(3);
        assertThat(done.stream().mapToLong(n -> n).sum()).isEqualTo(bytes.length);
    }

    // What somebody altered.

    /** Each field of each record, and records that are gone, there twice, or in another's place. */
    @Test
    void shouldFindEveryAlterationOfARecord() throws Exception {
        int unseen = 0;
        for (int i = 0; i < OF_EACH; i++) {
            unseen += isSeen(written(altered(random.nextInt(records.size()), i % 7)), i) ? 0 : 1;
        }
        System.out.println(unseen + " of " + OF_EACH + " with altered records say the same of the audit");
        assertThat(unseen).isLessThan(OF_EACH / 8);
    }

    private List<Lying> altered(int k, int how) {
        Lying was = records.get(k);
        List<Lying> altered = new ArrayList<>(records);
        switch (how) {
            case 0 -> {
                List<String> others = new ArrayList<>(List.of(Topics.AUDIT, Topics.CHECKPOINTS, "events.order", ""));
                others.remove(was.topic());
                altered.set(
                        k,
                        new Lying(
                                others.get(random.nextInt(others.size())), was.partition(), was.offset(), was.value()));
            }
            case 1 -> {
                int partition = was.partition() ^ 1 << random.nextInt(32);
                altered.set(k, new Lying(was.topic(), partition, was.offset(), was.value()));
            }
            case 2 -> {
                long offset = was.offset() ^ 1L << random.nextInt(random.nextBoolean() ? 3 : 64);
                altered.set(k, new Lying(was.topic(), was.partition(), offset, was.value()));
            }
            case 3 -> altered.set(k, new Lying(was.topic(), was.partition(), was.offset(), flipped(was.value())));
            case 4 -> altered.remove(k);
            case 5 -> altered.add(random.nextInt(records.size()), was);
            default -> {
                int other = (k + 1 + random.nextInt(records.size() - 1)) % records.size();
                altered.set(k, records.get(other));
                altered.set(other, was);
            }
        }
        return altered;
    }

    private byte[] flipped(byte[] bytes) {
        byte[] flipped = bytes.clone();
        flipped[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        return flipped;
    }

    /** Its header, what frames its blocks, and what is in them. */
    @Test
    void shouldFindEveryAlterationOfAByte() throws Exception {
        byte[] bytes = written(records);
        int unseen = 0;
        for (int i = 0; i < OF_EACH; i++) {
            int at = random.nextInt(bytes.length);
            byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
            byte[] altered = switch (i % 4) {
                case 0 -> flipped(bytes);
                case 1 -> Arrays.copyOf(bytes, at);
                case 2 -> joined(Arrays.copyOf(bytes, at), new byte[] {(byte) random.nextInt()}, rest);
                default -> joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(rest, 1, rest.length));
            };
            unseen += isSeen(altered, i) ? 0 : 1;
        }
        System.out.println(unseen + " of " + OF_EACH + " with altered bytes say the same of the audit");
        assertThat(unseen).isLessThan(OF_EACH / 8);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /**
     * If it is not, the file says the same of the audit: it has every entry, in its order, each that a checkpoint ends with in
     * its place, and as many are signed as the report says. Where entries lie between two checkpoints, nobody signed.
     */
    private boolean isSeen(byte[] altered, int i) throws IOException {
        Report report = verify(altered);
        if (!report.isVerified()) {
            return true;
        }
        List<Lying> read = read();
        for (int p = 0; p < PARTITIONS; p++) {
            List<Lying> before = of(records, Topics.AUDIT, p);
            List<Lying> after = of(read, Topics.AUDIT, p);
            assertThat(after).as("alteration %d", i).hasSameSizeAs(before);
            for (int e = 0; e < ENTRIES; e++) {
                assertThat(after.get(e).value())
                        .as("alteration %d", i)
                        .isEqualTo(before.get(e).value());
                if (SIGNED.contains(e + 1)) {
                    assertThat(after.get(e).offset())
                            .as("alteration %d", i)
                            .isEqualTo(before.get(e).offset());
                }
            }
            int left = of(read, Topics.CHECKPOINTS, p).size();
            boolean isLastThere =
                    of(read, Topics.CHECKPOINTS, p).stream().anyMatch(c -> c.offset() == 7 + SIGNED.size() - 1);
            assertThat(report.parts().get(p).signed())
                    .as("alteration %d", i)
                    .isEqualTo(isLastThere ? ENTRIES : SIGNED.get(left - 1));
        }
        return false;
    }

    private static List<Lying> of(List<Lying> all, String topic, int partition) {
        return all.stream()
                .filter(l -> l.topic().equals(topic) && l.partition() == partition)
                .toList();
    }

    @Test
    void shouldNameTheFirstEntryThatIsWrongOfAFileThatIsCut() throws Exception {
        int fifth = PARTITIONS * SIGNED.size() + 5;
        Lying was = records.get(fifth);
        byte[] value = was.value().clone();
        value[value.length - 1] ^= 1;
        records.set(fifth, new Lying(was.topic(), was.partition(), was.offset(), value));
        byte[] whole = written(records);

        assertThat(verify(Arrays.copyOf(whole, whole.length - 1)).faults())
                .extracting(Fault::place)
                .containsExactly("audit.decisions-0-" + was.offset(), "the export");
    }

    // What somebody made to do harm.

    private static final String CUT = "it is no export, or not the whole of one";

    private String fault(byte[] bytes) throws IOException {
        Report report = verify(bytes);
        assertThat(report.faults()).hasSize(1);
        return report.faults().get(0).toString();
    }

    @Test
    void shouldSayWhatIsNoExport() throws Exception {
        assertThat(fault(new byte[0])).isEqualTo("the export: cannot be read any further, at byte 0 or before: " + CUT);
        assertThat(fault(new byte[] {1, 2, 3})).endsWith(CUT);
        assertThat(fault("not Avro at all".getBytes(StandardCharsets.US_ASCII)))
                .endsWith("it is no Avro object container");
        assertThat(fault(written(records, CodecFactory.deflateCodec(9))))
                .endsWith("it is compressed, and no export is");
        Schema other = Schema.createArray(Schema.create(Schema.Type.NULL));
        assertThat(fault(header(other.toString()))).endsWith("its schema is not that of an export");
        assertThat(fault(header("[".repeat(20_000)))).endsWith("its schema is none");
        assertThat(fault(header("x".repeat(100_000)))).endsWith(CUT);
    }

    /** Each would have Avro's own reader allocate up to two gigabytes. */
    @Test
    void shouldBelieveNoLength() throws Exception {
        String schema = Exported.getClassSchema().toString();
        byte[] header = header(schema);
        assertThat(verify(header).faults()).extracting(Fault::what).containsExactly("has no entries");

        assertThat(fault(joined(Arrays.copyOf(header, 4), longs(1, 1L << 30)))).endsWith(CUT);
        assertThat(fault(joined(Arrays.copyOf(header, 4), longs(1L << 40))))
                .endsWith("more items than the record can hold");
        assertThat(fault(joined(header, longs(1, (1L << 31) - 100))))
                .endsWith("a block of 1 records in 2147483548 bytes is none of an export");
        assertThat(fault(joined(header, longs(1, 10 << 20)))).endsWith(CUT);
        byte[] long1 = longs(1 << 30);
        assertThat(fault(joined(header, longs(1, long1.length), long1, SYNC))).endsWith(CUT);
        assertThat(fault(joined(header, longs(-1, 0), SYNC)))
                .endsWith("a block of -1 records in 0 bytes is none of an export");
        assertThat(fault(joined(header, longs(0, 4), new byte[4], SYNC)))
                .endsWith("a block of 0 records in 4 bytes is none of an export");
    }

    /** Somebody who writes records of as many partitions or faults as there can be. */
    @Test
    void shouldReadNoFurtherThanItMakesSense() throws Exception {
        byte[] value = records.get(0).value();
        List<Lying> many = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            many.add(new Lying(Topics.AUDIT, 10_000 + i, 0, value));
        }
        List<Fault> faults = verify(written(many)).faults();
        assertThat(faults).hasSize(101);
        assertThat(faults.get(100).toString())
                .isEqualTo("the export: is not read any further: too much of it is wrong");
    }

    private static byte[] header(String schema) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        encoder.writeFixed(new byte[] {'O', 'b', 'j', 1});
        encoder.writeLong(1);
        encoder.writeString("avro.schema");
        encoder.writeString(schema);
        encoder.writeLong(0);
        encoder.writeFixed(SYNC);
        encoder.flush();
        return out.toByteArray();
    }

    private static byte[] longs(long... values) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        for (long value : values) {
            encoder.writeLong(value);
        }
        encoder.flush();
        return out.toByteArray();
    }
}
