package io.cloakroom.policy;

import static io.cloakroom.policy.People.BRAND;
import static io.cloakroom.policy.People.COLLECTOR;
import static io.cloakroom.policy.People.DAY;
import static io.cloakroom.policy.People.HOUR;
import static io.cloakroom.policy.People.NOON;
import static io.cloakroom.policy.People.SHIPPED;
import static io.cloakroom.policy.People.account;
import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.advertising;
import static io.cloakroom.policy.People.agreed;
import static io.cloakroom.policy.People.at;
import static io.cloakroom.policy.People.born;
import static io.cloakroom.policy.People.changedOn;
import static io.cloakroom.policy.People.connected;
import static io.cloakroom.policy.People.cookie;
import static io.cloakroom.policy.People.disconnected;
import static io.cloakroom.policy.People.email;
import static io.cloakroom.policy.People.ended;
import static io.cloakroom.policy.People.grant;
import static io.cloakroom.policy.People.groupWide;
import static io.cloakroom.policy.People.heard;
import static io.cloakroom.policy.People.holding;
import static io.cloakroom.policy.People.knowing;
import static io.cloakroom.policy.People.lift;
import static io.cloakroom.policy.People.mail;
import static io.cloakroom.policy.People.order;
import static io.cloakroom.policy.People.refusal;
import static io.cloakroom.policy.People.statistics;
import static io.cloakroom.policy.People.stranger;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Engine.Recall;
import io.cloakroom.policy.Engine.Recalled;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger of what others hold, and what must be given up (C25). */
class RecallTest {

    private static final Engine ENGINE = new Engine(SHIPPED);
    private static final Event UPDATE = account("UPDATED", NOON);

    @TempDir
    Path directory;

    // The ledger.

    @Test
    void shouldWriteALineForEachRecipientAndPurposeOfARelease() {
        assertThat(holding(adult(), order("PLACED", NOON)).holdings())
                .containsExactly(
                        new Holding("analytics", 1, "statistical-analysis", statistics(), true, NOON),
                        new Holding(
                                "group",
                                1,
                                "group-business",
                                new Scope("group-business", BRAND, Scope.EVERY, Scope.EVERY),
                                true,
                                NOON),
                        new Holding("payment", 1, "payment", groupWide("payment"), true, NOON));
    }

    @Test
    void shouldWriteNothingForWhatIsKnown() {
        Person holder = holding(adult(), UPDATE);

        assertThat(holding(holder, UPDATE)).isSameAs(holder);
        assertThat(holding(holder, account("UPDATED", NOON + HOUR))).isSameAs(holder);
    }

    @Test
    void shouldReachBackToAnEarlierEvent() {
        Person holder = holding(holding(adult(), UPDATE), account("UPDATED", NOON - HOUR));

        assertThat(holder.holdings()).hasSize(2).extracting(Holding::since).containsOnly(NOON - HOUR);
    }

    @Test
    void shouldTellActsScopesAndEpochsApart() throws Exception {
        Person holder = holding(holding(adult(), UPDATE), account("REGISTERED", NOON));
        assertThat(holder.holdings()).hasSize(4);
        Person other = holding(holder, People.with(UPDATE, java.util.Map.of("brand", "mr-porter")));
        assertThat(other.holdings()).hasSize(6);

        String group = "region: GB\n    epoch: 1";
        Engine later = new Engine(changedOn(directory, "2020-01-01", group, group.replace("1", "2")));
        for (Decision d :
                later.decide(UPDATE, adult(), at("2020-02-01T00:00:00Z")).decisions()) {
            other = other.holding((Release) d, UPDATE);
        }
        assertThat(other.holdings()).hasSize(7);
        assertThat(other.holdings().get(6).epoch()).isEqualTo(2);
    }

