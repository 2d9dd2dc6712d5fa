package io.cloakroom.schemas;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.cloakroom.schemas.SchemaText.Parsed;
import io.cloakroom.schemas.SchemaText.Reference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/**
 * The registry itself, by Confluent's rules: one id per schema text whatever the subject, ids from 1 without gaps,
 * versions per subject, deletion in two steps, compatibility per subject. Refuses with Confluent's error codes.
 */
final class Subjects implements SchemaRegistry {

    static final int NO_SUBJECT = 40401;
    static final int NO_VERSION = 40402;
    static final int NO_SCHEMA = 40403;
    private static final int SUBJECT_SOFT_DELETED = 40404;
    private static final int SUBJECT_NOT_SOFT_DELETED = 40405;
    private static final int VERSION_SOFT_DELETED = 40406;
    private static final int VERSION_NOT_SOFT_DELETED = 40407;
    private static final int NO_SUBJECT_LEVEL = 40408;
    private static final int INCOMPATIBLE = 409;
    private static final int INVALID_SCHEMA = 42201;
    private static final int REFERENCED = 42206;

    private static final Map<String, Subjects> SCOPES = new ConcurrentHashMap<>();

    /** All that ever happens to a registry; a journal of these is a registry. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Registered.class, name = "registered"),
        @JsonSubTypes.Type(value = Deleted.class, name = "deleted"),
        @JsonSubTypes.Type(value = Levelled.class, name = "level")
    })
    sealed interface Change {}

    record Registered(String subject, int version, int id, SchemaText text) implements Change {}

    record Deleted(String subject, int version, boolean permanent) implements Change {}

    /** Null for subject: the level of all that have none. Null for level: it is forgotten. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Levelled(String subject, Compatibility level) implements Change {}

    record Stored(String subject, int version, int id, SchemaText text, Schema schema, boolean deleted) {
        Version asVersion() {
            return new Version(subject, version, id, schema);
        }
    }

    private final Consumer<Change> journal;
    private final SortedMap<String, SortedMap<Integer, Stored>> subjects = new TreeMap<>();
    private final Map<String, Compatibility> levels = new HashMap<>();
    private Compatibility level = Compatibility.BACKWARD;
    private int lastId;

    /** @param journal told of each change before it takes effect; if it throws, there is no change */
    Subjects(Consumer<Change> journal) {
        this.journal = journal;
    }

    /** The registry of a {@code mock://} scope; lives as long as the process. */
    static Subjects scope(String name) {
        return SCOPES.computeIfAbsent(name, scope -> new Subjects(change -> {}));
    }

    @Override
    public int register(String subject, Schema schema) {
        return register(subject, SchemaText.of(schema)).id();
    }

    @Override
    public int id(String subject, Schema schema) {
        try {
            return find(subject, SchemaText.of(schema), false).id();
        } catch (RegistryRefusedException e) {
            throw new SchemaNotFoundException(e.getMessage() + "; register the schema first");
        }
    }

    @Override
    public Schema byId(int id) {
        try {
            return withId(id).get(0).schema();
        } catch (RegistryRefusedException e) {
            throw new SchemaNotFoundException(e.getMessage());
        }
    }

    @Override
    public synchronized Optional<Version> latest(String subject) {
        return newest(subject, false).map(Stored::asVersion);
    }

    @Override
    public synchronized List<Version> versions(String subject) {
        return of(subject, true).map(Stored::asVersion).toList();
    }

    synchronized Stored register(String subject, SchemaText text) {
        Parsed parsed = parse(text);
        Optional<Stored> same = same(subject, parsed, false);
        if (same.isPresent()) {
            return same.get();
        }
        List<String> problems = level(subject).orElse(level).problems(parsed.schema(), schemas(subject));
        if (!problems.isEmpty()) {
            throw new RegistryRefusedException(
                    INCOMPATIBLE,
                    "Schema being registered is incompatible with an earlier schema for subject \"" + subject
                            + "\", details: " + problems);
        }
        int version = newest(subject, true).map(Stored::version).orElse(0) + 1;
        int id = all().filter(s -> s.text().equals(parsed.text()))
                .map(Stored::id)
                .findFirst()
                .orElse(lastId + 1);
        change(new Registered(subject, version, id, parsed.text()));
        return subjects.get(subject).get(version);
    }

