package io.cloakroom.streams.cli;

import io.cloakroom.streams.Embedded;
import io.cloakroom.streams.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The option that says which cluster is meant. */
final class Connection {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = {
                "Properties: Kafka's and Confluent's own keys, cloakroom.policies and cloakroom.keys.",
                "Without it: the broker and registry of 'demo' and 'run --embedded'."
            })
    private Path config;

    Settings settings() throws IOException {
        Settings given = config == null ? new Settings(Map.of()) : Settings.read(config);
        Map<String, String> defaults = new HashMap<>(Map.of(
                "bootstrap.servers", "127.0.0.1:" + Embedded.BROKER_PORT,
                "schema.registry.url", "http://127.0.0.1:" + Embedded.REGISTRY_PORT));
        if (config != null) {
            defaults.clear();
        }
        defaults.put(Settings.POLICIES, Home.policies().toString());
        return new Settings(defaults).with(given.all());
    }

    boolean isGiven() {
        return config != null;
    }
}
