package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.Fact;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Treatment;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.Logged;
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
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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

    /** Who says what they say. */
    private static final String PERSON = "CHIRP-";

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
    private final Logged log = Logged.attached();

    @AfterEach
    void close() {
        log.detach();
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
        markers.put("change", "CANARY-change");

        Policy policy = gate.blueprint().history().versions().get(0);
        everyKind(event, policy.events().get(type).path(Fact.STATED_BY))
                .forEach(one -> gate.publish(Topics.events(type), subject, one));
        gate.publish(Topics.events(type), utf8(subject), utf8("CANARY-garbage"));
        markers.put("garbage", "CANARY-garbage");

        Map<String, List<byte[]>> out = everythingThatCameOut();
        markers.forEach((path, marker) -> {
            Set<String> expected = policy.events().get(type).accesses().stream()
                    .filter(access -> keeps(access, path))
                    .map(Access::topic)
                    .filter(topic -> !out.get(topic).isEmpty())
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(where(out, marker)).as(marker).isEqualTo(expected);
        });
        assertThat(policy.events().get(type).accesses())
                .as("nearly everybody gets something")
                .filteredOn(access -> out.get(access.topic()).isEmpty())
                .extracting(access -> access.recipient().id())
                .isSubsetOf("authorities", "care", "advertising", "research-fitting");
        assertThat(out.get(Topics.AUDIT)).isNotEmpty();
        assertThat(out.get(Topics.QUARANTINE)).isNotEmpty();
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains("CANARY"));
        gate.store(People.STORE)
                .all()
                .forEachRemaining(row -> assertThat(new String((byte[]) row.value, StandardCharsets.ISO_8859_1))
                        .doesNotContain("CANARY"));
    }

    /** Each text of each control record in turn, about somebody of its own: some can be decided with it, some cannot. */
    @Test
    void shouldStandNowhereOfWhatPeopleSay() {
        GenericRecord order = Scenario.event("order", PERSON, NOW);
        int people = 0;
        for (SpecificRecord record : everythingThatPeopleSay()) {
            for (Schema.Field field : record.getSchema().getFields()) {
                if (Shapes.inner(field.schema()).get(0).getType() != Schema.Type.STRING) {
                    continue;
                }
                for (String marker : List.of("CANARY-" + field.name(), "customer:CANARY-" + field.name())) {
                    String subject = (record instanceof IdentityLink ? "cookie:" : "customer:") + PERSON + people++;
                    SpecificRecord said = SpecificData.get().deepCopy(record.getSchema(), record);
                    said.put(said.getSchema().getField("subject").pos(), subject);
                    said.put(field.pos(), marker);
                    publish(subject, change(subject, ConsentKind.AGE_STATEMENT, null, null, null, null));
                    ((GenericRecord) order.get("meta")).put("subject", subject);
                    gate.publish(Topics.events("order"), subject, order);
                    gate.publish(topic(said), subject, said);
                    goRound();
                }
            }
            gate.publish(topic(record), utf8(PERSON), gate.bytes(topic(record), record));
            gate.publish(topic(record), utf8("customer:" + PERSON), utf8("CANARY-garbage"));
        }

        Map<String, List<byte[]>> out = everythingThatCameOut();
        assertThat(out.get(Topics.AUDIT)).isNotEmpty();
        assertThat(out.get(Topics.QUARANTINE)).isNotEmpty();
        assertThat(out.get(Topics.recalls("analytics"))).isNotEmpty();
        assertThat(where(out, "CANARY")).isEmpty();
        out.keySet().removeAll(Topics.releases(gate.blueprint().history())); // some say whom they are about
        assertThat(where(out, PERSON)).isEmpty();
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains("CANARY") || line.contains(PERSON));
    }

    private static List<SpecificRecord> everythingThatPeopleSay() {
        List<SpecificRecord> said = new ArrayList<>();
        for (ConsentKind kind : ConsentKind.values()) {
            for (String purpose :
                    List.of("statistical-analysis", "direct-marketing", "advertising", "testimonial-publication")) {
                ConsentChange change = change("customer:ada", kind, purpose, "EMAIL", "adnet", "r-1");
                change.setGuardian("customer:eve");
                change.setGuardianBirthDate(LocalDate.of(1980, 12, 10));
                change.setVerification("call");
                change.setTcString(SIGNALS.get("tcString"));
                said.add(change);
            }
        }
        for (LinkKind kind : LinkKind.values()) {
            said.add(new IdentityLink("l-1", NOW.minusSeconds(1), "cookie:ada", "customer:" + PERSON + "linked", kind));
        }
        for (RequestKind kind : RequestKind.values()) {
            said.add(new SubjectRequest("r-1", NOW, "customer:ada", kind));
        }
        return said;
    }

    private static String topic(SpecificRecord said) {
        return said instanceof ConsentChange
                ? Topics.CONSENT_CHANGES
                : said instanceof IdentityLink ? Topics.IDENTITY_LINKS : Topics.SUBJECT_REQUESTS;
    }

    /** What the gate tells itself arrives, and what it tells itself then. */
    private void goRound() {
        List<TestRecord<byte[], byte[]>> told = gate.raw(Topics.FORWARDS);
        while (!told.isEmpty()) {
            told.forEach(record -> gate.publish(Topics.FORWARDS, record.key(), record.value()));
            told = gate.raw(Topics.FORWARDS);
        }
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

    private static Set<String> where(Map<String, List<byte[]>> out, String text) {
        return out.entrySet().stream()
                .filter(topic -> topic.getValue().stream().anyMatch(bytes -> contains(bytes, text)))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean contains(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
