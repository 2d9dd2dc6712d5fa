package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Fact;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Treatment;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.scenarios.Scenario;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * Every text of an event holds a marker of its own; then all that came out is searched, raw. A marker stands where the
 * policy keeps its field, and nowhere else.
 */
public class CanaryTest {

    /** A TC string of January 2026 that consents to TCF purposes 1, 3, 4, 7, 8 and 9; a GPP string without an opt-out. */
    private static final Map<String, String> SIGNALS = Map.of(
            "tcString",
            "CQdz-EAQdz-EAAfABAENB4FgALOAAAAAAAYgF5wAQF5gAAAA.IF5wAgAGALzA",
            "gppString",
            "DBABLA~BVQqAAAAAgA.QA");

    private static final Instant NOW = Instant.parse("2026-03-01T12:34:56.789Z");

    /** What decides must be real, or nothing would come out. */
    private static final Set<String> REAL = Set.of(
            "meta.brand",
            "meta.surface",
            "meta.country",
            "meta.noticeVersion",
            "meta.form",
            "meta.collector",
            "meta.platform",
            "meta.origin",
            "template",
            "sender",
            "unsubscribe",
            "service",
            "reviewId");

    private final GateDriver gate = new GateDriver(NOW);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger ours = (Logger) LoggerFactory.getLogger("io.cloakroom");

    @BeforeEach
    void listen() {
        log.start();
        ours.setLevel(Level.TRACE);
        root.addAppender(log);
    }

    @AfterEach
    void close() {
        ours.setLevel(null);
        root.detachAppender(log);
        gate.close();
    }

    static Set<String> types() {
        return new TreeSet<>(Schemas.eventTypes());
    }

    @ParameterizedTest
    @MethodSource("types")
    void shouldStandOnlyWhereThePolicyKeepsIt(String type) {
        String subject = "customer:CANARY-subject";
        GenericRecord event = Scenario.event(type, subject, NOW);
        Map<String, String> markers = new LinkedHashMap<>();
        mark(event, "", markers);
        ((GenericRecord) event.get("meta")).put("subject", subject);
        ((GenericRecord) event.get("meta")).put("form", "style-advice");
        markers.put("meta.subject", "CANARY-subject");
        if (type.equals("cookie")) {
            // A marker is no signal, and what is no signal stops everything.
            List.of("tcString", "gppString").forEach(field -> {
                event.put(field, SIGNALS.get(field));
                markers.put(field, SIGNALS.get(field));
            });
        }
        allow(subject);

        Policy policy = gate.blueprint().history().versions().get(0);
        everyKind(event, policy.events().get(type).path(Fact.STATED_BY))
                .forEach(one -> gate.publish(Topics.events(type), subject, one));
        gate.publish(
                Topics.events(type),
                subject.getBytes(StandardCharsets.UTF_8),
                "CANARY-garbage".getBytes(StandardCharsets.UTF_8));
        markers.put("garbage", "CANARY-garbage");

        Map<String, List<byte[]>> out = everythingThatCameOut();
        markers.forEach((path, marker) -> {
            Set<String> expected = policy.events().get(type).accesses().stream()
                    .filter(access -> keeps(access, path))
                    .map(Access::topic)
                    .filter(topic -> !out.get(topic).isEmpty())
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> found = out.entrySet().stream()
                    .filter(topic -> topic.getValue().stream().anyMatch(bytes -> contains(bytes, marker)))
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(found).as(marker).isEqualTo(expected);
        });
        assertThat(policy.events().get(type).accesses())
                .as("nearly everybody gets something")
                .filteredOn(access -> out.get(access.topic()).isEmpty())
                .extracting(access -> access.recipient().id())
                .isSubsetOf("authorities", "care", "advertising", "research-fitting");
        assertThat(out.get(Topics.AUDIT)).isNotEmpty();
        assertThat(out.get(Topics.QUARANTINE)).isNotEmpty();
        assertThat(log.list)
                .isNotEmpty()
                .noneMatch(line -> (line.getFormattedMessage() + line.getKeyValuePairs()).contains("CANARY"));
        gate.store(People.STORE)
                .all()
                .forEachRemaining(row -> assertThat(new String((byte[]) row.value, StandardCharsets.ISO_8859_1))
                        .doesNotContain("CANARY"));
    }

