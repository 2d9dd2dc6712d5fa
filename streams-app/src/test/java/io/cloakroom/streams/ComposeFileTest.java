package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.cloakroom.schemas.AvroConfig;
import io.cloakroom.streams.operations.Health;
import io.cloakroom.streams.operations.HealthServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.jdk.javaapi.CollectionConverters;
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

    /** In a command, a health check or a variable; not within a URL, nor what is asked of a server. */
    private static final Pattern PATH = Pattern.compile("(?<![\\w:/.-]|GET )/(?!/)[\\w./-]*");

    /** Where pom.xml has the version that tests use. */
    private static final Map<String, String> TESTED = Map.of(
            "apache/kafka",
            "kafka.version",
            "apicurio/apicurio-registry",
            "apicurio.version",
            "postgres",
            "postgres.version");

    /** What images have of their own. */
    private static final Map<String, List<String>> OF_IMAGES = Map.of("apache/kafka", List.of("/opt/kafka/bin/"));

    /**
     * What images read of their environment. Of Kafka's it is every setting of a broker. Of the others this is what is used
     * here: github.com/docker-library/docs/postgres; grafana.com/docs/grafana, "Configure Grafana", section by section; Apicurio
     * Registry 3.3, "configuration options" (its rule was tried out with 3.3.3, which then answers /config with BACKWARD).
     */
    private static final Map<String, Set<String>> VARIABLES = Map.of(
            "apache/kafka",
            CollectionConverters.asJava(KafkaConfig.configNames()).stream()
                    .map(name -> "KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'))
                    .collect(Collectors.toSet()),
            "apicurio/apicurio-registry",
            Set.of(
                    "APICURIO_STORAGE_KIND",
                    "APICURIO_KAFKASQL_BOOTSTRAP_SERVERS",
                    "APICURIO_RULES_GLOBAL_COMPATIBILITY"),
            "postgres",
            Set.of("POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD_FILE"),
            "grafana/grafana",
            Set.of(
                    "GF_SECURITY_ADMIN_PASSWORD__FILE",
                    "GF_ANALYTICS_REPORTING_ENABLED",
                    "GF_ANALYTICS_CHECK_FOR_UPDATES"));

    /** What images read untold: hub.docker.com/_/postgres, of 18 and later; grafana.com/docs, "Configure Docker". */
    private static final Map<String, Pattern> READ_BY_IMAGES = Map.of(
            "postgres",
            Pattern.compile("/var/lib/postgresql|/docker-entrypoint-initdb\\.d/[\\w.-]+\\.sql"),
            "grafana/grafana",
            Pattern.compile("/etc/grafana/provisioning|/var/lib/grafana"));

    /** What is mounted and not in the repository: where connectors/pom.xml puts a worker's plugins. */
    private static final String PLUGINS = "./connectors/target/plugins";

    private static final String IMAGE = "cloakroom/gate:";

    private static final String WORKER = "./docker/connect.properties";
    private static final Path CONNECTORS = ROOT.resolve("connectors/src/main/connect");

    /** A file, and what of it. */
    private static final Pattern ASKED = Pattern.compile("\\$\\{file:([^:}]+):([^}]+)}");

    private static final String SECRETS = "/run/secrets/";

    @Test
    void shouldFollowTheSpecificationAndOurRules() throws IOException {
        assertThat(problems(Files.readString(FILE))).isEmpty();
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', textBlock = """
            image: apache/kafka:4.3.1          | image: apache/kafka:latest         | broker: image apache/kafka:latest is not of one exact version
            image: apache/kafka:4.3.1          | image: apache/kafka                | broker: image apache/kafka is not of one exact version
            image: apache/kafka:4.3.1          | image: apache/kafka:4.3.0          | broker: apache/kafka:4.3.0 is not what is tested, 4.3.1
            apicurio-registry:3.3.3            | apicurio-registry:3.3.2            | registry: apicurio/apicurio-registry:3.3.2 is not what is tested, 3.3.3
            image: postgres:18.6               | image: postgres:18.5               | postgres: postgres:18.5 is not what is tested, 18.6
            image: cloakroom/gate:0.1.0-SNAPSHOT | image: cloakroom/gate:0.0.9      | ownership: cloakroom/gate:0.0.9 is not the image that the build makes
            pull_policy: never                 | pull_policy: missing               | ownership: cloakroom/gate is in no registry
            condition: service_healthy         | condition: service_hale            | does not have a value in the enumeration
            retries: 20                        | retires: 20                        | 'retires'
            healthcheck:                       | x-healthcheck:                     | broker: no healthcheck
            127.0.0.1:9092:9092                | 9092:9092                          | broker: port 9092:9092 is open to other machines
            127.0.0.1:8081:8080                | 0.0.0.0:8081:8080                  | registry: port 0.0.0.0:8081:8080 is open to other machines
            source: ./policy/policies          | source: ./policy/policy            | gate-keys: ./policy/policy is neither in the repository nor a volume
            source: ./connectors/target/plugins | source: ./connectors/target/plug  | connect: ./connectors/target/plug is neither in the repository nor a volume
            secrets: [postgres]                | secrets: [postgress]               | postgres: postgress is no secret of this file
            file: ./docker/secrets/postgres    | environment: POSTGRES_PASSWORD     | the secret postgres is not a file in docker/secrets
            POSTGRES_PASSWORD_FILE: /run/secrets/postgres | POSTGRES_PASSWORD: x    | postgres: POSTGRES_PASSWORD looks like a secret
            POSTGRES_PASSWORD_FILE: /run/secrets/postgres | POSTGRES_PASSWORD_FILE: /run/secrets/other | postgres: POSTGRES_PASSWORD_FILE looks like a secret
            gate-keys:/keys                    | keys:/keys                         | gate-keys: keys is neither in the repository nor a volume
            /config/gate.properties]           | /etc/gate.properties]              | gate-keys: nothing lies at /etc/gate.properties
            /run/secrets/grafana-admin         | /run/secrets/grafana               | grafana: nothing lies at /run/secrets/grafana
            target: /etc/cloakroom/connect     | target: /etc/connect               | connect: nothing lies at /etc/cloakroom/connect.properties
            target: /etc/cloakroom/connect     | target: /etc/connect               | connect: nothing reads /etc/connect.properties
            target: /plugins                   | target: /plugin                    | connect: nothing reads /plugin
            postgres-data:/var/lib/postgresql  | postgres-data:/var/lib/postgresql/data | postgres: nothing reads /var/lib/postgresql/data
            target: /docker-entrypoint-initdb.d/shop.sql | target: /docker-entrypoint.d/shop.sql | postgres: nothing reads /docker-entrypoint.d/shop.sql
            target: /etc/grafana/provisioning  | target: /etc/grafana/provisioned   | grafana: nothing reads /etc/grafana/provisioned
            target: /dashboards                | target: /dashboard                 | grafana: nothing reads /dashboard
            grafana-data:/var/lib/grafana      | grafana-data:/grafana              | grafana: nothing reads /grafana
            secrets: [grafana-admin]           | secrets: [grafana-admin, kek]      | grafana: nothing reads /run/secrets/kek
            /opt/kafka/bin/kafka-broker        | /opt/bin/kafka-broker              | broker: nothing lies at /opt/bin/kafka-broker-api-versions.sh
            KAFKA_LOG_DIRS                     | KAFKA_LOGS_DIR                     | broker: KAFKA_LOGS_DIR is no setting of apache/kafka
            KAFKA_NODE_ID                      | CONNECT_NODE_ID                    | broker: CONNECT_NODE_ID is no setting of apache/kafka
            APICURIO_STORAGE_KIND              | APICURIO_STORAGE_TYPE              | registry: APICURIO_STORAGE_TYPE is no setting of apicurio/apicurio-registry
            GF_ANALYTICS_REPORTING_ENABLED     | GF_REPORTING_ENABLED               | grafana: GF_REPORTING_ENABLED is no setting of grafana/grafana
            KAFKA_NODE_ID: 1                   | KAFKA_SSL_KEYSTORE_PASSWORD: 1     | broker: KAFKA_SSL_KEYSTORE_PASSWORD looks like a secret
            KAFKA_NODE_ID: 1                   | KAFKA_X: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0 | broker: KAFKA_X looks like a secret
            wal_level=logical]                 | password=hunter2]                  | postgres: command looks like a secret
            command: [postgres, -c, wal_level=logical] | command: postgres -c password=hunter2 | postgres: command looks like a secret
            entrypoint: [chown,                | entrypoint: [--token=x, chown,     | ownership: entrypoint looks like a secret
            [CMD, pg_isready,                  | [CMD, env, PGPASSWORD=x, pg_isready, | postgres: healthcheck looks like a secret
            """)
    void shouldRefuseABrokenCopy(String right, String wrong, String problem) throws IOException {
        String file = Files.readString(FILE);
        assertThat(file).contains(right);
        String broken = file.replaceFirst(Pattern.quote(right), wrong);
        assertThat(problems(broken)).anySatisfy(found -> assertThat(found).contains(problem));
    }

    @Test
    void shouldTellTheGateWhereTheOthersAre() throws IOException {
        Map<String, String> gate = new TreeMap<>(
                Settings.read(ROOT.resolve("docker/gate.properties")).all());
        Set<String> known = new HashSet<>(StreamsConfig.configDef().names());
        known.add(AvroConfig.URLS);
        assertThat(gate.keySet())
                .filteredOn(key -> !key.startsWith("cloakroom."))
                .isSubsetOf(known);
        JsonNode services = new YAMLMapper().readTree(Files.readString(FILE)).get("services");
        assertThat(services.at("/broker/environment/KAFKA_ADVERTISED_LISTENERS").asString())
                .contains("://" + gate.get("bootstrap.servers"));
        assertThat(services.at("/registry/healthcheck/test").toString())
                .contains(gate.get("schema.registry.url").replace("registry", "127.0.0.1"));
        assertThat(targets(services.get("gate")))
                .contains(gate.get("state.dir"), gate.get("cloakroom.policies"), gate.get("cloakroom.keys"));
        for (Map.Entry<String, JsonNode> service : services.properties()) {
            JsonNode command = service.getValue().path("command");
            if (service.getValue().get("image").asString().startsWith(IMAGE) && command.isArray()) {
                String[] words = command.valueStream().map(JsonNode::asString).toArray(String[]::new);
                assertThatCode(() -> Cloakroom.commandLine().parseArgs(words))
                        .as(service.getKey())
                        .doesNotThrowAnyException();
                assertThat(targets(service.getValue())).as(service.getKey()).contains(gate.get("cloakroom.policies"));
                if (!words[0].equals("topics")) {
                    assertThat(targets(service.getValue())).as(service.getKey()).contains(gate.get("cloakroom.keys"));
                }
            }
        }
        assertThat(gate.get(Settings.KEK)).isEqualTo(SECRETS + "kek");
        gate.remove(Settings.KEK);
        assertThat(gate.toString()).doesNotContainPattern(SECRET);
    }

    @Test
    void shouldLetConnectorsReadWhatTheyAskFor() throws IOException {
        String allowed =
                properties("docker/connect.properties").getProperty("config.providers.file.param.allowed.paths");
        try (Stream<Path> connectors = Files.list(CONNECTORS)) {
            for (Path connector : connectors.toList()) {
                assertThat(ASKED.matcher(Files.readString(connector)).results().map(asked -> asked.group(1)))
                        .as(connector.toString())
                        .allMatch(file -> isAt(file, allowed));
            }
        }
    }

    /** docs/operations.md, Keys: who can sign another audit is not who decides. */
    @Test
    void shouldKeepKeysFromWhoeverDoesNotNeedThem() throws IOException {
        JsonNode services = new YAMLMapper().readTree(Files.readString(FILE)).get("services");
        Map<String, Set<String>> volumes = new TreeMap<>();
        services.properties()
                .forEach(service -> service.getValue()
                        .path("volumes")
                        .forEach(mount -> volumes.computeIfAbsent(source(mount), name -> new TreeSet<>())
                                .add(service.getKey())));
        assertThat(volumes.get("gate-keys")).containsExactly("gate", "gate-keys", "ownership");
        assertThat(volumes.get("signer-keys")).containsExactly("ownership", "signer", "signer-keys");
        assertThat(services.properties())
                .filteredOn(
                        service -> service.getValue().path("secrets").toString().contains("\"kek\""))
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("gate", "gate-keys");
        JsonNode owned = services.get("ownership").get("entrypoint");
        assertThat(owned.get(1).asString()).isEqualTo("10001:10001");
        assertThat(targets(services.get("ownership")))
                .containsExactlyInAnyOrderElementsOf(
                        owned.valueStream().skip(2).map(JsonNode::asString).toList());
    }

    /** Longer than the gate takes at most: half a minute to close, a minute for what the process closes then. */
    @Test
    void shouldWaitForAGateThatIsStopped() throws IOException {
        String grace = new YAMLMapper()
                .readTree(Files.readString(FILE))
                .at("/services/gate/stop_grace_period")
                .asString();
        assertThat(Duration.parse("PT" + grace)).isGreaterThanOrEqualTo(Duration.ofSeconds(90));
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
        Properties connect = new Properties();
        connect.load(new StringReader(first.get("connect.properties")));
        JsonNode services = new YAMLMapper().readTree(Files.readString(FILE)).get("services");
        assertThat(targets(services.get("connect"))).contains(connect.getProperty("policies"));
        try (Stream<Path> connectors = Files.list(CONNECTORS)) {
            for (Path connector : connectors.toList()) {
                ASKED.matcher(Files.readString(connector))
                        .results()
                        .forEach(asked -> assertThat(first.get("connect.properties"))
                                .as(connector.toString())
                                .containsPattern("(?m)^" + Pattern.quote(asked.group(2)) + "=."));
            }
        }
        assertThat(secretsOf(script)).isEqualTo(first);

        Path config = Files.writeString(
                directory.resolve("gate.properties"),
                "cloakroom.policies=../policy/policies\ncloakroom.keys=" + directory.resolve("keys")
                        + "\ncloakroom.keys.kek=" + directory.resolve("secrets/kek"));
        assertThat(CloakroomTest.run("keys", "create", "--for", "gate", "--config", config.toString())
                        .exit())
                .isZero();
        assertThat(directory.resolve("keys/audit.1.json")).content().contains("encryptedKeyset");
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
        for (JsonNode mount : service.path("volumes")) {
            targets.add(
                    mount.isString()
                            ? mount.asString().split(":")[1]
                            : mount.get("target").asString());
        }
        return targets;
    }

    private static String source(JsonNode mount) {
        return mount.isString()
                ? mount.asString().split(":")[0]
                : mount.get("source").asString();
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
        for (Map.Entry<String, JsonNode> service : compose.get("services").properties()) {
            if (!service.getValue().at("/healthcheck/test").isArray() && !awaitedToEnd.contains(service.getKey())) {
                problems.add(service.getKey() + ": no healthcheck");
            }
            for (String problem : serviceProblems(service.getValue(), volumes, secrets)) {
                problems.add(service.getKey() + ": " + problem);
            }
        }
        return problems;
    }

    private static List<String> serviceProblems(JsonNode service, Set<String> volumes, Set<String> secrets)
            throws IOException {
        List<String> problems = new ArrayList<>();
        String image = service.path("image").asString("");
        if (!EXACT_VERSION.matcher(image).matches()) {
            problems.add("image " + image + " is not of one exact version");
        }
        if (image.startsWith(IMAGE) && !image.equals(IMAGE + version())) {
            problems.add(image + " is not the image that the build makes");
        }
        if (image.startsWith(IMAGE) && !service.path("pull_policy").asString("").equals("never")) {
            problems.add("cloakroom/gate is in no registry, and would be asked for there");
        }
        for (JsonNode port : service.path("ports")) {
            if (!port.asString("").startsWith("127.0.0.1:")) {
                problems.add("port " + port.asString(port.toString()) + " is open to other machines");
            }
        }
        for (JsonNode mount : service.path("volumes")) {
            String source = source(mount);
            if (!volumes.contains(source) && !(source.startsWith("./") && isThere(source))) {
                problems.add(source + " is neither in the repository nor a volume");
            }
        }
        Set<String> given = new HashSet<>();
        Set<String> there = targets(service);
        for (JsonNode secret : service.path("secrets")) {
            String name =
                    secret.isString() ? secret.asString() : secret.get("source").asString();
            given.add(name);
            there.add(secret.path("target").asString(SECRETS + name));
            if (!secrets.contains(name)) {
                problems.add(name + " is no secret of this file");
            }
        }
        String name = image.split(":")[0];
        if (TESTED.containsKey(name)) {
            String tested = tested(TESTED.get(name));
            if (!image.equals(name + ":" + tested)) {
                problems.add(image + " is not what is tested, " + tested);
            }
        }
        JsonNode environment = service.path("environment");
        environment.propertyNames().forEach(variable -> {
            if (!VARIABLES.getOrDefault(name, Set.of()).contains(variable)) {
                problems.add(variable + " is no setting of " + name);
            }
        });
        List<String> told = configurations(service);
        Set<String> read = new TreeSet<>();
        Stream.of(service.path("command"), service.path("entrypoint"), service.at("/healthcheck/test"), environment)
                .flatMap(ComposeFileTest::texts)
                .flatMap(text -> PATH.matcher(text).results())
                .forEach(path -> read.add(path.group()));
        told.forEach(text -> ASKED.matcher(text).results().forEach(asked -> read.add(asked.group(1))));
        read.stream()
                .filter(path -> !path.startsWith("/dev/")
                        && OF_IMAGES.getOrDefault(name, List.of()).stream().noneMatch(path::startsWith)
                        && there.stream().noneMatch(target -> isAt(path, target)))
                .forEach(path -> problems.add("nothing lies at " + path));
        told.forEach(text -> PATH.matcher(text).results().forEach(path -> read.add(path.group())));
        there.stream()
                .filter(target -> read.stream().noneMatch(path -> isAt(path, target))
                        && !(READ_BY_IMAGES.containsKey(name)
                                && READ_BY_IMAGES.get(name).matcher(target).matches()))
                .forEach(target -> problems.add("nothing reads " + target));
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
        for (String words : List.of("/command", "/entrypoint", "/healthcheck/test")) {
            if (texts(service.at(words)).anyMatch(text -> SECRET.matcher(text).find())) {
                problems.add(words.split("/")[1] + " looks like a secret");
            }
        }
        return problems;
    }

    /** What files of the repository tell it: those that it mounts, and of a worker its connectors and its secret. */
    private static List<String> configurations(JsonNode service) throws IOException {
        List<Path> from = new ArrayList<>();
        for (JsonNode mount : service.path("volumes")) {
            String source = source(mount);
            if (source.startsWith("./docker/") && isThere(source)) {
                from.add(ROOT.resolve(source));
            }
            if (source.equals(WORKER)) {
                from.addAll(List.of(CONNECTORS, ROOT.resolve("docker/make-secrets")));
            }
        }
        List<String> texts = new ArrayList<>();
        for (Path directory : from) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    texts.add(Files.readString(file));
                }
            }
        }
        return texts;
    }

    /** In a list, a map, or a line for a shell. */
    private static Stream<String> texts(JsonNode words) {
        return words.isString()
                ? Stream.of(words.asString())
                : words.valueStream().map(word -> word.asString(""));
    }

    private static boolean isAt(String path, String target) {
        return path.equals(target) || path.startsWith(target + "/");
    }

    private static boolean isThere(String source) {
        return source.equals(PLUGINS) || !source.contains("/target") && Files.exists(ROOT.resolve(source));
    }

    private static String tested(String property) throws IOException {
        Matcher value =
                Pattern.compile("<" + property + ">([^<]+)<").matcher(Files.readString(ROOT.resolve("pom.xml")));
        assertThat(value.find()).as(property).isTrue();
        return value.group(1);
    }

    /** The build's. */
    private static String version() {
        return Cloakroom.commandLine().getCommandSpec().version()[0];
    }

    @Test
    void shouldMountTheDirectoryThatTheBuildMakes() throws IOException {
        assertThat(ROOT.resolve("connectors/pom.xml"))
                .content()
                .contains("<plugins>${project.build.directory}/plugins</plugins>");
        assertThat(ROOT.resolve("streams-app/pom.xml"))
                .content()
                .contains("<image>" + IMAGE + "${project.version}</image>", "<user>10001:10001</user>");
        assertThat(ROOT.resolve("pom.xml")).content().contains("<version>" + version() + "</version>");
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
