package io.cloakroom.schemas;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;

/**
 * Reads binary Avro and believes no length that the bytes cannot hold. Avro's own decoder allocates first: five bytes of
 * garbage can ask it for two gigabytes.
 */
public final class BoundedDecoder extends Decoder {

    /** How many items that take no byte, such as nulls, all arrays of one record may have together. */
    private static final long FREE_ITEMS = 100_000;

    private byte[] bytes;
    private int position;
    private int end;
    private long items;

    public BoundedDecoder(byte[] bytes, int start) {
        reset(bytes, start);
    }

    /** Begins anew with other bytes. */
    public void reset(byte[] bytes, int start) {
        reset(bytes, start, bytes.length);
    }

    /** Likewise, with some of them. */
    public void reset(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.end = end;
        position = start;
        items = end - start + FREE_ITEMS;
    }

    /** Index of the next byte. */
    public int position() {
        return position;
    }

    public int remaining() {
        return end - position;
    }

    @Override
    public void readNull() {}

    @Override
    public boolean readBoolean() throws IOException {
        int value = next();
        if (value > 1) {
            throw new IOException("a boolean that is neither 0 nor 1");
        }
        return value == 1;
    }

    @Override
    public int readInt() throws IOException {
        long value = readLong();
        if (value != (int) value) {
            throw new IOException("an int that is too large");
        }
        return (int) value;
    }

    @Override
    public long readLong() throws IOException {
        if (position < end && bytes[position] >= 0) { // most are of one byte
            int value = bytes[position++];
            return value >>> 1 ^ -(value & 1);
        }
        return readLonger();
    }

    private long readLonger() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = next();
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                return value >>> 1 ^ -(value & 1);
            }
        }
        throw new IOException("a number that does not end");
    }

    @Override
    public float readFloat() throws IOException {
        return ByteBuffer.wrap(bytes, skip(Float.BYTES), Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getFloat();
    }

    @Override
    public double readDouble() throws IOException {
        return ByteBuffer.wrap(bytes, skip(Double.BYTES), Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getDouble();
    }

    @Override
    public Utf8 readString(Utf8 old) throws IOException {
        Utf8 result = old == null ? new Utf8() : old;
        int length = length();
        result.setByteLength(length);
        readFixed(result.getBytes(), 0, length);
        return result;
    }

    @Override
    public String readString() throws IOException {
        int length = length();
        return new String(bytes, skip(length), length, StandardCharsets.UTF_8);
    }

    @Override
    public void skipString() throws IOException {
        skipText();
    }

    /** Skips a string, and returns where its text begins, however its length is written. */
    public int skipText() throws IOException {
        int first = position < end ? bytes[position] : -1;
        if (isShort(first) && first >>> 1 < remaining()) {
            int start = position + 1;
            position = start + (first >>> 1);
            return start;
        }
        return skip(length());
    }

    /** Most lengths are of one byte, and none is negative. */
    private static boolean isShort(int first) {
        return (first & 0x81) == 0;
    }

    /** Skips an array whose items are so many strings and then so many ints each. */
    public void skipArray(int strings, int ints) throws IOException {
        for (long left = block(); left > 0; left = block()) {
            skipItems(left, strings, ints);
        }
    }

    /** As {@link #skipText} and {@link #readInt} would, which write down after each where they are. */
    private void skipItems(long count, int strings, int ints) throws IOException {
        int at = position;
        for (long item = 0; item < count; item++) {
            for (int i = 0; i < strings; i++) {
                int first = at < end ? bytes[at] : -1;
                if (isShort(first) && first >>> 1 < end - at) {
                    at += 1 + (first >>> 1);
                } else {
                    position = at;
                    skip(length());
                    at = position;
                }
            }
            for (int i = 0; i < ints; i++) {
                if (at < end && bytes[at] >= 0) {
                    at++;
                } else {
                    position = at;
                    readInt();
                    at = position;
                }
            }
        }
        position = at;
    }

    @Override
    public ByteBuffer readBytes(ByteBuffer old) throws IOException {
        byte[] result = new byte[length()];
        readFixed(result, 0, result.length);
        return ByteBuffer.wrap(result);
    }

    @Override
    public void skipBytes() throws IOException {
        skip(length());
    }

    @Override
    public void readFixed(byte[] target, int start, int length) throws IOException {
        System.arraycopy(bytes, skip(length), target, start, length);
    }

    @Override
    public void skipFixed(int length) throws IOException {
        skip(length);
    }

    @Override
    public int readEnum() throws IOException {
        return readInt();
    }

    @Override
    public int readIndex() throws IOException {
        return readInt();
    }

    @Override
    public long readArrayStart() throws IOException {
        return block();
    }

    @Override
    public long arrayNext() throws IOException {
        return block();
    }

    @Override
    public long skipArray() throws IOException {
        return block();
    }

    @Override
    public long readMapStart() throws IOException {
        return block();
    }

    @Override
    public long mapNext() throws IOException {
        return block();
    }

    @Override
    public long skipMap() throws IOException {
        return block();
    }

    /** The number of items of a block; every item takes a byte at least, but for those of {@link #FREE_ITEMS}. */
    private long block() throws IOException {
        long count = readLong();
        if (count >= 0) {
            return counted(count);
        }
        readLong(); // the block's size in bytes: what is skipped is counted, too, since a size can be wrong
        return counted(-count);
    }

    private long counted(long count) throws IOException {
        if (count < 0 || count > items) {
            throw new IOException("more items than the record can hold");
        }
        items -= count;
        return count;
    }

    private int length() throws IOException {
        return bounded(readLong());
    }

    private int bounded(long length) throws IOException {
        if (length < 0 || length > remaining()) {
            throw new EOFException();
        }
        return (int) length;
    }

    /** Moves on, and returns where it was. */
    private int skip(int length) throws IOException {
        int start = position;
        position += bounded(length);
        return start;
    }

    private int next() throws IOException {
        return bytes[skip(1)] & 0xff;
    }
}
