package io.cloakroom.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloakroom.schemas.AvroConfig.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import org.apache.avro.Schema;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/** A client of Confluent's REST interface: one attempt goes through all addresses, and attempts are bounded. */
final class HttpRegistry implements SchemaRegistry {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final int LONGEST_ANSWER = 64 << 20;
    private static final int LONGEST_LINE = 1_000;
    private static final int MOST_VERSIONS = 100;
    private static final String DELETED_TOO = "?deleted=true";

    private final AvroConfig config;
    private final List<Endpoint> endpoints;
    private final Optional<DefaultSslEngineFactory> ssl;
    private final boolean anyHostname;
    private volatile int preferred;

    HttpRegistry(AvroConfig config) {
        this.config = config;
        endpoints = config.endpoints();
        Map<String, Object> settings = config.ssl();
        ssl = settings.isEmpty() ? Optional.empty() : Optional.of(new DefaultSslEngineFactory());
        ssl.ifPresent(factory -> factory.configure(settings));
        anyHostname = "".equals(settings.get(SslConfigs.SSL_ENDPOINT_IDENTIFICATION_ALGORITHM_CONFIG));
    }

    @Override
    public int register(String subject, Schema schema) {
        return idOf(call("POST", versions(subject, ""), SchemaText.of(schema)));
    }

    @Override
    public int id(String subject, Schema schema) {
        return idOf(call("POST", "/subjects/" + encode(subject), SchemaText.of(schema)));
    }

    @Override
    public Schema byId(int id) {
        return parse(call("GET", "/schemas/ids/" + id, null), "schema id " + id);
    }

    @Override
    public Optional<Version> latest(String subject) {
        try {
            return Optional.of(version(subject, call("GET", versions(subject, "/latest"), null)));
        } catch (SchemaNotFoundException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<Version> versions(String subject) {
        List<Version> versions = new ArrayList<>();
        JsonNode numbers;
        try {
            numbers = call("GET", versions(subject, DELETED_TOO), null);
        } catch (SchemaNotFoundException e) {
            return versions;
        }
        for (int i = Math.max(0, numbers.size() - MOST_VERSIONS); i < numbers.size(); i++) {
            try {
                String one = "/" + numbers.path(i).asInt() + DELETED_TOO;
                versions.add(version(subject, call("GET", versions(subject, one), null)));
            } catch (SerializationException e) {
                // Whoever meets its id is told.
            }
        }
        return versions;
    }

    private static String versions(String subject, String what) {
        return "/subjects/" + encode(subject) + "/versions" + what;
    }

    private Version version(String subject, JsonNode answer) {
        int version = answer.path("version").asInt();
        return new Version(subject, version, idOf(answer), parse(answer, "version " + version + " of " + subject));
    }

    private Schema parse(JsonNode answer, String what) {
        String type = answer.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO")) {
            throw new SerializationException(what + " is a " + type + " schema; only AVRO can be read");
        }
        try {
            return SchemaText.of(answer)
                    .parse(reference -> SchemaText.of(
                            call("GET", versions(reference.subject(), "/" + reference.version() + DELETED_TOO), null)));
        } catch (KafkaException e) {
            throw e;
        } catch (RuntimeException e) { // Avro has many: NullPointerException for an unknown type, and others
            throw new SerializationException(what + " is no Avro schema that can be read: " + line(e.getMessage()));
        }
    }

    private static int idOf(JsonNode answer) {
        if (!answer.path("id").isInt()) {
            throw new RegistryRefusedException(
                    200, "the schema registry's answer has no id; check schema.registry.url");
        }
        return answer.path("id").intValue();
    }

    private JsonNode call(String method, String path, SchemaText body) {
        for (int attempt = 0; ; attempt++) {
            String[] failures = new String[endpoints.size()];
            int start = preferred;
            for (int i = 0; i < endpoints.size(); i++) {
                int index = (start + i) % endpoints.size();
                Endpoint endpoint = endpoints.get(index);
                try {
                    Answer answer = send(endpoint, method, path, body);
                    if (!answer.mayPass()) {
                        preferred = index;
                        return answer.orThrow(method, endpoint.url() + path);
                    }
                    failures[i] = endpoint.url() + " (HTTP " + answer.status() + ")";
                } catch (IOException e) {
                    failures[i] = endpoint.url() + " (" + line(e.toString()) + ")";
                }
            }
            if (attempt == config.getInt(AvroConfig.MAX_RETRIES)) {
                throw new RegistryUnavailableException("no schema registry answered " + method + " " + path + " in "
                        + (attempt + 1) + " attempts: " + String.join(", ", failures)
                        + "; check that it runs and that " + AvroConfig.URLS + " is right");
            }
            pause(attempt);
        }
    }

    /** What the registry said; the body is JSON, or missing where the answer is an error. */
    private record Answer(int status, JsonNode body) {

        boolean mayPass() {
            return status >= 500 || status == 429 || status == 408;
        }

        JsonNode orThrow(String method, String url) {
            if (status / 100 == 2) {
                return body;
            }
            int code = body.path("error_code").asInt(status);
            String message = "schema registry answered " + method + " " + url + " with " + code + ": "
                    + line(body.path("message").asText("no message"));
            throw switch (code) {
                case Subjects.NO_SUBJECT, Subjects.NO_VERSION, Subjects.NO_SCHEMA ->
                    new SchemaNotFoundException(message + "; register the schema first, or check " + AvroConfig.URLS);
                case 401, 403, 40101, 40301 ->
                    new RegistryRefusedException(code, message + "; check the credentials for the schema registry");
                default -> new RegistryRefusedException(code, message);
            };
        }
    }

    private Answer send(Endpoint endpoint, String method, String path, SchemaText body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(endpoint.url() + path).toURL().openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(config.getInt(AvroConfig.CONNECT_TIMEOUT));
        connection.setReadTimeout(config.getInt(AvroConfig.READ_TIMEOUT));
        connection.setInstanceFollowRedirects(false); // credentials go nowhere else
        connection.setUseCaches(false);
        connection.setRequestProperty("Accept", CONTENT_TYPE);
        endpoint.authorization()
                .map(Password::value)
                .ifPresent(value -> connection.setRequestProperty("Authorization", value));
        if (connection instanceof HttpsURLConnection https) {
            ssl.ifPresent(
                    factory -> https.setSSLSocketFactory(factory.sslContext().getSocketFactory()));
            if (anyHostname) {
                https.setHostnameVerifier((host, session) -> true);
            }
        }
        if (body != null) {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", CONTENT_TYPE);
            connection.getOutputStream().write(JSON.writeValueAsBytes(body));
        }
        int status = status(connection);
        boolean success = status / 100 == 2;
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            byte[] bytes = in == null ? new byte[0] : read(in);
            return new Answer(status, success ? json(bytes) : errorBody(bytes));
        }
    }

