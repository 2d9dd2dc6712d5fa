package io.cloakroom.policy;

import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Purpose.Basis;
import io.cloakroom.policy.Purpose.Dimension;
import io.cloakroom.policy.Treatment.Drop;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Keep;
import io.cloakroom.policy.Treatment.Parameter;
import io.cloakroom.policy.Treatment.Pseudonymise;
import io.cloakroom.policy.Treatment.To;
import io.cloakroom.policy.Yaml.Entry;
import io.cloakroom.policy.signals.OptOut;
import io.cloakroom.policy.signals.SignalMapping;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One file against the gate's schemas: every name is looked up and every field × recipient × purpose decided. What is found
 * to be wrong is reported and read as the least, so that the rest can still be checked; the result counts only without
 * problems.
 */
final class PolicyCompiler {

    private static final Set<String> COUNTRIES = Set.of(Locale.getISOCountries());
    private static final Set<String> RESERVED =
            Set.of("events", "consent", "identity", "subject", "recalls", "audit", "quarantine", "gate", "cloakroom");

    /** Where the policy says nothing of it. */
    private static final Duration GUARDIAN_TERM = Duration.ofDays(30);

    private final Yaml root;
    private final PolicyStructure structure;
    private final Map<String, EventSchema> schemas;
    private final boolean newest;
    private final Problems problems;

    private ZoneId zone = ZoneOffset.UTC;
    private boolean arePurposesWhole;
    private final Map<String, Category> categories = new LinkedHashMap<>();
    private final Map<String, Purpose> purposes = new LinkedHashMap<>();
    private final Map<String, EventRules> events = new LinkedHashMap<>();
    private final Map<String, Set<String>> forms = new LinkedHashMap<>();
    private final Map<String, List<Access>> accesses = new HashMap<>();
    private final Map<String, Recipient> recipients = new LinkedHashMap<>();
    private final Map<String, List<Safeguard>> adequacy = new HashMap<>();

    private record Category(
            boolean lowEntropy,
            List<String> onlyFor,
            List<String> exactFor,
            String clause,
            Optional<KnownAs> knownAs) {}

    private record Placed(Treatment treatment, Yaml at) {}

