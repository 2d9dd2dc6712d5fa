package io.cloakroom.streams;

import io.cloakroom.streams.gate.Forgetting;
import io.cloakroom.streams.gate.GateTopology;
import io.cloakroom.streams.gate.Topics;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * How long, at most, what was erased still lies somewhere (C25): computed from the settings that are in force, place by place.
 * What a broker or a disk needs for the work itself is not in it.
 */
public final class ErasureBound {

    private static final long FOR_EVER = Long.MAX_VALUE;

    private static final String STOPPED =
            "; an instance that is stopped keeps its files until it runs again or its state.dir is deleted";

    private ErasureBound() {}

    /** Whose copies they are. */
    public enum Holder {
        GATE,
        PUBLISHERS,
        RECIPIENTS
    }

    /**
     * @param name a topic, or where files are
     * @param within from the erasure on; empty for ever
     * @param why what it comes of, or which setting to mend
     */
    public record Place(String name, Holder holder, Optional<Duration> within, String why) {}

    /**
     * The settings that it depends on, as Kafka names them.
     *
     * @param topics each with all that is in force for it; those that are not there are not in it
     * @param brokers of each broker
     * @param forgets at least as often does an instance write its state anew
     * @param stateCleanup {@code state.cleanup.delay.ms} of the instances
     */
    public record InForce(
            Map<String, Map<String, String>> topics,
            Collection<Map<String, String>> brokers,
            Duration forgets,
            Duration stateCleanup) {

        private String text(String topic, String key) {
            return topics.get(topic).get(key);
        }

        private long of(String topic, String key) {
            return Long.parseLong(text(topic, key));
        }

        /** Of the slowest broker, in milliseconds. */
        private long slowest(String key) {
            return brokers.stream()
                    .mapToLong(broker -> Long.parseLong(broker.get(key)))
                    .max()
                    .orElseThrow();
        }

        private boolean isCleaned() {
            return brokers.stream().noneMatch(broker -> "false".equals(broker.get("log.cleaner.enable")));
        }
    }

    /**
     * Of a cluster as it is now.
     *
     * @param settings of the instances; they have them in common
     */
    public static List<Place> read(Settings settings, Blueprint blueprint, Duration forgets)
            throws ExecutionException, InterruptedException {
        List<String> changelogs = GateTopology.aboutPeople(
                Gate.streams(settings).get(StreamsConfig.APPLICATION_ID_CONFIG).toString());
        List<String> publishers = Topics.published(blueprint.history());
        Collection<String> recipients = Topics.releases(blueprint.history());
        try (Admin admin = Admin.create(settings.client())) {
            Set<String> there = admin.listTopics().names().get();
            List<ConfigResource> asked = new ArrayList<>();
            Stream.of(changelogs, publishers, recipients, List.of(Topics.FORWARDS))
                    .flatMap(Collection::stream)
                    .filter(there::contains)
                    .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                    .forEach(asked::add);
            for (Node broker : admin.describeCluster().nodes().get()) {
                asked.add(new ConfigResource(ConfigResource.Type.BROKER, broker.idString()));
            }
            Map<String, Map<String, String>> topics = new HashMap<>();
            List<Map<String, String>> brokers = new ArrayList<>();
            admin.describeConfigs(asked).all().get().forEach((resource, config) -> {
                Map<String, String> values = new HashMap<>();
                config.entries().forEach(entry -> values.put(entry.name(), entry.value()));
                if (resource.type() == ConfigResource.Type.TOPIC) {
                    topics.put(resource.name(), values);
                } else {
                    brokers.add(values);
                }
            });
            Object cleanup = Gate.streams(settings)
                    .getOrDefault(
                            StreamsConfig.STATE_CLEANUP_DELAY_MS_CONFIG,
                            StreamsConfig.configDef().defaultValues().get(StreamsConfig.STATE_CLEANUP_DELAY_MS_CONFIG));
            Duration stateCleanup = Duration.ofMillis(Long.parseLong(cleanup.toString()));
            return of(new InForce(topics, brokers, forgets, stateCleanup), changelogs, publishers, recipients);
        }
    }

    /**
     * @param changelogs of the stores that know people
     * @param publishers topics that others write
     * @param recipients topics that others read; what lies there was recalled
     */
    public static List<Place> of(
            InForce settings,
            Collection<String> changelogs,
            Collection<String> publishers,
            Collection<String> recipients) {
        List<Place> places = new ArrayList<>();
        places.add(new Place(
                "state of every instance, and standing by",
                Holder.GATE,
                Optional.of(Forgetting.bound(settings.forgets())),
                "written anew every " + words(settings.forgets()) + STOPPED));
        places.add(new Place(
                "state that an instance no longer needs",
                Holder.GATE,
                Optional.of(settings.stateCleanup().multipliedBy(2)),
                "state.cleanup.delay.ms, and as long until the next look" + STOPPED));
        there(settings, changelogs).map(topic -> changelog(topic, settings)).forEach(places::add);
        there(settings, List.of(Topics.FORWARDS))
                .map(topic -> log(topic, Holder.GATE, settings))
                .forEach(places::add);
        there(settings, publishers)
                .map(topic -> log(topic, Holder.PUBLISHERS, settings))
                .forEach(places::add);
        there(settings, recipients)
                .map(topic -> log(topic, Holder.RECIPIENTS, settings))
                .forEach(places::add);
        return places;
    }

