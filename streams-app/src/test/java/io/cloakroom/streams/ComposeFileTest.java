package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
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

    private static final Pattern EXACT_VERSION = Pattern.compile("[^:]+:\\d+\\.\\d+\\.\\d+([_-][\\w.-]+)?");
    private static final Pattern SECRET =
            Pattern.compile("(?i)passw|secret|token|credential|api_?key|private|jaas|-----BEGIN|[A-Za-z0-9+/]{32,}");

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
        Properties gate = new Properties();
        try (Reader reader = Files.newBufferedReader(ROOT.resolve("docker/gate.properties"))) {
            gate.load(reader);
        }
        JsonNode services = new YAMLMapper().readTree(Files.readString(FILE)).get("services");
        assertThat(services.at("/broker/environment/KAFKA_ADVERTISED_LISTENERS").asString())
                .contains("://" + gate.getProperty("bootstrap.servers"));
        assertThat(services.at("/registry/healthcheck/test").toString())
                .contains(gate.getProperty("schema.registry.url").replace("registry", "127.0.0.1"));
        Set<String> targets = new HashSet<>();
        for (JsonNode mount : services.at("/gate/volumes")) {
            targets.add(
                    mount.isString()
                            ? mount.asString().split(":")[1]
                            : mount.get("target").asString());
        }
        assertThat(targets)
                .contains(
                        gate.getProperty("state.dir"),
                        gate.getProperty("cloakroom.policies"),
                        gate.getProperty("cloakroom.keys"));
        assertThat(gate.toString()).doesNotContainPattern(SECRET);
    }

    private static List<String> problems(String yaml) throws IOException {
        JsonNode compose = new YAMLMapper().readTree(yaml);
        List<String> problems = new ArrayList<>();
        composeSpecification().validate(compose).forEach(error -> problems.add(error.toString()));
        Set<String> volumes = new HashSet<>(compose.get("volumes").propertyNames());
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
            for (String problem : serviceProblems(service.getValue(), volumes)) {
                problems.add(service.getKey() + ": " + problem);
            }
        });
        return problems;
    }

    private static List<String> serviceProblems(JsonNode service, Set<String> volumes) {
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
            if (!volumes.contains(source) && !(source.startsWith("./") && Files.exists(ROOT.resolve(source)))) {
                problems.add(source + " is neither in the repository nor a volume");
            }
        }
        JsonNode environment = service.path("environment");
        if (!environment.isMissingNode() && !environment.isObject()) {
            problems.add("environment is not a map");
        }
        environment.properties().forEach(variable -> {
            if (SECRET.matcher(variable.getKey() + "=" + variable.getValue().asString(""))
                    .find()) {
                problems.add(variable.getKey() + " looks like a secret");
            }
        });
        return problems;
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
