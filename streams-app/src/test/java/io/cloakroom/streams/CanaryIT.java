package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.streams.gate.CanaryTest;
import io.cloakroom.streams.gate.Shapes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A marker in every text of an event; then all that is on the broker and in the log is searched for them. */
@Timeout(180)
@SuppressWarnings("try") // a gate that only has to run
class CanaryIT {

    private static final String CUSTOMER = "customer:QxQxQxSUBJECTxQ";
    private static final String COOKIE = "cookie:QxQxQxCOOKIExQ";

    /** Where a subject key may stand that its publisher wrote down: the store that knows people. */
    private static final String PEOPLE = "cloakroom-gate-people-changelog";

    private static final String KNOWN = "cloakroom-gate-known-values-changelog";

    /** What the decision itself reads cannot be a marker. */
    private static final Set<String> FIXED = Set.of(
            "meta.brand",
            "meta.surface",
            "meta.subject",
            "meta.country",
            "meta.collector",
            "template",
            "category",
            "sender",
            "unsubscribe",
            "promotion",
            "meta.platform",
            "meta.origin",
            "tcString",
            "gppString");

    @TempDir
    static Path directory;

    @Test
    void shouldLeaveEachMarkerOnlyWhereThePolicySays() throws Exception {
        Logged log = Logged.attached();
        Map<String, Set<String>> allowed = new TreeMap<>();
        Map<String, Set<String>> found = new TreeMap<>();
        try (Cluster cluster = Cluster.start(directory, Cluster.SHIPPED_POLICY, 2)) {
            try (Gate gate = cluster.gate()) {
                cluster.decided(Given.grown(CUSTOMER));
                cluster.decided(Given.emailConsent(CUSTOMER, ConsentKind.GRANT).build());
                cluster.decided(
                        Given.advertisingConsent(COOKIE, ConsentKind.GRANT).build());
                cluster.decided(
                        Given.analyticsConsent(COOKIE, ConsentKind.GRANT).build());
                List<SpecificRecord> events = List.of(
                        Given.order(CUSTOMER).build(),
                        Given.chat(CUSTOMER).build(),
                        Given.message(CUSTOMER, "sale").build(),
                        Given.message(CUSTOMER, "dispatch").build(),
                        Given.account(CUSTOMER).build(),
                        Given.cookie(COOKIE, CookieCategory.ANALYTICS).build(),
                        Given.cookie(COOKIE, CookieCategory.ADVERTISING).build());
                for (int e = 0; e < events.size(); e++) {
                    Map<String, String> markers = new TreeMap<>();
                    SpecificRecord marked = mark(events.get(e), "QxQxQx" + e, markers);
                    assertThat(markers)
                            .as("markers of " + marked.getSchema().getName())
                            .hasSizeGreaterThan(4);
                    RecordMetadata place = cluster.publish(marked);
                    allow(cluster, markers, place.topic(), cluster.decided(place), allowed);
                }
                // Records that nobody can decide must not end up elsewhere either.
                Map<String, String> markers = new TreeMap<>();
                SpecificRecord unknown = mark(
                        Given.chat(CUSTOMER)
                                .setMeta(Given.meta(CUSTOMER)
                                        .setBrand("QxQxQxBRANDxQ")
                                        .build())
                                .build(),
                        "QxQxQxq",
                        markers);
                markers.values().forEach(marker -> allowed.put(marker, new TreeSet<>(Set.of("events.chat"))));
                allowed.put("QxQxQxBRANDxQ", new TreeSet<>(Set.of("events.chat")));
                cluster.decided(unknown);
                assertThat(gate.metrics().lines())
                        .as("what operations sees")
                        .anyMatch(line -> line.startsWith("cloakroom_decisions_total"))
                        .noneMatch(line -> Stream.of("QxQxQx", CUSTOMER, COOKIE).anyMatch(line::contains));
            }
            allowed.put(
                    CUSTOMER,
                    new TreeSet<>(Set.of(
                            "events.order",
                            "events.chat",
                            "events.marketing",
                            "events.account",
                            "consent.changes",
                            KNOWN,
                            PEOPLE)));
            allowed.put(COOKIE, new TreeSet<>(Set.of("events.cookie", "consent.changes", PEOPLE)));

            Set<String> topics = cluster.topics();
            assertThat(topics)
                    .contains(PEOPLE, "cloakroom-gate-audit-chain-changelog", "__transaction_state", "quarantine");
            for (String topic : topics) {
                for (ConsumerRecord<byte[], byte[]> record : cluster.raw(topic)) {
                    String text = text(record);
                    allowed.keySet().stream()
                            .filter(text::contains)
                            .forEach(marker -> found.computeIfAbsent(marker, m -> new TreeSet<>())
                                    .add(topic));
                }
            }
        } finally {
            log.detach();
        }

        assertThat(found).isEqualTo(allowed);
        assertThat(allowed.entrySet().stream().filter(e -> e.getKey().contains("card")))
                .hasSize(3)
                .allSatisfy(e -> assertThat(e.getValue()).containsExactly("events.order", "payment.order"));
        assertThat(log.lines).anyMatch(line -> line.contains("quarantined")).noneMatch(line -> line.contains("QxQxQx"));
    }

