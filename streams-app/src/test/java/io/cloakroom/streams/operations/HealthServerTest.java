package io.cloakroom.streams.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HealthServerTest {

    private static final InetSocketAddress ANY = new InetSocketAddress("127.0.0.1", 0);

    private Optional<String> dead = Optional.empty();
    private Optional<String> notReady = Optional.empty();
    private HealthServer server;

    @BeforeEach
    void start() throws IOException {
        server = HealthServer.start(ANY, Map.of(), new Health() {
            @Override
            public Optional<String> dead() {
                return dead;
            }

            @Override
            public Optional<String> notReady() {
                return notReady;
            }

            @Override
            public String metrics() {
                return "cloakroom_held 1.0\n";
            }
        });
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void shouldSayHowTheProcessIsWithTheReason() throws Exception {
        notReady = Optional.of("the gate is REBALANCING");
        assertThat(get("/live").statusCode()).isEqualTo(200);
        HttpResponse<String> ready = get("/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).isEqualTo("the gate is REBALANCING\n");

        dead = Optional.of("the gate is ERROR");
        notReady = Optional.empty();
        assertThat(get("/ready").statusCode()).isEqualTo(200);
        HttpResponse<String> live = get("/live");
        assertThat(live.statusCode()).isEqualTo(503);
        assertThat(live.body()).isEqualTo("the gate is ERROR\n");
    }

    @Test
    void shouldServeItsMetersInPrometheusFormat() throws Exception {
        HttpResponse<String> metrics = get("/metrics");
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.headers().firstValue("Content-Type")).contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(metrics.body()).isEqualTo("cloakroom_held 1.0\n");
    }

    @Test
    void shouldAnswerNothingElse() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/metrics/all").statusCode()).isEqualTo(404);
        assertThat(HttpClient.newHttpClient()
                        .send(
                                request("/ready")
                                        .POST(HttpRequest.BodyPublishers.noBody())
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void shouldNameTheAddressThatIsTaken() {
        InetSocketAddress taken = new InetSocketAddress("127.0.0.1", server.port());
        assertThatThrownBy(() -> HealthServer.start(taken, Map.of(), null))
                .isInstanceOf(IOException.class)
                .hasMessage("nothing can listen at 127.0.0.1:" + server.port()
                        + ": each process has its own cloakroom.http.listen");
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient().send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }
}
