package io.cloakroom.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A JVM of its own for what is measured: its processor time and its allocation are nobody else's. It takes commands, a
 * line each, and answers each with a line of {@code name=value} pairs.
 */
final class Child implements AutoCloseable {

    private static final String ANSWER = "answer ";

    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter commands;

    private Child(Process process) {
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.commands = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    }

    /** Runs a class of this class path. Its errors go where this process's go. */
    static Child start(Class<?> main, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-Xmx1g",
                "-XX:+UseParallelGC",
                "-Dlogback.configurationFile=logback-bench.xml",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        return new Child(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** @throws IOException if the process ended in place of an answer; it says why on standard error */
    Map<String, String> ask(String question) throws IOException {
        commands.println(question);
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(ANSWER)) {
                return Stream.of(line.substring(ANSWER.length()).split("\t"))
                        .filter(pair -> pair.contains("="))
                        .collect(Collectors.toMap(
                                pair -> pair.substring(0, pair.indexOf('=')),
                                pair -> pair.substring(pair.indexOf('=') + 1)));
            }
        }
        throw new IOException("the process that was asked to " + question + " has ended");
    }

    /** What it has used since it began. */
    Usage usage() throws IOException {
        Map<String, String> usage = ask("usage");
        return new Usage(System.nanoTime(), Long.parseLong(usage.get("cpu")), Long.parseLong(usage.get("allocated")));
    }

    /** The child's side: answers questions until there are no more. */
    static void serve(Answers answers) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String question = in.readLine(); question != null; question = in.readLine()) {
            String answer = question.equals("usage") ? Usage.now() : answers.to(question);
            System.out.println(ANSWER + answer);
            System.out.flush();
        }
    }

    interface Answers {
        String to(String question) throws Exception;
    }

    @Override
    public void close() {
        commands.close();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
