package io.cloakroom.schemas;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * Schemas by id and by subject, as Confluent's registry keeps them.
 *
 * <p>Implementations are safe for use by many threads. What a method cannot answer it throws:
 * {@link RegistryUnavailableException} (try again later), {@link RegistryRefusedException} (somebody must change
 * something), {@link SchemaNotFoundException} (there is no such schema).
 */
public interface SchemaRegistry {

    /** A schema as one version of a subject. */
    record Version(String subject, int version, int id, Schema schema) {}

    /** Registers the schema if it is new to the subject. */
    int register(String subject, Schema schema);

    /** The id of a schema that the subject has; documentation and custom properties such as labels count. */
    int id(String subject, Schema schema);

    /** The schema with its references resolved. */
    Schema byId(int id);

    /** The newest version of the subject, asked afresh each time; empty if the subject is unknown. */
    Optional<Version> latest(String subject);

    /**
     * The versions of the subject, deleted ones too, asked afresh each time; over HTTP the newest hundred at most. Those
     * that cannot be read are left out.
     */
    List<Version> versions(String subject);

    /**
     * The registry of {@code schema.registry.url}: over HTTP, or in this process for {@code mock://scope}. Ids and
     * schemas are remembered for ever, so an outage harms nothing that was seen before. Nothing is asked yet.
     *
     * @param configs any client configuration; see {@link AvroConfig}
     */
    static SchemaRegistry connect(Map<String, ?> configs) {
        AvroConfig config = new AvroConfig(configs);
        SchemaRegistry registry =
                config.mockScope().<SchemaRegistry>map(Subjects::scope).orElseGet(() -> new HttpRegistry(config));
        return new CachingRegistry(registry);
    }
}
