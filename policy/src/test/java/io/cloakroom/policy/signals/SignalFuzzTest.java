package io.cloakroom.policy.signals;

import static io.cloakroom.policy.signals.TcStrings.AT;
import static io.cloakroom.policy.signals.TcStrings.COLLECTOR;
import static io.cloakroom.policy.signals.TcStrings.CONSENT;
import static io.cloakroom.policy.signals.TcStrings.INTEREST;
import static io.cloakroom.policy.signals.TcStrings.TOLERANCE;
import static io.cloakroom.policy.signals.TcStrings.restriction;
import static io.cloakroom.policy.signals.TcStrings.yes;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.iab.gpp.encoder.GppModel;
import com.iabtcf.v2.RestrictionType;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever stands where a TC or GPP string should: it is read in bounded time and memory, nothing is thrown, and it
 * allows nothing unless a naive reader says so, too. To look for more:
 * {@code mvn -Pfuzz -pl policy -am -Dtest=SignalFuzzTest -Djazzer.max_duration=1h test}.
 */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SignalFuzzTest {

    private static final long MOST_BYTES = 512 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    static Stream<byte[]> seeds() {
        String yes = yes().encode();
        String core = yes.split("\\.")[0];
        GppModel gpp = new GppModel();
        gpp.setFieldValue(7, "SaleOptOutNotice", 1);
        gpp.setFieldValue(7, "SaleOptOut", 2);
        gpp.setFieldValue(8, "SaleOptOut", 1);
        gpp.setFieldValue(9, "TargetedAdvertisingOptOut", 2);
        String us = gpp.encode();
        // Version, dates, provider, language, list, policy, flags and purposes, all as they should be.
        String head =
                IntStream.range(0, 213 / 6).mapToObj(i -> "" + core.charAt(i)).reduce("", String::concat);
        Stream<String> tcf = Stream.of(
                yes,
                core,
                core + core,
                core + "." + core,
                yes + "." + yes.split("\\.")[1],
                yes().addPublisherRestrictionEntry(
                                restriction(4, RestrictionType.NOT_ALLOWED, 1, 2, 3, TcStrings.VENDOR))
                        .encode(),
                yes().tcfPolicyVersion(4).clearDisclosedVendors().encode(),
                "C",
                "CAAA",
                "B" + core.substring(1),
                head,
                head + "__________",
                head + bits("0".repeat(3) + "1".repeat(17) + "1".repeat(12)) + "_".repeat(3_000),
                "C" + "_".repeat(TcString.LONGEST - 1),
                "C" + "A".repeat(TcString.LONGEST - 1),
                "A".repeat(TcString.LONGEST + 1),
                "IF5wA." + core,
                core + ".I" + "_".repeat(200),
                core + "." + "A.".repeat(1_000) + "A",
                ".",
                "..",
                "\u0000",
                "\u00ff\u00fe");
        Stream<String> gpps = Stream.of(
                us,
                us + "~",
                us + "~" + us,
                "DBABMA~" + yes,
                "DBABTA~1YNN",
                "DBABTA~1---",
                "DBAA",
                "D",
                "DB",
                "DBABLA",
                "DBABLA~",
                "DBABLA~" + "_".repeat(2_000),
                "DBABLA~BAAAAAAAAAA.QA.QA",
                header("000000000001" + "0" + fibonacci(40)) + "~A",
                header("000000000001" + "1" + "11" + fibonacci(28)) + "~A",
                header("000000000001" + "1" + "11" + fibonacci(43)) + "~A",
                header("1".repeat(12) + ("1" + "11" + fibonacci(20)).repeat(40)) + "~A",
                header("000000000010" + "0" + fibonacci(44) + "0" + fibonacci(44)) + "~A~A",
                "DBABMA" + "~A".repeat(4_000),
                "~",
                "~~",
                "A".repeat(GppString.LONGEST + 1));
        return Stream.concat(tcf, gpps).map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A GPP header whose list of sections is given in bits. */
    private static String header(String sections) {
        return bits("000011" + "000001" + sections);
    }

    /** The code of a large Fibonacci number. */
    private static String fibonacci(int digits) {
        return "0".repeat(digits - 1) + "11";
    }

    private static String bits(String bits) {
        String all = bits + "0".repeat((6 - bits.length() % 6) % 6);
        return IntStream.range(0, all.length() / 6)
                .mapToObj(i -> "" + LETTERS.charAt(Integer.parseInt(all.substring(6 * i, 6 * i + 6), 2)))
                .reduce("", String::concat);
    }

    @MethodSource("seeds")
    @FuzzTest
    void shouldBelieveNoString(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        long allocated = ask(text);
        assertThat(allocated < MOST_BYTES ? allocated : ask(text)) // the first time classes are loaded
                .as("bytes of memory")
                .isLessThan(MOST_BYTES);
        Signals tcf = Signals.of(text, Signals.ABSENT, false);
        Signals gpp = Signals.of(Signals.ABSENT, text, false);
        for (SignalMapping mapping : List.of(CONSENT, INTEREST)) {
            Finding found = tcf.about(mapping, COLLECTOR, AT, TOLERANCE);
            boolean isAbsent = text.isEmpty() && found == Finding.SILENT;
            if (!isAbsent && !found.isNo()) {
                assertThat(TcStrings.allows(text, mapping)).as(text).isTrue();
            }
        }
        if (gpp.about(CONSENT, COLLECTOR, AT, TOLERANCE) == Finding.CONSENTED) {
            assertThat(Arrays.stream(text.split("~"))).as(text).anyMatch(section -> TcStrings.allows(section, CONSENT));
        }
    }

    /** What it took, in bytes of memory. */
    private static long ask(String text) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        Signals tcf = Signals.of(text, Signals.ABSENT, false);
        Signals gpp = Signals.of(Signals.ABSENT, text, false);
        for (SignalMapping mapping : List.of(CONSENT, INTEREST)) {
            for (Signals signals : List.of(tcf, gpp)) {
                assertThat(signals.about(mapping, COLLECTOR, AT, TOLERANCE)).isNotNull();
                signals.expiresAt(mapping);
                assertThat(signals.saidAt(AT)).isLessThanOrEqualTo(AT);
            }
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
