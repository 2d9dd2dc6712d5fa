package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.streams.operations.Health;
import io.cloakroom.streams.operations.HealthServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operations asks, where the network is not trusted. */
class HealthOverTlsTest {

    private static final Health WELL = new Health() {
        @Override
        public Optional<String> dead() {
            return Optional.empty();
        }

        @Override
        public Optional<String> notReady() {
            return Optional.empty();
        }

        @Override
        public String metrics() {
            return "";
        }
    };

    @TempDir
    static Path directory;

    @Test
    void shouldAnswerOnlyThoseWithACertificateThatItTrusts() throws Exception {
        Certificates.make(directory, List.of("gate", "prometheus"));
        Map<String, String> given = new HashMap<>(Map.of(Settings.LISTEN, "127.0.0.1:0"));
        Certificates.settings(directory, "gate").forEach((key, value) -> given.put("cloakroom.http." + key, value));
        given.put("cloakroom.http.ssl.client.auth", "required");
        Settings settings = new Settings(given);
        InetSocketAddress address = settings.listen().orElseThrow();

        try (HealthServer server = HealthServer.start(address, settings.listenTls(), WELL)) {
            assertThat(get(server, "https", context(Certificates.settings(directory, "prometheus"))))
                    .isEqualTo(200);

            Map<String, String> nobody = new HashMap<>(Certificates.settings(directory, "prometheus"));
            nobody.keySet().removeIf(key -> key.startsWith("ssl.keystore"));
            assertThatThrownBy(() -> get(server, "https", context(nobody))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(server, "http", SSLContext.getDefault()))
                    .isInstanceOf(IOException.class);
        }
        assertThat(settings.client()).as("what clients are told").isEmpty();
    }

    private static int get(HealthServer server, String scheme, SSLContext context) throws Exception {
        URI uri = URI.create(scheme + "://127.0.0.1:" + server.port() + "/ready");
        return HttpClient.newBuilder()
                .sslContext(context)
                .build()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private static SSLContext context(Map<String, String> settings) {
        DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
        factory.configure(new AbstractConfig(new ConfigDef().withClientSslSupport(), settings, false).values());
        return factory.sslContext();
    }
}
