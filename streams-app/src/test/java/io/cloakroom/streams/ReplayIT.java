package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.control.ConsentKind;
import io.cloakroom.streams.CloakroomTest.Ran;
import io.cloakroom.streams.gate.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code policy diff --replay} of a topic on a real broker: all that was ever published, and all that was ever said. */
@Timeout(180)
class ReplayIT {

    private static final Path SHIPPED = Cluster.SHIPPED_POLICY.resolve("2017-11-17.yaml");

    @Test
    void shouldSayWhichDecisionsOfATopicChange(@TempDir Path directory) throws Exception {
        Path next = Files.writeString(
                Files.createDirectory(directory.resolve("next")).resolve("2017-11-17.yaml"),
                Files.readString(SHIPPED)
                        .replace("notices: [\"2016-05-01\", \"2017-11-17\"]", "notices: [\"2026-01-01\"]"));
        try (Cluster cluster = Cluster.start(directory.resolve("data"), Cluster.SHIPPED_POLICY, 3)) {
            cluster.publish(
                    Given.emailConsent("customer:grace", ConsentKind.GRANT).build());
            cluster.publish(
                    Given.emailConsent("customer:ada", ConsentKind.WITHDRAWAL).build());
            for (String customer : List.of("customer:grace", "customer:ada", "customer:nobody")) {
                cluster.publish(
                        Topics.events("marketing"),
                        customer,
                        Given.message(customer, "new-in").build());
            }

            Ran ran = CloakroomTest.run(
                    "policy",
                    "diff",
                    SHIPPED.toString(),
                    next.toString(),
                    "--replay",
                    "events.marketing",
                    "--json",
                    "--config",
                    QuarantineIT.config(cluster, directory));

            assertThat(ran.err()).isEmpty();
            assertThat(ran.exit()).isEqualTo(1);
            JsonNode document = ran.json();
            assertThat(document.get("replayed").asInt()).isEqualTo(3);
            assertThat(document.get("decisions")).hasSize(3).allSatisfy(change -> {
                assertThat(change.get("before").asString()).isEqualTo("released by consent (C21) for direct-marketing");
                assertThat(change.get("after").asString()).isEqualTo("withheld by consent-stale (C37)");
                assertThat(change.get("count").asInt()).isEqualTo(1);
                assertThat(change.get("places").get(0).asString()).matches("events.marketing-[0-2]-0");
            });
            assertThat(ran.out()).doesNotContain("grace", "ada@");
        }
    }

    @Test
    void shouldSayThatATopicIsNotThere(@TempDir Path directory) throws Exception {
        try (Cluster cluster = Cluster.start(directory.resolve("data"), Cluster.SHIPPED_POLICY, 1)) {
            assertThatThrownBy(() -> TopicReader.read(cluster.settings, List.of("events.gossip"), record -> {}))
                    .isInstanceOf(ConfigException.class)
                    .hasMessage("there is no topic events.gossip on this cluster");
        }
    }
}
