package io.cloakroom.streams.histories;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Recipient;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.EntryHash;
import io.cloakroom.streams.gate.Partitions;
import io.cloakroom.streams.gate.Partitions.Put;
import io.cloakroom.streams.gate.Partitions.Written;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Keeps account of what the gate writes: the audit, the releases and the recalls must fit each other, whatever was decided. */
final class Books {

    private static final Set<EntryKind> OF_INPUTS =
            EnumSet.of(EntryKind.EVENT, EntryKind.CONTROL, EntryKind.QUARANTINED, EntryKind.FORWARDED);

    private final Partitions gate;
    private final Map<String, Pseudonyms.Key> keys = new HashMap<>();
    private final Map<Integer, byte[]> chains = new HashMap<>();
    private final Map<Put, Integer> entries = new HashMap<>();
    private final Map<Id, String> unexplained = new HashMap<>();
    private final Set<Id> released = new HashSet<>();
    private final Set<Reader> readers = new HashSet<>();
    private final Map<Line, Long> recalled = new HashMap<>();
    private final List<String> faults = new ArrayList<>();

    /** Of a release in its topic. */
    private record Id(String topic, String id) {}

    /** Who holds something of whom. */
    private record Reader(String recipient, String pseudonym) {}

    private record Line(Reader reader, int epoch, String purpose, String brand, String channel, String collector) {}

    Books(Partitions gate) {
        this.gate = gate;
    }

    List<String> faults() {
        return faults;
    }

    void arrived(Put put) {
        entries.put(put, 0);
    }

    void wrote(Written record) {
        boolean isRelease =
                !record.topic().equals(Topics.FORWARDS) && !record.topic().equals(Topics.QUARANTINE);
        if (isRelease) {
            Id id = new Id(record.topic(), id(record));
            check(released.add(id), () -> "twice released " + id);
            unexplained.put(id, text(record.key()));
        }
    }

    void audited(Written record, AuditEntry entry) {
        byte[] before = chains.put(record.partition(), EntryHash.of(record.value()));
        boolean isLinked =
                before == null || Arrays.equals(before, entry.getPreviousHash().bytes());
        check(isLinked, () -> "the chain breaks at " + entry.getSequence());
        Put put = new Put(entry.getTopic(), entry.getPartition(), entry.getOffset());
        if (OF_INPUTS.contains(entry.getKind())) {
            entries.merge(put, 1, Integer::sum);
        }
        for (RecipientDecision decision : entry.getDecisions()) {
            if (decision.getOutcome() == Outcome.RELEASE) {
                explain(put, entry.getDecidedAt().toEpochMilli(), decision);
            }
        }
    }

    /** A decision explains one release, and its id follows from where the event lies. */
    private void explain(Put put, long decidedAt, RecipientDecision decision) {
        Recipient recipient = gate.policies().atOrFirst(decidedAt).recipients().get(decision.getRecipient());
        byte[] place = Pseudonyms.place(put.topic(), put.partition(), put.offset());
        String type = put.topic().substring(Topics.events("").length());
        Id id = new Id(
                recipient.id() + "." + type, text(key(recipient.keyName()).release(place)));
        String pseudonym = unexplained.remove(id);
        check(pseudonym != null, () -> "no release for a decision: " + id);
        Reader reader = new Reader(recipient.id(), pseudonym);
        readers.add(reader);
        recalled.keySet()
                .removeIf(line ->
                        line.reader().equals(reader) && decision.getPurposes().contains(line.purpose()));
    }

    void recalled(Written record, io.cloakroom.gate.Recall recall) {
        String recipient = record.topic().substring(Topics.recalls("").length());
        Reader reader = new Reader(recipient, recall.getPseudonym());
        check(recall.getPseudonym().equals(text(record.key())), () -> "a recall whose key is not its pseudonym");
        check(readers.contains(reader), () -> "recalled from who has nothing: " + recipient);
        Line line = new Line(
                reader,
                recall.getEpoch(),
                recall.getPurpose(),
                recall.getBrand(),
                recall.getChannel(),
                recall.getCollector());
        long before =
                recall.getBefore() == null ? Step.FOR_EVER : recall.getBefore().toEpochMilli();
        Long known = recalled.put(line, before);
        check(known == null || known < before, () -> "recalled again: " + line);
    }

    /** After a step. */
    void close() {
        entries.forEach((put, count) -> check(count == 1, () -> count + " entries for " + put));
        check(unexplained.isEmpty(), () -> "nobody decided " + unexplained);
    }

    private void check(boolean isRight, Supplier<String> fault) {
        if (!isRight) {
            faults.add(fault.get());
        }
    }

    private Pseudonyms.Key key(String name) {
        return keys.computeIfAbsent(name, gate.pseudonyms()::key);
    }

    /** The first field of every release. */
    private static String id(Written record) {
        try {
            return new BoundedDecoder(record.value(), AvroWire.HEADER_LENGTH).readString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(byte[] ascii) {
        return new String(ascii, StandardCharsets.US_ASCII);
    }
}
