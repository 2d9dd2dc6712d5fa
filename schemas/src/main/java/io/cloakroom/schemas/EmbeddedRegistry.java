package io.cloakroom.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.cloakroom.schemas.Subjects.Stored;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema registry that speaks Confluent's REST interface, for the demo, for tests and for a single machine. Avro only;
 * one process, no replicas. Listens on the loopback address unless told otherwise.
 */
public final class EmbeddedRegistry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedRegistry.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_REQUEST = 16 << 20;
    private static final int THREADS = 8;

    static {
        // The JDK's server writes head and body apart; without this each answer waits for an acknowledgement, 40 ms.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
    }

    /** How to start; each setting returns this. */
    public static final class Builder {
        private InetSocketAddress address = new InetSocketAddress("127.0.0.1", 0);
        private Optional<Path> file = Optional.empty();
        private Optional<HttpsConfigurator> tls = Optional.empty();
        private final List<String> authorizations = new ArrayList<>();

        private Builder() {}

        /** A port of the loopback address; 0 for any that is free. */
        public Builder port(int port) {
            return address(new InetSocketAddress("127.0.0.1", port));
        }

        /** Where to listen. On an address that others reach, ask for TLS and credentials too. */
        public Builder address(InetSocketAddress address) {
            this.address = address;
            return this;
        }

        /** Keeps every change in this file, on disk before it is confirmed, and begins with what stands there. */
        public Builder file(Path file) {
            this.file = Optional.of(file);
            return this;
        }

        /** By Kafka's own {@code ssl.*} settings, as {@link ServerTls} takes them; who is there without a certificate may be refused. */
        public Builder tls(Map<String, ?> settings) {
            tls = Optional.of(ServerTls.configurator(settings));
            return this;
        }

        /** Who may ask; without this and {@link #bearer}, everyone. */
        public Builder user(String name, String password) {
            byte[] both = (name + ":" + password).getBytes(StandardCharsets.UTF_8);
            authorizations.add("Basic " + Base64.getEncoder().encodeToString(both));
            return this;
        }

        /** A token that may ask. */
        public Builder bearer(String token) {
            authorizations.add("Bearer " + token);
            return this;
        }

        public EmbeddedRegistry start() throws IOException {
            return new EmbeddedRegistry(this);
        }
    }

    private record Route(String method, Pattern path, Handler handler) {}

    private interface Handler {
        Object answer(Request request) throws IOException;
    }

    private record Request(List<String> path, Map<String, String> query, byte[] body) {

        String subject() {
            return path.get(0);
        }

        boolean is(String parameter) {
            return Boolean.parseBoolean(query.get(parameter));
        }

        /** Empty for the latest. */
        Optional<Integer> version() {
            String version = path.get(1);
            if (version.equals("latest") || version.equals("-1")) {
                return Optional.empty();
            }
            int number = number(version);
            if (number < 1) {
                throw invalidVersion(version);
            }
            return Optional.of(number);
        }

        SchemaText schema() {
            JsonNode json = json();
            String type = json.path("schemaType").asText("AVRO");
            if (!type.equals("AVRO")) {
                throw refused(422, "schema type " + type + " is not supported; only AVRO is");
            }
            if (!json.path("schema").isTextual()) {
                throw refused(42201, "Invalid schema: the field \"schema\" must be a string");
            }
            return SchemaText.of(json);
        }

        Compatibility level() {
            String level = json().path("compatibility").asText();
            return Stream.of(Compatibility.values())
                    .filter(known -> known.name().equalsIgnoreCase(level))
                    .findFirst()
                    .orElseThrow(() -> refused(
                            42203,
                            "Invalid compatibility level. Valid values are none, backward, forward, full,"
                                    + " backward_transitive, forward_transitive, and full_transitive"));
        }

        private JsonNode json() {
            try {
                JsonNode json = JSON.readTree(body);
                if (json.isObject()) {
                    return json;
                }
            } catch (IOException e) {
                // said below
            }
            throw refused(400, "the body must be a JSON object");
        }
    }

    private final Optional<Journal> journal;
    private final Subjects subjects;
    private final HttpServer server;
    private final ExecutorService threads;
    private final boolean https;
    private final List<String> authorizations;
    private final List<Route> routes = new ArrayList<>();

    private EmbeddedRegistry(Builder builder) throws IOException {
        subjects = new Subjects(change -> journal().ifPresent(j -> j.append(change)));
        server = builder.tls.isPresent() ? HttpsServer.create() : HttpServer.create();
        if (server instanceof HttpsServer secure) {
            secure.setHttpsConfigurator(builder.tls.get());
        }
        https = builder.tls.isPresent();
        authorizations = List.copyOf(builder.authorizations);
        journal = builder.file.isPresent()
                ? Optional.of(new Journal(builder.file.get(), subjects::apply))
                : Optional.empty();
        try {
            server.bind(builder.address, 0);
        } catch (IOException e) {
            closeJournal();
            throw e;
        }
        threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "schema-registry");
            thread.setDaemon(true);
            return thread;
        });
        addRoutes();
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** For {@code schema.registry.url}. */
    public String url() {
        InetSocketAddress address = server.getAddress();
        String host = address.getAddress().isAnyLocalAddress() ? "localhost" : address.getHostString();
        return (https ? "https://" : "http://") + host + ":" + port();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        threads.shutdownNow();
        closeJournal();
    }

    private void closeJournal() throws IOException {
        if (journal.isPresent()) {
            journal.get().close();
        }
    }

    private Optional<Journal> journal() {
        return journal;
    }

    private void addRoutes() {
        route("GET", "/", r -> Map.of());
        route(
                "GET",
                "/v1/metadata/id",
                r -> Map.of("scope", Map.of("path", List.of(), "clusters", Map.of()), "id", ""));
        route("GET", "/contexts", r -> List.of("."));
        route("GET", "/schemas/types", r -> List.of("AVRO"));
        route("GET", "/schemas/ids/*", r -> withMaxId(r, withId(r).get(0).text()));
        route(
                "GET",
                "/schemas/ids/*/schema",
                r -> new RawJson(withId(r).get(0).text().schema()));
        route(
                "GET",
                "/schemas/ids/*/subjects",
                r -> uses(r).map(Stored::subject).distinct().toList());
        route(
                "GET",
                "/schemas/ids/*/versions",
                r -> uses(r).map(s -> Map.of("subject", s.subject(), "version", s.version()))
                        .toList());

        route(
                "GET",
                "/subjects",
                r -> subjects.names(r.is("deleted")).stream()
                        .filter(s -> s.startsWith(r.query().getOrDefault("subjectPrefix", "")))
                        .toList());
        route("POST", "/subjects/*", r -> view(subjects.find(r.subject(), r.schema(), r.is("deleted"))));
        route("DELETE", "/subjects/*", r -> subjects.delete(r.subject(), r.is("permanent")));
        route(
                "GET",
                "/subjects/*/versions",
                r -> subjects.versions(r.subject(), r.is("deleted")).stream()
                        .map(Stored::version)
                        .toList());
        route(
                "POST",
                "/subjects/*/versions",
                r -> Map.of("id", subjects.register(r.subject(), r.schema()).id()));
        route("GET", "/subjects/*/versions/*", r -> view(version(r)));
        route(
                "GET",
                "/subjects/*/versions/*/schema",
                r -> new RawJson(version(r).text().schema()));
        route("GET", "/subjects/*/versions/*/referencedby", r -> subjects.referencing(version(r)));
        route("DELETE", "/subjects/*/versions/*", r -> subjects.delete(r.subject(), r.version(), r.is("permanent")));

        route("POST", "/compatibility/subjects/*/versions", r -> verdict(r, Optional.empty()));
        route("POST", "/compatibility/subjects/*/versions/*", this::compatibleWithOne);
        route("GET", "/config", r -> level(subjects.level()));
        route("PUT", "/config", r -> setLevel(r, Optional.empty()));
        route("DELETE", "/config", r -> level(subjects.dropLevel(Optional.empty())));
        route(
                "GET",
                "/config/*",
                r -> level(subjects.level(r.subject())
                        .or(() -> r.is("defaultToGlobal") ? Optional.of(subjects.level()) : Optional.empty())
                        .orElseThrow(() -> Subjects.noLevel(r.subject()))));
        route("PUT", "/config/*", r -> setLevel(r, Optional.of(r.subject())));
        route("DELETE", "/config/*", r -> level(subjects.dropLevel(Optional.of(r.subject()))));
        route("GET", "/mode", r -> Map.of("mode", "READWRITE"));
        route("GET", "/mode/*", r -> Map.of("mode", "READWRITE"));
    }

    private void route(String method, String path, Handler handler) {
        routes.add(new Route(method, Pattern.compile(path.replace("*", "([^/]+)") + "/?"), handler));
    }

    private List<Stored> withId(Request request) {
        return subjects.withId(number(request.path().get(0)));
    }

    private Object withMaxId(Request request, SchemaText text) {
        ObjectNode json = JSON.valueToTree(text);
        return request.is("fetchMaxId") ? json.put("maxId", subjects.lastId()) : json;
    }

    private Stream<Stored> uses(Request request) {
        return withId(request).stream().filter(s -> request.is("deleted") || !s.deleted());
    }

    private Stored version(Request request) {
        return subjects.version(request.subject(), request.version(), request.is("deleted"));
    }

    private Object compatibleWithOne(Request request) {
        Optional<Stored> one;
        try {
            one = Optional.of(subjects.version(request.subject(), request.version(), false));
        } catch (RegistryRefusedException e) {
            if (request.version().isPresent()) {
                throw e;
            }
            one = Optional.empty(); // a first schema is compatible with a latest that there is not
        }
        return verdict(request, one);
    }

    private Object verdict(Request request, Optional<Stored> one) {
        List<String> problems = subjects.problems(request.subject(), request.schema(), one);
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("is_compatible", problems.isEmpty());
        if (request.is("verbose")) {
            verdict.put("messages", problems);
        }
        return verdict;
    }

    private Object setLevel(Request request, Optional<String> subject) {
        Compatibility level = request.level();
        subjects.level(subject, level);
        return Map.of("compatibility", level);
    }

    private static Object level(Compatibility level) {
        return Map.of("compatibilityLevel", level);
    }

    private static Object view(Stored stored) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("subject", stored.subject());
        view.put("version", stored.version());
        view.put("id", stored.id());
        view.put("schema", stored.text().schema());
        if (!stored.text().references().isEmpty()) {
            view.put("references", stored.text().references());
        }
        return view;
    }

    /** An answer that is JSON already. */
    private record RawJson(String text) {}

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            int status = 200;
            Object answer;
            try {
                answer = answer(exchange);
            } catch (RegistryRefusedException e) {
                status = e.code() > 999 ? e.code() / 100 : e.code();
                answer = error(e.code(), e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("schema registry failed method={}", exchange.getRequestMethod(), e);
                status = 500;
                answer = error(50001, "Error in the backend data store");
            }
            if (status == 401) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"schema registry\"");
            }
            byte[] bytes = answer instanceof RawJson raw
                    ? raw.text().getBytes(StandardCharsets.UTF_8)
                    : JSON.writeValueAsBytes(answer);
            exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private Object answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(LONGEST_REQUEST);
        if (!authorized(exchange.getRequestHeaders().getFirst("Authorization"))) {
            throw refused(401, "Unauthorized");
        }
        if (body.length == LONGEST_REQUEST) {
            throw refused(413, "the request is too large");
        }
        String path = exchange.getRequestURI().getRawPath();
        boolean known = false;
        for (Route route : routes) {
            Matcher matcher = route.path().matcher(path);
            if (matcher.matches()) {
                known = true;
                if (route.method().equals(exchange.getRequestMethod())) {
                    List<String> parts = new ArrayList<>();
                    for (int i = 1; i <= matcher.groupCount(); i++) {
                        parts.add(decode(matcher.group(i).replace("+", "%2B")));
                    }
                    return route.handler()
                            .answer(new Request(
                                    parts, query(exchange.getRequestURI().getRawQuery()), body));
                }
            }
        }
        throw known ? refused(405, "HTTP 405 Method Not Allowed") : refused(404, "HTTP 404 Not Found");
    }

    private boolean authorized(String header) {
        byte[] given = String.valueOf(header).getBytes(StandardCharsets.UTF_8);
        return authorizations.isEmpty()
                || authorizations.stream()
                        .anyMatch(known -> MessageDigest.isEqual(known.getBytes(StandardCharsets.UTF_8), given));
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new LinkedHashMap<>();
        if (raw != null) {
            for (String pair : raw.split("&")) {
                String[] parts = pair.split("=", 2);
                query.put(decode(parts[0]), parts.length == 2 ? decode(parts[1]) : "");
            }
        }
        return query;
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw refused(400, "the address is not encoded rightly");
        }
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw invalidVersion(text);
        }
    }

    private static RegistryRefusedException invalidVersion(String text) {
        return refused(
                42202,
                "The specified version '" + text + "' is not a valid version id. Allowed values are between [1, 2^31-1]"
                        + " and the string \"latest\"");
    }

    private static Map<String, Object> error(int code, String message) {
        return Map.of("error_code", code, "message", message);
    }

    private static RegistryRefusedException refused(int code, String message) {
        return new RegistryRefusedException(code, message);
    }
}
