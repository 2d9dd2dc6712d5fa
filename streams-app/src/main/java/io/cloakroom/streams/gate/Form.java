package io.cloakroom.streams.gate;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Treatment;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Keep;
import io.cloakroom.policy.Treatment.Pseudonymise;
import io.cloakroom.policy.Treatment.Redact;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The form of each field for one recipient and one set of allowing purposes, compiled. */
final class Form {

    /** Not in the release's schema, or inside something that is not there. */
    static final byte ABSENT = 0;

    /** In the schema, and not for these purposes. */
    static final byte NULL = 1;

    static final byte KEEP = 2;
    static final byte PSEUDONYMISE = 3;
    static final byte GENERALISE = 4;
    static final byte REDACT = 5;

    final byte[] actions;
    final Generalise[] generalise;

    /** Whether what is known of the person must be at hand. */
    private boolean redacts;

    /** The release's field {@code purposes}, in Avro. */
    final byte[] purposes;

    /** What the audit says of it, by category: the field {@code treatments} of a decision, in Avro. */
    final byte[] treatments;

    Form(Access access, long allowing) {
        List<Field> fields = access.schema().fields();
        actions = new byte[fields.size()];
        generalise = new Generalise[fields.size()];
        Map<String, Byte> containers = new HashMap<>();
        for (int f = 0; f < actions.length; f++) {
            String path = fields.get(f).path();
            int dot = path.lastIndexOf('.');
            boolean inNothing = dot >= 0 && containers.get(path.substring(0, dot)) < KEEP;
            boolean inSchema = !(access.treatment(f, access.allPurposes()) instanceof Drop);
            actions[f] = inNothing || !inSchema ? ABSENT : action(access.treatment(f, allowing), f);
            containers.put(path, actions[f]);
        }
        Out out = new Out();
        out.putLong(Long.bitCount(allowing));
        for (int p = 0; p < access.purposes().size(); p++) {
            if ((allowing >>> p & 1) == 1) {
                out.putText(access.purposes().get(p).id().getBytes(StandardCharsets.UTF_8));
            }
        }
        purposes = out.put(0).toBytes();
        treatments = treatments(access, allowing);
    }

    boolean redacts() {
        return redacts;
    }

    private static byte[] treatments(Access access, long allowing) {
        record Cell(String category, String treatment) {}
        Map<Cell, Integer> counts = new LinkedHashMap<>();
        List<Field> fields = access.schema().fields();
        for (int f = 0; f < fields.size(); f++) {
            String word = access.treatment(f, allowing).word();
            counts.merge(new Cell(fields.get(f).label(), word), 1, Integer::sum);
        }
        Out out = new Out();
        out.putLong(counts.size());
        counts.forEach((cell, count) -> out.putText(cell.category().getBytes(StandardCharsets.UTF_8))
                .putText(cell.treatment().getBytes(StandardCharsets.UTF_8))
                .putLong(count));
        return out.putLong(0).toBytes();
    }

    private byte action(Treatment treatment, int field) {
        if (treatment instanceof Keep) {
            return KEEP;
        } else if (treatment instanceof Pseudonymise) {
            return PSEUDONYMISE;
        } else if (treatment instanceof Generalise to) {
            generalise[field] = to;
            return GENERALISE;
        } else if (treatment instanceof Redact) {
            redacts = true;
            return REDACT;
        } else if (treatment instanceof Drop) {
            return NULL;
        }
        throw new IncompatibleClassChangeError("not a treatment: " + treatment.getClass());
    }
}
