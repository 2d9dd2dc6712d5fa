package io.cloakroom.policy;

import static io.cloakroom.policy.EngineTest.decided;
import static io.cloakroom.policy.EngineTest.decision;
import static io.cloakroom.policy.People.DAY;
import static io.cloakroom.policy.People.HOUR;
import static io.cloakroom.policy.People.NOON;
import static io.cloakroom.policy.People.SMALL;
import static io.cloakroom.policy.People.account;
import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.advertising;
import static io.cloakroom.policy.People.agreed;
import static io.cloakroom.policy.People.at;
import static io.cloakroom.policy.People.born;
import static io.cloakroom.policy.People.cookie;
import static io.cloakroom.policy.People.ended;
import static io.cloakroom.policy.People.grant;
import static io.cloakroom.policy.People.knowing;
import static io.cloakroom.policy.People.order;
import static io.cloakroom.policy.People.refusal;
import static io.cloakroom.policy.People.statistics;
import static io.cloakroom.policy.People.stranger;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Person.Guardian;
import java.time.LocalDate;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** C1: a registration, a subscription or an order of somebody who is not known to be adult. */
class GuardianTest {

    private static final String RELEASED = "release contract C7 [payment]";
    private static final String WITHDREW = "withhold guardian-withdrew C1";
    private static final String NEEDED = "hold guardian-needed C1";
    private static final Event ORDER = order("PLACED", NOON);
    private static final long TERM = 30 * DAY;

    @Test
    void shouldReleaseAnActOfAMinorUnderAnAgreementInForce() {
        assertThat(decided("payment", ORDER, minor(agreed(NOON)))).isEqualTo(RELEASED);
        assertThat(decided("payment", ORDER, minor(agreed(NOON - 400 * DAY)))).isEqualTo(RELEASED);
        assertThat(completedAt(minor(agreed(NOON)))).isEmpty();
    }

    @Test
    void shouldReleaseAnActOfAnUnknownAgeUnderAnAgreementInForce() {
        assertThat(decided("payment", ORDER, stranger().with(agreed(NOON - 1)))).isEqualTo(RELEASED);
    }

    @Test
    void shouldLetALaterAgreementCompleteAnActAndTellBothTimes() {
        Person person = minor(agreed(NOON + 1));

        assertThat(decided("payment", ORDER, person)).isEqualTo(RELEASED);
        assertThat(completedAt(person)).hasValue(NOON + 1);
    }

    @Test
    void shouldLetAnAgreementCompleteAnActUntilTheTermIsOver() {
        assertThat(decided("payment", ORDER, minor(agreed(NOON + TERM)))).isEqualTo(RELEASED);
        assertThat(decided("payment", ORDER, minor(agreed(NOON + TERM + 1)))).isEqualTo(NEEDED);
    }

    @Test
    void shouldTellTheAgreementThatCompletedFirst() {
        assertThat(completedAt(minor(agreed(NOON + 5), agreed(NOON + 2)))).hasValue(NOON + 2);
        assertThat(completedAt(minor(agreed(NOON + 5), agreed(NOON - 2)))).isEmpty();
    }

    @Test
    void shouldTellNoAgreementOfAnAdultsAct() {
        assertThat(completedAt(adult().with(agreed(NOON + 1)))).isEmpty();
    }

    @Test
    void shouldWithholdAnActUpToAWithdrawal() {
        assertThat(decided("payment", ORDER, minor(agreed(NOON - 2), ended(NOON))))
                .isEqualTo(WITHDREW);
        assertThat(decided("payment", ORDER, minor(ended(NOON + DAY), agreed(NOON - 2))))
                .isEqualTo(WITHDREW);
        assertThat(decided("payment", ORDER, stranger().with(ended(NOON)))).isEqualTo(WITHDREW);
    }

    @Test
    void shouldNameTheWithdrawalThatCounted() {
        assertThat(decision(SMALL, "payment", ORDER, minor(ended(NOON + 3)), NOON)
                        .transition())
                .contains(new Transition(Transition.Kind.REFUSAL, NOON + 3));
    }

    @Test
    void shouldNotLaunderAnActByAnAgreementAfterTheWithdrawal() {
        assertThat(decided("payment", ORDER, minor(ended(NOON), agreed(NOON + 1))))
                .isEqualTo(WITHDREW);
        assertThat(decided("payment", ORDER, minor(agreed(NOON + 1), ended(NOON))))
                .isEqualTo(WITHDREW);
    }

    @Test
    void shouldHoldAnActAfterAWithdrawalUntilThereIsANewAgreement() {
        Person left = minor(agreed(NOON - 3), ended(NOON - 2));

        assertThat(decided("payment", ORDER, left)).isEqualTo(NEEDED);
        assertThat(decided("payment", ORDER, left.with(agreed(NOON - 1)))).isEqualTo(RELEASED);
        assertThat(decided("payment", ORDER, minor(agreed(NOON - 1), ended(NOON - 2), agreed(NOON - 3))))
                .isEqualTo(RELEASED);
    }

