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
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
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

    /** Of 10 January 2026, for TCF purposes 1, 3, 4, 7, 8 and 9 and vendor 755. */
    private static final String CONSENTS = "CQdz-EAQdz-EAAfABAENB4FgALOAAAAAAAYgF5wAQF5gAAAA.IF5wAgAGALzA";

    /** The same for purposes 1, 8 and 9. */
    private static final String NO_ADVERTISING = "CQdz-EAQdz-EAAfABAENB4FgAIGAAAAAAAYgF5wAQF5gAAAA.IF5wAgAGALzA";

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
        assertThat(read(mail(ConsentKind.GRANT).setOrigin("yoox")))
                .isEqualTo(taken(new Change.Grant(MAIL, ARRIVED_AT, NOTICE, Long.MAX_VALUE, true)));
    }

    @Test
    void shouldRefuseAGrantThatNobodyOfTheGroupPassedOn() {
        assertThat(read(mail(ConsentKind.GRANT).setOrigin("list-2009")))
                .isEqualTo(new Statements.Refused(Rule.ORIGIN_UNKNOWN));
    }

    @Test
    void shouldTakeALiftWithoutANotice() {
        assertThat(read(mail(ConsentKind.LIFT).setNoticeVersion(null)))
                .isEqualTo(taken(scopes(ConsentKind.LIFT, MAIL), scope -> new Change.Lift(scope, ARRIVED_AT)));
    }

    @ParameterizedTest
    @EnumSource(
            value = ConsentKind.class,
            names = {"WITHDRAWAL", "OBJECTION"})
    void shouldTakeARefusalOfEverything(ConsentKind kind) {
        assertThat(read(mail(kind).setBrand(null).setChannel(null).setNoticeVersion(null)))
                .isEqualTo(taken(
                        scopes(kind, new Scope("direct-marketing", Scope.EVERY, Scope.EVERY, Scope.EVERY)),
                        scope -> new Change.Refusal(scope, ARRIVED_AT)));
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
                .isEqualTo(taken(scopes(ConsentKind.LIFT, MAIL), scope -> new Change.Lift(scope, ahead)));
    }

    @ParameterizedTest
    @EnumSource(
            value = ConsentKind.class,
            names = {"WITHDRAWAL", "OBJECTION"})
    void shouldLetARefusalDatedAheadTakeEffectOnArrival(ConsentKind kind) {
        long latest = ARRIVED_AT + Engine.CLOCK_TOLERANCE;

        assertThat(read(mail(kind).setOccurredAt(Instant.ofEpochMilli(Long.MAX_VALUE))))
                .isEqualTo(new Taken(
                        scopes(kind, MAIL).stream()
                                .<Change>map(scope -> new Change.Refusal(scope, latest))
                                .toList(),
                        Rule.APPLIED_ON_ARRIVAL));
        assertThat(read(mail(kind).setOccurredAt(ARRIVAL.plusMillis(1))))
                .isEqualTo(taken(scopes(kind, MAIL), scope -> new Change.Refusal(scope, ARRIVED_AT + 1)));
    }

    /** A fast clock makes no grant outlive the withdrawal that arrives after it. */
    @Test
    void shouldLetNoGrantOutliveARefusalThatArrivesWithIt() {
        Instant fast = ARRIVAL.plusMillis(Engine.CLOCK_TOLERANCE);
        Taken grant = (Taken) read(mail(ConsentKind.GRANT).setOccurredAt(fast));
        Taken refusal = (Taken) read(mail(ConsentKind.WITHDRAWAL).setOccurredAt(fast.plusMillis(1)));
        Person person = Person.stranger(new byte[Person.SALT_LENGTH])
                .with(grant.changes().get(0))
                .with(refusal.changes().get(0));

        assertThat(person.preferences().get(0).openings()).isEmpty();
    }

    /** A refusal of any age counts (T16), one that is dated by nonsense too. */
    @Test
    void shouldTakeARefusalOfTheFirstTimeThereIs() {
        Taken taken = (Taken) read(mail(ConsentKind.WITHDRAWAL).setOccurredAt(Instant.ofEpochMilli(Long.MIN_VALUE)));
        Person person = Person.stranger(new byte[Person.SALT_LENGTH])
                .with(taken.changes().get(0));

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

    // Signals of the industry (C9).

    @Test
    void shouldTakeATcStringForAConsentToAllThatItConsentsTo() {
        long said = Instant.parse("2026-01-10T23:59:59.999Z").toEpochMilli();
        long until = Instant.parse("2027-02-10T00:00:00Z").toEpochMilli();

        assertThat(read(signal().setTcString(CONSENTS)))
                .isEqualTo(new Taken(
                        List.of(
                                new Change.Grant(scope("advertising"), said, NOTICE, until, false),
                                new Change.Grant(scope("cookie-analytics"), said, NOTICE, until, false)),
                        Rule.APPLIED));
    }

    @Test
    void shouldDateATcStringByTheClickWhileItIsOfThatDay() {
        Instant click = Instant.parse("2026-01-10T08:30:00Z");

        assertThat(taken(signal().setTcString(CONSENTS).setOccurredAt(click)).changes())
                .extracting(change -> ((Change.Grant) change).at())
                .containsOnly(click.toEpochMilli());
    }

    @Test
    void shouldEndAConsentByATcStringNoLaterThanItSays() {
        Instant end = ARRIVAL.plusSeconds(60);

        assertThat(taken(signal().setTcString(CONSENTS).setExpiresAt(end)).changes())
                .extracting(change -> ((Change.Grant) change).expiresAt())
                .containsOnly(end.toEpochMilli());
    }

    @Test
    void shouldTakeATcStringForARefusalOfAllElse() {
        assertThat(taken(signal().setTcString(NO_ADVERTISING)).changes())
                .hasSize(2)
                .contains(new Change.Refusal(scope("advertising"), ARRIVED_AT))
                .hasAtLeastOneElementOfType(Change.Grant.class);
    }

    @Test
    void shouldTakeAnOptOutForARefusalOfWhatItIsMappedTo() {
        Taken refusal = new Taken(new Change.Refusal(scope("advertising"), ARRIVED_AT), Rule.APPLIED);

        assertThat(read(signal().setGppString("DBABBg~BQQAAABA.QA"))).isEqualTo(refusal);
        assertThat(read(signal().setGpc(true))).isEqualTo(refusal);
        assertThat(taken(signal().setGpc(true).setBrand(null).setCollector(null))
                        .changes())
                .containsExactly(new Change.Refusal(
                        new Scope("advertising", Scope.EVERY, Scope.EVERY, Scope.EVERY), ARRIVED_AT));
    }

    @Test
    void shouldTakeNothingForAYesWhereTheLawKnowsOptOutsOnly() {
        assertThat(read(signal().setGppString("DBABBg~BQgAAABA.QA"))).isEqualTo(new Refused(Rule.SIGNAL_SILENT));
    }

    @Test
    void shouldTakeASignalThatCannotBeReadForARefusalOfAllThatItIsMappedTo() {
        assertThat(read(signal().setTcString(CONSENTS.substring(0, 40))))
                .isEqualTo(new Taken(
                        List.of(
                                new Change.Refusal(scope("advertising"), ARRIVED_AT),
                                new Change.Refusal(scope("cookie-analytics"), ARRIVED_AT)),
                        Rule.SIGNAL_UNUSABLE));
    }

    @Test
    void shouldTakeARefusalDatedAheadOnArrivalAndNoConsent() {
        Instant fast = ARRIVAL.plusSeconds(3600);

        Taken taken = taken(signal().setTcString(NO_ADVERTISING).setOccurredAt(fast));

        assertThat(taken.rule()).isEqualTo(Rule.APPLIED_ON_ARRIVAL);
        assertThat(taken.changes())
                .containsExactly(new Change.Refusal(scope("advertising"), ARRIVED_AT + Engine.CLOCK_TOLERANCE));
        assertThat(read(signal().setTcString(CONSENTS).setOccurredAt(fast))).isEqualTo(new Refused(Rule.GRANT_AHEAD));
    }

    @Test
    void shouldNotConsentByATcStringUnderNoNoticeOrForNobodyInParticular() {
        assertThat(read(signal().setTcString(CONSENTS).setNoticeVersion(null))).isEqualTo(new Refused(Rule.INCOMPLETE));
        assertThat(read(signal().setTcString(CONSENTS).setBrand(null))).isEqualTo(new Refused(Rule.SCOPE_TOO_WIDE));
        assertThat(read(signal().setTcString(CONSENTS).setCollector(null))).isEqualTo(new Refused(Rule.SIGNAL_SILENT));
        assertThat(read(signal().setTcString(CONSENTS).setCollector("adnet")))
                .as("whom the vendor list does not have")
                .isEqualTo(new Refused(Rule.SIGNAL_SILENT));
    }

    @Test
    void shouldBlockOnASignalThatIsNoneOrOfUnknownScope() {
        assertThat(read(signal())).isEqualTo(new Undecidable(Rule.INCOMPLETE));
        assertThat(read(signal().setTcString(""))).isEqualTo(new Undecidable(Rule.INCOMPLETE));
        assertThat(read(signal().setGpc(true).setBrand("somebody"))).isEqualTo(new Undecidable(Rule.UNKNOWN_SCOPE));
    }

    private static ConsentChange.Builder signal() {
        return ConsentChange.newBuilder()
                .setChangeId("1")
                .setOccurredAt(ARRIVAL)
                .setSubject("cookie:1")
                .setKind(ConsentKind.SIGNAL)
                .setBrand("net-a-porter")
                .setCollector("doubleclick")
                .setNoticeVersion(NOTICE);
    }

    private static Scope scope(String purpose) {
        return new Scope(purpose, "net-a-porter", Scope.EVERY, "doubleclick");
    }

    private static Taken taken(ConsentChange.Builder said) {
        return (Taken) read(said);
    }

    private static ConsentChange.Builder age() {
        return ConsentChange.newBuilder()
                .setChangeId("1")
                .setOccurredAt(ARRIVAL)
                .setSubject("customer:1")
                .setKind(ConsentKind.AGE_STATEMENT);
    }

    /** What is said of direct marketing; an objection and its lift are of its parts too, in their order. */
    private static List<Scope> scopes(ConsentKind kind, Scope said) {
        return Stream.of("direct-marketing", "group-marketing", "mobile-marketing", "promotion-marketing")
                .limit(kind == ConsentKind.WITHDRAWAL ? 1 : Long.MAX_VALUE)
                .map(purpose -> new Scope(purpose, said.brand(), said.channel(), Scope.EVERY))
                .toList();
    }

    private static Taken taken(List<Scope> scopes, Function<Scope, Change> change) {
        return new Taken(scopes.stream().map(change).toList(), Rule.APPLIED);
    }

    private static Taken taken(Change change) {
        return new Taken(change, Rule.APPLIED);
    }
}
