package io.cloakroom.policy;

import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Purpose.Dimension;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Parameter;
import io.cloakroom.policy.Treatment.Pseudonymise;
import io.cloakroom.policy.Treatment.To;
import io.cloakroom.policy.Yaml.Entry;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * One file against the gate's schemas: every name is looked up and every field × recipient × purpose decided. What is found
 * to be wrong is reported and read as the least, so that the rest can still be checked; the result counts only without
 * problems.
 */
final class PolicyCompiler {

    private static final Set<String> COUNTRIES = Set.of(Locale.getISOCountries());
    private static final Set<String> RESERVED =
            Set.of("events", "consent", "identity", "subject", "recalls", "audit", "quarantine", "gate");

    /** Where the policy says nothing of it. */
    private static final Duration GUARDIAN_TERM = Duration.ofDays(30);

    private final Yaml root;
    private final PolicyStructure structure;
    private final Map<String, EventSchema> schemas;
    private final boolean newest;
    private final Problems problems;

    private ZoneId zone = ZoneOffset.UTC;
    private final Map<String, Category> categories = new LinkedHashMap<>();
    private final Map<String, Purpose> purposes = new LinkedHashMap<>();
    private final Map<String, EventRules> events = new LinkedHashMap<>();
    private final Map<String, List<Access>> accesses = new HashMap<>();
    private final Map<String, Recipient> recipients = new LinkedHashMap<>();
    private final Map<String, List<Safeguard>> adequacy = new HashMap<>();

    private record Category(boolean lowEntropy, List<String> onlyFor, String clause) {}

    private record Placed(Treatment treatment, Yaml at) {}

    /** @param newest older versions do not know the schemas that came after them */
    PolicyCompiler(
            Yaml root, PolicyStructure structure, Map<String, EventSchema> schemas, boolean newest, Problems problems) {
        this.root = root;
        this.structure = structure;
        this.schemas = schemas;
        this.newest = newest;
        this.problems = problems;
    }

    Policy compile(String hash) {
        readZone();
        checkDefault();
        root.get("eea").items().forEach(this::checkCountry);
        readAdequacy();
        readCategories();
        readPurposes();
        readEvents();
        readRecipients();
        adequacy.replaceAll((region, rows) -> List.copyOf(rows));
        Map<String, EventRules> withAccesses = new LinkedHashMap<>();
        events.forEach((type, rules) -> withAccesses.put(type, rules.with(accesses.getOrDefault(type, List.of()))));
        return new Policy(
                root.get("version").text(),
                hash,
                startOf(root.get("version")).orElse(0),
                zone,
                Set.copyOf(names("brands")),
                Set.copyOf(names("surfaces")),
                Set.copyOf(names("channels")),
                Set.copyOf(names("notices")),
                structure.isSound("age-of-consent", "years")
                        ? number(root.get("age-of-consent").get("years"))
                        : 0,
                guardianTerm().toMillis(),
                Map.copyOf(purposes),
                Map.copyOf(withAccesses),
                Map.copyOf(recipients),
                Set.copyOf(names("eea")),
                Map.copyOf(adequacy));
    }

    private Duration guardianTerm() {
        boolean isThere = root.has("guardian") && structure.isSound("guardian", "within-days");
        return isThere ? Duration.ofDays(number(root.get("guardian").get("within-days"))) : GUARDIAN_TERM;
    }

    private void readZone() {
        Yaml at = root.get("zone");
        if (problems.isKnown(at, ZoneId.getAvailableZoneIds(), "zone")) {
            zone = ZoneId.of(at.text());
        }
    }

    private void checkDefault() {
        List<Entry> all = root.entries();
        Yaml last = all.get(all.size() - 1).key();
        if (!last.text().equals("otherwise")) {
            problems.add(root.find("otherwise").orElseThrow().key(), "`otherwise: withhold` must be the last line");
        }
    }

    private void readAdequacy() {
        List<Yaml> rows = root.get("adequacy").items();
        for (int i = 0; i < rows.size(); i++) {
            if (structure.isSound("adequacy", i)) {
                Yaml region = rows.get(i).get("region");
                checkCountry(region);
                adequacy.computeIfAbsent(region.text(), r -> new ArrayList<>())
                        .add(safeguard(Safeguard.Kind.ADEQUACY, rows.get(i)));
            }
        }
    }

