package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.cloakroom.events.Chat;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.schemas.EmbeddedRegistry;
import io.cloakroom.schemas.RegistryUnavailableException;
import io.cloakroom.streams.gate.Topics;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.avro.SchemaParser;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The gate while its registry is away. */
@Timeout(180)
@SuppressWarnings("try") // a gate that only has to run
class RegistryOutageIT {

    private static final String SECRET = "PLANTED-in-a-field-that-nobody-reviewed";

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static int newerChat;
    private static Path before;
    private static Path after;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(directory, Cluster.SMALL_POLICY, 1);
        before = Files.copy(directory.resolve("registry.jsonl"), directory.resolve("before.jsonl"));
        // A publisher is ahead of the gate by one field.
        String newer = cluster.blueprint
                .schemas()
                .get("chat")
                .toString()
                .replaceFirst(
                        "\\]\\}$",
                        ",{\"name\":\"mood\",\"type\":\"string\",\"default\":\"\",\"label\":\"chat.text\"}]}");
        newerChat = cluster.registry.register(
                "events.chat-value", new SchemaParser().parse(newer).mainSchema());
        after = Files.copy(directory.resolve("registry.jsonl"), directory.resolve("after.jsonl"));
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    private static EmbeddedRegistry registry(int port, Path journal) throws Exception {
        return EmbeddedRegistry.builder().port(port).file(journal).start();
    }

    private static Settings asking(EmbeddedRegistry registry) {
        return cluster.settings.with(Map.of("schema.registry.url", registry.url(), "max.retries", "0"));
    }

    /** Its first event of that type, in each schema that was registered before it started. */
    @Test
    void shouldOutliveAnOutageOfTheRegistryOnceItHasStarted() throws Exception {
        EmbeddedRegistry registry = registry(0, after);
        try (Gate gate = cluster.gate(asking(registry))) {
            registry.close();
            Chat chat = Given.chat("customer:warm").build();
            for (RecordMetadata place : List.of(
                    cluster.publish(chat),
                    cluster.publish(
                            new ProducerRecord<>("events.chat", Cluster.key(chat), withMood(cluster.bytes(chat)))))) {
                assertThat(outcomes(cluster.decided(place)))
                        .containsExactly(entry("analytics", "RELEASE legitimate-interest"));
                assertThat(cluster.releases("analytics", place)).hasSize(1);
            }
        }
    }

    @Test
    void shouldStopAtALaterSchemaWhileNoRegistryAnswersAndDecideItAfterwards() throws Exception {
        EmbeddedRegistry registry = registry(EmbeddedBroker.freePort(), before);
        int port = registry.port();
        Settings settings = asking(registry);
        Chat chat = Given.chat("customer:ahead").build();
        RecordMetadata unseen;
        Logged log = Logged.attached();
        try (Gate gate = cluster.gate(settings)) {
            cluster.decided(Given.chat("customer:ahead").build());
            registry.close();
            cluster.publishAll(IntStream.range(0, 200)
                    .mapToObj(i -> Given.chat("customer:before-" + i).build())
                    .toList());
            unseen = cluster.publish(
                    new ProducerRecord<>("events.chat", Cluster.key(chat), withMood(cluster.bytes(chat))));

            assertThatThrownBy(gate::awaitEnd)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the gate stopped; nothing that it had not committed was released")
                    .hasRootCauseInstanceOf(RegistryUnavailableException.class)
                    .rootCause()
                    .hasMessageContaining("no schema registry answered GET /schemas/ids/" + newerChat);
            assertThat(gate.dead()).as("what /live says").isPresent();
            assertThat(cluster.memberIds())
                    .as("its partitions wait for no session's end")
                    .isEmpty();
            assertThatThrownBy(gate::awaitEnd)
                    .satisfies(e -> assertThat(Throwables.getStackTrace(e))
                            .contains("RegistryUnavailableException")
                            .doesNotContain(SECRET, chat.getText(), "customer:ahead"));
        } finally {
            log.detach();
        }
        assertThat(log.lines)
                .anyMatch(line -> line.contains("no schema registry answered"))
                .noneMatch(line -> line.contains(SECRET))
                .noneMatch(line -> line.contains(chat.getText()))
                .noneMatch(line -> line.contains("customer:ahead"));
        assertThat(cluster.releases("analytics", unseen)).isEmpty();
        cluster.awaitEntries(cluster.committed(Topics.AUDIT).size());
        assertThat(cluster.audit()).isNotEmpty().noneMatch(e -> e.isOf(unseen));
        assertThatThrownBy(() -> Gate.start(settings, cluster.blueprint))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("no schema registry answered")
                .hasMessageContaining("check that it runs and that schema.registry.url is right");

        try (EmbeddedRegistry back = registry(port, after);
                Gate gate = cluster.gate(settings)) {
            AuditEntry entry = cluster.decided(unseen);
            assertThat(entry.getUnplannedFields()).isEqualTo(1);
            assertThat(outcomes(entry)).containsExactly(entry("analytics", "RELEASE legitimate-interest"));
            assertThat(cluster.releases("analytics", unseen)).hasSize(1);
            for (String topic : List.of("analytics.chat", Topics.AUDIT)) {
                assertThat(cluster.raw(topic))
                        .isNotEmpty()
                        .noneMatch(r -> new String(r.value(), StandardCharsets.ISO_8859_1).contains(SECRET));
            }
            cluster.assertComplete();
        }
    }

    /** The same chat under the newer schema, whose last field is the mood. */
    private static byte[] withMood(byte[] chat) {
        byte[] mood = SECRET.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(ByteBuffer.allocate(AvroWire.HEADER_LENGTH)
                .put((byte) 0)
                .putInt(newerChat)
                .array());
        bytes.write(chat, AvroWire.HEADER_LENGTH, chat.length - AvroWire.HEADER_LENGTH);
        bytes.write(2 * mood.length);
        bytes.writeBytes(mood);
        return bytes.toByteArray();
    }
}
