package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever stands in a policy file: it loads, or it is refused with problems that have a place each, in bounded time and
 * memory. To look for more: {@code mvn -Pfuzz -pl policy -am -Dtest=PolicyFuzzTest -Djazzer.max_duration=1h test}.
 */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PolicyFuzzTest {

    private static final String BASE = PlantedFaultsTest.BASE;
    private static final long MOST_BYTES = 512 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Collection<EventSchema> SCHEMAS = PlantedFaultsTest.schemas();

    private final Path file =
            Files.createTempDirectory(Path.of("target"), "fuzz").resolve("2020-03-01.yaml");

    PolicyFuzzTest() throws IOException {}

    static Stream<byte[]> seeds() {
        return Stream.of(
                        BASE,
                        "\ufeff" + BASE,
                        BASE.replace("\n", "\r\n"),
                        BASE.replace("years: 16", "years: 1e999999999"),
                        BASE.replace("years: 16", "years: -1e-999999999"),
                        BASE.replace("years: 16", "years: " + "9".repeat(100_000)),
                        BASE.replace("years: 16", "years: .nan"),
                        BASE.replace("years: 16", "years: 0x10"),
                        BASE.replace("epoch: 1", "epoch: 2147483648"),
                        BASE.replace("2019-01-23", "+999999999-12-31"),
                        BASE.replace("2019-01-23", "2019-02-29"),
                        BASE.replace("Europe/Rome", "UTC+18:00"),
                        BASE.replace("Europe/Rome", "\"\\u0000\""),
                        BASE.replace("bank:", "\"\":"),
                        BASE.replace("bank:", "? [a, b]\n    :"),
                        BASE.replace("bank:", "~:"),
                        BASE.replace("bank:", "x".repeat(1_025) + ":"),
                        BASE.replace("bank:", "\"two\\nlines \\e[31m\":"),
                        BASE.replace("[blue, red]", "&a [blue, red]").replace("[web]", "*a"),
                        BASE.replace("[blue, red]", "!!set {blue, red}"),
                        BASE.replace("[blue, red]", "[" + "blue,".repeat(2_000) + "]"),
                        BASE.replace("[blue, red]", "[".repeat(10_000)),
                        BASE.replace("[blue, red]", "[" + "[".repeat(14) + "]".repeat(14) + "]"),
                        BASE.replace("[blue, red]", "{<<: {a: 1}}"),
                        BASE.replace("[blue, red]", "|+\n   text\n\n"),
                        BASE.replace("[blue, red]", "\"\\ud800\""),
                        BASE.replace("keep: [none", "keep: [" + "nine, ".repeat(2_000) + "none"),
                        "- ".repeat(50_000),
                        "{".repeat(50_000),
                        "? ".repeat(50_000),
                        "a:\n".repeat(2_000),
                        IntStream.range(0, 500).mapToObj(i -> "k" + i + ": 1\n").collect(Collectors.joining()),
                        IntStream.range(0, 1_000)
                                .mapToObj(i -> "  ".repeat(i) + "k:\n")
                                .collect(Collectors.joining()),
                        "%YAML 9.9\n---\n",
                        "%TAG ! tag:x,2020:\n---\n!a b",
                        "--- a\n--- b",
                        "...",
                        "\t",
                        "\u0000",
                        "\u0085\u2028: \u2029",
                        "#" + "x".repeat(PolicyLoader.LARGEST - 1),
                        "#" + "x".repeat(PolicyLoader.LARGEST),
                        "null",
                        "[]",
                        "{}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void shouldLoadOrSayWhereNot(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        long allocated = load();
        assertThat(allocated < MOST_BYTES ? allocated : load()) // the first time classes are loaded
                .as("bytes of memory")
                .isLessThan(MOST_BYTES);
    }

    /** What it took, in bytes of memory. */
    private long load() {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            assertThat(PolicyLoader.load(file, SCHEMAS).versions()).hasSize(1);
        } catch (PolicyRefusedException e) {
            assertThat(e.problems()).isNotEmpty().allSatisfy(problem -> {
                assertThat(problem.line()).isPositive();
                assertThat(problem.column()).isPositive();
                assertThat(problem.message()).isNotBlank();
            });
            assertThat(e.getMessage().codePoints().filter(c -> Character.isISOControl(c)))
                    .as("control characters in %s", e.getMessage())
                    .hasSize(e.problems().size() - 1);
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
