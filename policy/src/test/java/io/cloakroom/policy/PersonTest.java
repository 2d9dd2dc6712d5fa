package io.cloakroom.policy;

import static io.cloakroom.policy.People.adult;
import static io.cloakroom.policy.People.born;
import static io.cloakroom.policy.People.email;
import static io.cloakroom.policy.People.grant;
import static io.cloakroom.policy.People.lift;
import static io.cloakroom.policy.People.refusal;
import static io.cloakroom.policy.People.stranger;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class PersonTest {

    @Test
    void shouldBeTheVeryObjectWhenNothingIsNew() {
        Person person = adult().with(new Change.Undecided()).with(refusal(email(), 5));

        assertThat(person.with(born("1980-01-01"))).isSameAs(person);
        assertThat(person.with(new Change.Undecided())).isSameAs(person);
        assertThat(person.with(refusal(email(), 4))).isSameAs(person);
        assertThat(person.with(grant(email(), 5))).isSameAs(person);
        assertThat(person.with(lift(email(), 3))).isSameAs(person);
    }

    @Test
    void shouldBeBlockedUntilEachUndecidedRecordIsUnderstood() {
        Person person = adult().with(new Change.Undecided("one")).with(new Change.Undecided("two"));

        assertThat(person.with(new Change.Understood("three"))).isSameAs(person);
        Person half = person.with(new Change.Understood("one"));
        assertThat(half.blocked()).isTrue();
        assertThat(half.with(new Change.Understood("one")).blocked()).isTrue();
        assertThat(half.with(new Change.Understood("two"))).isEqualTo(adult());
    }

    @Test
    void shouldStayBlockedByWhatNothingDecidesLater() {
        Person person = adult();
        for (int i = 0; i <= Person.MOST_UNDECIDED; i++) {
            person = person.with(new Change.Undecided("record " + i));
        }
        assertThat(person.undecided()).hasSize(Person.MOST_UNDECIDED + 1);
        assertThat(person.with(new Change.Undecided("one more"))).isSameAs(person);
        for (int i = 0; i <= Person.MOST_UNDECIDED; i++) {
            person = person.with(new Change.Understood("record " + i));
        }

        assertThat(person.with(new Change.Understood(Person.FOR_GOOD)).blocked())
                .isTrue();
    }

    @Test
    void shouldForgetWhatARefusalBeats() {
        Person person = adult().with(grant(email(), 1)).with(grant(email(), 2)).with(refusal(email(), 2));

        assertThat(person.preferences().get(0).openings()).isEmpty();
    }

    @Test
    void shouldKeepOneRowForImportsThatSayTheSameEveryDay() {
        Person person = stranger();
        for (int day = 0; day < 100; day++) {
            person = person.with(new Change.Grant(email(), day, "2009", Long.MAX_VALUE, true));
        }

        assertThat(person.preferences()).hasSize(1);
        assertThat(person.preferences().get(0).openings()).hasSize(1);
    }

    @Test
    void shouldTakeTheLastStatedBirthDate() {
        Change.Age later = new Change.Age(LocalDate.parse("2010-01-01").toEpochDay(), 1);

        assertThat(adult().with(later).birthDate()).hasToString("Optional[2010-01-01]");
        assertThat(adult().with(later).with(born("1980-01-01")).birthDate()).hasToString("Optional[2010-01-01]");
    }

    @Test
    void shouldTakeTheYoungerOfTwoAgesStatedAtOnce() {
        assertThat(adult().with(born("2012-01-01")).with(born("1970-01-01")).birthDate())
                .hasToString("Optional[2012-01-01]");
    }

    @Test
    void shouldForgetNoRefusalWhenTheRowIsFull() {
        Person person = adult();
        for (int i = 0; i < 2 * Person.MOST_PREFERENCES; i++) {
            person = person.with(new Change.Refusal(new Scope("cookies", "b", "", "collector-" + i), 1));
        }

        assertThat(person.preferences()).hasSize(Person.MOST_PREFERENCES + 1);
        assertThat(person.preferences().get(Person.MOST_PREFERENCES).scope())
                .isEqualTo(new Scope("cookies", "b", "", ""));
    }

    @Test
    void shouldBoundTheOpeningsOfAScope() {
        Person person = adult();
        for (int i = 1; i < 1_000; i++) {
            person = person.with(grant(email(), i));
        }

        assertThat(person.preferences().get(0).openings()).hasSize(32);
        assertThat(person.preferences().get(0).openings().get(0).at()).isEqualTo(1);
        assertThat(person.preferences().get(0).openings().get(31).at()).isEqualTo(999);
    }

    @Test
    void shouldSayNothingInALog() {
        assertThat(adult().with(grant(email(), 1))).hasToString("Person[1 preferences]");
    }

    @Test
    void shouldRefuseASaltOfAnotherLength() {
        assertThatThrownBy(() -> Person.stranger(new byte[4])).hasMessage("a salt has 16 bytes, not 4");
    }
}
