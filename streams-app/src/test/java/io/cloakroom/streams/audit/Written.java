package io.cloakroom.streams.audit;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.ConsentTransition;
import io.cloakroom.gate.Coordinates;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.Reason;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.gate.Sha256;
import io.cloakroom.gate.TransitionKind;
import io.cloakroom.gate.TreatmentCount;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.EntryHash;
import io.cloakroom.streams.audit.Verification.Lying;
import io.cloakroom.streams.gate.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;

/** Partitions of an audit as the gate would write them, made without it; and their checkpoints. */
final class Written {

    static final KeyPair SIGNER = pair();

    private static final int SCHEMA = 7;
    private static final Instant AT = Instant.parse("2026-03-01T12:00:00Z");
    private static final List<String> TOPICS = List.of("events.order", "events.cookie", "consent.changes");
    private static final List<String> RECIPIENTS = List.of("analytics", "group", "payment", "advertising", "mailing");

    private Written() {}

    static KeyPair pair() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** So many entries of a partition, with gaps between their offsets as transactions leave them. */
    static List<Lying> partition(int partition, int count, Random random) {
        List<AuditEntry> entries = new ArrayList<>();
        Map<String, Long> decided = new HashMap<>();
        List<Held> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (!held.isEmpty() && random.nextInt(8) == 0) {
                Held now = held.remove(random.nextInt(held.size()));
                entries.add(entry(i, EntryKind.RESOLUTION, now.topic, partition, now.offset, -1, now.by, random));
                continue;
            }
            String topic = TOPICS.get(random.nextInt(TOPICS.size()));
            boolean isControl = topic.equals(Topics.CONSENT_CHANGES);
            long previous = decided.getOrDefault(topic, -1L);
            long offset = previous + 1 + random.nextInt(3);
            decided.put(topic, offset);
            AuditEntry entry = entry(
                    i,
                    isControl ? EntryKind.CONTROL : EntryKind.EVENT,
                    topic,
                    partition,
                    offset,
                    previous,
                    isControl ? List.of() : RECIPIENTS,
                    random);
            entries.add(entry);
            List<String> by = entry.getDecisions().stream()
                    .filter(d -> d.getOutcome() == Outcome.HOLD)
                    .map(RecipientDecision::getRecipient)
                    .toList();
            if (!by.isEmpty()) {
                held.add(new Held(topic, offset, by));
            }
        }
        return chained(entries, partition, random);
    }

    /** What waits, for these recipients. */
    private record Held(String topic, long offset, List<String> by) {}

    /** For no purpose, by no rule that there is. */
    static RecipientDecision decision(String recipient, Outcome outcome) {
        return new RecipientDecision(recipient, List.of(), outcome, "rule", "C1", null, List.of());
    }

    private static AuditEntry entry(
            long sequence,
            EntryKind kind,
            String topic,
            int partition,
            long offset,
            long previous,
            List<String> recipients,
            Random random) {
        boolean isControl = kind == EntryKind.CONTROL;
        List<RecipientDecision> decisions = new ArrayList<>();
        for (String recipient : recipients) {
            boolean isReleased = random.nextBoolean();
            boolean isHeld = kind == EntryKind.EVENT && !isReleased && random.nextInt(4) == 0;
            decisions.add(new RecipientDecision(
                    recipient,
                    isReleased ? List.of("analysis", "service") : List.of(),
                    isReleased ? Outcome.RELEASE : isHeld ? Outcome.HOLD : Outcome.WITHHOLD,
                    isReleased ? "legitimate-interest" : isHeld ? "guardian-needed" : "consent-withdrawn",
                    "C" + random.nextInt(43),
                    random.nextInt(3) == 0 ? new ConsentTransition(TransitionKind.REFUSAL, AT) : null,
                    isReleased
                            ? List.of(
                                    new TreatmentCount("order.item", "keep", 3),
                                    new TreatmentCount("contact.email", "pseudonymise", 1))
                            : List.of()));
        }
        return new AuditEntry(
                sequence,
                new Sha256(new byte[32]),
                kind,
                topic,
                partition,
                offset,
                previous,
                random.nextInt(5) == 0 ? null : "Zm9vYmFyYmF6cXV4cXV1eA",
                random.nextInt(9) == 0 ? null : AT,
                AT.plusMillis(random.nextInt(1000)),
                AT.plusMillis(1000 + random.nextInt(1000)),
                "2017-11-17",
                new Sha256(new byte[32]),
                isControl ? new Reason("applied", "C25") : null,
                random.nextInt(2),
                decisions,
                isControl ? List.of(new RecallNote("analytics", 1, "analysis", "objected", "C25", true)) : List.of(),
                random.nextInt(9) == 0 ? new Coordinates(topic, partition, 7L) : null);
    }

    /** Linked anew, each in the place of the gate's. */
    static List<Lying> chained(List<AuditEntry> entries, int partition, Random random) {
        List<Lying> lying = new ArrayList<>();
        byte[] head = new byte[32];
        long at = random.nextInt(5);
        for (AuditEntry entry : entries) {
            entry.setPreviousHash(new Sha256(head));
            byte[] value = bytes(entry);
            lying.add(new Lying(Topics.AUDIT, partition, at, value));
            head = EntryHash.of(value);
            at += 1 + (random.nextInt(4) == 0 ? 1 : 0);
        }
        return lying;
    }

    /** The same places and the same links, from an entry on: what a forger does who can write. */
    static List<Lying> linkedAnew(List<Lying> partition, int from) {
        List<Lying> linked = new ArrayList<>(partition.subList(0, from + 1));
        for (Lying lying : partition.subList(from + 1, partition.size())) {
            AuditEntry entry = read(lying.value());
            entry.setPreviousHash(
                    new Sha256(EntryHash.of(linked.get(linked.size() - 1).value())));
            linked.add(new Lying(lying.topic(), lying.partition(), lying.offset(), bytes(entry)));
        }
        return linked;
    }

    static AuditEntry read(byte[] value) {
        try {
            return new SpecificDatumReader<>(AuditEntry.class).read(null, new BoundedDecoder(value, 5));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(AuditEntry entry) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, 0, 0, SCHEMA});
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        try {
            new SpecificDatumWriter<>(AuditEntry.class).write(entry, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** The first so many entries, signed. */
    static Signed signed(List<Lying> partition, int size, KeyPair by) {
        MerkleTree tree = new MerkleTree();
        partition.subList(0, size).forEach(lying -> tree.append(lying.value()));
        Lying last = partition.get(size - 1);
        return Signed.sign(
                SCHEMA,
                Topics.AUDIT,
                last.partition(),
                last.offset() + 1,
                EntryHash.of(last.value()),
                tree,
                AT.plusSeconds(size),
                new Keys.Signing("checkpoint.1", by.getPrivate()));
    }
}
