package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.cloakroom.streams.operations.Health;
import io.cloakroom.streams.operations.HealthServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What can be known of docker-compose.yml without Docker: no engine runs here, so no image is pulled and nothing is
 * started. The file is held against the Compose Specification's own schema and the rules of this repository.
 */
class ComposeFileTest {
    private static final Path ROOT = Path.of("..");
    private static final Path FILE = ROOT.resolve("docker-compose.yml");

    private static final Pattern EXACT_VERSION = Pattern.compile("[^:]+:v?\\d+\\.\\d+(\\.\\d+)?([_-][\\w.-]+)?");
    private static final Pattern SECRET =
            Pattern.compile("(?i)passw|secret|token|credential|api_?key|private|jaas|-----BEGIN|[A-Za-z0-9+/]{32,}");

    private static final Pattern ASKED = Pattern.compile("\\$\\{file:/etc/cloakroom/connect.properties:([^}]+)}");
    private static final String SECRETS = "/run/secrets/";

    @Test
    void shouldFollowTheSpecificationAndOurRules() throws IOException {
        assertThat(problems(Files.readString(FILE))).isEmpty();
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', textBlock = """
            image: apache/kafka:4.3.1          | image: apache/kafka:latest         | broker: image apache/kafka:latest is not of one exact version
            image: apache/kafka:4.3.1          | image: apache/kafka                | broker: image apache/kafka is not of one exact version
            image: eclipse-temurin:17.0.15_6-jre | image: eclipse-temurin:17-jre    | setup: image eclipse-temurin:17-jre is not of one exact version
            condition: service_healthy         | condition: service_hale            | does not have a value in the enumeration
            retries: 20                        | retires: 20                        | 'retires'
            healthcheck:                       | x-healthcheck:                     | broker: no healthcheck
            127.0.0.1:9092:9092                | 9092:9092                          | broker: port 9092:9092 is open to other machines
            127.0.0.1:8081:8080                | 0.0.0.0:8081:8080                  | registry: port 0.0.0.0:8081:8080 is open to other machines
            source: ./bin                      | source: ./sbin                     | setup: ./sbin is neither in the repository nor a volume
            secrets: [postgres]                | secrets: [postgress]               | postgres: postgress is no secret of this file
            file: ./docker/secrets/postgres    | environment: POSTGRES_PASSWORD     | the secret postgres is not a file in docker/secrets
            POSTGRES_PASSWORD_FILE: /run/secrets/postgres | POSTGRES_PASSWORD: x    | postgres: POSTGRES_PASSWORD looks like a secret
            POSTGRES_PASSWORD_FILE: /run/secrets/postgres | POSTGRES_PASSWORD_FILE: /run/secrets/other | postgres: POSTGRES_PASSWORD_FILE looks like a secret
            gate-keys:/keys                    | keys:/keys                         | setup: keys is neither in the repository nor a volume
            KAFKA_NODE_ID: 1                   | KAFKA_SSL_KEYSTORE_PASSWORD: 1     | broker: KAFKA_SSL_KEYSTORE_PASSWORD looks like a secret
            KAFKA_NODE_ID: 1                   | KAFKA_X: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0 | broker: KAFKA_X looks like a secret
            """)
    void shouldRefuseABrokenCopy(String right, String wrong, String problem) throws IOException {
        String file = Files.readString(FILE);
        assertThat(file).contains(right);
        String broken = file.replaceFirst(Pattern.quote(right), wrong);
        assertThat(problems(broken)).anySatisfy(found -> assertThat(found).contains(problem));
    }

    @Test
    void shouldTellTheGateWhereTheOthersAre() throws IOException {
        Properties gate = properties("docker/gate.properties");
        JsonNode services = new YAMLMapper().readTree(Files.readString(FILE)).get("services");
        assertThat(services.at("/broker/environment/KAFKA_ADVERTISED_LISTENERS").asString())
                .contains("://" + gate.getProperty("bootstrap.servers"));
        assertThat(services.at("/registry/healthcheck/test").toString())
                .contains(gate.getProperty("schema.registry.url").replace("registry", "127.0.0.1"));
        assertThat(targets(services.get("gate")))
                .contains(
                        gate.getProperty("state.dir"),
                        gate.getProperty("cloakroom.policies"),
                        gate.getProperty("cloakroom.keys"));
        assertThat(gate.toString()).doesNotContainPattern(SECRET);
    }

    @Test
    void shouldMakeTheSecretsThatTheFileMountsOnce(@TempDir Path directory) throws Exception {
        Path script = directory.resolve("make-secrets");
        Files.copy(ROOT.resolve("docker/make-secrets"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Map<String, String> first = secretsOf(script);
        assertThat(new YAMLMapper()
                        .readTree(Files.readString(FILE))
                        .get("secrets")
                        .valueStream())
                .extracting(secret -> secret.get("file").asString().replace("./docker/secrets/", ""))
                .containsExactlyInAnyOrderElementsOf(first.keySet());
        assertThat(first.get("postgres")).matches("[0-9a-f]{48}").isNotEqualTo(first.get("grafana-admin"));
        assertThat(first.get("connect.properties")).contains("warehouse.password=" + first.get("postgres") + "\n");
        try (Stream<Path> connectors = Files.list(ROOT.resolve("connectors/src/main/connect"))) {
            for (Path connector : connectors.toList()) {
                ASKED.matcher(Files.readString(connector))
                        .results()
                        .forEach(asked -> assertThat(first.get("connect.properties"))
                                .as(connector.toString())
                                .containsPattern("(?m)^" + Pattern.quote(asked.group(1)) + "=."));
            }
        }
        assertThat(secretsOf(script)).isEqualTo(first);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("secrets"))))
                .isEqualTo("rwx------");
    }

    private static Map<String, String> secretsOf(Path script) throws Exception {
        Process process =
                new ProcessBuilder(script.toString()).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        Map<String, String> secrets = new TreeMap<>();
        try (Stream<Path> files = Files.list(script.resolveSibling("secrets"))) {
            for (Path file : files.toList()) {
                secrets.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return secrets;
    }

    @Test
    void shouldAskTheGateWhetherItIsReady() throws Exception {
        AtomicReference<Optional<String>> no = new AtomicReference<>(Optional.empty());
        try (HealthServer server = HealthServer.start(new InetSocketAddress("127.0.0.1", 0), Map.of(), new Health() {
            @Override
            public Optional<String> dead() {
                return Optional.empty();
            }

            @Override
            public Optional<String> notReady() {
                return no.get();
            }

            @Override
            public String metrics() {
                return "";
            }
        })) {
            for (String service : List.of("gate", "signer")) {
                no.set(Optional.empty());
                assertThat(healthcheck(service, server.port())).isZero();
                no.set(Optional.of("the gate is REBALANCING"));
                assertThat(healthcheck(service, server.port())).isNotZero();
            }
        }
    }

    /** As the file has it, at another port. */
    private static int healthcheck(String service, int port) throws Exception {
        List<String> command = new ArrayList<>();
        new YAMLMapper()
                .readTree(Files.readString(FILE))
                .at("/services/" + service + "/healthcheck/test")
                .forEach(part -> command.add(part.asString().replace("9404", Integer.toString(port))));
        assertThat(command.remove(0)).isEqualTo("CMD");
        return new ProcessBuilder(command).start().waitFor();
    }

    @Test
    void shouldScrapeWhereTheServicesServe() throws Exception {
        JsonNode services = new YAMLMapper().readTree(Files.readString(FILE)).get("services");
        String listen = properties("docker/gate.properties").getProperty(Settings.LISTEN);
        String port = listen.substring(listen.indexOf(':') + 1);
        JsonNode prometheus =
                new YAMLMapper().readTree(Files.readString(ROOT.resolve("docker/prometheus/prometheus.yml")));
        assertThat(prometheus.at("/scrape_configs/0/dns_sd_configs/0/port").asString())
                .isEqualTo(port);
        assertThat(services.has(prometheus
                        .at("/scrape_configs/0/dns_sd_configs/0/names/0")
                        .asString()))
                .isTrue();
        assertThat(prometheus.at("/scrape_configs/1/static_configs/0/targets/0").asString())
                .isEqualTo("signer:" + port);
        for (JsonNode file : prometheus.get("rule_files")) {
            assertThat(ROOT.resolve("docker/prometheus").resolve(file.asString()))
                    .exists();
        }
        JsonNode source = new YAMLMapper()
                .readTree(Files.readString(ROOT.resolve("docker/grafana/provisioning/datasources/prometheus.yml")));
        JsonNode dashboard = new YAMLMapper().readTree(Files.readString(Operating.DASHBOARD));
        assertThat(dashboard.findValues("datasource"))
                .isNotEmpty()
                .allSatisfy(used -> assertThat(used.get("uid")).isEqualTo(source.at("/datasources/0/uid")));
        JsonNode provider = new YAMLMapper()
                .readTree(Files.readString(ROOT.resolve("docker/grafana/provisioning/dashboards/cloakroom.yml")));
        assertThat(targets(services.get("grafana")))
                .contains(provider.at("/providers/0/options/path").asString());
        Properties connect = properties("docker/connect.properties");
        assertThat(targets(services.get("connect"))).contains(connect.getProperty("plugin.path"));
        assertThat(connect.getProperty("bootstrap.servers"))
                .isEqualTo(properties("docker/gate.properties").getProperty("bootstrap.servers"));
        assertThat(connect.toString()).doesNotContainPattern("passw[^:]*=[^$]");
    }

    private static Properties properties(String file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(ROOT.resolve(file))) {
            properties.load(reader);
        }
        return properties;
    }

    private static Set<String> targets(JsonNode service) {
        Set<String> targets = new HashSet<>();
        for (JsonNode mount : service.get("volumes")) {
            targets.add(
                    mount.isString()
                            ? mount.asString().split(":")[1]
                            : mount.get("target").asString());
        }
        return targets;
    }

    private static List<String> problems(String yaml) throws IOException {
        JsonNode compose = new YAMLMapper().readTree(yaml);
        List<String> problems = new ArrayList<>();
        composeSpecification().validate(compose).forEach(error -> problems.add(error.toString()));
        Set<String> volumes = new HashSet<>(compose.get("volumes").propertyNames());
        compose.get("secrets").properties().forEach(secret -> {
            if (!secret.getValue().path("file").asString("").startsWith("./docker/secrets/")) {
                problems.add("the secret " + secret.getKey() + " is not a file in docker/secrets");
            }
        });
        Set<String> secrets = new HashSet<>(compose.get("secrets").propertyNames());
        Set<String> awaitedToEnd = new HashSet<>();
        compose.get("services")
                .forEach(service -> service.path("depends_on").properties().stream()
                        .filter(d ->
                                d.getValue().path("condition").asString("").equals("service_completed_successfully"))
                        .forEach(d -> awaitedToEnd.add(d.getKey())));
        compose.get("services").properties().forEach(service -> {
            if (!service.getValue().at("/healthcheck/test").isArray() && !awaitedToEnd.contains(service.getKey())) {
                problems.add(service.getKey() + ": no healthcheck");
            }
            for (String problem : serviceProblems(service.getValue(), volumes, secrets)) {
                problems.add(service.getKey() + ": " + problem);
            }
        });
        return problems;
    }

    private static List<String> serviceProblems(JsonNode service, Set<String> volumes, Set<String> secrets) {
        List<String> problems = new ArrayList<>();
        String image = service.path("image").asString("");
        if (!EXACT_VERSION.matcher(image).matches()) {
            problems.add("image " + image + " is not of one exact version");
        }
        for (JsonNode port : service.path("ports")) {
            if (!port.asString("").startsWith("127.0.0.1:")) {
                problems.add("port " + port.asString(port.toString()) + " is open to other machines");
            }
        }
        for (JsonNode mount : service.path("volumes")) {
            String source = mount.isString()
                    ? mount.asString().split(":")[0]
                    : mount.get("source").asString();
            if (!volumes.contains(source) && !(source.startsWith("./") && isThere(source))) {
                problems.add(source + " is neither in the repository nor a volume");
            }
        }
        Set<String> given = new HashSet<>();
        for (JsonNode secret : service.path("secrets")) {
            String name =
                    secret.isString() ? secret.asString() : secret.get("source").asString();
            given.add(name);
            if (!secrets.contains(name)) {
                problems.add(name + " is no secret of this file");
            }
        }
        JsonNode environment = service.path("environment");
        if (!environment.isMissingNode() && !environment.isObject()) {
            problems.add("environment is not a map");
        }
        environment.properties().forEach(variable -> {
            String value = variable.getValue().asString("");
            boolean isFile = variable.getKey().endsWith("_FILE")
                    && value.startsWith(SECRETS)
                    && given.contains(value.substring(SECRETS.length()));
            if (!isFile && SECRET.matcher(variable.getKey() + "=" + value).find()) {
                problems.add(variable.getKey() + " looks like a secret");
            }
        });
        return problems;
    }

    /** What a build makes counts as there where its module is. */
    private static boolean isThere(String source) {
        int target = source.indexOf("/target");
        return Files.exists(ROOT.resolve(target < 0 ? source : source.substring(0, target) + "/pom.xml"));
    }

    private static Schema composeSpecification() throws IOException {
        try (InputStream in = ComposeFileTest.class.getResourceAsStream("/compose-spec.json")) {
            ObjectNode schema = (ObjectNode) new JsonMapper().readTree(in);
            schema.remove("$id"); // a bare file name, which the validator refuses
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                    .getSchema(schema);
        }
    }
}
