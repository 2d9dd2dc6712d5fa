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
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Proves that the audit is whole and untouched, of an export or of a cluster. It trusts the public keys that it is given, and
 * of a cluster the broker's word on what is committed.
 */
public final class Verification {

    private static final ChainWalk.Listener NOBODY = (entry, offset) -> {};

    private final Collection<PublicKey> keys;
    private final Progress progress;
    private final List<Signed> checkpoints = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final List<Report.Part> parts = new ArrayList<>();
    private boolean isWhole;

    /** Hears how far it is. */
    public interface Progress {
        /** So many more entries are to be read. */
        void expect(long entries);

        /** So many more have been. */
        void done(long entries);
    }

    /** @param keys of which one must have signed each checkpoint; none: then no checkpoint is looked at */
    public Verification(Collection<PublicKey> keys, Progress progress) {
        this.keys = List.copyOf(keys);
        this.progress = progress;
        if (keys.isEmpty()) {
            skipped.add("checkpoints: no public key was given, so whoever can write the audit could have made it anew");
        }
    }

    /** Of somebody who has read it. */
    void checkpoint(Signed signed) {
        checkpoints.add(signed);
    }

    /** Something that cannot be looked at. */
    public void skip(String what) {
        skipped.add(what);
    }

    /** Checkpoints that somebody kept elsewhere, as {@code audit sign --file} writes them. */
    public void checkpoints(Path file) throws IOException {
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (!line.isBlank()) {
                String place = file + ":" + number;
                checkpoint(place, () -> Signed.ofLine(line, keys));
            }
        }
    }

    private interface Reading {
        Signed read() throws NotSignedException;
    }

    private void checkpoint(String place, Reading reading) {
        if (keys.isEmpty()) {
            return;
        }
        try {
            checkpoints.add(reading.read());
        } catch (NotSignedException e) {
            faults.add(new Fault(place, e.getMessage()));
        }
    }

    private ChainWalk walk(int partition, ChainWalk.Listener listener) {
        return new ChainWalk(
                partition,
                checkpoints.stream().filter(c -> c.partition() == partition).toList(),
                listener);
    }

    /** From now on it is wrong if the first entries are gone, by retention or otherwise. */
    public void demandWhole() {
        isWhole = true;
    }

    private void part(int partition, ChainWalk walk, long inputs, long releases) {
        Optional<Fault> fault = walk.end();
        fault.ifPresent(faults::add);
        if (isWhole && walk.first() > 0 && fault.isEmpty()) {
            faults.add(new Fault(
                    Topics.AUDIT + "-" + partition,
                    "begins with entry " + walk.first() + ": those before it are not there"));
        }
        parts.add(new Report.Part(partition, walk.first(), walk.size(), walk.signed(), inputs, releases));
    }

    // An export.

    /** A record of the audit's topics, in the order in which an export has them: checkpoints first. */
    public record Lying(String topic, int partition, long offset, byte[] value) {}

    /** Entries alone: nothing is there to hold them against. */
    public Report export(Iterable<Lying> records) {
        Map<Integer, ChainWalk> walks = new TreeMap<>();
        for (Lying record : records) {
            if (record.topic().equals(Topics.CHECKPOINTS)) {
                String place = record.topic() + "-" + record.partition() + "-" + record.offset();
                if (!walks.isEmpty()) {
                    faults.add(new Fault(place, "lies behind entries, where no export has a checkpoint"));
                }
                checkpoint(place, () -> Signed.read(record.value(), keys));
            } else {
                ChainWalk walk = walks.computeIfAbsent(record.partition(), p -> walk(p, NOBODY));
                walk.next(record.offset(), record.value());
                progress.done(1);
            }
        }
        checkpoints.forEach(c -> walks.computeIfAbsent(c.partition(), p -> walk(p, NOBODY)));
        walks.forEach((partition, walk) -> part(partition, walk, 0, 0));
        skipped.add("input records and releases: an export does not have them");
        if (walks.isEmpty()) {
            faults.add(new Fault("the export", "has no entries"));
        }
        return report();
    }

    /** An export that cannot be read to its end. */
    public Report unreadable(String file) {
        faults.add(new Fault(file, "cannot be read any further: no export, or not the whole of one"));
        return report();
    }

    private Report report() {
        return new Report(parts, faults, skipped);
    }

    // A cluster.

    /**
     * The audit as it is now, with what it is about; the gate may run.
     *
     * @param pseudonyms of every recipient and epoch, to make the ids of releases again; empty: they are not looked at
     */
    public Report cluster(Settings settings, Blueprint blueprint, Optional<Pseudonyms> pseudonyms)
            throws ExecutionException, InterruptedException {
        if (pseudonyms.isEmpty()) {
            skipped.add("releases: the recipients' keys are not there");
        }
        try (ClusterReader reader = new ClusterReader(settings)) {
            readCheckpoints(reader);
            Map<TopicPartition, Long> decided = reader.committed(Gate.group(settings));
            if (decided.isEmpty()) {
                skipped.add("the end of the inputs: the group " + Gate.group(settings) + " has committed nothing");
            }
            List<TopicPartition> partitions = reader.partitions(Topics.AUDIT);
            Map<TopicPartition, Long> begins = reader.begins(partitions);
            reader.writtenEnds(partitions).forEach((p, end) -> progress.expect(end - begins.get(p)));
            for (TopicPartition partition : partitions) {
                new OnePartition(reader, blueprint, pseudonyms, decided, partition).verify();
            }
            beyond(reader, blueprint, partitions.size());
        }
        return report();
    }

    /** Releases go to the partition of their input: where no audit is, there can be none. */
    private void beyond(ClusterReader reader, Blueprint blueprint, int count)
            throws ExecutionException, InterruptedException {
        List<TopicPartition> none = Topics.releases(blueprint.history()).stream()
                .flatMap(topic -> reader.partitions(topic).stream())
                .filter(p -> p.partition() >= count)
                .toList();
        reader.writtenEnds(none).forEach((partition, end) -> {
            if (end > 0) {
                faults.add(new Fault(partition.toString(), "holds something, where the audit has no partition"));
            }
        });
    }

    private void readCheckpoints(ClusterReader reader) {
        if (keys.isEmpty()) {
            return;
        }
        List<TopicPartition> partitions = reader.partitions(Topics.CHECKPOINTS);
        reader.read(reader.begins(partitions), reader.committedEnds(partitions), record -> {
            checkpoint(
                    record.topic() + "-" + record.partition() + "-" + record.offset(),
                    () -> Signed.read(record.value(), keys));
            return true;
        });
    }

    /**
     * One partition of the audit and the same of the topics that it tells of. First the entries, as far as the group had
     * committed its input at least; then the releases; then the entries that came in the meantime, for the releases that
     * did; then the input records as far as they are decided.
     */
    private final class OnePartition {
        private final ClusterReader reader;
        private final Blueprint blueprint;
        private final Map<TopicPartition, Long> decided;
        private final TopicPartition audit;
        private final boolean hasKeys;
        private final Accounts accounts;
        private final ChainWalk walk;

        OnePartition(
                ClusterReader reader,
                Blueprint blueprint,
                Optional<Pseudonyms> pseudonyms,
                Map<TopicPartition, Long> decided,
                TopicPartition audit) {
            this.reader = reader;
            this.blueprint = blueprint;
            this.decided = decided;
            this.audit = audit;
            this.hasKeys = pseudonyms.isPresent();
            this.accounts =
                    new Accounts(audit.partition(), pseudonyms.map(p -> new Accounts.Releases(blueprint.history(), p)));
            this.walk = walk(audit.partition(), accounts);
        }

        void verify() throws ExecutionException, InterruptedException {
            long seen = read(reader.begins(List.of(audit)).get(audit));
            if (walk.fault().isPresent()) {
                part(audit.partition(), walk, 0, 0);
                return;
            }
            Map<String, Integer> due = accounts.counts();
            Map<String, Accounts.Told> found = hasKeys ? releases() : Map.of();
            read(seen);
            Map<String, Accounts.Longs> inputs = inputs();
            if (walk.end().isEmpty()) {
                accounts.fault().ifPresent(faults::add);
                hold(inputs, found, due);
            }
            part(
                    audit.partition(),
                    walk,
                    inputs.values().stream().mapToLong(Accounts.Longs::count).sum(),
                    found.values().stream().mapToLong(Accounts.Told::count).sum());
        }

        private long read(long from) throws ExecutionException, InterruptedException {
            Map<TopicPartition, Long> ends = reader.writtenEnds(List.of(audit));
            reader.read(Map.of(audit, from), ends, record -> {
                progress.done(1);
                return walk.next(record.offset(), record.value());
            });
            return ends.get(audit);
        }

        /** What there is of every topic that publishers write, as far as it is decided. */
        private Map<String, Accounts.Longs> inputs() throws ExecutionException, InterruptedException {
            List<String> topics = new ArrayList<>(Topics.inputs(blueprint.history()));
            topics.remove(Topics.FORWARDS);
            Map<String, Accounts.Longs> records = new TreeMap<>();
            Map<TopicPartition, Long> ends = new HashMap<>();
            for (TopicPartition partition : beside(topics)) {
                records.put(partition.topic(), new Accounts.Longs());
                ends.put(partition, Math.max(decided.getOrDefault(partition, 0L), accounts.end(partition.topic())));
            }
            reader.writtenEnds(List.copyOf(ends.keySet())).forEach((p, end) -> ends.merge(p, end, Math::min));
            reader.read(reader.begins(ends.keySet()), ends, record -> {
                records.get(record.topic()).add(record.offset());
                return true;
            });
            for (String topic : accounts.topics()) {
                if (!records.containsKey(topic)) {
                    faults.add(new Fault(
                            audit.toString(), "tells of records of " + topic + ", where no publisher writes"));
                }
            }
            return records;
        }

        private Map<String, Accounts.Told> releases() throws ExecutionException, InterruptedException {
            Map<String, Accounts.Told> found = new TreeMap<>();
            Map<TopicPartition, Long> begins = reader.begins(beside(Topics.releases(blueprint.history())));
            begins.keySet().forEach(p -> found.put(p.topic(), new Accounts.Told()));
            reader.read(begins, reader.writtenEnds(begins.keySet()), record -> {
                if (!add(record, found.get(record.topic()))) {
                    faults.add(Fault.at(
                            record.topic(), record.partition(), record.offset(), "is no release: it has no releaseId"));
                }
                return true;
            });
            return found;
        }

        /** The partition of the same number of each topic that has one. */
        private List<TopicPartition> beside(Collection<String> topics) {
            return topics.stream()
                    .flatMap(topic -> reader.partitions(topic).stream())
                    .filter(p -> p.partition() == audit.partition())
                    .toList();
        }

        private void hold(
                Map<String, Accounts.Longs> inputs, Map<String, Accounts.Told> found, Map<String, Integer> due) {
            Map<TopicPartition, Long> begins = reader.begins(beside(inputs.keySet()));
            inputs.forEach((topic, records) ->
                    accounts.input(topic, records, begins.get(in(topic))).ifPresent(faults::add));
            accounts.counts().keySet().stream()
                    .filter(topic -> hasKeys && !found.containsKey(topic))
                    .forEach(topic -> faults.add(new Fault(
                            audit.toString(), "tells of releases in " + topic + ", where no policy has any")));
            Map<TopicPartition, Long> released = reader.begins(beside(found.keySet()));
            found.forEach(
                    (topic, ids) -> accounts.releases(topic, ids, due.getOrDefault(topic, 0), released.get(in(topic)))
                            .ifPresent(faults::add));
        }

        private TopicPartition in(String topic) {
            return new TopicPartition(topic, audit.partition());
        }
    }

    /** The first field of every release is its id. */
    private static boolean add(ConsumerRecord<byte[], byte[]> record, Accounts.Told found) {
        try {
            if (record.value() == null || record.value().length < AvroWire.HEADER_LENGTH) {
                return false;
            }
            byte[] id = new BoundedDecoder(record.value(), AvroWire.HEADER_LENGTH)
                    .readString(null)
                    .getBytes();
            return found.add(id, record.offset());
        } catch (IOException e) {
            return false;
        }
    }
}
