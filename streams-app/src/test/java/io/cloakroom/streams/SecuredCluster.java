package io.cloakroom.streams;

import io.cloakroom.schemas.EmbeddedRegistry;
import io.cloakroom.schemas.SchemaRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/**
 * A broker and a registry as a company runs them: TLS everywhere, SCRAM or client certificates, nothing allowed that no rule
 * allows. Passwords stand in one file, and settings point there.
 */
public final class SecuredCluster implements AutoCloseable {

    private static final String HOST = "127.0.0.1";

    /** In every password, and nowhere else. */
    public static final String CANARY = "canary-secret";

    /** Who may do anything, by a certificate. */
    public static final String ADMINISTRATOR = "administrator";

    private final Path directory;
    private final Path policies;
    private final EmbeddedBroker broker;
    private final EmbeddedRegistry registry;
    private final int certificatePort;

    private SecuredCluster(
            Path directory, Path policies, EmbeddedBroker broker, EmbeddedRegistry registry, int certificatePort) {
        this.directory = directory;
        this.policies = policies;
        this.broker = broker;
        this.registry = registry;
        this.certificatePort = certificatePort;
    }

    /**
     * Starts both. There are no topics, schemas, rules or keys yet.
     *
     * @param users with a password each
     * @param certified with a certificate each, such as {@code payment}: its principal is {@code User:CN=payment,O=Shop}
     */
    public static SecuredCluster start(
            Path directory, Path policies, Collection<String> users, Collection<String> certified) throws Exception {
        List<String> names = new ArrayList<>(List.of("broker", "registry", ADMINISTRATOR));
        names.addAll(certified);
        Certificates.make(directory, names);
        int scram = EmbeddedBroker.freePort();
        int certificates = EmbeddedBroker.freePort();
        int controller = EmbeddedBroker.freePort();
        Map<String, String> settings = new HashMap<>(Map.of(
                "controller.quorum.voters",
                "1@" + HOST + ":" + controller,
                "listeners",
                "SCRAM://" + HOST + ":" + scram + ",CERTIFICATE://" + HOST + ":" + certificates + ",CONTROLLER://"
                        + HOST + ":" + controller,
                "advertised.listeners",
                "SCRAM://" + HOST + ":" + scram + ",CERTIFICATE://" + HOST + ":" + certificates,
                "listener.security.protocol.map",
                "SCRAM:SASL_SSL,CERTIFICATE:SSL,CONTROLLER:SSL",
                "inter.broker.listener.name",
                "CERTIFICATE",
                "listener.name.certificate.ssl.client.auth",
                "required",
                "listener.name.controller.ssl.client.auth",
                "required"));
        settings.putAll(Map.of(
                "sasl.enabled.mechanisms",
                "SCRAM-SHA-512",
                "listener.name.scram.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "ssl.principal.mapping.rules",
                "RULE:^CN=(broker|" + ADMINISTRATOR + "),O=Shop$/$1/,DEFAULT",
                "authorizer.class.name",
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "allow.everyone.if.no.acl.found",
                "false",
                "super.users",
                "User:broker;User:" + ADMINISTRATOR));
        settings.putAll(Certificates.settings(directory, "broker"));
        secrets(directory, users);
        EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), scram, settings);
        EmbeddedRegistry registry = null;
        try {
            registry = EmbeddedRegistry.builder()
                    .tls(Certificates.settings(directory, "registry"))
                    .user("cloakroom", password("registry"))
                    .start();
            SecuredCluster cluster = new SecuredCluster(directory, policies, broker, registry, certificates);
            try (Admin admin = Admin.create(cluster.certified(ADMINISTRATOR).client())) {
                List<UserScramCredentialAlteration> passwords = users.stream()
                        .<UserScramCredentialAlteration>map(user -> new UserScramCredentialUpsertion(
                                user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password(user)))
                        .toList();
                admin.alterUserScramCredentials(passwords).all().get();
            }
            return cluster;
        } catch (Exception e) {
            if (registry != null) {
                registry.close();
            }
            broker.close();
            throw e;
        }
    }

    /** Of everybody who has one, in a file that only its owner reads. */
    private static void secrets(Path directory, Collection<String> users) throws IOException {
        Path file = Files.createTempFile(directory, "secrets", ".properties");
        List<String> lines = users.stream()
                .map(user -> user + "=" + password(user))
                .collect(Collectors.toCollection(ArrayList::new));
        lines.add("registry=cloakroom\\:" + password("registry"));
        lines.add("store=" + Certificates.PASSWORD);
        Files.write(file, lines);
        Files.move(file, directory.resolve("secrets.properties"));
    }

    private static String password(String user) {
        return CANARY + "-of-" + user;
    }

    /** Of somebody with a password. */
    public Settings user(String name) throws IOException {
        return user(name, name, Map.of());
    }

    /** Of somebody with a password, who serves at that port how it is, with a certificate and to those with one. */
    Settings serving(String name, int port, String certificate) throws IOException {
        Map<String, String> http =
                new HashMap<>(Map.of(Settings.LISTEN, HOST + ":" + port, "cloakroom.http.ssl.client.auth", "required"));
        Certificates.settings(directory, certificate)
                .forEach((key, value) -> http.put(
                        "cloakroom.http." + key, value.equals(Certificates.PASSWORD) ? secret("store") : value));
        return user(name, name, http);
    }

    /** @param password whose password it gives */
    Settings user(String name, String password, Map<String, String> more) throws IOException {
        Map<String, String> own = new HashMap<>(more);
        own.putAll(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "security.protocol",
                "SASL_SSL",
                "sasl.mechanism",
                "SCRAM-SHA-512",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + name + "\" password=\""
                        + secret(password) + "\";"));
        return Settings.read(file(name, own));
    }

    /** Of somebody with a certificate. */
    public Settings certified(String name) throws IOException {
        return Settings.read(file(
                name,
                Map.of(
                        "bootstrap.servers",
                        HOST + ":" + certificatePort,
                        "security.protocol",
                        "SSL",
                        "ssl.keystore.location",
                        directory.resolve(name + ".p12").toString(),
                        "ssl.keystore.type",
                        "PKCS12",
                        "ssl.keystore.password",
                        secret("store"))));
    }

    /** A file as an operator writes it, for whoever is meant. */
    public Path file(String name) {
        return directory.resolve(name + ".properties");
    }

    private Path file(String name, Map<String, String> own) throws IOException {
        Properties all = new Properties();
        all.putAll(own);
        all.putAll(Map.of(
                "config.providers",
                "file",
                "config.providers.file.class",
                "org.apache.kafka.common.config.provider.FileConfigProvider",
                "ssl.truststore.location",
                directory.resolve("trusted.p12").toString(),
                "ssl.truststore.password",
                secret("store"),
                "schema.registry.url",
                registry.url(),
                "basic.auth.credentials.source",
                "USER_INFO",
                "basic.auth.user.info",
                secret("registry"),
                "schema.registry.ssl.truststore.location",
                directory.resolve("trusted.p12").toString(),
                "schema.registry.ssl.truststore.password",
                secret("store")));
        all.putAll(Map.of(
                "state.dir",
                directory.resolve("state").toString(),
                Settings.POLICIES,
                policies.toString(),
                Settings.KEYS,
                directory.resolve("keys").toString(),
                Settings.KEK,
                directory.resolve("kek.json").toString()));
        if (Files.exists(principals())) {
            all.put(Settings.PRINCIPALS, principals().toString());
        }
        try (var writer = Files.newBufferedWriter(file(name))) {
            all.store(writer, null);
        }
        return file(name);
    }

    /** As the administrator sees it. */
    SchemaRegistry registry() throws IOException {
        return SchemaRegistry.connect(certified(ADMINISTRATOR).client());
    }

    private String secret(String key) {
        return "${file:" + directory.resolve("secrets.properties") + ":" + key + "}";
    }

    /** Who is who; if it is there before somebody's settings are made, they name it. */
    public Path principals() {
        return directory.resolve("principals");
    }

    @Override
    public void close() throws IOException {
        registry.close();
        broker.close();
    }
}
