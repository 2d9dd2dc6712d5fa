package io.cloakroom.streams;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs in a JVM of their own, as a user starts them: they can be killed. */
final class Forked {

    private Forked() {}

    /** @param arguments options of the JVM, a class, what it is told */
    static Process java(Path log, String... arguments) throws IOException {
        return java(log, List.of(), arguments);
    }

    private static Process java(Path log, List<String> before, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // several live for seconds on few cores
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** @param file where its settings and, beside it, its output are written */
    static Process gate(Settings settings, Path file) throws IOException {
        return gate(settings, file, List.of());
    }

    /** @param before what the command begins with */
    static Process gate(Settings settings, Path file, List<String> before) throws IOException {
        Cluster.write(settings, file);
        return java(
                file.resolveSibling(file.getFileName() + ".log"),
                before,
                "-Xmx384m",
                Cloakroom.class.getName(),
                "run",
                "--config",
                file.toString());
    }
}
