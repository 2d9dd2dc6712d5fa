package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.Change;
import io.cloakroom.policy.Holding;
import io.cloakroom.policy.Link;
import io.cloakroom.policy.News;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Person.Birth;
import io.cloakroom.policy.Person.Guardian;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Known.Hold;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in a row of people and cannot be read must not be read as something else: it would be released upon (T13). */
class RowsTest {

    private static final int UNDECIDED_AT = 1 + Person.SALT_LENGTH;
    private static final int BORN_AT = UNDECIDED_AT + 1;
    private static final int COUNT_AT = BORN_AT + 1;

    private final Map<String, byte[]> store = new HashMap<>();
    private final Rows rows = rows();

    private Rows rows() {
        try {
            return new Rows(new Names(
                    store::get, store::put, Blueprint.load(GateDriver.POLICIES).history()));
        } catch (PolicyRefusedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldReadBackAnyPerson() {
        Random random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            Person person = person(random);
            assertThat(read(bytes(person))).isEqualTo(person);
        }
    }

    @Test
    void shouldReadBackAStranger() {
        Person stranger = Person.stranger(new byte[Person.SALT_LENGTH]);

        assertThat(read(bytes(stranger))).isEqualTo(stranger);
    }

    @Test
    void shouldReadBackWhatWaits() {
        Known known = Known.of(typical())
                .holding(new Hold(5, "events.order", 7, new byte[Waiting.KEY_LENGTH]))
                .holding(new Hold(Long.MAX_VALUE, "events.order", 8, new byte[Waiting.KEY_LENGTH]));

        Known read = rows.known(rows.bytes(known));

        assertThat(read.person()).isEqualTo(known.person());
        assertThat(read.holds()).usingRecursiveFieldByFieldElementComparator().containsExactlyElementsOf(known.holds());
    }

    @Test
    void shouldReadBackWhatRemainsOfSomebody() {
        Person.Stub stub = typical().with(new Change.Erased(3)).stub();

        assertThat(rows.stub(rows.bytes(stub))).isEqualTo(stub);
    }

    @Test
    void shouldReadTheWordsOfThePolicyAfterARestart() {
        byte[] row = bytes(typical());

        assertThat(rows().known(row).person()).isEqualTo(typical());
    }

    @Test
    void shouldRefuseAWordThatNobodyWroteDown() {
        byte[] row = bytes(typical());
        store.clear();

        assertThatThrownBy(() -> rows().known(row))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a row of people cannot be read");
    }

    @Test
    void shouldKeepATypicalRowSmall() {
        assertThat(bytes(typical()).length).as("bytes of a typical row").isLessThanOrEqualTo(200);
        assertThat(bytes(Person.stranger(new byte[Person.SALT_LENGTH]))).hasSizeLessThan(32);
    }

    @Test
    void shouldKeepTwentyScopesAndThreeLinksWithinAKilobyte() {
        assertThat(bytes(large()).length).as("bytes of a large row").isLessThanOrEqualTo(1_024);
    }

    @Test
    void shouldBeAsLongAsThePageSays() throws IOException {
        assertThat(Files.readString(Path.of("..", "docs", "performance.md")))
                .contains("%d bytes for a typical customer, %,d with 20 scopes and 3 links"
                        .formatted(bytes(typical()).length, bytes(large()).length));
    }

    private static Person large() {
        Person person = typical();
        for (int i = 0; i < 20; i++) {
            Scope scope = new Scope("advertising", "net-a-porter", "", "collector-" + i);
            person = person.with(new Change.Grant(scope, AT, "2017-11-17", Long.MAX_VALUE, false));
        }
        for (int i = 0; i < 3; i++) {
            String other = "cookie:0f8fad5b-d9cb-469f-a165-70867728950" + i;
            person = person.with(new Change.Connected(other, AT))
                    .with(new Change.Heard(
                            other,
                            new News(
                                    List.of(new News.Refused(
                                            new Scope("cookie-analytics", "net-a-porter", "", ""), AT, Long.MAX_VALUE)),
                                    News.UNKNOWN,
                                    Guardian.NEVER,
                                    false)));
        }
        return person;
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, 1, -1})
    void shouldRefuseAFormThatItDoesNotKnow(byte form) {
        byte[] row = bytes(typical());
        row[0] = form;

        assertThatThrownBy(() -> read(row))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a row of people has a form that this version does not know");
    }

    @Test
    void shouldRefuseARowCutShortAnywhere() {
        byte[] row = bytes(typical());
        for (int length = 0; length < row.length; length++) {
            byte[] cut = Arrays.copyOf(row, length);
            assertThatThrownBy(() -> read(cut))
                    .as("%d of %d bytes", length, row.length)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a row of people cannot be read");
        }
    }

    @Test
    void shouldRefuseARowWithSomethingBehindIt() {
        byte[] row = bytes(typical());

        assertUnreadable(Arrays.copyOf(row, row.length + 1));
    }

    @Test
    void shouldRefuseACountBelowZero() {
        byte[] row = bytes(Person.stranger(new byte[Person.SALT_LENGTH]));
        row[COUNT_AT] = 1; // zigzag: -1

        assertUnreadable(row);
    }

