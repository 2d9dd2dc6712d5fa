package io.cloakroom.streams.cli;

import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed;
import io.cloakroom.streams.audit.Signer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "sign",
        description = {
            "Signs what the audit holds, after walking it, until it is stopped.",
            "Exit 1 if an entry does not follow from the one before: nothing is signed any more."
        },
        mixinStandardHelpOptions = true)
final class AuditSign implements Callable<Integer> {

    @Mixin
    private Connection connection;

    @Option(
            names = "--file",
            paramLabel = "PATH",
            description = "Also append every checkpoint to this file: best where the broker's operators cannot write.")
    private Path file;

    @Option(names = "--once", description = "Sign what is there, and end.")
    private boolean once;

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How often (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Settings settings = connection.settings();
        PrintWriter out = spec.commandLine().getOut();
        try (Signer signer = new Signer(settings, Optional.ofNullable(file), InstantSource.system())) {
            do {
                for (Signed signed : signer.sign()) {
                    out.println("signed " + signed.value().getTopic() + "-" + signed.partition() + ": "
                            + signed.size() + " entries, root "
                            + signed.value().getRoot());
                }
                out.flush();
                if (!once) {
                    Thread.sleep(Duration.ofSeconds(seconds).toMillis());
                }
            } while (!once);
        }
        return 0;
    }
}