    private void readCategories() {
        for (Entry entry : root.get("categories").entries()) {
            Yaml rules = entry.value();
            for (Yaml recipient : rules.get("only-for").items()) {
                problems.isKnown(recipient, names("recipients"), "recipient");
            }
            categories.put(
                    entry.key().text(),
                    new Category(
                            isTrue(rules.get("low-entropy")),
                            rules.get("only-for").texts(),
                            rules.get("clause").text()));
        }
        Yaml at = root.find("categories").orElseThrow().key();
        for (EventSchema schema : schemas.values()) {
            if (newest || names("events").contains(schema.type())) {
                for (Field field : schema.fields()) {
                    if (!categories.containsKey(field.label())) {
                        problems.add(
                                at,
                                "no category `" + field.label() + "`, the label of " + schema.type() + "."
                                        + field.path() + Problems.didYouMean(field.label(), categories.keySet()));
                    }
                }
            }
        }
    }

    private void readPurposes() {
        for (Entry entry : root.get("purposes").entries()) {
            String id = entry.key().text();
            if (!structure.isSound("purposes", id)) {
                continue;
            }
            Yaml rules = entry.value();
            Basis basis = constant(Basis.class, rules.get("basis"));
            boolean asksThePerson = basis == Basis.CONSENT || basis == Basis.LEGITIMATE_INTEREST;
            if (asksThePerson && !rules.has("scope")) {
                problems.add(entry.key(), "`scope` is missing: what a consent or objection is told apart by");
            } else if (!asksThePerson && rules.has("scope")) {
                problems.add(
                        rules.find("scope").orElseThrow().key(),
                        "a purpose on " + rules.get("basis").text() + " has no `scope`: nobody is asked");
            }
            Set<Dimension> scope = new LinkedHashSet<>();
            rules.get("scope").items().forEach(d -> scope.add(constant(Dimension.class, d)));
            rules.get("categories").items().forEach(c -> problems.isKnown(c, categories.keySet(), "category"));
            purposes.put(
                    id,
                    new Purpose(
                            id,
                            basis,
                            rules.get("clause").text(),
                            rules.get("dpv").text(),
                            scope,
                            Set.copyOf(rules.get("categories").texts()),
                            isTrue(rules.get("adults-only")),
                            rules.has("requires")));
        }
    }

    private void readEvents() {
        for (Entry entry : root.get("events").entries()) {
            String type = entry.key().text();
            boolean known = problems.isKnown(entry.key(), schemas.keySet(), "event type");
            if (known && structure.isSound("events", type)) {
                events.put(type, eventRules(schemas.get(type), entry));
            }
        }
    }

    private EventRules eventRules(EventSchema schema, Entry entry) {
        Yaml rules = entry.value();
        Map<String, Set<String>> states = new LinkedHashMap<>();
        Yaml listed = rules.get("states");
        for (Entry state : listed.entries()) {
            states.put(state.key().text(), purposes(state.value()));
        }
        Set<String> otherwise = purposes(listed.isMap() ? rules.get("otherwise") : listed);
        checkStates(schema, entry, states.keySet());

        Yaml act = rules.get("act");
        Optional<Field> actField = textField(schema, act.get("field"));
        actField.filter(f -> f.kind() == Kind.ENUM)
                .ifPresent(f -> act.get("in").items().forEach(v -> problems.isKnown(v, f.symbols(), "symbol")));

        Optional<Field> channel = textField(schema, rules.get("channel"));
        for (String symbol : channel.map(Field::symbols).orElse(List.of())) {
            if (!names("channels").contains(symbol)) {
                problems.add(
                        rules.get("channel"),
                        "unknown channel `" + symbol + "` in " + schema.type() + "."
                                + rules.get("channel").text() + Problems.didYouMean(symbol, names("channels")));
            }
        }
        textField(schema, rules.get("unsubscribe"));

        Set<String> stated = new TreeSet<>(otherwise);
        states.values().forEach(stated::addAll);
        for (String id : stated) {
            Purpose purpose = purposes.get(id);
            if (purpose != null && purpose.scope().contains(Dimension.CHANNEL) && !rules.has("channel")) {
                problems.add(entry.key(), "`channel` is missing: " + id + " is told apart by it");
            }
            if (purpose != null && purpose.unsubscribe() && !rules.has("unsubscribe")) {
                problems.add(entry.key(), "`unsubscribe` is missing: " + id + " requires the instruction");
            }
        }
        return new EventRules(
                schema.type(),
                rules.get("stated-by").text(),
                states,
                otherwise,
                act.get("field").text(),
                Set.copyOf(act.get("in").texts()),
                act.text().equals("always"),
                rules.get("channel").text(),
                rules.get("unsubscribe").text(),
                List.of());
    }

