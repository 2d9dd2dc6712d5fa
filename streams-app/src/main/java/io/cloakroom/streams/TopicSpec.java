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
 * @param cut by how much a record's time may lie before its arrival: what is kept no longer is deleted as it is written
 */
public record TopicSpec(
        String name, boolean isInput, Map<String, String> config, Map<String, String> first, Duration cut) {

    private static final Duration WEEK = Duration.ofDays(7);

    /**
     * Where only the gate reads: as long as it may be stopped. What is missed here is a refusal that somebody linked does not
     * hear of.
     */
    private static final Map<String, String> PASSING = Map.of(
            TopicConfig.RETENTION_MS_CONFIG,
            Long.toString(WEEK.toMillis()),
            TopicConfig.SEGMENT_MS_CONFIG,
            Long.toString(Duration.ofHours(6).toMillis()));

    private static final Map<String, String> FOR_EVER =
            Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1", TopicConfig.RETENTION_BYTES_CONFIG, "-1");

    /** The broker's time is the arrival, whatever a publisher says. What is gone can be neither decided nor replayed. */
    static TopicSpec input(String name) {
        return new TopicSpec(name, true, config("LogAppendTime"), keptFor(WEEK), Duration.ZERO);
    }

    /** What the gate sends itself, people's keys and refusals among it: gone in a bounded time, whatever the broker's default. */
    static TopicSpec passing(String name) {
        return new TopicSpec(name, true, config("LogAppendTime"), PASSING, Duration.ZERO);
    }

    /** A week from a record's arrival at least: the broker counts from the record's time, which is cut. */
    static TopicSpec release(String name, Duration cut) {
        return new TopicSpec(name, false, config("CreateTime"), keptFor(WEEK.plus(cut)), cut);
    }

    private static Map<String, String> keptFor(Duration time) {
        return Map.of(TopicConfig.RETENTION_MS_CONFIG, Long.toString(time.toMillis()));
    }

    /**
     * For ever, and the gate does not start on less: an entry or a recall that is gone is missed by nobody. Recalls cannot be
     * compacted instead, since a person's key has many of them.
     */
    static TopicSpec everlasting(String name) {
        Map<String, String> config = new HashMap<>(config("CreateTime"));
        config.putAll(FOR_EVER);
        return new TopicSpec(name, false, Map.copyOf(config), Map.of(), Duration.ZERO);
    }

    /**
     * For ever, unless somebody changes it: what is signed tells of entries that are gone, and what is in quarantine blocks its
     * person until it is replayed.
     */
    static TopicSpec kept(String name) {
        return new TopicSpec(name, false, config("CreateTime"), FOR_EVER, Duration.ZERO);
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
