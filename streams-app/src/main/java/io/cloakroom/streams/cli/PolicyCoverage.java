package io.cloakroom.streams.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "coverage",
        description = {
            "For each clause its rules, the scenarios in which it allows and those in which it denies, or what it waits for.",
            "Exit 1 if one that does not wait lacks any of them."
        },
        mixinStandardHelpOptions = true)
final class PolicyCoverage implements Callable<Integer> {

    private static final int NO = 1;

    @Option(
            names = "--policies",
            paramLabel = "FILE|DIR",
            description = "Default: the policies that come with Cloakroom.")
    private Path policies;

    @Option(names = "--clauses", paramLabel = "FILE", description = "Default: docs/clauses.md.")
    private Path clauses;

    @Option(names = "--scenarios", paramLabel = "FILE", description = "Default: policy/scenarios.yaml.")
    private Path scenarios;

    @Option(
            names = "--write-docs",
            paramLabel = "FILE",
            description = "Writes the page there and prints nothing; exit 0 when it is written.")
    private Path page;

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Coverage coverage = Coverage.of(
                policies == null ? Home.policies() : policies,
                clauses == null ? Home.clauses() : clauses,
                scenarios == null ? Home.scenarios() : scenarios);
        if (page != null) {
            Files.writeString(page, coverage.page());
            return 0;
        }
        List<Map<String, Object>> rows =
                coverage.rows().stream().map(PolicyCoverage::document).toList();
        Paper.print(spec, json ? Json.of(rows) + "\n" : text(coverage));
        return coverage.rows().stream().allMatch(row -> row.missing().isEmpty()) ? 0 : NO;
    }

    private static String text(Coverage coverage) {
        Paper paper = new Paper();
        for (Coverage.Row row : coverage.rows()) {
            String counts = "rules: " + row.rules().size() + ", allow: "
                    + row.allowing().size() + ", deny: " + row.denying().size();
            String rest = !row.clause().waits().isEmpty()
                    ? "; waits for: " + row.clause().waits()
                    : row.missing().isEmpty() ? "" : "; missing: " + Words.list(row.missing());
            paper.entry(0, 5, row.clause().id(), counts + rest);
        }
        return paper.toString();
    }

    private static Map<String, Object> document(Coverage.Row row) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("clause", row.clause().id());
        document.put("demands", row.clause().demand());
        document.put("waitsFor", row.clause().waits());
        document.put("rules", row.rules());
        document.put("allowing", row.allowing());
        document.put("denying", row.denying());
        document.put("missing", row.missing());
        return document;
    }
}
