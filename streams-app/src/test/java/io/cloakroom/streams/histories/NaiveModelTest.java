package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.histories.Gate.Recall;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model by examples that were worked out by hand. The noon of the histories is one in the summer of 2019. */
class NaiveModelTest {

    private static final String MAIL =
            "event subject=customer:ada at=%s type=marketing brand=net-a-porter country=GB states=new-in act=SEND"
                    + " channel=EMAIL unsubscribe=true";
    private static final String COOKIE =
            "event subject=cookie:c1 at=%s type=cookie brand=net-a-porter country=GB collector=adnet states=ANALYTICS";
    private static final String ADVERT = COOKIE.replace("ANALYTICS", "ADVERTISING");
    private static final String ORDER =
            "event subject=customer:ada at=%s type=order brand=net-a-porter country=GB states=PLACED";
    private static final String CHAT = "event subject=customer:ada at=%s type=chat brand=net-a-porter country=GB";
    private static final String OF_MAIL =
            " subject=customer:ada at=%s purpose=direct-marketing brand=net-a-porter channel=EMAIL";
    private static final String OF_COOKIE =
            " subject=cookie:c1 at=%s purpose=cookie-analytics brand=net-a-porter collector=adnet";
    private static final String OF_ADVERT = OF_COOKIE.replace("cookie-analytics", "advertising");
    private static final String UNDER_NOTICE = " notice=2017-11-17";
    private static final String AGREEMENT =
            "guardian-agreement subject=customer:ada at=%s guardian=customer:parent" + " born=1970-01-01 verified=card";

    @TempDir
    static Path directory;

    private static PolicyHistory policies;

    @BeforeAll
    static void loadThePolicies() {
        policies = Histories.policies(directory);
    }

    // Preferences.

    @Test
    void shouldReleaseFromTheTimeOfTheGrantOn() {
        assertThat(told(at("grant" + OF_MAIL + UNDER_NOTICE, "-1d"), at(MAIL, "-1d")))
                .containsExactly("1 analytics RELEASE [direct-marketing]", "1 mailing RELEASE [direct-marketing]");
        assertThat(told(at("grant" + OF_MAIL + UNDER_NOTICE, "-1d"), at(MAIL, "-1d1ms")))
                .containsExactly("1 analytics WITHHOLD [NOT_YET]", "1 mailing WITHHOLD [NOT_YET]");
    }

    @Test
    void shouldLetTheRefusalWinAtEqualTimesAndTheGrantAMomentLater() {
        String refusal = at("withdrawal" + OF_MAIL, "-1d");

        assertThat(told(refusal, at("grant" + OF_MAIL + UNDER_NOTICE, "-1d"), at(MAIL, "+0")))
                .contains("2 mailing WITHHOLD [WITHDRAWN]");
        assertThat(told(refusal, at("grant" + OF_MAIL + UNDER_NOTICE, "-23h"), at(MAIL, "+0")))
                .contains("2 mailing RELEASE [direct-marketing]");
    }

    @Test
    void shouldNeverLetAnImportBeatARefusalButCountWithoutOne() {
        String imported = at("import" + OF_MAIL + UNDER_NOTICE, "-1d");

        assertThat(told(imported, at(MAIL, "+0"))).contains("1 mailing RELEASE [direct-marketing]");
        assertThat(told(imported, at("objection" + OF_MAIL, "-9d"), at(MAIL, "+0")))
                .contains("2 mailing WITHHOLD [WITHDRAWN]");
    }

    @Test
    void shouldEndAWideObjectionOnlyByItsOwnLift() {
        String[] wide = {
            "objection subject=customer:ada at=-3d purpose=direct-marketing",
            at("grant" + OF_MAIL + UNDER_NOTICE, "-2d"),
            "lift subject=customer:ada at=-1d purpose=direct-marketing",
            at(MAIL, "-1d1ms"),
            at(MAIL, "-1d")
        };

        assertThat(told(wide)).contains("3 mailing WITHHOLD [WITHDRAWN]", "4 mailing RELEASE [direct-marketing]");
    }

    @Test
    void shouldTakeARefusalDatedAheadOnArrivalAndNoGrantDatedAhead() {
        String grant = at("grant" + OF_MAIL + UNDER_NOTICE, "+5s");

        assertThat(told(grant, at("withdrawal" + OF_MAIL, "+3d"), "passing time=1d", at(MAIL, "+1d")))
                .contains("3 mailing WITHHOLD [WITHDRAWN]");
        assertThat(told(at("grant" + OF_MAIL + UNDER_NOTICE, "+5s1ms"), "passing time=1d", at(MAIL, "+1d")))
                .contains("2 mailing WITHHOLD [NEVER_ASKED]");
    }

