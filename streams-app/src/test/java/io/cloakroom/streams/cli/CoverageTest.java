package io.cloakroom.streams.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Rule;
import io.cloakroom.streams.cli.Clauses.Clause;
import io.cloakroom.streams.scenarios.Book;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every clause has rules, and scenarios that show them: in {@code docs/coverage.md}. */
class CoverageTest {

    private static final Path ROOT = Path.of("..");
    private static final Path POLICIES = ROOT.resolve("policy").resolve("policies");
    private static final Path CLAUSES = ROOT.resolve("docs").resolve("clauses.md");
    private static final Path SCENARIOS = ROOT.resolve("policy").resolve("scenarios.yaml");
    private static final Path PAGE = ROOT.resolve("docs").resolve("coverage.md");

    /** Their clause is that of the purpose that was asked, or of what was waited for. */
    private static final Set<Rule> CLAUSE_OF_PURPOSE = EnumSet.of(
            Rule.CONTRACT,
            Rule.LEGAL_OBLIGATION,
            Rule.CONSENT,
            Rule.LEGITIMATE_INTEREST,
            Rule.CONSENT_AWAITED,
            Rule.HOLD_EXPIRED,
            Rule.HOLDS_FULL,
            Rule.NEVER_ASKED,
            Rule.NOT_YET,
            Rule.EXPIRED);

    private final Coverage coverage = Coverage.of(POLICIES, CLAUSES, SCENARIOS);

    CoverageTest() throws Exception {}

    @Test
    void shouldCoverEveryClauseThatIsDecidedHere() {
        Map<String, List<String>> missing = new TreeMap<>();
        coverage.rows().stream()
                .filter(row -> !row.missing().isEmpty())
                .forEach(row -> missing.put(row.clause().id(), row.missing()));

        assertThat(missing)
                .as(
                        "a clause needs a rule, a scenario that allows and one that denies, or says in docs/clauses.md what it waits for")
                .isEmpty();
    }

    @Test
    void shouldHaveWrittenThePage() throws Exception {
        assertThat(Files.readString(PAGE))
                .as("docs/coverage.md is stale: bin/cloakroom policy coverage --write-docs docs/coverage.md")
                .isEqualTo(coverage.page());
    }

    @Test
    void shouldKnowEveryClauseOnce() {
        assertThat(coverage.rows().stream().map(row -> row.clause().id()))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 43).mapToObj(i -> "C" + i).toList());
    }

    @Test
    void shouldHaveNoRuleWithoutAClause() {
        Set<String> known =
                coverage.rows().stream().map(row -> row.clause().id()).collect(Collectors.toSet());

        assertThat(Arrays.stream(Rule.values()).filter(rule -> !known.contains(rule.clause())))
                .as("a rule names its clause, or takes it from the purpose")
                .containsExactlyElementsOf(CLAUSE_OF_PURPOSE);
    }

    @Test
    void shouldHaveNoScenarioWithoutAKnownClause() throws Exception {
        Set<String> known =
                coverage.rows().stream().map(row -> row.clause().id()).collect(Collectors.toSet());

        assertThat(Book.read(SCENARIOS).told())
                .allSatisfy(told -> assertThat(told.clauses())
                        .as(told.name())
                        .isNotEmpty()
                        .allMatch(clause -> known.contains(Clauses.whole(clause))));
    }

    @Test
    void shouldCountADenialForTheClauseThatDeniedAndNoOther(@TempDir Path directory) throws Exception {
        Path scenarios = Files.writeString(directory.resolve("scenarios.yaml"), """
                events: {}
                scenarios:
                  - name: another recipient is denied
                    clauses: [C3]
                    event: cookie
                    then: {analytics: RELEASE consent C3, advertising: WITHHOLD purpose-not-stated C4}
                  - name: its own recipient is denied by another clause
                    clauses: [C7]
                    event: order
                    then: {payment: WITHHOLD purpose-not-stated C4}
                  - name: denied later
                    clauses: [C5]
                    event: order
                    then: {payment: HOLD age-unknown C1}
                    later: {then: {payment: WITHHOLD hold-expired C1}}
                """);

        Coverage told = Coverage.of(POLICIES, CLAUSES, scenarios);

        assertThat(row(told, "C3").allowing()).containsExactly("another recipient is denied");
        assertThat(row(told, "C3").denying()).isEmpty();
        assertThat(row(told, "C4").denying())
                .containsExactly("another recipient is denied", "its own recipient is denied by another clause");
        assertThat(row(told, "C7").denying()).containsExactly("its own recipient is denied by another clause");
        assertThat(row(told, "C1").denying()).containsExactly("denied later");
        assertThat(row(told, "C1").allowing()).isEmpty();
        assertThat(row(told, "C1").rules()).contains("age-unknown", "age-of-consent", "guardian");
    }

    @Test
    void shouldMissNothingOfAClauseThatWaits() {
        Clause waits = new Clause("C8", "Only aggregates leave", "statistics");

        assertThat(new Coverage.Row(waits, Set.of(), List.of(), List.of()).missing())
                .isEmpty();
    }

    private static Coverage.Row row(Coverage coverage, String clause) {
        return coverage.rows().stream()
                .filter(row -> row.clause().id().equals(clause))
                .findFirst()
                .orElseThrow();
    }
}
