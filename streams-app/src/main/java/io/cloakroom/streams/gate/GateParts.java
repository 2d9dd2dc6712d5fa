package io.cloakroom.streams.gate;

import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.SchemaRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.apache.avro.Schema;

/**
 * What the gate is made of; all of it checked before it starts.
 *
 * @param schemas the gate's schema of each event type
 * @param projections of every version of the policy
 * @param partitions count of every input
 * @param longestRelease in bytes, of the value and the key together, by topic: a longer one is withheld, and not forwarded
 * @param meters where it counts
 */
public record GateParts(
        Engine engine,
        SchemaRegistry registry,
        Pseudonyms pseudonyms,
        Map<String, Schema> schemas,
        List<Projection> projections,
        int partitions,
        ToIntFunction<String> longestRelease,
        MeterRegistry meters) {

    /** The name of the key under which the audit's subject tokens are made. */
    public static final String AUDIT_KEY = "audit.1";

    public GateParts {
        schemas = Map.copyOf(schemas);
        projections = List.copyOf(projections);
    }
}
