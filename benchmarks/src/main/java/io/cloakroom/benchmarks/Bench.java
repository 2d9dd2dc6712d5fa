package io.cloakroom.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
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
            "With many rules or people: measures it against itself with few. With --standby: how long orders wait when an"
                    + " instance stops or starts. With --refusals: how soon a refusal counts.",
            "Everything runs in processes of its own on this machine, over one embedded broker."
        },
        mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {

    /** Whoever asks for more compares them with these. */
    private static final int FEW_PEOPLE = 50_000;

    private static final int STANDBY_PEOPLE = 1_000_000;

    /** The least share of its throughput that the gate keeps with many. */
    private static final double WITH_MANY_RULES = 0.9;

    private static final double WITH_MANY_PEOPLE = 0.7;

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
            description = "Who order, and have said what may be done (default: " + FEW_PEOPLE + ", with --standby "
                    + STANDBY_PEOPLE + "). More than " + FEW_PEOPLE + " are compared with so many.")
    private Optional<Integer> people;

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
                    + " (default: those there are). They are compared with those.")
    private int rules;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often everything is measured, in turn (default: ${DEFAULT-VALUE}).")
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

    @Option(names = "--standby", description = "Two instances that stand by for each other.")
    private boolean standby;

    @Option(names = "--refusals", description = "How soon a refusal counts, with a backlog and under load.")
    private boolean refusals;

    @Option(
            names = "--profile",
            description = "One run more of the gate and the pass-through, which tells by method where the time goes.")
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
        Path home = Path.of(System.getProperty("cloakroom.home", "."));
        Options options = options(home);
        Path directory = Files.createTempDirectory(Files.createDirectories(home.resolve("data")), "bench-");
        try {
            Machine machine = Machine.now();
            Found found = measure(options, directory);
            if (docs != null) {
                write(found.section(), machine, PerformancePage.figures(found.findings()));
                if (profile) {
                    write("the profile", machine, PerformancePage.block(profiles(found.profiles())));
                }
            }
            if (json) {
                Map<String, Object> document =
                        new LinkedHashMap<>(found.findings().json());
                document.put("options", options.json());
                document.put("machine", machine);
                out.println(JsonMapper.builder().build().writeValueAsString(document));
            } else {
                found.findings().text().forEach(out::println);
                out.println("\n" + machine);
                profiles(found.profiles()).forEach(out::println);
            }
            out.flush();
            return 0;
        } finally {
            delete(directory);
        }
    }

    /** @param section of the page about speed */
    private record Found(String section, Findings findings, Map<Contender, Profile> profiles) {}

    private Found measure(Options options, Path directory) throws Exception {
        Consumer<String> progress = line -> progress(spec.commandLine().getErr(), line);
        if (standby) {
            return new Found("a warm standby", Standby.measure(options, directory, progress), Map.of());
        }
        if (refusals) {
            return new Found("refusals", Refusals.measure(options, directory, progress), Map.of());
        }
        if (rules > 0) {
            Options few = options.withRules(0);
            return new Found("many rules", Many.measure(few, options, WITH_MANY_RULES, directory, progress), Map.of());
        }
        if (options.people() > FEW_PEOPLE) {
            Options few = options.withPeople(FEW_PEOPLE);
            return new Found(
                    "many people", Many.measure(few, options, WITH_MANY_PEOPLE, directory, progress), Map.of());
        }
        Harness.Measured measured = Harness.measure(options, directory, progress);
        Map<String, Double> parts = Map.of();
        if (!noJmh) {
            progress.accept("the gate's parts alone");
            parts = Micro.measure();
        }
        return new Found("the default run", new Report(measured, parts), measured.profiles());
    }

    private void write(String section, Machine machine, List<String> figures) throws IOException {
        PerformancePage.write(docs, section, spec.commandLine().getParseResult().originalArgs(), machine, figures);
    }

    private static List<String> profiles(Map<Contender, Profile> profiles) {
        return profiles.entrySet().stream()
                .flatMap(profile -> profile.getValue().text(profile.getKey()).stream())
                .toList();
    }

    private static void progress(PrintWriter err, String line) {
        err.println(line);
        err.flush();
    }

    private Options options(Path home) throws IOException {
        Path policies = home.resolve("policy").resolve("policies");
        int fewest = BenchPolicy.fewestRecipients(policies);
        if (recipients < fewest) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--recipients: the policy has " + fewest + " already, " + recipients + " is fewer");
        }
        int everybody = people.orElse(standby ? STANDBY_PEOPLE : FEW_PEOPLE);
        for (int n : List.of(records, everybody, pairs, threads, partitions, pace)) {
            if (n < 1) {
                throw new ParameterException(spec.commandLine(), "every N is 1 or more");
            }
        }
        boolean manyPeople = everybody > FEW_PEOPLE && !standby;
        if (Stream.of(standby, refusals, rules > 0, manyPeople, profile)
                        .filter(asked -> asked)
                        .count()
                > 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "one at a time: --standby, --refusals, --rules, --profile, --people of more than " + FEW_PEOPLE);
        }
        return new Options(policies, records, everybody, recipients, rules, pairs, threads, partitions, pace, profile);
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
