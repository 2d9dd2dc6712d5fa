package io.cloakroom.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Confluent's wire format: byte 0, the schema's id in four bytes (big-endian), binary Avro. A value whose whole schema is
 * {@code bytes} follows without a length.
 */
public final class AvroWire {

    /** Where the Avro data begins. */
    public static final int HEADER_LENGTH = 5;

    private static final byte MAGIC = 0;

    /** How many values may take no byte, as empty records do: all others are counted by their bytes. */
    private static final int MOST_FREE = 10_000;

    /** Of those, in one item: a record counts itself, and there may be many items. */
    private static final int MOST_FREE_IN_ITEM = 16;

    private static final int LARGEST_FIXED = 10_000_000;

    private static final Schema STRING = Schema.create(Schema.Type.STRING);
    private static final Schema INT = Schema.create(Schema.Type.INT);
    private static final Schema LONG = Schema.create(Schema.Type.LONG);
    private static final Schema FLOAT = Schema.create(Schema.Type.FLOAT);
    private static final Schema DOUBLE = Schema.create(Schema.Type.DOUBLE);
    private static final Schema BOOLEAN = Schema.create(Schema.Type.BOOLEAN);
    private static final Schema BYTES = Schema.create(Schema.Type.BYTES);

    private AvroWire() {}

    /**
     * The id of the schema that a payload was written with.
     *
     * @throws SerializationException if the payload is not in the wire format
     */
    public static int schemaId(byte[] payload) {
        if (payload.length < HEADER_LENGTH) {
            throw new SerializationException("a payload of " + payload.length
                    + " bytes is not in the Avro wire format, which has a header of " + HEADER_LENGTH
                    + "; publish with an Avro serializer that uses the schema registry");
        }
        if (payload[0] != MAGIC) {
            throw new SerializationException("a payload that begins with byte " + (payload[0] & 0xff)
                    + " is not in the Avro wire format, which begins with 0;"
                    + " publish with an Avro serializer that uses the schema registry");
        }
        return ByteBuffer.wrap(payload).getInt(1);
    }

    /**
     * Whether a value can be gone through in a bounded time and memory: records that hold each other twice, again and
     * again, take no byte and no end, and a fixed of two gigabytes is made before it is read.
     */
    public static boolean isBounded(Schema schema) {
        return free(schema, new IdentityHashMap<>()) <= MOST_FREE;
    }

    /** How many values in one take no byte; {@link #MOST_FREE} and one where there are too many. */
    private static int free(Schema schema, Map<Schema, Integer> known) {
        Integer before = known.putIfAbsent(schema, 1); // what holds itself ends where the stack or the bytes do
        if (before != null) {
            return before;
        }
        long free = switch (schema.getType()) {
            case RECORD ->
                1
                        + schema.getFields().stream()
                                .mapToLong(field -> free(field.schema(), known))
                                .sum();
            case UNION ->
                schema.getTypes().stream()
                        .mapToLong(type -> free(type, known))
                        .max()
                        .orElse(0);
            case ARRAY -> ofItems(free(schema.getElementType(), known));
            case MAP -> ofItems(free(schema.getValueType(), known));
            case FIXED -> ofBytes(schema.getFixedSize());
            case NULL -> 1;
            case ENUM, STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN -> 0;
        };
        int bounded = (int) Math.min(MOST_FREE + 1L, free);
        known.put(schema, bounded);
        return bounded;
    }

    private static int ofBytes(int size) {
        if (size == 0) {
            return 1;
        }
        return size > LARGEST_FIXED ? Integer.MAX_VALUE : 0;
    }

    private static int ofItems(int freeInOne) {
        return freeInOne > MOST_FREE_IN_ITEM ? Integer.MAX_VALUE : 0;
    }

    /** The schema that a value is written with unless another is asked for. */
    static Schema schemaOf(Object value) {
        if (value instanceof GenericContainer container) {
            return container.getSchema();
        } else if (value instanceof CharSequence) {
            return STRING;
        } else if (value instanceof Integer) {
            return INT;
        } else if (value instanceof Long) {
            return LONG;
        } else if (value instanceof Float) {
            return FLOAT;
        } else if (value instanceof Double) {
            return DOUBLE;
        } else if (value instanceof Boolean) {
            return BOOLEAN;
        } else if (value instanceof byte[] || value instanceof ByteBuffer) {
            return BYTES;
        }
        throw new SerializationException(
                value.getClass().getName()
                        + " has no Avro schema; use a generated class, a GenericRecord, a string, a number, a boolean or bytes");
    }

    static byte[] encode(int id, Schema schema, Object value) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        out.write(MAGIC);
        out.write(id >>> 24);
        out.write(id >>> 16);
        out.write(id >>> 8);
        out.write(id);
        if (schema.getType() != Schema.Type.BYTES) {
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            writer(schema, value).write(value, encoder);
        } else if (value instanceof byte[] bytes) {
            out.write(bytes);
        } else {
            ByteBuffer bytes = ((ByteBuffer) value).duplicate();
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            out.write(copy);
        }
        return out.toByteArray();
    }

    static Object decode(byte[] payload, Schema writer, DatumReader<Object> reader) throws IOException {
        if (writer.getType() == Schema.Type.BYTES) {
            return Arrays.copyOfRange(payload, HEADER_LENGTH, payload.length);
        }
        Object value = read(payload, reader);
        return writer.getType() == Schema.Type.STRING ? value.toString() : value;
    }

    /**
     * The Avro data behind the header.
     *
     * @throws IOException if the bytes are not what the reader expects, to the last one
     */
    public static <T> T read(byte[] payload, DatumReader<T> reader) throws IOException {
        BoundedDecoder in = new BoundedDecoder(payload, HEADER_LENGTH);
        T value = reader.read(null, in);
        if (in.remaining() > 0) {
            throw new IOException(in.remaining() + " bytes are left over after the record");
        }
        return value;
    }

    private static DatumWriter<Object> writer(Schema schema, Object value) {
        return value instanceof SpecificRecord ? new SpecificDatumWriter<>(schema) : new GenericDatumWriter<>(schema);
    }
}
