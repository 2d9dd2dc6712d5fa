package io.cloakroom.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever stands behind the registry's address and answers: a schema comes of it or one of the errors that
 * {@link SchemaRegistry} names, in bounded time and memory. To look for more:
 * {@code mvn -Pfuzz -pl schemas -am -Dtest=RegistryFuzzTest -Djazzer.max_duration=1h test}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RegistryFuzzTest {

    private static final long MOST_BYTES = 512 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Schema STRING = Schema.create(Schema.Type.STRING);

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private volatile byte[] answer = new byte[0];

    RegistryFuzzTest() throws IOException {
        Thread thread = new Thread(this::serve);
        thread.setDaemon(true);
        thread.start();
    }

    @AfterAll
    void close() throws IOException {
        server.close();
    }

    /** Says the same to everybody, whatever they ask. */
    private void serve() {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
                int length = 0;
                for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                    String lower = line.toLowerCase(java.util.Locale.ROOT);
                    length = lower.startsWith("content-length:")
                            ? Integer.parseInt(line.substring(15).trim())
                            : length;
                }
                for (int i = 0; i < length; i++) {
                    in.read();
                }
                OutputStream out = client.getOutputStream();
                out.write(answer);
                out.flush();
                client.shutdownOutput();
            } catch (IOException e) {
                // the client had enough, or the test is over
            }
        }
    }

    static Stream<byte[]> seeds() {
        Stream<String> bodies = Stream.of(
                        "{\"id\":1,\"version\":1,\"schema\":\"\\\"string\\\"\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"F\\\",\\\"size\\\":2147483647}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"F\\\",\\\"size\\\":-1}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"F\\\",\\\"size\\\":1e9}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"E\\\",\\\"symbols\\\":[1]}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"\\\",\\\"symbols\\\":[\\\"A\\\",\\\"A\\\"]}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":{}}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":[1]}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"aliases\\\":1,\\\"fields\\\":[]}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"int\\\",\\\"fields\\\":[]}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"bytes\\\",\\\"logicalType\\\":\\\"decimal\\\",\\\"precision\\\":-1}\"}",
                        "{\"id\":1,\"schema\":\"{\\\"type\\\":\\\"nothing\\\"}\"}",
                        "{\"id\":1,\"schema\":\"{}\"}",
                        "{\"id\":1,\"schema\":\"[[]]\"}",
                        "{\"id\":1,\"schema\":\"[\\\"int\\\",\\\"int\\\"]\"}",
                        "{\"id\":1,\"schema\":\"\"}",
                        "{\"id\":1,\"schema\":null}",
                        "{\"id\":1,\"schema\":\"" + "[".repeat(5_000) + "\"}",
                        "{\"id\":1,\"schema\":\"" + "{\\\"type\\\":".repeat(900) + "1" + "}".repeat(900) + "\"}",
                        "{\"id\":1,\"schema\":\"\\\"string\\\"\",\"references\":[{\"name\":\"a\",\"subject\":\"b\",\"version\":1}]}",
                        "{\"id\":1,\"schema\":\"\\\"string\\\"\",\"references\":{\"a\":1}}",
                        "{\"id\":1e99,\"version\":-1,\"schema\":\"\\\"string\\\"\"}",
                        "{\"id\":4294967297,\"version\":\"x\",\"schema\":\"\\\"string\\\"\"}",
                        "{\"schemaType\":7,\"schema\":\"\\\"string\\\"\"}",
                        "{\"a\":".repeat(5_000),
                        "[".repeat(100_000),
                        "{\"id\":" + "9".repeat(100_000) + "}",
                        "\"\\ud800\"",
                        "null",
                        "",
                        "\ufeff{}")
                .map(body -> http("200 OK", body));
        Stream<String> answers = Stream.of(
                http("404 Not Found", "{\"error_code\":40403,\"message\":\"no\"}"),
                http("404 Not Found", "{\"message\":\"two\\nlines\\u001b[31m\"}"),
                http("404 Not Found", "{\"error_code\":\"x\",\"message\":[1]}"),
                http("409 Conflict", "<html>"),
                http("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"\"", ""),
                http("401 Unauthorized\r\nWWW-Authenticate: Digest", ""),
                http("407 Proxy\r\nProxy-Authenticate: Basic", ""),
                http("301 Moved\r\nLocation: http://127.0.0.1:1/", "{}"),
                http("100 Continue", ""),
                "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000) + http("200 OK", "{}"),
                http("204 No Content", ""),
                http("500 Oops", "{}"),
                http("99999999999 x", "{}"),
                "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + "A: b\r\n".repeat(500),
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\u001f\u008b",
                "HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(5_000) + "\r\n{}",
                "HTTP/1.1 200 OK\r\nA: " + "b".repeat(1_000_000) + "\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\n: \r\n\r\n{}",
                "HTTP/0.9 1\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "ICY 200 OK\r\n\r\n{}",
                "\r\n\r\n",
                "\u0000",
                "");
        return Stream.concat(bodies, answers).map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    private static String http(String status, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n"
                + body;
    }

    @MethodSource("seeds")
    @FuzzTest
    void shouldTakeAnyAnswer(byte[] bytes) {
        BugDetectors.allowNetworkConnections((host, port) -> true);
        answer = bytes;
        SchemaRegistry registry = SchemaRegistry.connect(Map.of(
                "schema.registry.url",
                "http://127.0.0.1:" + server.getLocalPort(),
                "max.retries",
                0,
                "http.read.timeout.ms",
                1_000));
        long before = THREADS.getCurrentThreadAllocatedBytes();
        List<Runnable> questions = List.of(
                () -> registry.byId(1),
                () -> registry.latest("s"),
                () -> registry.versions("s"),
                () -> registry.id("s", STRING),
                () -> registry.register("s", STRING));
        for (Runnable question : questions) {
            try {
                question.run();
            } catch (RegistryUnavailableException | RegistryRefusedException | SerializationException e) {
                assertThat(e).hasMessageNotContaining("\n");
            }
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
                .as("bytes of memory")
                .isLessThan(MOST_BYTES);
    }
}
