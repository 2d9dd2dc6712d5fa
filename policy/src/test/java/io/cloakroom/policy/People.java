package io.cloakroom.policy;

import io.cloakroom.policy.signals.Signals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;

/** The words in which the tests of the engine tell their stories; under a small policy unless they say otherwise. */
final class People {

    static final String BRAND = "net-a-porter";
    static final String NOTICE = "2017-11-17";
    static final String COLLECTOR = "doubleclick";
    static final long NOON = at("2019-06-01T12:00:00Z");
    static final long HOUR = 3_600_000;
    static final long DAY = 24 * HOUR;
    static final String OTHER = "cookie:1";
    private static final Path DIRECTORY = Path.of("src/test/resources/io/cloakroom/policy/small");
    static final PolicyHistory SMALL = small();

    private People() {}

    static PolicyHistory small() {
        try {
            return PolicyLoader.load(DIRECTORY, Schemas.shipped());
        } catch (PolicyRefusedException e) {
            throw new AssertionError(e);
        }
    }

    static String smallText() {
        try {
            return Files.readString(DIRECTORY.resolve("2017-11-17.yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The small policy, and one of a later date that differs from it in one place. */
    static PolicyHistory changedOn(Path directory, String date, String replace, String by) throws Exception {
        String changed = smallText().replace(replace, by);
        if (changed.equals(smallText())) {
            throw new AssertionError("not in the policy: " + replace);
        }
        Path next = Files.writeString(
                directory.resolve(date + ".yaml"),
                changed.replace("version: \"2017-11-17\"", "version: \"" + date + "\""));
        return new PolicyHistory(List.of(SMALL.versions().get(0), PolicyLoader.version(next, Schemas.shipped())));
    }

    static long at(String instant) {
        return Instant.parse(instant).toEpochMilli();
    }

    static Person stranger() {
        return Person.stranger(new byte[Person.SALT_LENGTH]);
    }

    static Person adult() {
        return stranger().with(born("1980-01-01"));
    }

    static Change born(String date) {
        return new Change.Age(LocalDate.parse(date).toEpochDay(), 0);
    }

    static Change grant(Scope scope, long at) {
        return new Change.Grant(scope, at, NOTICE, Long.MAX_VALUE, false);
    }

    static Change refusal(Scope scope, long at) {
        return new Change.Refusal(scope, at);
    }

    static Change lift(Scope scope, long at) {
        return new Change.Lift(scope, at);
    }

    static Scope email() {
        return new Scope("direct-marketing", BRAND, "EMAIL", Scope.EVERY);
    }

    static Scope groupWide(String purpose) {
        return new Scope(purpose, Scope.EVERY, Scope.EVERY, Scope.EVERY);
    }

    static Scope statistics() {
        return new Scope("statistical-analysis", BRAND, Scope.EVERY, Scope.EVERY);
    }

    static Scope advertising() {
        return new Scope("advertising", BRAND, Scope.EVERY, COLLECTOR);
    }

    static Event order(String status, long at) {
        return new Event("order", BRAND, "web", "GB", "", at, at, status, "", "", "");
    }

    static Event account(String action, long at) {
        return new Event("account", BRAND, "web", "GB", "", at, at, "", action, "", "");
    }

    static Event cookie(String category, long at) {
        return new Event("cookie", BRAND, "web", "GB", COLLECTOR, at, at, category, "", "", "");
    }

    static Event mail(String template, long at) {
        return new Event("marketing", BRAND, "email", "GB", "", at, at, template, "SEND", "EMAIL", "click here");
    }

    static Event with(Event e, Map<String, String> texts) {
        return new Event(
                e.type(),
                texts.getOrDefault("brand", e.brand()),
                texts.getOrDefault("surface", e.surface()),
                texts.getOrDefault("country", e.country()),
                e.collector(),
                e.occurredAt(),
                e.arrivedAt(),
                e.stated(),
                e.act(),
                e.channel(),
                texts.getOrDefault("unsubscribe", e.unsubscribe()));
    }

    /** The same event, carrying these signals. */
    static Event with(Event e, Signals signals) {
        return new Event(
                e.type(),
                e.brand(),
                e.surface(),
                e.country(),
                e.collector(),
                e.occurredAt(),
                e.arrivedAt(),
                e.facts(),
                signals);
    }

    static Change agreed(long at) {
        return new Change.GuardianAgreed(at);
    }

    static Change ended(long at) {
        return new Change.GuardianEnded(at);
    }

    static Change connected(long at) {
        return new Change.Connected(OTHER, at);
    }

    static Change disconnected(long at) {
        return new Change.Disconnected(OTHER, at);
    }

    /** The other side of the link says all that it has to say. */
    static Change heard(Person other) {
        return new Change.Heard(OTHER, other.news(SMALL.versions().get(0)));
    }

    /** The same person, knowing all this. */
    static Person knowing(Person person, Change... changes) {
        Person all = person;
        for (Change change : changes) {
            all = all.with(change);
        }
        return all;
    }

    /** The same person after these releases of the event have been written. */
    static Person holding(Person person, Event event) {
        Person holder = person;
        for (Decision decision :
                new Engine(SMALL).decide(event, person, event.arrivedAt()).decisions()) {
            if (decision instanceof Decision.Release release) {
                holder = holder.holding(release, event);
            }
        }
        return holder;
    }
}
