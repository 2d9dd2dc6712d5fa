package io.cloakroom.streams.cli;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Safeguard;
import io.cloakroom.policy.Treatment;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What two versions of the policy say differently. All parts of a thing are compared, whatever they are, so that none can be
 * forgotten here.
 */
final class Differences {

    private static final String NOTHING = "nothing";

    /** Parts that are compared otherwise, or say nothing on their own. */
    private static final Set<String> APART = Set.of(
            "version",
            "hash",
            "effectiveFrom",
            "purposes",
            "events",
            "recipients",
            "accesses",
            "categories",
            "id",
            "type");

    /** The clause of a part; of any other it is that of the thing. */
    private static final Map<String, String> CLAUSES = Map.ofEntries(
            Map.entry("brands", "C2"),
            Map.entry("surfaces", "C2"),
            Map.entry("channels", "C21"),
            Map.entry("consentAge", "C1"),
            Map.entry("guardianTerm", "C1"),
            Map.entry("eea", "C20"),
            Map.entry("adequacy", "C20"),
            Map.entry("adultsOnly", "C1"),
            Map.entry("partOf", "C25"),
            Map.entry("unsubscribe", "C27"),
            Map.entry("region", "C20"),
            Map.entry("safeguards", "C20"),
            Map.entry("recallable", "C42"),
            Map.entry("actValues", "C1"),
            Map.entry("alwaysAct", "C1"),
            Map.entry("openOrders", "C7"),
            Map.entry("signals", "C9"),
            Map.entry("knownAs", "C11"),
            Map.entry("services", "C13"),
            Map.entry("platforms", "C14"),
            Map.entry("groupCompanies", "C24"),
            Map.entry("until", "C43"));

    private static final String VERSIONS = "C37";
    private static final String STATED = "C4";

    /**
     * @param recipient empty where it is everybody's
     * @param fields those that it is about; empty where it is about none
     */
    record Difference(String clause, String recipient, String what, List<String> fields, String before, String after) {}

    private final Policy old;
    private final Policy next;
    private final List<Difference> all = new ArrayList<>();

    private Differences(Policy old, Policy next) {
        this.old = old;
        this.next = next;
    }

    /** Sorted by clause, then by recipient. */
    static List<Difference> between(Policy old, Policy next) {
        Differences differences = new Differences(old, next);
        differences.compare();
        return differences.all.stream()
                .sorted(Comparator.comparing(Difference::clause, Clauses.IN_ORDER)
                        .thenComparing(Difference::recipient)
                        .thenComparing(Difference::what))
                .toList();
    }

    private void compare() {
        compare("", "", VERSIONS, old, next);
        each(old.purposes(), next.purposes(), (id, one, other) -> {
            String clause = either(one, other).clause();
            if (isBoth("", "purpose " + id, clause, one, other)) {
                compare("", "purpose " + id + ": ", clause, one.get(), other.get());
            }
        });
        each(old.events(), next.events(), (type, one, other) -> {
            if (isBoth("", "event " + type, STATED, one, other)) {
                compare("", "event " + type + ": ", STATED, one.get(), other.get());
            }
        });
        each(old.recipients(), next.recipients(), (id, one, other) -> {
            String clause = either(one, other).clause();
            if (isBoth(id, "recipient", clause, one, other)) {
                compare(id, "", clause, one.get(), other.get());
            }
            union(old.events().keySet(), next.events().keySet()).forEach(type -> compare(type, id));
        });
    }

    // The table.

    private void compare(String type, String recipient) {
        Optional<Access> one = old.access(type, recipient);
        Optional<Access> other = next.access(type, recipient);
        each(purposes(one), purposes(other), (id, before, after) -> {
            String clause = either(before, after).clause();
            isBoth(recipient, type + " for " + id, clause, before, after);
            cells(one, other, id)
                    .forEach((forms, fields) ->
                            add(recipient, type + " for " + id, clause, fields, forms.get(0), forms.get(1)));
        });
    }

    private static Map<String, Purpose> purposes(Optional<Access> access) {
        return access.map(a -> a.purposes().stream().collect(Collectors.toMap(Purpose::id, p -> p)))
                .orElse(Map.of());
    }

    /** The fields whose form changes, by the form before and after. */
    private static Map<List<String>, List<String>> cells(Optional<Access> one, Optional<Access> other, String purpose) {
        Map<String, String> before = forms(one, purpose);
        Map<String, String> after = forms(other, purpose);
        Map<List<String>, List<String>> cells = new LinkedHashMap<>();
        union(before.keySet(), after.keySet()).forEach(field -> {
            List<String> forms = List.of(before.getOrDefault(field, NOTHING), after.getOrDefault(field, NOTHING));
            if (!forms.get(0).equals(forms.get(1))) {
                cells.computeIfAbsent(forms, f -> new ArrayList<>()).add(field);
            }
        });
        return cells;
    }

