package io.cloakroom.streams.audit;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * Proves that the audit is whole and untouched, of an export or of a cluster. It trusts the public keys that it is given, and
 * of a cluster the broker's word on what is committed.
 */
public final class Verification {

    private static final ChainWalk.Listener NOBODY = (entry, offset) -> {};

    // What an export may have, so that none takes more memory than there is.
    private static final int MOST_PARTITIONS = 10_000;
    private static final int MOST_FAULTS = 100;

    private static final String EXPORT = "the export";

    private final Collection<PublicKey> keys;
    private final Progress progress;
    private final Map<ByteBuffer, Signed> checkpoints = new LinkedHashMap<>(); // once each, by what was signed
    private final Map<Integer, Long> nextCheckpoints = new HashMap<>(); // of each partition, where it must lie
    private boolean areKept;
    private final Findings found = new Findings();
    private boolean isWhole;

    /** What a report says, while it is made. */
    private static final class Findings {
        private final List<Report.Part> parts = new ArrayList<>();
        private final List<Fault> faults = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();

        void add(Findings more) {
            parts.addAll(more.parts);
            faults.addAll(more.faults);
            skipped.addAll(more.skipped);
        }

        Report report() {
            return new Report(parts, faults, skipped);
        }
    }

    /** Hears how far it is; several threads tell. */
    public interface Progress {
        /** Nobody does. */
        Progress NONE = new Progress() {
            @Override
            public void expect(long more) {}

            @Override
            public void done(long more) {}
        };

        /** So many more are to be read: offsets of a cluster, bytes of a file. */
        void expect(long more);

        /** So many more have been. */
        void done(long more);
    }

    /** @param keys of which one must have signed each checkpoint; none: then no checkpoint is looked at */
    public Verification(Collection<PublicKey> keys, Progress progress) {
        this.keys = List.copyOf(keys);
        this.progress = progress;
        if (keys.isEmpty()) {
            found.skipped.add(
                    "checkpoints: no public key was given, so whoever can write the audit could have made it anew");
        }
    }

    /** Of somebody who has read it. */
    void checkpoint(Signed signed) {
        checkpoints.putIfAbsent(ByteBuffer.wrap(signed.value().getSignature().bytes()), signed);
    }

    /** Something that cannot be looked at. */
    public void skip(String what) {
        found.skipped.add(what);
    }

