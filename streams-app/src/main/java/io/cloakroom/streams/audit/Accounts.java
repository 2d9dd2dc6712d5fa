package io.cloakroom.streams.audit;

import io.cloakroom.gate.Outcome;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.gate.Topics;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * What the entries of one audit partition tell: which input records were decided and which releases were made. It is held
 * against the topics. Both lie there in the order of the entries, since one transaction wrote them.
 *
 * <p>It keeps 16 bytes for each decided record and 24 for each release, of one partition; what is held against it, 8 and 24.
 */
final class Accounts implements ChainWalk.Listener {

    private final int partition;
    private final Releases releases;
    private final List<Decided> decided = new ArrayList<>();
    private final Map<String, Told> told = new HashMap<>();
    private boolean isWhole;
    private Fault fault;

    /** Numbers, one after the other. */
    static final class Longs {
        private long[] values = new long[64];
        private int count;

        void add(long value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        long get(int i) {
            return values[i];
        }

        int count() {
            return count;
        }
    }

    /** The records of one input topic that have an entry. */
    private static final class Decided {
        private final byte[] name;
        private final String topic;
        private long before; // decided earlier, in entries that are gone
        private final Longs offsets = new Longs();
        private final Longs audits = new Longs();
        private final List<Way> ways = new ArrayList<>();

        Decided(byte[] name, String topic, long before) {
            this.name = name;
            this.topic = topic;
            this.before = before;
        }
    }

    /** From a topic to a recipient, under one version of the policy. */
    private record Way(Policy policy, byte[] recipient, Pseudonyms.Key key, Told told) {}

    /** The ids of the releases in one topic, and the entries that tell of them. */
    static final class Told {
        private static final int LENGTH = 22;
        private static final String LAST = "AQgw"; // letters of which only the first two bits count

        private final ByteBuffer id = ByteBuffer.allocate(2 * Long.BYTES);
        private final Longs ids = new Longs();
        private final Longs places = new Longs();

        /** False if it is no such id: 22 characters of base64url, which lie in an array. */
        boolean add(byte[] text, int start, int end, long place) {
            if (end - start != LENGTH || LAST.indexOf(text[end - 1]) < 0) {
                return false;
            }
            try {
                Base64.getUrlDecoder().decode(Arrays.copyOfRange(text, start, end), id.array());
            } catch (IllegalArgumentException e) {
                return false;
            }
            add(id, place);
            return true;
        }

        /** Its 16 bytes. */
        void add(ByteBuffer id, long place) {
            ids.add(id.getLong(0));
            ids.add(id.getLong(Long.BYTES));
            places.add(place);
        }

        int count() {
            return places.count();
        }

        private long place(int i) {
            return places.get(i);
        }

        private boolean is(int i, Told other, int j) {
            return ids.get(2 * i) == other.ids.get(2 * j) && ids.get(2 * i + 1) == other.ids.get(2 * j + 1);
        }

        /** The first at or after a place in the list, before an end; -1 for none. */
        private int find(Told other, int j, int from, int end) {
            for (int i = from; i < end; i++) {
                if (is(i, other, j)) {
                    return i;
                }
            }
            return -1;
        }
    }

    /** Makes the ids of releases again: needs the recipients' keys. */
    static final class Releases {
        private final PolicyHistory history;
        private final Pseudonyms pseudonyms;
        private final Map<String, Pseudonyms.Key> keys = new HashMap<>();

        Releases(PolicyHistory history, Pseudonyms pseudonyms) {
            this.history = history;
            this.pseudonyms = pseudonyms;
        }

        /** Of releases under a policy; empty if that does not know the recipient. */
        Optional<Pseudonyms.Key> key(String recipient, Policy policy) {
            return Optional.ofNullable(policy.recipients().get(recipient))
                    .map(r -> keys.computeIfAbsent(r.keyName(), pseudonyms::key));
        }
    }

    /**
     * @param releases empty where there are no keys: then only inputs are counted
     * @param isNew nothing was ever written to the partition of the audit, so the first entry to come is the first of all
     */
    Accounts(int partition, Optional<Releases> releases, boolean isNew) {
        this.partition = partition;
        this.isWhole = isNew;
        this.releases = releases.orElse(null);
    }

    @Override
    public void hear(EntryView entry, long auditOffset) {
        isWhole |= entry.sequence == 0;
        Decided topic = topic(entry);
        if (entry.isInput()) {
            if (!isWhole && topic.offsets.count() == 0) {
                topic.before = entry.previousOffset;
            }
            topic.offsets.add(entry.offset);
            topic.audits.add(auditOffset);
        }
        for (int i = 0; releases != null && i < entry.recipients(); i++) {
            if (entry.outcome(i) != Outcome.RELEASE) {
                continue;
            }
            Optional<Way> way = way(topic, releases.history.atOrFirst(entry.decidedAt), entry, i);
            if (way.isPresent()) {
                byte[] place = Pseudonyms.place(topic.topic, entry.partition, entry.offset);
                way.get().told.add(ByteBuffer.wrap(way.get().key.releaseBits(place)), auditOffset);
            } else if (fault == null) {
                fault = Fault.at(
                        Topics.AUDIT,
                        partition,
                        auditOffset,
                        "tells of a release from " + topic.topic + " to " + entry.recipientName(i)
                                + ", which the policy of that day does not know");
            }
        }
    }