    /** Adds for each marker the topics in which the policy lets it stand. */
    private static void allow(
            Cluster cluster,
            Map<String, String> markers,
            String topic,
            AuditEntry entry,
            Map<String, Set<String>> allowed) {
        assertThat(entry.getDecisions()).anyMatch(d -> d.getOutcome() == Outcome.RELEASE);
        String type = topic.substring("events.".length());
        markers.values().forEach(marker -> allowed.put(marker, new TreeSet<>(Set.of(topic))));
        for (RecipientDecision decision : entry.getDecisions()) {
            if (decision.getOutcome() != Outcome.RELEASE) {
                continue;
            }
            Access access = cluster.blueprint
                    .history()
                    .atOrFirst(System.currentTimeMillis())
                    .access(type, decision.getRecipient())
                    .orElseThrow();
            long allowing = 0;
            for (int p = 0; p < access.purposes().size(); p++) {
                if (decision.getPurposes().contains(access.purposes().get(p).id())) {
                    allowing |= 1L << p;
                }
            }
            List<Field> fields =
                    Shapes.of(type, cluster.blueprint.schemas().get(type)).fields();
            for (int f = 0; f < fields.size(); f++) {
                String marker = markers.get(fields.get(f).path());
                if (marker != null && CanaryTest.leavesMarkers(access.treatment(f, allowing))) {
                    allowed.get(marker).add(access.topic());
                }
            }
        }
    }

    /** The event with a marker in each text, named by its path; at the end, where what is cut short loses it. */
    private static SpecificRecord mark(SpecificRecord event, String prefix, Map<String, String> markers) {
        SpecificRecord marked = SpecificData.get().deepCopy(event.getSchema(), event);
        mark(marked, "", prefix, markers);
        return marked;
    }

    private static void mark(IndexedRecord record, String path, String prefix, Map<String, String> markers) {
        for (Schema.Field field : record.getSchema().getFields()) {
            String at = path + field.name();
            Object value = record.get(field.pos());
            List<Object> inside = value instanceof List<?> list ? new ArrayList<>(list) : Arrays.asList(value);
            inside.stream()
                    .filter(IndexedRecord.class::isInstance)
                    .forEach(inner -> mark((IndexedRecord) inner, at + ".", prefix, markers));
            if (isText(field.schema()) && !FIXED.contains(at)) {
                String marker = prefix + at.replace('.', '_') + "xQ";
                markers.put(at, marker);
                record.put(field.pos(), "/one/two/three/ " + marker + "@example.org"); // redacted text has none
            }
        }
    }

    private static boolean isText(Schema schema) {
        return schema.getType() == Schema.Type.STRING
                || schema.getType() == Schema.Type.UNION
                        && schema.getTypes().stream().anyMatch(s -> s.getType() == Schema.Type.STRING);
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder text = new StringBuilder();
        List<byte[]> parts = new ArrayList<>(Arrays.asList(record.key(), record.value()));
        record.headers().forEach(header -> {
            text.append(header.key()).append('\n');
            parts.add(header.value());
        });
        parts.stream()
                .filter(bytes -> bytes != null)
                .forEach(bytes -> text.append(new String(bytes, StandardCharsets.ISO_8859_1))
                        .append('\n'));
        return text.toString();
    }
}
