package io.cloakroom.schemas;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;

/** The settings of the wire format and its registry, under Confluent's names wherever Confluent has one. */
public final class AvroConfig extends AbstractConfig {

    public static final String URLS = "schema.registry.url";
    public static final String AUTO_REGISTER = "auto.register.schemas";
    public static final String USE_LATEST = "use.latest.version";
    public static final String SPECIFIC_READER = "specific.avro.reader";
    public static final String REMOVE_JAVA_PROPERTIES = "avro.remove.java.properties";
    public static final String SERIALIZER = "cloakroom.avro.serializer";
    static final String BASIC_SOURCE = "basic.auth.credentials.source";
    static final String BASIC_USER_INFO = "basic.auth.user.info";
    static final String BEARER_SOURCE = "bearer.auth.credentials.source";
    static final String BEARER_TOKEN = "bearer.auth.token";
    static final String CONNECT_TIMEOUT = "http.connect.timeout.ms";
    static final String READ_TIMEOUT = "http.read.timeout.ms";
    static final String MAX_RETRIES = "max.retries";
    static final String RETRY_WAIT = "retries.wait.ms";
    static final String RETRY_MAX_WAIT = "retries.max.wait.ms";
    /** Kafka's own {@code ssl.*} settings, with this before them, are those of the connection to the registry. */
    static final String SSL_PREFIX = "schema.registry.";

    private static final String MOCK = "mock://";

