package io.cloakroom.policy;

import static io.cloakroom.policy.People.NOON;
import static io.cloakroom.policy.People.SMALL;
import static io.cloakroom.policy.People.holding;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Engine.Recall;
import io.cloakroom.policy.Engine.Recalled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What holds whatever is known of a person, of a guardian and of those linked. */
class TimePropertiesTest {

    private static final int ROUNDS = 20_000;
    private static final Engine ENGINE = new Engine(SMALL);
    private static final List<String> BRANDS = List.of(People.BRAND, "mr-porter");
    private static final List<String> OTHERS = List.of("cookie:1", "device:2");

    private final Random random = new Random(1);

    @Test
    void shouldNotDependOnTheOrderInWhichThingsBecomeKnown() {
        int releases = 0;
        for (int i = 0; i < ROUNDS; i++) {
            List<Change> changes = changes();
            OTHERS.forEach(o -> changes.add(new Change.Heard(o, news())));
            List<Event> events = List.of(event(), event(), event());
            Person person = knowing(People.stranger(), changes);
            News news = person.news(SMALL.versions().get(0));
            List<Map<String, String>> one =
                    events.stream().map(e -> words(e, person)).toList();
            Collections.shuffle(changes, random);
            Person other = knowing(People.stranger(), changes);

            assertThat(events.stream().map(e -> words(e, other)).toList()).isEqualTo(one);
            assertThat(other.news(SMALL.versions().get(0))).isEqualTo(news);
            releases += events.stream().mapToInt(e -> released(e, other).size()).sum();
        }
        assertThat(releases).as("releases").isPositive();
    }

    @Test
    void shouldNotRecallMoreOrLessForTheOrderInWhichThingsBecomeKnown() {
        for (int i = 0; i < ROUNDS; i++) {
            List<Change> before = changes();
            Person holder = knowing(anybody(), before);
            for (int e = random.nextInt(4); e >= 0; e--) {
                holder = holding(holder, event());
            }
            List<Change> changes = changes();
            OTHERS.forEach(o -> changes.add(new Change.Heard(o, news())));
            Recalled one = ENGINE.recall(holder, knowing(holder, changes), NOON);
            Collections.shuffle(changes, random);

            Recalled other = ENGINE.recall(holder, knowing(holder, changes), NOON);

            assertThat(other.person().holdings()).isEqualTo(one.person().holdings());
            assertThat(other.recalls())
                    .extracting(r -> r.holding() + " " + r.before())
                    .isEqualTo(one.recalls().stream()
                            .map(r -> r.holding() + " " + r.before())
                            .toList());
        }
    }

