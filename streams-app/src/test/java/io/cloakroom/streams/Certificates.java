package io.cloakroom.streams;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/** Certificates of one authority, made by the JDK's own tool. */
public final class Certificates {

    static final String PASSWORD = SecuredCluster.CANARY + "-of-stores";

    private static final char[] CHARACTERS = PASSWORD.toCharArray();
    private static final String AUTHORITY = "authority";

    private Certificates() {}

    /** A store {@code <name>.p12} for each, who is {@code CN=<name>,O=Shop}, and {@code trusted.p12} for all. */
    static void make(Path directory, Collection<String> names) throws Exception {
        Files.createDirectories(directory);
        Path all = directory.resolve("all.p12");
        keytool(all, AUTHORITY, "-ext", "bc:c");
        for (String name : names) {
            keytool(all, name, "-signer", AUTHORITY, "-ext", "SAN=ip:127.0.0.1,dns:localhost");
        }
        KeyStore made = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(all)) {
            made.load(in, CHARACTERS);
        }
        for (String name : names) {
            KeyStore own = empty();
            own.setKeyEntry(name, made.getKey(name, CHARACTERS), CHARACTERS, made.getCertificateChain(name));
            store(own, directory.resolve(name + ".p12"));
        }
        KeyStore trusted = empty();
        Certificate authority = made.getCertificate(AUTHORITY);
        trusted.setCertificateEntry(AUTHORITY, authority);
        store(trusted, directory.resolve("trusted.p12"));
    }

    /** Kafka's, of whoever listens. */
    public static Map<String, String> settings(Path directory, String name) {
        Map<String, String> settings = new HashMap<>(trusting(directory));
        settings.putAll(Map.of(
                "ssl.keystore.location",
                directory.resolve(name + ".p12").toString(),
                "ssl.keystore.type",
                "PKCS12",
                "ssl.keystore.password",
                PASSWORD));
        return settings;
    }

    /** Of whoever believes the others, and has nothing to be believed with. */
    public static Map<String, String> trusting(Path directory) {
        return Map.of(
                "ssl.truststore.location",
                directory.resolve("trusted.p12").toString(),
                "ssl.truststore.type",
                "PKCS12",
                "ssl.truststore.password",
                PASSWORD);
    }

    /** Which shows what it has of these, and trusts what they say. */
    public static HttpClient client(Map<String, String> settings) {
        DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
        factory.configure(new AbstractConfig(new ConfigDef().withClientSslSupport(), settings, false).values());
        return HttpClient.newBuilder().sslContext(factory.sslContext()).build();
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static void store(KeyStore store, Path file) throws Exception {
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, CHARACTERS);
        }
    }

    private static void keytool(Path store, String name, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-dname",
                "CN=" + name + ",O=Shop",
                "-keyalg",
                "EC",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException("keytool: " + said);
        }
    }
}
