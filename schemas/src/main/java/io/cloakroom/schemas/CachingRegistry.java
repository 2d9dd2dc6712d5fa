package io.cloakroom.schemas;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;

/** Remembers for ever what never changes: the schema of an id, and the id of a schema in a subject. */
final class CachingRegistry implements SchemaRegistry {

    /** A schema with all its text: Avro's own equality overlooks documentation, for which a registry gives a new id. */
    record Key(String subject, Schema schema) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key
                    && subject.equals(key.subject)
                    && (schema == key.schema
                            || schema.equals(key.schema) && schema.toString().equals(key.schema.toString()));
        }
    }

    private final SchemaRegistry registry;
    private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
    private final Map<Key, Integer> registered = new ConcurrentHashMap<>();
    private final Map<Key, Integer> found = new ConcurrentHashMap<>();

    CachingRegistry(SchemaRegistry registry) {
        this.registry = registry;
    }

    // Not computeIfAbsent: a slow registry would block other keys of the same bin. Asking twice harms nothing.

    @Override
    public int register(String subject, Schema schema) {
        Key key = new Key(subject, schema);
        Integer id = registered.get(key);
        if (id == null) {
            id = registry.register(subject, schema);
            registered.put(key, id);
            found.put(key, id);
        }
        return id;
    }

    @Override
    public int id(String subject, Schema schema) {
        Key key = new Key(subject, schema);
        Integer id = found.get(key);
        if (id == null) {
            id = registry.id(subject, schema);
            found.put(key, id);
        }
        return id;
    }

    @Override
    public Schema byId(int id) {
        Schema schema = schemas.get(id);
        if (schema == null) {
            Schema fetched = registry.byId(id);
            schema = schemas.putIfAbsent(id, fetched);
            return schema == null ? fetched : schema;
        }
        return schema;
    }

    @Override
    public List<Version> versions(String subject) {
        List<Version> versions = registry.versions(subject);
        versions.forEach(version -> schemas.putIfAbsent(version.id(), version.schema()));
        return versions;
    }

    @Override
    public Optional<Version> latest(String subject) {
        return registry.latest(subject);
    }
}
