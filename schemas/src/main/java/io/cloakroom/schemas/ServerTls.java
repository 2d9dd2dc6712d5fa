package io.cloakroom.schemas;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/** TLS of the JDK's web server, by Kafka's own settings: {@code ssl.keystore.*}, {@code ssl.truststore.*}, {@code ssl.client.auth}. */
public final class ServerTls {

    private static final ConfigDef DEFINITION = new ConfigDef().withClientSslSupport();

    private ServerTls() {}

    /**
     * For a server that listens with TLS.
     *
     * @throws ConfigException if there is no key to prove who the server is
     */
    public static HttpsConfigurator configurator(Map<String, ?> settings) {
        if (!settings.containsKey(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG)
                && !settings.containsKey(SslConfigs.SSL_KEYSTORE_KEY_CONFIG)) {
            throw new ConfigException("the setting " + SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG
                    + " is missing: a server needs a key to speak TLS");
        }
        boolean needsClient = isRequired(settings.get(BrokerSecurityConfigs.SSL_CLIENT_AUTH_CONFIG));
        Map<String, Object> ssl = new HashMap<>(new AbstractConfig(DEFINITION, settings, false).values());
        DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
        factory.configure(ssl);
        return new HttpsConfigurator(factory.sslContext()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters own = getSSLContext().getDefaultSSLParameters();
                own.setNeedClientAuth(needsClient);
                own.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                parameters.setSSLParameters(own);
            }
        };
    }

    private static boolean isRequired(Object clientAuth) {
        if (clientAuth == null || clientAuth.equals("none")) {
            return false;
        }
        if (!clientAuth.equals("required")) {
            throw new ConfigException(BrokerSecurityConfigs.SSL_CLIENT_AUTH_CONFIG, clientAuth, "none or required");
        }
        return true;
    }
}