    @Test
    void shouldBlockWhatRestsOnConsentOrInterestAndNoContract() {
        assertThat(told("garbage subject=customer:ada", at(CHAT, "+0"), at(MAIL.replace("new-in", "dispatch"), "+0")))
                .containsExactly(
                        "1 analytics WITHHOLD [UNDECIDED]",
                        "2 analytics WITHHOLD [NOT_STATED]",
                        "2 mailing RELEASE [service-messages]");
    }

    // Age and guardians.

    @Test
    void shouldBeSixteenFromMidnightInLondonOn() {
        String born = "age subject=customer:ada at=-1d born=2003-06-02";

        assertThat(told(born, "passing time=1d", at(ORDER, "+10h59m59s"), at(ORDER, "+11h")))
                .contains(
                        "2 payment HOLD [GUARDIAN_NEEDED]",
                        "3 payment RELEASE [payment]",
                        "3 group RELEASE [group-business]");
    }

    @Test
    void shouldCompleteAHeldOrderByAnAgreementWithinTheTerm() {
        assertThat(told(at(ORDER, "+0"), "passing time=10d", at(AGREEMENT, "+10d")))
                .contains("0 payment HOLD [AGE_UNKNOWN]", "0 payment RELEASE [payment]");
        assertThat(told(at(ORDER, "-20d1ms"), "passing time=9d", at(AGREEMENT, "+10d")))
                .contains("0 payment HOLD [AGE_UNKNOWN]")
                .doesNotContain("0 payment RELEASE [payment]");
    }

    @Test
    void shouldTakeNoAgreementOfAMinorOfOneselfOrUnverified() {
        List<String> agreements = List.of(
                AGREEMENT.replace("1970-01-01", "2003-06-02"),
                AGREEMENT.replace("customer:parent", "customer:ada"),
                AGREEMENT.replace("customer:parent", "parent"),
                AGREEMENT.replace(" verified=card", ""),
                AGREEMENT.replace(" born=1970-01-01", ""));

        assertThat(agreements)
                .allSatisfy(agreement -> assertThat(told(at(agreement, "-1d"), at(ORDER, "+0")))
                        .contains("1 payment HOLD [AGE_UNKNOWN]"));
    }

    @Test
    void shouldLaunderNothingByALaterAgreement() {
        String[] ended = {
            at("guardian-withdrawal subject=customer:ada at=%s guardian=customer:parent", "-1d"),
            at(AGREEMENT, "-12h"),
            at(ORDER, "-1d"),
            at(ORDER, "-13h")
        };

        assertThat(told(ended)).contains("2 payment WITHHOLD [GUARDIAN_WITHDREW]", "3 payment RELEASE [payment]");
    }

    @Test
    void shouldEndAHoldWhenItsTermIsOver() {
        String[] order = {at(ORDER, "+0"), "passing time=30d"};

        assertThat(told(order)).contains("0 payment HOLD [AGE_UNKNOWN]", "0 payment WITHHOLD [HOLD_EXPIRED]");
    }

    @Test
    void shouldReleaseAHeldOrderWhenTheAgeIsHeard() {
        assertThat(told(at(ORDER, "+0"), "age subject=customer:ada at=-9d born=1980-12-10"))
                .contains("0 analytics HOLD [AGE_UNKNOWN]", "0 analytics RELEASE [statistical-analysis]");
        assertThat(told(at(ORDER, "+0"), "age subject=customer:ada at=-9d born=2010-05-01"))
                .containsOnlyOnce("0 analytics HOLD [AGE_UNKNOWN]")
                .hasSize(3);
    }

    // Links.

    @Test
    void shouldHoldUntilTheOtherSideHasAnsweredAndThenObeyItsRefusal() {
        String[] history = {
            "objection subject=customer:ada at=-2d purpose=cookie-analytics",
            at("grant" + OF_COOKIE + UNDER_NOTICE, "-1d"),
            "connected subject=cookie:c1 at=-3d customer=customer:ada",
            at(COOKIE, "+0"),
            "delivery from=cookie:c1 to=customer:ada",
            "delivery from=customer:ada to=cookie:c1"
        };

        assertThat(told(history))
                .containsExactly(
                        "3 analytics HOLD [LINK_UNANSWERED]",
                        "3 advertising WITHHOLD [NOT_STATED]",
                        "3 analytics WITHHOLD [WITHDRAWN]");
    }

