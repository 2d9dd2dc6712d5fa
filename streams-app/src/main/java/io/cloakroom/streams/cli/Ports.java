package io.cloakroom.streams.cli;

import io.cloakroom.streams.Embedded;
import picocli.CommandLine.Option;

/** Where the broker and registry inside listen, on 127.0.0.1. */
final class Ports {

    @Option(
            names = "--broker-port",
            paramLabel = "PORT",
            defaultValue = "" + Embedded.BROKER_PORT,
            description = "Of the broker inside; 0 for any (default: ${DEFAULT-VALUE}).")
    private int broker;

    @Option(
            names = "--registry-port",
            paramLabel = "PORT",
            defaultValue = "" + Embedded.REGISTRY_PORT,
            description = "Of the registry inside; 0 for any (default: ${DEFAULT-VALUE}).")
    private int registry;

    @Option(
            names = "--partitions",
            defaultValue = "2",
            description = "Of every topic that is made (default: ${DEFAULT-VALUE}).")
    private int partitions;

    int broker() {
        return broker;
    }

    int registry() {
        return registry;
    }

    int partitions() {
        return partitions;
    }
}
