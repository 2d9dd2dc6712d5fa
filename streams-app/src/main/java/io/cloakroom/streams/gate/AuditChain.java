package io.cloakroom.streams.gate;

import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.TransitionKind;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Hold;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Rule;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.Coordinates;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Writes the audit entries of one partition and links them: each holds the {@link TreeHash} of the one before, as it was written.
 * The head lives in a cached store, so that it is written when the transaction is, and not for each entry.
 *
 * <p>A decision is written down as it was made: there is no other explanation. Entries are Avro of
 * {@code audit_entry.avsc}, written without objects because there is one for each record.
 */
final class AuditChain {

    static final String STORE = "audit-chain";

    /** Of a subject that could not be read, or of whom nothing is known. */
    static final byte[] NO_TOKEN = {};

    private static final Bytes HEAD = Bytes.wrap(new byte[] {0});
    private static final String POLICY = "policy:";

    private final KeyValueStore<Bytes, byte[]> store;
    private final byte[] header;
    private final TreeHash hash = new TreeHash();
    private final Out out = new Out();
    private final Map<String, byte[]> texts = new HashMap<>();
    private final Map<String, byte[]> hashes = new HashMap<>();
    private final Map<String, Input> inputs = new HashMap<>();

    // The number of the next entry and the hash of the last one.
    private final byte[] head = new byte[Long.BYTES + TreeHash.LENGTH];

    /** A topic of the partition and the offset decided last; negative for none. */
    private static final class Input {
        private final byte[] topic;
        private long offset = -1;

        Input(byte[] topic) {
            this.topic = topic;
        }
    }

    /**
     * @throws IllegalStateException if a version of the policy that decided in this partition is missing, or is another
     *     now
     */
    AuditChain(KeyValueStore<Bytes, byte[]> store, byte[] header, PolicyHistory history) {
        this.store = store;
        this.header = header;
        byte[] stored = store.get(HEAD);
        if (stored != null) {
            restore(stored);
        }
        checkWhatDecided(history);
    }

    private void restore(byte[] row) {
        System.arraycopy(row, 0, head, 0, head.length);
        BoundedDecoder in = new BoundedDecoder(row, head.length);
        try {
            while (in.remaining() > 0) {
                Input input = input(in.readString());
                input.offset = in.readLong();
            }
        } catch (IOException e) {
            throw new IllegalStateException("the head of the audit chain cannot be read", e);
        }
    }

    private void checkWhatDecided(PolicyHistory history) {
        Map<String, String> present = new HashMap<>();
        history.versions().forEach(policy -> present.put(policy.version(), policy.hash()));
        try (KeyValueIterator<Bytes, byte[]> rows = store.all()) {
            rows.forEachRemaining(row -> {
                String key = new String(row.key.get(), StandardCharsets.UTF_8);
                if (key.startsWith(POLICY)) {
                    String version = key.substring(POLICY.length());
                    String hash = HexFormat.of().formatHex(row.value);
                    if (!hash.equals(present.get(version))) {
                        throw new IllegalStateException("the policy of " + version + " decided here and is "
                                + (present.containsKey(version) ? "another now" : "missing")
                                + ": put it back; a change is a new version with a date of effect that lies ahead");
                    }
                    hashes.put(version, row.value);
                }
            });
        }
    }

    /** A decision and what an entry says of its purposes and treatments, in Avro: see {@link Form}. */
    record Decided(Decision decision, byte[] purposes, byte[] treatments) {

        /** Of one that is no release. */
        static Decided not(Decision decision) {
            return new Decided(decision, NOTHING, NOTHING);
        }

        static Decided as(Release release, Form form) {
            return new Decided(release, form.purposes, form.treatments);
        }
    }

    /** An empty array. */
    private static final byte[] NOTHING = {0};

    /**
     * What an entry says besides its place in the chain.
     *
     * @param token of the subject, in ASCII; empty where none could be read
     * @param occurredAt empty where it could not be read
     * @param reason why a control record was taken in or a record went to quarantine; empty for an event
     */
    record Entry(
            EntryKind kind,
            Place place,
            byte[] token,
            Optional<Long> occurredAt,
            long decidedAt,
            Optional<Policy> policy,
            Optional<Rule> reason,
            int unplanned,
            List<Decided> decisions,
            List<Recalled> recalls) {

        private boolean isInput() {
            return Topics.isOfInput(kind);
        }
    }

    /** Releases that a recipient must give up, or may keep where it cannot be asked (C42). */
    record Recalled(String recipient, int epoch, String purpose, Rule rule, boolean isPossible) {}