    private static Stream<String> there(InForce settings, Collection<String> topics) {
        return topics.stream().filter(settings.topics()::containsKey).sorted();
    }

    /** The longest of those that somebody holds; empty for ever. */
    public static Optional<Duration> longest(List<Place> places, Holder holder) {
        List<Place> held = places.stream().filter(p -> p.holder() == holder).toList();
        return held.stream().allMatch(p -> p.within().isPresent())
                ? held.stream()
                        .flatMap(p -> p.within().stream())
                        .max(Comparator.naturalOrder())
                        .or(() -> Optional.of(Duration.ZERO))
                : Optional.empty();
    }

    /**
     * A record is overwritten by a later one, or deleted by a mark. Both are cleaned once their segment is closed, which takes
     * an append: that is why the gate gives signs of life. The mark has the key, and goes with the first cleaning after its
     * retention, for which something must have been appended and closed again.
     */
    private static Place changelog(String topic, InForce settings) {
        if (!settings.text(topic, TopicConfig.CLEANUP_POLICY_CONFIG).contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
            return log(topic, Holder.GATE, settings);
        }
        if (!settings.isCleaned()) {
            return forEver(topic, Holder.GATE, "set log.cleaner.enable=true at the brokers");
        }
        if (!settings.text(topic, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG).equals("LogAppendTime")) {
            return forEver(topic, Holder.GATE, "set message.timestamp.type=LogAppendTime");
        }
        long lag = settings.of(topic, TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG);
        if (lag == FOR_EVER) {
            return forEver(topic, Holder.GATE, "set max.compaction.lag.ms");
        }
        long sign = GateTopology.betweenSigns(settings.forgets()).toMillis();
        long closed = sum(Math.min(settings.of(topic, TopicConfig.SEGMENT_MS_CONFIG), lag), sign);
        long cleaned = sum(
                Math.max(sum(closed, settings.of(topic, TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG)), lag),
                settings.slowest("log.cleaner.backoff.ms"));
        long files = settings.of(topic, TopicConfig.FILE_DELETE_DELAY_MS_CONFIG);
        long marks = sum(cleaned, settings.of(topic, TopicConfig.DELETE_RETENTION_MS_CONFIG), sign, cleaned, files);
        return new Place(
                topic,
                Holder.GATE,
                Optional.of(Duration.ofMillis(marks)),
                "what was known, within " + words(Duration.ofMillis(sum(cleaned, files)))
                        + "; the mark that it is deleted, delete.retention.ms and a cleaning later");
    }

    /** The last record of a segment decides when all of it goes; an idle segment goes, too. */
    private static Place log(String topic, Holder holder, InForce settings) {
        if (!settings.text(topic, TopicConfig.CLEANUP_POLICY_CONFIG).contains(TopicConfig.CLEANUP_POLICY_DELETE)) {
            return forEver(topic, holder, "set cleanup.policy=delete");
        }
        long retention = settings.of(topic, TopicConfig.RETENTION_MS_CONFIG);
        if (retention < 0) {
            return forEver(topic, holder, "set retention.ms");
        }
        long most = sum(
                retention,
                settings.of(topic, TopicConfig.SEGMENT_MS_CONFIG),
                settings.slowest("log.retention.check.interval.ms"),
                settings.of(topic, TopicConfig.FILE_DELETE_DELAY_MS_CONFIG));
        return new Place(topic, holder, Optional.of(Duration.ofMillis(most)), "retention.ms and segment.ms");
    }

    private static Place forEver(String topic, Holder holder, String mend) {
        return new Place(topic, holder, Optional.empty(), mend);
    }

    /** Kafka's longest time is a number of milliseconds, too. */
    private static long sum(long... times) {
        long sum = 0;
        for (long time : times) {
            sum = time > FOR_EVER - sum ? FOR_EVER : sum + time;
        }
        return sum;
    }

    /** Rounded up to what matters, such as {@code 3 d 2 h}, {@code 6 min}, {@code 4 s}. */
    public static String words(Duration duration) {
        Duration d = duration.plusMillis(999).truncatedTo(ChronoUnit.SECONDS);
        StringBuilder words = new StringBuilder();
        long[] counts = {d.toDays(), d.toHoursPart(), d.toMinutesPart(), d.toSecondsPart()};
        String[] units = {"d", "h", "min", "s"};
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                words.append(words.isEmpty() ? "" : " ")
                        .append(counts[i])
                        .append(' ')
                        .append(units[i]);
            }
        }
        return words.isEmpty() ? "0 s" : words.toString();
    }
}