    /** Every value of the stating field has its purposes: a closed set by its symbols, an open one by {@code otherwise}. */
    private void checkStates(EventSchema schema, Entry entry, Set<String> values) {
        Yaml rules = entry.value();
        Yaml states = rules.find("states").orElseThrow().key();
        Optional<Entry> otherwise = rules.find("otherwise");
        if (!rules.get("states").isMap()) {
            rules.find("stated-by")
                    .ifPresent(e -> problems.add(e.key(), "`stated-by` needs `states` by value, not a list"));
            otherwise.ifPresent(e -> problems.add(e.key(), "`otherwise` has no use: every event states the same"));
            return;
        }
        if (!rules.has("stated-by")) {
            problems.add(states, "`stated-by` is missing: the field whose values these are");
            return;
        }
        Optional<Field> field = textField(schema, rules.get("stated-by"));
        if (field.isEmpty()) {
            return;
        }
        if (field.get().kind() == Kind.STRING) {
            if (otherwise.isEmpty()) {
                problems.add(
                        entry.key(), "`otherwise` is missing: " + field.get().path() + " can have any value");
            }
            return;
        }
        otherwise.ifPresent(e -> problems.add(
                e.key(),
                "`otherwise` has no use: list every symbol of " + field.get().path()));
        rules.get("states")
                .entries()
                .forEach(e -> problems.isKnown(e.key(), field.get().symbols(), "symbol"));
        for (String symbol : field.get().symbols()) {
            if (!values.contains(symbol)) {
                problems.add(states, "`" + symbol + "` is missing: what does it state?");
            }
        }
    }

    private void readRecipients() {
        for (Entry entry : root.get("recipients").entries()) {
            Yaml key = entry.key();
            Yaml rules = entry.value();
            if (RESERVED.contains(key.text())) {
                problems.add(key, "`" + key.text() + "` is a reserved name");
            } else if (!key.text().matches("[a-z][a-z0-9-]*")) {
                problems.add(
                        key,
                        "`" + key.text()
                                + "` cannot begin a topic's name: a small letter, then small letters, digits or -");
            }
            if (!structure.isSound("recipients", key.text())) {
                continue;
            }
            Recipient recipient = recipient(entry);
            recipients.put(key.text(), recipient);
            Map<String, Placed> treatments = treatments(recipient, rules);
            Set<String> used = new LinkedHashSet<>();
            for (Entry row : rules.get("events").entries()) {
                EventSchema schema = schemas.get(row.key().text());
                if (problems.isKnown(row.key(), names("events"), "event type") && schema != null) {
                    schema.fields().forEach(f -> used.add(f.label()));
                    checkTotal(entry.key(), schema, treatments);
                    Access access = access(recipient, schema, row, treatments);
                    checkNames(access, treatments);
                    accesses.computeIfAbsent(schema.type(), t -> new ArrayList<>())
                            .add(access);
                }
            }
            treatments.forEach((category, placed) -> {
                if (categories.containsKey(category) && !used.contains(category)) {
                    problems.add(placed.at(), "`" + category + "` is in none of the events of " + recipient.id());
                }
            });
        }
    }

    private Recipient recipient(Entry entry) {
        Yaml rules = entry.value();
        Yaml region = rules.get("region");
        checkCountry(region);
        List<Safeguard> safeguards = new ArrayList<>();
        for (Yaml row : rules.get("safeguards").items()) {
            safeguards.add(safeguard(constant(Safeguard.Kind.class, row.get("kind")), row));
        }
        boolean isCovered =
                !safeguards.isEmpty() || names("eea").contains(region.text()) || adequacy.containsKey(region.text());
        if (!isCovered && COUNTRIES.contains(region.text())) {
            problems.add(region, "`" + region.text() + "` is outside the EEA and without a safeguard (C20)");
        }
        return new Recipient(
                entry.key().text(),
                constant(Recipient.Kind.class, rules.get("class")),
                constant(Recipient.Role.class, rules.get("role")),
                region.text(),
                safeguards,
                number(rules.get("epoch")),
                rules.has("grace-seconds")
                        ? Duration.ofSeconds(number(rules.get("grace-seconds"))).toMillis()
                        : 0,
                rules.get("clause").text(),
                !rules.has("recall"));
    }

