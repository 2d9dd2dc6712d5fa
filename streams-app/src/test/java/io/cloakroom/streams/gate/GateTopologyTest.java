package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Blueprint;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.Topology;
import org.junit.jupiter.api.Test;

class GateTopologyTest {

    private static final Path GOLDEN = Path.of("src", "test", "resources", "expected_topology.txt");

    @Test
    void shouldBeTheTopologyThatWasReviewed() throws Exception {
        assertThat(topology().describe().toString())
                .as(
                        "The topology changed. A new name or node loses state or lets something out: if it is meant,"
                                + " copy target/topology.txt to %s and say in the commit what happens to running gates.",
                        GOLDEN)
                .isEqualTo(Files.readString(GOLDEN));
    }

    private static Topology topology() throws Exception {
        Blueprint blueprint = Blueprint.load(GateDriver.SMALL);
        Topology topology = GateTopology.of(new GateParts(
                new Engine(blueprint.history()),
                SchemaRegistry.connect(Map.of("schema.registry.url", "mock://topology")),
                Pseudonyms.load(Path.of("target"), List.of()),
                blueprint.schemas(),
                blueprint.projections(),
                1,
                topic -> 1,
                new SimpleMeterRegistry()));
        Files.writeString(Path.of("target", "topology.txt"), topology.describe().toString());
        return topology;
    }
}
