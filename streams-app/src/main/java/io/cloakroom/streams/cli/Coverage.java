package io.cloakroom.streams.cli;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Rule;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.cli.Clauses.Clause;
import io.cloakroom.streams.scenarios.Book;
import io.cloakroom.streams.scenarios.Book.Told;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** For every clause what enforces it, and by which scenarios it is shown to allow and to deny. */
record Coverage(List<Row> rows) {

    /**
     * @param rules ids of the gate's own, and the lines of the policy that name the clause
     * @param allowing names of scenarios that cite the clause and in which something is released
     * @param denying names of those in which something is not, by the clause itself; or that cite it, and the recipient or
     *     one of its purposes is there by it (anybody, where nobody is and no decision ever names it)
     */
    record Row(Clause clause, Set<String> rules, List<String> allowing, List<String> denying) {

        /** What a clause that is decided now must have and has not. */
        List<String> missing() {
            List<String> missing = new ArrayList<>();
            if (clause.waits().isEmpty()) {
                if (rules.isEmpty()) {
                    missing.add("a rule");
                }
                if (allowing.isEmpty()) {
                    missing.add("a scenario that allows");
                }
                if (denying.isEmpty()) {
                    missing.add("a scenario that denies");
                }
            }
            return missing;
        }
    }

    Coverage {
        rows = List.copyOf(rows);
    }

    /**
     * @param policies a file, or a directory of versions
     * @throws io.cloakroom.policy.PolicyRefusedException with every problem of the policy
     */
    static Coverage of(Path policies, Path clauses, Path scenarios) throws Exception {
        List<Policy> versions = Blueprint.load(policies).history().versions();
        Policy newest = versions.get(versions.size() - 1);
        JsonNode policy = new YAMLMapper()
                .readTree(Files.readString(
                        Files.isDirectory(policies) ? policies.resolve(newest.version() + ".yaml") : policies));
        List<Told> told = Book.read(scenarios).told();
        return new Coverage(Clauses.read(clauses).stream()
                .map(clause -> row(clause, policy, newest, told))
                .toList());
    }

    private static Row row(Clause clause, JsonNode file, Policy policy, List<Told> told) {
        String id = clause.id();
        Set<String> rules = new TreeSet<>();
        Arrays.stream(Rule.values()).filter(rule -> rule.clause().equals(id)).forEach(rule -> rules.add(rule.id()));
        collect(file, "", id, rules);
        boolean isNamed = told.stream().flatMap(Told::allOutcomes).anyMatch(o -> isBy(id, o.getValue()));
        boolean isAnybodys = policy.events().values().stream()
                .flatMap(events -> events.accesses().stream())
                .anyMatch(access -> isThereBy(id, access));
        Predicate<Told> allows = t -> cites(t, id) && t.allOutcomes().anyMatch(o -> isRelease(o.getValue()));
        Predicate<Told> denies =
                t -> t.allOutcomes().filter(o -> !isRelease(o.getValue())).anyMatch(o -> {
                    boolean isTheirs = !isNamed && !isAnybodys
                            || policy.access(t.event(), o.getKey()).stream().anyMatch(access -> isThereBy(id, access));
                    return isBy(id, o.getValue()) || cites(t, id) && isTheirs;
                });
        return new Row(
                clause,
                rules,
                told.stream().filter(allows).map(Told::name).toList(),
                told.stream().filter(denies).map(Told::name).toList());
    }

    /** The paths of all that has this clause. */
    private static void collect(JsonNode node, String path, String clause, Set<String> paths) {
        if (Clauses.whole(node.path("clause").asString("")).equals(clause)) {
            paths.add(path);
        }
        node.properties()
                .forEach(entry -> collect(
                        entry.getValue(),
                        path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                        clause,
                        paths));
    }

    private static boolean isRelease(String outcome) {
        return outcome.startsWith("RELEASE ");
    }

    /** @param outcome {@code OUTCOME rule clause} */
    private static boolean isBy(String clause, String outcome) {
        return Clauses.whole(outcome.substring(outcome.lastIndexOf(' ') + 1)).equals(clause);
    }

    private static boolean cites(Told told, String clause) {
        return told.clauses().stream().anyMatch(c -> Clauses.whole(c).equals(clause));
    }

    private static boolean isThereBy(String clause, Access access) {
        return Stream.concat(
                        Stream.of(access.recipient().clause()),
                        access.purposes().stream().map(Purpose::clause))
                .anyMatch(c -> Clauses.whole(c).equals(clause));
    }

    /** The generated page. */
    String page() {
        StringBuilder page = new StringBuilder("""
                # What enforces each clause, and what shows it

                Made by `bin/cloakroom policy coverage --write-docs docs/coverage.md` from the rules of the gate,
                [the policy](../policy/policies), [the scenarios](../policy/scenarios.yaml) and [the clauses](clauses.md);
                a test fails when it is stale.
                """);
        for (Row row : rows) {
            page.append("\n## ").append(row.clause().id()).append("\n\n");
            page.append(row.clause().demand()).append(".\n\n");
            if (!row.clause().waits().isEmpty()) {
                page.append("Waits for: ").append(row.clause().waits()).append(".\n\n");
            }
            if (!row.missing().isEmpty()) {
                page.append("**Missing: ")
                        .append(String.join(", ", row.missing()))
                        .append(".**\n\n");
            }
            if (!row.rules().isEmpty()) {
                page.append("* Rules: `")
                        .append(String.join("`, `", row.rules()))
                        .append("`\n");
            }
            row.allowing()
                    .forEach(name -> page.append("* Allows: ").append(name).append('\n'));
            row.denying().forEach(name -> page.append("* Denies: ").append(name).append('\n'));
        }
        return page.toString();
    }
}
