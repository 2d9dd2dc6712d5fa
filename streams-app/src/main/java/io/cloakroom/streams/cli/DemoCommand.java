package io.cloakroom.streams.cli;

import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Embedded;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.demo.Demo;
import io.cloakroom.streams.demo.SampleData;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "demo",
        description = "A broker, a registry and the gate on this machine; a day of real customers goes through it.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {

    @Option(names = "--once", description = "End when everything is decided and shown.")
    private boolean once;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "" + SampleData.DEFAULT_LIMIT,
            description = "At most (default: ${DEFAULT-VALUE}).")
    private int records;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Of all that is not real data (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--policies",
            paramLabel = "FILE|DIR",
            description = "Default: the policies that come with Cloakroom.")
    private Path policies;

    @Mixin
    private Ports ports;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Path policy = policies == null ? Home.policies() : policies;
        Blueprint blueprint = Blueprint.load(policy);
        Path directory = Files.createTempDirectory(Files.createDirectories(Home.data()), "demo-");
        try (Stopping stopping = new Stopping(() -> delete(directory));
                Embedded embedded = Embedded.start(
                        directory, policy, blueprint, ports.broker(), ports.registry(), ports.partitions());
                Gate gate = Gate.start(embedded.settings(), blueprint)) {
            stopping.stops(gate);
            gate.awaitRunning();
            err.println(embedded.ready());
            err.flush();
            new Demo(embedded.settings(), blueprint, out, err)
                    .show(SampleData.load(seed, Instant.now(), records), Terminal.isThere());
            if (!once) {
                out.println("The broker, the registry and the gate go on; stop them with Ctrl-C. To look:");
                out.println("  bin/cloakroom audit tail --from-beginning --limit 20");
                out.println("  bin/cloakroom policy show --recipient analytics");
                out.flush();
                gate.awaitEnd();
            }
        }
        return 0;
    }

    private static void delete(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, IOException error) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            System.err.println("left behind: " + directory);
        }
    }
}
