package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Release;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnginePropertiesTest {

    private static final int ROUNDS = 20_000;
    private static final PolicyHistory SMALL = People.small();
    private static final Engine ENGINE = new Engine(SMALL);
    private static final List<String> BRANDS = List.of(People.BRAND, "mr-porter");
    private static final List<String> CHANNELS = List.of("EMAIL", "SMS");
    private static final long[] EXTREMES = {Long.MIN_VALUE, -1, 0, People.NOON, Long.MAX_VALUE};

    private final Random random = new Random(25);

    @Test
    void shouldNeverReleaseMoreByARefusal() {
        int stopped = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Person person = person(changes());
            Event event = event();
            Set<String> before = released(event, person);
            Set<String> after = released(event, person.with(refusal()));

            assertThat(before).containsAll(after);
            stopped += before.size() - after.size();
        }
        assertThat(stopped).as("releases that a refusal stopped").isPositive();
    }

    @Test
    void shouldNeverReleaseMoreWhileAControlRecordIsUndecided() {
        int stopped = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Person person = person(changes());
            Event event = event();
            Set<String> before = released(event, person);
            Set<String> after = released(event, person.with(new Change.Undecided()));

            assertThat(before).containsAll(after);
            stopped += before.size() - after.size();
        }
        assertThat(stopped).as("releases that it stopped").isPositive();
    }

    @Test
    void shouldNotDependOnTheOrderInWhichThingsBecomeKnown() {
        long releases = 0;
        for (int i = 0; i < ROUNDS; i++) {
            List<Change> changes = changes();
            Event event = event();
            Map<String, String> one = byRecipient(ENGINE, event, person(changes));
            Collections.shuffle(changes, random);

            assertThat(byRecipient(ENGINE, event, person(changes))).isEqualTo(one);
            releases +=
                    one.values().stream().filter(w -> w.startsWith("release")).count();
        }
        assertThat(releases).as("releases").isPositive();
    }

    @Test
    void shouldChangeNothingWhenToldAgain() {
        for (int i = 0; i < ROUNDS; i++) {
            List<Change> changes = changes();
            Person person = person(changes);

            assertThat(person.with(changes.get(changes.size() - 1))).isSameAs(person);
        }
    }

    @Test
    void shouldDecideForEveryRecipientWhateverItIsAsked() {
        List<String> odd = List.of("", "SEND", "PLACED", "ADVERTISING", "\u0000", "net-a-porter", "web", "GB", "XX");
        for (int i = 0; i < ROUNDS; i++) {
            Event event = new Event(
                    pick(List.of("order", "cookie", "chat", "marketing", "account", "")),
                    random.nextBoolean() ? People.BRAND : pick(odd),
                    random.nextBoolean() ? "web" : pick(odd),
                    pick(odd),
                    pick(odd),
                    extreme(),
                    extreme(),
                    pick(odd),
                    pick(odd),
                    pick(odd),
                    pick(odd));
            Person person = person(List.of(
                    new Change.Age(random.nextBoolean() ? Integer.MIN_VALUE : Integer.MAX_VALUE, 0),
                    new Change.Refusal(scope(), extreme()),
                    new Change.Grant(scope(), extreme(), pick(odd), extreme(), random.nextBoolean()),
                    new Change.GuardianAgreed(extreme()),
                    new Change.GuardianEnded(extreme()),
                    new Change.Connected("", extreme()),
                    new Change.Disconnected("", extreme()),
                    new Change.Heard(
                            "",
                            new News(
                                    List.of(new News.Refused(scope(), extreme(), extreme())),
                                    extreme(),
                                    extreme(),
                                    random.nextBoolean()))));
            if (random.nextInt(8) == 0) {
                person = person.with(new Change.Erased(extreme()));
            }

            Judgement judgement = ENGINE.decide(event, person, extreme());

            EventRules rules = SMALL.versions().get(0).events().get(event.type());
            assertThat(judgement.decisions())
                    .extracting(Decision::recipient)
                    .isEqualTo(
                            rules == null
                                    ? List.of()
                                    : rules.accesses().stream()
                                            .map(Access::recipient)
                                            .toList());
            assertThat(judgement.decisions())
                    .allSatisfy(d -> assertThat(d.clause()).matches("C[0-9]+(\\.[ivx]+)?"));
            assertThat(ENGINE.recall(People.stranger(), holding(person), extreme())
                            .person()
                            .salt())
                    .isEqualTo(person.salt());
        }
    }

    private Person holding(Person person) {
        Scope scope = scope();
        return person.withHoldings(
                List.of(new Holding("group", 1, scope.purpose(), scope, random.nextBoolean(), extreme())));
    }

    @Test
    void shouldNotDependOnTheOrderOfRulesInTheFile(@TempDir Path directory) throws Exception {
        for (int round = 0; round < 10; round++) {
            String shuffled = People.smallText();
            for (String section : List.of("categories", "purposes", "events", "recipients")) {
                shuffled = shuffle(shuffled, section);
            }
            Path file = Files.writeString(directory.resolve("2017-11-17.yaml"), shuffled);
            Engine other = new Engine(PolicyLoader.load(file, Schemas.shipped()));

            for (int i = 0; i < ROUNDS / 10; i++) {
                Event event = event();
                Person person = person(changes());
                assertThat(byRecipient(other, event, person)).isEqualTo(byRecipient(ENGINE, event, person));
            }
        }
    }

    /** The entries of a section in another order, each with what belongs to it. */
    private String shuffle(String text, String section) {
        Matcher body =
                Pattern.compile("(?m)^" + section + ":\n((?:(?:  .*)?\n)+)").matcher(text);
        assertThat(body.find()).as(section).isTrue();
        List<String> entries = new ArrayList<>(List.of(body.group(1).split("(?m)^(?=  \\S)")));
        List<String> before = List.copyOf(entries);
        while (entries.equals(before)) {
            Collections.shuffle(entries, random);
        }
        return text.substring(0, body.start(1)) + String.join("", entries) + text.substring(body.end(1));
    }

    private static Map<String, String> byRecipient(Engine engine, Event event, Person person) {
        Map<String, String> decisions = new TreeMap<>();
        engine.decide(event, person, event.arrivedAt())
                .decisions()
                .forEach(d -> decisions.put(d.recipient().id(), EngineTest.words(d) + d.transition()));
        return decisions;
    }

    private static Set<String> released(Event event, Person person) {
        return ENGINE.decide(event, person, event.arrivedAt()).decisions().stream()
                .filter(Release.class::isInstance)
                .map(Release.class::cast)
                .flatMap(r -> r.purposes().stream().map(p -> r.recipient().id() + " " + p))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Person person(List<Change> changes) {
        Person person = People.adult();
        for (Change change : changes) {
            person = person.with(change);
        }
        return person;
    }

    private List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        for (int i = random.nextInt(8); i >= 0; i--) {
            Scope scope = scope();
            changes.add(
                    switch (random.nextInt(5)) {
                        case 0 -> refusal();
                        case 1 -> new Change.Lift(scope, time());
                        default ->
                            new Change.Grant(
                                    scope,
                                    time(),
                                    random.nextInt(4) == 0 ? "2009" : People.NOTICE,
                                    random.nextInt(4) == 0 ? time() : Long.MAX_VALUE,
                                    random.nextInt(4) == 0);
                    });
        }
        return changes;
    }

    private Change refusal() {
        return new Change.Refusal(scope(), time());
    }

    private Scope scope() {
        boolean wide = random.nextInt(4) == 0;
        String brand = wide ? Scope.EVERY : pick(BRANDS);
        return switch (random.nextInt(3)) {
            case 0 -> new Scope("direct-marketing", brand, wide ? Scope.EVERY : pick(CHANNELS), Scope.EVERY);
            case 1 -> new Scope("advertising", brand, Scope.EVERY, wide ? Scope.EVERY : People.COLLECTOR);
            default -> new Scope("statistical-analysis", brand, Scope.EVERY, Scope.EVERY);
        };
    }

    private Event event() {
        long at = time();
        String brand = pick(BRANDS);
        return switch (random.nextInt(3)) {
            case 0 ->
                new Event("marketing", brand, "web", "FR", "", at, at, "sale", "SEND", pick(CHANNELS), "click here");
            case 1 -> new Event("cookie", brand, "web", "FR", People.COLLECTOR, at, at, "ADVERTISING", "", "", "");
            default -> new Event("account", brand, "web", "FR", "", at, at, "", "UPDATED", "", "");
        };
    }

    /** Few, so that equal times are common. */
    private long time() {
        return People.NOON + random.nextInt(6);
    }

    private long extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    private String pick(List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}
