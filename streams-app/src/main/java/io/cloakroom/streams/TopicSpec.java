package io.cloakroom.streams;

import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * A topic as the contracts ask for it.
 *
 * @param isInput read by the gate: its partition count is that of every input
 */
public record TopicSpec(String name, boolean isInput, Map<String, String> config) {

    /** The broker's time is the arrival, whatever a publisher says. */
    static TopicSpec input(String name) {
        return new TopicSpec(name, true, config("LogAppendTime"));
    }

    /** The gate's own, generalised time. */
    static TopicSpec output(String name) {
        return new TopicSpec(name, false, config("CreateTime"));
    }

    private static Map<String, String> config(String timestampType) {
        return Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_DELETE,
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                timestampType);
    }

    NewTopic toCreate(int partitions, short replication) {
        return new NewTopic(name, partitions, replication).configs(config);
    }
}
