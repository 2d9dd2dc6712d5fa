package io.cloakroom.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code bin/cloakroom bench}. */
@Command(
        name = "cloakroom bench",
        description = {
            "Measures the gate between a topology that only writes what the gate writes, and the same job as it is usually"
                    + " written with Kafka Streams' DSL.",
            "Everything runs in processes of its own on this machine, over one embedded broker."
        },
        mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {

    private static final int MANY_PEOPLE = 1_000_000;

    @Option(names = "--json", description = "One document on standard output.")
    private boolean json;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "200000",
            description = "Orders of each run (default: ${DEFAULT-VALUE}).")
    private int records;

    @Option(
            names = "--people",
            paramLabel = "N",
            defaultValue = "50000",
            description = "Who order, and have said what may be done (default: ${DEFAULT-VALUE}).")
    private int people;

    @Option(
            names = "--recipients",
            paramLabel = "N",
            defaultValue = "5",
            description = "Who read orders (default: ${DEFAULT-VALUE}).")
    private int recipients;

    @Option(
            names = "--rules",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the policy: how often a recipient is allowed a purpose for a type of event"
                    + " (default: those there are).")
    private int rules;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often each contender is measured, in turn (default: ${DEFAULT-VALUE}).")
    private int pairs;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Stream threads of each contender (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Of every topic (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Option(
            names = "--pace",
            paramLabel = "SECONDS",
            defaultValue = "5",
            description = "Of half load in each run, for the latency (default: ${DEFAULT-VALUE}).")
    private int pace;

    @Option(names = "--profile", description = "One run more of each, which tells by method where its time goes.")
    private boolean profile;

    @Option(names = "--no-jmh", description = "Without the gate's parts alone, by JMH.")
    private boolean noJmh;

    @Option(
            names = "--write-docs",
            paramLabel = "FILE",
            description = "Also write the figures between the markers of this page.")
    private Path docs;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Bench());
        commandLine.setExecutionExceptionHandler((error, command, parsed) -> {
            command.getErr().println("cloakroom: " + error);
            return 1;
        });
        return commandLine;
    }

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Path home = Path.of(System.getProperty("cloakroom.home", "."));
        Options options = options(home);
        Path directory = Files.createTempDirectory(Files.createDirectories(home.resolve("data")), "bench-");
        try {
            Machine machine = Machine.now();
            Harness.Measured measured = Harness.measure(options, directory, line -> progress(err, line));
            Map<String, Double> parts = Map.of();
            if (!noJmh) {
                progress(err, "the gate's parts alone");
                parts = Micro.measure();
            }
            Report report = new Report(options, machine, measured, parts);
            if (docs != null) {
                PerformancePage.write(docs, section(), report, arguments());
            }
            if (json) {
                out.println(JsonMapper.builder().build().writeValueAsString(report.json()));
            } else {
                report.text().forEach(out::println);
                measured.profiles().forEach((contender, where) -> {
                    out.println("\n" + contender.id() + "\n");
                    where.text().forEach(out::println);
                });
            }
            out.flush();
            return 0;
        } finally {
            delete(directory);
        }
    }

    private static void progress(PrintWriter err, String line) {
        err.println(line);
        err.flush();
    }

    private String section() {
        if (rules > 0) {
            return "many rules";
        }
        return people >= MANY_PEOPLE ? "many people" : "the default run";
    }

    private List<String> arguments() {
        return spec.commandLine().getParseResult().originalArgs();
    }

    private Options options(Path home) throws IOException {
        Path policies = home.resolve("policy").resolve("policies");
        int fewest = BenchPolicy.fewestRecipients(policies);
        if (recipients < fewest) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--recipients: the policy has " + fewest + " already, " + recipients + " is fewer");
        }
        for (int n : List.of(records, people, pairs, threads, partitions, pace)) {
            if (n < 1) {
                throw new ParameterException(spec.commandLine(), "every N is 1 or more");
            }
        }
        return new Options(policies, records, people, recipients, rules, pairs, threads, partitions, pace, profile);
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
