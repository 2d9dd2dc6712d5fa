package io.cloakroom.policy;

import static io.cloakroom.policy.People.HOUR;
import static io.cloakroom.policy.People.NOON;
import static io.cloakroom.policy.People.account;
import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.advertising;
import static io.cloakroom.policy.People.at;
import static io.cloakroom.policy.People.born;
import static io.cloakroom.policy.People.changedOn;
import static io.cloakroom.policy.People.cookie;
import static io.cloakroom.policy.People.email;
import static io.cloakroom.policy.People.grant;
import static io.cloakroom.policy.People.groupWide;
import static io.cloakroom.policy.People.lift;
import static io.cloakroom.policy.People.mail;
import static io.cloakroom.policy.People.order;
import static io.cloakroom.policy.People.refusal;
import static io.cloakroom.policy.People.statistics;
import static io.cloakroom.policy.People.stranger;
import static io.cloakroom.policy.People.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Transition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineTest {

    private static final PolicyHistory SMALL = People.small();

    @TempDir
    Path directory;

    // Contract, legal obligation: C5, C7, C26.

    @Test
    void shouldReleaseACardForAnOrderInProcess() {
        assertThat(decided("payment", order("PLACED", NOON), adult())).isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldWithholdACardOnceTheOrderIsShipped() {
        assertThat(decided("payment", order("SMALL", NOON), adult())).isEqualTo("withhold purpose-not-stated C4");
    }

    @Test
    void shouldReleaseForALegalObligation() throws Exception {
        PolicyHistory history = changedOn(
                directory, "2018-01-01", "basis: contract\n    clause: C7", "basis: legal-obligation\n    clause: C7");

        assertThat(decided(history, "payment", order("PLACED", NOON), adult(), NOON))
                .isEqualTo("release legal-obligation C7 [payment]");
    }

    @Test
    void shouldNotBlockAContractByAnyRefusal() {
        Person refuser = adult().with(new Change.Undecided());
        for (String purpose : SMALL.versions().get(0).purposes().keySet()) {
            refuser = refuser.with(refusal(groupWide(purpose), NOON));
        }

        assertThat(decided("payment", order("PLACED", NOON), refuser)).isEqualTo("release contract C7 [payment]");
        assertThat(decided("mailing", mail("dispatch", NOON), refuser))
                .isEqualTo("release contract C26 [service-messages]");
    }

    // Consent on two clocks: C21, C25, C37.

    @Test
    void shouldWithholdMarketingFromWhomNobodyAsked() {
        assertThat(decided("mailing", mail("spring-sale", NOON), adult())).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldReleaseFromTheTimeOfTheGrantOn() {
        assertThat(decided("mailing", mail("spring-sale", NOON), adult().with(grant(email(), NOON))))
                .isEqualTo("release consent C21 [direct-marketing]");
    }

    @Test
    void shouldNameTheGrantThatCounted() {
        assertThat(decision(SMALL, "mailing", mail("spring-sale", NOON), adult().with(grant(email(), NOON - 1)), NOON)
                        .transition())
                .contains(new Transition(Transition.Kind.GRANT, NOON - 1));
    }

    @Test
    void shouldNameTheRefusalThatCounted() {
        assertThat(decision(SMALL, "mailing", mail("spring-sale", NOON), adult().with(refusal(email(), 7)), NOON)
                        .transition())
                .contains(new Transition(Transition.Kind.REFUSAL, 7));
    }

    @Test
    void shouldWithholdAnEventBeforeTheGrant() {
        assertThat(decided("mailing", mail("spring-sale", NOON - 1), adult().with(grant(email(), NOON))))
                .isEqualTo("withhold consent-after-event C21");
    }

    // A consent that was overtaken by its event: a recipient's grace.

    private static final long GRACE = 5_000;

    private PolicyHistory graceful() throws Exception {
        return changedOn(directory, "2018-01-01", "    role: processor\n    region: DE\n", """
                    role: processor
                    region: DE
                    grace-seconds: 5
                """);
    }

    @Test
    void shouldHoldForTheGraceOfARecipientWhatLacksAConsent() throws Exception {
        Event mail = mail("spring-sale", NOON);

        assertThat(decided(graceful(), "mailing", mail, adult(), NOON)).isEqualTo("hold consent-awaited C21");
        assertThat(((Decision.Hold) decision(graceful(), "mailing", mail, adult(), NOON)).deadline())
                .isEqualTo(NOON + GRACE);
        assertThat(decided(graceful(), "mailing", mail, adult(), NOON + GRACE)).isEqualTo("withhold never-asked C21");
        assertThat(decided(graceful(), "analytics", mail, adult(), NOON - 1))
                .as("which has none, though the gate's clock be behind the broker's")
                .isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldHoldForAGraceWhateverAnotherGrantLacks() throws Exception {
        Event mail = mail("spring-sale", NOON);
        Change expired = new Change.Grant(email(), 0, People.NOTICE, NOON, false);
        Change stale = new Change.Grant(email(), 0, "2015-01-01", Long.MAX_VALUE, false);

        for (Change lacking : List.of(expired, stale, grant(email(), NOON + 1))) {
            assertThat(decided(graceful(), "mailing", mail, adult().with(lacking), NOON))
                    .isEqualTo("hold consent-awaited C21");
        }
    }

    @Test
    void shouldHoldForNoGraceWhatIsRefusedOrWithheldForAnotherReason() throws Exception {
        Event mail = mail("spring-sale", NOON);

        assertThat(decided(graceful(), "mailing", mail, adult().with(refusal(email(), 0)), NOON))
                .isEqualTo("withhold consent-withdrawn C25");
        assertThat(decided(graceful(), "mailing", with(mail, Map.of("unsubscribe", "")), adult(), NOON))
                .isEqualTo("withhold no-unsubscribe-instruction C27");
    }

    @Test
    void shouldNotTakeAGrantOfAnotherChannelOrBrand() {
        Person person = adult().with(grant(new Scope("direct-marketing", People.BRAND, "SMS", ""), 0))
                .with(grant(new Scope("direct-marketing", "mr-porter", "EMAIL", ""), 0));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldWithholdWhenConsentWasWithdrawn() {
        Person person = adult().with(grant(email(), NOON - 2)).with(refusal(email(), NOON - 1));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold consent-withdrawn C25");
    }

    @Test
    void shouldLetTheWithdrawalWinAtEqualTimesWhicheverIsKnownFirst() {
        Person first = adult().with(refusal(email(), NOON)).with(grant(email(), NOON));
        Person last = adult().with(grant(email(), NOON)).with(refusal(email(), NOON));

        assertThat(decided("mailing", mail("spring-sale", NOON), first)).isEqualTo("withhold consent-withdrawn C25");
        assertThat(decided("mailing", mail("spring-sale", NOON), last)).isEqualTo("withhold consent-withdrawn C25");
    }

    @Test
    void shouldStopAnEarlierEventByALaterWithdrawal() {
        Person person = adult().with(grant(email(), NOON - 1)).with(refusal(email(), NOON + HOUR));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold consent-withdrawn C25");
    }

    @Test
    void shouldNotLaunderAnEarlierEventByALaterGrant() {
        Person person = adult().with(grant(email(), NOON - 1))
                .with(refusal(email(), NOON + HOUR))
                .with(grant(email(), NOON + 2 * HOUR));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold consent-withdrawn C25");
        assertThat(decided("mailing", mail("spring-sale", NOON + 2 * HOUR), person))
                .isEqualTo("release consent C21 [direct-marketing]");
    }

    @Test
    void shouldTakeARefusalOfAnyAgeThatIsHeardOfLate() {
        Person person = adult().with(refusal(email(), at("1990-01-01T00:00:00Z")));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold consent-withdrawn C25");
    }

    @Test
    void shouldNotLetAnOldRefusalEndANewerGrant() {
        Person person = adult().with(grant(email(), NOON - 1)).with(refusal(email(), NOON - 2));

        assertThat(decided("mailing", mail("spring-sale", NOON), person))
                .isEqualTo("release consent C21 [direct-marketing]");
    }

    @Test
    void shouldNeverLetAnImportBeatARefusal() {
        Change imported = new Change.Grant(email(), NOON - 1, People.NOTICE, Long.MAX_VALUE, true);
        Change old = refusal(email(), at("1990-01-01T00:00:00Z"));

        assertThat(decided("mailing", mail("spring-sale", NOON), adult().with(imported)))
                .isEqualTo("release consent C21 [direct-marketing]");
        assertThat(decided(
                        "mailing", mail("spring-sale", NOON), adult().with(old).with(imported)))
                .isEqualTo("withhold consent-withdrawn C25");
        assertThat(decided(
                        "mailing",
                        mail("spring-sale", NOON),
                        adult().with(imported).with(old)))
                .isEqualTo("withhold consent-withdrawn C25");
    }

    @Test
    void shouldEndAGroupWideObjectionOnlyByItsOwnLift() {
        Person objector = adult().with(refusal(groupWide("direct-marketing"), NOON - 3));
        Person narrow = objector.with(grant(email(), NOON - 2)).with(lift(email(), NOON - 2));

        assertThat(decided("mailing", mail("spring-sale", NOON), narrow)).isEqualTo("withhold consent-withdrawn C25");
        assertThat(decided(
                        "mailing",
                        mail("spring-sale", NOON),
                        narrow.with(lift(groupWide("direct-marketing"), NOON - 1))))
                .isEqualTo("release consent C21 [direct-marketing]");
    }

    @Test
    void shouldNotReviveByALiftWhatAWiderRefusalEnded() {
        Person person = adult().with(grant(email(), NOON - 3))
                .with(refusal(groupWide("direct-marketing"), NOON - 2))
                .with(lift(groupWide("direct-marketing"), NOON - 1));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldNotReviveByALiftAnImportThatAWiderRefusalBeat() {
        Person person = adult().with(refusal(groupWide("direct-marketing"), NOON - 3))
                .with(new Change.Grant(email(), NOON - 2, People.NOTICE, Long.MAX_VALUE, true))
                .with(lift(groupWide("direct-marketing"), NOON - 1));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldNotTakeALiftForAGrant() {
        Person person = adult().with(refusal(email(), NOON - 2)).with(lift(email(), NOON - 1));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldWithholdFromTheInstantAGrantExpires() {
        Person person = adult().with(new Change.Grant(email(), 0, People.NOTICE, NOON, false));

        assertThat(decided("mailing", mail("spring-sale", NOON - 1), person))
                .isEqualTo("release consent C21 [direct-marketing]");
        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold consent-expired C21");
    }

    @Test
    void shouldWithholdWhenTheNoticeOfTheGrantIsStale() {
        Person person = adult().with(new Change.Grant(email(), 0, "2009-01-01", Long.MAX_VALUE, false));

        assertThat(decided("mailing", mail("spring-sale", NOON), person)).isEqualTo("withhold consent-stale C37");
    }

    @Test
    void shouldTakeNothingForAllowedWhileAControlRecordIsUndecided() {
        Person person = adult().with(grant(email(), 0)).with(new Change.Undecided());

        assertThat(decided("mailing", mail("spring-sale", NOON), person))
                .isEqualTo("withhold control-record-undecided C25");
        assertThat(decided("group", account("UPDATED", NOON), person))
                .isEqualTo("withhold control-record-undecided C25");
    }

    // Legitimate interest: C6, C16, C25.

    @Test
    void shouldReleaseForALegitimateInterestThatNobodyObjectedTo() {
        assertThat(decided("analytics", account("UPDATED", NOON), stranger()))
                .isEqualTo("release legitimate-interest C6.vii [statistical-analysis]");
    }

    @Test
    void shouldWithholdWhenObjectedBeforeOrAfterTheEvent() {
        assertThat(decided("analytics", account("UPDATED", NOON), stranger().with(refusal(statistics(), NOON + HOUR))))
                .isEqualTo("withhold objected C25");
        assertThat(decided("analytics", account("UPDATED", NOON), stranger().with(refusal(statistics(), 0))))
                .isEqualTo("withhold objected C25");
    }

    @Test
    void shouldReopenFromTheTimeAnObjectionIsLifted() {
        Person person = stranger().with(refusal(statistics(), NOON - HOUR)).with(lift(statistics(), NOON));

        assertThat(decided("analytics", account("UPDATED", NOON - 1), person)).isEqualTo("withhold objected C25");
        assertThat(decided("analytics", account("UPDATED", NOON), person))
                .isEqualTo("release legitimate-interest C6.vii [statistical-analysis]");
    }

    @Test
    void shouldReopenFromTheTimeOfALaterGrantOfTheSameScope() {
        Person person = stranger().with(refusal(statistics(), NOON - HOUR)).with(grant(statistics(), NOON));

        assertThat(decided("analytics", account("UPDATED", NOON - 1), person)).isEqualTo("withhold objected C25");
        assertThat(decided("analytics", account("UPDATED", NOON), person))
                .isEqualTo("release legitimate-interest C6.vii [statistical-analysis]");
    }

    @Test
    void shouldKeepALaterGrantWhenARefusalBetweenIsHeardOfLate() {
        Person person = adult().with(grant(email(), NOON - 3))
                .with(grant(email(), NOON - 1))
                .with(refusal(email(), NOON - 2));

        assertThat(decided("mailing", mail("spring-sale", NOON), person))
                .isEqualTo("release consent C21 [direct-marketing]");
        assertThat(decided("mailing", mail("spring-sale", NOON - 2), person))
                .isEqualTo("withhold consent-withdrawn C25");
    }

    @Test
    void shouldNotObjectForAnotherBrand() {
        Scope other = new Scope("statistical-analysis", "mr-porter", "", "");

        assertThat(decided("analytics", account("UPDATED", NOON), stranger().with(refusal(other, 0))))
                .isEqualTo("release legitimate-interest C6.vii [statistical-analysis]");
    }

    // Age: C1.

    @Test
    void shouldHoldAnOrderOfSomeoneWhoseAgeIsUnknown() {
        assertThat(decided("payment", order("PLACED", NOON), stranger())).isEqualTo("hold age-unknown C1");
    }

    @Test
    void shouldHoldARegistrationAndASubscriptionButNotAnUpdate() {
        assertThat(decided("group", account("REGISTERED", NOON), stranger())).isEqualTo("hold age-unknown C1");
        assertThat(decided("group", account("UPDATED", NOON), stranger()))
                .isEqualTo("release legitimate-interest C16 [group-business]");
    }

    @Test
    void shouldHoldUntilTheBirthdayInThePolicysZone() {
        Person person = stranger().with(born("2003-06-02"));
        long midnightInLondon = at("2019-06-01T23:00:00Z");

        assertThat(decided("payment", order("PLACED", midnightInLondon - 1), person))
                .isEqualTo("hold guardian-needed C1");
        assertThat(decided("payment", order("PLACED", midnightInLondon), person))
                .isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldTakeWhoIsBornOn29FebruaryForSixteenOn1March() {
        Person person = stranger().with(born("2004-02-29"));

        assertThat(decided("payment", order("PLACED", at("2020-02-29T12:00:00Z")), person))
                .isEqualTo("hold guardian-needed C1");
        assertThat(decided("payment", order("PLACED", at("2020-03-01T00:00:00Z")), person))
                .isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldGiveNothingOfAMinorToAdvertisingWhateverTheConsentsSay() {
        Person minor = stranger().with(grant(advertising(), 0)).with(born("2010-01-01"));

        assertThat(decided("advertising", cookie("ADVERTISING", NOON), minor)).isEqualTo("withhold minor C1");
        Change.Age corrected = new Change.Age(LocalDate.parse("1980-01-01").toEpochDay(), 1);
        assertThat(decided("advertising", cookie("ADVERTISING", NOON), minor.with(corrected)))
                .isEqualTo("release consent C9 [advertising]");
    }

    @Test
    void shouldWithholdRatherThanHoldWhereAgeCannotHelp() {
        assertThat(decided("analytics", order("PLACED", NOON), stranger().with(refusal(statistics(), 0))))
                .isEqualTo("withhold objected C25");
    }

    // Cookies, unsubscribing, transfers: C3, C27, C20.

    @Test
    void shouldWithholdACookieOfACategoryThatStatesNothing() {
        assertThat(decided("advertising", cookie("STRICTLY_NECESSARY", NOON), adult().with(grant(advertising(), 0))))
                .isEqualTo("withhold purpose-not-stated C4");
    }

    @Test
    void shouldWithholdMarketingThatDoesNotSayHowToUnsubscribe() {
        Person person = adult().with(grant(email(), 0));

        assertThat(decided("mailing", with(mail("spring-sale", NOON), Map.of("unsubscribe", " ")), person))
                .isEqualTo("withhold no-unsubscribe-instruction C27");
        assertThat(decided("mailing", with(mail("dispatch", NOON), Map.of("unsubscribe", "")), person))
                .isEqualTo("release contract C26 [service-messages]");
    }

    @Test
    void shouldWithholdATransferWhoseSafeguardHadNotBegunAtTheEvent() throws Exception {
        String onlyClauses = People.smallText()
                .replaceAll("(?m)^  - \\{region: US.*\\n", "")
                .replace("from: \"2021-06-27\"", "from: \"2019-06-02\"");
        Path file = Files.writeString(directory.resolve("2017-11-17.yaml"), onlyClauses);
        PolicyHistory history = PolicyLoader.load(file, Schemas.shipped());
        Person person = adult().with(grant(advertising(), 0));
        long begins = at("2019-06-01T23:00:00Z");

        assertThat(decided(history, "advertising", cookie("ADVERTISING", begins - 1), person, begins + HOUR))
                .isEqualTo("withhold no-safeguard C20");
        assertThat(decided(history, "advertising", cookie("ADVERTISING", begins), person, begins + HOUR))
                .isEqualTo("release consent C9 [advertising]");
    }

    @Test
    void shouldWithholdATransferWhoseSafeguardIsOverToday() {
        Event european = with(account("UPDATED", NOON), Map.of("country", "FR"));

        assertThat(decided(SMALL, "group", european, adult(), at("2031-12-26T23:59:59Z")))
                .isEqualTo("release legitimate-interest C16 [group-business]");
        assertThat(decided(SMALL, "group", european, adult(), at("2031-12-27T00:00:00Z")))
                .isEqualTo("withhold no-safeguard C20");
    }

    @Test
    void shouldAskNoSafeguardInThePersonsOwnCountry() {
        assertThat(decided(SMALL, "group", account("UPDATED", NOON), adult(), at("2031-12-27T00:00:00Z")))
                .isEqualTo("release legitimate-interest C16 [group-business]");
    }

    @Test
    void shouldTransferToTheUnitedKingdomOnEveryDayOfItsLeaving() {
        for (String day : new String[] {"2020-01-31", "2020-02-01", "2020-12-31", "2021-01-01", "2021-06-28"}) {
            long noon = at(day + "T12:00:00Z");

            assertThat(decided(SMALL, "group", with(account("UPDATED", noon), Map.of("country", "FR")), adult(), noon))
                    .as(day)
                    .isEqualTo("release legitimate-interest C16 [group-business]");
        }
    }

    // Versions: C37, C17.

    @Test
    void shouldWithholdWhatHappenedBeforeTheFirstVersion() {
        long before = at("2017-11-16T23:59:59.999Z");

        assertThat(decided("payment", order("PLACED", before), adult())).isEqualTo("withhold before-first-version C37");
        assertThat(decided("payment", order("PLACED", before + 1), adult())).isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldWithholdFromARecipientThatTodaysVersionStruckOff() throws Exception {
        String text = People.smallText();
        String group = text.substring(text.indexOf("  group:\n"), text.indexOf("  advertising:\n    class"));
        PolicyHistory history = changedOn(directory, "2020-01-01", group, "");

        assertThat(decided(history, "group", account("UPDATED", NOON), adult(), at("2019-12-31T23:59:59Z")))
                .isEqualTo("release legitimate-interest C16 [group-business]");
        assertThat(decided(history, "group", account("UPDATED", NOON), adult(), at("2020-01-01T00:00:00Z")))
                .isEqualTo("withhold no-longer-registered C17");
    }

    @Test
    void shouldReleaseUnderTheEpochOfToday() throws Exception {
        String group = "region: GB\n    epoch: 1";
        PolicyHistory history = changedOn(directory, "2020-01-01", group, group.replace("1", "2"));
        Event late = account("UPDATED", NOON);

        assertThat(decision(history, "group", late, adult(), NOON).recipient().epoch())
                .isEqualTo(1);
        assertThat(decision(history, "group", late, adult(), at("2020-01-01T00:00:00Z"))
                        .recipient()
                        .epoch())
                .isEqualTo(2);
    }

    @Test
    void shouldHearAnObjectionThatALaterVersionTellsApartNoMore() throws Exception {
        String narrow = "clause: C16\n    dpv: \"dpv:EnforceManagement\"\n    scope: [brand]";
        PolicyHistory history =
                changedOn(directory, "2020-01-01", narrow, narrow.replace("[brand]", "[brand, collector]"));
        Person person =
                adult().with(refusal(new Scope("group-business", "net-a-porter", Scope.EVERY, "net-a-porter"), 0));

        assertThat(decided(history, "group", account("UPDATED", NOON), person, NOON))
                .isEqualTo("withhold objected C25");
    }

    @Test
    void shouldWithholdForAPurposeThatTodaysVersionTookFromTheRecipient() throws Exception {
        PolicyHistory history = changedOn(
                directory,
                "2020-01-01",
                "[service-messages, direct-marketing]\n    keep",
                "[service-messages]\n    keep");
        Person person = adult().with(grant(email(), 0));

        assertThat(decided(history, "mailing", mail("spring-sale", NOON), person, NOON))
                .isEqualTo("release consent C21 [direct-marketing]");
        assertThat(decided(history, "mailing", mail("spring-sale", NOON), person, at("2020-01-01T00:00:00Z")))
                .isEqualTo("withhold no-longer-registered C17");
    }

    @Test
    void shouldNotWidenAnOldEventByTodaysVersion() throws Exception {
        PolicyHistory history =
                changedOn(directory, "2020-01-01", "PERSONALISATION: []", "PERSONALISATION: [advertising]");
        Person person = adult().with(grant(advertising(), 0));

        assertThat(decided(history, "advertising", cookie("PERSONALISATION", NOON), person, at("2020-02-01T00:00:00Z")))
                .isEqualTo("withhold purpose-not-stated C4");
    }

    // Quarantine: C2, C37.

    @Test
    void shouldQuarantineAnUnknownBrand() {
        assertThat(quarantined(with(order("PLACED", NOON), Map.of("brand", "net-a-portr"))))
                .isEqualTo(Rule.UNKNOWN_BRAND);
    }

    @Test
    void shouldQuarantineAnUnknownSurface() {
        assertThat(quarantined(with(order("PLACED", NOON), Map.of("surface", "fridge"))))
                .isEqualTo(Rule.UNKNOWN_SURFACE);
    }

    @Test
    void shouldQuarantineAnEventDatedAheadByMoreThanTheTolerance() {
        Event order = order("PLACED", NOON);
        long ahead = NOON + Engine.CLOCK_TOLERANCE;

        assertThat(decided("payment", dated(order, ahead), adult())).isEqualTo("release contract C7 [payment]");
        assertThat(quarantined(dated(order, ahead + 1))).isEqualTo(Rule.DATED_AHEAD);
    }

    @Test
    void shouldWithholdAQuarantinedEventFromEverybodyWithTheReason() {
        Judgement judgement = new Engine(SMALL).quarantine(Rule.UNDECODABLE, "order", NOON);

        assertThat(judgement.decisions())
                .extracting(d -> d.recipient().id() + " " + words(d))
                .containsExactly(
                        "analytics withhold undecodable C4",
                        "group withhold undecodable C4",
                        "payment withhold undecodable C4");
    }

    @Test
    void shouldDecideForNobodyWhereNobodyMayReadTheType() {
        Event unheardOf = new Event("weather", People.BRAND, "web", "GB", "", NOON, NOON, "", "", "", "");

        assertThat(new Engine(SMALL).decide(unheardOf, adult(), NOON).decisions())
                .isEmpty();
    }

    private static Event dated(Event e, long at) {
        return new Event(
                e.type(),
                e.brand(),
                e.surface(),
                e.country(),
                e.collector(),
                at,
                e.arrivedAt(),
                e.stated(),
                e.act(),
                e.channel(),
                e.unsubscribe());
    }

    private static Rule quarantined(Event event) {
        Judgement judgement = new Engine(SMALL).decide(event, adult(), NOON);
        assertThat(judgement).isInstanceOf(Judgement.Quarantined.class);
        return ((Judgement.Quarantined) judgement).rule();
    }

    static String decided(String recipient, Event event, Person person) {
        return decided(SMALL, recipient, event, person, event.arrivedAt());
    }

    static String decided(PolicyHistory history, String recipient, Event event, Person person, long now) {
        return words(decision(history, recipient, event, person, now));
    }

    static Decision decision(PolicyHistory history, String recipient, Event event, Person person, long now) {
        Judgement judgement = new Engine(history).decide(event, person, now);
        assertThat(judgement).isInstanceOf(Judgement.Decided.class);
        Optional<Decision> decision = judgement.decisions().stream()
                .filter(d -> d.recipient().id().equals(recipient))
                .findFirst();
        return decision.orElseThrow();
    }

    static String words(Decision decision) {
        String reason = decision.rule().id() + " " + decision.clause();
        if (decision instanceof Decision.Release release) {
            return "release " + reason + " " + release.purposes();
        }
        return (decision instanceof Decision.Hold ? "hold " : "withhold ") + reason;
    }
}