    /** A single read is bounded by the socket, a head that comes a byte at a time by this: to connect, and two reads. */
    private int status(HttpURLConnection connection) throws IOException {
        int read = config.getInt(AvroConfig.READ_TIMEOUT);
        if (read == 0) {
            return connection.getResponseCode();
        }
        long limit = config.getInt(AvroConfig.CONNECT_TIMEOUT) + 2L * read;
        CompletableFuture<Void> late =
                new CompletableFuture<Void>().completeOnTimeout(null, limit, TimeUnit.MILLISECONDS);
        late.thenRunAsync(connection::disconnect);
        try {
            int status = connection.getResponseCode();
            if (status < 400) {
                connection.getInputStream(); // a status may have come without the rest
            }
            return status;
        } catch (IOException e) {
            throw late.isDone() ? new IOException("the answer's head took longer than " + limit + " ms") : e;
        } finally {
            late.cancel(false);
        }
    }

    /** Each read may take so long, and so may all: a registry that answers a byte at a time holds nobody up. */
    private byte[] read(InputStream in) throws IOException {
        int limit = config.getInt(AvroConfig.READ_TIMEOUT);
        long start = System.nanoTime();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[8_192];
        for (int length = in.read(some); length >= 0 && all.size() < LONGEST_ANSWER; length = in.read(some)) {
            all.write(some, 0, length);
            if (limit > 0 && System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(limit)) {
                throw new IOException("the answer took longer than " + AvroConfig.READ_TIMEOUT + "=" + limit);
            }
        }
        return all.toByteArray();
    }

    /** A success that is no JSON is not the registry's: something stands between. */
    private static JsonNode json(byte[] bytes) throws IOException {
        try {
            JsonNode node = JSON.readTree(bytes);
            if (node.isContainerNode()) {
                return node;
            }
        } catch (IOException e) {
            // said below, without the answer's text
        }
        throw new IOException("the answer is no JSON object or array");
    }

    private static JsonNode errorBody(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException e) {
            return JSON.createObjectNode();
        }
    }

    private void pause(int attempt) {
        long longest = Math.min(
                config.getInt(AvroConfig.RETRY_MAX_WAIT),
                (long) config.getInt(AvroConfig.RETRY_WAIT) << Math.min(attempt, 20));
        try {
            // Between half and all of it, so that the instances of a cluster do not ask in step.
            Thread.sleep(longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1));
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** What others say, so that it neither ends a line of the log nor fills it. */
    private static String line(String text) {
        String line = String.valueOf(text).replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]+", " ");
        return line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "\u2026" : line;
    }

    private static String encode(String subject) {
        return URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