    @Test
    void shouldNotGrowWithTheCollectorsThatAPublisherNames() throws Exception {
        Engine engine = new Engine(changedOn(
                directory,
                "2018-01-01",
                "clause: C16\n    dpv: \"dpv:EnforceManagement\"\n    scope: [brand]",
                "clause: C16\n    dpv: \"dpv:EnforceManagement\"\n    scope: [brand, collector]"));
        Person person = adult();
        for (int i = 0; i < 2 * Person.MOST_HOLDINGS; i++) {
            Event event = new Event("account", BRAND, "web", "GB", "c-" + i, NOON, NOON, "", "UPDATED", "", "");
            for (Decision d : engine.decide(event, person, NOON).decisions()) {
                person = person.holding((Release) d, event);
            }
        }

        assertThat(person.holdings()).hasSize(Person.MOST_HOLDINGS + 1);
        Holding wide = person.holdings().get(Person.MOST_HOLDINGS);
        assertThat(wide.scope()).isEqualTo(new Scope("group-business", BRAND, Scope.EVERY, Scope.EVERY));

        Person objector = person.with(refusal(new Scope("group-business", BRAND, Scope.EVERY, "c-400"), 0));
        assertThat(engine.recall(person, objector, NOON).recalls())
                .extracting(Recall::holding)
                .containsExactly(wide);
    }

    // Refusals.

    @Test
    void shouldRecallWhatARefusalForbids() {
        Person holder = holding(adult(), UPDATE);
        Recalled recalled = recalled(holder, refusal(statistics(), NOON + HOUR));

        assertThat(recalled.recalls())
                .containsExactly(new Recall(
                        holder.holdings().get(0),
                        Long.MAX_VALUE,
                        Rule.OBJECTED,
                        Optional.of(new Transition(Transition.Kind.REFUSAL, NOON + HOUR))));
        assertThat(recalled.person().holdings())
                .containsExactly(holder.holdings().get(1));
    }

    @Test
    void shouldRecallMarketingThatWasWithdrawnFrom() {
        Person holder = holding(adult().with(grant(email(), 0)), mail("spring-sale", NOON));

        assertThat(words(recalled(holder, refusal(email(), NOON))))
                .containsExactly(
                        "analytics direct-marketing for ever: consent-withdrawn C25",
                        "mailing direct-marketing for ever: consent-withdrawn C25");
    }

    @Test
    void shouldRecallNothingThatIsStillAllowed() {
        Person holder = holding(adult(), UPDATE);

        Recalled recalled = recalled(holder, refusal(email(), NOON), new Change.Undecided(), grant(email(), NOON));

        assertThat(recalled.recalls()).isEmpty();
        assertThat(recalled.person().holdings()).isEqualTo(holder.holdings());
        assertThat(ENGINE.recall(holder, holder, NOON).person()).isSameAs(holder);
        assertThat(ENGINE.recall(adult(), adult(), NOON).recalls()).isEmpty();
    }

    @Test
    void shouldNotRecallAContract() {
        Person holder = holding(adult(), mail("dispatch", NOON));
        Change[] all = SHIPPED.versions().get(0).purposes().keySet().stream()
                .map(p -> refusal(groupWide(p), NOON))
                .toArray(Change[]::new);

        assertThat(recalled(holder, all).recalls()).isEmpty();
    }

    @Test
    void shouldKeepWhatIsAllowedAgainAndSayFromWhen() {
        Person holder = holding(adult(), UPDATE);
        Recalled recalled = recalled(
                holder, lift(statistics(), NOON + HOUR), grant(statistics(), NOON + DAY), refusal(statistics(), 0));

        assertThat(words(recalled))
                .containsExactly("analytics statistical-analysis before " + (NOON + HOUR) + ": objected C25");
        assertThat(recalled.person().holdings())
                .hasSize(2)
                .extracting(Holding::since)
                .contains(NOON + HOUR);
        assertThat(ENGINE.recall(recalled.person(), recalled.person(), NOON).recalls())
                .isEmpty();
    }

    @Test
    void shouldNotEndARecallByAGrantUnderAStaleNotice() {
        Change stale = new Change.Grant(statistics(), NOON + 1, "2009-01-01", Long.MAX_VALUE, false);

        assertThat(recalled(holding(adult(), UPDATE), stale, refusal(statistics(), 0), lift(statistics(), NOON + 2))
                        .recalls())
                .extracting(Recall::before)
                .containsExactly(NOON + 2);
        assertThat(recalled(holding(adult(), UPDATE), stale, refusal(statistics(), 0))
                        .recalls())
                .extracting(Recall::before)
                .containsExactly(Long.MAX_VALUE);
    }