    @Test
    void shouldLetTheWithdrawalWinAtEqualTimesWhicheverIsKnownFirst() {
        assertThat(decided("payment", ORDER, minor(agreed(NOON - 1), ended(NOON - 1))))
                .isEqualTo(NEEDED);
        assertThat(decided("payment", ORDER, minor(ended(NOON - 1), agreed(NOON - 1))))
                .isEqualTo(NEEDED);
    }

    @Test
    void shouldAskNoGuardianOfAnAdultOrForWhatIsNoAct() {
        assertThat(decided("payment", ORDER, adult().with(ended(NOON + 1)))).isEqualTo(RELEASED);
        assertThat(decided("group", account("UPDATED", NOON), minor(ended(NOON + 1))))
                .isEqualTo("release legitimate-interest C16 [group-business]");
    }

    @Test
    void shouldResolveAHoldByTheAgeOfAnAdultAndKeepItByThatOfAMinor() {
        assertThat(decided("payment", ORDER, stranger())).isEqualTo("hold age-unknown C1");
        assertThat(decided("payment", ORDER, adult())).isEqualTo(RELEASED);
        assertThat(decided("payment", ORDER, minor())).isEqualTo(NEEDED);
    }

    @Test
    void shouldGiveNothingOfAMinorToAdvertisingWhateverTheGuardianSays() {
        assertThat(decided(
                        "advertising", cookie("ADVERTISING", NOON), minor(agreed(NOON - 1), grant(advertising(), 0))))
                .isEqualTo("withhold minor C1");
    }

    @Test
    void shouldHoldUntilNoAgreementCompletesTheActAnyMore() {
        Decision held = decision(SMALL, "payment", ORDER, minor(), NOON);

        assertThat(((Decision.Hold) held).deadline()).isEqualTo(NOON + TERM);
        assertThat(decidedAgain(NOON + TERM - 1)).isEqualTo(NEEDED);
        assertThat(decidedAgain(NOON + TERM)).isEqualTo("withhold hold-expired C1");
    }

    private static String decidedAgain(long now) {
        return new Engine(SMALL)
                .decide(ORDER, minor(), NOON, now).decisions().stream()
                        .filter(d -> d.recipient().id().equals("payment"))
                        .map(EngineTest::words)
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void shouldHoldAnOldActForAnHourSinceAnAgreementInTimeMayBeOnItsWay() {
        long late = NOON + TERM + DAY;

        Decision held = decision(SMALL, "payment", ORDER, minor(), late);

        assertThat(((Decision.Hold) held).deadline()).isEqualTo(late + HOUR);
    }

    @Test
    void shouldWithholdRatherThanHoldWhatIsRefused() {
        assertThat(decided("analytics", ORDER, minor(refusal(statistics(), 0)))).isEqualTo("withhold objected C25");
    }

    @Test
    void shouldBoundTheAgreementsByTheSecondOldest() {
        Person person = minor();
        for (int i = 1; i <= 100; i++) {
            person = person.with(agreed(NOON + i));
        }

        assertThat(person.guardian().agreements())
                .hasSize(8)
                .startsWith(NOON + 1)
                .endsWith(NOON + 100);
        assertThat(person.with(agreed(NOON + 2))).isEqualTo(person);
    }

    @Test
    void shouldBeTheVeryObjectWhenTheGuardianSaysNothingNew() {
        Person person = minor(agreed(NOON), ended(NOON - 1));

        assertThat(person.with(agreed(NOON))).isSameAs(person);
        assertThat(person.with(agreed(NOON - 1))).isSameAs(person);
        assertThat(person.with(ended(NOON - 2))).isSameAs(person);
        assertThat(person.guardian().endedAt()).isEqualTo(NOON - 1);
        assertThat(minor().guardian()).isEqualTo(Guardian.NONE);
    }

    @Test
    void shouldTellWhoMayBeAGuardian() {
        Policy policy = SMALL.versions().get(0);
        long birthday = at("2020-03-01T00:00:00Z");

        assertThat(policy.isAdult(LocalDate.parse("2004-02-29"), birthday - 1)).isFalse();
        assertThat(policy.isAdult(LocalDate.parse("2004-02-29"), birthday)).isTrue();
        assertThat(policy.adultFrom(LocalDate.parse("2004-02-29"))).isEqualTo(birthday);
        assertThat(policy.adultFrom(LocalDate.parse("2003-06-02"))).isEqualTo(at("2019-06-01T23:00:00Z"));
        assertThat(policy.guardianTerm()).isEqualTo(TERM).isGreaterThan(HOUR);
    }

    private static Person minor(Change... changes) {
        return knowing(stranger().with(born("2010-01-01")), changes);
    }

    private static OptionalLong completedAt(Person person) {
        Decision decision = decision(SMALL, "payment", ORDER, person, NOON);
        return ((Decision.Release) decision).completedAt();
    }
}
