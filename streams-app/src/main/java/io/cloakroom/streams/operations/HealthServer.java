package io.cloakroom.streams.operations;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import io.cloakroom.schemas.ServerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells over HTTP how a process is: {@code /live}, {@code /ready} (200 or 503, with the reason) and {@code /metrics}. It has
 * no personal value to tell, and asks nobody who they are but by certificates, if it is told to.
 */
public final class HealthServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    /** Whoever asks slowly keeps one from the others. */
    private static final int THREADS = 4;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        Thread made = new Thread(task, "health");
        made.setDaemon(true);
        return made;
    });

    private HealthServer(HttpServer server) {
        this.server = server;
    }

    /**
     * @param tls Kafka's settings {@code ssl.*} of a server; without any it speaks plain HTTP
     * @throws IOException naming the address, if nothing can listen there
     */
    public static HealthServer start(InetSocketAddress address, Map<String, String> tls, Health health)
            throws IOException {
        HttpServer listening;
        try {
            if (tls.isEmpty()) {
                listening = HttpServer.create(address, 0);
            } else {
                HttpsServer secured = HttpsServer.create(address, 0);
                secured.setHttpsConfigurator(ServerTls.configurator(tls));
                listening = secured;
            }
        } catch (IOException e) {
            throw new IOException(
                    "nothing can listen at " + address.getHostString() + ":" + address.getPort()
                            + ": each process has its own cloakroom.http.listen",
                    e);
        }
        HealthServer server = new HealthServer(listening);
        server.serve("/live", () -> answer("live", health.dead()));
        server.serve("/ready", () -> answer("ready", health.notReady()));
        server.serve("/metrics", () -> new Answer(200, PROMETHEUS, health.metrics()));
        listening.setExecutor(server.threads);
        listening.start();
        LOG.atInfo().addKeyValue("port", server.port()).log("health");
        return server;
    }

    /** Where it listens: that of the address, or one that was free. */
    public int port() {
        return server.getAddress().getPort();
    }

    private record Answer(int status, String type, String text) {}

    private static Answer answer(String yes, Optional<String> no) {
        return new Answer(no.isEmpty() ? 200 : 503, TEXT, no.orElse(yes) + "\n");
    }

    private void serve(String path, Supplier<Answer> answer) {
        server.createContext(path, exchange -> {
            try (exchange) {
                if (!exchange.getRequestURI().getPath().equals(path)) {
                    send(exchange, new Answer(404, TEXT, "there are /live, /ready and /metrics\n"));
                } else if (!exchange.getRequestMethod().equals("GET")) {
                    exchange.getResponseHeaders().set("Allow", "GET");
                    send(exchange, new Answer(405, TEXT, "GET only\n"));
                } else {
                    send(exchange, answer.get());
                }
            }
        });
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body = answer.text().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        exchange.sendResponseHeaders(answer.status(), body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
