package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.Exported;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.audit.Verification.Progress;
import io.cloakroom.streams.gate.Topics;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** How many entries of an export are verified in a second of one core: with {@code -Ptorture}, or {@code -Dcloakroom.speed=true}. */
@EnabledIf("isAsked")
class SpeedTest {

    private static final int ENTRIES = 200_000;
    private static final int WHILE_COMPILED = 16;
    private static final int RUNS = 9;
    private static final long SECOND = 1_000_000_000;

    @TempDir
    private Path directory;

    static boolean isAsked() {
        return Boolean.getBoolean("cloakroom.speed") || Boolean.getBoolean("cloakroom.torture");
    }

    @Test
    void shouldVerifyHalfAMillionEntriesASecond() throws Exception {
        Path file = directory.resolve("audit.avro");
        long bytes = write(file);
        long[] speeds = new long[RUNS];
        for (int run = -WHILE_COMPILED; run < RUNS; run++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            try (ExportFile export = ExportFile.open(file, Progress.NONE)) {
                Report report = new Verification(List.of(Written.SIGNER.getPublic()), Progress.NONE).export(export);
                assertThat(report.faults()).isEmpty();
                assertThat(report.parts().get(0).signed()).isEqualTo(ENTRIES);
            }
            long took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
            speeds[Math.max(0, run)] = ENTRIES * SECOND / took;
        }
        Arrays.sort(speeds);
        long median = speeds[RUNS / 2];
        System.out.println(median + " entries of " + bytes / ENTRIES + " bytes in a second of one core");
        assertThat(median).isGreaterThanOrEqualTo(500_000);
    }

    private static long write(Path file) throws Exception {
        List<Lying> partition = Written.partition(0, ENTRIES, new Random(1));
        long bytes = 0;
        try (DataFileWriter<Exported> writer = new DataFileWriter<>(new SpecificDatumWriter<>(Exported.class))) {
            writer.create(Exported.getClassSchema(), file.toFile());
            Signed checkpoint = Written.signed(partition, ENTRIES, Written.SIGNER);
            writer.append(new Exported(Topics.CHECKPOINTS, 0, 0L, ByteBuffer.wrap(checkpoint.bytes())));
            for (Lying lying : partition) {
                writer.append(new Exported(lying.topic(), 0, lying.offset(), ByteBuffer.wrap(lying.value())));
                bytes += lying.value().length;
            }
        }
        return bytes;
    }
}
