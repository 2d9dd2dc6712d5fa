package io.cloakroom.streams.histories;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.GateDriver;
import io.cloakroom.streams.histories.Step.Age;
import io.cloakroom.streams.histories.Step.Delivery;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Garbage;
import io.cloakroom.streams.histories.Step.Guardian;
import io.cloakroom.streams.histories.Step.Link;
import io.cloakroom.streams.histories.Step.Passing;
import io.cloakroom.streams.histories.Step.Said;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random histories; a seed is a history. Few people, few purposes and few times in each, so that equal times and borders are
 * common: records come late, out of order, twice and dated ahead, and partitions fall idle.
 */
final class Histories {

    private static final Path SMALL = GateDriver.SMALL.resolve("2017-11-17.yaml");
    private static final List<List<String>> CASTS = List.of(
            List.of("customer:ada"),
            List.of("cookie:c1"),
            List.of("customer:ada", "cookie:c1"),
            List.of("customer:ada", "cookie:c1"),
            List.of("customer:ada", "device:d1"),
            List.of("customer:ada", "customer:bob", "cookie:c1"),
            List.of("customer:ada", "cookie:c1", "device:d1"));
    private static final List<String> PURPOSES =
            List.of("direct-marketing", "advertising", "cookie-analytics", "statistical-analysis", "group-business");
    /** London, British Summer Time: the day after the start, the day of the second version, the end of a term. */
    private static final List<String> TIMES =
            List.of("-40d", "-2d", "-1d", "-1d", "+0", "+1h", "+11h", "+1d", "+1d11h", "+2d", "+30d");

    private static final List<String> BORDERS = List.of("5s", "1ms", "5s1ms", "30d", "30d1ms");
    private static final List<String> PASSINGS = List.of("5s", "1h", "1h", "11h", "1d", "1d", "28d", "30d");
    private static final List<String> BIRTHS = List.of("1980-12-10", "2003-06-02", "2003-06-03", "2010-05-01");

    private final SplittableRandom random;
    private final List<String> cast;
    private final List<String> purposes;
    private final List<String> brands;
    private final List<String> collectors;
    private final List<String> channels;
    private final List<Long> times;
    private final List<Step> steps = new ArrayList<>();
    private long clock = History.START;

    private Histories(long seed) {
        random = new SplittableRandom(seed);
        cast = pick(CASTS);
        String purpose = pick(PURPOSES);
        purposes = List.of(purpose, chance(0.6) ? purpose : pick(PURPOSES));
        brands = List.of("net-a-porter", pick(List.of("net-a-porter", "mr-porter")));
        collectors = List.of("adnet", pick(List.of("adnet", "")));
        channels = List.of("EMAIL", pick(List.of("EMAIL", "SMS")));
        times = new ArrayList<>();
        for (int i = 2 + random.nextInt(4); i > 0; i--) {
            times.add(History.time(pick(TIMES)));
        }
    }

    static History of(long seed) {
        return new Histories(seed).history();
    }

