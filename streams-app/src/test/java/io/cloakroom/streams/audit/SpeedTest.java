package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.Exported;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.gate.Topics;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** How many entries of an export are verified in a second of one core: {@code -Dcloakroom.speed=true}. */
@EnabledIfSystemProperty(named = "cloakroom.speed", matches = "true")
class SpeedTest {

    private static final int ENTRIES = 200_000;
    private static final int RUNS = 8;
    private static final long SECOND = 1_000_000_000;

    @TempDir
    private Path directory;

    @Test
    void shouldVerifyHalfAMillionEntriesASecond() throws Exception {
        Path file = directory.resolve("audit.avro");
        long bytes = write(file);
        long best = 0;
        for (int run = 0; run < RUNS; run++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            try (ExportFile export = ExportFile.open(file)) {
                Report report = new Verification(List.of(Written.SIGNER.getPublic()), Written.NOBODY).export(export);
                assertThat(report.faults()).isEmpty();
                assertThat(report.parts().get(0).signed()).isEqualTo(ENTRIES);
            }
            long took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
            best = Math.max(best, ENTRIES * SECOND / took);
        }
        System.out.println(best + " entries of " + bytes / ENTRIES + " bytes in a second of one core");
        assertThat(best).isGreaterThanOrEqualTo(500_000);
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
