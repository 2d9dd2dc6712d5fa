package io.cloakroom.streams.gate;

import io.cloakroom.gate.EntryKind;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Recipient;
import io.cloakroom.schemas.Schemas;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.Schema;

/** The names of the topics: a contract. */
public final class Topics {

    public static final String CONSENT_CHANGES = "consent.changes";
    public static final String IDENTITY_LINKS = "identity.links";
    public static final String SUBJECT_REQUESTS = "subject.requests";
    public static final String FORWARDS = "gate.forwards";
    public static final String AUDIT = "audit.decisions";
    public static final String CHECKPOINTS = "audit.checkpoints";
    public static final String QUARANTINE = "quarantine";

    /** What people say, and what must not wait behind events. */
    public static final List<String> CONTROL = List.of(CONSENT_CHANGES, IDENTITY_LINKS, SUBJECT_REQUESTS);

    /** The schemas of the topics that are neither events nor for one recipient, as they are registered. */
    public static final Map<String, Schema> SCHEMAS = Map.of(
            CONSENT_CHANGES, Schemas.all().get("control/consent_change"),
            IDENTITY_LINKS, Schemas.all().get("control/identity_link"),
            SUBJECT_REQUESTS, Schemas.all().get("control/subject_request"),
            FORWARDS, Schemas.all().get("gate/forward"),
            AUDIT, Schemas.all().get("gate/audit_entry"),
            CHECKPOINTS, Schemas.all().get("gate/checkpoint"),
            QUARANTINE, Schemas.all().get("gate/quarantined"));

    public static final Schema RECALL = Schemas.all().get("gate/recall");

    private static final String EVENTS = "events.";
    private static final String RECALLS = "recalls.";

    private Topics() {}

    /** Whether a text can be the key of an input. */
    public static boolean isSubjectKey(String key) {
        return SubjectKey.read(key.getBytes(StandardCharsets.UTF_8)).isPresent();
    }

    /** Whether a topic is one whose every record has an audit entry. */
    public static boolean isPublishedTo(String topic) {
        return CONTROL.contains(topic) || isOfEvents(topic);
    }

    public static boolean isOfEvents(String topic) {
        return topic.startsWith(EVENTS);
    }

    /** Whether an audit entry is that of an input record; the others are about one that has its own, or never has one. */
    public static boolean isOfInput(EntryKind kind) {
        return kind != EntryKind.RESOLUTION && kind != EntryKind.RECALL;
    }

    public static String events(String type) {
        return EVENTS + type;
    }

    /** @param topic one of {@link #events(PolicyHistory)} */
    public static String type(String topic) {
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

    /** What publishers write. */
    public static List<String> published(PolicyHistory history) {
        return Stream.concat(events(history).stream(), CONTROL.stream()).toList();
    }

    /** Everything that the gate reads; all have one partition count. */
    public static List<String> inputs(PolicyHistory history) {
        return Stream.concat(published(history).stream(), Stream.of(FORWARDS)).toList();
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

    /** What a recipient reads to know what it must delete. */
    public static String recalls(String recipient) {
        return RECALLS + recipient;
    }

    /** The recipient whose recalls a topic holds; empty if it holds none. */
    public static Optional<String> recalledOf(String topic) {
        return topic.startsWith(RECALLS) ? Optional.of(topic.substring(RECALLS.length())) : Optional.empty();
    }

    /** Those of every recipient of any version that can be asked to delete (C42). */
    public static Collection<String> recalls(PolicyHistory history) {
        TreeSet<String> recalls = new TreeSet<>();
        for (Policy policy : history.versions()) {
            policy.recipients().values().stream()
                    .filter(Recipient::recallable)
                    .map(recipient -> recalls(recipient.id()))
                    .forEach(recalls::add);
        }
        return recalls;
    }

    /** The registry's name for the values of a topic. */
    public static String subject(String topic) {
        return topic + "-value";
    }
}
