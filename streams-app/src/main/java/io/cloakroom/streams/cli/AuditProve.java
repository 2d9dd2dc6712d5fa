package io.cloakroom.streams.cli;

import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Proof;
import java.nio.file.Files;
import java.nio.file.Path;
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
        name = "prove",
        description = {
            "Writes a proof that an entry is in the signed audit; 'audit check' checks it with the public key alone.",
            "The proof is the entry and at most 2 KB more, up to 10,000,000 entries.",
            "Exit 1 if there is no such entry, or no checkpoint covers it yet."
        },
        mixinStandardHelpOptions = true)
final class AuditProve implements Callable<Integer> {

    @Parameters(
            paramLabel = "TOPIC-PARTITION-OFFSET",
            description = "Of the input record that was decided; or of the entry itself, in audit.decisions.")
    private String place;

    @Mixin
    private Connection connection;

    @Mixin
    private PublicKeys publicKeys;

    @Option(names = "--to", paramLabel = "FILE", required = true, description = "Where to.")
    private Path to;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Settings settings = connection.settings();
        Proof proof = Proof.make(
                settings,
                publicKeys.needed(
                        Optional.ofNullable(settings.all().get(Settings.KEYS)).map(Path::of), spec),
                place());
        Files.write(to, proof.toBytes());
        spec.commandLine().getOut().println("proven: " + proof + ", in " + to);
        return 0;
    }

    private Coordinates place() {
        try {
            return Coordinates.parse(place);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}