    synchronized Stored find(String subject, SchemaText text, boolean deleted) {
        if (newest(subject, deleted).isEmpty()) {
            throw noSubject(subject);
        }
        return same(subject, parse(text), deleted)
                .orElseThrow(() -> new RegistryRefusedException(NO_SCHEMA, "Schema not found in " + subject));
    }

    /** Every use of the id, deleted ones too; never empty. */
    synchronized List<Stored> withId(int id) {
        List<Stored> found = all().filter(s -> s.id() == id).toList();
        if (found.isEmpty()) {
            throw new RegistryRefusedException(NO_SCHEMA, "Schema " + id + " not found");
        }
        return found;
    }

    synchronized List<String> names(boolean deleted) {
        return subjects.keySet().stream()
                .filter(subject -> newest(subject, deleted).isPresent())
                .toList();
    }

    synchronized List<Stored> versions(String subject, boolean deleted) {
        List<Stored> found = of(subject, deleted).toList();
        if (found.isEmpty()) {
            throw noSubject(subject);
        }
        return found;
    }

    /** @param version empty for the latest */
    synchronized Stored version(String subject, Optional<Integer> version, boolean deleted) {
        if (newest(subject, deleted).isEmpty()) {
            throw noSubject(subject);
        }
        return (version.isEmpty() ? newest(subject, deleted) : at(subject, version.get(), deleted))
                .orElseThrow(() -> noVersion(version.orElse(-1)));
    }

    /** What speaks against the schema, compared with one version, or with all that the subject's level asks. */
    synchronized List<String> problems(String subject, SchemaText text, Optional<Stored> only) {
        Schema schema = parse(text).schema();
        return level(subject)
                .orElse(level)
                .problems(schema, only.map(s -> List.of(s.schema())).orElseGet(() -> schemas(subject)));
    }

    synchronized List<Integer> delete(String subject, boolean permanent) {
        List<Stored> there = of(subject, true).toList();
        if (there.isEmpty()) {
            throw noSubject(subject);
        }
        boolean softDeleted = there.stream().allMatch(Stored::deleted);
        if (permanent && !softDeleted) {
            throw new RegistryRefusedException(
                    SUBJECT_NOT_SOFT_DELETED,
                    "Subject '" + subject + "' was not deleted first before being permanently deleted");
        }
        if (!permanent && softDeleted) {
            throw new RegistryRefusedException(
                    SUBJECT_SOFT_DELETED,
                    "Subject '" + subject + "' was soft deleted. Set permanent=true to delete permanently");
        }
        List<Stored> going =
                there.stream().filter(s -> permanent || !s.deleted()).toList();
        going.forEach(this::refuseIfReferenced);
        going.forEach(s -> change(new Deleted(subject, s.version(), permanent)));
        return going.stream().map(Stored::version).toList();
    }

    synchronized int delete(String subject, Optional<Integer> version, boolean permanent) {
        Stored stored = version(subject, version, permanent || version.isPresent());
        if (permanent && !stored.deleted()) {
            throw new RegistryRefusedException(
                    VERSION_NOT_SOFT_DELETED,
                    "Subject '" + subject + "' Version " + stored.version()
                            + " was not deleted first before being permanently deleted");
        }
        if (!permanent && stored.deleted()) {
            throw new RegistryRefusedException(
                    VERSION_SOFT_DELETED,
                    "Subject '" + subject + "' Version " + stored.version()
                            + " was soft deleted. Set permanent=true to delete permanently");
        }
        refuseIfReferenced(stored);
        change(new Deleted(subject, stored.version(), permanent));
        return stored.version();
    }

    /** The ids of the schemas that refer to this version. */
    synchronized List<Integer> referencing(Stored stored) {
        return all().filter(s -> !s.deleted())
                .filter(s -> s.text().references().stream().anyMatch(isTo(stored)))
                .map(Stored::id)
                .distinct()
                .toList();
    }

    synchronized Compatibility level() {
        return level;
    }

    synchronized Optional<Compatibility> level(String subject) {
        return Optional.ofNullable(levels.get(subject));
    }

    /** @param subject empty for all that have no level of their own */
    synchronized void level(Optional<String> subject, Compatibility wanted) {
        change(new Levelled(subject.orElse(null), wanted));
    }