    /** @return the entry in the wire format */
    byte[] append(Entry entry) {
        Place place = entry.place();
        Input input = input(place.topic());
        long sequence = ByteBuffer.wrap(head).getLong();

        out.clear();
        out.put(header).putLong(sequence).put(head, Long.BYTES, head.length);
        out.putLong(entry.kind().ordinal()).putText(input.topic);
        out.putLong(place.partition()).putLong(place.offset()).putLong(entry.isInput() ? input.offset : -1);
        if (entry.token().length == 0) {
            out.putLong(0);
        } else {
            out.putLong(1).putText(entry.token());
        }
        if (entry.occurredAt().isEmpty()) {
            out.putLong(0);
        } else {
            out.putLong(1).putLong(entry.occurredAt().get());
        }
        out.putLong(place.arrivedAt()).putLong(entry.decidedAt());
        if (entry.policy().isEmpty()) {
            out.putLong(0).putLong(0);
        } else {
            Policy policy = entry.policy().get();
            out.putLong(1).putText(text(policy.version())).putLong(1).put(hash(policy));
        }
        if (entry.reason().isEmpty()) {
            out.putLong(0);
        } else {
            Rule rule = entry.reason().get();
            out.putLong(1).putText(text(rule.id())).putText(text(rule.clause()));
        }
        out.putLong(entry.unplanned());
        if (!entry.decisions().isEmpty()) {
            out.putLong(entry.decisions().size());
            entry.decisions().forEach(this::write);
        }
        out.putLong(0);
        if (!entry.recalls().isEmpty()) {
            out.putLong(entry.recalls().size());
            entry.recalls().forEach(this::write);
        }
        out.putLong(0);
        if (place.replayOf().isEmpty()) {
            out.putLong(0);
        } else {
            Coordinates before = place.replayOf().get();
            out.putLong(1).putText(text(before.topic()));
            out.putLong(before.partition()).putLong(before.offset());
        }
        byte[] written = out.toBytes();

        link(sequence + 1, written);
        if (entry.isInput()) {
            input.offset = place.offset();
        }
        store.put(HEAD, row());
        return written;
    }

    private void write(Decided decided) {
        Decision decision = decided.decision();
        out.putText(text(decision.recipient().id())).put(decided.purposes());
        out.putLong(outcome(decision).ordinal());
        out.putText(text(decision.rule().id())).putText(text(decision.clause()));
        if (decision.transition().isEmpty()) {
            out.putLong(0);
        } else {
            Transition transition = decision.transition().get();
            out.putLong(1).putLong(kind(transition).ordinal()).putLong(transition.at());
        }
        out.put(decided.treatments());
    }

    private void write(Recalled recalled) {
        out.putText(text(recalled.recipient())).putLong(recalled.epoch()).putText(text(recalled.purpose()));
        out.putText(text(recalled.rule().id())).putText(text(recalled.rule().clause()));
        out.put(recalled.isPossible() ? 1 : 0);
    }

    private void link(long next, byte[] written) {
        ByteBuffer.wrap(head).putLong(next);
        hash.leaf(written, head, Long.BYTES);
    }

    private Input input(String topic) {
        return inputs.computeIfAbsent(topic, t -> new Input(text(t)));
    }

    /** The head and what was decided last of each topic. */
    private byte[] row() {
        out.clear();
        out.put(head);
        for (Input input : inputs.values()) {
            out.putText(input.topic).putLong(input.offset);
        }
        return out.toBytes();
    }

    /** Of closed vocabularies and names of topics: few. */
    private byte[] text(String text) {
        return texts.computeIfAbsent(text, t -> t.getBytes(StandardCharsets.UTF_8));
    }

    /** A version that decides for the first time is remembered. */
    private byte[] hash(Policy policy) {
        byte[] hash = hashes.get(policy.version());
        if (hash == null) {
            hash = HexFormat.of().parseHex(policy.hash());
            hashes.put(policy.version(), hash);
            store.put(Bytes.wrap((POLICY + policy.version()).getBytes(StandardCharsets.UTF_8)), hash);
        }
        return hash;
    }

    static Outcome outcome(Decision decision) {
        if (decision instanceof Release) {
            return Outcome.RELEASE;
        } else if (decision instanceof Withhold) {
            return Outcome.WITHHOLD;
        } else if (decision instanceof Hold) {
            return Outcome.HOLD;
        }
        throw new IncompatibleClassChangeError("not a decision: " + decision.getClass());
    }

    private static TransitionKind kind(Transition transition) {
        return switch (transition.kind()) {
            case GRANT -> TransitionKind.GRANT;
            case REFUSAL -> TransitionKind.REFUSAL;
        };
    }
}
