package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.streams.ErasureBound.Holder;
import io.cloakroom.streams.ErasureBound.InForce;
import io.cloakroom.streams.ErasureBound.Place;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ErasureBoundTest {

    private static final String CHANGELOG = "cloakroom-gate-people-changelog";
    private static final String ORDERS = "events.order";

    private final Map<String, String> changelog = new HashMap<>(Map.of(
            "cleanup.policy", "compact",
            "message.timestamp.type", "LogAppendTime",
            "segment.ms", hours(6),
            "min.compaction.lag.ms", "0",
            "max.compaction.lag.ms", hours(24),
            "delete.retention.ms", hours(24),
            "file.delete.delay.ms", "60000"));
    private final Map<String, String> orders = new HashMap<>(Map.of(
            "cleanup.policy",
            "delete",
            "retention.ms",
            hours(48),
            "segment.ms",
            hours(6),
            "file.delete.delay.ms",
            "60000"));
    private final Map<String, String> broker =
            new HashMap<>(Map.of("log.cleaner.backoff.ms", "15000", "log.retention.check.interval.ms", "300000"));

    private static String hours(int hours) {
        return Long.toString(Duration.ofHours(hours).toMillis());
    }

    private List<Place> places() {
        return ErasureBound.of(
                new InForce(
                        Map.of(CHANGELOG, changelog, ORDERS, orders),
                        List.of(broker, Map.of("log.cleaner.backoff.ms", "1", "log.retention.check.interval.ms", "1")),
                        Duration.ofHours(12),
                        Duration.ofMinutes(10)),
                List.of(CHANGELOG, "not-there"),
                List.of(ORDERS),
                List.of());
    }

    private Place place(String name) {
        return places().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void shouldWaitForTheCleaningOfTheRecordAndThenForThatOfItsMark() {
        // A day until the record must be cleaned; a day, a sign of life and a day more until its mark must be.
        Duration day = Duration.ofDays(1).plusSeconds(15);
        assertThat(place(CHANGELOG).within())
                .contains(day.plusDays(1).plusHours(1).plus(day).plusMinutes(1));
        assertThat(place(CHANGELOG).why()).startsWith("what was known, within 1 d 1 min 15 s;");
    }

    @Test
    void shouldWaitForTheSegmentToBeClosedWhereThatTakesLonger() {
        changelog.put("segment.ms", hours(48));
        changelog.put("min.compaction.lag.ms", hours(24));

        // A segment is closed when its oldest record must be cleaned: after a day and a sign of life.
        assertThat(place(CHANGELOG).why()).startsWith("what was known, within 2 d 1 h 1 min 15 s;");
    }

    @Test
    void shouldSayThatAChangelogIsNeverCleaned() {
        assertNever("max.compaction.lag.ms", Long.toString(Long.MAX_VALUE), "set max.compaction.lag.ms");
        assertNever("message.timestamp.type", "CreateTime", "set message.timestamp.type=LogAppendTime");
        broker.put("log.cleaner.enable", "false");
        assertNever("max.compaction.lag.ms", "1", "set log.cleaner.enable=true at the brokers");
    }

    private void assertNever(String key, String value, String mend) {
        String before = changelog.put(key, value);
        assertThat(place(CHANGELOG)).isEqualTo(new Place(CHANGELOG, Holder.GATE, Optional.empty(), mend));
        assertThat(ErasureBound.longest(places(), Holder.GATE)).isEmpty();
        changelog.put(key, before);
    }

    @Test
    void shouldWaitForTheLastRecordOfASegment() {
        assertThat(place(ORDERS).within()).contains(Duration.ofHours(54).plusMinutes(6));
        assertThat(place(ORDERS).holder()).isEqualTo(Holder.PUBLISHERS);
        orders.put("segment.ms", Long.toString(Long.MAX_VALUE));
        assertThat(place(ORDERS).within()).contains(Duration.ofMillis(Long.MAX_VALUE));
    }

    @Test
    void shouldSayWhatKeepsATopicForEver() {
        orders.put("retention.ms", "-1");
        assertThat(place(ORDERS)).isEqualTo(new Place(ORDERS, Holder.PUBLISHERS, Optional.empty(), "set retention.ms"));
        assertThat(ErasureBound.longest(places(), Holder.GATE)).isPresent();
        assertThat(ErasureBound.longest(places(), Holder.PUBLISHERS)).isEmpty();
        assertThat(ErasureBound.longest(places(), Holder.RECIPIENTS)).contains(Duration.ZERO);
        orders.put("cleanup.policy", "compact");
        assertThat(place(ORDERS).why()).isEqualTo("set cleanup.policy=delete");
    }

    @Test
    void shouldNameTheStateOfInstancesAndThoseThatAreStopped() {
        assertThat(places().get(0).within()).contains(Duration.ofHours(15));
        assertThat(places().get(1).within()).contains(Duration.ofMinutes(20));
        assertThat(places().subList(0, 2))
                .allSatisfy(place -> assertThat(place.why()).contains("an instance that is stopped"));
    }

    @Test
    void shouldSayTimesInWords() {
        assertThat(ErasureBound.words(Duration.ofDays(3).plusHours(2))).isEqualTo("3 d 2 h");
        assertThat(ErasureBound.words(Duration.ofMillis(3_100))).isEqualTo("4 s");
        assertThat(ErasureBound.words(Duration.ZERO)).isEqualTo("0 s");
    }
}