    @Test
    void shouldEndARefusalOverALinkByTheRefusersOwnGrantOnly() {
        String[] history = {
            "connected subject=cookie:c1 at=-3d customer=customer:ada",
            at("withdrawal" + OF_COOKIE.replace("cookie:c1", "customer:ada"), "-2d"),
            at("grant" + OF_COOKIE.replace("cookie:c1", "customer:ada") + UNDER_NOTICE, "-1d"),
            at("grant" + OF_COOKIE + UNDER_NOTICE, "-3d"),
            "delivery from=cookie:c1 to=customer:ada",
            "delivery from=customer:ada to=cookie:c1",
            at(COOKIE, "-1d1ms"),
            at(COOKIE, "-1d")
        };

        assertThat(told(history))
                .contains("6 analytics WITHHOLD [WITHDRAWN]", "7 analytics RELEASE [cookie-analytics]");
    }

    @Test
    void shouldKeepWhatLiesOutsideTheLinkApart() {
        String[] history = {
            "objection subject=customer:ada at=-3d purpose=cookie-analytics",
            "connected subject=cookie:c1 at=-2d customer=customer:ada",
            "disconnected subject=cookie:c1 at=-1d customer=customer:ada",
            at("grant" + OF_COOKIE + UNDER_NOTICE, "-4d"),
            at(COOKIE, "-2d1ms"),
            at(COOKIE, "-2d"),
            at(COOKIE, "-1d"),
            "delivery from=cookie:c1 to=customer:ada",
            "delivery from=customer:ada to=cookie:c1"
        };

        assertThat(told(history))
                .contains(
                        "4 analytics RELEASE [cookie-analytics]",
                        "5 analytics HOLD [LINK_UNANSWERED]",
                        "6 analytics RELEASE [cookie-analytics]",
                        "5 analytics WITHHOLD [WITHDRAWN]");
    }

    @Test
    void shouldNotSpreadWhatCameOverALink() {
        String[] history = {
            "objection subject=customer:ada at=-3d purpose=cookie-analytics",
            "connected subject=device:d1 at=-2d customer=customer:bob",
            "connected subject=device:d1 at=-2d customer=customer:ada",
            "delivery from=device:d1 to=customer:ada",
            "delivery from=customer:ada to=device:d1",
            "connected subject=cookie:c1 at=-2d customer=customer:bob",
            "delivery from=device:d1 to=customer:bob",
            "delivery from=cookie:c1 to=customer:bob",
            "delivery from=customer:bob to=cookie:c1",
            at("grant" + OF_COOKIE + UNDER_NOTICE, "-2d"),
            at(COOKIE, "+0")
        };

        assertThat(told(history)).contains("10 analytics RELEASE [cookie-analytics]");
    }

    @Test
    void shouldGiveNothingToAdvertisingOfAMinorAcrossALink() {
        String[] history = {
            "age subject=customer:ada at=-1d born=2003-06-02",
            at("grant" + OF_ADVERT + UNDER_NOTICE, "-2d"),
            "connected subject=cookie:c1 at=-2d customer=customer:ada",
            "delivery from=cookie:c1 to=customer:ada",
            "delivery from=customer:ada to=cookie:c1",
            "passing time=1d",
            at(ADVERT, "+10h"),
            at(ADVERT, "+11h")
        };

        assertThat(told(history)).contains("6 advertising WITHHOLD [MINOR]", "7 advertising RELEASE [advertising]");
    }

    // Erasure.

    @Test
    void shouldWithholdEverythingUpToAnErasureAndTakeNoImportAfterIt() {
        String[] history = {
            "age subject=customer:ada at=-9d born=1980-12-10",
            at("import" + OF_MAIL + UNDER_NOTICE, "-2h"),
            "erasure subject=customer:ada at=-1d",
            "age subject=customer:ada at=-9d born=1980-12-10",
            at("import" + OF_MAIL + UNDER_NOTICE, "-1h"),
            at(ORDER, "-1d"),
            at(ORDER, "-23h"),
            at(MAIL, "+0"),
            at("grant" + OF_MAIL + UNDER_NOTICE, "-1h"),
            at(MAIL, "+0")
        };

        assertThat(told(history))
                .contains(
                        "5 payment WITHHOLD [ERASED]",
                        "6 payment RELEASE [payment]",
                        "7 mailing WITHHOLD [NEVER_ASKED]",
                        "9 mailing RELEASE [direct-marketing]");
    }

    @Test
    void shouldRememberARefusalOverAnErasureAndNotWhatEndedIt() {
        String[] history = {
            "objection subject=customer:ada at=-3d purpose=statistical-analysis",
            "lift subject=customer:ada at=-2d purpose=statistical-analysis",
            at(CHAT, "-2d"),
            "erasure subject=customer:ada at=-1d",
            at(CHAT, "+0")
        };

        assertThat(told(history))
                .containsExactly("2 analytics RELEASE [statistical-analysis]", "4 analytics WITHHOLD [OBJECTED]");
        assertThat(recalls(history)).containsExactly("3 analytics 1 statistical-analysis net-a-porter for ever");
    }

