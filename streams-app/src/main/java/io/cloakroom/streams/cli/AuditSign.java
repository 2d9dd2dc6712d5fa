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
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "sign",
        description = {
            "Signs what the audit holds, after walking it, until it is stopped.",
            "With cloakroom.http.listen it serves /live, /ready and /metrics there, unless --once is given.",
            "Where a broker or the registry is away it tries again.",
            "Exit 1 if an entry does not follow from the one before: nothing is signed any more."
        },
        mixinStandardHelpOptions = true)
final class AuditSign implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(AuditSign.class);

    @Mixin
    private Connection connection;

    @Option(
            names = "--file",
            paramLabel = "PATH",
            description = "Also keep every checkpoint in this file: best where the broker's operators cannot write.")
    private Path file;

    @Option(
            names = "--to",
            paramLabel = "FILE",
            description =
                    "Also keep every checkpoint in audit.checkpoints of another cluster; these are its properties.")
    private Path to;

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
        Optional<Settings> other = to == null ? Optional.empty() : Optional.of(Settings.read(to));
        Callable<Signer> signers = () -> new Signer(settings, Optional.ofNullable(file), other, InstantSource.system());
        Age age = new Age(System.currentTimeMillis());
        if (once) {
            try (Signer signer = signers.call()) {
                sign(signer, age);
            }
            return 0;
        }
        Optional<InetSocketAddress> listen = settings.listen();
        try (HealthServer health =
                listen.isPresent() ? HealthServer.start(listen.get(), settings.listenTls(), age) : null) {
            while (true) {
                try (Signer signer = signers.call()) {
                    while (true) {
                        sign(signer, age);
                        Thread.sleep(Duration.ofSeconds(seconds).toMillis());
                    }
                } catch (KafkaException | ExecutionException e) {
                    Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
                    if (!(cause instanceof RetriableException)) {
                        throw e;
                    }
                    age.waits(cause);
                }
                Thread.sleep(Duration.ofSeconds(seconds).toMillis());
            }
        }
    }

    private void sign(Signer signer, Age age) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        long begun = System.currentTimeMillis();
        for (Signed signed : signer.sign()) {
            out.println("signed " + signed.value().getTopic() + "-" + signed.partition() + ": " + signed.size()
                    + " entries, root " + signed.value().getRoot());
        }
        age.signed(begun);
        out.flush();
    }

    /** How long ago everything was signed that was committed then. */
    private static final class Age implements Health {
        private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        private volatile long since;
        private volatile boolean isSigned;
        private volatile boolean isWaiting;

        /** @param begun when the process did: as long as it signs nothing, so long is nothing signed, at least */
        Age(long begun) {
            since = begun;
            Gauge.builder("cloakroom.checkpoint.age", this, Age::seconds)
                    .description("Since everything that was committed then was signed")
                    .baseUnit("seconds")
                    .register(meters);
        }

        private double seconds() {
            return (System.currentTimeMillis() - since) / 1000.0;
        }

        void signed(long at) {
            since = at;
            isSigned = true;
            if (isWaiting) {
                LOG.atInfo().log("audit sign goes on");
            }
            isWaiting = false;
        }

        /** Said once, however often it is tried. */
        void waits(Throwable why) {
            if (!isWaiting) {
                LOG.atWarn().addKeyValue("why", why).log("audit sign tries again");
            }
            isWaiting = true;
        }

        /** It ends when it cannot sign. */
        @Override
        public Optional<String> dead() {
            return Optional.empty();
        }

        @Override
        public Optional<String> notReady() {
            return isSigned ? Optional.empty() : Optional.of("nothing is signed yet");
        }

        @Override
        public String metrics() {
            return meters.scrape();
        }
    }
}