    /** The event as it is, or one of each kind that states purposes of its own. */
    private static List<GenericRecord> everyKind(GenericRecord event, String statedBy) {
        Schema.Field field = event.getSchema().getField(statedBy);
        if (field == null || field.schema().getType() != Schema.Type.ENUM) {
            return List.of(event);
        }
        return field.schema().getEnumSymbols().stream()
                .map(symbol -> {
                    GenericRecord one = new GenericData.Record((GenericData.Record) event, false);
                    one.put(statedBy, new GenericData.EnumSymbol(field.schema(), symbol));
                    return one;
                })
                .toList();
    }

    /** Whether the recipient that this event reaches has the field as it is. */
    private static boolean keeps(Access access, String path) {
        List<Field> fields = access.schema().fields();
        for (int f = 0; f < fields.size(); f++) {
            if (fields.get(f).path().equals(path)) {
                return leavesMarkers(access.treatment(f, access.allPurposes()));
            }
        }
        return false;
    }

    /** Whether all of a text stays but, perhaps, card numbers. */
    public static boolean leavesMarkers(Treatment treatment) {
        return treatment instanceof Treatment.Keep
                || treatment instanceof Treatment.Generalise g && g.to() == Treatment.To.WITHOUT_CARDS;
    }

    private void mark(IndexedRecord record, String prefix, Map<String, String> markers) {
        for (Schema.Field field : record.getSchema().getFields()) {
            String path = prefix + field.name();
            List<Schema> inner = Shapes.inner(field.schema());
            if (inner.get(0).getType() == Schema.Type.RECORD) {
                Object value = record.get(field.pos());
                (value instanceof List<?> list ? list : List.of(value))
                        .forEach(each -> mark((IndexedRecord) each, path + ".", markers));
            } else if (inner.get(0).getType() == Schema.Type.STRING && !REAL.contains(path)) {
                String marker = "CANARY-" + path + "@example.org"; // redacted text has none
                // Behind what a coarse form leaves: the head of a path, the first letters.
                record.put(field.pos(), "/a/b/c/ " + marker);
                markers.put(path, marker);
            }
        }
    }

    /** Says yes wherever the policy asks, so that as much as possible comes out. */
    private void allow(String subject) {
        publish(subject, change(subject, ConsentKind.AGE_STATEMENT, null, null, null, null));
        for (Purpose purpose :
                gate.blueprint().history().versions().get(0).purposes().values()) {
            for (String channel : List.of("EMAIL", "SMS")) {
                for (String collector : List.of("adnet", "net-a-porter")) {
                    if (purpose.basis() == Purpose.Basis.CONSENT) {
                        publish(subject, change(subject, ConsentKind.GRANT, purpose.id(), channel, collector, "r-1"));
                    }
                }
            }
        }
    }

    private void publish(String subject, ConsentChange change) {
        gate.publish(Topics.CONSENT_CHANGES, subject, change);
    }

    private static ConsentChange change(
            String subject, ConsentKind kind, String purpose, String channel, String collector, String item) {
        return ConsentChange.newBuilder()
                .setChangeId("CANARY-change")
                .setOccurredAt(NOW.minusSeconds(60))
                .setSubject(subject)
                .setKind(kind)
                .setPurpose(purpose)
                .setBrand("net-a-porter")
                .setChannel(channel)
                .setCollector(collector)
                .setItem(item)
                .setNoticeVersion("2017-11-17")
                .setBirthDate(LocalDate.of(1980, 12, 10))
                .build();
    }

    private Map<String, List<byte[]>> everythingThatCameOut() {
        Map<String, List<byte[]>> out = new LinkedHashMap<>();
        for (String topic : gate.sinkTopics()) {
            List<byte[]> bytes = new ArrayList<>();
            for (TestRecord<byte[], byte[]> record : gate.raw(topic)) {
                bytes.add(record.value());
                if (record.key() != null) {
                    bytes.add(record.key());
                }
                record.headers().forEach(header -> bytes.add(header.value()));
            }
            out.put(topic, bytes);
        }
        return out;
    }

    private static boolean contains(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
    }
}
