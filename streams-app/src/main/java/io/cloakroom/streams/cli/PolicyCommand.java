package io.cloakroom.streams.cli;

import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Problem;
import io.cloakroom.streams.Blueprint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "policy",
        description = "The policy: every version of a directory, or one file.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {PolicyShow.class, PolicyExplain.class, PolicyDiffer.class, PolicyCoverage.class})
public final class PolicyCommand {

    @Spec
    private CommandSpec spec;

    private static final int REFUSED = 1;

    @Command(
            name = "check",
            description = "Loads it whole or prints every problem at its place. Exit 1 if it is refused.",
            mixinStandardHelpOptions = true)
    int check(
            @Parameters(
                            paramLabel = "FILE|DIR",
                            arity = "0..1",
                            description = "Default: the policies that come with Cloakroom.")
                    Path path,
            @Option(names = "--json", description = "One JSON document.") boolean json) {
        List<Problem> problems = List.of();
        List<String> versions = List.of();
        try {
            versions = Blueprint.load(path == null ? Home.policies() : path).history().versions().stream()
                    .map(Policy::version)
                    .toList();
        } catch (PolicyRefusedException e) {
            problems = e.problems();
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("accepted", problems.isEmpty());
            document.put("versions", versions);
            document.put(
                    "problems", problems.stream().map(PolicyCommand::document).toList());
            out.println(Json.of(document));
        } else if (problems.isEmpty()) {
            out.println("accepted: " + String.join(", ", versions));
        } else {
            problems.forEach(out::println);
        }
        return problems.isEmpty() ? 0 : REFUSED;
    }

    private static Map<String, Object> document(Problem problem) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("file", problem.file().toString());
        document.put("line", problem.line());
        document.put("column", problem.column());
        document.put("message", problem.message());
        return document;
    }
}
