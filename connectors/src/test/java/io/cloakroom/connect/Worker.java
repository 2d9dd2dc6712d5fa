package io.cloakroom.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.cli.ConnectDistributed;
import org.apache.kafka.connect.runtime.Connect;

/** A real worker of Kafka Connect in this process, spoken to over HTTP, with the plugins as they are installed. */
final class Worker implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Connect<?> connect;
    private final HttpClient http = HttpClient.newHttpClient();

    private Worker(Connect<?> connect) {
        this.connect = connect;
    }

    static Worker start(String bootstrapServers, Path plugins) {
        Map<String, String> config = new HashMap<>(Map.of(
                "bootstrap.servers", bootstrapServers,
                "group.id", "connect",
                "listeners", "http://127.0.0.1:0",
                "plugin.path", plugins.toString(),
                "plugin.discovery", "service_load",
                "key.converter", "org.apache.kafka.connect.storage.StringConverter",
                "value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter",
                "exactly.once.source.support", "enabled",
                "offset.flush.interval.ms", "500",
                "scheduled.rebalance.max.delay.ms", "0"));
        for (String store : new String[] {"config", "offset", "status"}) {
            config.put(store + ".storage.topic", "connect." + store);
            config.put(store + ".storage.replication.factor", "1");
        }
        config.put("offset.storage.partitions", "1");
        config.put("status.storage.partitions", "1");
        config.put("config.providers", "file");
        config.put("config.providers.file.class", "org.apache.kafka.common.config.provider.FileConfigProvider");
        return new Worker(new ConnectDistributed().startConnect(config));
    }

    /** What the worker says of a configuration before it runs: each key and its errors. */
    JsonNode validate(JsonNode config) throws IOException, InterruptedException {
        String plugin = config.get("connector.class").asText();
        return send("PUT", "/connector-plugins/" + plugin + "/config/validate", config);
    }

    void create(String name, JsonNode config) throws IOException, InterruptedException {
        send("PUT", "/connectors/" + name + "/config", config);
    }

    JsonNode status(String name) throws IOException, InterruptedException {
        return send("GET", "/connectors/" + name + "/status", null);
    }

    private JsonNode send(String method, String path, JsonNode body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(connect.rest().advertisedUrl().toString().replaceAll("/$", "") + path))
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
