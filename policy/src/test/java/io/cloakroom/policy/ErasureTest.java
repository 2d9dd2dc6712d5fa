package io.cloakroom.policy;

import static io.cloakroom.policy.EngineTest.decided;
import static io.cloakroom.policy.People.NOON;
import static io.cloakroom.policy.People.SMALL;
import static io.cloakroom.policy.People.account;
import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.agreed;
import static io.cloakroom.policy.People.born;
import static io.cloakroom.policy.People.connected;
import static io.cloakroom.policy.People.email;
import static io.cloakroom.policy.People.ended;
import static io.cloakroom.policy.People.grant;
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
import io.cloakroom.policy.Engine.Recall;
import io.cloakroom.policy.Person.Guardian;
import io.cloakroom.policy.Person.Preference;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErasureTest {

    private static final String STALE_GRANT = "withhold never-asked C21";
    private static final String RELEASED = "release consent C21 [direct-marketing]";
    private static final Event SALE = mail("spring-sale", NOON);

    @Test
    void shouldForgetAllButRefusalsAndTheTimeOfTheErasure() {
        Person full = holding(
                knowing(
                        adult(),
                        agreed(2),
                        ended(1),
                        connected(3),
                        heard(stranger()),
                        grant(email(), 4),
                        refusal(statistics(), 5),
                        lift(statistics(), 6),
                        new Change.Undecided()),
                order("PLACED", NOON));
        assertThat(full.holdings()).isNotEmpty();

        Person erased = full.with(erasure(NOON));

        assertThat(erased)
                .isEqualTo(new Person(
                        full.salt(),
                        java.util.Optional.empty(),
                        List.of(),
                        List.of(new Preference(statistics(), 5, List.of())),
                        Guardian.NONE,
                        List.of(),
                        List.of(),
                        NOON));
        assertThat(erased.stub()).isEqualTo(new Person.Stub(NOON, List.of(new Preference(statistics(), 5, List.of()))));
    }

    @Test
    void shouldComeBackUnderANewSaltAndBeHeardStill() {
        byte[] salt = new byte[Person.SALT_LENGTH];
        salt[0] = 1;
        Person back = Person.returning(
                salt, knowing(adult(), refusal(email(), 5), erasure(NOON - 9)).stub());

        assertThat(back.salt()).isEqualTo(salt);
        assertThat(back.erasedAt()).isEqualTo(NOON - 9);
        assertThat(decided("mailing", SALE, back)).isEqualTo("withhold consent-withdrawn C25");
        assertThat(decided("mailing", SALE, back.with(grant(email(), NOON - 8))))
                .isEqualTo(RELEASED);
    }

    @Test
    void shouldWithholdEverythingUpToTheErasureFromEverybody() {
        Person erased = knowing(adult(), erasure(NOON), born("1980-01-01"), grant(email(), NOON + 1));

        for (Event event : List.of(order("PLACED", NOON), account("UPDATED", 0 + NOON), mail("dispatch", NOON), SALE)) {
            assertThat(new Engine(SMALL).decide(event, erased, NOON).decisions())
                    .isNotEmpty()
                    .allSatisfy(d -> assertThat(EngineTest.words(d)).isEqualTo("withhold erased C25"));
        }
        assertThat(decided("payment", order("PLACED", NOON + 1), erased)).isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldTakeOwnGrantsAfterTheErasureAndNoneBefore() {
        Person erased = adult().with(erasure(NOON - 5));

        assertThat(decided("mailing", SALE, erased.with(grant(email(), NOON - 5))))
                .isEqualTo(STALE_GRANT);
        assertThat(decided("mailing", SALE, erased.with(grant(email(), NOON - 4))))
                .isEqualTo(RELEASED);
    }

    @Test
    void shouldNeverTakeAnImportAfterAnErasure() {
        for (long time : new long[] {0, NOON - 5, NOON - 1}) {
            Change imported = new Change.Grant(email(), time, People.NOTICE, Long.MAX_VALUE, true);

            assertThat(decided("mailing", SALE, knowing(adult(), erasure(NOON - 5), imported)))
                    .isEqualTo(STALE_GRANT);
            assertThat(decided("mailing", SALE, knowing(adult(), imported, erasure(NOON - 5))))
                    .isEqualTo(STALE_GRANT);
        }
    }

    @Test
    void shouldNotLiftARefusalByWhatWasSaidBeforeTheErasure() {
        Person person = knowing(adult(), refusal(statistics(), 5), erasure(NOON - 5));

        assertThat(decided("analytics", account("UPDATED", NOON), person.with(lift(statistics(), NOON - 5))))
                .isEqualTo("withhold objected C25");
        assertThat(decided("analytics", account("UPDATED", NOON), person.with(lift(statistics(), NOON - 4))))
                .isEqualTo("release legitimate-interest C6.vii [statistical-analysis]");
    }

    @Test
    void shouldTakeNoGuardiansAgreementFromBeforeTheErasure() {
        Person person = stranger().with(erasure(NOON - 5));

        assertThat(decided("payment", order("PLACED", NOON), person.with(agreed(NOON - 5))))
                .isEqualTo("hold age-unknown C1");
        assertThat(decided("payment", order("PLACED", NOON), person.with(agreed(NOON - 4))))
                .isEqualTo("release contract C7 [payment]");
    }

    @Test
    void shouldKeepTheLatestOfAllErasures() {
        assertThat(knowing(adult(), erasure(5), erasure(3)).erasedAt()).isEqualTo(5);
        assertThat(knowing(adult(), erasure(3), erasure(5)).erasedAt()).isEqualTo(5);
    }

    @Test
    void shouldBeTheVeryObjectWhenErasedTwice() {
        Person erased = knowing(adult(), refusal(email(), 5), erasure(NOON));

        assertThat(erased.with(erasure(NOON))).isSameAs(erased);
        assertThat(erased.with(erasure(NOON - 1))).isSameAs(erased);
    }

    @Test
    void shouldRecallAllThatAnybodyHolds() {
        Event order = order("PLACED", NOON);
        Person person = holding(adult(), order);
        Decision payment = EngineTest.decision(SMALL, "payment", order, person, NOON);
        assertThat(payment).isInstanceOf(Release.class);

        Engine.Recalled recalled = Engine.recallAll(person);

        assertThat(recalled.recalls())
                .extracting(r -> r.holding().recipient() + " " + r.holding().purpose())
                .containsExactly("analytics statistical-analysis", "group group-business", "payment payment");
        assertThat(recalled.recalls()).allSatisfy(r -> assertThat(r.before()).isEqualTo(Long.MAX_VALUE));
        assertThat(recalled.recalls()).extracting(Recall::rule).containsOnly(Rule.ERASED);
        assertThat(recalled.person().holdings()).isEmpty();
        assertThat(Engine.recallAll(adult()).recalls()).isEmpty();
    }

    private static Change erasure(long at) {
        return new Change.Erased(at);
    }
}
