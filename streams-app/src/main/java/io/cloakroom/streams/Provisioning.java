package io.cloakroom.streams;

import io.cloakroom.schemas.SchemaNotFoundException;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.gate.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;

/** Compares the cluster and the registry with the blueprint, and makes what is missing. Deletes only what it is told to. */
public final class Provisioning {

    private final Admin admin;
    private final SchemaRegistry registry;
    private final Blueprint blueprint;

    public Provisioning(Admin admin, SchemaRegistry registry, Blueprint blueprint) {
        this.admin = admin;
        this.registry = registry;
        this.blueprint = blueprint;
    }

    /**
     * @param missing topics to create
     * @param unregistered schemas to register
     * @param wrong what is there and is not as it must be: for a person to mend
     * @param notes what is kept for less long than it is made with: its operator's to know and to change
     * @param partitions of every input; 0 if there is none yet
     * @param former topics that a policy made once, and no version names any more
     */
    public record Plan(
            List<TopicSpec> missing,
            List<Blueprint.Registration> unregistered,
            List<String> wrong,
            List<String> notes,
            int partitions,
            Set<String> former) {

        /** The same, but for what is wrong. */
        public Plan withWrong(List<String> wrong) {
            return new Plan(missing, unregistered, wrong, notes, partitions, former);
        }

        public boolean isEmpty() {
            return missing.isEmpty() && unregistered.isEmpty() && wrong.isEmpty() && former.isEmpty();
        }
    }

    public Plan plan() throws ExecutionException, InterruptedException {
        List<TopicSpec> topics = blueprint.topics();
        Set<String> there = admin.listTopics().names().get();
        List<String> present =
                topics.stream().map(TopicSpec::name).filter(there::contains).toList();
        Map<String, TopicDescription> descriptions =
                admin.describeTopics(present).allTopicNames().get();
        Map<String, Config> configs = configs(present);

        List<TopicSpec> missing = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Map<Integer, Set<String>> inputsByCount = new HashMap<>();
        for (TopicSpec topic : topics) {
            TopicDescription description = descriptions.get(topic.name());
            if (description == null) {
                missing.add(topic);
                continue;
            }
            if (topic.isInput()) {
                inputsByCount
                        .computeIfAbsent(description.partitions().size(), n -> new TreeSet<>())
                        .add(topic.name());
            }
            topic.config().forEach((key, value) -> {
                String actual = configs.get(topic.name()).get(key).value();
                if (!value.equals(actual)) {
                    wrong.add("topic " + topic.name() + " has " + key + "=" + actual + ", it must be " + value);
                }
            });
            for (String key : List.of(TopicConfig.RETENTION_MS_CONFIG, TopicConfig.RETENTION_BYTES_CONFIG)) {
                String made = topic.first().get(key);
                String actual = configs.get(topic.name()).get(key).value();
                if (made != null && isLess(Long.parseLong(actual), Long.parseLong(made))) {
                    notes.add("topic " + topic.name() + " has " + key + "=" + actual + ", it is made with " + made);
                }
            }
            String retention = configs.get(topic.name())
                    .get(TopicConfig.RETENTION_MS_CONFIG)
                    .value();
            long kept = Long.parseLong(retention);
            if (kept >= 0 && kept <= topic.cut().toMillis()) {
                wrong.add("topic " + topic.name() + " has " + TopicConfig.RETENTION_MS_CONFIG + "=" + retention
                        + ", it must be more than the " + topic.cut().toMillis()
                        + " by which the policy cuts times there");
            }
        }
        if (inputsByCount.size() > 1) {
            wrong.add("the gate's inputs differ in their partition counts, which must be one: " + inputsByCount);
        }
        int partitions =
                inputsByCount.isEmpty() ? 0 : inputsByCount.keySet().iterator().next();
        for (TopicSpec topic : topics) {
            TopicDescription description = descriptions.get(topic.name());
            // Releases and audit entries go to the partition number of their input.
            if (description != null
                    && !topic.isInput()
                    && description.partitions().size() < partitions) {
                wrong.add("topic " + topic.name() + " has "
                        + description.partitions().size() + " partitions, it must have at least the " + partitions
                        + " of the inputs");
            }
        }
        List<Blueprint.Registration> unregistered =
                blueprint.registrations().stream().filter(r -> !isRegistered(r)).toList();
        return new Plan(missing, unregistered, wrong, notes, partitions, former(there));
    }

    /** Without what is only called like a recipient's recalls: nothing registered for it is a recall. */
    private Set<String> former(Set<String> there) {
        Set<String> others = blueprint.former(there).stream()
                .filter(name -> Topics.recalledOf(name).isPresent())
                .filter(name -> registry.versions(Topics.subject(name)).stream()
                        .noneMatch(version -> version.schema().getFullName().equals(Topics.RECALL.getFullName())))
                .collect(Collectors.toSet());
        return blueprint.former(
                there.stream().filter(name -> !others.contains(name)).toList());
    }

    /** Of two retentions; below 0 is for ever. */
    private static boolean isLess(long one, long other) {
        return one >= 0 && (other < 0 || one < other);
    }

    /** Carries the plan out. What is wrong stays as it is. */
    public void apply(Plan plan, int partitions, short replication) throws ExecutionException, InterruptedException {
        int count = plan.partitions() > 0 ? plan.partitions() : partitions;
        admin.createTopics(plan.missing().stream()
                        .map(t -> t.toCreate(count, replication))
                        .toList())
                .all()
                .get();
        awaitLeaders(plan.missing(), count);
        plan.unregistered().forEach(r -> registry.register(r.subject(), r.schema()));
    }

    /** Deletes the topics of the plan that no version names any more, and what lies in them. */
    public void prune(Plan plan) throws ExecutionException, InterruptedException {
        admin.deleteTopics(plan.former()).all().get();
    }

    /** The longest record, in bytes, that each topic takes. */
    public Map<String, Integer> longestRecords() throws ExecutionException, InterruptedException {
        Map<String, Integer> longest = new HashMap<>();
        configs(blueprint.topics().stream().map(TopicSpec::name).toList())
                .forEach((name, config) -> longest.put(
                        name, Integer.parseInt(config.get("max.message.bytes").value())));
        return longest;
    }

    private boolean isRegistered(Blueprint.Registration registration) {
        try {
            registry.id(registration.subject(), registration.schema());
            return true;
        } catch (SchemaNotFoundException e) {
            return false;
        }
    }

    private Map<String, Config> configs(List<String> topics) throws ExecutionException, InterruptedException {
        Map<String, Config> configs = new HashMap<>();
        admin.describeConfigs(topics.stream()
                        .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                        .toList())
                .all()
                .get()
                .forEach((resource, config) -> configs.put(resource.name(), config));
        return configs;
    }

    /** An idempotent producer can lose its first batch to a topic that has no leader yet (KAFKA-15591). */
    private void awaitLeaders(List<TopicSpec> topics, int partitions) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (TopicSpec topic : topics) {
            for (int p = 0; p < partitions; p++) {
                ends.put(new TopicPartition(topic.name(), p), OffsetSpec.latest());
            }
        }
        for (int tries = 0; !ends.isEmpty(); tries++) {
            try {
                admin.listOffsets(ends).all().get();
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException) || tries == 100) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }
}