    private static Map<String, String> forms(Optional<Access> access, String purpose) {
        Map<String, String> forms = new TreeMap<>();
        access.ifPresent(a -> {
            List<Field> fields = a.schema().fields();
            for (int p = 0; p < a.purposes().size(); p++) {
                for (int f = 0; a.purposes().get(p).id().equals(purpose) && f < fields.size(); f++) {
                    Treatment treatment = a.treatment(f, 1L << p);
                    if (!treatment.equals(Treatment.DROP)) {
                        forms.put(fields.get(f).path(), Words.of(treatment));
                    }
                }
            }
        });
        return forms;
    }

    // Everything else.

    private void compare(String recipient, String prefix, String clause, Record one, Record other) {
        for (RecordComponent part : one.getClass().getRecordComponents()) {
            String name = part.getName();
            Object before = value(part, one);
            Object after = value(part, other);
            if (APART.contains(name) || before.equals(after)) {
                continue;
            }
            String words = prefix + name.replaceAll("(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
            String ownClause = CLAUSES.getOrDefault(name, clause);
            if (before instanceof Set<?> set) {
                boolean isNotices = name.equals("notices");
                members(set, (Set<?>) after)
                        .forEach((member, isNew) -> add(
                                recipient,
                                isNotices ? "grants under notice " + member : words + " " + member,
                                ownClause,
                                List.of(),
                                isNotices ? isNew ? "stale" : "count" : there(!isNew),
                                isNotices ? isNew ? "count" : "stale" : there(isNew)));
            } else if (before instanceof Map<?, ?> map) {
                entries(map, (Map<?, ?>) after)
                        .forEach((key, values) ->
                                add(recipient, words + " " + key, ownClause, List.of(), values.get(0), values.get(1)));
            } else {
                add(recipient, words, ownClause, List.of(), text(name, before, old), text(name, after, next));
            }
        }
    }

    private static Map<String, Boolean> members(Set<?> before, Set<?> after) {
        Map<String, Boolean> members = new TreeMap<>();
        before.stream().filter(m -> !after.contains(m)).forEach(m -> members.put(m.toString(), false));
        after.stream().filter(m -> !before.contains(m)).forEach(m -> members.put(m.toString(), true));
        return members;
    }

    private Map<String, List<String>> entries(Map<?, ?> before, Map<?, ?> after) {
        Map<String, List<String>> entries = new TreeMap<>();
        Stream.concat(before.keySet().stream(), after.keySet().stream()).forEach(key -> {
            if (!Optional.ofNullable(before.get(key)).equals(Optional.ofNullable(after.get(key)))) {
                entries.put(key.toString(), List.of(entry(before.get(key), old), entry(after.get(key), next)));
            }
        });
        return entries;
    }

    private static String entry(Object value, Policy policy) {
        return value == null ? NOTHING : text("", value, policy);
    }

    private static String text(String name, Object value, Policy policy) {
        if (value instanceof Collection<?> many) {
            Stream<String> texts = many.stream().map(v -> text("", v, policy));
            String all = (value instanceof Set ? texts.sorted() : texts).collect(Collectors.joining(", "));
            return all.isEmpty() ? NOTHING : all;
        } else if (value instanceof Safeguard safeguard) {
            return Words.of(safeguard, policy);
        } else if (value instanceof Boolean flag) {
            return flag ? "yes" : "no";
        } else if (value instanceof Enum<?> symbol) {
            return Words.of(symbol);
        } else if (name.equals("guardianTerm")) {
            return Duration.ofMillis((Long) value).toDays() + " days";
        } else if (value.equals(Long.MAX_VALUE)) {
            return "never";
        } else if (name.equals("until")) {
            return Words.day((Long) value, policy);
        } else if (name.equals("grace")) {
            return (Long) value / 1_000 + " seconds";
        }
        return value.toString().isEmpty() ? NOTHING : value.toString();
    }

    private static Object value(RecordComponent part, Record record) {
        try {
            return part.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a public record has public parts", e);
        }
    }

    // What comes and goes.

    private interface Pair<T> {
        void take(String id, Optional<T> before, Optional<T> after);
    }

    private static <T> void each(Map<String, T> before, Map<String, T> after, Pair<T> pair) {
        union(before.keySet(), after.keySet())
                .forEach(id -> pair.take(id, Optional.ofNullable(before.get(id)), Optional.ofNullable(after.get(id))));
    }

    private static Set<String> union(Set<String> one, Set<String> other) {
        Set<String> both = new TreeSet<>(one);
        both.addAll(other);
        return both;
    }

    private static <T> T either(Optional<T> before, Optional<T> after) {
        return after.or(() -> before).orElseThrow();
    }

    /** Whether both have it; notes what comes or goes. */
    private <T> boolean isBoth(String recipient, String what, String clause, Optional<T> before, Optional<T> after) {
        if (before.isPresent() != after.isPresent()) {
            add(recipient, what, clause, List.of(), there(before.isPresent()), there(after.isPresent()));
        }
        return before.isPresent() && after.isPresent();
    }

    private static String there(boolean is) {
        return is ? "there" : "not there";
    }

    private void add(String recipient, String what, String clause, List<String> fields, String before, String after) {
        all.add(new Difference(clause, recipient, what, fields, before, after));
    }
}
