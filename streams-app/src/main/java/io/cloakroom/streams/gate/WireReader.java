package io.cloakroom.streams.gate;

import io.cloakroom.policy.Rule;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.schemas.Labels;
import io.cloakroom.schemas.SchemaNotFoundException;
import io.cloakroom.schemas.SchemaRegistry;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.DatumReader;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads values in the wire format into the gate's own schema. Whatever is wrong with a value comes back as a rule. One
 * for each thread.
 */
final class WireReader {

    private static final Logger LOG = LoggerFactory.getLogger(WireReader.class);

    /** What came of it: a record, or the rule that says why not. */
    sealed interface Reading {}

    /** @param unplanned fields of the writer that the gate's schema does not know */
    record Read(IndexedRecord value, int unplanned) implements Reading {}

    record Unreadable(Rule rule) implements Reading {}

    private sealed interface Writer {}

    private record Known(DatumReader<IndexedRecord> reader, int unplanned) implements Writer {}

    private record Refused(Rule rule) implements Writer {}

    private final SchemaRegistry registry;
    private final Schema gates;
    private final GenericData model;
    private final SortedMap<String, String> labels;
    private final Map<Integer, Writer> writers = new HashMap<>();

    /** @param model makes the records: generic or specific */
    WireReader(SchemaRegistry registry, Schema gates, GenericData model) {
        this.registry = registry;
        this.gates = gates;
        this.model = model;
        this.labels = Labels.of(gates);
    }

    /** @throws org.apache.kafka.common.errors.RetriableException if the registry cannot be reached for a new schema */
    Reading read(byte[] value) {
        if (value == null) {
            return new Unreadable(Rule.NULL_VALUE);
        }
        Writer writer;
        try {
            writer = writers.computeIfAbsent(AvroWire.schemaId(value), this::writer);
        } catch (SerializationException e) {
            return new Unreadable(Rule.NOT_WIRE_FORMAT);
        }
        if (writer instanceof Refused refused) {
            return new Unreadable(refused.rule());
        }
        Known known = (Known) writer;
        BoundedDecoder decoder = new BoundedDecoder(value, AvroWire.HEADER_LENGTH);
        try {
            IndexedRecord record = known.reader().read(null, decoder);
            return decoder.remaining() == 0 ? new Read(record, known.unplanned()) : new Unreadable(Rule.UNDECODABLE);
        } catch (IOException | RuntimeException | StackOverflowError e) {
            return new Unreadable(Rule.UNDECODABLE);
        }
    }

    private Writer writer(int id) {
        Schema schema;
        try {
            schema = registry.byId(id);
        } catch (SchemaNotFoundException e) {
            return new Refused(Rule.UNKNOWN_SCHEMA);
        }
        if (SchemaCompatibility.checkReaderWriterCompatibility(gates, schema).getType()
                != SchemaCompatibilityType.COMPATIBLE) {
            return new Refused(Rule.WRONG_TYPE);
        }
        SortedMap<String, String> theirs;
        try {
            theirs = Labels.of(schema);
        } catch (IllegalArgumentException e) {
            return new Refused(Rule.LABEL_DIFFERS);
        }
        Optional<String> differs = theirs.keySet().stream()
                .filter(path -> labels.containsKey(path) && !labels.get(path).equals(theirs.get(path)))
                .findFirst();
        if (differs.isPresent()) {
            LOG.atWarn()
                    .addKeyValue("schemaId", id)
                    .addKeyValue("field", differs.get())
                    .log("writer's label differs from the gate's");
            return new Refused(Rule.LABEL_DIFFERS);
        }
        TreeSet<String> unplanned = new TreeSet<>(theirs.keySet());
        unplanned.addAll(Labels.missing(schema));
        unplanned.removeAll(labels.keySet());
        if (!unplanned.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("schemaId", id)
                    .addKeyValue("fields", unplanned)
                    .log("writer's fields that no output has");
        }
        @SuppressWarnings("unchecked")
        DatumReader<IndexedRecord> reader = model.createDatumReader(schema, gates);
        return new Known(reader, unplanned.size());
    }
}
