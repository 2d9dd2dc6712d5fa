package io.cloakroom.streams.gate;

import io.cloakroom.schemas.AvroWire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;

/** Writes records of one registered schema in the wire format. One for each thread. */
final class WireWriter {

    private final byte[] header;
    private final DatumWriter<IndexedRecord> writer;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    private BinaryEncoder encoder;

    @SuppressWarnings("unchecked")
    WireWriter(int schemaId, Schema schema, GenericData model) {
        this.header = header(schemaId);
        this.writer = model.createDatumWriter(schema);
    }

    /** What every value of a registered schema begins with. */
    static byte[] header(int schemaId) {
        return ByteBuffer.allocate(AvroWire.HEADER_LENGTH)
                .put((byte) 0)
                .putInt(schemaId)
                .array();
    }

    byte[] write(IndexedRecord value) {
        bytes.reset();
        bytes.writeBytes(header);
        encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
        try {
            writer.write(value, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
