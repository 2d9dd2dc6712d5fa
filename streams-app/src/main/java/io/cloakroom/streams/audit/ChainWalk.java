package io.cloakroom.streams.audit;

import io.cloakroom.gate.Outcome;
import io.cloakroom.streams.gate.Topics;
import io.cloakroom.streams.gate.TreeHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Walks the entries of one audit partition in their order and holds them against each other and against what was signed. It
 * ends at the first that is wrong.
 *
 * <p>Where retention has removed the first entries, those that are left are proven from behind: the first checkpoint after
 * them holds the hash of the last, which holds that of the one before.
 */
final class ChainWalk {

    /** Hears of every entry that follows from those before, before it is in the tree. */
    interface Listener {
        void hear(EntryView entry, long auditOffset);
    }

    /** So that no export takes more memory than there is. */
    private static final int MOST_TOPICS = 1_000;

    private final int partition;
    private final List<Signed> checkpoints;
    private final Listener listener;
    private final TreeHash hash = new TreeHash();
    private final EntryView entry = new EntryView();
    private final List<Decided> topics = new ArrayList<>();
    private final Set<Held> held = new HashSet<>();

    // Of the entry read last; the hash of it, and the number and the place of the next.
    private final byte[] head = new byte[TreeHash.LENGTH];
    private long next;
    private long lastOffset = -1;

    private MerkleTree tree;
    private long first = -1;
    private int passed; // of the checkpoints
    private long signed; // entries under checkpoints that were met
    private boolean isProven; // from the first on
    private long beforeLast = -1; // the place of an entry that differs from what the last one says of it
    private Fault fault;

    /** An input topic and what was decided of it first and last. */
    private static final class Decided {
        private final byte[] name;
        private final long first;
        private long offset;

        Decided(byte[] name, long first) {
            this.name = name;
            this.first = first;
        }
    }

    /** A record that waits for a recipient. */
    private record Held(Decided topic, long offset, String recipient) {}

    /** @param checkpoints of this partition, in any order */
    ChainWalk(int partition, List<Signed> checkpoints, Listener listener) {
        this.partition = partition;
        this.checkpoints = checkpoints.stream()
                .sorted(Comparator.comparingLong(Signed::size))
                .toList();
        this.listener = listener;
        for (int i = 1; i < this.checkpoints.size() && fault == null; i++) {
            Signed one = this.checkpoints.get(i - 1);
            Signed other = this.checkpoints.get(i);
            if (!one.agreesWith(other)) {
                fault = new Fault(
                        Topics.AUDIT + "-" + partition,
                        one + " and " + other + " signed two different histories of " + one.size() + " entries");
            }
        }
    }

    /** The next entry; false once one is wrong. */
    boolean next(long offset, ByteBuffer value) {
        if (fault == null) {
            fault = read(offset, value);
        }
        return fault == null;
    }

    private Fault read(long offset, ByteBuffer value) {
        try {
            entry.read(value);
        } catch (IOException e) {
            return beforeLast < 0 ? at(offset, "is no audit entry") : differs(beforeLast);
        }
        if (beforeLast >= 0) {
            return differs(entry.follows(head) ? beforeLast : lastOffset);
        }
        Fault wrong = first < 0 ? begin(offset) : follow(offset);
        if (wrong == null) {
            wrong = decided(offset);
        }
        if (wrong != null) {
            return wrong;
        }
        if (beforeLast < 0) {
            listener.hear(entry, offset);
        }
        entry.leaf(hash, head);
        if (tree != null) {
            tree.appendHash(head);
        }
        next = entry.sequence + 1;
        lastOffset = offset;
        return checkpoint();
    }

    private Fault begin(long offset) {
        first = entry.sequence;
        if (first < 0) {
            return at(offset, "has number " + first);
        }
        if (entry.partition != partition) {
            return elsewhere(offset);
        }
        if (first == 0) {
            tree = new MerkleTree();
            isProven = true;
            return entry.follows(new byte[TreeHash.LENGTH]) ? null : at(offset, "is the first and names one before it");
        }
        for (; passed < checkpoints.size() && checkpoints.get(passed).size() <= first; passed++) {
            Signed checkpoint = checkpoints.get(passed);
            if (checkpoint.size() == first) {
                if (!entry.follows(checkpoint.head())) {
                    return at(offset, "does not follow from entry " + (first - 1) + " as " + checkpoint + " signed it");
                }
                tree = checkpoint.tree();
                isProven = true;
                signed = first;
            }
        }
        return null;
    }

    private Fault follow(long offset) {
        if (entry.partition != partition) {
            return elsewhere(offset);
        }
        if (entry.sequence > next) {
            return at(
                    offset,
                    "has number " + entry.sequence + ": entries " + next + " to " + (entry.sequence - 1)
                            + " before it are missing");
        }
        if (entry.sequence < next) {
            return at(offset, "has number " + entry.sequence + ", which is not the " + next + " that must come here");
        }
        if (offset <= lastOffset) {
            return at(offset, "does not lie after the entry before it, at " + lastOffset);
        }
        if (!entry.follows(head)) {
            beforeLast = lastOffset; // which of the two it is, the next one tells
        }
        return null;
    }

    private Fault elsewhere(long offset) {
        return at(offset, "is of partition " + entry.partition + " and lies in partition " + partition);
    }

