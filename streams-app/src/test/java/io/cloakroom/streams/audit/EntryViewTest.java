package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.streams.audit.Verification.Lying;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.util.RandomData;
import org.junit.jupiter.api.Test;

class EntryViewTest {

    private final EntryView view = new EntryView();

    /** Anything that the schema allows, unions and empty arrays too: a field more or moved, and this fails. */
    @Test
    void shouldReadWhatTheSchemaSays() throws IOException {
        for (Object any : new RandomData(AuditEntry.getClassSchema(), 2_000, 1L)) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(new byte[5]);
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            new SpecificDatumWriter<>(AuditEntry.getClassSchema(), new SpecificData()).write(any, encoder);
            encoder.flush();
            AuditEntry entry = Written.read(out.toByteArray());

            view.read(between(out.toByteArray()));

            assertThat(view.sequence).isEqualTo(entry.getSequence());
            assertThat(view.follows(entry.getPreviousHash().bytes())).isTrue();
            assertThat(view.kind).isEqualTo(entry.getKind());
            assertThat(view.isInput())
                    .isEqualTo(entry.getKind() != EntryKind.RESOLUTION && entry.getKind() != EntryKind.RECALL);
            assertThat(view.partition).isEqualTo(entry.getPartition());
            assertThat(view.offset).isEqualTo(entry.getOffset());
            assertThat(view.previousOffset).isEqualTo(entry.getPreviousOffset());
            assertThat(view.decidedAt).isEqualTo(entry.getDecidedAt().toEpochMilli());
            assertThat(view.recipients()).isEqualTo(entry.getDecisions().size());
            for (int i = 0; i < view.recipients(); i++) {
                RecipientDecision decision = entry.getDecisions().get(i);
                assertThat(view.outcome(i)).isEqualTo(decision.getOutcome());
                assertThat(view.isRecipient(i, utf8(decision.getRecipient()))).isTrue();
            }
            assertThat(view.isOf(out.toByteArray(), entry.getSubjectToken()))
                    .isEqualTo(entry.getKind() == EntryKind.RESOLUTION || entry.getSubjectToken() != null);
            assertThat(view.isOf(out.toByteArray(), "nobody")).isEqualTo(entry.getKind() == EntryKind.RESOLUTION);
            assertThat(view.decides(out.toByteArray(), utf8(entry.getTopic())))
                    .isEqualTo(view.isInput() ? entry.getOffset() : -1);
            assertThat(view.decides(out.toByteArray(), utf8(entry.getTopic() + "s")))
                    .isEqualTo(-1);
        }
    }

    @Test
    void shouldRefuseBytesOfAnyOtherLength() {
        for (Lying lying : Written.partition(0, 5, new Random(3))) {
            for (int length = 0; length < lying.value().length + 3; length++) {
                byte[] other = Arrays.copyOf(lying.value(), length);
                if (length != lying.value().length) {
                    assertThat(refused(other)).as("%d bytes", length).isTrue();
                }
            }
        }
    }

    private boolean refused(byte[] bytes) {
        try {
            view.read(between(bytes));
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** In an array that has something else before and after it. */
    private static ByteBuffer between(byte[] bytes) {
        ByteBuffer whole = ByteBuffer.allocate(bytes.length + 20);
        Arrays.fill(whole.array(), (byte) 2);
        return whole.position(10)
                .put(bytes)
                .position(10)
                .limit(10 + bytes.length)
                .slice();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
