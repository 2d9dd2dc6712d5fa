package io.cloakroom.benchmarks;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.gate.Sha256;
import io.cloakroom.gate.TreatmentCount;
import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Treatment;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Pseudonymise;
import io.cloakroom.schemas.AvroConfig;
import io.cloakroom.schemas.AvroSerde;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.Projection;
import io.cloakroom.streams.gate.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The same job as it is usually written: Kafka Streams' DSL, generic Avro records, a table of what each person said last,
 * a join, and for each recipient a filter and a map. What the policy says of orders is read from it, so that both do the
 * same; where there is a choice, the cheaper one is taken: no chain of audit entries, no check of transfers, one grant.
 */
final class Idiomatic {

    private static final int TOKEN_LENGTH = 16;
    private static final byte[] NO_SALT = new byte[16];

    /** What somebody said last of one purpose and brand. */
    private static final Schema SAID = SchemaBuilder.record("Said")
            .namespace("io.cloakroom.benchmarks")
            .fields()
            .requiredString("kind")
            .requiredLong("at")
            .optionalString("notice")
            .endRecord();

    private static final Schema PERSON = SchemaBuilder.record("Person")
            .namespace("io.cloakroom.benchmarks")
            .fields()
            .requiredBytes("salt")
            .optionalInt("birthDate")
            .name("said")
            .type()
            .map()
            .values(SAID)
            .noDefault()
            .endRecord();

    private final Serde<Object> avro;
    private final Policy policy;
    private final Sha256 policyHash;
    private final EventRules rules;
    private final List<Reader> readers;
    private final Hmac auditKey = new Hmac("audit");
    private final SecureRandom random = new SecureRandom();

    private Idiomatic(Settings settings, Blueprint blueprint) {
        avro = new AvroSerde();
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(AvroConfig.AUTO_REGISTER, true);
        avro.configure(config, false);
        List<Policy> versions = blueprint.history().versions();
        policy = versions.get(versions.size() - 1);
        policyHash = new Sha256(HexFormat.of().parseHex(policy.hash()));
        rules = policy.events().get(Load.TYPE);
        readers = blueprint.projections().stream()
                .filter(p -> rules.accesses().contains(p.access()))
                .map(Reader::new)
                .toList();
    }

    static Topology topology(Settings settings, Blueprint blueprint) {
        return new Idiomatic(settings, blueprint).build();
    }

    private Topology build() {
        StreamsBuilder builder = new StreamsBuilder();
        Consumed<String, Object> consumed = Consumed.with(Serdes.String(), avro);

        KTable<String, Object> people = builder.stream(Topics.CONSENT_CHANGES, consumed.withName("consents"))
                .groupByKey(Grouped.with("by-person", Serdes.String(), avro))
                .aggregate(
                        this::stranger,
                        (subject, change, person) -> heard((GenericRecord) person, (GenericRecord) change),
                        Named.as("remember"),
                        Materialized.<String, Object, KeyValueStore<Bytes, byte[]>>as("people")
                                .withKeySerde(Serdes.String())
                                .withValueSerde(avro));

        KStream<String, Judged> judged = builder.stream(Topics.events(Load.TYPE), consumed.withName("orders"))
                .processValues(Locate::new, Named.as("locate"))
                .leftJoin(
                        people,
                        (order, person) -> judge(order, (GenericRecord) person),
                        Joined.<String, Located, Object>as("ask")
                                .withKeySerde(Serdes.String())
                                .withOtherValueSerde(avro));

        for (Reader reader : readers) {
            judged.filter((subject, j) -> j.outcomes().get(reader) == Outcome.RELEASE, Named.as("only-" + reader.id))
                    .map((subject, j) -> reader.release(subject, j), Named.as("project-" + reader.id))
                    .to(
                            Contender.IDIOMATIC.topic(reader.access.topic()),
                            Produced.with(Serdes.String(), avro).withName("to-" + reader.id));
        }
        judged.map((subject, j) -> new KeyValue<String, Object>(null, audit(subject, j)), Named.as("write-down"))
                .to(
                        Contender.IDIOMATIC.audit(),
                        Produced.with(Serdes.String(), avro).withName("to-audit"));
        return builder.build();
    }

    /** An order and where it lay: releases and audit name it. */
    private record Located(GenericRecord order, RecordMetadata place, long arrivedAt) {
        GenericRecord meta() {
            return (GenericRecord) order.get("meta");
        }
    }

    private static final class Locate extends ContextualFixedKeyProcessor<String, Object, Located> {
        @Override
        public void process(FixedKeyRecord<String, Object> order) {
            RecordMetadata place = context().recordMetadata().orElseThrow();
            context().forward(order.withValue(new Located((GenericRecord) order.value(), place, order.timestamp())));
        }
    }

    // What people said.

    private Object stranger() {
        byte[] salt = new byte[16];
        random.nextBytes(salt);
        GenericRecord person = new GenericData.Record(PERSON);
        person.put("salt", ByteBuffer.wrap(salt));
        person.put("said", new HashMap<String, Object>());
        return person;
    }