    private Fault decided(long offset) {
        Decided topic = null;
        for (int i = 0; i < topics.size() && topic == null; i++) {
            topic = entry.isTopic(topics.get(i).name) ? topics.get(i) : null;
        }
        if (!entry.isInput()) {
            return entry.previousOffset == -1
                    ? later(offset, topic)
                    : at(offset, "names an offset before it and is of no input");
        }
        if (topic == null && topics.size() == MOST_TOPICS) {
            return at(offset, "is of one topic more than " + MOST_TOPICS + ", and no gate reads so many");
        }
        if (topic == null) {
            topic = new Decided(entry.topic(), entry.offset);
            topic.offset = first == 0 ? -1 : entry.previousOffset;
            topics.add(topic);
        }
        if (entry.previousOffset != topic.offset || entry.offset <= topic.offset) {
            return beforeLast >= 0
                    ? null
                    : at(
                            offset,
                            "decides offset " + entry.offset + " after " + entry.previousOffset
                                    + ", and the one decided before is " + topic.offset);
        }
        topic.offset = entry.offset;
        return forEach(offset, topic);
    }

    /** Nobody gets a record twice, and who waits for it is remembered. */
    private Fault forEach(long offset, Decided topic) {
        for (int i = 0; i < entry.recipients() && beforeLast < 0; i++) {
            if (entry.outcome(i) == Outcome.WITHHOLD) {
                continue;
            }
            for (int j = 0; j < i; j++) {
                if (entry.outcome(j) != Outcome.WITHHOLD && entry.isRecipient(j, entry.recipient(i))) {
                    return at(offset, "decides twice for " + entry.recipientName(i));
                }
            }
            if (entry.outcome(i) == Outcome.HOLD) {
                held.add(new Held(topic, entry.offset, entry.recipientName(i)));
            }
        }
        return null;
    }

    /**
     * Only what was held is decided later, once; of entries that are gone, nobody knows.
     *
     * @param topic null if no entry so far is about a record of it
     */
    private Fault later(long offset, Decided topic) {
        boolean isKnown = first == 0 || topic != null && entry.offset >= topic.first;
        for (int i = 0; i < entry.recipients() && beforeLast < 0; i++) {
            if (!held.remove(new Held(topic, entry.offset, entry.recipientName(i))) && isKnown) {
                return at(
                        offset,
                        "decides " + entry.topicName() + "-" + partition + "-" + entry.offset + " for "
                                + entry.recipientName(i) + ", for whom it is not held");
            }
        }
        return null;
    }

    /** Holds what has been read against what was signed of as many entries. */
    private Fault checkpoint() {
        for (; passed < checkpoints.size() && checkpoints.get(passed).size() <= next; passed++) {
            Signed checkpoint = checkpoints.get(passed);
            boolean isHead = Arrays.equals(head, checkpoint.head());
            if (beforeLast >= 0) {
                return differs(isHead ? beforeLast : lastOffset);
            }
            if (!isHead || tree != null && !Arrays.equals(tree.root(), checkpoint.root())) {
                return at(
                        lastOffset,
                        "is not what " + checkpoint + " signed: something was changed in entries " + signed + " to "
                                + (next - 1));
            }
            if (lastOffset != checkpoint.lastOffset()) {
                return at(lastOffset, "lay at " + checkpoint.lastOffset() + " when " + checkpoint + " signed it");
            }
            if (tree == null) {
                tree = checkpoint.tree();
            }
            isProven = true;
            signed = next;
        }
        return null;
    }

    private Fault differs(long offset) {
        return at(offset, "was changed: it and the entries beside it say different things");
    }

    private Fault at(long offset, String what) {
        return Fault.at(Topics.AUDIT, partition, offset, what);
    }

    /** What is wrong so far, if nothing comes any more. */
    Optional<Fault> fault() {
        return fault == null && beforeLast >= 0
                ? Optional.of(at(beforeLast, "was changed, or the entry after it was, which is the last"))
                : Optional.ofNullable(fault);
    }

    /**
     * There are no more.
     *
     * @param begin before it, whatever lay there was removed
     */
    Optional<Fault> end(long begin) {
        fault = fault().orElse(null);
        if (fault == null && passed < checkpoints.size()) {
            Signed last = checkpoints.get(checkpoints.size() - 1);
            if (first < 0 && last.lastOffset() < begin) {
                next = last.size();
                signed = next;
            } else {
                fault = at(
                        lastOffset + 1,
                        "is missing, and what follows: " + last + " signed " + last.size() + " entries, and " + next
                                + " are there");
            }
        }
        if (fault == null && first > 0 && !isProven && !checkpoints.isEmpty()) {
            fault = at(lastOffset, "is the last of a rest that no checkpoint reaches");
        }
        return Optional.ofNullable(fault);
    }

    /** The number of the first entry that is there; -1 for none. */
    long first() {
        return first;
    }

    /** How many entries there ever were. */
    long size() {
        return next;
    }

    /** How many of them a checkpoint covers. */
    long signed() {
        return signed;
    }

    /** The {@link TreeHash} of the last entry. */
    byte[] head() {
        return head.clone();
    }

    /** Where the next entry lies, or later. */
    long nextOffset() {
        return lastOffset + 1;
    }

    /** Of all entries so far; empty while retention hides what it was before the first that is there. */
    Optional<MerkleTree> tree() {
        return Optional.ofNullable(tree);
    }
}