    /** @param newest older versions do not know the labels that came after them: whatever has one is dropped */
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
        int before = problems.list().size();
        readEvents();
        readForms();
        if (problems.list().size() == before && events.size() == names("events").size()) {
            checkUse();
        }
        readRecipients();
        root.get("recipients").entries().forEach(this::checkProcessor);
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
                Set.copyOf(names("group-companies")),
                unsubscribe(),
                Map.copyOf(forms),
                platforms(),
                knownAs(),
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
                if (names("eea").contains(region.text())) {
                    problems.add(region, "`" + region.text() + "` is in the EEA already");
                }
                add(
                        safeguard(Safeguard.Kind.ADEQUACY, rows.get(i)),
                        adequacy.computeIfAbsent(region.text(), r -> new ArrayList<>()),
                        rows.get(i));
            }
        }
    }

    private void readCategories() {
        for (Entry entry : root.get("categories").entries()) {
            Yaml rules = entry.value();
            for (String key : List.of("only-for", "exact-for")) {
                rules.get(key).items().forEach(r -> problems.isKnown(r, names("recipients"), "recipient"));
            }
            categories.put(
                    entry.key().text(),
                    new Category(
                            isTrue(rules.get("low-entropy")),
                            rules.get("only-for").texts(),
                            rules.get("exact-for").texts(),
                            rules.get("clause").text(),
                            rules.find("known-as")
                                    .filter(e -> structure.isSound(
                                            "categories", entry.key().text()))
                                    .map(e -> constant(KnownAs.class, e.value()))));
        }
        Yaml at = root.find("categories").orElseThrow().key();
        Set<String> labels = new HashSet<>();
        for (EventSchema schema : newest ? schemas.values() : List.<EventSchema>of()) {
            boolean isNamed = names("events").contains(schema.type());
            for (Field field : schema.fields()) {
                labels.add(field.label());
                if (isNamed && !categories.containsKey(field.label())) {
                    problems.add(
                            at,
                            "no category `" + field.label() + "`, the label of " + schema.type() + "." + field.path()
                                    + Nearest.didYouMean(field.label(), categories.keySet()));
                }
            }
        }
        for (Entry category : root.get("categories").entries()) {
            if (newest && !labels.contains(category.key().text())) {
                problems.add(
                        category.key(),
                        "`" + category.key().text() + "` has no use: it is the label of no field"
                                + Nearest.didYouMean(category.key().text(), labels));
            }
        }
    }

    private void readPurposes() {
        int before = problems.list().size();
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
            rules.find("signals").ifPresent(signals -> checkSignals(signals, rules, basis));
            rules.find("part-of").ifPresent(whole -> checkWhole(whole, rules, basis));
            purposes.put(
                    id,
                    new Purpose(
                            id,
                            basis,
                            rules.get("clause").text(),
                            rules.get("dpv").text(),
                            rules.get("part-of").text(),
                            scope,
                            Set.copyOf(rules.get("categories").texts()),
                            isTrue(rules.get("adults-only")),
                            conditions(rules.get("requires")),
                            signals(rules.get("signals"), basis)));
        }
        arePurposesWhole = problems.list().size() == before
                && purposes.size() == names("purposes").size();
        if (arePurposesWhole) {
            checkNeeded(
                    "signals",
                    purposes.values().stream().anyMatch(p -> !p.signals().equals(SignalMapping.NONE)));
            checkNeeded("unsubscribe", purposes.values().stream().anyMatch(PolicyCompiler::isSent));
        }
    }

    private static boolean isSent(Purpose purpose) {
        return purpose.requires().contains(Condition.UNSUBSCRIBE_INSTRUCTION);
    }

    private void checkNeeded(String section, boolean isNeeded) {
        root.find(section)
                .filter(e -> !isNeeded)
                .ifPresent(e -> problems.add(e.key(), "`" + section + "` has no use: no purpose asks for it"));
    }

    /** Only what can be objected to has parts, and is one. */
    private void checkWhole(Entry whole, Yaml rules, Basis basis) {
        Yaml of = root.get("purposes").get(whole.value().text());
        if (basis != Basis.CONSENT && basis != Basis.LEGITIMATE_INTEREST) {
            problems.add(
                    whole.key(), "a purpose on " + rules.get("basis").text() + " has no `part-of`: nobody is asked");
        } else if (problems.isKnown(whole.value(), names("purposes"), "purpose") && !of.has("scope")) {
            problems.add(whole.value(), "nobody can object to `" + whole.value().text() + "`");
        }
    }

    /** In the order in which they are asked, whatever that of the file. */
    private List<Condition> conditions(Yaml requires) {
        Set<Condition> conditions = EnumSet.noneOf(Condition.class);
        requires.items().forEach(c -> conditions.add(constant(Condition.class, c)));
        if (conditions.contains(Condition.GROUP_SENDER) && !root.has("group-companies")) {
            problems.add(requires, "`group-sender` needs `group-companies`: who may speak");
        }
        return List.copyOf(conditions);
    }

    private Map<String, Map<String, List<String>>> unsubscribe() {
        Map<String, Map<String, List<String>>> instructions = new HashMap<>();
        for (Entry channel : root.get("unsubscribe").entries()) {
            problems.isKnown(channel.key(), names("channels"), "channel");
            Map<String, List<String>> byBrand = new HashMap<>();
            for (Entry brand : channel.value().entries()) {
                problems.isKnown(brand.key(), names("brands"), "brand");
                byBrand.put(
                        brand.key().text(),
                        brand.value().texts().stream()
                                .map(text -> text.toLowerCase(Locale.ROOT))
                                .toList());
            }
            for (String brand : names("brands")) {
                if (!byBrand.containsKey(brand)) {
                    problems.add(
                            channel.key(),
                            "`" + brand + "` is missing: nobody could be written to by "
                                    + channel.key().text());
                }
            }
            instructions.put(channel.key().text(), Map.copyOf(byBrand));
        }
        root.find("unsubscribe").ifPresent(section -> {
            for (String channel : names("channels")) {
                if (!section.value().has(channel)) {
                    problems.add(section.key(), "`" + channel + "` is missing: nobody could be written to by it");
                }
            }
        });
        return Map.copyOf(instructions);
    }

    /** A purpose that needs terms is stated by a form that names a document and its version, and by nothing else (C6). */
    private void readForms() {
        for (Entry form : root.get("forms").entries()) {
            Set<String> stated = purposes(form.value().get("purposes"));
            for (Yaml purpose : form.value().get("purposes").items()) {
                if (needsTerms(purpose.text()) && !form.value().has("terms")) {
                    problems.add(purpose, "`" + purpose.text() + "` needs `terms`: a document and its version");
                }
            }
            forms.put(form.key().text(), stated);
        }
    }

    private boolean needsTerms(String purpose) {
        return isTrue(root.get("purposes").get(purpose).get("needs-terms"));
    }

    private Map<String, KnownAs> knownAs() {
        Map<String, KnownAs> known = new HashMap<>();
        boolean isRedacted = root.get("recipients").entries().stream()
                .anyMatch(recipient -> recipient.value().has("redact"));
        categories.forEach(
                (name, category) -> category.knownAs().filter(as -> isRedacted).ifPresent(as -> known.put(name, as)));
        return Map.copyOf(known);
    }

    private Map<String, Policy.Platform> platforms() {
        Map<String, Policy.Platform> platforms = new HashMap<>();
        for (Entry platform : root.get("platforms").entries()) {
            Yaml surface = platform.value().get("surface");
            problems.isKnown(surface, names("surfaces"), "surface");
            platforms.put(
                    platform.key().text(),
                    new Policy.Platform(
                            surface.text(), purposes(platform.value().get("purposes"))));
        }
        return Map.copyOf(platforms);
    }

    /** A signal says what a person wants: it has nothing to say where nobody is asked. */
    private void checkSignals(Entry signals, Yaml rules, Basis basis) {
        if (basis != Basis.CONSENT && basis != Basis.LEGITIMATE_INTEREST) {
            problems.add(
                    signals.key(), "a purpose on " + rules.get("basis").text() + " has no `signals`: nobody is asked");
        } else if (!root.has("signals")) {
            problems.add(signals.key(), "the policy has no section `signals`, which says how they are read");
        } else if (signals.value().has("tcf") && !root.get("signals").has("tcf")) {
            problems.add(
                    signals.value().find("tcf").orElseThrow().key(),
                    "the section `signals` has no `tcf`, which says how TC strings are read");
        }
        for (Yaml tcf : signals.value().get("tcf").items()) {
            if (basis == Basis.LEGITIMATE_INTEREST && !SignalMapping.canRestOnInterest(number(tcf))) {
                problems.add(tcf, "TCF purpose " + tcf.text() + " rests on consent alone, not on legitimate interest");
            }
        }
    }

    private SignalMapping signals(Yaml mapped, Basis basis) {
        if (mapped.entries().isEmpty() || !structure.isSound("signals", "tcf")) {
            return SignalMapping.NONE;
        }
        Set<OptOut> optOuts = new LinkedHashSet<>();
        mapped.get("gpp").items().forEach(o -> optOuts.add(constant(OptOut.class, o)));
        Yaml tcf = root.get("signals").get("tcf");
        Map<String, Integer> vendors = new HashMap<>();
        tcf.get("vendors").entries().forEach(v -> vendors.put(v.key().text(), number(v.value())));
        return new SignalMapping(
                basis == Basis.CONSENT,
                numbers(mapped.get("tcf")),
                optOuts,
                mapped.has("gpc"),
                new SignalMapping.Tcf(
                        numbers(tcf.get("policy-versions")),
                        tcf.has("max-age-months") ? number(tcf.get("max-age-months")) : 0,
                        vendors),
                root.get("signals").get("clause").text());
    }

    private Set<Integer> numbers(Yaml list) {
        return list.items().stream().map(this::number).collect(Collectors.toSet());
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
        int before = problems.list().size();
        Yaml rules = entry.value();
        Map<String, Set<String>> states = new LinkedHashMap<>();
        Yaml listed = rules.get("states");
        for (Entry state : listed.entries()) {
            states.put(state.key().text(), purposes(state.value()));
        }
        Set<String> otherwise = purposes(listed.isMap() ? rules.get("otherwise") : listed);
        Map<Fact, Field> facts = facts(schema, rules);
        checkStates(facts, entry, states.keySet());

        Yaml act = rules.get("act");
        checkSymbols(facts.get(Fact.ACT), act.get("in"));
        Yaml order = rules.get("order");
        checkSymbols(facts.get(Fact.ORDER), order.get("open"));
        checkChannels(schema, facts.get(Fact.CHANNEL), rules.get("channel"));

        Set<String> stated = new TreeSet<>(otherwise);
        states.values().forEach(stated::addAll);
        Set<Fact> lacking = EnumSet.noneOf(Fact.class);
        Arrays.stream(Fact.values())
                .filter(fact -> !facts.containsKey(fact) && !rules.has(fact.word()))
                .forEach(lacking::add);
        stated.stream().filter(purposes::containsKey).forEach(id -> checkFacts(purposes.get(id), lacking, entry.key()));
        if (arePurposesWhole && problems.list().size() == before) {
            root.get("forms")
                    .entries()
                    .forEach(form -> stated.addAll(form.value().get("purposes").texts()));
            facts.keySet().forEach(fact -> checkUse(fact, stated, schema.type(), rules));
        }
        Map<Fact, String> paths = new EnumMap<>(Fact.class);
        facts.forEach((fact, field) -> paths.put(fact, field.path()));
        return new EventRules(
                schema.type(),
                paths,
                states,
                otherwise,
                Set.copyOf(act.get("in").texts()),
                act.text().equals("always"),
                Set.copyOf(order.get("open").texts()),
                List.of());
    }

    /** In which field each fact stands; that of every event wherever the schema has it. */
    private Map<Fact, Field> facts(EventSchema schema, Yaml rules) {
        Map<Fact, Field> facts = new EnumMap<>(Fact.class);
        for (Fact fact : Fact.values()) {
            Yaml at = (fact.isSignal() ? rules.get("signals") : rules).get(fact.word());
            Yaml path = at.isMap() ? at.get("field") : at;
            Optional<Field> field = Optional.empty();
            if (!fact.path().isEmpty()) {
                field = schema.field(fact.path());
            } else if (fact == Fact.GPC) {
                field = field(schema, path);
                field.filter(f -> f.kind() != Kind.BOOLEAN)
                        .ifPresent(f -> problems.add(path, "`" + f.path() + "` is neither true nor false"));
            } else if (fact != Fact.ACT || at.isMap()) {
                field = textField(schema, path);
            }
            field.ifPresent(f -> facts.put(fact, f));
        }
        return facts;
    }

    /** A field that nothing looks at reads as if something did. */
    private void checkUse(Fact fact, Set<String> stated, String type, Yaml rules) {
        boolean isAlways = !fact.path().isEmpty() || fact == Fact.STATED_BY || fact == Fact.ACT || fact == Fact.ORDER;
        if (!isAlways
                && stated.stream()
                        .map(purposes::get)
                        .filter(Objects::nonNull)
                        .noneMatch(purpose -> looksAt(purpose, fact))) {
            Yaml at = fact.isSignal() ? rules.get("signals") : rules;
            problems.add(
                    at.find(fact.word()).orElseThrow().key(),
                    "`" + fact.word() + "` has no use: no purpose of " + type + " looks at it");
        }
    }

    private static boolean looksAt(Purpose purpose, Fact fact) {
        return fact.isSignal()
                ? !purpose.signals().equals(SignalMapping.NONE)
                : purpose.requires().stream().anyMatch(c -> c.facts().contains(fact))
                        || purpose.scope().stream()
                                .anyMatch(d -> needed(d).filter(f -> f == fact).isPresent());
    }

    private void checkSymbols(Field field, Yaml values) {
        if (field != null && field.kind() == Kind.ENUM) {
            values.items().forEach(v -> problems.isKnown(v, field.symbols(), "symbol"));
        }
    }

    private void checkChannels(EventSchema schema, Field channel, Yaml at) {
        for (String symbol : channel == null ? List.<String>of() : channel.symbols()) {
            if (!names("channels").contains(symbol)) {
                problems.add(
                        at,
                        "unknown channel `" + symbol + "` in " + schema.type() + "." + at.text()
                                + Nearest.didYouMean(symbol, names("channels")));
            }
        }
    }

    /** An event that states a purpose must have what it is told apart by and what it requires. */
    private void checkFacts(Purpose purpose, Set<Fact> lacking, Yaml type) {
        for (Dimension dimension : purpose.scope()) {
            needed(dimension)
                    .filter(lacking::remove)
                    .ifPresent(fact -> problems.add(
                            type, "`" + fact.word() + "` is missing: " + purpose.id() + " is told apart by it"));
        }
        for (Condition condition : purpose.requires()) {
            condition.facts().stream()
                    .filter(lacking::remove)
                    .forEach(fact -> problems.add(
                            type,
                            "`" + fact.word() + "` is missing: " + purpose.id() + " requires " + condition.word()));
        }
    }

    private static Optional<Fact> needed(Dimension dimension) {
        return switch (dimension) {
            case CHANNEL -> Optional.of(Fact.CHANNEL);
            case ITEM -> Optional.of(Fact.ITEM);
            case BRAND, COLLECTOR -> Optional.empty();
        };
    }

    /** Every value of the stating field has its purposes: a closed set by its symbols, an open one by {@code otherwise}. */
    private void checkStates(Map<Fact, Field> facts, Entry entry, Set<String> values) {
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
        Field field = facts.get(Fact.STATED_BY);
        if (field == null) {
            return;
        }
        if (field.kind() == Kind.STRING) {
            if (otherwise.isEmpty()) {
                problems.add(entry.key(), "`otherwise` is missing: " + field.path() + " can have any value");
            }
            return;
        }
        otherwise.ifPresent(e -> problems.add(e.key(), "`otherwise` has no use: list every symbol of " + field.path()));
        rules.get("states").entries().forEach(e -> problems.isKnown(e.key(), field.symbols(), "symbol"));
        for (String symbol : field.symbols()) {
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
            int before = problems.list().size();
            Recipient recipient = recipient(entry);
            recipients.put(key.text(), recipient);
            Map<String, Placed> treatments = treatments(recipient, rules);
            Set<String> used = new HashSet<>();
            Set<String> reached = new HashSet<>();
            Set<Purpose> all = new HashSet<>();
            for (Entry row : rules.get("events").entries()) {
                EventSchema schema = schemas.get(row.key().text());
                if (problems.isKnown(row.key(), names("events"), "event type") && schema != null) {
                    schema.fields().forEach(f -> used.add(f.label()));
                    checkTotal(entry.key(), schema, treatments);
                    Access access = access(recipient, schema, row, treatments);
                    checkNames(access, treatments);
                    all.addAll(access.purposes());
                    schema.fields().stream()
                            .map(Field::label)
                            .filter(label -> access.purposes().stream()
                                    .anyMatch(p -> p.categories().contains(label)))
                            .forEach(reached::add);
                    accesses.computeIfAbsent(schema.type(), t -> new ArrayList<>())
                            .add(access);
                }
            }
            boolean isWhole = arePurposesWhole && problems.list().size() == before;
            treatments.forEach((category, placed) -> {
                if (!used.contains(category)) {
                    problems.add(placed.at(), "`" + category + "` is in none of the events of " + recipient.id());
                } else if (isWhole && !(placed.treatment() instanceof Drop) && !reached.contains(category)) {
                    problems.add(
                            placed.at(),
                            "`" + category + "` is for none of the purposes of " + recipient.id() + ": drop it");
                }
            });
            checkServices(entry, all);
        }
    }

    /** What is only for the service that collected it needs a recipient of one (C13). */
    private void checkServices(Entry recipient, Set<Purpose> asked) {
        Optional<Purpose> own = asked.stream()
                .filter(p -> p.requires().contains(Condition.OWN_SERVICE))
                .findFirst();
        Optional<Entry> services = recipient.value().find("services");
        if (own.isPresent() && services.isEmpty()) {
            problems.add(
                    recipient.key(),
                    "`services` is missing: " + own.get().id() + " requires " + Condition.OWN_SERVICE.word());
        } else if (own.isEmpty()) {
            services.ifPresent(e -> problems.add(
                    e.key(), "`services` has no use: no purpose here requires " + Condition.OWN_SERVICE.word()));
        }
    }

    private Recipient recipient(Entry entry) {
        Yaml rules = entry.value();
        Yaml region = rules.get("region");
        checkCountry(region);
        List<Safeguard> safeguards = new ArrayList<>();
        for (Yaml row : rules.get("safeguards").items()) {
            add(safeguard(constant(Safeguard.Kind.class, row.get("kind")), row), safeguards, row);
        }
        if (!safeguards.isEmpty() && names("eea").contains(region.text())) {
            problems.add(
                    rules.find("safeguards").orElseThrow().key(),
                    "`safeguards` has no use: " + region.text() + " is in the EEA");
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
                Set.copyOf(rules.get("services").texts()),
                rules.has("until") ? startOf(rules.get("until")).orElse(0) : Long.MAX_VALUE,
                !rules.has("recall"));
    }

    /** Who works for a recipient gets nothing that this one does not get (C24). */
    private void checkProcessor(Entry entry) {
        Yaml at = entry.value().get("processor-for");
        Recipient processor = recipients.get(entry.key().text());
        if (!at.isScalar() || processor == null || !problems.isKnown(at, names("recipients"), "recipient")) {
            return;
        }
        if (processor.role() != Recipient.Role.PROCESSOR) {
            problems.add(at, "`processor-for` needs the `role` of a processor");
        }
        for (List<Access> all : accesses.values()) {
            Optional<Access> own = of(all, processor.id());
            Optional<Access> controllers = of(all, at.text());
            own.ifPresent(access -> checkWithin(access, controllers, at));
        }
    }

    private static Optional<Access> of(List<Access> accesses, String recipient) {
        return accesses.stream()
                .filter(a -> a.recipient().id().equals(recipient))
                .findFirst();
    }

    private void checkWithin(Access processors, Optional<Access> controllers, Yaml at) {
        String type = processors.schema().type();
        String who = processors.recipient().id();
        if (controllers.isEmpty()) {
            problems.add(at, "`" + at.text() + "` gets no " + type + ", so " + who + " cannot get it for them");
            return;
        }
        for (Purpose purpose : processors.purposes()) {
            if (!controllers.get().has(purpose.id())) {
                problems.add(
                        at, "`" + at.text() + "` gets no " + type + " for " + purpose.id() + ", but " + who + " does");
            }
        }
        for (int f = 0; f < processors.schema().fields().size(); f++) {
            Treatment own = processors.treatment(f, processors.allPurposes());
            Treatment controllersOwn =
                    controllers.get().treatment(f, controllers.get().allPurposes());
            if (!(own instanceof Drop) && !own.equals(controllersOwn)) {
                problems.add(
                        at,
                        "`" + at.text() + "` has " + type + "."
                                + processors.schema().fields().get(f).path() + " in another form than " + who);
            }
        }
    }

    private Map<String, Placed> treatments(Recipient recipient, Yaml rules) {
        Map<String, Placed> all = new LinkedHashMap<>();
        rules.get("keep").items().forEach(c -> place(all, recipient, c, Treatment.KEEP));
        rules.get("pseudonymise").items().forEach(c -> place(all, recipient, c, Treatment.PSEUDONYMISE));
        for (Entry row : rules.get("generalise").entries()) {
            place(all, recipient, row.key(), generalise(row.value()));
        }
        rules.get("redact").items().forEach(c -> place(all, recipient, c, Treatment.REDACT));
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
        } else if (treatment instanceof Keep
                && !category.exactFor().isEmpty()
                && !category.exactFor().contains(recipient.id())) {
            problems.add(
                    at,
                    "`" + name + "` is exact for " + String.join(", ", category.exactFor()) + " only ("
                            + category.clause() + "): generalise or drop it");
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
            boolean isStated = forms.values().stream().anyMatch(f -> f.contains(purpose.text()));
            if (rules != null && !isStated && !rules.canState(purpose.text())) {
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

    /** Two of one kind at one time: whichever ends later would hide what the other says. */
    private void add(Safeguard safeguard, List<Safeguard> others, Yaml row) {
        others.stream()
                .filter(other -> other.kind() == safeguard.kind()
                        && other.from() < safeguard.until()
                        && safeguard.from() < other.until())
                .findFirst()
                .ifPresent(other -> problems.add(
                        row.get("from"), "overlaps with the " + safeguard.kind().word() + " before it"));
        others.add(safeguard);
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

    /** What nothing can ever come to has no place in a policy (T15). */
    private void checkUse() {
        for (Entry purpose : root.get("purposes").entries()) {
            String id = purpose.key().text();
            boolean isStated = events.values().stream().anyMatch(rules -> rules.canState(id))
                    || forms.values().stream().anyMatch(stated -> stated.contains(id));
            if (!isStated && purposes.containsKey(id)) {
                problems.add(purpose.key(), "`" + id + "` has no use: no event and no form states it");
            }
            if (needsTerms(id) && events.values().stream().anyMatch(rules -> rules.canState(id))) {
                problems.add(purpose.key(), "`" + id + "` needs terms: only a form can state it (C6)");
            }
        }
    }

    /** The field of this path, which must hold text or a symbol; none where the policy names none. */
    private Optional<Field> textField(EventSchema schema, Yaml path) {
        Optional<Field> field = field(schema, path);
        if (field.isPresent()
                && field.get().kind() != Kind.STRING
                && field.get().kind() != Kind.ENUM) {
            problems.add(path, "`" + path.text() + "` is neither text nor an enum");
            return Optional.empty();
        }
        return field;
    }

    private Optional<Field> field(EventSchema schema, Yaml path) {
        List<String> paths = schema.fields().stream().map(Field::path).toList();
        return path.isScalar() && problems.isKnown(path, paths, schema.type() + " field")
                ? schema.field(path.text())
                : Optional.empty();
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