    private Map<String, Placed> treatments(Recipient recipient, Yaml rules) {
        Map<String, Placed> all = new LinkedHashMap<>();
        rules.get("keep").items().forEach(c -> place(all, recipient, c, Treatment.KEEP));
        rules.get("pseudonymise").items().forEach(c -> place(all, recipient, c, Treatment.PSEUDONYMISE));
        for (Entry row : rules.get("generalise").entries()) {
            place(all, recipient, row.key(), generalise(row.value()));
        }
        rules.get("drop").items().forEach(c -> place(all, recipient, c, Treatment.DROP));
        return all;
    }

    private Generalise generalise(Yaml form) {
        To to = constant(To.class, form.get("to"));
        for (Parameter parameter : EnumSet.complementOf(EnumSet.of(Parameter.NONE))) {
            boolean isThere = form.has(parameter.word());
            if (isThere != (parameter == to.parameter())) {
                problems.add(
                        form.get(isThere ? parameter.word() : "to"),
                        "`" + to.word() + (isThere ? "` has no `" : "` needs `") + parameter.word() + "`");
            }
        }
        if (to == To.H3) {
            Cell.fault().ifPresent(fault -> problems.add(form.get("to"), "`h3` cannot be made here: " + fault));
        }
        Yaml measure = form.get(to.parameter().word());
        return switch (to.parameter()) {
            case NONE -> new Generalise(to, 0, AgeBands.NONE);
            case LENGTH, RESOLUTION -> new Generalise(to, measure.isScalar() ? number(measure) : 0, AgeBands.NONE);
            case BANDS -> new Generalise(to, 0, bands(measure.items()));
        };
    }

    private AgeBands bands(List<Yaml> ages) {
        List<Integer> from = new ArrayList<>();
        for (Yaml at : ages) {
            int age = number(at);
            if (!from.isEmpty() && age - from.get(from.size() - 1) < AgeBands.NARROWEST) {
                problems.add(
                        at, "a band is at least " + AgeBands.NARROWEST + " years: " + age + " follows the one before");
            }
            from.add(age);
        }
        return new AgeBands(from, zone);
    }

    private void place(Map<String, Placed> all, Recipient recipient, Yaml at, Treatment treatment) {
        String name = at.text();
        if (!problems.isKnown(at, categories.keySet(), "category")) {
            return;
        }
        Placed first = all.putIfAbsent(name, new Placed(treatment, at));
        if (first != null) {
            if (first.treatment() != treatment) {
                problems.add(
                        at,
                        "`" + name + "` has two treatments: "
                                + first.treatment().word() + " at " + first.at().place());
            }
            return;
        }
        Category category = categories.get(name);
        boolean isDropped = treatment instanceof Drop;
        boolean isPseudonymised = treatment instanceof Pseudonymise;
        if (!isDropped && !category.onlyFor().isEmpty() && !category.onlyFor().contains(recipient.id())) {
            problems.add(
                    at,
                    "`" + name + "` is only for " + String.join(", ", category.onlyFor()) + " (" + category.clause()
                            + "): drop it");
        } else if (isPseudonymised && category.lowEntropy()) {
            problems.add(at, "`" + name + "` has too few values to be pseudonymised: each can be tried");
        } else if (name.endsWith(".id") && !isDropped && !isPseudonymised) {
            problems.add(at, "`" + name + "` must be pseudonymised or dropped: recipients could join by it");
        }
    }

    private void checkTotal(Yaml recipient, EventSchema schema, Map<String, Placed> treatments) {
        Set<String> missing = new LinkedHashSet<>();
        for (Field field : schema.fields()) {
            Placed placed = treatments.get(field.label());
            String path = schema.type() + "." + field.path();
            if (placed == null) {
                if (categories.containsKey(field.label()) && missing.add(field.label())) {
                    problems.add(recipient, "no treatment of `" + field.label() + "`, the category of " + path);
                }
            } else if (!placed.treatment().fits(field.kind())) {
                String word = placed.treatment() instanceof Generalise g
                        ? "generalise to " + g.to().word()
                        : placed.treatment().word();
                problems.add(
                        placed.at(),
                        "`" + word + "` has no rule for " + path + ", whose type is "
                                + field.kind().name().toLowerCase(Locale.ROOT));
            }
        }
    }