    @Test
    void shouldNotRecallFromAnOpeningOn() {
        Person holder = holding(adult(), UPDATE);

        assertThat(recalled(holder, lift(statistics(), NOON), refusal(statistics(), 0))
                        .recalls())
                .isEmpty();
        assertThat(recalled(holder, lift(statistics(), NOON + 1), refusal(statistics(), 0))
                        .recalls())
                .hasSize(1);
    }

    @Test
    void shouldRecallAGrantThatAWiderRefusalBeatEvenIfThatWasLifted() {
        Person holder = holding(adult().with(grant(email(), 1)), mail("spring-sale", NOON));

        Recalled recalled = recalled(
                holder,
                lift(groupWide("direct-marketing"), 3),
                refusal(groupWide("direct-marketing"), 2),
                grant(email(), NOON + 7));

        assertThat(words(recalled))
                .contains("mailing direct-marketing before " + (NOON + 7) + ": consent-withdrawn C25");
        assertThat(ENGINE.recall(recalled.person(), recalled.person(), NOON).recalls())
                .isEmpty();
    }

    @Test
    void shouldWaitForTheLastOfTheRefusalsToEnd() {
        Person holder = holding(adult(), UPDATE);
        Recalled recalled = recalled(
                holder,
                lift(statistics(), NOON + 1),
                refusal(statistics(), 0),
                lift(groupWide("statistical-analysis"), NOON + 2),
                refusal(groupWide("statistical-analysis"), 0));

        assertThat(recalled.recalls()).hasSize(1).extracting(Recall::before).containsExactly(NOON + 2);
    }

    @Test
    void shouldNotRecallTheSameTwice() {
        Person holder = holding(adult(), UPDATE);
        Person told = recalled(holder, refusal(statistics(), NOON)).person();

        assertThat(recalled(told, refusal(statistics(), NOON + 1), refusal(groupWide("statistical-analysis"), NOON))
                        .recalls())
                .isEmpty();
    }

    @Test
    void shouldSayItOnceOfActsAndOtherEventsAndTheWider() {
        Person minor = knowing(stranger(), born("2010-01-01"), agreed(0));
        Person holder = holding(holding(minor, account("REGISTERED", NOON)), account("UPDATED", NOON));
        assertThat(holder.holdings()).hasSize(4);

        assertThat(words(recalled(holder, refusal(statistics(), NOON), lift(statistics(), NOON + HOUR))))
                .containsExactly("analytics statistical-analysis before " + (NOON + HOUR) + ": objected C25");
        assertThat(recalled(holder, ended(NOON)).person().holdings()).isEmpty();
        assertThat(Engine.recallAll(holder).recalls()).hasSize(2);
        Change[] all = {refusal(statistics(), 0), lift(statistics(), NOON + HOUR), ended(NOON)};
        Recalled both = recalled(holder, all);
        Person reversed = holding(holding(minor, account("UPDATED", NOON)), account("REGISTERED", NOON));
        assertThat(words(recalled(reversed, all))).isEqualTo(words(both));
        assertThat(words(both))
                .containsExactly(
                        "analytics statistical-analysis for ever: guardian-withdrew C1",
                        "group group-business for ever: guardian-withdrew C1");
        assertThat(both.person().holdings())
                .extracting(h -> h.recipient() + " " + h.act() + " " + (h.since() - NOON))
                .as("who gave up all of a scope holds nothing of it")
                .isEmpty();
    }

    @Test
    void shouldJudgeALineByThePolicyOfItsTime() throws Exception {
        String narrow = "clause: C16\n    dpv: \"dpv:EnforceManagement\"\n    scope: [brand]";
        PolicyHistory history =
                changedOn(directory, "2020-01-01", narrow, narrow.replace("[brand]", "[brand, collector]"));
        Person holder =
                holding(adult(), UPDATE).with(refusal(new Scope("group-business", BRAND, Scope.EVERY, "somebody"), 0));

        assertThat(words(new Engine(history).recall(holder, holder, at("2020-02-01T00:00:00Z"))))
                .containsExactly("group group-business for ever: objected C25");
    }

