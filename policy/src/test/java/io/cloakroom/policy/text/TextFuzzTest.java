package io.cloakroom.policy.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.cloakroom.policy.AgeBands;
import io.cloakroom.policy.Generalised;
import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.To;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever stands in a text: redacting and generalising take any of it, in time and memory that are bounded when it is
 * repeated up to 4 KB, too. To look for more:
 * {@code mvn -Pfuzz -pl policy -am -Dtest=TextFuzzTest -Djazzer.max_duration=1h test}.
 */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TextFuzzTest {

    private static final int LONG = 4 * 1024;
    private static final long MOST_NANOS = 500_000_000;
    private static final long MOST_BYTES = 512 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final List<To> OF_TEXT = List.of(To.NETWORK, To.H3, To.AGENT, To.URL_PATH, To.PATH_HEAD, To.PREFIX);
    private static final Redactor REDACTOR = new Redactor();

    /** What is known of the person, a zero, the text. */
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "John Smith\u0000my name is John Smith, call 07700 900123 or j.smith (at) example dot com",
                        "j@j.jo\u0000j@j.jo.j@j.jo,J@J.JO",
                        "1111111111111111\u00001 1 1 1-1111.11",
                        "\u0000",
                        "a\u0000",
                        "\u0000a",
                        "\u0000DE89 3704 0044 0532 0130 00 and GB82WEST12345698765432",
                        "\u00004111 1111 1111 1111, 4111-1111-1111-1112",
                        "\u0000born on 12/11/1985. Dear Ms. Doe,\nRegards,\nJane",
                        "\u0000call one two three double four oh seven",
                        "\u0000https://a:b@shop.example:99/x/3fa85f64-5717-4562-b3fc-2c963f66afa6?q=j#f",
                        "\u0000https://shop.example/%25252F%2525/;a=b",
                        "\u0000https:\\\\\\a@b\\c",
                        "\u0000fe80::1%eth0 ::ffff:203.0.113.7 203.0.113.07",
                        "\u0000geo:51.5074,-0.1278;u=35;crs=wgs84",
                        "\u0000geo:90,180.0",
                        "\u0000Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
                        "\u0000((((((([[[[[[[",
                        "\u0000[name][emai[email]l][phone",
                        "\u0000\ufdfa\ufdfa\u0301\u0301\u0301",
                        "\u0000\ud83d\udc57\u200d\u200b\u202e\ufeff",
                        "\u0000" + "@".repeat(500),
                        "\u0000" + "1".repeat(500),
                        "\u0000" + "a.".repeat(250))
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void shouldTakeAnyText(byte[] bytes) {
        String input = new String(bytes, StandardCharsets.UTF_8);
        String known = input.substring(0, Math.max(0, input.indexOf('\u0000')));
        String text = input.substring(Math.min(input.length(), known.length() + 1));
        KnownValues values = new KnownValues.Builder()
                .name(known)
                .email(known)
                .phone(known)
                .address(known)
                .order(known)
                .build();
        String once = REDACTOR.redact(text, values);
        assertThat(REDACTOR.redact(once, values)).as("again").isEqualTo(once);
        String path = generalised(To.URL_PATH, text);
        assertThat(generalised(To.URL_PATH, path)).as("again").isEqualTo(path);
        assertThat(path).doesNotContain("@", "?", "#", ";", "\\");
        assertThat(generalised(To.NETWORK, text)).matches("|[0-9a-f.:]+/(24|48)");

        String repeated = text.repeat(LONG / Math.max(1, text.length()));
        long start = THREADS.getCurrentThreadCpuTime();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        REDACTOR.redact(repeated, values);
        OF_TEXT.forEach(to -> generalised(to, repeated));
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
                .as("bytes of memory")
                .isLessThan(MOST_BYTES);
        assertThat(THREADS.getCurrentThreadCpuTime() - start).as("ns for 4 KB").isLessThan(MOST_NANOS);
    }

    private static String generalised(To to, String text) {
        return Generalised.text(new Generalise(to, 6, AgeBands.NONE), text);
    }
}
