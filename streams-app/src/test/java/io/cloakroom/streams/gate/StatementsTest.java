package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Rule;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Statements.Refused;
import io.cloakroom.streams.gate.Statements.Statement;
import io.cloakroom.streams.gate.Statements.Taken;
import io.cloakroom.streams.gate.Statements.Undecidable;
import java.time.Instant;
import java.time.LocalDate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StatementsTest {

    private static final Instant ARRIVAL = Instant.parse("2026-03-01T12:00:00Z");
    private static final long ARRIVED_AT = ARRIVAL.toEpochMilli();
    private static final String NOTICE = "2017-11-17";
    private static final int LONGEST = 255;

    private static final Scope MAIL = new Scope("direct-marketing", "net-a-porter", "EMAIL", Scope.EVERY);

    private static Policy policy;

    @BeforeAll
    static void loadThePolicy() throws PolicyRefusedException {
        policy = Blueprint.load(GateDriver.POLICIES).history().versions().get(0);
    }

    @Test
    void shouldTakeAGrant() {
        assertThat(read(mail(ConsentKind.GRANT)))
                .isEqualTo(taken(new Change.Grant(MAIL, ARRIVED_AT, NOTICE, Long.MAX_VALUE, false)));
    }

    @Test
    void shouldTakeAGrantThatEnds() {
        Instant end = ARRIVAL.plusSeconds(60);

        assertThat(read(mail(ConsentKind.GRANT).setExpiresAt(end)))
                .isEqualTo(taken(new Change.Grant(MAIL, ARRIVED_AT, NOTICE, end.toEpochMilli(), false)));
    }

    @Test
    void shouldTakeAGrantFromElsewhereAsImported() {
        assertThat(read(mail(ConsentKind.GRANT).setOrigin("list-2009")))
                .isEqualTo(taken(new Change.Grant(MAIL, ARRIVED_AT, NOTICE, Long.MAX_VALUE, true)));
    }

    @Test
    void shouldTakeALiftWithoutANotice() {
        assertThat(read(mail(ConsentKind.LIFT).setNoticeVersion(null)))
                .isEqualTo(taken(new Change.Lift(MAIL, ARRIVED_AT)));
    }

    @ParameterizedTest
    @EnumSource(
            value = ConsentKind.class,
            names = {"WITHDRAWAL", "OBJECTION"})
    void shouldTakeARefusalOfEverything(ConsentKind kind) {
        assertThat(read(mail(kind).setBrand(null).setChannel(null).setNoticeVersion(null)))
                .isEqualTo(taken(new Change.Refusal(
                        new Scope("direct-marketing", Scope.EVERY, Scope.EVERY, Scope.EVERY), ARRIVED_AT)));
    }

    @Test
    void shouldTakeAnAge() {
        LocalDate born = LocalDate.of(1980, 2, 29);

        assertThat(read(age().setBirthDate(born))).isEqualTo(taken(new Change.Age(born.toEpochDay(), ARRIVED_AT)));
    }

    @Test
    void shouldNotDecideAnAgeWithoutADate() {
        assertThat(read(age())).isEqualTo(new Undecidable(Rule.INCOMPLETE));
    }

    @ParameterizedTest
    @EnumSource(
            value = ConsentKind.class,
            names = {"GRANT", "WITHDRAWAL", "OBJECTION", "LIFT"})
    void shouldNotDecideWithoutAPurpose(ConsentKind kind) {
        assertThat(read(mail(kind).setPurpose(null))).isEqualTo(new Undecidable(Rule.INCOMPLETE));
    }

    @Test
    void shouldRefuseAnObjectionToWhatIsNoChoice() {
        assertThat(read(mail(ConsentKind.OBJECTION).setPurpose("fulfilment")))
                .isEqualTo(new Refused(Rule.NOT_A_CHOICE));
    }

    @Test
    void shouldRefuseALiftBySomebodyElse() {
        assertThat(read(mail(ConsentKind.LIFT).setOrigin("partner"))).isEqualTo(new Refused(Rule.IMPORTED_LIFT));
    }

    @ParameterizedTest
    @CsvSource({"GRANT, direkt-marketing", "WITHDRAWAL, direkt-marketing", "WITHDRAWAL, ''"})
    void shouldNotDecideAPurposeThatNobodyIsAskedFor(ConsentKind kind, String purpose) {
        assertThat(read(mail(kind).setPurpose(purpose))).isEqualTo(new Undecidable(Rule.UNKNOWN_PURPOSE));
    }

    @ParameterizedTest
    @CsvSource({
        "GRANT, yoox, EMAIL",
        "WITHDRAWAL, yoox, EMAIL",
        "WITHDRAWAL, yoox,",
        "GRANT, net-a-porter, FAX",
        "OBJECTION,, FAX",
        "LIFT, net-a-porter, email"
    })
    void shouldNotDecideABrandOrChannelThatThereIsNot(ConsentKind kind, String brand, String channel) {
        assertThat(read(mail(kind).setBrand(brand).setChannel(channel))).isEqualTo(new Undecidable(Rule.UNKNOWN_SCOPE));
    }

    @ParameterizedTest
    @CsvSource({
        "direct-marketing,, EMAIL,",
        "direct-marketing, net-a-porter,,",
        "direct-marketing, '', EMAIL,",
        "advertising, net-a-porter,,",
        "advertising,,, doubleclick"
    })
    void shouldNotTakeAGrantWiderThanItsPurposeAllows(String purpose, String brand, String channel, String collector) {
        assertThat(read(mail(ConsentKind.GRANT)
                        .setPurpose(purpose)
                        .setBrand(brand)
                        .setChannel(channel)
                        .setCollector(collector)))
                .isEqualTo(new Refused(Rule.SCOPE_TOO_WIDE));
    }

    @Test
    void shouldRefuseAGrantWithoutANotice() {
        assertThat(read(mail(ConsentKind.GRANT).setNoticeVersion(null))).isEqualTo(new Refused(Rule.INCOMPLETE));
    }

    @ParameterizedTest
    @EnumSource(
            value = ConsentKind.class,
            names = {"GRANT", "LIFT"})
    void shouldRefuseAnOpeningDatedAheadByMoreThanClocksDiffer(ConsentKind kind) {
        Instant ahead = ARRIVAL.plusMillis(Engine.CLOCK_TOLERANCE + 1);

        assertThat(read(mail(kind).setOccurredAt(ahead))).isEqualTo(new Refused(Rule.GRANT_AHEAD));
    }

    @Test
    void shouldTakeAnOpeningDatedAheadByAsMuchAsClocksDiffer() {
        long ahead = ARRIVED_AT + Engine.CLOCK_TOLERANCE;

        assertThat(read(mail(ConsentKind.GRANT).setOccurredAt(Instant.ofEpochMilli(ahead))))
                .isEqualTo(taken(new Change.Grant(MAIL, ahead, NOTICE, Long.MAX_VALUE, false)));
        assertThat(read(mail(ConsentKind.LIFT).setOccurredAt(Instant.ofEpochMilli(ahead))))
                .isEqualTo(taken(new Change.Lift(MAIL, ahead)));
    }

    @ParameterizedTest
    @EnumSource(
            value = ConsentKind.class,
            names = {"WITHDRAWAL", "OBJECTION"})
    void shouldLetARefusalDatedAheadTakeEffectOnArrival(ConsentKind kind) {
        long latest = ARRIVED_AT + Engine.CLOCK_TOLERANCE;

        assertThat(read(mail(kind).setOccurredAt(Instant.ofEpochMilli(Long.MAX_VALUE))))
                .isEqualTo(new Taken(new Change.Refusal(MAIL, latest), Rule.APPLIED_ON_ARRIVAL));
        assertThat(read(mail(kind).setOccurredAt(ARRIVAL.plusMillis(1))))
                .isEqualTo(taken(new Change.Refusal(MAIL, ARRIVED_AT + 1)));
    }

    /** A fast clock makes no grant outlive the withdrawal that arrives after it. */
    @Test
    void shouldLetNoGrantOutliveARefusalThatArrivesWithIt() {
        Instant fast = ARRIVAL.plusMillis(Engine.CLOCK_TOLERANCE);
        Taken grant = (Taken) read(mail(ConsentKind.GRANT).setOccurredAt(fast));
        Taken refusal = (Taken) read(mail(ConsentKind.WITHDRAWAL).setOccurredAt(fast.plusMillis(1)));
        Person person = Person.stranger(new byte[Person.SALT_LENGTH])
                .with(grant.change())
                .with(refusal.change());

        assertThat(person.preferences().get(0).openings()).isEmpty();
    }

    /** A refusal of any age counts (T16), one that is dated by nonsense too. */
    @Test
    void shouldTakeARefusalOfTheFirstTimeThereIs() {
        Taken taken = (Taken) read(mail(ConsentKind.WITHDRAWAL).setOccurredAt(Instant.ofEpochMilli(Long.MIN_VALUE)));
        Person person = Person.stranger(new byte[Person.SALT_LENGTH]).with(taken.change());

        assertThat(person.preferences()).hasSize(1);
    }

    @Test
    void shouldCutOffWhatThePurposeDoesNotTellApart() {
        assertThat(read(mail(ConsentKind.WITHDRAWAL).setCollector("doubleclick")))
                .isEqualTo(taken(new Change.Refusal(MAIL, ARRIVED_AT)));
        assertThat(read(mail(ConsentKind.OBJECTION).setPurpose("group-business")))
                .isEqualTo(taken(new Change.Refusal(
                        new Scope("group-business", "net-a-porter", Scope.EVERY, Scope.EVERY), ARRIVED_AT)));
    }

    /** It would become a part of the person's row; one too long for its topic stops the partition for good. */
    @Test
    void shouldNotDecideNamesThatAreTooLong() {
        String longest = "x".repeat(LONGEST);
        ConsentChange.Builder cookies =
                mail(ConsentKind.GRANT).setPurpose("advertising").setCollector(longest);

        assertThat(read(cookies)).isInstanceOf(Taken.class);
        assertThat(read(cookies.setCollector(longest + "x"))).isEqualTo(new Undecidable(Rule.UNKNOWN_SCOPE));
        assertThat(read(mail(ConsentKind.GRANT).setNoticeVersion(longest))).isInstanceOf(Taken.class);
        assertThat(read(mail(ConsentKind.GRANT).setNoticeVersion(longest + "x")))
                .isEqualTo(new Refused(Rule.INCOMPLETE));
    }

    private static Statement read(ConsentChange.Builder said) {
        return Statements.read(said.build(), policy, ARRIVED_AT);
    }

    /** About marketing by mail, complete. */
    private static ConsentChange.Builder mail(ConsentKind kind) {
        return ConsentChange.newBuilder()
                .setChangeId("1")
                .setOccurredAt(ARRIVAL)
                .setSubject("customer:1")
                .setKind(kind)
                .setPurpose("direct-marketing")
                .setBrand("net-a-porter")
                .setChannel("EMAIL")
                .setNoticeVersion(NOTICE);
    }

    private static ConsentChange.Builder age() {
        return ConsentChange.newBuilder()
                .setChangeId("1")
                .setOccurredAt(ARRIVAL)
                .setSubject("customer:1")
                .setKind(ConsentKind.AGE_STATEMENT);
    }

    private static Taken taken(Change change) {
        return new Taken(change, Rule.APPLIED);
    }
}
