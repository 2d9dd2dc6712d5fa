package io.cloakroom.streams;

import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.PolicyLoader;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Recipient;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.gate.GateParts;
import io.cloakroom.streams.gate.Projection;
import io.cloakroom.streams.gate.Shapes;
import io.cloakroom.streams.gate.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;

/**
 * All that follows from the policy and the gate's schemas: projections, topics, registry subjects, keys.
 *
 * @param schemas the gate's schema of each event type
 * @param projections of every version of the policy, oldest first
 */
public record Blueprint(PolicyHistory history, Map<String, Schema> schemas, List<Projection> projections) {

    /**
     * @param policies a file or directory
     * @throws PolicyRefusedException with every problem of the policy
     * @throws IllegalArgumentException if one of the gate's schemas has an unlabelled field
     */
    public static Blueprint load(Path policies) throws PolicyRefusedException {
        Map<String, Schema> schemas = new TreeMap<>();
        Schemas.eventTypes().forEach(type -> schemas.put(type, Schemas.event(type)));
        PolicyHistory history = PolicyLoader.load(policies, shapes());
        List<Projection> projections = new ArrayList<>();
        history.versions()
                .forEach(policy -> policy.events().values().stream()
                        .flatMap(rules -> rules.accesses().stream())
                        .map(access -> new Projection(
                                access, schemas.get(access.schema().type())))
                        .forEach(projections::add));
        return new Blueprint(history, Map.copyOf(schemas), List.copyOf(projections));
    }

    /** The gate's schemas as the policy sees them. */
    public static List<EventSchema> shapes() {
        return Schemas.eventTypes().stream()
                .sorted()
                .map(type -> Shapes.of(type, Schemas.event(type)))
                .toList();
    }

    /** Every topic that must be there. */
    public List<TopicSpec> topics() {
        List<TopicSpec> topics = new ArrayList<>();
        Topics.inputs(history)
                .forEach(name ->
                        topics.add(name.equals(Topics.FORWARDS) ? TopicSpec.passing(name) : TopicSpec.input(name)));
        Map<String, Duration> cuts = new TreeMap<>();
        projections.forEach(p -> cuts.merge(p.access().topic(), p.cut(), (a, b) -> a.compareTo(b) < 0 ? b : a));
        Topics.releases(history).forEach(name -> topics.add(TopicSpec.release(name, cuts.get(name))));
        Topics.recalls(history).forEach(name -> topics.add(TopicSpec.everlasting(name)));
        topics.add(TopicSpec.everlasting(Topics.AUDIT));
        topics.add(TopicSpec.kept(Topics.CHECKPOINTS));
        topics.add(TopicSpec.kept(Topics.QUARANTINE));
        return topics;
    }

    /**
     * Of these names of topics, those that a policy made once and none makes any more: the recipient, or what it got, is in no
     * version. What only looks alike, because nothing tells of such a recipient, is not among them.
     */
    public Set<String> former(Collection<String> names) {
        Set<String> known = topics().stream().map(TopicSpec::name).collect(Collectors.toSet());
        Set<String> recipients = new TreeSet<>();
        history.versions()
                .forEach(policy -> recipients.addAll(policy.recipients().keySet()));
        names.forEach(name -> Topics.recalledOf(name).ifPresent(recipients::add));
        return names.stream()
                .filter(name -> !known.contains(name))
                .filter(name -> Topics.recalledOf(name).isPresent()
                        || schemas.keySet().stream()
                                .anyMatch(type -> name.equals(Topics.events(type))
                                        || name.endsWith("." + type)
                                                && recipients.contains(
                                                        name.substring(0, name.length() - type.length() - 1))))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** A schema that a registry subject must have. */
    public record Registration(String subject, Schema schema) {}

    /** Every schema that must be registered, older versions of a release before newer ones. */
    public List<Registration> registrations() {
        List<Registration> registrations = new ArrayList<>();
        new TreeMap<>(schemas)
                .forEach((type, schema) ->
                        registrations.add(new Registration(Topics.subject(Topics.events(type)), schema)));
        new TreeMap<>(Topics.SCHEMAS)
                .forEach((topic, schema) -> registrations.add(new Registration(Topics.subject(topic), schema)));
        Topics.recalls(history)
                .forEach(topic -> registrations.add(new Registration(Topics.subject(topic), Topics.RECALL)));
        projections.forEach(p ->
                registrations.add(new Registration(Topics.subject(p.access().topic()), p.schema())));
        return registrations;
    }

    /** The names of the keys that the gate needs: one for each recipient and epoch of any version, one for the audit. */
    public TreeSet<String> keyNames() {
        TreeSet<String> names = new TreeSet<>(List.of(GateParts.AUDIT_KEY));
        history.versions()
                .forEach(policy -> policy.recipients().values().stream()
                        .map(Recipient::keyName)
                        .forEach(names::add));
        return names;
    }
}