    /** Checkpoints that somebody kept elsewhere, as {@code audit sign --file} writes them. */
    public void checkpointsOfFile(Path file) throws IOException {
        areKept = true;
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (!line.isBlank() && !keys.isEmpty()) {
                try {
                    checkpoint(Signed.ofLine(line, keys));
                } catch (NotSignedException e) {
                    found.faults.add(new Fault(file + ":" + number, e.getMessage()));
                }
            }
        }
    }

    /** Likewise in another cluster, as {@code audit sign --to} writes them; its settings stand in that file. */
    public void checkpointsOfCluster(Path config) throws IOException {
        areKept = true;
        if (keys.isEmpty()) {
            return;
        }
        try (ClusterReader reader = new ClusterReader(Settings.read(config))) {
            List<TopicPartition> partitions = reader.partitions(Topics.CHECKPOINTS);
            reader.read(reader.begins(partitions), reader.committedEnds(partitions), record -> {
                try {
                    checkpoint(Signed.of(record, keys));
                } catch (NotSignedException e) {
                    found.faults.add(new Fault(config.toString(), e.getMessage()));
                }
                return true;
            });
        }
    }

    /** One that lies in its topic, where nothing is ever removed: one behind the other without a gap. */
    private void checkpoint(int partition, long offset, byte[] value) {
        if (keys.isEmpty()) {
            return;
        }
        Long next = nextCheckpoints.put(partition, offset + 1);
        String wrong = next == null || next == offset ? "" : "follows " + (next - 1) + ": those between are gone";
        try {
            Signed signed = Signed.read(value, keys);
            checkpoint(signed);
            if (signed.partition() != partition) {
                wrong = "is of partition " + signed.partition() + " and lies in partition " + partition;
            }
        } catch (NotSignedException e) {
            wrong = e.getMessage();
        }
        if (!wrong.isEmpty()) {
            found.faults.add(Fault.at(Topics.CHECKPOINTS, partition, offset, wrong));
        }
    }

    private List<Signed> of(int partition) {
        return checkpoints.values().stream()
                .filter(c -> c.partition() == partition)
                .toList();
    }

    private ChainWalk walk(int partition, ChainWalk.Listener listener) {
        return new ChainWalk(partition, of(partition), listener);
    }

    /** From now on it is wrong if the first entries are gone, by retention or otherwise. */
    public void demandWhole() {
        isWhole = true;
    }

    /** @param begin of the partition: before it, whatever lay there was removed */
    private void part(
            int partition,
            ChainWalk walk,
            Optional<Fault> fault,
            long begin,
            long inputs,
            long releases,
            Findings into) {
        String place = Topics.AUDIT + "-" + partition;
        fault.ifPresent(into.faults::add);
        if (!keys.isEmpty() && walk.first() >= 0 && of(partition).isEmpty()) {
            into.faults.add(new Fault(
                    place,
                    "has entries and no checkpoint: either it was removed, or 'audit sign' has not come to it yet"));
        }
        if (isWhole && walk.first() > 0 && fault.isEmpty()) {
            into.faults.add(new Fault(place, "begins with entry " + walk.first() + ": those before it are not there"));
        }
        if (walk.first() < 0 && begin > 0 && fault.isEmpty()) {
            String emptied = "has no entry: whatever lay before " + begin + " was removed";
            if (isWhole) {
                into.faults.add(new Fault(place, emptied));
            } else {
                into.skipped.add("all of " + place + ", which " + emptied);
            }
        }
        into.parts.add(new Report.Part(partition, walk.first(), walk.size(), walk.signed(), inputs, releases));
    }

    // An export.

    /** A record of the audit's topics, in the order in which an export has them: checkpoints first. */
    public record Lying(String topic, int partition, long offset, byte[] value) {}

    /** Entries alone: nothing is there to hold them against. */
    public Report export(Iterable<Lying> records) {
        Map<Integer, ChainWalk> walks = new TreeMap<>();
        Optional<Fault> cut = walkAll(records, walks);
        boolean isRead = cut.isEmpty();
        if (isRead) {
            checkpoints.values().forEach(c -> walks.computeIfAbsent(c.partition(), p -> walk(p, NOBODY)));
        }
        walks.forEach((partition, walk) -> part(partition, walk, isRead ? walk.end(0) : walk.fault(), 0, 0, 0, found));
        cut.ifPresent(found.faults::add);
        found.skipped.add("input records and releases: an export does not have them");
        if (!keys.isEmpty() && !areKept) {
            found.skipped.add(
                    "what was cut off together with its checkpoints: only --checkpoints kept elsewhere tell of it");
        }
        if (walks.isEmpty() && isRead) {
            found.faults.add(new Fault(EXPORT, "has no entries"));
        }
        return found.report();
    }

    /** @return why it is not read to its end, if it is not */
    private Optional<Fault> walkAll(Iterable<Lying> records, Map<Integer, ChainWalk> walks) {
        int before = found.faults.size();
        try {
            for (Lying record : records) {
                walk(record, walks);
                if (found.faults.size() - before >= MOST_FAULTS) {
                    return Optional.of(new Fault(EXPORT, "is not read any further: too much of it is wrong"));
                }
            }
            return Optional.empty();
        } catch (UncheckedIOException e) {
            return Optional.of(new Fault(EXPORT, e.getCause().getMessage()));
        }
    }

    private void walk(Lying record, Map<Integer, ChainWalk> walks) {
        int partition = record.partition();
        if (partition < 0 || partition >= MOST_PARTITIONS) {
            found.faults.add(new Fault(EXPORT, "has a record of partition " + partition + ", which no audit has"));
        } else if (record.topic().equals(Topics.AUDIT)) {
            walks.computeIfAbsent(partition, p -> walk(p, NOBODY))
                    .next(record.offset(), ByteBuffer.wrap(record.value()));
        } else if (!record.topic().equals(Topics.CHECKPOINTS)) {
            found.faults.add(new Fault(
                    EXPORT,
                    "has a record of another topic than the audit's, said to lie at " + partition + "-"
                            + record.offset()));
        } else if (!walks.isEmpty()) {
            found.faults.add(Fault.at(
                    Topics.CHECKPOINTS,
                    partition,
                    record.offset(),
                    "lies behind entries, where no export has a checkpoint"));
        } else {
            checkpoint(partition, record.offset(), record.value());
        }
    }

    // A cluster.

    /**
     * The audit as it is now, with what it is about; the gate may run.
     *
     * @param pseudonyms of every recipient and epoch, to make the ids of releases again; empty: they are not looked at
     * @param threads how many partitions are verified side by side
     */
    public Report cluster(Settings settings, Blueprint blueprint, Optional<Pseudonyms> pseudonyms, int threads)
            throws ExecutionException, InterruptedException {
        if (pseudonyms.isEmpty()) {
            found.skipped.add("releases: the recipients' keys are not there");
        }
        try (ClusterReader reader = new ClusterReader(settings)) {
            readCheckpoints(reader);
            Map<TopicPartition, Long> decided = reader.committed(Gate.group(settings));
            List<TopicPartition> partitions = reader.partitions(Topics.AUDIT);
            Map<TopicPartition, Long> begins = reader.begins(partitions);
            Map<TopicPartition, Long> ends = reader.writtenEnds(partitions);
            ends.forEach((p, end) -> progress.expect(end - begins.get(p)));
            Map<Integer, Findings> verified = new ConcurrentSkipListMap<>();
            SideBySide.each(
                    Math.min(threads, partitions.size()),
                    partitions,
                    () -> new ClusterReader(settings),
                    (partition, own) -> verified.put(
                            partition.partition(),
                            new OnePartition(own, blueprint, pseudonyms, decided, partition, ends.get(partition))
                                    .verify()));
            verified.values().forEach(found::add);
            beyond(reader, blueprint, partitions.size());
        }
        return found.report();
    }

    /** What an entry is about and what it releases is in the partition of its number: where no audit is, there can be none. */
    private void beyond(ClusterReader reader, Blueprint blueprint, int count)
            throws ExecutionException, InterruptedException {
        List<TopicPartition> none = Stream.concat(
                        Topics.published(blueprint.history()).stream(), Topics.releases(blueprint.history()).stream())
                .flatMap(topic -> reader.partitions(topic).stream())
                .filter(p -> p.partition() >= count)
                .toList();
        reader.writtenEnds(none).forEach((partition, end) -> {
            if (end > 0) {
                found.faults.add(new Fault(partition.toString(), "holds something, where the audit has no partition"));
            }
        });
    }

    private void readCheckpoints(ClusterReader reader) {
        if (keys.isEmpty()) {
            return;
        }
        List<TopicPartition> partitions = reader.partitions(Topics.CHECKPOINTS);
        reader.read(reader.begins(partitions), reader.committedEnds(partitions), record -> {
            checkpoint(record.partition(), record.offset(), Utils.toNullableArray(record.value()));
            return true;
        });
    }

    /**
     * One partition of the audit and the same of the topics that it tells of. First the entries, as far as the group had
     * committed its input at least; then the releases; then the entries that came in the meantime, for the releases that
     * did; then the input records as far as they are decided.
     */
    private final class OnePartition {

        /** How much was held against the audit. */
        private record Compared(long inputs, long releases) {}

        private final ClusterReader reader;
        private final Blueprint blueprint;
        private final Map<TopicPartition, Long> decided;
        private final TopicPartition audit;
        private final Findings findings = new Findings();
        private final boolean hasKeys;
        private final Accounts accounts;
        private final Recipients recipients;
        private final ChainWalk walk;
        private final BoundedDecoder decoder = new BoundedDecoder(new byte[0], 0);
        private long expected;

        /** @param expected an end of it, as far as it is expected to be read */
        OnePartition(
                ClusterReader reader,
                Blueprint blueprint,
                Optional<Pseudonyms> pseudonyms,
                Map<TopicPartition, Long> decided,
                TopicPartition audit,
                long expected) {
            this.reader = reader;
            this.blueprint = blueprint;
            this.decided = decided;
            this.audit = audit;
            this.hasKeys = pseudonyms.isPresent();
            this.expected = expected;
            this.accounts = new Accounts(
                    audit.partition(),
                    pseudonyms.map(p -> new Accounts.Releases(blueprint.history(), p)),
                    expected == 0);
            this.recipients = new Recipients(audit.partition(), blueprint.history());
            this.walk = walk(audit.partition(), (entry, offset) -> {
                recipients.hear(entry, offset);
                accounts.hear(entry, offset);
            });
        }

        Findings verify() throws ExecutionException, InterruptedException {
            long begin = reader.begins(List.of(audit)).get(audit);
            long seen = read(begin);
            if (walk.fault().isPresent()) {
                part(audit.partition(), walk, walk.fault(), begin, 0, 0, findings);
                return findings;
            }
            Map<String, Integer> due = accounts.counts();
            Map<String, Accounts.Told> releases = hasKeys ? releases() : Map.of();
            read(seen);
            Map<String, Accounts.Longs> inputs = inputs();
            Optional<Fault> fault = walk.end(begin);
            Compared compared = new Compared(0, 0);
            if (fault.isEmpty()) {
                recipients.fault().or(accounts::fault).ifPresent(findings.faults::add);
                compared = hold(inputs, releases, due);
            }
            part(audit.partition(), walk, fault, begin, compared.inputs, compared.releases, findings);
            return findings;
        }

        private long read(long from) throws ExecutionException, InterruptedException {
            Map<TopicPartition, Long> ends = reader.writtenEnds(List.of(audit));
            long end = ends.get(audit);
            progress.expect(Math.max(0, end - expected));
            expected = Math.max(end, expected);
            reader.read(Map.of(audit, from), ends, progress, record -> walk.next(record.offset(), record.value()));
            return end;
        }

        /** What there is of every topic that publishers write, as far as it is decided. */
        private Map<String, Accounts.Longs> inputs() throws ExecutionException, InterruptedException {
            Map<String, Accounts.Longs> records = new TreeMap<>();
            Map<TopicPartition, Long> ends = new HashMap<>();
            for (TopicPartition partition : beside(Topics.published(blueprint.history()))) {
                records.put(partition.topic(), new Accounts.Longs());
                ends.put(partition, Math.max(decided.getOrDefault(partition, 0L), accounts.end(partition.topic())));
            }
            Map<TopicPartition, Long> begins = reader.begins(ends.keySet());
            reader.writtenEnds(List.copyOf(ends.keySet())).forEach((partition, end) -> {
                if (!decided.containsKey(partition) && end > begins.get(partition)) {
                    findings.skipped.add(
                            "the end of " + partition + ": the gate's group has committed no offset there");
                }
                ends.merge(partition, end, Math::min);
            });
            reader.read(begins, ends, record -> {
                records.get(record.topic()).add(record.offset());
                return true;
            });
            for (String topic : accounts.topics()) {
                if (!records.containsKey(topic)) {
                    findings.faults.add(new Fault(
                            audit.toString(), "tells of records of " + topic + ", where no publisher writes"));
                }
            }
            return records;
        }

        private Map<String, Accounts.Told> releases() throws ExecutionException, InterruptedException {
            Map<String, Accounts.Told> releases = new TreeMap<>();
            Map<TopicPartition, Long> begins = reader.begins(beside(Topics.releases(blueprint.history())));
            begins.keySet().forEach(p -> releases.put(p.topic(), new Accounts.Told()));
            reader.read(begins, reader.writtenEnds(begins.keySet()), record -> {
                if (!add(record.value(), releases.get(record.topic()), record.offset())) {
                    findings.faults.add(Fault.at(
                            record.topic(), record.partition(), record.offset(), "is no release: it has no releaseId"));
                }
                return true;
            });
            return releases;
        }

        /** The partition of the same number of each topic that has one. */
        private List<TopicPartition> beside(Collection<String> topics) {
            return topics.stream()
                    .flatMap(topic -> reader.partitions(topic).stream())
                    .filter(p -> p.partition() == audit.partition())
                    .toList();
        }

        private Compared hold(
                Map<String, Accounts.Longs> inputs, Map<String, Accounts.Told> releases, Map<String, Integer> due) {
            Map<TopicPartition, Long> begins = reader.begins(beside(inputs.keySet()));
            accounts.unknown(inputs.keySet()).forEach(topic -> {
                int count = inputs.remove(topic).count();
                if (count > 0) {
                    findings.skipped.add(count + " records in " + in(topic) + ": no entry that is left is about one");
                }
            });
            long held = 0;
            for (Map.Entry<String, Accounts.Longs> of : inputs.entrySet()) {
                String topic = of.getKey();
                int early = accounts.early(topic, of.getValue());
                if (early > 0) {
                    findings.skipped.add(early + " records in " + in(topic) + ": before the first entry that is left");
                }
                held += of.getValue().count() - early;
                accounts.input(topic, of.getValue(), begins.get(in(topic))).ifPresent(findings.faults::add);
            }
            accounts.counts().keySet().stream()
                    .filter(topic -> hasKeys && !releases.containsKey(topic))
                    .forEach(topic -> findings.faults.add(new Fault(
                            audit.toString(), "tells of releases in " + topic + ", where no policy has any")));
            Map<TopicPartition, Long> released = reader.begins(beside(releases.keySet()));
            long found = 0;
            for (Map.Entry<String, Accounts.Told> of : releases.entrySet()) {
                String topic = of.getKey();
                Accounts.Told ids = of.getValue();
                int told = due.getOrDefault(topic, 0);
                if (ids.count() == 0 && told > 0 && released.get(in(topic)) > 0) {
                    findings.skipped.add(told + " releases in " + in(topic) + ": whatever lay there was removed");
                }
                if (!accounts.isUntold(told)) {
                    found += ids.count();
                } else if (ids.count() > 0) {
                    findings.skipped.add(
                            ids.count() + " releases in " + in(topic) + ": no entry that is left tells of one");
                }
                accounts.releases(topic, ids, told, released.get(in(topic))).ifPresent(findings.faults::add);
            }
            return new Compared(held, found);
        }

        private TopicPartition in(String topic) {
            return new TopicPartition(topic, audit.partition());
        }

        /** The first field of every release is its id. */
        private boolean add(ByteBuffer release, Accounts.Told told, long offset) {
            if (release == null || release.remaining() < AvroWire.HEADER_LENGTH) {
                return false;
            }
            int start = release.arrayOffset() + release.position();
            decoder.reset(release.array(), start + AvroWire.HEADER_LENGTH, start + release.remaining());
            try {
                int id = decoder.skipText();
                return told.add(release.array(), id, decoder.position(), offset);
            } catch (IOException e) {
                return false;
            }
        }
    }
}
