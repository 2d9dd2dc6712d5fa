package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.streams.scenarios.Outcomes;
import io.cloakroom.streams.scenarios.Said;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every scenario at once, by what the demo starts: a real broker, a real registry, the gate, three partitions. */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
class ScenarioIT {

    @Test
    void shouldBeDecidedSoBehindARealBroker(@TempDir Path directory) throws Exception {
        Instant now = Instant.now();
        List<Scenario> scenarios = Scenario.all();
        try (Cluster cluster = Cluster.start(directory, Cluster.SHIPPED_POLICY, 3);
                Gate gate = cluster.gate()) {
            publish(cluster, scenarios.stream().map(s -> s.said(now)).toList());

            Map<Scenario, RecordMetadata> places = new LinkedHashMap<>();
            for (Scenario scenario : scenarios) {
                String topic = "events." + scenario.told().event();
                places.put(scenario, cluster.publish(topic, scenario.subject(), scenario.event(now)));
            }
            Map<Scenario, AuditEntry> decided = new LinkedHashMap<>();
            for (Scenario scenario : scenarios) {
                AuditEntry entry = cluster.decided(places.get(scenario));
                decided.put(scenario, entry);
                assertThat(Outcomes.of(entry)).as(scenario.toString()).containsAllEntriesOf(scenario.expected());
                assertThat(Outcomes.reason(entry)).isEqualTo(scenario.told().quarantined());
            }

            publish(cluster, scenarios.stream().map(s -> s.saidLater(now)).toList());
            List<AuditEntry> all = cluster.committedAudit();
            decided.forEach((scenario, entry) -> {
                List<AuditEntry> own =
                        all.stream().filter(e -> isAbout(e, entry)).toList();
                assertThat(Outcomes.resolved(own))
                        .as(scenario.toString())
                        .containsAllEntriesOf(scenario.expectedLater());
                assertThat(Outcomes.recalls(own))
                        .as(scenario.toString())
                        .containsAllEntriesOf(scenario.expectedRecalls());
            });
            cluster.assertComplete();
        }
    }

    /**
     * Publishes the first of each story, then the second: there is no order between topics. When it returns, all is decided
     * and known in every partition that must know of it.
     */
    private static void publish(Cluster cluster, List<List<Said.Control>> stories) throws Exception {
        int longest = stories.stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < longest; i++) {
            List<RecordMetadata> places = new ArrayList<>();
            for (List<Said.Control> story : stories) {
                if (i < story.size()) {
                    places.add(cluster.publish(story.get(i).value()));
                }
            }
            places.forEach(cluster::decided);
            cluster.awaitForwarded();
        }
    }

    /** Each scenario has a subject of its own. */
    private static boolean isAbout(AuditEntry entry, AuditEntry event) {
        boolean isSameSubject =
                event.getSubjectToken() != null && event.getSubjectToken().equals(entry.getSubjectToken());
        return isSameSubject && (entry.getKind() != EntryKind.RESOLUTION || entry.getOffset() == event.getOffset());
    }
}