    /** The latest statement of a purpose and brand replaces the one before. */
    private static GenericRecord heard(GenericRecord before, GenericRecord change) {
        GenericRecord person = new GenericData.Record((GenericData.Record) before, false);
        String kind = change.get("kind").toString();
        if (kind.equals("AGE_STATEMENT")) {
            person.put("birthDate", change.get("birthDate"));
            return person;
        }
        GenericRecord said = new GenericData.Record(SAID);
        said.put("kind", kind);
        said.put("at", change.get("occurredAt"));
        said.put("notice", change.get("noticeVersion"));
        Map<String, Object> all = new HashMap<>();
        ((Map<?, ?>) before.get("said")).forEach((scope, last) -> all.put(scope.toString(), last));
        all.put(scope(change.get("purpose"), change.get("brand")), said);
        person.put("said", all);
        return person;
    }

    private static String scope(Object purpose, Object brand) {
        return purpose + "|" + brand;
    }

    // What that means for an order.

    private record Judged(Located at, GenericRecord person, Map<Reader, Outcome> outcomes) {}

    private Judged judge(Located located, GenericRecord person) {
        GenericRecord order = located.order();
        Map<String, GenericRecord> said = new HashMap<>();
        if (person != null) {
            ((Map<?, ?>) person.get("said")).forEach((scope, last) -> said.put(scope.toString(), (GenericRecord) last));
        }
        long at = (Long) located.meta().get("occurredAt");
        String brand = located.meta().get("brand").toString();
        var stated = rules.states().get(order.get("status").toString());
        boolean adult = isAdult(person, at);
        Map<Reader, Outcome> outcomes = new LinkedHashMap<>();
        for (Reader reader : readers) {
            boolean allowed = reader.access.purposes().stream()
                    .anyMatch(p -> stated.contains(p.id()) && allows(p, said.get(scope(p.id(), brand)), at));
            outcomes.put(reader, !allowed ? Outcome.WITHHOLD : adult ? Outcome.RELEASE : Outcome.HOLD);
        }
        return new Judged(located, person, outcomes);
    }

    private boolean isAdult(GenericRecord person, long at) {
        if (person == null || person.get("birthDate") == null) {
            return false;
        }
        LocalDate birth = LocalDate.ofEpochDay((Integer) person.get("birthDate"));
        LocalDate day = Instant.ofEpochMilli(at).atZone(policy.zone()).toLocalDate();
        return !day.isBefore(birth.plusYears(policy.consentAge()));
    }

    private boolean allows(Purpose purpose, GenericRecord last, long at) {
        return switch (purpose.basis()) {
            case CONTRACT, LEGAL_OBLIGATION -> true;
            case LEGITIMATE_INTEREST ->
                last == null || !last.get("kind").toString().equals("OBJECTION");
            case CONSENT ->
                last != null
                        && last.get("kind").toString().equals("GRANT")
                        && (Long) last.get("at") <= at
                        && policy.notices().contains(last.get("notice").toString());
        };
    }

    // What is written.

    /** One field of a release and how it is made. */
    private record Column(String name, Treatment treatment, String category, Schema container, List<Column> inner) {}

    private final class Reader {

        private final String id;
        private final Access access;
        private final Schema schema;
        private final List<Column> columns;
        private final Hmac key;
        private final List<String> purposes;
        private final List<TreatmentCount> treatments;

        Reader(Projection projection) {
            access = projection.access();
            id = access.recipient().id();
            schema = projection.schema();
            Map<String, Integer> fields = new HashMap<>();
            for (int i = 0; i < access.schema().fields().size(); i++) {
                fields.put(access.schema().fields().get(i).path(), i);
            }
            columns = columns(schema, "", fields);
            key = new Hmac(id);
            purposes = access.purposes().stream().map(Purpose::id).toList();
            treatments = counts();
        }

        private List<Column> columns(Schema record, String prefix, Map<String, Integer> fields) {
            List<Column> columns = new ArrayList<>();
            for (Schema.Field field : record.getFields()) {
                Integer index = fields.get(prefix + field.name());
                if (index != null) {
                    Optional<Schema> container = container(field.schema());
                    columns.add(new Column(
                            field.name(),
                            access.treatment(index, access.allPurposes()),
                            access.schema().fields().get(index).label(),
                            container.orElse(null),
                            container
                                    .map(c -> columns(c, prefix + field.name() + ".", fields))
                                    .orElse(List.of())));
                }
            }
            return columns;
        }

        private List<TreatmentCount> counts() {
            Map<List<String>, Integer> counts = new LinkedHashMap<>();
            for (int f = 0; f < access.schema().fields().size(); f++) {
                String word = access.treatment(f, access.allPurposes()).word();
                counts.merge(List.of(access.schema().fields().get(f).label(), word), 1, Integer::sum);
            }
            return counts.entrySet().stream()
                    .map(e -> new TreatmentCount(e.getKey().get(0), e.getKey().get(1), e.getValue()))
                    .toList();
        }