    /** Forgets a level, and returns what it was. */
    synchronized Compatibility dropLevel(Optional<String> subject) {
        Compatibility before =
                subject.isEmpty() ? level : level(subject.get()).orElseThrow(() -> noLevel(subject.get()));
        change(new Levelled(subject.orElse(null), null));
        return before;
    }

    synchronized int lastId() {
        return lastId;
    }

    /** Takes up a change from the journal. */
    synchronized void apply(Change change) {
        if (change instanceof Registered r) {
            Stored stored = new Stored(
                    r.subject(), r.version(), r.id(), r.text(), parse(r.text()).schema(), false);
            subjects.computeIfAbsent(r.subject(), s -> new TreeMap<>()).put(r.version(), stored);
            lastId = Math.max(lastId, r.id());
        } else if (change instanceof Deleted d && d.permanent()) {
            subjects.get(d.subject()).remove(d.version());
        } else if (change instanceof Deleted d) {
            subjects.get(d.subject())
                    .computeIfPresent(
                            d.version(), (v, s) -> new Stored(s.subject(), v, s.id(), s.text(), s.schema(), true));
        } else if (change instanceof Levelled l) {
            if (l.subject() != null) {
                levels.compute(l.subject(), (subject, before) -> l.level());
            } else {
                level = l.level() == null ? Compatibility.BACKWARD : l.level();
            }
        }
    }

    private void change(Change change) {
        journal.accept(change);
        apply(change);
    }

    private Parsed parse(SchemaText text) {
        try {
            return text.parseStrictly(this::resolve);
        } catch (AvroRuntimeException | NullPointerException e) { // Avro has the latter for an unknown type
            throw new RegistryRefusedException(INVALID_SCHEMA, "Invalid schema: " + e.getMessage());
        }
    }

    private SchemaText resolve(Reference reference) {
        return at(reference.subject(), reference.version(), true)
                .orElseThrow(() -> new RegistryRefusedException(
                        INVALID_SCHEMA,
                        "Invalid schema: no schema for the reference \"" + reference.name() + "\", subject \""
                                + reference.subject() + "\", version " + reference.version()))
                .text();
    }

    /** The newest version with this text; one without references also matches one that is the same with them. */
    private Optional<Stored> same(String subject, Parsed parsed, boolean deleted) {
        Predicate<Stored> equal = s -> s.text().equals(parsed.text())
                || parsed.text().references().isEmpty()
                        && !s.text().references().isEmpty()
                        && s.schema().toString().equals(parsed.text().schema());
        return of(subject, deleted).filter(equal).reduce((first, second) -> second);
    }

    private Optional<Stored> at(String subject, int version, boolean deleted) {
        return of(subject, deleted).filter(s -> s.version() == version).findFirst();
    }

    private Optional<Stored> newest(String subject, boolean deleted) {
        return of(subject, deleted).reduce((first, second) -> second);
    }

    private List<Schema> schemas(String subject) {
        return of(subject, false).map(Stored::schema).toList();
    }

    private Stream<Stored> of(String subject, boolean deleted) {
        return subjects.getOrDefault(subject, new TreeMap<>()).values().stream().filter(s -> deleted || !s.deleted());
    }

    private Stream<Stored> all() {
        return subjects.values().stream().flatMap(versions -> versions.values().stream());
    }

    private void refuseIfReferenced(Stored stored) {
        if (!referencing(stored).isEmpty()) {
            throw new RegistryRefusedException(
                    REFERENCED,
                    "One or more references exist to the schema {subject=" + stored.subject() + ",version="
                            + stored.version() + "}");
        }
    }

    private static Predicate<Reference> isTo(Stored stored) {
        return r -> r.subject().equals(stored.subject()) && r.version() == stored.version();
    }

    private static RegistryRefusedException noSubject(String subject) {
        return new RegistryRefusedException(NO_SUBJECT, "Subject '" + subject + "' not found.");
    }

    private static RegistryRefusedException noVersion(int version) {
        return new RegistryRefusedException(NO_VERSION, "Version " + version + " not found.");
    }

    static RegistryRefusedException noLevel(String subject) {
        return new RegistryRefusedException(
                NO_SUBJECT_LEVEL, "Subject '" + subject + "' does not have subject-level compatibility configured");
    }
}
