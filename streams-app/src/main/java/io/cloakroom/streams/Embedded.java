package io.cloakroom.streams;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.EmbeddedRegistry;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.audit.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/** A broker, a registry and keys in one directory of this machine, provisioned for a policy: for looking and trying. */
public final class Embedded implements AutoCloseable {

    public static final int BROKER_PORT = 9092;
    public static final int REGISTRY_PORT = 8081;

    private final EmbeddedBroker broker;
    private final EmbeddedRegistry registry;
    private final Settings settings;

    private Embedded(EmbeddedBroker broker, EmbeddedRegistry registry, Settings settings) {
        this.broker = broker;
        this.registry = registry;
        this.settings = settings;
    }

    /**
     * Starts both and makes the topics, schemas and keys that are missing.
     *
     * @param directory keeps everything; an earlier one is used again
     * @param brokerPort 0 for any that is free, and so for the registry
     */
    public static Embedded start(
            Path directory, Path policies, Blueprint blueprint, int brokerPort, int registryPort, int partitions)
            throws IOException, ExecutionException, InterruptedException {
        return start(directory, policies, blueprint, brokerPort, registryPort, partitions, Map.of());
    }

    /** @param more settings of the broker, for a test that cannot wait */
    static Embedded start(
            Path directory,
            Path policies,
            Blueprint blueprint,
            int brokerPort,
            int registryPort,
            int partitions,
            Map<String, String> more)
            throws IOException, ExecutionException, InterruptedException {
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), brokerPort, more);
        EmbeddedRegistry registry = null;
        try {
            registry = EmbeddedRegistry.builder()
                    .port(registryPort)
                    .file(directory.resolve("registry.jsonl"))
                    .start();
            return new Embedded(
                    broker,
                    registry,
                    provision(
                            directory,
                            policies,
                            blueprint,
                            broker.bootstrapServers(),
                            registry.url(),
                            partitions,
                            (short) 1));
        } catch (IOException | ExecutionException | InterruptedException | RuntimeException e) {
            if (registry != null) {
                registry.close();
            }
            broker.close();
            throw e;
        }
    }

    /** Makes the topics, schemas and keys that are missing; the keys, and later the state, in this directory. */
    static Settings provision(
            Path directory,
            Path policies,
            Blueprint blueprint,
            String bootstrapServers,
            String registryUrl,
            int partitions,
            short replication)
            throws IOException, ExecutionException, InterruptedException {
        Path keys = directory.resolve("keys");
        Pseudonyms.create(keys, blueprint.keyNames());
        Keys.create(keys);
        Settings settings = new Settings(Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "schema.registry.url",
                registryUrl,
                "state.dir",
                directory.resolve("state").toString(),
                Settings.POLICIES,
                policies.toString(),
                Settings.KEYS,
                keys.toString()));
        try (Admin admin = Admin.create(settings.client())) {
            Provisioning provisioning = new Provisioning(admin, SchemaRegistry.connect(settings.client()), blueprint);
            provisioning.apply(provisioning.plan(), partitions, replication);
        }
        return settings;
    }

    /** How to reach both, and where the policy and the keys are. */
    public Settings settings() {
        return settings;
    }

    /** The line by which a program knows that it may begin. */
    public String ready() {
        return "ready bootstrap.servers=" + settings.required("bootstrap.servers") + " schema.registry.url="
                + settings.required("schema.registry.url");
    }

    @Override
    public void close() throws IOException {
        registry.close();
        broker.close();
    }
}