    @ParameterizedTest
    @ValueSource(bytes = {6, 1})
    void shouldRefuseAKindOfOpeningThatThereIsNot(byte kind) {
        Opening opening = new Opening(Opening.Kind.LIFT, 0, "", 0);
        byte[] row = bytes(new Person(
                new byte[Person.SALT_LENGTH],
                Optional.empty(),
                List.of(),
                List.of(new Preference(new Scope("p", "", "", ""), Preference.NEVER, List.of(opening)))));
        int kindAt = row.length - 10; // kind, time, notice, expiry, and what follows: nothing, six times
        assertThat(row[kindAt]).isEqualTo((byte) (2 * Opening.Kind.LIFT.ordinal()));
        row[kindAt] = kind; // zigzag

        assertUnreadable(row);
    }

    @ParameterizedTest
    @ValueSource(ints = {UNDECIDED_AT, BORN_AT})
    void shouldRefuseAYesOrNoThatIsNeither(int at) {
        byte[] row = bytes(Person.stranger(new byte[Person.SALT_LENGTH]).with(new Change.Age(0, 0)));
        row[at] = 2;

        assertUnreadable(row);
    }

    @Test
    void shouldRefuseADateThatThereIsNot() {
        byte[] born = bytes(Person.stranger(new byte[Person.SALT_LENGTH]).with(new Change.Age(0, 0)));
        byte[] row = ByteBuffer.allocate(born.length + 9)
                .put(born, 0, COUNT_AT)
                .put(new Out().putLong(Long.MAX_VALUE).toBytes())
                .put(born, COUNT_AT + 1, born.length - COUNT_AT - 1)
                .array();

        assertUnreadable(row);
    }

    private void assertUnreadable(byte[] row) {
        assertThatThrownBy(() -> read(row))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a row of people cannot be read");
    }

    private byte[] bytes(Person person) {
        return rows.bytes(Known.of(person));
    }

    private Person read(byte[] row) {
        return rows.known(row).person();
    }

    private static final long AT = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();

    /** An adult who gets mail and wants no statistics, about whom three hold releases. */
    private static Person typical() {
        long at = AT;
        return new Person(
                new byte[Person.SALT_LENGTH],
                Optional.of(new Birth(LocalDate.of(1980, 1, 1), at)),
                List.of(),
                List.of(
                        new Preference(
                                new Scope("direct-marketing", "net-a-porter", "EMAIL", ""),
                                Preference.NEVER,
                                List.of(new Opening(Opening.Kind.GRANT, at, "2017-11-17", Long.MAX_VALUE))),
                        new Preference(new Scope("statistical-analysis", "net-a-porter", "", ""), at, List.of())),
                Guardian.NONE,
                List.of(),
                List.of(
                        new Holding("payment", 1, "payment", new Scope("payment", "", "", ""), true, at),
                        new Holding("payment", 1, "fulfilment", new Scope("fulfilment", "", "", ""), true, at),
                        new Holding(
                                "group",
                                1,
                                "group-business",
                                new Scope("group-business", "net-a-porter", "", ""),
                                true,
                                at)),
                Long.MIN_VALUE);
    }

    private static Person person(Random random) {
        byte[] salt = new byte[Person.SALT_LENGTH];
        random.nextBytes(salt);
        List<Preference> preferences = new ArrayList<>();
        for (int p = random.nextInt(5); p > 0; p--) {
            List<Opening> openings = new ArrayList<>();
            for (int o = random.nextInt(4); o > 0; o--) {
                Opening.Kind[] kinds = Opening.Kind.values();
                openings.add(new Opening(
                        kinds[random.nextInt(kinds.length)], random.nextLong(), text(random), random.nextLong()));
            }
            preferences.add(new Preference(
                    new Scope(text(random), text(random), text(random), text(random)), random.nextLong(), openings));
        }
        return new Person(
                salt,
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new Birth(LocalDate.ofEpochDay(random.nextInt()), random.nextLong())),
                several(random, () -> text(random)),
                preferences,
                new Guardian(random.nextLong(), random.nextBoolean() ? List.of() : List.of(random.nextLong(), 7L)),
                several(random, () -> link(random)),
                several(
                        random,
                        () -> new Holding(
                                text(random),
                                random.nextInt(),
                                text(random),
                                scope(random),
                                random.nextBoolean(),
                                random.nextLong())),
                random.nextLong());
    }

    private static Link link(Random random) {
        return new Link(
                text(random),
                random.nextBoolean(),
                several(random, () -> new Link.Turn(random.nextLong(), random.nextBoolean())),
                random.nextBoolean() ? Optional.empty() : Optional.of(news(random)));
    }

    private static News news(Random random) {
        return new News(
                several(random, () -> new News.Refused(scope(random), random.nextLong(), Long.MAX_VALUE)),
                random.nextBoolean() ? Long.MIN_VALUE : random.nextLong(),
                random.nextLong(),
                random.nextBoolean());
    }

    private static Scope scope(Random random) {
        return new Scope(text(random), text(random), text(random), text(random));
    }

    private static <T> List<T> several(Random random, Supplier<T> one) {
        return Stream.generate(one).limit(random.nextInt(4)).toList();
    }

    private static String text(Random random) {
        List<String> texts = List.of("", "a", "net-a-porter", "\u0000", "\u00e9\uD83D\uDC57", "x".repeat(300));
        return texts.get(random.nextInt(texts.size()));
    }
}
