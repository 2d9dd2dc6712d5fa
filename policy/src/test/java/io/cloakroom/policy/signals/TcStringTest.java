package io.cloakroom.policy.signals;

import static io.cloakroom.policy.signals.TcStrings.AT;
import static io.cloakroom.policy.signals.TcStrings.COLLECTOR;
import static io.cloakroom.policy.signals.TcStrings.CONSENT;
import static io.cloakroom.policy.signals.TcStrings.INTEREST;
import static io.cloakroom.policy.signals.TcStrings.NOT_LISTED;
import static io.cloakroom.policy.signals.TcStrings.OTHER_VENDOR;
import static io.cloakroom.policy.signals.TcStrings.TOLERANCE;
import static io.cloakroom.policy.signals.TcStrings.UPDATED;
import static io.cloakroom.policy.signals.TcStrings.VENDOR;
import static io.cloakroom.policy.signals.TcStrings.consent;
import static io.cloakroom.policy.signals.TcStrings.interest;
import static io.cloakroom.policy.signals.TcStrings.restriction;
import static io.cloakroom.policy.signals.TcStrings.yes;
import static org.assertj.core.api.Assertions.assertThat;

import com.iabtcf.encoder.TCStringEncoder;
import com.iabtcf.utils.BitSetIntIterable;
import com.iabtcf.v2.RestrictionType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TcStringTest {

    /** As IAB's specification, its libraries' tests and a vendor's documentation print them. */
    private static final List<String> PUBLISHED = List.of(
            "COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA",
            "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA.argAC0gAAAAAAAAAAAA",
            "COxR03kOxR1CqBcABCENAgCMAP_AAH_AAAqIF3EXySoGY2thI2YVFxBEIYwfJxyigMgChgQIsSwNQIeFLBoGLiAAHBGYJAQAGBAEEACB"
                    + "AQIkHGBMCQAAgAgBiRCMQEGMCzNIBIBAggEbY0FACCVmHkHSmZCY7064O__QLuIJEFQMAkSBAIACLECIQwAQDiAAAYAlAAABAhIa"
                    + "AAgIWBQEeAAAACAwAAgAAABBAAACAAQAAICIAAABAAAgAiAQAAAAGgIQAACBABACRIAAAEANCAAgiCEAQg4EAo4AAA.IF3EXySoGY"
                    + "2tho2YVFzBEIYwfJxyigMgShgQIsS0NQIeFLBoGPiAAHBGYJAQAGBAkkACBAQIsHGBMCQABgAgRiRCMQEGMDzNIBIBAggkbY0FA"
                    + "CCVmnkHS3ZCY70-6u__QA.elAAAAAAAWA");

    private static final int ROUNDS = 10_000;

    private final Random random = new Random(20260601);

    @Test
    void shouldAllowWhatVendorAndAllPurposesAreConsentedFor() {
        assertThat(consent(yes().encode())).isEqualTo(Finding.CONSENTED);
    }

    @Test
    void shouldRefuseAPurposeThatIsNotConsented() {
        String text = yes().clearPurposesConsent()
                .addPurposesConsent(BitSetIntIterable.from(1, 3))
                .encode();

        assertThat(consent(text)).isEqualTo(Finding.PURPOSE_NOT_CONSENTED);
    }

    @Test
    void shouldRefuseAVendorThatIsNotConsented() {
        String text = yes().clearVendorConsent().addVendorConsent(OTHER_VENDOR).encode();

        assertThat(consent(text)).isEqualTo(Finding.VENDOR_NOT_CONSENTED);
    }

    @Test
    void shouldRefuseAVendorThatWasNotDisclosed() {
        String text =
                yes().clearDisclosedVendors().addDisclosedVendors(OTHER_VENDOR).encode();

        assertThat(consent(text)).isEqualTo(Finding.VENDOR_NOT_DISCLOSED);
        assertThat(interest(text)).isEqualTo(Finding.VENDOR_NOT_DISCLOSED);
    }

    @Test
    void shouldSayNothingAboutACollectorThatTheListDoesNotHaveButRefuseThePurpose() {
        String no = yes().clearPurposesConsent().encode();

        assertThat(about(yes().encode(), NOT_LISTED)).isEqualTo(Finding.SILENT);
        assertThat(about(no, NOT_LISTED)).isEqualTo(Finding.PURPOSE_NOT_CONSENTED);
    }

    private static Finding about(String text, String collector) {
        return TcString.read(text).about(CONSENT, collector, AT, TOLERANCE);
    }

    @Test
    void shouldTakeNoInterestForAYes() {
        assertThat(interest(yes().encode())).isEqualTo(Finding.SILENT);
    }

    @Test
    void shouldHearAnObjection() {
        assertThat(interest(yes().clearPurposesLITransparency()
                        .addPurposesLITransparency(7)
                        .encode()))
                .isEqualTo(Finding.OBJECTED);
        assertThat(interest(yes().clearVendorLegitimateInterest().encode())).isEqualTo(Finding.OBJECTED);
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_ALLOWED, PUBLISHER_RESTRICTION, PUBLISHER_RESTRICTION",
        "REQUIRE_CONSENT, CONSENTED, PUBLISHER_RESTRICTION",
        "REQUIRE_LEGITIMATE_INTEREST, PUBLISHER_RESTRICTION, SILENT",
        "UNDEFINED, PUBLISHER_RESTRICTION, PUBLISHER_RESTRICTION"
    })
    void shouldHearWhatThePublisherRestricts(RestrictionType type, Finding byConsent, Finding byInterest) {
        String text = yes().addPublisherRestrictionEntry(
                        restriction(4, type, 1, 2, 3, VENDOR), restriction(8, type, VENDOR))
                .encode();

        assertThat(consent(text)).isEqualTo(byConsent);
        assertThat(interest(text)).isEqualTo(byInterest);
    }

    @Test
    void shouldNotHearARestrictionOfOthers() {
        String text = yes().addPublisherRestrictionEntry(
                        restriction(4, RestrictionType.NOT_ALLOWED, OTHER_VENDOR, VENDOR - 1, VENDOR + 1),
                        restriction(2, RestrictionType.NOT_ALLOWED, VENDOR))
                .encode();

        assertThat(consent(text)).isEqualTo(Finding.CONSENTED);
    }

    @ParameterizedTest
    @CsvSource({
        "2027-06-09T23:59:59Z, CONSENTED",
        "2027-06-10T00:00:00Z, TOO_OLD",
        "2026-05-10T00:00:00Z, CONSENTED",
        "2026-05-09T23:59:55Z, CONSENTED",
        "2026-05-09T23:59:54Z, DATED_AHEAD"
    })
    void shouldBelieveItForThirteenCalendarMonths(Instant at, Finding expected) {
        assertThat(TcString.read(yes().encode()).about(CONSENT, COLLECTOR, at.toEpochMilli(), TOLERANCE))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"-9223372036854775808, DATED_AHEAD", "9223372036854775807, TOO_OLD"})
    void shouldKnowTheEndsOfTime(long at, Finding expected) {
        assertThat(TcString.read(yes().encode()).about(CONSENT, COLLECTOR, at, TOLERANCE))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 2026-02-28T23:59:59Z, CONSENTED",
        "4, 2026-03-01T00:00:00Z, DISCLOSURE_MISSING",
        "5, 2026-02-28T23:59:59Z, DISCLOSURE_MISSING"
    })
    void shouldAskForTheDisclosedVendorsFromTheVersionOrTheDayOn(int version, Instant updated, Finding expected) {
        String text = yes().clearDisclosedVendors()
                .tcfPolicyVersion(version)
                .created(updated)
                .lastUpdated(updated)
                .encode();

        assertThat(text).doesNotContain(".");
        assertThat(consent(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 6, 63})
    void shouldNotGuessWhatAnotherPolicyVersionMeans(int version) {
        assertThat(consent(yes().tcfPolicyVersion(version).encode())).isEqualTo(Finding.VERSION_UNKNOWN);
    }

    @Test
    void shouldRefuseAStringForEverybodysSites() {
        assertThat(consent(yes().isServiceSpecific(false).encode())).isEqualTo(Finding.NOT_OF_ONE_SERVICE);
    }

    @Test
    void shouldRefuseTheFirstVersionOfTheFormat() {
        String text =
                TCStringEncoder.newBuilder().version(1).consentLanguage("EN").encode();

        assertThat(consent(text)).isEqualTo(Finding.VERSION_UNKNOWN);
    }

    @Test
    void shouldRefuseSegmentsThatAreNotKnownOrStandTwice() {
        String text = yes().encode();
        String disclosed = text.substring(text.indexOf('.'));

        assertThat(consent(yes().addAllowedVendors(VENDOR).encode())).isEqualTo(Finding.SEGMENT_UNKNOWN);
        assertThat(consent(text + ".gAAA")).isEqualTo(Finding.SEGMENT_UNKNOWN);
        assertThat(consent(text + disclosed)).isEqualTo(Finding.MALFORMED);
    }

    @Test
    void shouldUnderstandThePublishersOwnSegment() {
        String text = yes().addPubPurposesConsent(1)
                .addCustomPurposesConsent(BitSetIntIterable.from(1, 2, 3))
                .encode();

        assertThat(text.chars().filter(c -> c == '.')).hasSize(2);
        assertThat(consent(text)).isEqualTo(Finding.CONSENTED);
    }

    @Test
    void shouldRefuseWhatStandsBehindTheLastField() {
        String text = yes().encode();

        assertThat(consent(text.replace(".", "AAAAAAAA."))).as("zeros fill").isEqualTo(Finding.CONSENTED);
        assertThat(consent(text.replace(".", "AAAAAAAB."))).isEqualTo(Finding.MALFORMED);
        assertThat(consent(text + "zzzz")).isEqualTo(Finding.MALFORMED);
    }

    @Test
    void shouldRefuseOneThatWasUpdatedBeforeItWasMade() {
        assertThat(consent(yes().created(UPDATED.plusMillis(100)).encode())).isEqualTo(Finding.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", ".", "..", "C", "1YNN", "null", "é", "\u0000", "CAAA\n", "{\"purpose\":1}", "%00", "C=="
            })
    void shouldRefuseWhatIsNoString(String text) {
        assertThat(consent(text).verdict()).isEqualTo(Finding.Verdict.UNUSABLE);
    }

    @Test
    void shouldBoundTheRestrictions() {
        TCStringEncoder.Builder builder = yes();
        for (int i = 0; i < 72; i++) {
            builder.addPublisherRestrictionEntry(
                    restriction(1 + i % 24, RestrictionType.REQUIRE_CONSENT, OTHER_VENDOR + i));
        }
        assertThat(consent(builder.encode())).isEqualTo(Finding.CONSENTED);

        builder.addPublisherRestrictionEntry(restriction(9, RestrictionType.NOT_ALLOWED, 65_000));
        assertThat(consent(builder.encode())).isEqualTo(Finding.MALFORMED);
    }

    @Test
    void shouldBoundTheLength() {
        assertThat(consent(yes().encode() + "A".repeat(TcString.LONGEST))).isEqualTo(Finding.TOO_LONG);
    }

    @Test
    void shouldUnderstandPublishedStringsAndRefuseThemForTheirVersion() {
        for (String text : PUBLISHED) {
            assertThat(TcString.read(text)).isInstanceOf(TcString.class);
            assertThat(consent(text)).isEqualTo(Finding.VERSION_UNKNOWN);
        }
    }

    @Test
    void shouldNotAllowMoreHoweverItIsCut() {
        for (String text : examples()) {
            boolean allowed = consent(text) == Finding.CONSENTED;
            for (int length = 0; length < text.length(); length++) {
                Finding cut = consent(text.substring(0, length));
                assertThat(cut == Finding.CONSENTED && !allowed).isFalse();
            }
        }
    }

    @Test
    void shouldAllowNothingThatASecondReaderOfTheBitsDoesNot() {
        List<String> examples = examples();
        for (SignalMapping mapping : List.of(CONSENT, INTEREST)) {
            int allowed = 0;
            for (int i = 0; i < ROUNDS; i++) {
                String text = mutated(examples.get(random.nextInt(examples.size())));
                if (!TcStrings.about(text, mapping).isNo()) {
                    allowed++;
                    assertThat(TcStrings.allows(text, mapping)).as(text).isTrue();
                }
            }
            assertThat(allowed).as("strings that still allow").isPositive();
        }
    }

    @Test
    void shouldRefuseWhateverHasALetterOfNoAlphabet() {
        List<String> examples = examples();
        for (int i = 0; i < ROUNDS; i++) {
            StringBuilder text = new StringBuilder(examples.get(random.nextInt(examples.size())));
            text.setCharAt(random.nextInt(text.length()), "+/=~ é\n\u0000%\"".charAt(random.nextInt(10)));

            assertThat(consent(text.toString())).isEqualTo(Finding.MALFORMED);
        }
    }

    private List<String> examples() {
        List<String> all = new ArrayList<>(PUBLISHED);
        all.add(yes().encode());
        all.add(yes().tcfPolicyVersion(4).addPubPurposesConsent(1).encode());
        all.add(yes().clearPurposesConsent().encode());
        all.add(yes().addPublisherRestrictionEntry(restriction(4, RestrictionType.NOT_ALLOWED, VENDOR))
                .encode());
        all.add(yes().addVendorConsent(BitSetIntIterable.from(java.util.stream.IntStream.range(1, 900)
                        .filter(i -> i % 3 != 0)
                        .toArray()))
                .encode());
        return all;
    }

    private String mutated(String text) {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
        StringBuilder mutated = new StringBuilder(text);
        for (int edits = 1 + random.nextInt(3); edits > 0 && mutated.length() > 1; edits--) {
            int place = random.nextInt(mutated.length());
            char letter = letters.charAt(random.nextInt(letters.length()));
            switch (random.nextInt(4)) {
                case 0 -> mutated.setCharAt(place, letter);
                case 1 -> mutated.insert(place, letter);
                case 2 -> mutated.deleteCharAt(place);
                default -> mutated.setLength(place);
            }
        }
        return mutated.toString();
    }
}
