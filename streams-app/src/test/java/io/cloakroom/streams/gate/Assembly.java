package io.cloakroom.streams.gate;

import io.cloakroom.policy.Engine;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Blueprint;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The gate's parts as a test needs them: a policy, keys, a registry in this process and what reads and writes with it. */
record Assembly(
        Blueprint blueprint,
        GateParts parts,
        AvroSerializer serializer,
        AvroDeserializer generic,
        AvroDeserializer specific) {

    /** @param keys those that are there already are taken */
    static Assembly of(Path policies, Path keys, int partitions, int longest) {
        Map<String, Object> client = Map.of("schema.registry.url", "mock://" + UUID.randomUUID());
        SchemaRegistry registry = SchemaRegistry.connect(client);
        try {
            Blueprint blueprint = Blueprint.load(policies);
            Pseudonyms.create(keys, blueprint.keyNames());
            blueprint.registrations().stream()
                    .sorted(Comparator.comparing(Blueprint.Registration::subject))
                    .forEach(r -> registry.register(r.subject(), r.schema()));
            GateParts parts = new GateParts(
                    new Engine(blueprint.history()),
                    registry,
                    Pseudonyms.load(keys, blueprint.keyNames()),
                    blueprint.schemas(),
                    blueprint.projections(),
                    partitions,
                    topic -> longest,
                    new SimpleMeterRegistry());
            Map<String, Object> withClasses = new HashMap<>(client);
            withClasses.put("specific.avro.reader", true);
            AvroSerializer serializer = new AvroSerializer();
            AvroDeserializer generic = new AvroDeserializer();
            AvroDeserializer specific = new AvroDeserializer();
            serializer.configure(client, false);
            generic.configure(client, false);
            specific.configure(withClasses, false);
            return new Assembly(blueprint, parts, serializer, generic, specific);
        } catch (IOException | PolicyRefusedException | KeysMissingException e) {
            throw new IllegalStateException(e);
        }
    }
}