    @Test
    void shouldRecallWhatNoVersionOfThePolicyKnows() {
        Person holder = adult().withHoldings(
                        List.of(new Holding("group", 1, "unheard-of", groupWide("unheard-of"), false, NOON)));

        assertThat(words(ENGINE.recall(holder, holder, NOON)))
                .containsExactly("group unheard-of for ever: no-longer-registered C17");
    }

    // Age and guardians.

    @Test
    void shouldRecallFromAdvertisingWhatABirthDateCorrects() {
        Person holder = holding(adult().with(grant(advertising(), 0)), cookie("ADVERTISING", NOON));
        Recalled recalled = recalled(holder, corrected("2004-02-29"));

        assertThat(words(recalled))
                .containsExactly("advertising advertising before " + at("2020-03-01T00:00:00Z") + ": minor C1");
        assertThat(recalled.person().holdings()).extracting(Holding::since).containsExactly(at("2020-03-01T00:00:00Z"));
        assertThat(recalled(holder, corrected("2003-06-01")).recalls()).isEmpty();
    }

    @Test
    void shouldRecallTheActsOfAMinorWithoutAnAgreement() {
        Person holder = holding(holding(adult(), account("REGISTERED", NOON)), UPDATE);

        assertThat(words(recalled(holder, corrected("2010-01-01"))))
                .containsExactly(
                        "analytics statistical-analysis for ever: guardian-needed C1",
                        "group group-business for ever: guardian-needed C1");
        assertThat(recalled(holder, corrected("2010-01-01")).person().holdings())
                .as("nobody can tell them from other events of their scopes")
                .isEmpty();
        assertThat(recalled(holder, agreed(NOON + DAY), corrected("2010-01-01")).recalls())
                .isEmpty();
        assertThat(recalled(holder, agreed(NOON + 31 * DAY), corrected("2010-01-01"))
                        .recalls())
                .hasSize(2);
    }

    @Test
    void shouldRecallTheActsThatAGuardianEndsButNoLaterOnes() {
        Person holder = holding(stranger().with(agreed(0)), order("PLACED", NOON));

        assertThat(words(recalled(holder, ended(NOON))))
                .containsExactly(
                        "analytics statistical-analysis for ever: guardian-withdrew C1",
                        "group group-business for ever: guardian-withdrew C1",
                        "payment payment for ever: guardian-withdrew C1");
        assertThat(recalled(holder, agreed(5), ended(4)).recalls()).isEmpty();
        assertThat(recalled(holding(adult(), order("PLACED", NOON)), ended(NOON + 1))
                        .recalls())
                .isEmpty();
    }

    @Test
    void shouldRecallAnActWhoseOnlyAgreementHadEndedBeforeIt() {
        Person holder = holding(stranger().with(agreed(0)), order("PLACED", NOON));

        assertThat(recalled(holder, ended(4)).recalls())
                .hasSize(3)
                .extracting(Recall::rule)
                .containsOnly(Rule.GUARDIAN_WITHDREW);
    }

    // Links.

    @Test
    void shouldRecallWhatIsRefusedOverALink() {
        Person holder = holding(knowing(adult(), connected(0), heard(stranger())), UPDATE);

        assertThat(words(recalled(holder, heard(stranger().with(refusal(statistics(), NOON + 7))))))
                .containsExactly("analytics statistical-analysis for ever: objected C25");
    }

    @Test
    void shouldRecallWhatALinkThatIsHeardOfLateForbids() {
        Person holder = holding(adult(), UPDATE);
        Change refuses = heard(stranger().with(refusal(statistics(), 3)));

        assertThat(recalled(holder, connected(NOON)).recalls()).isEmpty();
        assertThat(recalled(holder, connected(NOON), refuses).recalls()).hasSize(1);
        assertThat(recalled(holder, refuses, connected(NOON)).recalls()).hasSize(1);
        assertThat(recalled(holder, connected(NOON + HOUR), refuses).recalls()).hasSize(1);
        assertThat(recalled(holder, connected(0), disconnected(NOON), refuses).recalls())
                .isEmpty();
    }

