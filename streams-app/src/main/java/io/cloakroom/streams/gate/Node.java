package io.cloakroom.streams.gate;

import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.schemas.BoundedDecoder;
import java.io.IOException;
import org.apache.avro.Schema;

/**
 * One place of the gate's schema, compiled. It is walked twice: once to check every byte and find the facts, once to write
 * every release side by side.
 */
abstract sealed class Node {

    /** Goes over the value, checking all of it; remembers where facts begin and end. */
    abstract void scan(BoundedDecoder in, int[] facts) throws IOException;

    /** Goes over a value that was scanned and gives every release its form of it. */
    abstract void write(BoundedDecoder in, Releases releases) throws IOException;

    /** A value without fields inside. */
    static final class Leaf extends Node {
        private final int field;
        private final Schema.Type type;
        private final int size;
        private final Kind kind;

        /** @param field index of the labelled field that it belongs to */
        Leaf(int field, Schema schema, Kind kind) {
            this.field = field;
            this.type = schema.getType();
            this.size = switch (type) {
                case FIXED -> schema.getFixedSize();
                case ENUM -> schema.getEnumSymbols().size();
                default -> 0;
            };
            this.kind = kind;
        }

        @Override
        void scan(BoundedDecoder in, int[] facts) throws IOException {
            switch (type) {
                case STRING, BYTES -> in.skipBytes();
                case INT -> in.readInt();
                case LONG -> in.readLong();
                case ENUM -> {
                    int ordinal = in.readEnum();
                    if (ordinal < 0 || ordinal >= size) {
                        throw new IOException("an enum symbol that there is not");
                    }
                }
                case BOOLEAN -> in.readBoolean();
                case FLOAT -> in.skipFixed(Float.BYTES);
                case DOUBLE -> in.skipFixed(Double.BYTES);
                case FIXED -> in.skipFixed(size);
                case NULL -> {}
                case RECORD, ARRAY, MAP, UNION -> throw new IllegalStateException("no leaf: " + type);
            }
        }

        @Override
        void write(BoundedDecoder in, Releases releases) throws IOException {
            if (type != Schema.Type.NULL) {
                int start = in.position();
                scan(in, null);
                releases.leaf(field, kind, start, in.position());
            }
        }
    }

    /** Fields in order, each of which a release can have, have as null, or not have. */
    static final class Fields extends Node {
        private final int[] fields;
        private final Node[] values;
        private final boolean[] ownBranch;
        private final int[] facts;

        /**
         * @param values the value of each field
         * @param facts where the range of each field is remembered; negative for nowhere
         */
        Fields(int[] fields, Node[] values, int[] facts) {
            this.fields = fields;
            this.values = values;
            this.facts = facts;
            this.ownBranch = new boolean[values.length];
            for (int i = 0; i < values.length; i++) {
                ownBranch[i] = values[i] instanceof Branches || values[i] instanceof Nothing;
            }
        }

        @Override
        void scan(BoundedDecoder in, int[] found) throws IOException {
            for (int i = 0; i < values.length; i++) {
                int start = in.position();
                values[i].scan(in, found);
                if (found != null && facts[i] >= 0) {
                    found[2 * facts[i]] = start;
                    found[2 * facts[i] + 1] = in.position();
                }
            }
        }

        @Override
        void write(BoundedDecoder in, Releases releases) throws IOException {
            for (int i = 0; i < values.length; i++) {
                releases.begin(fields[i], ownBranch[i]);
                values[i].write(in, releases);
            }
        }
    }

    /** A field that is always null. */
    static final class Nothing extends Node {
        private final int field;

        Nothing(int field) {
            this.field = field;
        }

        @Override
        void scan(BoundedDecoder in, int[] facts) {}

        @Override
        void write(BoundedDecoder in, Releases releases) {
            releases.number(field, 0);
        }
    }

    static final class Branches extends Node {
        private final int field;
        private final Node[] branches;
        private final int[] projected;

        /** @param projected what the index of each branch is in a release */
        Branches(int field, Node[] branches, int[] projected) {
            this.field = field;
            this.branches = branches;
            this.projected = projected;
        }

        private int branch(BoundedDecoder in) throws IOException {
            int branch = in.readIndex();
            if (branch < 0 || branch >= branches.length) {
                throw new IOException("a branch that the union does not have");
            }
            return branch;
        }

        @Override
        void scan(BoundedDecoder in, int[] facts) throws IOException {
            branches[branch(in)].scan(in, facts);
        }

        @Override
        void write(BoundedDecoder in, Releases releases) throws IOException {
            int branch = branch(in);
            releases.number(field, projected[branch]);
            branches[branch].write(in, releases);
        }
    }

    /** An array, or a map if it has keys. */
    static final class Items extends Node {
        private final int field;
        private final Node item;
        private final boolean keys;

        Items(int field, Node item, boolean keys) {
            this.field = field;
            this.item = item;
            this.keys = keys;
        }

        // What is inside can be there many times: it is no fact.
        @Override
        void scan(BoundedDecoder in, int[] facts) throws IOException {
            for (long n = in.readArrayStart(); n > 0; n = in.arrayNext()) {
                for (long i = 0; i < n; i++) {
                    if (keys) {
                        in.skipString();
                    }
                    item.scan(in, null);
                }
            }
        }

        @Override
        void write(BoundedDecoder in, Releases releases) throws IOException {
            for (long n = in.readArrayStart(); n > 0; n = in.arrayNext()) {
                releases.number(field, n);
                for (long i = 0; i < n; i++) {
                    if (keys) {
                        int start = in.position();
                        in.skipString();
                        releases.copy(field, start, in.position());
                    }
                    item.write(in, releases);
                }
            }
            releases.number(field, 0);
        }
    }

    /** Where the text begins of a range that holds an Avro string. */
    static int afterLength(byte[] bytes, int start) {
        int from = start;
        while (bytes[from] < 0) {
            from++;
        }
        return from + 1;
    }

    /** The number in a range that was scanned. */
    static long number(byte[] bytes, int start) {
        long value = 0;
        int shift = 0;
        int at = start;
        while (bytes[at] < 0) {
            value |= (long) (bytes[at++] & 0x7f) << shift;
            shift += 7;
        }
        value |= (long) bytes[at] << shift;
        return value >>> 1 ^ -(value & 1);
    }
}