    /**
     * The small policy of the engine's own tests, and from the third day of the histories on one that is stricter in every way: a recipient less, a
     * purpose less, another epoch, a notice and a safeguard that count no more; but one recipient has a grace now.
     */
    static PolicyHistory policies(Path directory) {
        try {
            Files.createDirectories(directory);
            String small = Files.readString(SMALL);
            Files.writeString(directory.resolve("2017-11-17.yaml"), small);
            String stricter = small;
            String group =
                    small.substring(small.indexOf("  group:\n    class"), small.indexOf("  advertising:\n    class"));
            stricter = replace(stricter, group, "");
            stricter = replace(stricter, "version: \"2017-11-17\"", "version: \"2019-06-03\"\nchange: material");
            stricter = replace(stricter, "notices: [\"2016-05-01\", ", "notices: [");
            stricter =
                    replace(stricter, "region: IT\n    epoch: 1", "region: IT\n    epoch: 2\n    grace-seconds: 7200");
            stricter =
                    replace(stricter, "[service-messages, direct-marketing]\n    keep", "[service-messages]\n    keep");
            stricter = stricter.replaceAll("(?m)^  - \\{region: US.*\\n", "");
            Files.writeString(directory.resolve("2019-06-03.yaml"), stricter);
            return Blueprint.load(directory).history();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (PolicyRefusedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String replace(String text, String from, String to) {
        if (!text.contains(from)) {
            throw new IllegalStateException("not in the policy: " + from);
        }
        return text.replace(from, to);
    }

    private History history() {
        if (chance(0.4)) {
            steps.add(new Age(pick(cast), time(), BIRTHS.get(0)));
        }
        for (int i = 3 + random.nextInt(16); i > 0; i--) {
            Step step = isRepeated() ? pick(steps) : step();
            steps.add(step);
            if (step instanceof Passing passing) {
                clock += passing.time().toMillis();
            }
        }
        return new History(steps);
    }

    /** Publishers try again. */
    private boolean isRepeated() {
        return !steps.isEmpty() && chance(0.06);
    }

    private Step step() {
        int die = random.nextInt(100);
        if (die < 36) {
            return event(pick(cast));
        }
        if (die < 64) {
            return said(pick(cast));
        }
        if (die < 70) {
            return new Age(pick(cast), time(), pick(BIRTHS));
        }
        if (die < 76) {
            return guardian(pick(cast));
        }
        if (die < 78) {
            return new Erasure(pick(cast), time());
        }
        if (die < 79) {
            return new Garbage(pick(cast));
        }
        return die < 85 || cast.size() == 1 ? passing() : linkOrDelivery();
    }

    private Passing passing() {
        return new Passing(
                Duration.ofMillis(History.time("+" + pick(chance(0.8) ? PASSINGS : BORDERS)) - History.START));
    }

    private Step linkOrDelivery() {
        List<Link> links = steps.stream()
                .filter(Link.class::isInstance)
                .map(Link.class::cast)
                .toList();
        if (links.isEmpty() || chance(0.25)) {
            return link();
        }
        Link link = pick(links);
        return random.nextBoolean()
                ? new Delivery(link.subject(), link.customer())
                : new Delivery(link.customer(), link.subject());
    }

    private Event event(String subject) {
        String purpose = pick(purposes);
        String brand = pick(brands);
        String country = pick(List.of("GB", "GB", "DE", "US"));
        long at = happened();
        boolean isAct = chance(0.4);
        return switch (purpose) {
            case "direct-marketing" ->
                new Event(
                        subject,
                        at,
                        "marketing",
                        brand,
                        country,
                        "",
                        chance(0.85) ? "new-in" : "dispatch",
                        isAct ? "SUBSCRIBE" : "SEND",
                        pick(channels),
                        chance(0.9));
            case "advertising", "cookie-analytics" ->
                new Event(
                        subject,
                        at,
                        "cookie",
                        brand,
                        country,
                        pick(collectors),
                        purpose.equals("advertising") ? "ADVERTISING" : "ANALYTICS",
                        "",
                        "",
                        false);
            default ->
                switch (random.nextInt(3)) {
                    case 0 -> new Event(subject, at, "chat", brand, country, "", "", "", "", false);
                    case 1 ->
                        new Event(
                                subject,
                                at,
                                "account",
                                brand,
                                country,
                                "",
                                "",
                                isAct ? "REGISTERED" : "UPDATED",
                                "",
                                false);
                    case 2 ->
                        new Event(
                                subject,
                                at,
                                "order",
                                brand,
                                country,
                                "",
                                chance(0.7) ? "PLACED" : "SHIPPED",
                                "",
                                "",
                                false);
                    default -> throw new IllegalStateException();
                };
        };
    }

    private Said said(String subject) {
        Said.Kind kind = pick(List.of(
                Said.Kind.GRANT,
                Said.Kind.GRANT,
                Said.Kind.GRANT,
                Said.Kind.GRANT,
                Said.Kind.GRANT,
                Said.Kind.IMPORT,
                Said.Kind.WITHDRAWAL,
                Said.Kind.OBJECTION,
                Said.Kind.LIFT));
        boolean isGrant = kind == Said.Kind.GRANT || kind == Said.Kind.IMPORT;
        boolean wide = chance(isGrant ? 0.03 : 0.3);
        String purpose = pick(purposes);
        boolean hasChannel = purpose.equals("direct-marketing");
        boolean hasCollector = purpose.equals("advertising") || purpose.equals("cookie-analytics");
        String brand = pick(brands);
        String collector = pick(collectors);
        return new Said(
                kind,
                subject,
                time(),
                purpose,
                wide ? "" : brand,
                wide || !hasChannel ? "" : pick(channels),
                wide || !hasCollector ? "" : collector.isEmpty() ? brand : collector,
                isGrant ? pick(List.of("2017-11-17", "2017-11-17", "2017-11-17", "2016-05-01", "2015-01-01")) : "",
                isGrant && chance(0.15) ? time() : Step.FOR_EVER);
    }

    private Guardian guardian(String child) {
        Guardian.Kind kind = chance(0.7) ? Guardian.Kind.GUARDIAN_AGREEMENT : Guardian.Kind.GUARDIAN_WITHDRAWAL;
        return new Guardian(
                kind,
                child,
                time(),
                chance(0.9) ? "customer:parent" : pick(List.of(child, "", "parent")),
                chance(0.9) ? "1970-01-01" : pick(List.of("", "2003-06-02", "2010-05-01")),
                chance(0.95) ? "card" : "");
    }

    private Link link() {
        List<String> customers =
                cast.stream().filter(s -> s.startsWith("customer:")).toList();
        List<String> others =
                cast.stream().filter(s -> !s.startsWith("customer:")).toList();
        return new Link(
                chance(0.7) ? Link.Kind.CONNECTED : Link.Kind.DISCONNECTED, pick(others), time(), pick(customers));
    }

    /** A time of the few, or close to one; it may lie ahead. */
    private long time() {
        long time = chance(0.2) ? clock : pick(times);
        if (chance(0.8)) {
            return time;
        }
        long border = History.time("+" + pick(BORDERS)) - History.START;
        return random.nextBoolean() ? time + border : time - border;
    }

    /** For an event: mostly one that does not lie ahead. */
    private long happened() {
        long time = time();
        return time <= clock || chance(0.05) ? time : clock;
    }

    private boolean chance(double of) {
        return random.nextDouble() < of;
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
