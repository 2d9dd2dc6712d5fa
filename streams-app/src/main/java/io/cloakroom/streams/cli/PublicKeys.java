package io.cloakroom.streams.cli;

import io.cloakroom.streams.audit.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The option that says whose checkpoints are believed. */
final class PublicKeys {

    @Option(
            names = "--public-key",
            paramLabel = "FILE",
            description = "Of the signer, as it gave it away; several times after a change of keys.")
    private List<Path> files = List.of();

    boolean isGiven() {
        return !files.isEmpty();
    }

    /** Those that are given, or else those that lie with the other keys. */
    List<PublicKey> needed(Optional<Path> keys, CommandSpec spec) throws IOException {
        List<Path> all = new ArrayList<>(files);
        if (all.isEmpty() && keys.isPresent()) {
            all.addAll(Keys.publicFiles(keys.get()));
        }
        List<PublicKey> read = new ArrayList<>();
        for (Path file : all) {
            read.add(Keys.readPublic(file));
        }
        if (read.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "no public key was given: give --public-key FILE");
        }
        return read;
    }
}
