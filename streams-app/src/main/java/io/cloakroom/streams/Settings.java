package io.cloakroom.streams;

import io.cloakroom.policy.KeyFiles;
import io.cloakroom.schemas.AvroConfig;
import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The settings of one run: Kafka's and Confluent's own keys for every connection, and some of Cloakroom's. What Kafka's
 * configuration providers stand for ({@code ${file:/run/secrets/kafka:password}}) is read here, once, for every connection.
 *
 * <p>None of them turns a rule off: what would (another processing guarantee, say) is refused (T4, T5).
 */
public record Settings(Map<String, String> all) {

    /** A file or directory of policy versions. */
    public static final String POLICIES = "cloakroom.policies";

    /** The directory of the pseudonym keys. */
    public static final String KEYS = "cloakroom.keys";

    /** A file of lines {@code role = principal}, for access rules; without it each role is called as in {@link Principals}. */
    public static final String PRINCIPALS = "cloakroom.principals";

    /** The file of the key under which those are encrypted; without it they stand in the clear. */
    public static final String KEK = "cloakroom.keys.kek";

    /** Where /live, /ready and /metrics are served, {@code HOST:PORT}; nowhere without it. */
    public static final String LISTEN = "cloakroom.http.listen";

    /** What begins so is Kafka's own setting for a server that listens with TLS, such as {@code ssl.keystore.location}. */
    private static final String HTTP = "cloakroom.http.";

    private static final Set<String> OURS =
            new TreeSet<>(Set.of(POLICIES, KEYS, KEK, PRINCIPALS, LISTEN, AvroConfig.SERIALIZER));

    private static final String PROVIDERS = AbstractConfig.CONFIG_PROVIDERS_CONFIG;

    /** What stands for a value that a provider has. */
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{[^}:]+:[^}]*}");

    private static final Set<String> FIXED = Set.of(
            StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
            StreamsConfig.DEFAULT_CLIENT_SUPPLIER_CONFIG,
            StreamsConfig.PROCESSOR_WRAPPER_CLASS_CONFIG,
            StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
            "default.deserialization.exception.handler", // the name before, which Streams still obeys
            StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG,
            "default.production.exception.handler",
            StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
            StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, // it could keep what was deleted (C25)
            StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, // it would hold payloads (T9)
            StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG);

    /** Those with which Streams tells its clients apart. */
    private static final Pattern CLIENT_PREFIX =
            Pattern.compile("^((main|restore|global)\\.)?(consumer|producer|admin)\\.");

    public Settings {
        all = Map.copyOf(resolved(all));
        for (String key : new TreeSet<>(all.keySet())) {
            if (key.startsWith("cloakroom.") && !OURS.contains(key) && !key.startsWith(HTTP + "ssl.")) {
                throw new ConfigException(key + " is not a setting; there are " + String.join(", ", OURS));
            }
            if (FIXED.contains(CLIENT_PREFIX.matcher(key).replaceFirst(""))) {
                throw new ConfigException(key + " is fixed: releases, state and audit are one transaction");
            }
        }
    }

    /** @throws ConfigException naming the setting whose value a provider does not have */
    private static Map<String, String> resolved(Map<String, String> all) {
        if (!all.containsKey(PROVIDERS)) {
            return all;
        }
        Map<String, String> resolved = new HashMap<>();
        new AbstractConfig(new ConfigDef(), all, false)
                .originals()
                .forEach((key, value) -> resolved.put(key, value.toString()));
        all.forEach((key, given) -> VARIABLE.matcher(given)
                .results()
                .map(MatchResult::group)
                .filter(resolved.get(key)::contains)
                .forEach(variable -> {
                    throw new ConfigException(
                            "the setting " + key + " asks for " + variable + ", and nothing is there");
                }));
        // Resolved once: what a secret looks like decides nothing.
        resolved.keySet().removeIf(key -> key.equals(PROVIDERS) || key.startsWith(PROVIDERS + "."));
        return resolved;
    }

    /** @throws IOException if the file is not there or not a properties file */
    public static Settings read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(file.toString(), null, "no such file");
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": not a properties file: " + e.getMessage(), e);
        }
        Map<String, String> all = new HashMap<>();
        properties.forEach(
                (key, value) -> all.put(key.toString(), value.toString().strip()));
        return new Settings(all);
    }

    public Settings with(Map<String, String> more) {
        Map<String, String> both = new HashMap<>(all);
        both.putAll(more);
        return new Settings(both);
    }

    public Path policies() {
        return Path.of(required(POLICIES));
    }

    public Path keys() {
        return Path.of(required(KEYS));
    }

    /** The pseudonym keys, and how they are kept. */
    public KeyFiles keyFiles() {
        return new KeyFiles(keys(), Optional.ofNullable(all.get(KEK)).map(Path::of));
    }

    /** Who is who at the broker, where that is not as the roles are called. */
    public Optional<Path> principals() {
        return Optional.ofNullable(all.get(PRINCIPALS)).map(Path::of);
    }

    /** @throws ConfigException unless it is an address of this machine and a port */
    public Optional<InetSocketAddress> listen() {
        return Optional.ofNullable(all.get(LISTEN)).map(value -> {
            int colon = value.lastIndexOf(':');
            try {
                InetSocketAddress address = new InetSocketAddress(
                        value.substring(0, Math.max(colon, 0)), Integer.parseInt(value.substring(colon + 1)));
                if (colon > 0 && !address.isUnresolved()) {
                    return address;
                }
            } catch (IllegalArgumentException e) {
                // The same: no port.
            }
            throw new ConfigException(LISTEN + "=" + value + " is not HOST:PORT of this machine, as 127.0.0.1:9404 is");
        });
    }

    /** With which TLS it is served there: {@code cloakroom.http.ssl.*}, as Kafka's {@code ssl.*}; empty for none. */
    public Map<String, String> listenTls() {
        return all.entrySet().stream()
                .filter(setting -> setting.getKey().startsWith(HTTP + "ssl."))
                .collect(Collectors.toMap(setting -> setting.getKey().substring(HTTP.length()), Map.Entry::getValue));
    }

    /** What clients of Kafka and of the registry are configured with. */
    public Map<String, Object> client() {
        Map<String, Object> client = new HashMap<>(all);
        client.keySet().removeIf(key -> key.startsWith("cloakroom."));
        return client;
    }

    /** @throws ConfigException naming the setting that is missing */
    public String required(String key) {
        String value = all.get(key);
        if (value == null || value.isEmpty()) {
            throw new ConfigException("the setting " + key + " is missing");
        }
        return value;
    }

    /** Settings hold passwords. */
    @Override
    public String toString() {
        return "Settings" + new TreeSet<>(all.keySet());
    }
}