    private Access access(Recipient recipient, EventSchema schema, Entry row, Map<String, Placed> treatments) {
        List<Purpose> asked = new ArrayList<>();
        for (Yaml purpose : row.value().items()) {
            EventRules rules = events.get(schema.type());
            if (!problems.isKnown(purpose, names("purposes"), "purpose")) {
                continue;
            }
            if (rules != null && !rules.canState(purpose.text())) {
                problems.add(purpose, "no event of type " + schema.type() + " states `" + purpose.text() + "`");
            }
            Optional.ofNullable(purposes.get(purpose.text())).ifPresent(asked::add);
        }
        List<Treatment> ofFields = schema.fields().stream()
                .map(f -> treatments
                        .getOrDefault(f.label(), new Placed(Treatment.DROP, row.key()))
                        .treatment())
                .toList();
        return new Access(recipient, schema, asked, ofFields);
    }

    /** A treatment that changes a type changes the name; it must not become that of another field. */
    private void checkNames(Access access, Map<String, Placed> treatments) {
        Map<String, Field> byName = new HashMap<>();
        List<Field> fields = access.schema().fields();
        for (int i = 0; i < fields.size(); i++) {
            Field field = fields.get(i);
            Treatment treatment = access.treatment(i, access.allPurposes());
            if (!(treatment instanceof Drop)) {
                Field other = byName.putIfAbsent(field.path() + treatment.suffix(field.kind()), field);
                if (other != null) {
                    problems.add(
                            treatments.get(field.label()).at(),
                            "two fields get one name: " + other.path() + " and " + field.path() + " of "
                                    + access.schema().type());
                }
            }
        }
    }

    private Safeguard safeguard(Safeguard.Kind kind, Yaml row) {
        OptionalLong from = startOf(row.get("from"));
        OptionalLong until = row.has("until") ? startOf(row.get("until")) : OptionalLong.of(Long.MAX_VALUE);
        if (from.isPresent() && until.isPresent() && until.getAsLong() <= from.getAsLong()) {
            problems.add(row.get("until"), "ends before it begins: `until` is the first day without");
        }
        return new Safeguard(kind, from.orElse(0), until.orElse(0));
    }

    /** The first instant of a day in the policy's zone. */
    private OptionalLong startOf(Yaml day) {
        try {
            return OptionalLong.of(
                    LocalDate.parse(day.text()).atStartOfDay(zone).toInstant().toEpochMilli());
        } catch (DateTimeException | ArithmeticException e) {
            problems.add(day, "`" + day.text() + "` is not a date such as 2017-11-17");
            return OptionalLong.empty();
        }
    }

    private void checkCountry(Yaml at) {
        if (!COUNTRIES.contains(at.text())) {
            problems.add(at, "unknown country `" + at.text() + "`: ISO 3166-1 has two capital letters, such as NO");
        }
    }

    private Set<String> purposes(Yaml list) {
        Set<String> known = new LinkedHashSet<>();
        for (Yaml purpose : list.items()) {
            if (problems.isKnown(purpose, names("purposes"), "purpose")) {
                known.add(purpose.text());
            }
        }
        return known;
    }

    /** The field of this path, which must hold text or a symbol; none where the policy names none. */
    private Optional<Field> textField(EventSchema schema, Yaml path) {
        if (!path.isScalar()) {
            return Optional.empty();
        }
        List<String> paths = schema.fields().stream().map(Field::path).toList();
        if (!problems.isKnown(path, paths, schema.type() + " field")) {
            return Optional.empty();
        }
        Field field = schema.field(path.text()).orElseThrow();
        if (field.kind() != Kind.STRING && field.kind() != Kind.ENUM) {
            problems.add(path, "`" + path.text() + "` is neither text nor an enum");
            return Optional.empty();
        }
        return Optional.of(field);
    }

    /** What a section lists, or the keys of its map. */
    private Collection<String> names(String section) {
        Yaml at = root.get(section);
        return at.isMap() ? at.entries().stream().map(e -> e.key().text()).toList() : at.texts();
    }

    private int number(Yaml at) {
        try {
            return Integer.parseInt(at.text());
        } catch (NumberFormatException e) {
            problems.add(at, "`" + at.text() + "` is not a plain number such as 1");
            return 1;
        }
    }

    private static boolean isTrue(Yaml at) {
        return Boolean.parseBoolean(at.text());
    }

    /** The structure has been checked: the word is one of the enum's. */
    private static <E extends Enum<E>> E constant(Class<E> type, Yaml word) {
        return Enum.valueOf(type, word.text().toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
