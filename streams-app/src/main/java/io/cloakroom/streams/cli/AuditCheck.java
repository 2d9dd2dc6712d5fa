package io.cloakroom.streams.cli;

import io.cloakroom.streams.audit.Proof;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "check",
        description = {
            "Checks a proof of 'audit prove' and shows its entry. Needs no cluster, only the signer's public key.",
            "Exit 1 if it does not hold."
        },
        mixinStandardHelpOptions = true)
final class AuditCheck implements Callable<Integer> {

    private static final long LONGEST = 16L << 20;

    @Parameters(paramLabel = "FILE", description = "The proof.")
    private Path file;

    @Mixin
    private PublicKeys publicKeys;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        List<PublicKey> keys = publicKeys.needed(Optional.empty(), spec);
        if (Files.size(file) > LONGEST) {
            throw new IOException(file + ": longer than any proof");
        }
        Proof proof = Proof.check(Files.readAllBytes(file), keys);
        PrintWriter out = spec.commandLine().getOut();
        out.println("proven: " + proof);
        out.println(proof.read());
        return 0;
    }
}
