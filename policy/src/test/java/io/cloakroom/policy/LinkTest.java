package io.cloakroom.policy;

import static io.cloakroom.policy.EngineTest.decided;
import static io.cloakroom.policy.EngineTest.decision;
import static io.cloakroom.policy.People.HOUR;
import static io.cloakroom.policy.People.NOON;
import static io.cloakroom.policy.People.OTHER;
import static io.cloakroom.policy.People.SMALL;
import static io.cloakroom.policy.People.account;
import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.advertising;
import static io.cloakroom.policy.People.agreed;
import static io.cloakroom.policy.People.at;
import static io.cloakroom.policy.People.born;
import static io.cloakroom.policy.People.connected;
import static io.cloakroom.policy.People.cookie;
import static io.cloakroom.policy.People.disconnected;
import static io.cloakroom.policy.People.email;
import static io.cloakroom.policy.People.ended;
import static io.cloakroom.policy.People.grant;
import static io.cloakroom.policy.People.groupWide;
import static io.cloakroom.policy.People.heard;
import static io.cloakroom.policy.People.knowing;
import static io.cloakroom.policy.People.lift;
import static io.cloakroom.policy.People.mail;
import static io.cloakroom.policy.People.order;
import static io.cloakroom.policy.People.refusal;
import static io.cloakroom.policy.People.statistics;
import static io.cloakroom.policy.People.stranger;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Transition;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What crosses a link between two subjects, and what does not (C25, T12). */
class LinkTest {

    private static final String RELEASED = "release legitimate-interest C6.vii [statistical-analysis]";
    private static final String UNANSWERED = "hold link-unanswered C25";
    private static final String OBJECTED = "withhold objected C25";
    private static final Event UPDATE = account("UPDATED", NOON);
    private static final Event SALE = mail("spring-sale", NOON);

    // When a link is there.

    @Test
    void shouldHoldUntilTheOtherSideHasAnswered() {
        Person linked = adult().with(connected(NOON));

        assertThat(decided("analytics", UPDATE, linked)).isEqualTo(UNANSWERED);
        assertThat(decided("analytics", UPDATE, linked.with(heard(stranger())))).isEqualTo(RELEASED);
        assertThat(decided("analytics", UPDATE, knowing(adult(), heard(stranger()), connected(NOON))))
                .isEqualTo(RELEASED);
    }

    @Test
    void shouldCountALinkOnlyForEventsInItsTime() {
        Person linked = knowing(adult(), disconnected(NOON), connected(NOON - 2));

        assertThat(decided("analytics", account("UPDATED", NOON - 3), linked)).isEqualTo(RELEASED);
        assertThat(decided("analytics", account("UPDATED", NOON - 2), linked)).isEqualTo(UNANSWERED);
        assertThat(decided("analytics", account("UPDATED", NOON - 1), linked)).isEqualTo(UNANSWERED);
        assertThat(decided("analytics", UPDATE, linked)).isEqualTo(RELEASED);
    }

    @Test
    void shouldLetTheConnectionWinAtEqualTimesWhicheverIsKnownFirst() {
        assertThat(decided("analytics", UPDATE, knowing(adult(), connected(NOON), disconnected(NOON))))
                .isEqualTo(UNANSWERED);
        assertThat(decided("analytics", UPDATE, knowing(adult(), disconnected(NOON), connected(NOON))))
                .isEqualTo(UNANSWERED);
    }

    @Test
    void shouldNotDependOnTheOrderOfTransitions() {
        Change[] all = {connected(NOON - 4), disconnected(NOON - 3), connected(NOON - 1)};

        assertThat(knowing(adult(), all[0], all[1], all[2]))
                .isEqualTo(knowing(adult(), all[2], all[1], all[0]))
                .isEqualTo(knowing(adult(), all[1], all[2], all[0]));
    }

    @Test
    void shouldCountALinkOfTooManyTransitionsFromItsFirstConnectionOnForEver() {
        Person flickering = knowing(adult(), heard(stranger().with(refusal(statistics(), 0))));
        for (int i = 0; i < Link.MOST_TURNS; i++) {
            flickering = flickering.with(i % 2 == 0 ? disconnected(NOON + i) : connected(NOON + i));
        }
        assertThat(decided("analytics", account("UPDATED", NOON + 2), flickering))
                .isEqualTo(RELEASED);

        Person forEver = flickering.with(disconnected(NOON + HOUR));

        assertThat(forEver.links().get(0).forEver()).isTrue();
        assertThat(decided("analytics", UPDATE, forEver)).isEqualTo(RELEASED);
        assertThat(decided("analytics", account("UPDATED", NOON + 2), forEver)).isEqualTo(OBJECTED);
        assertThat(decided("analytics", account("UPDATED", NOON + 2 * HOUR), forEver.with(disconnected(NOON + HOUR))))
                .isEqualTo(OBJECTED);
        assertThat(decided("analytics", UPDATE, forEver.with(connected(NOON)))).isEqualTo(OBJECTED);
        assertThat(forEver.with(connected(NOON + HOUR))).isSameAs(forEver);
    }

