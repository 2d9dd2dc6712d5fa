package io.cloakroom.streams;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;

/** Where a record lies, written {@code topic-partition-offset}. */
public record Coordinates(String topic, int partition, long offset) {

    private static final Pattern WRITTEN = Pattern.compile("([\\w.-]+)-(\\d{1,9})-(\\d{1,18})");

    /** Empty if the text is nothing that {@link #toString} gives. */
    public static Optional<Coordinates> read(String text) {
        Matcher written = WRITTEN.matcher(text);
        return written.matches()
                ? Optional.of(new Coordinates(
                        written.group(1), Integer.parseInt(written.group(2)), Long.parseLong(written.group(3))))
                : Optional.empty();
    }

    /** @throws IllegalArgumentException unless it is {@code TOPIC-PARTITION-OFFSET} */
    public static Coordinates parse(String text) {
        return read(text).orElseThrow(() -> new IllegalArgumentException(text + " is not TOPIC-PARTITION-OFFSET"));
    }

    public static Coordinates of(io.cloakroom.gate.Coordinates written) {
        return new Coordinates(written.getTopic(), written.getPartition(), written.getOffset());
    }

    public io.cloakroom.gate.Coordinates written() {
        return new io.cloakroom.gate.Coordinates(topic, partition, offset);
    }

    public TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }

    @Override
    public String toString() {
        return topic + "-" + partition + "-" + offset;
    }
}
