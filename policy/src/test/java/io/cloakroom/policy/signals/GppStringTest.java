package io.cloakroom.policy.signals;

import static io.cloakroom.policy.signals.TcStrings.AT;
import static io.cloakroom.policy.signals.TcStrings.COLLECTOR;
import static io.cloakroom.policy.signals.TcStrings.TOLERANCE;
import static io.cloakroom.policy.signals.TcStrings.yes;
import static org.assertj.core.api.Assertions.assertThat;

import com.iab.gpp.encoder.GppModel;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GppStringTest {

    private static final int US_NATIONAL = 7;
    private static final int CALIFORNIA = 8;
    private static final int VIRGINIA = 9;
    private static final int ROUNDS = 10_000;

    /** Reads the laws of the United States only. */
    private static final SignalMapping US = new SignalMapping(
            true, Set.of(), Set.of(OptOut.values()), true, new SignalMapping.Tcf(Set.of(), 0, Map.of()), "C9");

    private final Random random = new Random(20260601);

    static IntStream sections() {
        return IntStream.rangeClosed(7, 22);
    }

    @ParameterizedTest
    @MethodSource("sections")
    void shouldHearAnOptOutOfSaleInEverySection(int section) {
        assertThat(us(section, Map.of("SaleOptOutNotice", 1, "SaleOptOut", 1))).isEqualTo(Finding.OPTED_OUT);
        assertThat(us(section, Map.of("SaleOptOutNotice", 1, "SaleOptOut", 2))).isEqualTo(Finding.SILENT);
        assertThat(us(section, Map.of())).as("nothing applies").isEqualTo(Finding.SILENT);
    }

    @ParameterizedTest
    @MethodSource("sections")
    void shouldHearAnOptOutOfTargetedAdvertising(int section) {
        if (section != CALIFORNIA) {
            assertThat(us(section, Map.of("TargetedAdvertisingOptOutNotice", 1, "TargetedAdvertisingOptOut", 1)))
                    .isEqualTo(Finding.OPTED_OUT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {US_NATIONAL, CALIFORNIA})
    void shouldHearAnOptOutOfSharing(int section) {
        assertThat(us(section, Map.of("SharingOptOutNotice", 1, "SharingOptOut", 1)))
                .isEqualTo(Finding.OPTED_OUT);
    }

    @Test
    void shouldNotHearAnOptOutThatThePurposeDoesNotMap() {
        SignalMapping sale = new SignalMapping(true, Set.of(), Set.of(OptOut.SALE), false, US.tcf(), "C9");
        String text = gpp(
                US_NATIONAL, Map.of("TargetedAdvertisingOptOutNotice", 1, "TargetedAdvertisingOptOut", 1, "Gpc", true));

        assertThat(about(text, sale)).isEqualTo(Finding.SILENT);
    }

    @ParameterizedTest
    @CsvSource({"1, 0, SILENT", "2, 0, NOT_NOTIFIED", "2, 2, NOT_NOTIFIED", "0, 2, NOT_NOTIFIED", "0, 0, SILENT"})
    void shouldNotBelieveThatSomebodyStayedInWhoWasNotTold(int notice, int optOut, Finding expected) {
        String text = raw("000001" + "00" + two(notice) + "00" + "00".repeat(3) + two(optOut));

        assertThat(about(text, US)).isEqualTo(expected);
    }

    @Test
    void shouldRefuseAValueThatThereIsNot() {
        assertThat(about(raw("000001" + "00" + "01" + "00" + "00".repeat(3) + "11"), US))
                .isEqualTo(Finding.MALFORMED);
    }

    private static String two(int value) {
        return Integer.toBinaryString(4 + value).substring(1);
    }

    /** A national section of these bits and zeros. */
    private static String raw(String bits) {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        String all = bits + "0".repeat(78 - bits.length());
        StringBuilder text = new StringBuilder("DBABLA~");
        for (int i = 0; i < all.length(); i += 6) {
            text.append(letters.charAt(Integer.parseInt(all.substring(i, i + 6), 2)));
        }
        return text.toString();
    }

    @Test
    void shouldHearGlobalPrivacyControl() {
        assertThat(us(US_NATIONAL, Map.of("Gpc", true))).isEqualTo(Finding.GPC_SET);
    }

    @Test
    void shouldHearABusinessThatActsAsServiceProviderOnly() {
        assertThat(us(VIRGINIA, Map.of("MspaServiceProviderMode", 1))).isEqualTo(Finding.SERVICE_PROVIDER_ONLY);
    }

    @Test
    void shouldHearANoInAnySection() {
        GppModel model = new GppModel();
        model.setFieldValue(US_NATIONAL, "SaleOptOutNotice", 1);
        model.setFieldValue(US_NATIONAL, "SaleOptOut", 2);
        model.setFieldValue(VIRGINIA, "SaleOptOutNotice", 1);
        model.setFieldValue(VIRGINIA, "SaleOptOut", 1);

        assertThat(about(model.encode(), US)).isEqualTo(Finding.OPTED_OUT);
    }

    @ParameterizedTest
    @CsvSource({
        "1YNN, SILENT",
        "1YYN, OPTED_OUT",
        "1NNN, NOT_NOTIFIED",
        "1NYN, OPTED_OUT",
        "1---, SILENT",
        "2YNN, MALFORMED",
        "1YN, MALFORMED",
        "1ynn, MALFORMED"
    })
    void shouldReadTheOlderStringOfTheUnitedStates(String text, Finding expected) {
        assertThat(about("DBABTA~" + text, US)).isEqualTo(expected);
    }

    @Test
    void shouldReadTheTcStringInside() {
        String no = yes().clearPurposesConsent().encode();

        assertThat(about("DBABMA~" + yes().encode(), TcStrings.CONSENT)).isEqualTo(Finding.CONSENTED);
        assertThat(about("DBABMA~" + no, TcStrings.CONSENT)).isEqualTo(Finding.PURPOSE_NOT_CONSENTED);
        assertThat(about("DBABMA~" + no, US)).isEqualTo(Finding.SILENT);
        assertThat(about("DBABMA~zzzz", TcStrings.CONSENT)).isEqualTo(Finding.VERSION_UNKNOWN);
    }

    /** As IAB's specification and its libraries' tests print them. */
    @ParameterizedTest
    @CsvSource({
        "DBABLA~BVQqAAAAAgA.QA, SILENT",
        "DBABLA~BVQqAAAAAgA, SILENT",
        "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN, SILENT",
        "DBABMA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA, SILENT"
    })
    void shouldUnderstandPublishedStrings(String text, Finding expected) {
        assertThat(about(text, US)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "~",
                "DBAA",
                "DBABLA",
                "DBABLA~",
                "DBABLA~BVQ",
                "DBABLA~BVQqAAAAAgA.zz",
                "DBABLA~BVQqAAAAAgA.QA.QA",
                "DBABLA~BVQqAAAAAgA.QAzz",
                "DBABLA~BVQqAAAAAgAAAzz",
                "DBABLA~BVQqAAAAAgA~BVQqAAAAAgA",
                "DBABLA~BVQqAAAAAgA\n",
                "DBABLA~ BVQqAAAAAgA",
                "1YNN",
                "AAABLA~BVQqAAAAAgA",
                "DCABLA~BVQqAAAAAgA",
                "DBABLA~BVQqAAAAAgA~",
                "DBABRg~BVQAABA.QA"
            })
    void shouldRefuseWhatIsNoString(String text) {
        assertThat(about(text, US).verdict()).isEqualTo(Finding.Verdict.UNUSABLE);
    }

    @ParameterizedTest
    @CsvSource({"CVQqAAAAAgA, SILENT", "DVQqAAAAAgA, VERSION_UNKNOWN", "AVQqAAAAAgA, VERSION_UNKNOWN"})
    void shouldKnowTwoVersionsOfTheNationalSection(String section, Finding expected) {
        assertThat(about("DBABLA~" + section, US)).isEqualTo(expected);
    }

    @Test
    void shouldRefuseASectionThatIsNotKnownToThoseWhomItMayConcern() {
        // Canada's, 5: a single entry of the header.
        assertThat(about("DBABD~CPXxRfAPXxRfAAfKABENB-CAAAAAAAAAAAAA", US)).isEqualTo(Finding.SECTION_UNKNOWN);
    }

    @Test
    void shouldBoundTheLength() {
        assertThat(about("DBABLA~" + "A".repeat(GppString.LONGEST), US)).isEqualTo(Finding.TOO_LONG);
    }

    @Test
    void shouldLoseNoOptOutHoweverItIsCut() {
        for (String text : examples()) {
            for (int length = 0; length < text.length(); length++) {
                // The segment of Global Privacy Control can be left off; nothing else.
                if (text.charAt(length) != '.') {
                    assertThat(about(text.substring(0, length), US).isNo())
                            .as(text.substring(0, length))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void shouldNeverThrow() {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~ \n\u0000é";
        List<String> examples = examples();
        for (int i = 0; i < ROUNDS; i++) {
            StringBuilder text = new StringBuilder(examples.get(random.nextInt(examples.size())));
            for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
                char letter = letters.charAt(random.nextInt(letters.length()));
                int place = random.nextInt(text.length());
                if (random.nextBoolean()) {
                    text.setCharAt(place, letter);
                } else {
                    text.insert(place, letter);
                }
            }
            assertThat(about(text.toString(), TcStrings.CONSENT)).isNotNull();
        }
    }

    private static List<String> examples() {
        String sold = gpp(US_NATIONAL, Map.of("SaleOptOutNotice", 1, "SaleOptOut", 1, "Gpc", true));
        String shared = gpp(CALIFORNIA, Map.of("SharingOptOutNotice", 1, "SharingOptOut", 1));
        return List.of(sold, shared, gpp(VIRGINIA, Map.of("SaleOptOutNotice", 1, "SaleOptOut", 1)));
    }

    private static String gpp(int section, Map<String, Object> fields) {
        GppModel model = new GppModel();
        model.setFieldValue(section, "Version", 1);
        fields.forEach((name, value) -> model.setFieldValue(section, name, value));
        return model.encode();
    }

    private static Finding us(int section, Map<String, Object> fields) {
        return about(gpp(section, fields), US);
    }

    private static Finding about(String text, SignalMapping mapping) {
        return GppString.read(text).about(mapping, COLLECTOR, AT, TOLERANCE);
    }
}
