package io.cloakroom.streams.cli;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Problem;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Treatment;
import io.cloakroom.streams.Blueprint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "policy",
        description = "The policy: every version of a directory, or one file.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
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
            versions = load(path).history().versions().stream()
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

    @Command(
            name = "show",
            description = "For each recipient and event type what it gets, why, and in what form.",
            mixinStandardHelpOptions = true)
    int show(
            @Parameters(
                            paramLabel = "FILE|DIR",
                            arity = "0..1",
                            description = "Default: the policies that come with Cloakroom.")
                    Path path,
            @Option(names = "--recipient", paramLabel = "R", description = "Only this one.") String recipient,
            @Option(names = "--json", description = "One JSON document.") boolean json)
            throws PolicyRefusedException {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Policy policy : load(path).history().versions()) {
            policy.recipients().keySet().stream()
                    .filter(r -> recipient == null || recipient.equals(r))
                    .forEach(r -> policy.events().keySet().stream()
                            .sorted()
                            .forEach(
                                    type -> policy.access(type, r).ifPresent(access -> rows.add(row(policy, access)))));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.of(rows));
        } else {
            rows.forEach(row -> print(row, out));
        }
        if (rows.isEmpty()) {
            spec.commandLine().getErr().println("no recipient " + recipient + " is in the policy: it gets nothing");
            return REFUSED;
        }
        return 0;
    }

    private static Map<String, Object> row(Policy policy, Access access) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("version", policy.version());
        row.put("recipient", access.recipient().id());
        row.put("topic", access.topic());
        row.put(
                "purposes",
                access.purposes().stream().map(PolicyCommand::purpose).toList());
        Map<String, String> fields = new LinkedHashMap<>();
        List<Field> all = access.schema().fields();
        for (int f = 0; f < all.size(); f++) {
            fields.put(all.get(f).path(), form(access.treatment(f, access.allPurposes())));
        }
        row.put("fields", fields);
        return row;
    }

    private static String purpose(Purpose purpose) {
        return purpose.id() + ", "
                + purpose.basis().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + " (" + purpose.clause()
                + ")";
    }

    private static String form(Treatment treatment) {
        if (!(treatment instanceof Treatment.Generalise g)) {
            return treatment.word();
        }
        String form = "generalise to " + g.to().word();
        return switch (g.to().parameter()) {
            case NONE -> form;
            case LENGTH, RESOLUTION -> form + " " + g.measure();
            case BANDS -> form + " " + g.bands().from();
        };
    }

    private static void print(Map<String, Object> row, PrintWriter out) {
        out.println(row.get("topic") + "  (policy of " + row.get("version") + ")");
        ((List<?>) row.get("purposes")).forEach(purpose -> out.println("  for " + purpose));
        ((Map<?, ?>) row.get("fields"))
                .entrySet().stream()
                        .collect(Collectors.groupingBy(
                                Map.Entry::getValue,
                                LinkedHashMap::new,
                                Collectors.mapping(e -> e.getKey().toString(), Collectors.joining(", "))))
                        .forEach((form, fields) -> out.println("  " + form + ": " + fields));
        out.println();
    }

    private static Blueprint load(Path path) throws PolicyRefusedException {
        return Blueprint.load(path == null ? Home.policies() : path);
    }
}