    /** Prints as documentation: {@code DEFINITION.toRst()}. */
    public static final ConfigDef DEFINITION = new ConfigDef()
            .define(
                    URLS,
                    Type.LIST,
                    ConfigDef.NO_DEFAULT_VALUE,
                    AvroConfig::checkUrls,
                    Importance.HIGH,
                    "The schema registry: http or https addresses, tried in turn, or mock://SCOPE for one inside this"
                            + " process that all who name the scope share.")
            .define(
                    AUTO_REGISTER,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether the serializer registers a schema that the subject does not have. Confluent's default is"
                            + " true; here a schema is reviewed before it is published.")
            .define(
                    USE_LATEST,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether the serializer writes with the newest schema of the subject in place of the value's own,"
                            + " fields matched by name. Counts only where " + AUTO_REGISTER + " is false.")
            .define(
                    SPECIFIC_READER,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether the deserializer returns instances of the generated classes.")
            .define(
                    REMOVE_JAVA_PROPERTIES,
                    Type.BOOLEAN,
                    false,
                    Importance.LOW,
                    "Whether the serializer drops the property avro.java.string, which generated classes carry, before"
                            + " it registers or looks up a schema.")
            .define(
                    SERIALIZER,
                    Type.STRING,
                    "cloakroom",
                    ValidString.in("cloakroom", "confluent"),
                    Importance.LOW,
                    "Whose serializer writes and reads the wire format. confluent needs Confluent's jar on the class"
                            + " path: build with the Maven profile confluent. It changes no decision.")
            .define(
                    BASIC_SOURCE,
                    Type.STRING,
                    "URL",
                    ValidString.in("URL", "USER_INFO", "SASL_INHERIT"),
                    Importance.MEDIUM,
                    "Where the user and password for the registry stand: in its address, in " + BASIC_USER_INFO
                            + ", or in " + SaslConfigs.SASL_JAAS_CONFIG + ".")
            .define(
                    BASIC_USER_INFO,
                    Type.PASSWORD,
                    null,
                    Importance.MEDIUM,
                    "user:password, for " + BASIC_SOURCE + "=USER_INFO.")
            .define(
                    BEARER_SOURCE,
                    Type.STRING,
                    null,
                    ConfigDef.LambdaValidator.with(AvroConfig::checkBearerSource, () -> "null or STATIC_TOKEN"),
                    Importance.MEDIUM,
                    "STATIC_TOKEN to send " + BEARER_TOKEN + " in place of a user and password.")
            .define(BEARER_TOKEN, Type.PASSWORD, null, Importance.MEDIUM, "The bearer token for the registry.")
            .define(
                    CONNECT_TIMEOUT,
                    Type.INT,
                    10_000,
                    Range.atLeast(1),
                    Importance.LOW,
                    "Milliseconds to wait for a connection to the registry.")
            .define(
                    READ_TIMEOUT,
                    Type.INT,
                    10_000,
                    Range.atLeast(1),
                    Importance.LOW,
                    "Milliseconds to wait for the registry's answer.")
            .define(
                    MAX_RETRIES,
                    Type.INT,
                    3,
                    Range.atLeast(0),
                    Importance.LOW,
                    "How often to ask all registries again when none can be reached or they answer 408, 429 or 5xx.")
            .define(
                    RETRY_WAIT,
                    Type.INT,
                    1_000,
                    Range.atLeast(0),
                    Importance.LOW,
                    "Milliseconds before the first repetition; each further wait is twice as long.")
            .define(
                    RETRY_MAX_WAIT,
                    Type.INT,
                    20_000,
                    Range.atLeast(0),
                    Importance.LOW,
                    "The longest wait before a repetition, in milliseconds.")
            .define(
                    SaslConfigs.SASL_JAAS_CONFIG,
                    Type.PASSWORD,
                    null,
                    Importance.LOW,
                    SaslConfigs.SASL_JAAS_CONFIG_DOC);

    static {
        DEFINITION.embed(SSL_PREFIX, "", 0, new ConfigDef().withClientSslSupport());
    }

    AvroConfig(Map<String, ?> configs) {
        super(DEFINITION, configs, false);
    }

    /** The scope of a {@code mock://} registry. */
    Optional<String> mockScope() {
        String first = getList(URLS).get(0);
        return first.startsWith(MOCK) ? Optional.of(first.substring(MOCK.length())) : Optional.empty();
    }

    boolean confluent() {
        return getString(SERIALIZER).equals("confluent");
    }

    /** An address and the value of the header {@code Authorization} to send there. */
    record Endpoint(URI url, Optional<Password> authorization) {}

    List<Endpoint> endpoints() {
        return getList(URLS).stream()
                .map(url -> {
                    URI uri = URI.create(url);
                    return new Endpoint(withoutUserInfo(uri), authorization(uri));
                })
                .toList();
    }

    /** Kafka's {@code ssl.*} settings for the registry; empty if none is given. */
    Map<String, Object> ssl() {
        Map<String, Object> given = originalsWithPrefix(SSL_PREFIX);
        given.keySet().removeIf(name -> !name.startsWith("ssl."));
        if (given.isEmpty()) {
            return Map.of();
        }
        return new HashMap<>(new AbstractConfig(new ConfigDef().withClientSslSupport(), given, false).values());
    }

    private Optional<Password> authorization(URI url) {
        if (getString(BEARER_SOURCE) != null) {
            String token = required(BEARER_TOKEN, BEARER_SOURCE).value().strip();
            if (token.chars().anyMatch(Character::isISOControl)) {
                throw new ConfigException(BEARER_TOKEN + " has a line break or another control character in it");
            }
            return Optional.of(new Password("Bearer " + token));
        }
        return switch (getString(BASIC_SOURCE)) {
            case "USER_INFO" ->
                Optional.of(basic(required(BASIC_USER_INFO, BASIC_SOURCE).value()));
            case "SASL_INHERIT" -> Optional.of(basic(saslUserInfo()));
            default -> Optional.ofNullable(url.getUserInfo()).map(AvroConfig::basic);
        };
    }

    private String saslUserInfo() {
        required(SaslConfigs.SASL_JAAS_CONFIG, BASIC_SOURCE);
        var entries = JaasContext.loadClientContext(values()).configurationEntries();
        return JaasContext.configEntryOption(entries, "username", null) + ":"
                + JaasContext.configEntryOption(entries, "password", null);
    }

    private Password required(String name, String because) {
        Password value = getPassword(name);
        if (value == null) {
            throw new ConfigException(name + " is missing, and " + because + " asks for it");
        }
        return value;
    }

    private static Password basic(String userInfo) {
        return new Password("Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8)));
    }

    private static URI withoutUserInfo(URI url) {
        try {
            String path = url.getPath() == null ? "" : url.getPath().replaceAll("/+$", "");
            return new URI(url.getScheme(), null, url.getHost(), url.getPort(), path, null, null);
        } catch (URISyntaxException e) {
            throw new ConfigException(URLS + " cannot be used"); // not the address: it may hold a password
        }
    }

    private static void checkUrls(String name, Object value) {
        List<?> urls = (List<?>) value;
        boolean mock = urls.size() == 1 && urls.get(0).toString().startsWith(MOCK);
        if (urls.isEmpty() || !mock && !urls.stream().allMatch(AvroConfig::isHttp)) {
            // Without the value: an address may hold a password.
            throw new ConfigException(
                    name + " must be one or more http or https addresses, or a single mock://SCOPE, as in"
                            + " http://localhost:8081");
        }
    }

    private static boolean isHttp(Object value) {
        try {
            URI url = new URI(value.toString());
            return ("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme()))
                    && url.getHost() != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static void checkBearerSource(String name, Object value) {
        if (value != null && !value.equals("STATIC_TOKEN")) {
            throw new ConfigException(name, value, "only STATIC_TOKEN is supported");
        }
    }
}