        KeyValue<String, Object> release(String subject, Judged judged) {
            RecordMetadata place = judged.at().place();
            byte[] salt = salt(judged.person());
            GenericRecord release = new GenericData.Record(schema);
            release.put(
                    "releaseId",
                    key.token("release", place.topic() + "-" + place.partition() + "-" + place.offset(), NO_SALT));
            release.put("purposes", purposes);
            fill(release, judged.at().order(), columns, salt);
            return new KeyValue<>(key.token("subject.id", subject, salt), release);
        }

        private void fill(GenericRecord release, GenericRecord source, List<Column> columns, byte[] salt) {
            for (Column column : columns) {
                release.put(column.name(), value(source.get(column.name()), column, salt));
            }
        }

        private Object value(Object value, Column column, byte[] salt) {
            if (value == null) {
                return null;
            } else if (value instanceof GenericRecord record) {
                GenericRecord inner = new GenericData.Record(column.container());
                fill(inner, record, column.inner(), salt);
                return inner;
            } else if (value instanceof List<?> list) {
                return list.stream().map(v -> value(v, column, salt)).collect(Collectors.toList());
            } else if (column.treatment() instanceof Pseudonymise) {
                return key.token(column.category(), value.toString(), salt);
            } else if (column.treatment() instanceof Generalise generalise) {
                return generalised(value, generalise);
            }
            return value;
        }
    }

    private static Optional<Schema> container(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> Optional.of(schema);
            case ARRAY -> container(schema.getElementType());
            case UNION ->
                schema.getTypes().stream().flatMap(s -> container(s).stream()).findFirst();
            default -> Optional.empty();
        };
    }

    private static Object generalised(Object value, Generalise generalise) {
        return switch (generalise.to()) {
            case HOUR -> cut(value, ChronoUnit.HOURS);
            case DAY -> cut(value, ChronoUnit.DAYS);
            case PREFIX ->
                value.toString()
                        .substring(
                                0,
                                Math.min(generalise.measure(), value.toString().length()));
            case MONTH, YEAR, PATH_HEAD, NETWORK, H3, AGE_BAND, AGENT, URL_PATH, WITHOUT_CARDS, WITHOUT_CONTACTS ->
                throw new IllegalStateException("no recipient of orders has anything by " + generalise.to());
        };
    }

    private static Object cut(Object time, ChronoUnit to) {
        return Instant.ofEpochMilli((Long) time)
                .atOffset(ZoneOffset.UTC)
                .truncatedTo(to)
                .toInstant()
                .toEpochMilli();
    }

    private AuditEntry audit(String subject, Judged judged) {
        Located at = judged.at();
        AuditEntry entry = new AuditEntry();
        entry.setPreviousHash(new Sha256(new byte[32]));
        entry.setKind(EntryKind.EVENT);
        entry.setTopic(at.place().topic());
        entry.setPartition(at.place().partition());
        entry.setOffset(at.place().offset());
        entry.setPreviousOffset(-1);
        if (judged.person() != null) {
            entry.setSubjectToken(auditKey.token("subject.id", subject, salt(judged.person())));
        }
        entry.setOccurredAt(Instant.ofEpochMilli((Long) at.meta().get("occurredAt")));
        entry.setArrivedAt(Instant.ofEpochMilli(at.arrivedAt()));
        entry.setDecidedAt(Instant.now().truncatedTo(ChronoUnit.MILLIS));
        entry.setPolicyVersion(policy.version());
        entry.setPolicyHash(policyHash);
        List<RecipientDecision> decisions = new ArrayList<>();
        judged.outcomes().forEach((reader, outcome) -> {
            boolean released = outcome == Outcome.RELEASE;
            Purpose purpose = reader.access.purposes().get(0);
            decisions.add(new RecipientDecision(
                    reader.id,
                    released ? reader.purposes : List.of(),
                    outcome,
                    released ? purpose.basis().name() : outcome.name(),
                    purpose.clause(),
                    null,
                    released ? reader.treatments : List.of()));
        });
        entry.setDecisions(decisions);
        entry.setRecalls(List.of());
        return entry;
    }

    private static byte[] salt(GenericRecord person) {
        return ((ByteBuffer) person.get("salt")).array();
    }

    /** HMAC-SHA256 under a recipient's key; for this measurement the key is made of the name. */
    private static final class Hmac {

        private final ThreadLocal<Mac> mac;

        Hmac(String name) {
            mac = ThreadLocal.withInitial(() -> {
                try {
                    Mac made = Mac.getInstance("HmacSHA256");
                    made.init(new SecretKeySpec(name.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
                    return made;
                } catch (GeneralSecurityException e) {
                    throw new IllegalStateException("every Java has HmacSHA256", e);
                }
            });
        }

        String token(String category, String value, byte[] salt) {
            Mac sha256 = mac.get();
            sha256.update(category.getBytes(StandardCharsets.UTF_8));
            sha256.update((byte) 0);
            sha256.update(salt);
            byte[] hash = sha256.doFinal(value.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, TOKEN_LENGTH));
        }
    }
}