    // Recalls.

    @Test
    void shouldRecallOnceWhatALateObjectionForbids() {
        String[] history = {
            at(CHAT, "-1d"),
            at(CHAT, "-12h"),
            "objection subject=customer:ada at=-2d purpose=statistical-analysis",
            "objection subject=customer:ada at=-2d purpose=statistical-analysis",
            at(CHAT, "+0")
        };

        assertThat(recalls(history)).containsExactly("2 analytics 1 statistical-analysis net-a-porter for ever");
    }

    @Test
    void shouldRecallOnlyWhatIsBeforeTheOpening() {
        String[] history = {
            at(CHAT, "-2d"),
            at(CHAT, "-1d"),
            at("lift subject=customer:ada at=%s purpose=statistical-analysis", "-1d"),
            "objection subject=customer:ada at=-3d purpose=statistical-analysis",
            "objection subject=customer:ada at=-12h purpose=statistical-analysis"
        };

        assertThat(recalls(history))
                .containsExactly(
                        "3 analytics 1 statistical-analysis net-a-porter -1d",
                        "4 analytics 1 statistical-analysis net-a-porter for ever");
    }

    @Test
    void shouldRecallFromEveryoneWhatAGuardianEnds() {
        String[] history = {
            at(AGREEMENT, "-2d"),
            at(ORDER, "-1d"),
            "guardian-withdrawal subject=customer:ada at=-1d guardian=customer:parent"
        };

        assertThat(recalls(history))
                .containsExactly(
                        "2 analytics 1 statistical-analysis net-a-porter for ever",
                        "2 group 1 group-business net-a-porter for ever",
                        "2 payment 1 payment  for ever");
    }

    @Test
    void shouldRecallUnderTheEpochOfTheRelease() {
        String[] history = {
            at(CHAT, "-1d"),
            "passing time=3d",
            at(CHAT, "-1d"),
            "objection subject=customer:ada at=+3d purpose=statistical-analysis"
        };

        assertThat(recalls(history))
                .containsExactly(
                        "3 analytics 1 statistical-analysis net-a-porter for ever",
                        "3 analytics 2 statistical-analysis net-a-porter for ever");
    }

    @Test
    void shouldRecallWhatNewsOverALinkForbid() {
        String[] history = {
            at("grant" + OF_COOKIE + UNDER_NOTICE, "-2d"),
            at(COOKIE, "-1d"),
            "objection subject=customer:ada at=-2d purpose=cookie-analytics",
            "connected subject=cookie:c1 at=-2d customer=customer:ada",
            "disconnected subject=cookie:c1 at=-12h customer=customer:ada",
            "delivery from=cookie:c1 to=customer:ada",
            "delivery from=customer:ada to=cookie:c1"
        };

        assertThat(recalls(history)).containsExactly("6 analytics 1 cookie-analytics net-a-porter -12h");
    }

    // Policies.

    @Test
    void shouldOnlyNarrowByTodaysPolicy() {
        String account = "event subject=customer:ada at=+1d type=account brand=net-a-porter country=GB act=UPDATED";

        assertThat(told("passing time=1d", account, "passing time=1d", account))
                .contains(
                        "1 group RELEASE [group-business]",
                        "3 analytics RELEASE [statistical-analysis]",
                        "3 group WITHHOLD [NO_LONGER_REGISTERED]");
    }

    private static String at(String step, String time) {
        return step.formatted(time);
    }

    private static NaiveModel model(String... script) {
        NaiveModel model = new NaiveModel(policies);
        List<Step> steps = History.of(String.join("\n", script)).steps();
        for (int i = 0; i < steps.size(); i++) {
            model.happen(i, steps.get(i));
        }
        return model;
    }

    private static Stream<String> lines(NaiveModel model) {
        return model.outcomes().stream().map(outcome -> {
            Gate.Verdict verdict = outcome.verdict();
            boolean isRelease = verdict.kind() == Gate.Verdict.Kind.RELEASE;
            return outcome.event() + " " + outcome.recipient() + " " + verdict.kind() + " "
                    + (isRelease ? verdict.purposes() : new TreeSet<>(verdict.reasons()));
        });
    }

    private static List<String> told(String... script) {
        return lines(model(script)).toList();
    }

    private static List<String> recalls(String... script) {
        return model(script).recalls().stream().map(NaiveModelTest::line).toList();
    }

    private static String line(Recall recall) {
        return recall.position() + " " + recall.recipient() + " " + recall.epoch() + " "
                + recall.scope().purpose() + " " + recall.scope().brand() + " "
                + (recall.before() == Step.FOR_EVER ? "for ever" : History.time(recall.before()));
    }
}
