package io.cloakroom.streams.audit;

import io.cloakroom.streams.gate.TreeHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A Merkle tree as in RFC 6962 that grows at its right edge. It keeps the roots of its complete subtrees only, so it is as
 * small as its path is long, and goes on from there after the leaves are gone.
 */
public final class MerkleTree {

    private final TreeHash hash = new TreeHash();

    // The root of a complete subtree of 2^i leaves, where bit i of the size is set.
    private final byte[][] subtrees = new byte[Long.SIZE][TreeHash.LENGTH];
    private final byte[] carry = new byte[TreeHash.LENGTH];
    private long size;

    // Of one leaf, from the leaf upwards, as far as its complete subtree.
    private final List<byte[]> path = new ArrayList<>();
    private long proven = -1;
    private int provenIn = -1;

    public MerkleTree() {}

    /**
     * @param frontier as {@link #frontier} gave it
     * @throws IllegalArgumentException if a tree of that size has another number of complete subtrees
     */
    public MerkleTree(long size, List<byte[]> frontier) {
        if (size < 0 || frontier.size() != Long.bitCount(size)) {
            throw new IllegalArgumentException(
                    "a tree of " + size + " leaves has not " + frontier.size() + " subtrees");
        }
        this.size = size;
        int next = 0;
        for (int level = Long.SIZE - 1; level >= 0; level--) {
            if (has(level)) {
                System.arraycopy(frontier.get(next++), 0, subtrees[level], 0, TreeHash.LENGTH);
            }
        }
    }

    private boolean has(int level) {
        return (size >>> level & 1) == 1;
    }

    public long size() {
        return size;
    }

    /** The leaf that is appended next is the one that {@link #path} is about. */
    public void proveNext() {
        proven = size;
    }

    public void append(byte[] leaf) {
        hash.leaf(leaf, carry, 0);
        appendCarry();
    }

    /** Of a leaf that somebody has hashed. */
    void appendHash(byte[] leafHash) {
        System.arraycopy(leafHash, 0, carry, 0, TreeHash.LENGTH);
        appendCarry();
    }

    /** The hash of the leaf is in {@link #carry}. */
    private void appendCarry() {
        boolean isProven = size == proven;
        int level = 0;
        for (; has(level); level++) {
            if (isProven) {
                path.add(subtrees[level].clone());
            } else if (provenIn == level) {
                path.add(carry.clone());
                isProven = true;
            }
            hash.node(subtrees[level], carry, carry);
        }
        System.arraycopy(carry, 0, subtrees[level], 0, TreeHash.LENGTH);
        if (isProven) {
            provenIn = level;
        }
        size++;
    }

    /** The roots of the complete subtrees, the largest first. */
    public List<byte[]> frontier() {
        List<byte[]> frontier = new ArrayList<>();
        for (int level = Long.SIZE - 1; level >= 0; level--) {
            if (has(level)) {
                frontier.add(subtrees[level].clone());
            }
        }
        return frontier;
    }

    public byte[] root() {
        return size == 0 ? hash.empty() : below(Long.SIZE);
    }

    /** What the complete subtrees below a level come to; there is one at least. */
    private byte[] below(int end) {
        int level = Long.numberOfTrailingZeros(size);
        byte[] root = subtrees[level].clone();
        while (++level < end) {
            if (has(level)) {
                hash.node(subtrees[level], root, root);
            }
        }
        return root;
    }

    /** The audit path of the leaf that was asked for, in the tree as it is now. */
    public List<byte[]> path() {
        if (provenIn < 0) {
            throw new IllegalStateException("no leaf was asked for");
        }
        List<byte[]> whole = new ArrayList<>(path);
        if (Long.numberOfTrailingZeros(size) < provenIn) {
            whole.add(below(provenIn));
        }
        for (int level = provenIn + 1; level < Long.SIZE; level++) {
            if (has(level)) {
                whole.add(subtrees[level].clone());
            }
        }
        return whole;
    }

    /** The root that a leaf and its audit path lead to (RFC 9162, 2.1.3.2); empty if no tree of that size has that path. */
    public static Optional<byte[]> root(byte[] leaf, long index, long size, List<byte[]> path) {
        if (index < 0 || index >= size) {
            return Optional.empty();
        }
        MerkleTree tree = new MerkleTree();
        tree.append(leaf);
        byte[] root = tree.subtrees[0];
        long at = index;
        long last = size - 1;
        for (byte[] sibling : path) {
            if (last == 0) {
                return Optional.empty();
            }
            if ((at & 1) == 1 || at == last) {
                tree.hash.node(sibling, root, root);
                while ((at & 1) == 0 && at != 0) {
                    at >>>= 1;
                    last >>>= 1;
                }
            } else {
                tree.hash.node(root, sibling, root);
            }
            at >>>= 1;
            last >>>= 1;
        }
        return last == 0 ? Optional.of(Arrays.copyOf(root, TreeHash.LENGTH)) : Optional.empty();
    }
}
