package io.cloakroom.streams.audit;

import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.TransitionKind;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.gate.Topics;
import io.cloakroom.streams.gate.TreeHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a proof looks at in an audit entry, read without an object for each field: an auditor reads all of them. It knows the
 * fields of {@code audit_entry.avsc} by their order.
 */
public final class EntryView {

    private static final EntryKind[] KINDS = EntryKind.values();
    private static final Outcome[] OUTCOMES = Outcome.values();
    private static final int TRANSITIONS = TransitionKind.values().length;

    private static final long NEVER = Long.MIN_VALUE;
    private static final int NOWHERE = -1;

    private final BoundedDecoder in = new BoundedDecoder(new byte[0], 0);
    private byte[] bytes;
    private int start;
    private int end;

    long sequence;
    EntryKind kind;
    int partition;
    long offset;
    long previousOffset;
    long occurredAt; // NEVER where the entry does not say
    long decidedAt;

    private int previousHash;
    private int policyHash;
    private final Text topic = new Text();

    private Text[] recipients = new Text[0];
    private Outcome[] outcomes = new Outcome[0];
    private int decisions;

    /** A string where it lies, without its length: there is more than one way to write that. */
    private static final class Text {
        private int start;
        private int end;
    }

    /**
     * @param entry in an array, which is not copied
     * @throws IOException if it is no audit entry, to the last byte
     */
    void read(ByteBuffer entry) throws IOException {
        if (entry == null) {
            throw new IOException("no value");
        }
        int from = entry.arrayOffset() + entry.position();
        head(entry.array(), from, from + entry.remaining());
        if (isThere()) {
            in.skipString();
        }
        occurredAt = isThere() ? in.readLong() : NEVER;
        in.readLong();
        decidedAt = in.readLong();
        if (isThere()) {
            in.skipString();
        }
        policyHash = NOWHERE;
        if (isThere()) {
            policyHash = in.position();
            in.skipFixed(TreeHash.LENGTH);
        }
        if (isThere()) {
            in.skipString();
            in.skipString();
        }
        in.readInt();
        decisions();
        recalls();
        if (isThere()) { // the place of what it replays
            in.skipString();
            in.readInt();
            in.readLong();
        }
        if (in.remaining() > 0) {
            throw new IOException(in.remaining() + " bytes are left over");
        }
    }

    /** Whether it is of that subject, or of what came of something that was held; of what is no entry, true. */
    public boolean isOf(byte[] entry, String subjectToken) {
        try {
            head(entry, 0, length(entry));
            return kind == EntryKind.RESOLUTION || isThere() && in.readString().equals(subjectToken);
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * The offset in a topic whose record it decides; negative if it decides none there, or is no entry: to say that is for
     * those who verify.
     *
     * @param name of the topic, in UTF-8
     */
    public long decides(byte[] entry, byte[] name) {
        try {
            head(entry, 0, length(entry));
            return isInput() && isTopic(name) ? offset : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    private static int length(byte[] entry) {
        return entry == null ? 0 : entry.length;
    }

    /** As far as the subject's token. */
    private void head(byte[] array, int from, int until) throws IOException {
        bytes = array;
        start = from;
        end = until;
        if (end - start < AvroWire.HEADER_LENGTH || bytes[start] != 0) {
            throw new IOException("not in the wire format");
        }
        in.reset(bytes, start + AvroWire.HEADER_LENGTH, end);
        sequence = in.readLong();
        previousHash = in.position();
        in.skipFixed(TreeHash.LENGTH);
        kind = KINDS[symbol(KINDS.length)];
        text(topic);
        partition = in.readInt();
        offset = in.readLong();
        previousOffset = in.readLong();
    }

    private void decisions() throws IOException {
        decisions = 0;
        for (long left = in.readArrayStart(); left > 0; left = in.arrayNext()) {
            for (; left > 0; left--) {
                if (decisions == recipients.length) {
                    grow();
                }
                text(recipients[decisions]);
                in.skipArray(1, 0); // purposes
                outcomes[decisions++] = OUTCOMES[symbol(OUTCOMES.length)];
                in.skipString();
                in.skipString();
                if (isThere()) {
                    symbol(TRANSITIONS);
                    in.readLong();
                }
                in.skipArray(2, 1); // treatments
            }
        }
    }

    private void grow() {
        int room = 16 + 2 * decisions;
        outcomes = Arrays.copyOf(outcomes, room);
        recipients = Arrays.copyOf(recipients, room);
        for (int i = decisions; i < room; i++) {
            recipients[i] = new Text();
        }
    }

    private void recalls() throws IOException {
        for (long left = in.readArrayStart(); left > 0; left = in.arrayNext()) {
            for (; left > 0; left--) {
                in.skipString();
                in.readInt();
                in.skipString();
                in.skipString();
                in.skipString();
                in.readBoolean();
            }
        }
    }

    private boolean isThere() throws IOException {
        return symbol(2) == 1;
    }

    private int symbol(int count) throws IOException {
        int symbol = in.readInt();
        if (symbol < 0 || symbol >= count) {
            throw new IOException("a symbol or branch that there is not");
        }
        return symbol;
    }

    private void text(Text text) throws IOException {
        text.start = in.skipText();
        text.end = in.position();
    }

    boolean isInput() {
        return Topics.isOfInput(kind);
    }

    /** @param into {@link TreeHash#LENGTH} bytes */
    void leaf(TreeHash hash, byte[] into) {
        hash.leaf(bytes, start, end, into, 0);
    }

    boolean follows(byte[] hash) {
        return isHash(previousHash, hash);
    }

    /** Whether it names a policy. */
    boolean isUnderAny() {
        return policyHash != NOWHERE;
    }

    /** Whether it names the policy of that hash. */
    boolean isUnder(byte[] hash) {
        return isUnderAny() && isHash(policyHash, hash);
    }

    private boolean isHash(int at, byte[] hash) {
        return Arrays.equals(bytes, at, at + TreeHash.LENGTH, hash, 0, TreeHash.LENGTH);
    }

    /** How many recipients it decides for. */
    int recipients() {
        return decisions;
    }

    Outcome outcome(int decision) {
        return outcomes[decision];
    }

    /** @param name in UTF-8 */
    boolean isTopic(byte[] name) {
        return is(topic, name);
    }

    byte[] topic() {
        return Arrays.copyOfRange(bytes, topic.start, topic.end);
    }

    /** @param name in UTF-8 */
    boolean isRecipient(int decision, byte[] name) {
        return is(recipients[decision], name);
    }

    byte[] recipient(int decision) {
        return Arrays.copyOfRange(bytes, recipients[decision].start, recipients[decision].end);
    }

    String topicName() {
        return string(topic);
    }

    String recipientName(int decision) {
        return string(recipients[decision]);
    }

    private String string(Text text) {
        return new String(bytes, text.start, text.end - text.start, StandardCharsets.UTF_8);
    }

    private boolean is(Text text, byte[] utf8) {
        return Arrays.equals(bytes, text.start, text.end, utf8, 0, utf8.length);
    }
}
