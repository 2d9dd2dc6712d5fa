package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.PolicyLoader;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.scenarios.Scenario;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The compiled way against the slow one, over random schemas, policies, records and writers. A seed that fails is a case to
 * repeat.
 */
class CompiledPlanTest {

    private static final int SEEDS = 300;
    private static final int RECORDS = 20;
    private static final List<String> TEXTS = List.of(
            "203.0.113.7",
            "2001:db8:1:2::3",
            "geo:51.5074,-0.1278;u=35",
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "https://jane@shop.example/dresses/12345;a=b?c#d",
            "\uD83D\uDC57");
    private static final List<String> STEPS = List.of("BOTH", "SERVICE", "BILLING");

    @TempDir
    static Path keys;

    private static Pseudonyms pseudonyms;

    @BeforeAll
    static void makeKeys() throws Exception {
        pseudonyms = keys();
    }

    private static Pseudonyms keys() throws Exception {
        List<String> names = List.of("reader.1", "other.1");
        Pseudonyms.create(keys, names);
        return Pseudonyms.load(keys, names);
    }

    static Stream<Integer> seeds() {
        return IntStream.range(0, SEEDS).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldSayTheSameAsTheSlowWay(int seed, @TempDir Path directory) throws Exception {
        Random random = new Random(seed);
        Schema gates = new Schemas(random).event();
        EventSchema shape = Shapes.of("trial", gates);
        PolicyHistory history = PolicyLoader.load(
                Files.writeString(directory.resolve("2020-01-01.yaml"), policy(shape, random)), List.of(shape));
        EventPlan plan = new EventPlan(shape, gates, history);
        Schema writer = seed % 2 == 0 ? gates : new Writers(random).of(gates);
        byte[] salt = new byte[Person.SALT_LENGTH];
        random.nextBytes(salt);

        for (Object value : new RandomData(writer, RECORDS, random.nextLong())) {
            byte[] written = encode(writer, plausible(value, writer, random));
            GenericRecord event = decode(written, writer, gates);
            scan(plan, writer, gates, written);

            Event facts = plan.facts(0);
            assertThat(facts).isEqualTo(SlowFacts.of("trial", event, 0, history));
            byte[] subject = SlowFacts.subject(event).getBytes(StandardCharsets.UTF_8);
            assertThat(plan.isAbout(subject)).isTrue();
            assertThat(plan.isAbout("customer:somebody-else".getBytes(StandardCharsets.UTF_8)))
                    .isFalse();

            List<Release> proofs = proofs(history, facts.stated(), salt);
            Releases releases = plan.releases(salt);
            for (Release proof : proofs) {
                Pseudonyms.Key key = pseudonyms.key(proof.recipient().keyName());
                byte[] id = "release-1".getBytes(StandardCharsets.UTF_8);
                releases.add(
                        proof,
                        plan.form(proof),
                        key,
                        new byte[0],
                        id,
                        OptionalLong.empty(),
                        key.subject(subject, salt));
            }
            plan.write();
            for (int i = 0; i < proofs.size(); i++) {
                Schema projected = new Projection(proofs.get(i).access(), gates).schema();
                Pseudonyms.Key key = pseudonyms.key(proofs.get(i).recipient().keyName());
                GenericRecord slow = new SlowProjection(proofs.get(i), key, salt).write(projected, event, "release-1");
                byte[] compiled = releases.target(i).out.toBytes();
                assertThat(decode(compiled, projected, projected))
                        .as("seed %d", seed)
                        .isEqualTo(decode(encode(projected, slow), projected, projected));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldRefuseWhatIsCutShortOrGoesOn(int seed) throws Exception {
        Random random = new Random(seed);
        Schema gates = new Schemas(random).event();
        EventSchema shape = Shapes.of("trial", gates);
        Path directory = Files.createTempDirectory(keys, "policy");
        PolicyHistory history = PolicyLoader.load(
                Files.writeString(directory.resolve("2020-01-01.yaml"), policy(shape, random)), List.of(shape));
        EventPlan plan = new EventPlan(shape, gates, history);
        byte[] written = encode(gates, new RandomData(gates, 1, seed).iterator().next());

        assertThatThrownBy(() -> plan.scan(Arrays.copyOf(written, written.length + 1), 0))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> plan.scan(Arrays.copyOf(written, written.length - 1), 0))
                .isInstanceOf(IOException.class);
    }

    @Test
    void shouldNotTakeAnotherWritersBytesAsTheyAre() {
        Schema gates = io.cloakroom.schemas.Schemas.event("chat");
        Schema same = new Schema.Parser().parse(gates.toString());
        Schema renamed = new Schema.Parser().parse(gates.toString().replace("\"language\"", "\"tongue\""));

        assertThat(Adapter.isAlike(same, gates)).isTrue();
        assertThat(Adapter.isAlike(renamed, gates)).isFalse();
    }

    @Test
    void shouldFindTheSignalsThatTheSlowWayFinds() throws Exception {
        PolicyHistory history = Blueprint.load(GateDriver.POLICIES).history();
        Schema schema = io.cloakroom.schemas.Schemas.event("cookie");
        EventPlan plan = new EventPlan(Shapes.of("cookie", schema), schema, history);
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        for (String tcf :
                Arrays.asList(null, "", "zzzz", "x".repeat(500), "COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA")) {
            for (String gpp : Arrays.asList(null, "DBABLA~BVQqAAAAAgA.QA")) {
                for (Boolean gpc : Arrays.asList(null, true, false)) {
                    GenericRecord event = Scenario.event("cookie", "cookie:1", now);
                    event.put("tcString", tcf);
                    event.put("gppString", gpp);
                    event.put("gpc", gpc);

                    Event facts = plan.scan(encode(schema, event), 0).facts(0);

                    assertThat(facts).isEqualTo(SlowFacts.of("cookie", event, 0, history));
                    assertThat(facts.signals().isNone())
                            .isEqualTo((tcf == null || tcf.isEmpty()) && gpp == null && !Boolean.TRUE.equals(gpc));
                }
            }
        }
    }

    private static void scan(EventPlan plan, Schema writer, Schema gates, byte[] written) throws IOException {
        if (Adapter.isAlike(writer, gates)) {
            plan.scan(written, 0);
        } else {
            plan.scan(new Adapter(writer, gates).adapt(written, 0), 0);
        }
    }

    private static List<Release> proofs(PolicyHistory history, String step, byte[] salt) {
        long time = history.versions().get(0).effectiveFrom();
        Event event = new Event("trial", "brand", "web", "IT", "brand", time, time, step, "", "", "");
        return new Engine(history)
                .decide(event, Person.stranger(salt), time).decisions().stream()
                        .filter(Release.class::isInstance)
                        .map(Release.class::cast)
                        .toList();
    }

    private static byte[] encode(Schema schema, Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<>(schema).write(value, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }

    private static GenericRecord decode(byte[] bytes, Schema writer, Schema reader) throws IOException {
        return new GenericDatumReader<GenericRecord>(writer, reader)
                .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
    }

    // A policy that gives every field a random treatment of those that fit.

    private static String policy(EventSchema shape, Random random) {
        List<String> categories =
                shape.fields().stream().map(Field::label).distinct().toList();
        List<String> services = some(categories, List.of("none", "subject.id"), random);
        List<String> others = new ArrayList<>(categories);
        others.removeAll(services);
        others.addAll(List.of("none", "subject.id"));
        return """
                version: "2020-01-01"
                zone: UTC
                brands: [brand]
                surfaces: [web]
                channels: [EMAIL]
                notices: ["1"]
                age-of-consent: {years: 16, clause: C1}
                categories: {%s}
                purposes:
                  service: {basis: contract, clause: C5, dpv: "dpv:ServiceProvision", categories: [%s]}
                  billing: {basis: contract, clause: C7, dpv: "dpv:PaymentManagement", categories: [%s]}
                events:
                  trial:
                    act: never
                    stated-by: step
                    states: {BOTH: [service, billing], SERVICE: [service], BILLING: [billing]}
                eea: [IT]
                adequacy: []
                recipients:
                %s
                %s
                otherwise: withhold
                """.formatted(
                        categories.stream().map(c -> c + ": {}").collect(Collectors.joining(", ")),
                        String.join(", ", services),
                        String.join(", ", some(categories, others, random)),
                        recipient("reader", shape, random),
                        recipient("other", shape, random));
    }

    private static List<String> some(List<String> categories, List<String> always, Random random) {
        return categories.stream()
                .filter(c -> always.contains(c) || random.nextInt(5) > 0)
                .toList();
    }

    private static String recipient(String name, EventSchema shape, Random random) {
        List<String> keep = new ArrayList<>(List.of("none"));
        List<String> drop = new ArrayList<>();
        List<String> pseudonymise = new ArrayList<>(List.of("subject.id"));
        List<String> generalise = new ArrayList<>();
        for (Field field : shape.fields()) {
            if (field.label().equals("none") || field.label().equals("subject.id")) {
                continue;
            }
            boolean isToken = field.kind() == Kind.STRING || field.kind() == Kind.INT || field.kind() == Kind.LONG;
            int die = random.nextInt(6);
            if (die == 0) {
                drop.add(field.label());
            } else if (die == 1 && isToken) {
                pseudonymise.add(field.label());
            } else if (die == 2 && field.kind() == Kind.TIMESTAMP) {
                generalise.add(field.label() + ": {to: "
                        + List.of("hour", "day", "month", "year").get(random.nextInt(4)) + "}");
            } else if (die == 2 && field.kind() == Kind.DATE) {
                generalise.add(field.label() + ": {to: "
                        + List.of("month", "year", "age-band, bands: [16, 25, 65]")
                                .get(random.nextInt(3)) + "}");
            } else if (die >= 2 && die <= 4 && field.kind() == Kind.STRING) {
                generalise.add(field.label() + ": {to: " + textForm(random) + "}");
            } else {
                keep.add(field.label());
            }
        }
        String row = "  " + name + ": {class: internal, role: controller, region: IT, epoch: 1, clause: C17,"
                + " events: {trial: [service, billing]}, keep: " + keep + ", pseudonymise: " + pseudonymise;
        return row + (drop.isEmpty() ? "" : ", drop: " + drop)
                + (generalise.isEmpty() ? "" : ", generalise: {" + String.join(", ", generalise) + "}") + "}";
    }

    private static String textForm(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> "prefix, length: " + (1 + random.nextInt(3));
            case 1 -> "path-head, length: " + (1 + random.nextInt(3));
            case 2 -> "network";
            case 3 -> "h3, resolution: " + random.nextInt(9);
            case 4 -> "agent";
            default -> "url-path";
        };
    }

    /** Some of its random texts replaced by such as a form is made for, and its dates by such as people are born on. */
    private static Object plausible(Object value, Schema schema, Random random) {
        if (value instanceof IndexedRecord record) {
            for (Schema.Field field : record.getSchema().getFields()) {
                record.put(field.pos(), plausible(record.get(field.pos()), field.schema(), random));
            }
        } else if (value instanceof List<?> list) {
            return list.stream()
                    .map(v -> plausible(v, elements(schema), random))
                    .collect(Collectors.toList());
        } else if (value instanceof CharSequence && random.nextBoolean()) {
            return TEXTS.get(random.nextInt(TEXTS.size()));
        } else if (schema.getLogicalType() instanceof LogicalTypes.Date && random.nextBoolean()) {
            return random.nextInt(40_000) - 20_000;
        } else if (schema.getLogicalType() instanceof LogicalTypes.TimestampMillis && random.nextBoolean()) {
            return random.nextInt() * 1_000L;
        }
        return value;
    }

    private static Schema elements(Schema schema) {
        return schema.getType() == Schema.Type.ARRAY ? schema.getElementType() : schema;
    }

    /** Random event schemas: all of Avro, each field with a label of its own. */
    private static final class Schemas {
        private final Random random;
        private int names;

        Schemas(Random random) {
            this.random = random;
        }

        Schema event() {
            List<Schema.Field> fields = new ArrayList<>();
            fields.add(labelled("meta", meta(), "none"));
            fields.add(labelled("step", Schema.createEnum("Step", null, "trial", STEPS), "step"));
            fields.addAll(fields(3));
            return Schema.createRecord("Trial", null, "trial", false, fields);
        }

        private static Schema meta() {
            Schema time = LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
            Schema text = Schema.create(Schema.Type.STRING);
            Schema maybe = Schema.createUnion(Schema.create(Schema.Type.NULL), text);
            return Schema.createRecord(
                    "Meta",
                    null,
                    "trial",
                    false,
                    List.of(
                            labelled("occurredAt", time, "time"),
                            labelled("brand", text, "brand"),
                            labelled("surface", text, "surface"),
                            labelled("subject", text, "subject.id"),
                            labelled("country", text, "country"),
                            labelled("collector", maybe, "collector")));
        }

        private static Schema.Field labelled(String name, Schema schema, String label) {
            boolean nullable = schema.isUnion() && schema.getTypes().get(0).getType() == Schema.Type.NULL;
            Schema.Field field =
                    new Schema.Field(name, schema, null, nullable ? Schema.Field.NULL_DEFAULT_VALUE : null);
            field.addProp("label", label);
            return field;
        }

        private List<Schema.Field> fields(int depth) {
            return IntStream.range(0, 1 + random.nextInt(5))
                    .mapToObj(i -> {
                        String name = "f" + names++;
                        return labelled(name, schema(depth), name);
                    })
                    .toList();
        }

        private Schema schema(int depth) {
            return switch (random.nextInt(depth > 0 ? 17 : 12)) {
                case 0 -> Schema.create(Schema.Type.STRING);
                case 1 -> Schema.create(Schema.Type.INT);
                case 2 -> Schema.create(Schema.Type.LONG);
                case 3 -> Schema.create(Schema.Type.FLOAT);
                case 4 -> Schema.create(Schema.Type.DOUBLE);
                case 5 -> Schema.create(Schema.Type.BOOLEAN);
                case 6 -> Schema.create(Schema.Type.BYTES);
                case 7 -> Schema.createFixed("Fixed" + names++, null, "trial", 3);
                case 8 -> Schema.createEnum("Enum" + names++, null, "trial", List.of("A", "B", "C"));
                case 9 -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
                case 10 -> LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
                case 11 -> Schema.createUnion(Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.STRING));
                case 12 -> Schema.createArray(schema(depth - 1));
                case 13 -> Schema.createMap(schema(depth - 1));
                case 14 -> Schema.createUnion(Schema.create(Schema.Type.NULL), record(depth - 1));
                case 15 ->
                    Schema.createUnion(
                            record(depth - 1),
                            Schema.create(Schema.Type.NULL),
                            record(depth - 1),
                            Schema.create(Schema.Type.LONG));
                default -> record(depth - 1);
            };
        }

        private Schema record(int depth) {
            return Schema.createRecord("Record" + names++, null, "trial", false, fields(depth));
        }
    }

    /** Writers that the gate's schema can read: other orders, other numbers, fields more and less. */
    private static final class Writers {
        private final Random random;
        private int names;

        Writers(Random random) {
            this.random = random;
        }

        Schema of(Schema gates) {
            return switch (gates.getType()) {
                case RECORD -> record(gates);
                case ARRAY -> Schema.createArray(of(gates.getElementType()));
                case MAP -> Schema.createMap(of(gates.getValueType()));
                case UNION -> union(gates);
                case LONG ->
                    gates.getLogicalType() == null && random.nextBoolean() ? Schema.create(Schema.Type.INT) : gates;
                case DOUBLE -> Schema.create(random.nextBoolean() ? Schema.Type.FLOAT : Schema.Type.LONG);
                case ENUM ->
                    gates.getName().equals("Step") || random.nextBoolean()
                            ? gates
                            : Schema.createEnum(gates.getName(), null, gates.getNamespace(), List.of("C", "A"));
                default -> gates;
            };
        }

        private Schema union(Schema gates) {
            if (random.nextInt(3) == 0) {
                return of(gates.getTypes().get(random.nextInt(gates.getTypes().size())));
            }
            List<Schema> branches = new ArrayList<>(gates.getTypes());
            Collections.shuffle(branches, random);
            return Schema.createUnion(branches);
        }

        private Schema record(Schema gates) {
            List<Schema.Field> fields = new ArrayList<>();
            for (Schema.Field field : gates.getFields()) {
                if (field.hasDefaultValue() && random.nextInt(4) == 0) {
                    continue;
                }
                fields.add(new Schema.Field(field.name(), of(field.schema())));
                if (random.nextInt(4) == 0) {
                    fields.add(new Schema.Field("extra" + names++, Schema.create(Schema.Type.STRING)));
                }
            }
            if (random.nextBoolean()) {
                Collections.shuffle(fields, random);
            }
            return Schema.createRecord(gates.getName(), null, gates.getNamespace(), false, fields);
        }
    }
}