    /** Empty if there is no such topic of events, or that policy does not know the recipient. */
    private Optional<Way> way(Decided topic, Policy policy, EntryView entry, int decision) {
        for (Way known : topic.ways) {
            if (known.policy == policy && entry.isRecipient(decision, known.recipient)) {
                return Optional.of(known);
            }
        }
        if (!Topics.isOfEvents(topic.topic)) {
            return Optional.empty();
        }
        String recipient = entry.recipientName(decision);
        Optional<Way> found = releases.key(recipient, policy)
                .map(key -> new Way(
                        policy,
                        entry.recipient(decision),
                        key,
                        told.computeIfAbsent(recipient + "." + Topics.type(topic.topic), t -> new Told())));
        found.ifPresent(topic.ways::add);
        return found;
    }

    private Decided topic(EntryView entry) {
        for (Decided known : decided) {
            if (entry.isTopic(known.name)) {
                return known;
            }
        }
        Decided added = new Decided(entry.topic(), entry.topicName(), beforeFirst());
        decided.add(added);
        return added;
    }

    /** Of a topic that no entry of an input is about yet: where entries are gone, all of its records may have had theirs. */
    private long beforeFirst() {
        return isWhole ? -1 : Long.MAX_VALUE;
    }

    /** How many releases are told of so far, by topic. */
    Map<String, Integer> counts() {
        Map<String, Integer> counts = new HashMap<>();
        told.forEach((topic, of) -> counts.put(topic, of.count()));
        return counts;
    }

    /** What the entries themselves say that cannot be. */
    Optional<Fault> fault() {
        return Optional.ofNullable(fault);
    }

    /** One past the last record of a topic that has an entry; 0 if none has. */
    long end(String topic) {
        return decided.stream()
                .filter(d -> d.topic.equals(topic) && d.offsets.count() > 0)
                .mapToLong(d -> d.offsets.get(d.offsets.count() - 1) + 1)
                .findFirst()
                .orElse(0);
    }

    /** The topics that entries are about. */
    List<String> topics() {
        return decided.stream()
                .filter(d -> d.offsets.count() > 0)
                .map(d -> d.topic)
                .toList();
    }

    /** Those of which no entry that is left tells, where others are gone: their records may have had theirs. */
    List<String> unknown(Collection<String> topics) {
        return isWhole
                ? List.of()
                : topics.stream().filter(topic -> end(topic) == 0).toList();
    }

    /** How many of the records had their entry, if any, among those that are gone. */
    int early(String topic, Longs records) {
        long before = of(topic).before;
        int early = 0;
        while (early < records.count() && records.get(early) <= before) {
            early++;
        }
        return early;
    }

    private Decided of(String topic) {
        return decided.stream()
                .filter(d -> d.topic.equals(topic))
                .findFirst()
                .orElseGet(() -> new Decided(new byte[0], topic, beforeFirst()));
    }

    /**
     * Exactly one entry for each committed record.
     *
     * @param records the offsets of those that are there, below the end of what is committed as read
     * @param begin before it, retention has removed what there was
     */
    Optional<Fault> input(String topic, Longs records, long begin) {
        Decided of = of(topic);
        int next = 0;
        for (int i = 0; i < records.count(); i++) {
            long record = records.get(i);
            while (next < of.offsets.count() && of.offsets.get(next) < record) {
                if (of.offsets.get(next) >= begin) {
                    return Optional.of(noRecord(of, topic, next));
                }
                next++;
            }
            if (next < of.offsets.count() && of.offsets.get(next) == record) {
                next++;
            } else if (record > of.before) {
                return Optional.of(Fault.at(topic, partition, record, "has no entry in the audit"));
            }
        }
        for (; next < of.offsets.count(); next++) {
            if (of.offsets.get(next) >= begin) {
                return Optional.of(noRecord(of, topic, next));
            }
        }
        return Optional.empty();
    }

    private Fault noRecord(Decided of, String topic, int i) {
        return Fault.at(
                Topics.AUDIT,
                partition,
                of.audits.get(i),
                "decides " + new TopicPartition(topic, partition) + "-" + of.offsets.get(i)
                        + ", where no committed record is");
    }

    /** Whether releases are not looked at: entries are gone, and of those that are left none tells of one that is due. */
    boolean isUntold(int due) {
        return !isWhole && due == 0;
    }

    /**
     * Exactly the releases that entries tell of.
     *
     * @param found what lies in the topic, with its places
     * @param due so many of those told must be there; later ones may not have been looked for
     * @param begin before it, retention has removed what there was
     */
    Optional<Fault> releases(String topic, Told found, int due, long begin) {
        Told all = told.getOrDefault(topic, new Told());
        int t = 0;
        int f = 0;
        if (found.count() == 0 && begin > 0 || isUntold(due)) {
            return Optional.empty();
        }
        if (!isWhole) {
            f = Math.max(0, found.find(all, 0, 0, found.count())); // those before are of entries that are gone
        }
        if (begin > 0) {
            t = Math.max(0, all.find(found, f, 0, all.count()));
        }
        for (; f < found.count(); f++, t++) {
            if (t == all.count() || !all.is(t, found, f)) {
                boolean isLater = t < all.count() && all.find(found, f, t, all.count()) >= 0;
                if (isLater) {
                    return Optional.of(missing(topic, all, t));
                }
                boolean isAgain = all.find(found, f, 0, t) >= 0;
                return Optional.of(Fault.at(
                        topic,
                        partition,
                        found.place(f),
                        isAgain
                                ? "is a release that is there already, or in another place"
                                : "is a release that no entry tells of"));
            }
        }
        return t < due ? Optional.of(missing(topic, all, t)) : Optional.empty();
    }

    private Fault missing(String topic, Told all, int t) {
        return Fault.at(
                Topics.AUDIT,
                partition,
                all.place(t),
                "tells of a release in " + topic + "-" + partition + " that is not there");
    }
}
