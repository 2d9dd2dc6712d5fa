package io.cloakroom.streams.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Forward;
import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.Schemas;
import io.cloakroom.streams.scenarios.Scenario;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever bytes are published, under the gate's schemas or those of others: each record has one entry in the audit, what
 * cannot be decoded is in quarantine and in no release, every release can be read and keeps what it says that it keeps, and
 * time and memory are bounded. To
 * look for more:
 * {@code mvn -Pfuzz -pl streams-app -am -Dtest=GateFuzzTest#shouldReleaseNothingThatCannotBeRead
 * -Djazzer.max_duration=1h test}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GateFuzzTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:34:56.789Z");
    private static final long MOST_BYTES = 64 << 20;
    /** While it is fuzzed, the hooks take most of it. */
    private static final long MOST_FOR_A_BYTE = System.getenv("JAZZER_FUZZ") == null ? 1 << 10 : 1 << 15;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Set<EntryKind> OF_INPUT =
            EnumSet.of(EntryKind.EVENT, EntryKind.CONTROL, EntryKind.FORWARDED, EntryKind.QUARANTINED);
    private static final String CUSTOMER = "customer:ada";
    private static final String COOKIE = "cookie:ada";

    /** Of chats and consent changes that others write: what they have instead of the gate's own fields, or behind them. */
    private static final List<String> FOREIGN = List.of(
            also("\"string\""),
            also("\"bytes\""),
            also("{\"type\":\"array\",\"items\":\"null\"}"),
            also("{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":\"null\"}}"),
            also("{\"type\":\"fixed\",\"name\":\"F\",\"size\":2147483639}"),
            also("{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}"),
            also("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}"),
            also("[]"),
            also("{\"type\":\"record\",\"name\":\"Empty\",\"fields\":[]}"),
            also("{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Empty\",\"fields\":[]}}"),
            also("{\"type\":\"record\",\"name\":\"Self\",\"fields\":[{\"name\":\"self\",\"type\":\"Self\"}]}"),
            also(
                    "{\"type\":\"record\",\"name\":\"Chain\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"Chain\"]}]}"),
            also("{\"type\":\"array\",\"items\":\"io.cloakroom.events.Chat\"}"),
            also("{\"type\":\"array\",\"items\":" + doubling(3) + "}"),
            also(doubling(40)),
            also(nested(900)),
            chat().replace("\"chat.text\"", "\"none\""),
            chat().replace("\"AGENT\"]", "\"AGENT\",\"ROBOT\"]"),
            chat().replace("{\"name\":\"text\",\"type\":\"string\"", "{\"name\":\"text\",\"type\":\"bytes\""),
            chat().replace("{\"name\":\"text\",\"type\":\"string\"", "{\"name\":\"text\",\"type\":[\"string\"]"),
            chat().replace(
                            "{\"name\":\"language\",\"type\":\"string\"",
                            "{\"name\":\"language\",\"type\":[\"string\",\"null\"]"),
            chat().replace("\"type\":\"long\"", "\"type\":\"int\""),
            "[" + chat() + "]",
            "[" + chat() + ",\"null\"]",
            "[]",
            "\"string\"",
            "\"bytes\"",
            "{\"type\":\"record\",\"name\":\"Chat\",\"namespace\":\"io.cloakroom.events\",\"fields\":[]}",
            also(ConsentChange.getClassSchema().toString(), "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}"));

    private final GateDriver gate = new GateDriver(NOW);
    private final AvroDeserializer second = new AvroDeserializer(gate.registry());
    private final List<String> inputs = Topics.inputs(gate.blueprint().history());
    private final List<Integer> foreign = IntStream.range(0, FOREIGN.size())
            .mapToObj(i -> gate.registry()
                    .register("foreign-" + i, new Schema.Parser(NameValidator.NO_VALIDATION).parse(FOREIGN.get(i))))
            .toList();

    @AfterAll
    void close() {
        gate.close();
    }

    // Events.

    Stream<byte[]> events() {
        List<byte[]> seeds = new ArrayList<>();
        for (String type : Schemas.eventTypes()) {
            String topic = Topics.events(type);
            byte[] value = gate.bytes(topic, Scenario.event(type, subject(topic), NOW));
            seeds.add(input(topic, value));
            seeds.add(input(topic, Arrays.copyOf(value, value.length / 2)));
            seeds.add(input(topic, Arrays.copyOf(value, value.length + 1)));
        }
        String topic = Topics.events("chat");
        byte[] chat = gate.bytes(topic, Scenario.event("chat", CUSTOMER, NOW));
        byte[] body = Arrays.copyOfRange(chat, AvroWire.HEADER_LENGTH, chat.length);
        for (int id : foreign) {
            seeds.add(input(topic, wire(id, body, new byte[0])));
            seeds.add(input(topic, wire(id, new byte[] {0}, body)));
            seeds.add(input(topic, wire(id, body, new byte[] {0})));
            seeds.add(input(topic, wire(id, body, new byte[] {0, 0})));
            seeds.add(input(topic, wire(id, body, new byte[] {101, 0, 0}))); // 51 items in a block of no bytes
            seeds.add(input(topic, wire(id, body, new byte[200])));
            seeds.add(input(topic, wire(id, body, ones(2_000))));
            seeds.add(input(topic, wire(id, body, new byte[] {-2, -1, -1, -1, 15, 0})));
            seeds.add(input(topic, wire(id, body, new byte[] {-64, -102, 12, 0}))); // 100,000 items
            seeds.add(input(topic, wire(id, body, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, 1})));
        }
        for (int length = 0; length <= AvroWire.HEADER_LENGTH; length++) {
            seeds.add(input(topic, Arrays.copyOf(chat, length)));
        }
        seeds.add(input(topic, wire(Integer.MAX_VALUE, body, new byte[0])));
        seeds.add(input(topic, wire(-1, body, new byte[0])));
        for (String text : List.of("", "\u0000", "a@b.c ".repeat(3_000), "DBABMA" + "~A".repeat(4_000))) {
            IndexedRecord long_ = Scenario.event("chat", CUSTOMER, NOW);
            long_.put(long_.getSchema().getField("text").pos(), text);
            seeds.add(input(topic, gate.bytes(topic, long_)));
            IndexedRecord signal = Scenario.event("cookie", COOKIE, NOW);
            signal.put(signal.getSchema().getField("gppString").pos(), text);
            signal.put(signal.getSchema().getField("tcString").pos(), text.replace('~', '.'));
            seeds.add(input(Topics.events("cookie"), gate.bytes(Topics.events("cookie"), signal)));
        }
        for (long at : new long[] {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE}) {
            IndexedRecord event = Scenario.event("order", CUSTOMER, NOW);
            IndexedRecord meta = (IndexedRecord) event.get(0);
            meta.put(meta.getSchema().getField("occurredAt").pos(), at);
            seeds.add(input(Topics.events("order"), gate.bytes(Topics.events("order"), event)));
        }
        return seeds.stream();
    }

    @MethodSource("events")
    @FuzzTest
    void shouldReleaseNothingThatCannotBeRead(byte[] input) {
        decide(inputs.stream().filter(topic -> topic.startsWith("events.")).toList(), input);
    }

    // Control records.

    Stream<byte[]> controls() {
        List<byte[]> seeds = new ArrayList<>();
        List<SpecificRecord> said = new ArrayList<>();
        for (ConsentKind kind : ConsentKind.values()) {
            for (Instant at :
                    List.of(NOW, Instant.ofEpochMilli(Long.MIN_VALUE), Instant.ofEpochMilli(Long.MAX_VALUE))) {
                said.add(ConsentChange.newBuilder()
                        .setChangeId("c-1")
                        .setOccurredAt(at)
                        .setSubject(CUSTOMER)
                        .setKind(kind)
                        .setPurpose("direct-marketing")
                        .setBrand("net-a-porter")
                        .setChannel("EMAIL")
                        .setNoticeVersion("2017-11-17")
                        .setExpiresAt(at)
                        .setBirthDate(LocalDate.ofEpochDay(at == NOW ? 0 : Integer.MIN_VALUE))
                        .setGuardian("customer:eve")
                        .setGuardianBirthDate(LocalDate.ofEpochDay(at == NOW ? 0 : Integer.MAX_VALUE))
                        .setVerification("call")
                        .setTcString("A" + ".A".repeat(2_000))
                        .setGppString("DBABMA" + "~A".repeat(4_000))
                        .setGpc(true)
                        .build());
            }
        }
        for (LinkKind kind : LinkKind.values()) {
            for (String customer : List.of("customer:eve", "customer:", "", COOKIE, "customer:" + "e".repeat(600))) {
                said.add(new IdentityLink("l-1", NOW, COOKIE, customer, kind));
            }
        }
        said.add(new SubjectRequest("r-1", Instant.ofEpochMilli(Long.MAX_VALUE), CUSTOMER, RequestKind.ERASURE));
        for (SpecificRecord record : said) {
            String topic = record instanceof ConsentChange
                    ? Topics.CONSENT_CHANGES
                    : record instanceof IdentityLink ? Topics.IDENTITY_LINKS : Topics.SUBJECT_REQUESTS;
            byte[] value = gate.bytes(topic, record);
            seeds.add(input(topic, value));
            seeds.add(input(topic, Arrays.copyOf(value, value.length - 1)));
            seeds.add(input(topic, Arrays.copyOf(value, value.length + 1)));
        }
        byte[] change = gate.bytes(Topics.CONSENT_CHANGES, said.get(0));
        byte[] body = Arrays.copyOfRange(change, AvroWire.HEADER_LENGTH, change.length);
        for (int id : foreign) {
            seeds.add(input(Topics.CONSENT_CHANGES, wire(id, new byte[0], new byte[0])));
            seeds.add(input(Topics.CONSENT_CHANGES, wire(id, body, new byte[] {0})));
        }
        for (int length = 0; length <= AvroWire.HEADER_LENGTH; length++) {
            seeds.add(input(Topics.SUBJECT_REQUESTS, new byte[length]));
        }
        return seeds.stream();
    }

    @MethodSource("controls")
    @FuzzTest
    void shouldDecideOnEveryControlRecord(byte[] input) {
        decide(Topics.CONTROL, input);
    }

    // Keys and headers, and what the gate tells itself.

    Stream<byte[]> records() {
        List<byte[]> seeds = new ArrayList<>();
        byte[] key = CUSTOMER.getBytes(UTF_8);
        String chats = Topics.events("chat");
        byte[] chat = gate.bytes(chats, Scenario.event("chat", CUSTOMER, NOW));
        for (byte[] other : new byte[][] {null, {}, {0}, {-1, -2}, new byte[1 << 20], "customer:eve".getBytes(UTF_8)}) {
            seeds.add(record(chats, other, new RecordHeaders(), chat));
            seeds.add(record(Topics.SUBJECT_REQUESTS, other, new RecordHeaders(), chat));
            seeds.add(record(Topics.FORWARDS, other, new RecordHeaders(), chat));
            Headers headers = new RecordHeaders().add(Replay.HEADER, other).add("", other);
            seeds.add(record(chats, key, headers, chat));
            seeds.add(record(chats, key, headers, null));
        }
        for (String written : List.of(" ", chats + "-0-0", chats + "-0-0 ", chats + "-0-0 AAAA", "a".repeat(513))) {
            Headers headers = new RecordHeaders();
            for (int i = 0; i < 3; i++) {
                headers.add(Replay.HEADER, written.getBytes(UTF_8));
            }
            seeds.add(record(chats, key, headers, chat));
        }
        Headers bomb = new RecordHeaders();
        for (int i = 0; i < 10_000; i++) {
            bomb.add("h".repeat(i % 200), new byte[i % 7]);
        }
        seeds.add(record(chats, key, bomb, chat));
        seeds.add(record(chats, key, new RecordHeaders().add("h", new byte[1 << 20]), chat));

        gate.publish(Topics.IDENTITY_LINKS, COOKIE, new IdentityLink("l-1", NOW, COOKIE, CUSTOMER, LinkKind.CONNECTED));
        List<TestRecord<byte[], byte[]>> told = gate.raw(Topics.FORWARDS);
        assertThat(told).isNotEmpty();
        for (TestRecord<byte[], byte[]> forward : told) {
            byte[] value = forward.value();
            for (int length = 0; length <= value.length + 1; length++) {
                seeds.add(record(Topics.FORWARDS, forward.key(), new RecordHeaders(), Arrays.copyOf(value, length)));
            }
            seeds.add(record(Topics.FORWARDS, "customer:eve".getBytes(UTF_8), new RecordHeaders(), value));
        }
        List<Forward> forwards = new ArrayList<>();
        for (String topic : inputs) {
            forwards.add(new Forward(topic, 0, 0L, NOW, ByteBuffer.wrap(chat), null, null));
        }
        for (long number : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            Instant at = Instant.ofEpochMilli(number);
            forwards.add(
                    new Forward(Topics.SUBJECT_REQUESTS, (int) number, number, NOW, ByteBuffer.wrap(chat), null, null));
            forwards.add(new Forward(Topics.SUBJECT_REQUESTS, 0, 0L, at, ByteBuffer.wrap(chat), null, null));
        }
        for (Forward forward : forwards) {
            seeds.add(record(Topics.FORWARDS, key, new RecordHeaders(), gate.bytes(Topics.FORWARDS, forward)));
        }
        gate.audit();
        return seeds.stream();
    }

    @MethodSource("records")
    @FuzzTest
    void shouldTakeAnyKeyAndAnyHeaders(byte[] input) {
        if (input.length == 0) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(input);
        String topic = inputs.get((in.get() & 0xff) % inputs.size());
        byte[] key = part(in);
        Headers headers = new RecordHeaders();
        while (in.hasRemaining() && in.get() != 0) {
            byte[] name = part(in);
            headers.add(name == null ? "" : new String(name, UTF_8), part(in));
        }
        decide(topic, key, part(in), headers);
    }

    private byte[] record(String topic, byte[] key, Headers headers, byte[] value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(inputs.indexOf(topic));
        put(out, key);
        for (Header header : headers) {
            out.write(1);
            put(out, header.key().getBytes(UTF_8));
            put(out, header.value());
        }
        out.write(0);
        put(out, value);
        return out.toByteArray();
    }

    /** Its length and itself; a negative length for none. */
    private static void put(ByteArrayOutputStream out, byte[] part) {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                .putInt(part == null ? -1 : part.length)
                .array());
        out.writeBytes(part == null ? new byte[0] : part);
    }

    private static byte[] part(ByteBuffer in) {
        int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
        if (length < 0) {
            return null;
        }
        byte[] part = new byte[Math.min(length, in.remaining())];
        in.get(part);
        return part;
    }

    // What all do.

    /** @param input one byte for the topic, then the value */
    private void decide(List<String> topics, byte[] input) {
        if (input.length > 0) {
            String topic = topics.get((input[0] & 0xff) % topics.size());
            byte[] value = Arrays.copyOfRange(input, 1, input.length);
            decide(topic, subject(topic).getBytes(UTF_8), value, new RecordHeaders());
        }
    }

    private void decide(String topic, byte[] key, byte[] value, Headers headers) {
        long bytes = publish(topic, key, value, headers);
        long most = MOST_BYTES + MOST_FOR_A_BYTE * size(key, value, headers);
        if (bytes >= most) { // or classes were loaded: it is told by the second time
            gate.audit();
            bytes = publish(topic, key, value, headers);
        }
        assertThat(bytes).as("bytes of memory").isLessThan(most);

        List<AuditEntry> entries = gate.audit().stream()
                .filter(e -> OF_INPUT.contains(e.getKind()) && e.getTopic().equals(topic))
                .toList();
        List<IndexedRecord> releases = Topics.releases(gate.blueprint().history()).stream()
                .flatMap(t -> gate.releases(t).stream())
                .toList();
        boolean isQuarantined = !gate.quarantine().isEmpty();
        Topics.recalls(gate.blueprint().history()).forEach(gate::raw);
        assertThat(isQuarantined && !releases.isEmpty()).isFalse();
        if (topic.equals(Topics.FORWARDS)) { // it stands in the audit where it first arrived
            assertThat(entries).isEmpty();
            assertThat(isQuarantined || canBeRead(topic, value)).isTrue();
            return;
        }
        assertThat(entries).hasSize(1);
        assertThat(entries.get(0).getKind() == EntryKind.QUARANTINED).isEqualTo(isQuarantined);
        if (topic.startsWith("events.")) {
            releases.forEach(release -> assertKept(release, read(topic, value)));
        }
        if (!canBeRead(topic, value)) {
            assertThat(isQuarantined).isTrue();
        }
    }

    private static long size(byte[] key, byte[] value, Headers headers) {
        long size = (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        for (Header header : headers) {
            size += header.key().length() + (header.value() == null ? 0 : header.value().length) + Integer.BYTES;
        }
        return size;
    }

    /** What it took, in bytes of memory. */
    private long publish(String topic, byte[] key, byte[] value, Headers headers) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        gate.publish(topic, key, value, headers);
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private boolean canBeRead(String topic, byte[] value) {
        try {
            return second.deserialize(topic, value) != null;
        } catch (SerializationException e) {
            return false;
        }
    }

    /** By Avro's own resolution. */
    private Object read(String topic, byte[] value) {
        Schema writer = gate.registry().byId(AvroWire.schemaId(value));
        Schema gates = Schemas.event(topic.substring("events.".length()));
        try {
            return AvroWire.read(value, new GenericDatumReader<>(writer, gates));
        } catch (IOException e) {
            throw new AssertionError("released, and cannot be read", e);
        }
    }

    /** What a release says that it keeps is what stands in the event. */
    private static void assertKept(Object released, Object event) {
        if (released instanceof IndexedRecord release) {
            for (Schema.Field field : release.getSchema().getFields()) {
                Object value = release.get(field.pos());
                if ("keep".equals(field.getProp("treatment")) && value != null) {
                    assertKept(value, ((GenericRecord) event).get(field.name()));
                }
            }
        } else if (released instanceof List<?> items) {
            assertThat(items).hasSameSizeAs((List<?>) event);
            for (int i = 0; i < items.size(); i++) {
                assertKept(items.get(i), ((List<?>) event).get(i));
            }
        } else if (released instanceof Map<?, ?> map) {
            assertThat(map.keySet()).isEqualTo(((Map<?, ?>) event).keySet());
            map.forEach((key, value) -> assertKept(value, ((Map<?, ?>) event).get(key)));
        } else {
            assertThat(released.toString()).isEqualTo(event.toString());
        }
    }

    private static String subject(String topic) {
        return topic.equals(Topics.IDENTITY_LINKS) || topic.equals("events.cookie") || topic.equals("events.mobile")
                ? COOKIE
                : CUSTOMER;
    }

    private byte[] input(String topic, byte[] value) {
        List<String> topics = Topics.CONTROL.contains(topic)
                ? Topics.CONTROL
                : inputs.stream().filter(t -> t.startsWith("events.")).toList();
        return ByteBuffer.allocate(1 + value.length)
                .put((byte) topics.indexOf(topic))
                .put(value)
                .array();
    }

    private static byte[] wire(int id, byte[] body, byte[] more) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(AvroWire.HEADER_LENGTH)
                .put((byte) 0)
                .putInt(id)
                .array());
        out.writeBytes(body);
        out.writeBytes(more);
        return out.toByteArray();
    }

    private static byte[] ones(int length) {
        byte[] ones = new byte[length];
        Arrays.fill(ones, (byte) 2);
        return ones;
    }

    private static String chat() {
        return Schemas.event("chat").toString();
    }

    private static String also(String type) {
        return also(chat(), type);
    }

    /** A record with one more field. */
    private static String also(String record, String type) {
        return record.substring(0, record.length() - 2) + ",{\"name\":\"more\",\"type\":" + type + "}]}";
    }

    /** Records that have the one before twice: two to that power of them, in no byte. */
    private static String doubling(int power) {
        String type = "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}";
        for (int i = 1; i <= power; i++) {
            type = "{\"type\":\"record\",\"name\":\"R" + i + "\",\"fields\":[{\"name\":\"a\",\"type\":" + type
                    + "},{\"name\":\"b\",\"type\":\"R" + (i - 1) + "\"}]}";
        }
        return type;
    }

    private static String nested(int depth) {
        return "{\"type\":\"array\",\"items\":".repeat(depth / 2) + "\"null\"" + "}".repeat(depth / 2);
    }
}
