package io.cloakroom.streams.cli;

import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed;
import io.cloakroom.streams.audit.Signer;
import io.cloakroom.streams.operations.Health;
import io.cloakroom.streams.operations.HealthServer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
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
            "With cloakroom.http.listen it serves /live, /ready and /metrics there.",
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
    @SuppressWarnings("try") // the server only has to be there
    public Integer call() throws Exception {
        Settings settings = connection.settings();
        PrintWriter out = spec.commandLine().getOut();
        Age age = new Age();
        Optional<InetSocketAddress> listen = settings.listen();
        try (Signer signer = new Signer(settings, Optional.ofNullable(file), InstantSource.system());
                HealthServer health =
                        listen.isPresent() ? HealthServer.start(listen.get(), settings.listenTls(), age) : null) {
            do {
                long begun = System.currentTimeMillis();
                for (Signed signed : signer.sign()) {
                    out.println("signed " + signed.value().getTopic() + "-" + signed.partition() + ": "
                            + signed.size() + " entries, root "
                            + signed.value().getRoot());
                }
                age.signedAt = begun;
                out.flush();
                if (!once) {
                    Thread.sleep(Duration.ofSeconds(seconds).toMillis());
                }
            } while (!once);
        }
        return 0;
    }

    /** How long ago everything was signed that was committed then. */
    private static final class Age implements Health {
        private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        private volatile long signedAt = -1;

        Age() {
            Gauge.builder("cloakroom.checkpoint.age", this, Age::seconds)
                    .description("Since everything that was committed then was signed")
                    .baseUnit("seconds")
                    .register(meters);
        }

        private double seconds() {
            return signedAt < 0 ? Double.NaN : (System.currentTimeMillis() - signedAt) / 1000.0;
        }

        /** It ends when it cannot sign. */
        @Override
        public Optional<String> dead() {
            return Optional.empty();
        }

        @Override
        public Optional<String> notReady() {
            return signedAt < 0 ? Optional.of("nothing is signed yet") : Optional.empty();
        }

        @Override
        public String metrics() {
            return meters.scrape();
        }
    }
}
