package io.cloakroom.schemas;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Confluent's genuine classes, which are on the class path only when the tests run. */
final class Witness {

    private Witness() {}

    @SuppressWarnings("unchecked")
    static Serializer<Object> serializer(Map<String, ?> configs, boolean isKey) throws Exception {
        Serializer<Object> serializer = (Serializer<Object>) create("kafka.serializers.KafkaAvroSerializer");
        serializer.configure(configs, isKey);
        return serializer;
    }

    @SuppressWarnings("unchecked")
    static Deserializer<Object> deserializer(Map<String, ?> configs, boolean isKey) throws Exception {
        Deserializer<Object> deserializer = (Deserializer<Object>) create("kafka.serializers.KafkaAvroDeserializer");
        deserializer.configure(configs, isKey);
        return deserializer;
    }

    /** A {@code CachedSchemaRegistryClient}, which speaks REST. */
    static Object client(String url, Map<String, ?> configs) throws Exception {
        return type("kafka.schemaregistry.client.CachedSchemaRegistryClient")
                .getConstructor(String.class, int.class, Map.class)
                .newInstance(url, 100, new HashMap<>(configs));
    }

    /** An {@code AvroSchema}; {@code resolved} has the text of each reference by its name. */
    static Object schema(String text, List<?> references, Map<String, String> resolved) throws Exception {
        return type("kafka.schemaregistry.avro.AvroSchema")
                .getConstructor(String.class, List.class, Map.class, Integer.class)
                .newInstance(text, references, resolved, null);
    }

    static Object reference(String name, String subject, int version) throws Exception {
        return type("kafka.schemaregistry.client.rest.entities.SchemaReference")
                .getConstructor(String.class, String.class, Integer.class)
                .newInstance(name, subject, version);
    }

    /** Calls the public method of that name that takes these arguments. */
    static Object call(Object target, String name, Object... arguments) throws Exception {
        Method method = Stream.of(target.getClass().getMethods())
                .filter(m -> m.getName().equals(name) && takes(m, arguments))
                .findFirst()
                .orElseThrow(() -> new NoSuchMethodException(name));
        method.setAccessible(true);
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static boolean takes(Method method, Object... arguments) {
        Class<?>[] types = method.getParameterTypes();
        return types.length == arguments.length
                && IntStream.range(0, types.length)
                        .allMatch(i -> boxed(types[i]).isInstance(arguments[i]));
    }

    private static Class<?> boxed(Class<?> type) {
        return type == int.class ? Integer.class : type == boolean.class ? Boolean.class : type;
    }

    private static Object create(String name) throws Exception {
        return type(name).getConstructor().newInstance();
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName("io.confluent." + name);
    }
}
