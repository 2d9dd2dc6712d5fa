package io.cloakroom.policy;

import static io.cloakroom.policy.People.BRAND;
import static io.cloakroom.policy.People.COLLECTOR;
import static io.cloakroom.policy.People.SMALL;
import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.advertising;
import static io.cloakroom.policy.People.at;
import static io.cloakroom.policy.People.cookie;
import static io.cloakroom.policy.People.grant;
import static io.cloakroom.policy.People.knowing;
import static io.cloakroom.policy.People.order;
import static io.cloakroom.policy.People.refusal;
import static io.cloakroom.policy.People.with;
import static org.assertj.core.api.Assertions.assertThat;

import com.iab.gpp.encoder.GppModel;
import com.iabtcf.encoder.TCStringEncoder;
import com.iabtcf.utils.BitSetIntIterable;
import io.cloakroom.policy.signals.Signals;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What an event carries of the industry's signals can only narrow (C9, T1). */
class SignalTest {

    private static final long NOON = at("2026-06-01T12:00:00Z");
    private static final Engine ENGINE = new Engine(SMALL);
    private static final Scope ANALYTICS = new Scope("cookie-analytics", BRAND, Scope.EVERY, COLLECTOR);
    private static final Person CONSENTING =
            knowing(adult(), grant(advertising(), NOON - 1), grant(ANALYTICS, NOON - 1));
    private static final int ROUNDS = 5_000;

    @Test
    void shouldReleaseWhereBothTheConsentAndTheSignalSayYes() {
        assertThat(decided(tcf(1, 3, 4, 7))).isEqualTo("RELEASE consent C9");
    }

    @Test
    void shouldWithholdWhatTheSignalRefusesWhateverTheConsentsSay() {
        assertThat(decided(tcf(1, 7))).isEqualTo("WITHHOLD signal-refused C9");
        assertThat(decided(Signals.of("", "", true))).isEqualTo("WITHHOLD signal-refused C9");
        assertThat(decided(Signals.of("", optedOut(), false))).isEqualTo("WITHHOLD signal-refused C9");
    }

    @Test
    void shouldWithholdWhatASignalThatCannotBeReadMayRefuse() {
        assertThat(decided(Signals.of("zzzz", "", false))).isEqualTo("WITHHOLD signal-unusable C9");
        assertThat(decided(Signals.of("", "zzzz", false))).isEqualTo("WITHHOLD signal-unusable C9");
    }

    @Test
    void shouldNotHearASignalForAPurposeThatItIsNotMappedTo() {
        Event analytics = cookie("ANALYTICS", NOON);

        assertThat(decided("analytics", with(analytics, Signals.of("", "", true)), CONSENTING))
                .isEqualTo("RELEASE consent C3");
        assertThat(decided("analytics", with(analytics, Signals.of("", optedOut(), false)), CONSENTING))
                .isEqualTo("RELEASE consent C3");
        assertThat(decided("analytics", with(analytics, tcf(3)), CONSENTING)).isEqualTo("WITHHOLD signal-refused C9");
        assertThat(decided("payment", with(order("PLACED", NOON), Signals.of("zzzz", "zzzz", true)), CONSENTING))
                .as("nobody is asked (C5)")
                .isEqualTo("RELEASE contract C7");
    }

    @Test
    void shouldHearTheStricterOfSeveral() {
        String yes = text(1, 3, 4, 7);
        String no = text(1, 7);

        assertThat(decided(Signals.of(yes, "DBABMA~" + no, false))).isEqualTo("WITHHOLD signal-refused C9");
        assertThat(decided(Signals.of(no, "DBABMA~" + yes, false))).isEqualTo("WITHHOLD signal-refused C9");
        assertThat(decided(Signals.of(yes, "DBABMA~" + yes, false))).isEqualTo("RELEASE consent C9");
        assertThat(decided(Signals.of(yes, "DBABMA~" + yes, true))).isEqualTo("WITHHOLD signal-refused C9");
    }

    @Test
    void shouldNameThePersonsOwnRefusalFirst() {
        Person refusing = CONSENTING.with(refusal(advertising(), NOON));

        assertThat(decided("advertising", with(cookie("ADVERTISING", NOON), tcf(1)), refusing))
                .isEqualTo("WITHHOLD consent-withdrawn C25");
    }

    @Test
    void shouldNeverReleaseMoreThanWithoutASignal() {
        Random random = new Random(9);
        long fewer = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Event event = cookie(random.nextBoolean() ? "ADVERTISING" : "ANALYTICS", NOON);
            Person person = random.nextInt(4) == 0 ? adult() : CONSENTING;
            Event signalling = with(event, any(random));

            Set<String> without = released(event, person);
            Set<String> released = released(signalling, person);

            assertThat(without).containsAll(released);
            fewer += without.size() - released.size();
        }
        assertThat(fewer).as("releases that a signal stopped").isPositive();
    }

    private static Signals any(Random random) {
        String tcf = random.nextInt(3) == 0 ? "" : text(random.ints(4, 1, 11).toArray());
        String gpp =
                List.of("", optedOut(), "DBABMA~" + text(1, 3, 4, 7), "zzzz").get(random.nextInt(4));
        return Signals.of(random.nextInt(8) == 0 ? tcf.substring(tcf.length() / 2) : tcf, gpp, random.nextInt(4) == 0);
    }

    private static Set<String> released(Event event, Person person) {
        return ENGINE.decide(event, person, NOON).decisions().stream()
                .filter(Decision.Release.class::isInstance)
                .map(d -> d.recipient().id())
                .collect(Collectors.toSet());
    }

    @Test
    void shouldPrintNoString() {
        Signals signals = Signals.of(text(1), optedOut(), true);

        assertThat(signals).hasToString("Signals[tcf gpp gpc]");
        assertThat(with(cookie("ADVERTISING", NOON), signals).toString()).doesNotContain(text(1), optedOut());
    }

    private static Signals tcf(int... purposes) {
        return Signals.of(text(purposes), "", false);
    }

    private static String text(int... purposes) {
        Instant updated = Instant.parse("2026-05-10T00:00:00Z");
        return TCStringEncoder.newBuilder()
                .version(2)
                .created(updated)
                .lastUpdated(updated)
                .consentLanguage("EN")
                .publisherCC("DE")
                .tcfPolicyVersion(5)
                .isServiceSpecific(true)
                .addPurposesConsent(BitSetIntIterable.from(purposes))
                .addPurposesConsent(BitSetIntIterable.from(8, 9))
                .addVendorConsent(755)
                .addDisclosedVendors(755)
                .encode();
    }

    private static String optedOut() {
        GppModel model = new GppModel();
        model.setFieldValue("usca", "SaleOptOutNotice", 1);
        model.setFieldValue("usca", "SaleOptOut", 1);
        return model.encode();
    }

    private static String decided(Signals signals) {
        return decided("advertising", with(cookie("ADVERTISING", NOON), signals), CONSENTING);
    }

    private static String decided(String recipient, Event event, Person person) {
        Decision decision = ENGINE.decide(event, person, NOON).decisions().stream()
                .filter(d -> d.recipient().id().equals(recipient))
                .findFirst()
                .orElseThrow();
        String outcome = decision instanceof Decision.Release ? "RELEASE " : "WITHHOLD ";
        return outcome + decision.rule().id() + " " + decision.clause();
    }
}
