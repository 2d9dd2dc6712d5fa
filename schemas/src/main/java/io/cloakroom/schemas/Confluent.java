package io.cloakroom.schemas;

import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Confluent's own serializer for those who have it; it writes and reads bytes, and decides nothing. */
final class Confluent {

    private static final String PACKAGE = "io.confluent.kafka.serializers.";

    private Confluent() {}

    static Serializer<Object> serializer(Map<String, ?> configs, boolean isKey) {
        @SuppressWarnings("unchecked")
        Serializer<Object> serializer = create("KafkaAvroSerializer", Serializer.class);
        serializer.configure(withOurDefaults(configs), isKey);
        return serializer;
    }

    static Deserializer<Object> deserializer(Map<String, ?> configs, boolean isKey) {
        @SuppressWarnings("unchecked")
        Deserializer<Object> deserializer = create("KafkaAvroDeserializer", Deserializer.class);
        deserializer.configure(withOurDefaults(configs), isKey);
        return deserializer;
    }

    /** Runs the call so that an unreachable registry is recognised here too. */
    static <T> T translated(Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof SocketException
                        || cause instanceof SocketTimeoutException
                        || cause instanceof UnknownHostException
                        || cause instanceof SSLException) {
                    throw new RegistryUnavailableException("no schema registry answered (" + cause
                            + "); check that it runs and that " + AvroConfig.URLS + " is right");
                }
            }
            throw e;
        }
    }

    private static Map<String, Object> withOurDefaults(Map<String, ?> configs) {
        Map<String, Object> all = new HashMap<>(configs);
        all.putIfAbsent(AvroConfig.AUTO_REGISTER, false);
        return all;
    }

    private static <T> T create(String name, Class<T> type) {
        try {
            return Class.forName(PACKAGE + name)
                    .asSubclass(type)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new ConfigException(AvroConfig.SERIALIZER + "=confluent needs " + PACKAGE + name
                    + " on the class path, and it is not; build with -Pconfluent -Dconfluent.repository=URL, or set "
                    + AvroConfig.SERIALIZER + "=cloakroom");
        }
    }
}
