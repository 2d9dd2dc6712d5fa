package io.cloakroom.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloakroom.streams.Certificates;
import io.cloakroom.streams.Settings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.cli.ConnectDistributed;
import org.apache.kafka.connect.runtime.Connect;

/**
 * A real worker of Kafka Connect in this process, with the plugins as they are installed. It is spoken to over TLS, with a
 * certificate.
 */
final class Worker implements AutoCloseable {

    /** Where {@code docker-compose.yml} mounts what connectors need to know. */
    static final String MOUNTED = "/etc/cloakroom";

    private static final List<String> CLIENTS = List.of("producer.", "consumer.", "admin.");

    private static final Path SHIPPED = Path.of("..", "docker", "connect.properties");
    private static final Pattern CONNECTION = Pattern.compile("(security|sasl|ssl)\\.");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Connect<?> connect;
    private final HttpClient http;

    private Worker(Connect<?> connect, HttpClient http) {
        this.connect = connect;
        this.http = http;
    }

    /**
     * With the settings of {@code docker/connect.properties}, but for what differs from place to place.
     *
     * @param directory in place of {@code /etc/cloakroom}
     * @param settings of one who may be a worker
     * @param listening with which TLS
     * @param operator with which certificate
     */
    static Worker start(
            Path directory,
            Path plugins,
            Settings settings,
            Map<String, String> listening,
            Map<String, String> operator)
            throws IOException {
        Map<String, String> config = shipped(directory);
        config.remove("rest.advertised.host.name");
        config.putAll(Map.of(
                "listeners", "https://127.0.0.1:0",
                "listeners.https.ssl.client.auth", "required",
                "plugin.path", plugins.toString(),
                "offset.flush.interval.ms", "500",
                "offset.storage.partitions", "1",
                "status.storage.partitions", "1",
                "scheduled.rebalance.max.delay.ms", "0"));
        settings.all().forEach((key, value) -> {
            if (key.equals("bootstrap.servers")) {
                config.put(key, value);
            } else if (CONNECTION.matcher(key).lookingAt()) {
                config.put(key, value);
                // Connectors find the broker, and must say who they are.
                if (!key.equals("sasl.jaas.config")) {
                    CLIENTS.forEach(client -> config.put(client + key, value));
                }
            }
        });
        listening.forEach((key, value) -> config.put("listeners.https." + key, value));
        return new Worker(new ConnectDistributed().startConnect(config), Certificates.client(operator));
    }

    /** The worker's settings of {@code docker-compose.yml}, with another directory in place of {@link #MOUNTED}. */
    static Map<String, String> shipped(Path directory) throws IOException {
        Map<String, String> settings = new HashMap<>();
        Utils.propsToStringMap(Utils.loadProps(SHIPPED.toString()))
                .forEach((key, value) -> settings.put(key, value.replace(MOUNTED, directory.toString())));
        return settings;
    }

    /** What the worker says of a configuration before it runs: each key and its errors. */
    JsonNode validate(JsonNode config) throws IOException, InterruptedException {
        String plugin = config.get("connector.class").asText();
        return send("PUT", "/connector-plugins/" + plugin + "/config/validate", config);
    }

    void create(String name, JsonNode config) throws IOException, InterruptedException {
        send("PUT", "/connectors/" + name + "/config", config);
    }

    /** Missing until something is known of it. */
    JsonNode status(String name) throws IOException, InterruptedException {
        return send("GET", "/connectors?expand=status", null).path(name).path("status");
    }

    void delete(String name) throws IOException, InterruptedException {
        send("DELETE", "/connectors/" + name, null);
    }

    /** One of the numbers that {@link ApplyPolicy} counts in a connector. */
    static double counted(String connector, String name) throws JMException {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName policy =
                new ObjectName("kafka.connect:type=plugins,connector=" + connector + ",transformation=policy,*");
        double counted = 0;
        for (ObjectName one : server.queryNames(policy, null)) {
            counted += (double) server.getAttribute(one, name);
        }
        return counted;
    }

    /** Of its REST interface. */
    String url() {
        return connect.rest().advertisedUrl().toString().replaceAll("/$", "");
    }

    private JsonNode send(String method, String path, JsonNode body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url() + path))
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException(method + " " + path + ": " + response.statusCode() + " " + response.body());
        }
        return JSON.readTree(response.body());
    }

    @Override
    public void close() {
        connect.stop();
        connect.awaitStop();
    }
}