    @Test
    void shouldCountALinkThatWasOnlyEndedTooOftenFromAConnectionThatIsHeardOfLate() {
        Person person = adult();
        for (int i = 0; i <= Link.MOST_TURNS; i++) {
            person = person.with(disconnected(NOON + i));
        }

        assertThat(decided("analytics", account("UPDATED", NOON + HOUR), person))
                .isEqualTo(RELEASED);
        assertThat(decided("analytics", account("UPDATED", NOON + HOUR), person.with(connected(NOON))))
                .isEqualTo(UNANSWERED);
    }

    @Test
    void shouldTakeNothingForAllowedOfWhoIsLinkedWithTooMany() {
        Person person = adult();
        for (int i = 0; i < Person.MOST_LINKS; i++) {
            person = person.with(new Change.Connected("device:" + i, NOON + 1));
        }
        assertThat(decided("analytics", UPDATE, person)).isEqualTo(RELEASED);
        assertThat(person.with(new Change.Connected("device:0", NOON + 2)).blocked())
                .isFalse();
        assertThat(person.with(heard(stranger()))).isSameAs(person);
        assertThat(person.with(disconnected(NOON))).isSameAs(person);

        Person full = person.with(connected(NOON + 1));

        assertThat(full.links()).hasSize(Person.MOST_LINKS);
        assertThat(decided("analytics", UPDATE, full)).isEqualTo("withhold control-record-undecided C25");
        assertThat(full.with(connected(NOON + 1))).isSameAs(full);
    }

    @Test
    void shouldBeTheVeryObjectWhenALinkSaysNothingNew() {
        Person person = knowing(adult(), connected(NOON), disconnected(NOON + 1), heard(stranger()));

        assertThat(person.with(connected(NOON))).isSameAs(person);
        assertThat(person.with(disconnected(NOON))).isSameAs(person);
        assertThat(person.with(disconnected(NOON + 1))).isSameAs(person);
        assertThat(person.with(heard(adult().with(born("1970-01-01")).with(grant(email(), 1)))))
                .isNotSameAs(person);
        assertThat(person.with(heard(stranger().with(grant(email(), 1))))).isSameAs(person);
    }

    // What crosses.

    @Test
    void shouldWithholdWhatSomebodyLinkedRefusesWheneverThatWas() {
        for (long refusedAt : new long[] {0, NOON, NOON + HOUR}) {
            Person other = stranger().with(refusal(statistics(), refusedAt));

            assertThat(decided("analytics", UPDATE, linkedWith(adult(), other))).isEqualTo(OBJECTED);
        }
    }

    @Test
    void shouldWithholdMarketingThatSomebodyLinkedWithdrewFromWhateverTheOwnGrantSays() {
        Person granter = adult().with(grant(email(), NOON - 1));
        Person other = stranger().with(refusal(email(), NOON - 2));

        assertThat(decided("mailing", SALE, linkedWith(granter, other))).isEqualTo("withhold consent-withdrawn C25");
        assertThat(decision(SMALL, "mailing", SALE, linkedWith(granter, other), NOON)
                        .transition())
                .contains(new Transition(Transition.Kind.REFUSAL, NOON - 2));
    }

    @Test
    void shouldEndARefusalOverALinkOnlyByWhoRefused() {
        Person other = knowing(stranger(), refusal(statistics(), NOON - 3), lift(statistics(), NOON - 1));

        assertThat(decided("analytics", account("UPDATED", NOON - 2), linkedWith(adult(), other)))
                .isEqualTo(OBJECTED);
        assertThat(decided("analytics", account("UPDATED", NOON - 1), linkedWith(adult(), other)))
                .isEqualTo(RELEASED);
        Person granted = knowing(stranger(), refusal(statistics(), NOON - 3), grant(statistics(), NOON - 1));
        assertThat(decided("analytics", UPDATE, linkedWith(adult(), granted))).isEqualTo(RELEASED);
    }