    @Test
    void shouldKeepWhatCameAfterALinkOrItsRefusalHadEnded() {
        Person holder = holding(adult(), UPDATE);
        Change refuses = heard(stranger().with(refusal(statistics(), 3)));
        Change ends = heard(knowing(stranger(), refusal(statistics(), 3), lift(statistics(), NOON + HOUR)));

        assertThat(recalled(holder, connected(0), disconnected(NOON + 9), refuses)
                        .recalls())
                .extracting(Recall::before)
                .containsExactly(NOON + 9);
        Recalled recalled = recalled(holder, connected(0), ends);
        assertThat(recalled.recalls()).extracting(Recall::before).containsExactly(NOON + HOUR);
        assertThat(ENGINE.recall(recalled.person(), recalled.person(), NOON).recalls())
                .isEmpty();
    }

    @Test
    void shouldRecallFromAdvertisingOfWhoIsLinkedWithAMinor() {
        Person holder = holding(adult().with(grant(advertising(), 0)), cookie("ADVERTISING", NOON));

        assertThat(words(recalled(holder, connected(0), heard(stranger().with(born("2004-02-29"))))))
                .containsExactly("advertising advertising before " + at("2020-03-01T00:00:00Z") + ": minor C1");
        assertThat(words(recalled(
                        holder,
                        connected(0),
                        disconnected(NOON + 1),
                        heard(stranger().with(born("2004-02-29"))))))
                .containsExactly("advertising advertising before " + (NOON + 1) + ": minor C1");
        assertThat(holder.holdings().get(0).scope().collector()).isEqualTo(COLLECTOR);
    }

    @Test
    void shouldRecallTheActsThatTheGuardianOfSomebodyLinkedEnds() {
        Person holder = holding(adult(), order("PLACED", NOON));

        assertThat(recalled(holder, connected(0), heard(stranger().with(ended(NOON))))
                        .recalls())
                .hasSize(3);
        assertThat(recalled(holder, connected(0), heard(stranger().with(ended(NOON - 1))))
                        .recalls())
                .isEmpty();
        assertThat(recalled(holder, connected(NOON + 2), heard(stranger().with(ended(NOON + 1))))
                        .recalls())
                .isEmpty();
    }

    /** The link forbids nothing that it did not forbid when this was released. */
    @Test
    void shouldNotRecallWhatWasReleasedOfTheTimeBeforeALink() {
        Change refuses = heard(stranger().with(refusal(statistics(), 3)));
        Change more = heard(knowing(stranger(), refusal(statistics(), 3), refusal(email(), NOON + HOUR)));
        Change minor = heard(knowing(stranger(), refusal(statistics(), 3), born("2010-01-01"), ended(NOON + DAY)));
        Person holder = holding(knowing(adult(), connected(NOON + 1), refuses), UPDATE);

        assertThat(recalled(holder, grant(email(), NOON)).recalls()).isEmpty();
        assertThat(recalled(holder, refuses, connected(NOON + 1)).recalls()).isEmpty();
        assertThat(recalled(holder, more).recalls()).isEmpty();
        assertThat(recalled(holder, minor).recalls()).isEmpty();
        assertThat(recalled(holder, connected(NOON)).recalls())
                .extracting(Recall::before)
                .containsExactly(NOON + 1);
    }

    @Test
    void shouldNotRecallWhatIsOnlyInDoubt() {
        Person holder = holding(adult(), UPDATE);

        assertThat(recalled(holder, connected(0), heard(stranger().with(new Change.Undecided())))
                        .recalls())
                .isEmpty();
    }

    private static Recalled recalled(Person holder, Change... changes) {
        return ENGINE.recall(holder, knowing(holder, changes), NOON);
    }

    private static Change corrected(String birthDate) {
        return new Change.Age(LocalDate.parse(birthDate).toEpochDay(), 1);
    }

    private static List<String> words(Recalled recalled) {
        return recalled.recalls().stream()
                .map(r -> r.holding().recipient() + " " + r.holding().purpose()
                        + (r.before() == Long.MAX_VALUE ? " for ever" : " before " + r.before()) + ": "
                        + r.rule().id() + " " + r.rule().clause())
                .collect(Collectors.toList());
    }
}
