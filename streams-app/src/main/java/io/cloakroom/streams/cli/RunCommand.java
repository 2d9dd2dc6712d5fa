package io.cloakroom.streams.cli;

import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Embedded;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.operations.HealthServer;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description = "Runs topologies; the same command on every instance of a cluster.",
        mixinStandardHelpOptions = true)
public final class RunCommand implements Callable<Integer> {

    private static final String GATE = "gate";

    @Parameters(paramLabel = "TOPOLOGY", description = "Which ones: gate. All of them if none is named.")
    private List<String> topologies = List.of(GATE);

    @Mixin
    private Connection connection;

    @Option(names = "--embedded", description = "Broker and registry inside, on fixed ports, kept in a directory.")
    private boolean embedded;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where --embedded keeps everything (default: data/ beside bin/).")
    private Path data = Home.data().resolve("embedded");

    @Mixin
    private Ports ports;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        topologies.stream().filter(t -> !t.equals(GATE)).findFirst().ifPresent(unknown -> {
            throw new ParameterException(spec.commandLine(), "there is no topology " + unknown + "; there is: gate");
        });
        if (embedded == connection.isGiven()) {
            throw new ParameterException(spec.commandLine(), "give either --config FILE or --embedded");
        }
        Settings settings = connection.settings();
        Blueprint blueprint = Blueprint.load(settings.policies());
        try (Stopping stopping = new Stopping(() -> {})) {
            if (!embedded) {
                return run(settings, blueprint, "ready", stopping);
            }
            try (Embedded inside = Embedded.start(
                    data, settings.policies(), blueprint, ports.broker(), ports.registry(), ports.partitions())) {
                return run(inside.settings(), blueprint, inside.ready(), stopping);
            }
        }
    }

    @SuppressWarnings("try") // the server only has to be there
    private int run(Settings settings, Blueprint blueprint, String ready, Stopping stopping) throws Exception {
        Optional<InetSocketAddress> listen = settings.listen();
        try (Gate gate = Gate.start(settings, blueprint);
                HealthServer health =
                        listen.isPresent() ? HealthServer.start(listen.get(), settings.listenTls(), gate) : null) {
            stopping.stops(gate);
            gate.awaitRunning();
            PrintWriter err = spec.commandLine().getErr();
            err.println(ready);
            err.flush();
            gate.awaitEnd();
            return 0;
        }
    }
}
