package io.cloakroom.streams;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * A topic as the contracts ask for it.
 *
 * @param isInput read by the gate: its partition count is that of every input
 * @param config as it must be
 * @param first as it is made, for whoever runs it to change
 */
public record TopicSpec(String name, boolean isInput, Map<String, String> config, Map<String, String> first) {

    /**
     * Where only the gate reads: as long as it may be stopped. What is missed here is a refusal that somebody linked does not
     * hear of.
     */
    private static final Map<String, String> PASSING = Map.of(
            TopicConfig.RETENTION_MS_CONFIG,
            Long.toString(Duration.ofDays(7).toMillis()),
            TopicConfig.SEGMENT_MS_CONFIG,
            Long.toString(Duration.ofHours(6).toMillis()));

    /** The broker's time is the arrival, whatever a publisher says. */
    static TopicSpec input(String name) {
        return new TopicSpec(name, true, config("LogAppendTime"), Map.of());
    }

    /** What the gate sends itself, people's keys and refusals among it: gone in a bounded time, whatever the broker's default. */
    static TopicSpec passing(String name) {
        return new TopicSpec(name, true, config("LogAppendTime"), PASSING);
    }

    /** The gate's own, generalised time. */
    static TopicSpec output(String name) {
        return new TopicSpec(name, false, config("CreateTime"), Map.of());
    }

    private static Map<String, String> config(String timestampType) {
        return Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_DELETE,
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                timestampType);
    }

    NewTopic toCreate(int partitions, short replication) {
        Map<String, String> all = new HashMap<>(first);
        all.putAll(config);
        return new NewTopic(name, partitions, replication).configs(all);
    }
}
