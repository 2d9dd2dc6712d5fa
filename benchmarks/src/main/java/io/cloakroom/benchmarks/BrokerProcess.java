package io.cloakroom.benchmarks;

import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Embedded;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The broker and the registry, in a process of their own. */
final class BrokerProcess {

    private BrokerProcess() {}

    static Child start(Path directory, Path policies, int partitions) throws IOException {
        return Child.start(
                BrokerProcess.class, List.of(directory.toString(), policies.toString(), Integer.toString(partitions)));
    }

    /** Arguments: directory, policies, partitions. */
    public static void main(String[] args) throws Exception {
        Path policies = Path.of(args[1]);
        try (Embedded embedded =
                Embedded.start(Path.of(args[0]), policies, Blueprint.load(policies), 0, 0, Integer.parseInt(args[2]))) {
            Child.serve(question -> embedded.settings().all().entrySet().stream()
                    .map(Map.Entry::toString)
                    .collect(Collectors.joining("\t")));
        }
        System.exit(0);
    }
}
