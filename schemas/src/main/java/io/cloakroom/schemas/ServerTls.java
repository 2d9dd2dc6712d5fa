package io.cloakroom.schemas;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import java.util.Map;
import java.util.TreeSet;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/** TLS of the JDK's web server, by Kafka's own settings {@code ssl.*}, {@code ssl.client.auth} among them. */
public final class ServerTls {

    private static final ConfigDef DEFINITION = new ConfigDef()
            .withClientSslSupport()
            .define(
                    BrokerSecurityConfigs.SSL_CLIENT_AUTH_CONFIG,
                    Type.STRING,
                    "none",
                    ValidString.in("none", "required"),
                    Importance.MEDIUM,
                    "Whether whoever connects needs a certificate that is trusted");

    private ServerTls() {}

    /**
     * For a server that listens with TLS.
     *
     * @throws ConfigException if there is no key to prove who the server is, or a setting that nothing would obey
     */
    public static HttpsConfigurator configurator(Map<String, ?> settings) {
        for (String key : new TreeSet<>(settings.keySet())) {
            if (!DEFINITION.names().contains(key)) {
                throw new ConfigException(
                        key + " is not a setting of a server's TLS; there are " + new TreeSet<>(DEFINITION.names()));
            }
        }
        if (!settings.containsKey(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG)
                && !settings.containsKey(SslConfigs.SSL_KEYSTORE_KEY_CONFIG)) {
            throw new ConfigException("the setting " + SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG
                    + " is missing: a server needs a key to speak TLS");
        }
        DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
        factory.configure(new AbstractConfig(DEFINITION, settings, false).values());
        SSLParameters parameters = factory.createServerSslEngine("", 0).getSSLParameters();
        return new HttpsConfigurator(factory.sslContext()) {
            @Override
            public void configure(HttpsParameters connection) {
                connection.setSSLParameters(parameters);
            }
        };
    }
}