    @Test
    void shouldGrantNothingOverALink() {
        Person other = stranger().with(grant(email(), 0));

        assertThat(decided("mailing", SALE, linkedWith(adult(), other))).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldHearWiderRefusalsAndNotThoseOfAnotherScope() {
        Person wide = stranger().with(refusal(groupWide("statistical-analysis"), 0));
        Person elsewhere = stranger().with(refusal(new Scope("statistical-analysis", "mr-porter", "", ""), 0));

        assertThat(decided("analytics", UPDATE, linkedWith(adult(), wide))).isEqualTo(OBJECTED);
        assertThat(decided("analytics", UPDATE, linkedWith(adult(), elsewhere))).isEqualTo(RELEASED);
    }

    @Test
    void shouldTakeNothingForAllowedWhileAControlRecordOfSomebodyLinkedIsUndecided() {
        assertThat(decided("analytics", UPDATE, linkedWith(adult(), stranger().with(new Change.Undecided()))))
                .isEqualTo("withhold control-record-undecided C25");
    }

    @Test
    void shouldGiveNothingToAdvertisingOfWhoIsLinkedWithAMinor() {
        Event advert = cookie("ADVERTISING", at("2019-06-01T22:59:59.999Z"));
        Event later = cookie("ADVERTISING", at("2019-06-01T23:00:00Z"));
        Person granter = adult().with(grant(advertising(), 0));
        Person linked = linkedWith(granter, stranger().with(born("2003-06-02")));

        assertThat(decided("advertising", advert, linked)).isEqualTo("withhold minor C1");
        assertThat(decided("advertising", later, linked)).isEqualTo("release consent C9 [advertising]");
    }

    @Test
    void shouldWithholdAnActUpToTheEndOfTheGuardianOfSomebodyLinked() {
        Person agreed = knowing(stranger(), agreed(NOON - 1));

        assertThat(decided(
                        "payment",
                        order("PLACED", NOON),
                        linkedWith(agreed, stranger().with(ended(NOON)))))
                .isEqualTo("withhold guardian-withdrew C1");
        assertThat(decided(
                        "payment",
                        order("PLACED", NOON),
                        linkedWith(agreed, stranger().with(ended(NOON - 1)))))
                .isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldNotBlockAContractByAnythingThatCrossesALink() {
        Person other = stranger().with(new Change.Undecided());
        for (String purpose : SMALL.versions().get(0).purposes().keySet()) {
            other = other.with(refusal(groupWide(purpose), NOON));
        }

        assertThat(decided("mailing", mail("dispatch", NOON), linkedWith(stranger(), other)))
                .isEqualTo("release contract C26 [service-messages]");
        assertThat(decided("mailing", mail("dispatch", NOON), stranger().with(connected(0))))
                .isEqualTo("release contract C26 [service-messages]");
    }

    @Test
    void shouldLetANoBeatTheHoldOfALinkThatHasNotAnswered() {
        Person person = knowing(
                adult(),
                new Change.Connected("device:silent", 0),
                connected(0),
                heard(stranger().with(refusal(statistics(), 0))));

        assertThat(decided("analytics", UPDATE, person)).isEqualTo(OBJECTED);
        assertThat(decided("mailing", SALE, adult().with(connected(0)))).isEqualTo("withhold never-asked C21");
    }

    @Test
    void shouldNameTheGuardianBeforeTheSilentLink() {
        assertThat(decided("analytics", order("PLACED", NOON), stranger().with(connected(0))))
                .isEqualTo("hold age-unknown C1");
    }

    @Test
    void shouldForgetWhatWasHeardBefore() {
        Person person = linkedWith(adult(), stranger().with(refusal(statistics(), 0)));

        assertThat(decided("analytics", UPDATE, person.with(heard(stranger())))).isEqualTo(RELEASED);
        assertThat(person.with(heard(stranger())).links()).hasSize(1);
    }

    // What is told.

    @Test
    void shouldTellNothingOfWhatWasHeard() {
        Person other = knowing(stranger().with(born("2012-01-01")), refusal(statistics(), 0), ended(7));

        assertThat(news(linkedWith(stranger(), other))).isEqualTo(News.NOTHING);
    }

    @Test
    void shouldTellOwnRefusalsWithTheirEndsAndNoGrants() {
        Person person = knowing(
                stranger(),
                refusal(statistics(), 5),
                grant(advertising(), 1),
                refusal(email(), 3),
                lift(email(), 9),
                grant(email(), 8));

        assertThat(news(person).refusals())
                .containsExactly(new News.Refused(email(), 3, 8), new News.Refused(statistics(), 5, Long.MAX_VALUE));
    }

    @Test
    void shouldTellTheSameInWhateverOrderItBecameKnown() {
        Change[] all = {refusal(statistics(), 5), refusal(email(), 3), refusal(advertising(), 3)};

        assertThat(news(knowing(stranger(), all[0], all[1], all[2])))
                .isEqualTo(news(knowing(stranger(), all[2], all[0], all[1])));
    }

    @Test
    void shouldTellMinorityGuardiansEndAndBlocking() {
        Person person = knowing(stranger(), born("2004-02-29"), ended(NOON), new Change.Undecided());

        assertThat(news(person)).isEqualTo(new News(List.of(), at("2020-03-01T00:00:00Z"), NOON, true));
    }

    private static News news(Person person) {
        return person.news(SMALL.versions().get(0));
    }

    private static Person linkedWith(Person person, Person other) {
        Person linked = knowing(person, connected(0), heard(other));
        assertThat(linked.links().get(0).other()).isEqualTo(OTHER);
        return linked;
    }
}
