package io.cloakroom.streams.gate;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Generalised;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Treatment;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Keep;
import io.cloakroom.policy.Treatment.Pseudonymise;
import io.cloakroom.policy.Treatment.To;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;

/** The slow way from an event to a release: generic records, field by field. The compiled way must say the same. */
record SlowProjection(Release proof, Pseudonyms.Key key, byte[] salt) {

    GenericData.Record write(Schema schema, IndexedRecord event, String releaseId) {
        GenericData.Record release = new GenericData.Record(schema);
        release.put("releaseId", releaseId);
        release.put("purposes", proof.purposes());
        GenericRecord meta = (GenericRecord) ((GenericRecord) event).get("meta");
        fill(release, event, "", (Long) meta.get("occurredAt"));
        return release;
    }

    private void fill(GenericData.Record release, IndexedRecord event, String prefix, long occurredAt) {
        for (Schema.Field field : event.getSchema().getFields()) {
            String path = prefix + field.name();
            Treatment treatment = proof.treatment(index(path));
            if (!(treatment instanceof Drop)) {
                String name = field.name() + treatment.suffix(field(path).kind());
                Schema out = release.getSchema().getField(name).schema();
                release.put(name, convert(event.get(field.pos()), out, path, treatment, occurredAt));
            }
        }
    }

    private Object convert(Object value, Schema out, String path, Treatment treatment, long occurredAt) {
        if (value == null) {
            return null;
        } else if (value instanceof IndexedRecord record) {
            GenericData.Record container = new GenericData.Record(container(out, record.getSchema()));
            fill(container, record, path + ".", occurredAt);
            return container;
        } else if (value instanceof List<?> list) {
            List<Object> elements = new ArrayList<>(list.size());
            list.forEach(v -> elements.add(convert(v, out, path, treatment, occurredAt)));
            return elements;
        } else if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((k, v) -> entries.put(k, convert(v, out, path, treatment, occurredAt)));
            return entries;
        } else if (treatment instanceof Keep) {
            return value;
        } else if (treatment instanceof Pseudonymise) {
            return key.token(field(path).label(), value.toString(), salt);
        } else if (treatment instanceof Generalise generalise) {
            return generalised(generalise, field(path).kind(), value, occurredAt);
        }
        throw new IllegalStateException("not a treatment: " + treatment);
    }

    private static Object generalised(Generalise to, Kind kind, Object value, long occurredAt) {
        if (kind == Kind.TIMESTAMP) {
            return Generalised.time(to.to(), (Long) value);
        } else if (to.to() == To.AGE_BAND) {
            return to.bands().of((Integer) value, occurredAt);
        }
        return kind == Kind.DATE ? Generalised.date(to.to(), (Integer) value) : Generalised.text(to, value.toString());
    }

    /** The record of a release that stands for this one; where there are several, its namespace ends with its name. */
    private static Schema container(Schema out, Schema record) {
        List<Schema> records = Shapes.inner(out).stream()
                .filter(s -> s.getType() == Schema.Type.RECORD)
                .toList();
        return records.size() == 1
                ? records.get(0)
                : records.stream()
                        .filter(s -> s.getNamespace().endsWith("." + record.getFullName()))
                        .findFirst()
                        .orElseThrow();
    }

    private Field field(String path) {
        return proof.access().schema().fields().get(index(path));
    }

    private int index(String path) {
        List<Field> fields = proof.access().schema().fields();
        for (int f = 0; f < fields.size(); f++) {
            if (fields.get(f).path().equals(path)) {
                return f;
            }
        }
        throw new IllegalStateException("no field " + path);
    }
}
