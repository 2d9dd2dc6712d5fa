package io.cloakroom.streams.gate;

import java.util.Arrays;

/** Bytes being written, used again for the next record. */
final class Out {

    private byte[] bytes = new byte[1024];
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    Out put(int b) {
        room(1);
        bytes[length++] = (byte) b;
        return this;
    }

    Out put(byte[] from) {
        return put(from, 0, from.length);
    }

    Out put(byte[] from, int start, int end) {
        room(end - start);
        System.arraycopy(from, start, bytes, length, end - start);
        length += end - start;
        return this;
    }

    /** An Avro int or long. */
    Out putLong(long value) {
        room(10);
        long left = value << 1 ^ value >> 63;
        while ((left & ~0x7fL) != 0) {
            bytes[length++] = (byte) (left & 0x7f | 0x80);
            left >>>= 7;
        }
        bytes[length++] = (byte) left;
        return this;
    }

    /** An Avro string or bytes. */
    Out putText(byte[] text) {
        return putLong(text.length).put(text);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
