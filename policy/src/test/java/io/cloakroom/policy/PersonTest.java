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
        assertThat(adult().with(born("2010-01-01")).birthDate()).hasToString("Optional[2010-01-01]");
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
