package io.cloakroom.streams.cli;

import io.cloakroom.streams.audit.ExportFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "export",
        description = "Writes every entry and checkpoint, with its place, to one file (an Avro object container).",
        mixinStandardHelpOptions = true)
final class AuditExport implements Callable<Integer> {

    @Mixin
    private Connection connection;

    @Option(names = "--to", paramLabel = "FILE", required = true, description = "Where to.")
    private Path to;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        long entries;
        try (Bar bar = new Bar("exported", Terminal.isThere())) {
            entries = ExportFile.write(connection.settings(), to, bar);
        }
        spec.commandLine().getOut().println("exported " + entries + " entries to " + to);
        return 0;
    }
}
