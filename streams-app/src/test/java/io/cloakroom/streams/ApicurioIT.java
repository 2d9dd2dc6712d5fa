package io.cloakroom.streams;

import static io.cloakroom.streams.Cluster.outcomes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.events.Chat;
import io.cloakroom.schemas.RegistryRefusedException;
import io.cloakroom.schemas.SchemaRegistry;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The gate and the serializers with Apicurio Registry, through its Confluent API. {@code mvn -Papicurio -pl streams-app -am
 * -Dtest=NONE -Dit.test=ApicurioIT -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false
 * -Dapicurio.java=JAVA verify}, where JAVA is a {@code java} of version 21 or later, which that server needs.
 */
@Timeout(120)
@SuppressWarnings("try") // a gate that only has to run
@EnabledIfSystemProperty(named = ApicurioIT.SERVER, matches = ".+")
class ApicurioIT {

    /** The directory into which it was unpacked. */
    static final String SERVER = "cloakroom.apicurio";

    @TempDir
    static Path directory;

    private static Process server;
    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        int port = EmbeddedBroker.freePort();
        ProcessBuilder builder = new ProcessBuilder(
                        System.getProperty("cloakroom.apicurio.java"),
                        "-Dquarkus.http.host=127.0.0.1",
                        "-Dquarkus.http.port=" + port,
                        "-Dquarkus.management.host=127.0.0.1",
                        "-Dquarkus.management.port=" + EmbeddedBroker.freePort(),
                        "-jar",
                        "quarkus-run.jar")
                .directory(Path.of(System.getProperty(SERVER)).toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("apicurio.log").toFile());
        // But for where it keeps them, as docker-compose.yml has it.
        builder.environment().put("APICURIO_RULES_GLOBAL_COMPATIBILITY", "BACKWARD");
        server = builder.start();
        String url = "http://127.0.0.1:" + port + "/apis/ccompat/v7";
        Cluster.await("Apicurio Registry")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> ((HttpURLConnection)
                                        URI.create(url + "/subjects").toURL().openConnection())
                                .getResponseCode()
                        == 200);
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        Blueprint blueprint = Blueprint.load(Cluster.SMALL_POLICY);
        Settings settings = Embedded.provision(
                directory, Cluster.SMALL_POLICY, blueprint, broker.bootstrapServers(), url, 2, (short) 1);
        try (Admin admin = Admin.create(settings.client())) {
            Provisioning provisioning = new Provisioning(admin, SchemaRegistry.connect(settings.client()), blueprint);
            assertThat(provisioning.plan().isEmpty())
                    .as("every schema is found again, with its labels")
                    .isTrue();
        }
        cluster = new Cluster(settings, blueprint, broker::close);
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
        server.destroyForcibly().waitFor();
    }

    @Test
    void shouldReadDecideAndWriteBySchemasOfApicurio() throws Exception {
        try (Gate gate = cluster.gate()) {
            RecordMetadata place = cluster.publish(Given.chat("customer:known").build());
            assertThat(outcomes(cluster.decided(place))).containsEntry("analytics", "RELEASE legitimate-interest");
            assertThat(cluster.release("analytics", place).value().getSchema().getField("releaseId"))
                    .isNotNull();

            RecordMetadata unknown = cluster.publish(withId(Integer.MAX_VALUE));
            assertThat(outcomes(cluster.decided(unknown))).containsEntry("analytics", "WITHHOLD unknown-schema");
            cluster.assertComplete();
        }
    }

    @Test
    void shouldRefuseASchemaThatCannotReadWhatWasWritten() {
        Schema chat = cluster.registry.latest("events.chat-value").orElseThrow().schema();
        Schema other = SchemaBuilder.record(chat.getName())
                .namespace(chat.getNamespace())
                .fields()
                .requiredString("never")
                .endRecord();
        assertThatThrownBy(() -> cluster.registry.register("events.chat-value", other))
                .isInstanceOf(RegistryRefusedException.class)
                .extracting(e -> ((RegistryRefusedException) e).code())
                .isEqualTo(409);
        assertThat(cluster.registry.versions("events.chat-value"))
                .singleElement()
                .extracting(SchemaRegistry.Version::schema)
                .isEqualTo(chat);
    }

    private static ProducerRecord<byte[], byte[]> withId(int id) {
        Chat chat = Given.chat("customer:unknown").build();
        byte[] value = cluster.bytes(chat);
        ByteBuffer.wrap(value).putInt(1, id);
        return new ProducerRecord<>(Cluster.topic(chat), Cluster.key(chat), value);
    }
}
