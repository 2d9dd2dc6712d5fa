package io.cloakroom.streams.gate;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.schemas.Schemas;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.avro.Schema;

/** The names of the topics: a contract. */
public final class Topics {

    public static final String CONSENT_CHANGES = "consent.changes";
    public static final String FORWARDS = "gate.forwards";
    public static final String AUDIT = "audit.decisions";
    public static final String QUARANTINE = "quarantine";

    /** The schemas of the topics that are not events or releases, as they are registered. */
    public static final Map<String, Schema> SCHEMAS = Map.of(
            CONSENT_CHANGES, Schemas.all().get("control/consent_change"),
            FORWARDS, Schemas.all().get("gate/forward"),
            AUDIT, Schemas.all().get("gate/audit_entry"),
            QUARANTINE, Schemas.all().get("gate/quarantined"));

    private static final String EVENTS = "events.";

    private Topics() {}

    public static String events(String type) {
        return EVENTS + type;
    }

    /** @param topic one of {@link #events(PolicyHistory)} */
    static String type(String topic) {
        return topic.substring(EVENTS.length());
    }

    /** What services publish events to, for every type that a version of the policy names. */
    public static List<String> events(PolicyHistory history) {
        return history.versions().stream()
                .flatMap(p -> p.events().keySet().stream())
                .map(Topics::events)
                .sorted()
                .distinct()
                .toList();
    }

    /** Everything that the gate reads; all have one partition count. */
    public static List<String> inputs(PolicyHistory history) {
        List<String> inputs = new java.util.ArrayList<>(events(history));
        inputs.add(CONSENT_CHANGES);
        inputs.add(FORWARDS);
        return List.copyOf(inputs);
    }

    /** What recipients read. */
    public static Collection<String> releases(PolicyHistory history) {
        TreeSet<String> releases = new TreeSet<>();
        for (Policy policy : history.versions()) {
            policy.events().values().stream()
                    .flatMap(rules -> rules.accesses().stream())
                    .map(Access::topic)
                    .forEach(releases::add);
        }
        return releases;
    }

    /** The registry's name for the values of a topic. */
    public static String subject(String topic) {
        return topic + "-value";
    }
}
