package io.cloakroom.streams.gate;

import io.cloakroom.schemas.BoundedDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.EncoderFactory;

/**
 * Brings a writer's bytes into the form of the gate's schema, field by field: a field that both have alike is copied as it
 * is, one that the writer lacks gets the gate's default, one that the gate does not know is read and left out, and for any
 * other Avro itself resolves the difference. One for each thread.
 */
final class Adapter {

    /** How one field of the gate's schema comes about. */
    private sealed interface Source {}

    /** @param index in the writer's record */
    private record Copied(int index) implements Source {}

    private record Default(byte[] bytes) implements Source {}

    private record Nested(int index, Adapter adapter) implements Source {}

    private record Resolved(int index, Resolver resolver) implements Source {}

    private final Schema[] writers;
    private final List<Source> sources = new ArrayList<>();

    /** Of the writer's fields that nobody else checks: Avro skips without looking at what it skips. */
    private final DatumReader<?>[] readers;

    /** Where each field of the writer begins, and where the last one ends. */
    private final int[] starts;

    /** @throws org.apache.avro.AvroRuntimeException if the gate's schema cannot read the writer's */
    Adapter(Schema writer, Schema gates) {
        List<Schema.Field> fields = writer.getFields();
        writers = fields.stream().map(Schema.Field::schema).toArray(Schema[]::new);
        readers = fields.stream().map(f -> new GenericDatumReader<>(f.schema())).toArray(DatumReader<?>[]::new);
        starts = new int[writers.length + 1];
        for (Schema.Field field : gates.getFields()) {
            Schema.Field theirs = find(writer, field);
            if (theirs == null) {
                Object value = GenericData.get().getDefaultValue(field);
                sources.add(new Default(encode(field.schema(), value)));
            } else if (isAlike(theirs.schema(), field.schema())) {
                sources.add(new Copied(theirs.pos()));
                readers[theirs.pos()] = null;
            } else if (theirs.schema().getType() == Schema.Type.RECORD
                    && field.schema().getType() == Schema.Type.RECORD) {
                sources.add(new Nested(theirs.pos(), new Adapter(theirs.schema(), field.schema())));
                readers[theirs.pos()] = null;
            } else {
                sources.add(new Resolved(theirs.pos(), new Resolver(theirs.schema(), field.schema())));
            }
        }
    }

    private static Schema.Field find(Schema writer, Schema.Field field) {
        Schema.Field same = writer.getField(field.name());
        return same != null
                ? same
                : field.aliases().stream()
                        .map(writer::getField)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
    }

    /** Whether every value has the same bytes under both, so that the walk over the one is the walk over the other. */
    static boolean isAlike(Schema writer, Schema gates) {
        if (writer.getType() != gates.getType()) {
            return false;
        }
        return switch (writer.getType()) {
            case RECORD -> {
                List<Schema.Field> theirs = writer.getFields();
                List<Schema.Field> ours = gates.getFields();
                boolean alike = writer.getFullName().equals(gates.getFullName()) && theirs.size() == ours.size();
                for (int i = 0; alike && i < ours.size(); i++) {
                    alike = theirs.get(i).name().equals(ours.get(i).name())
                            && isAlike(theirs.get(i).schema(), ours.get(i).schema());
                }
                yield alike;
            }
            case ENUM ->
                writer.getFullName().equals(gates.getFullName())
                        && writer.getEnumSymbols().equals(gates.getEnumSymbols());
            case FIXED ->
                writer.getFullName().equals(gates.getFullName()) && writer.getFixedSize() == gates.getFixedSize();
            case ARRAY -> isAlike(writer.getElementType(), gates.getElementType());
            case MAP -> isAlike(writer.getValueType(), gates.getValueType());
            case UNION -> {
                boolean alike = writer.getTypes().size() == gates.getTypes().size();
                for (int i = 0; alike && i < gates.getTypes().size(); i++) {
                    alike = isAlike(writer.getTypes().get(i), gates.getTypes().get(i));
                }
                yield alike;
            }
            case STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> true;
        };
    }

    /**
     * @return the event in the gate's schema
     * @throws IOException if the bytes are not of the writer's schema
     */
    byte[] adapt(byte[] value, int start) throws IOException {
        BoundedDecoder in = new BoundedDecoder(value, start);
        Out out = new Out();
        adapt(value, in, out);
        if (in.remaining() > 0) {
            throw new IOException("bytes are left over after the event");
        }
        return out.toBytes();
    }

    private void adapt(byte[] value, BoundedDecoder in, Out out) throws IOException {
        for (int i = 0; i < writers.length; i++) {
            starts[i] = in.position();
            if (readers[i] == null) {
                GenericDatumReader.skip(writers[i], in);
            } else {
                readers[i].read(null, in);
            }
        }
        starts[writers.length] = in.position();
        for (Source source : sources) {
            if (source instanceof Copied copied) {
                out.put(value, starts[copied.index()], starts[copied.index() + 1]);
            } else if (source instanceof Default constant) {
                out.put(constant.bytes());
            } else if (source instanceof Nested nested) {
                nested.adapter().adapt(value, new BoundedDecoder(value, starts[nested.index()]), out);
            } else if (source instanceof Resolved resolved) {
                out.put(resolved.resolver().resolve(value, starts[resolved.index()]));
            }
        }
    }

    /** Avro's own resolution of one value. */
    private static final class Resolver {
        private final GenericDatumReader<Object> reader;
        private final Schema gates;

        Resolver(Schema writer, Schema gates) {
            this.reader = new GenericDatumReader<>(writer, gates);
            this.gates = gates;
        }

        byte[] resolve(byte[] value, int start) throws IOException {
            return encode(gates, reader.read(null, new BoundedDecoder(value, start)));
        }
    }

    private static byte[] encode(Schema schema, Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        try {
            new GenericDatumWriter<>(schema).write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new IllegalStateException("memory takes every byte", e);
        }
        return bytes.toByteArray();
    }
}
