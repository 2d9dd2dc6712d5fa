package io.cloakroom.streams;

import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.streams.cli.AuditCommand;
import io.cloakroom.streams.cli.DemoCommand;
import io.cloakroom.streams.cli.KeysCommand;
import io.cloakroom.streams.cli.PolicyCommand;
import io.cloakroom.streams.cli.QuarantineCommand;
import io.cloakroom.streams.cli.RunCommand;
import io.cloakroom.streams.cli.SubjectCommand;
import io.cloakroom.streams.cli.TopicsCommand;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit 0: yes, done. 1: the answer is no. 2: wrong usage. */
@Command(
        name = "cloakroom",
        description = "Enforces a written privacy policy on Kafka event streams.",
        mixinStandardHelpOptions = true,
        version = "0.1.0-SNAPSHOT",
        synopsisSubcommandLabel = "COMMAND",
        footer = "Also: bench, which measures the gate; it is built when it is first asked for.")
public final class Cloakroom {

    private static final List<Class<?>> COMMANDS = List.of(
            DemoCommand.class,
            RunCommand.class,
            TopicsCommand.class,
            KeysCommand.class,
            PolicyCommand.class,
            AuditCommand.class,
            QuarantineCommand.class,
            SubjectCommand.class);

    private static final int NO = 1;
    private static final int WRONG_USAGE = 2;

    /** In the environment: how logs are written. logback.xml has an appender for each; another name would be no logs at all. */
    private static final String LOG = "CLOAKROOM_LOG";

    private static final List<String> FORMATS = List.of("text", "json");

    private Cloakroom() {}

    public static void main(String[] args) {
        Optional<String> log = Optional.ofNullable(System.getenv(LOG));
        if (log.isPresent() && !FORMATS.contains(log.get())) {
            System.err.println("cloakroom: " + LOG + "=" + log.get() + " is not one of " + String.join(", ", FORMATS));
            System.exit(WRONG_USAGE);
        }
        formatFast();
        System.exit(commandLine(meant(args)).execute(args));
    }

    /**
     * Streams 4.2 and later format a number for every record and silent input, unread (KAFKA-19682); in any locale but this
     * one that costs twice as much.
     */
    public static void formatFast() {
        Locale.setDefault(Locale.Category.FORMAT, Locale.US);
    }

    /** The command that is named first; of another name all, for help. To look at all of them takes a fifth of a second. */
    private static List<Class<?>> meant(String[] args) {
        List<Class<?>> named = COMMANDS.stream()
                .filter(command -> args.length > 0
                        && command.getAnnotation(Command.class).name().equals(args[0]))
                .toList();
        return named.isEmpty() ? COMMANDS : named;
    }

    /** The whole command line; errors become one line each on its standard error. */
    public static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    private static CommandLine commandLine(List<Class<?>> commands) {
        CommandLine commandLine = new CommandLine(new Cloakroom());
        commands.forEach(commandLine::addSubcommand);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setExecutionExceptionHandler((error, command, parsed) -> {
            Throwable cause = cause(error);
            command.getErr().println(explain(cause));
            return cause instanceof ConfigException ? command.getCommandSpec().exitCodeOnInvalidInput() : NO;
        });
        return commandLine;
    }

    /** Of what another thread or Kafka's own did: behind what says so. */
    private static Throwable cause(Throwable error) {
        return error instanceof ExecutionException && error.getCause() != null ? cause(error.getCause()) : error;
    }

    /** What went wrong, in words: a stack trace helps nobody at a terminal. */
    private static String explain(Throwable cause) {
        if (cause instanceof PolicyRefusedException || cause instanceof Gate.NotReadyException) {
            return cause.getMessage();
        }
        if (cause instanceof TimeoutException) {
            return "cloakroom: no answer from Kafka: is bootstrap.servers right, and a broker there? ("
                    + cause.getMessage() + ")";
        }
        if (cause instanceof ClusterAuthorizationException) {
            return "cloakroom: not authorized: this takes rights over the cluster, which whoever the settings say it is has"
                    + " not";
        }
        String first = cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
        return cause.getCause() == null || cause.getCause().getMessage() == null
                ? "cloakroom: " + first
                : "cloakroom: " + first + ": " + cause.getCause().getMessage();
    }
}