    @Test
    void shouldNeverReleaseMoreByARefusal() {
        int stopped = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Person person = knowing(People.stranger(), changes());
            Event event = event();
            Set<String> before = released(event, person);
            Set<String> after = released(event, person.with(refusal()));

            assertThat(before).containsAll(after);
            stopped += before.size() - after.size();
        }
        assertThat(stopped).as("releases that a refusal stopped").isPositive();
    }

    @Test
    void shouldNeverReleaseMoreByALink() {
        int stopped = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Person person = knowing(People.stranger(), changes());
            Event event = event();
            Set<String> before = released(event, person);
            Person linked = person.with(new Change.Connected("device:3", time()));
            Person answered = linked.with(new Change.Heard("device:3", news()));

            assertThat(before).containsAll(released(event, linked)).containsAll(released(event, answered));
            stopped += before.size() - released(event, answered).size();
        }
        assertThat(stopped).as("releases that a link stopped").isPositive();
    }

    @Test
    void shouldReleaseNothingOfTheTimeBeforeAnErasure() {
        int later = 0;
        for (int i = 0; i < ROUNDS; i++) {
            long erasedAt = time();
            List<Change> changes = changes();
            changes.add(random.nextInt(changes.size()), new Change.Erased(erasedAt));
            Person person = knowing(People.adult(), changes);
            Event event = event();

            if (event.occurredAt() <= erasedAt) {
                assertThat(released(event, person)).isEmpty();
            } else {
                later += released(event, person).size();
            }
        }
        assertThat(later).as("releases after the erasure").isPositive();
    }

    @Test
    void shouldNeverReleaseMoreOfWhoWasErased() {
        for (int i = 0; i < ROUNDS; i++) {
            List<Change> consents = changes();
            consents.removeIf(TimePropertiesTest::isForgottenThoughItNarrows);
            Person person = knowing(People.adult(), consents);
            Event event = event();
            Person erased = person.with(new Change.Erased(time()));

            assertThat(released(event, person)).containsAll(released(event, erased));
        }
    }

    /** Who is erased is no longer known to be a minor, or linked. */
    private static boolean isForgottenThoughItNarrows(Change change) {
        return !(change instanceof Change.Refusal || change instanceof Change.Grant || change instanceof Change.Lift);
    }

    @Test
    void shouldRecallAllThatIsForbiddenAndNothingTwice() {
        int recalls = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Person person = anybody();
            Reader reader = new Reader();
            for (int step = 0; step < 12; step++) {
                if (random.nextInt(3) == 0) {
                    Event event = event();
                    reader.read(event, person);
                    person = holding(person, event);
                } else {
                    Recalled recalled = ENGINE.recall(person, person.with(change()), NOON);
                    person = recalled.person();
                    recalled.recalls().forEach(reader::giveUp);
                    recalls += recalled.recalls().size();

                    assertThat(recalled.recalls())
                            .extracting(
                                    r -> r.holding().recipient() + r.holding().scope())
                            .doesNotHaveDuplicates();
                    assertThat(ENGINE.recall(person, person, NOON).recalls()).isEmpty();
                }
                reader.holdsNothingForbidden(person);
            }
        }
        assertThat(recalls).as("recalls").isPositive();
    }

    @Test
    void shouldRecallNothingThatIsAllowedWhereNobodyIsLinked() {
        int recalls = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Person person = knowing(
                    anybody(), changes().stream().filter(c -> !isOfLink(c)).toList());
            Event event = event();
            Set<String> released = released(event, person);
            Person holder = holding(person, event);
            Person changed =
                    knowing(holder, changes().stream().filter(c -> !isOfLink(c)).toList());
            Set<String> still = released(event, changed);
            for (Recall recall : ENGINE.recall(holder, changed, NOON).recalls()) {
                String held =
                        recall.holding().recipient() + " " + recall.holding().purpose();
                assertThat(released).contains(held);
                assertThat(still).doesNotContain(held);
                recalls++;
            }
        }
        assertThat(recalls).as("recalls").isPositive();
    }

    /** Somebody who reads everything and does as it is told. */
    private static final class Reader {
        private record Read(Event event, String recipient, Purpose purpose) {}

        private final List<Read> all = new ArrayList<>();

        void read(Event event, Person person) {
            for (Decision d : ENGINE.decide(event, person, event.arrivedAt()).decisions()) {
                if (d instanceof Release release) {
                    release.access().purposes().stream()
                            .filter(p -> release.purposes().contains(p.id()))
                            .forEach(p ->
                                    all.add(new Read(event, release.recipient().id(), p)));
                }
            }
        }

        void giveUp(Recall recall) {
            all.removeIf(r -> r.recipient().equals(recall.holding().recipient())
                    && r.purpose().scope(r.event()).equals(recall.holding().scope())
                    && r.event().occurredAt() < recall.before());
        }

        /** What is in doubt only is not recalled: a control record that is undecided, a link that has not answered. */
        void holdsNothingForbidden(Person person) {
            Person certain = new Person(
                    person.salt(),
                    person.birth(),
                    List.of(),
                    person.preferences(),
                    person.guardian(),
                    person.links().stream()
                            .map(l -> new Link(
                                    l.other(),
                                    l.forEver(),
                                    l.transitions(),
                                    l.news().map(Reader::certain).or(() -> java.util.Optional.of(News.NOTHING))))
                            .toList(),
                    person.holdings(),
                    person.erasedAt());
            for (Read read : all) {
                assertThat(released(read.event(), certain))
                        .contains(read.recipient() + " " + read.purpose().id());
            }
        }

        private static News certain(News news) {
            return new News(news.refusals(), news.minorUntil(), news.guardianEndedAt(), false);
        }
    }

    private static boolean isOfLink(Change change) {
        return change instanceof Change.Connected
                || change instanceof Change.Disconnected
                || change instanceof Change.Heard;
    }

    private static Map<String, String> words(Event event, Person person) {
        Map<String, String> decisions = new TreeMap<>();
        ENGINE.decide(event, person, event.arrivedAt())
                .decisions()
                .forEach(d -> decisions.put(
                        d.recipient().id(),
                        EngineTest.words(d)
                                + d.transition()
                                + (d instanceof Release r ? r.completedAt().toString() : "")));
        return decisions;
    }

    private static Set<String> released(Event event, Person person) {
        return ENGINE.decide(event, person, event.arrivedAt()).decisions().stream()
                .filter(Release.class::isInstance)
                .map(Release.class::cast)
                .flatMap(r -> r.purposes().stream().map(p -> r.recipient().id() + " " + p))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Person knowing(Person person, List<Change> changes) {
        return People.knowing(person, changes.toArray(Change[]::new));
    }

    private Person anybody() {
        return random.nextInt(3) == 0 ? People.stranger() : People.adult();
    }

    private List<Change> changes() {
        List<Change> changes = new ArrayList<>();
        for (int i = 1 + random.nextInt(10); i > 0; i--) {
            Change change = change();
            if (!(change instanceof Change.Heard)) { // of these the last counts
                changes.add(change);
            }
        }
        changes.add(refusal());
        return changes;
    }

    private Change change() {
        return switch (random.nextInt(11)) {
            case 0, 1 -> refusal();
            case 2 -> new Change.Lift(scope(), time());
            case 3 -> birth();
            case 4 -> new Change.GuardianAgreed(time());
            case 5 -> new Change.Connected(pick(OTHERS), time());
            case 6 -> new Change.Disconnected(pick(OTHERS), time());
            case 7 -> new Change.Heard(pick(OTHERS), news());
            default -> new Change.Grant(scope(), time(), People.NOTICE, Long.MAX_VALUE, random.nextInt(4) == 0);
        };
    }

    private Change refusal() {
        return random.nextInt(4) == 0 ? new Change.GuardianEnded(time()) : new Change.Refusal(scope(), time());
    }

    /** Of an adult, of a minor, or of somebody who becomes adult among the times of these tests. */
    private Change birth() {
        String date = pick(List.of("1980-01-01", "2010-01-01", "2003-06-02"));
        return new Change.Age(java.time.LocalDate.parse(date).toEpochDay(), time());
    }

    private News news() {
        Person other = People.stranger();
        for (int i = random.nextInt(4); i > 0; i--) {
            other = other.with(
                    switch (random.nextInt(6)) {
                        case 0 -> birth();
                        case 1 -> new Change.Lift(scope(), time());
                        case 2 -> random.nextInt(8) == 0 ? new Change.Undecided() : refusal();
                        default -> refusal();
                    });
        }
        return other.news(SMALL.versions().get(0));
    }

    private Scope scope() {
        boolean wide = random.nextInt(4) == 0;
        String brand = wide ? Scope.EVERY : pick(BRANDS);
        return switch (random.nextInt(4)) {
            case 0 -> new Scope("direct-marketing", brand, wide ? Scope.EVERY : "EMAIL", Scope.EVERY);
            case 1 -> new Scope("advertising", brand, Scope.EVERY, wide ? Scope.EVERY : People.COLLECTOR);
            case 2 -> new Scope("group-business", brand, Scope.EVERY, Scope.EVERY);
            default -> new Scope("statistical-analysis", brand, Scope.EVERY, Scope.EVERY);
        };
    }

    private Event event() {
        long at = time();
        String brand = pick(BRANDS);
        return switch (random.nextInt(4)) {
            case 0 ->
                new Event(
                        "marketing",
                        brand,
                        "web",
                        "GB",
                        "",
                        at,
                        at,
                        "sale",
                        act("SUBSCRIBE", "SEND"),
                        "EMAIL",
                        "click");
            case 1 -> new Event("cookie", brand, "web", "GB", People.COLLECTOR, at, at, "ADVERTISING", "", "", "");
            case 2 -> new Event("order", brand, "web", "GB", "", at, at, "PLACED", "", "", "");
            default -> new Event("account", brand, "web", "GB", "", at, at, "", act("REGISTERED", "UPDATED"), "", "");
        };
    }

    private String act(String act, String other) {
        return random.nextBoolean() ? act : other;
    }

    /** Few, so that equal times are common; around the beginning of 2 June in London. */
    private long time() {
        return People.at("2019-06-01T23:00:00Z") - 3 + random.nextInt(6);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
