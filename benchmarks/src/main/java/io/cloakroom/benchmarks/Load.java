package io.cloakroom.benchmarks;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.events.Address;
import io.cloakroom.events.Card;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Meta;
import io.cloakroom.events.Order;
import io.cloakroom.events.OrderLine;
import io.cloakroom.events.OrderStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * What is published: people who said their age and gave one consent, and orders of theirs, spread evenly over all of them
 * so that no cache holds them for free. The same seed gives the same orders.
 */
final class Load {

    static final String TYPE = "order";

    private static final List<String> BRANDS = List.of("net-a-porter", "mr-porter", "the-outnet");
    private static final List<String> CITIES = List.of("Milano", "Bologna", "London", "Utrecht", "Lyon", "Porto");

    /** Of what is seen through cookies. */
    static final String COOKIES = "cookie-analytics";

    /** After every order and view. */
    private static final Duration SINCE = Duration.ofMinutes(30);

    static final String NOTICE = "2017-11-17";

    /** Different histories; in each, at most one grant or refusal decides. */
    static final int HISTORIES = 8;

    private final int people;
    private final Instant start;

    /** @param start when consents are there and the first order is made */
    Load(int people, Instant start) {
        this.people = people;
        this.start = start;
    }

    int people() {
        return people;
    }

    static String person(int number) {
        return "customer:" + number;
    }

    /** What somebody said whose orders go to every recipient. */
    List<ConsentChange> consents(int person) {
        return List.of(age(person(person), 30), grant(person(person), brand(person)));
    }

    /** What somebody said whose orders go to some recipients, or to none. */
    List<ConsentChange> history(int person) {
        String subject = person(person);
        String brand = brand(person);
        return switch (person % HISTORIES) {
            case 0 -> List.of(age(subject, 40), grant(subject, brand));
            case 1 -> List.of(age(subject, 41));
            case 2 ->
                List.of(
                        age(subject, 42),
                        grant(subject, brand),
                        said(subject, ConsentKind.WITHDRAWAL, BenchPolicy.CONSENTED, brand, Duration.ofHours(-1)));
            case 3 -> List.of(age(subject, 12), grant(subject, brand));
            case 4 -> List.of();
            case 5 -> List.of(grant(subject, brand));
            case 6 ->
                List.of(
                        age(subject, 43),
                        grant(subject, brand),
                        said(subject, ConsentKind.OBJECTION, BenchPolicy.OBJECTED, brand, Duration.ofHours(-1)));
            case 7 ->
                List.of(
                        age(subject, 44),
                        said(subject, ConsentKind.GRANT, BenchPolicy.CONSENTED, brand, Duration.ofMinutes(30)));
            default -> throw new IllegalArgumentException("history " + person % HISTORIES);
        };
    }

    /** @param number unique: a field that every recipient keeps tells which order a release was made of */
    Order order(int person, int number, SplittableRandom random) {
        Instant time = start.plusMillis(number % 600_000);
        String brand = brand(person);
        Meta meta = meta(person(person), brand, time, random);
        List<OrderLine> lines = new ArrayList<>();
        for (int i = random.nextInt(1, 3); i > 0; i--) {
            int sku = random.nextInt(100_000);
            lines.add(new OrderLine(
                    "sku-" + sku, "Product " + sku % 977, random.nextInt(1, 4), random.nextLong(500, 90_000)));
        }
        int house = random.nextInt(1, 300);
        return new Order(
                meta,
                "o-" + Long.toUnsignedString(random.nextLong(), 36),
                random.nextBoolean() ? OrderStatus.PLACED : OrderStatus.PROCESSING,
                "EUR",
                (long) number,
                lines,
                new Address(
                        "Given Family" + person % 9973,
                        "Via Roma " + house,
                        CITIES.get(house % CITIES.size()),
                        String.valueOf(10_000 + house),
                        "IT"),
                "person" + person + "@example.com",
                null,
                new Card(
                        String.valueOf(random.nextLong(4_000_000_000_000_000L, 5_000_000_000_000_000L)),
                        "12/29",
                        "G FAMILY"));
    }

    private static Meta meta(String subject, String brand, Instant time, SplittableRandom random) {
        String id = new UUID(random.nextLong(), random.nextLong()).toString();
        return new Meta(id, time, brand, "web", subject, "IT", NOTICE, null, null);
    }

    // People who refuse while they go on.

    /** The purpose that somebody refuses: half withdraw a consent, half object. */
    static String refused(int person) {
        return person % 2 == 0 ? BenchPolicy.CONSENTED : BenchPolicy.OBJECTED;
    }

    ConsentChange refusal(int person) {
        ConsentKind kind = person % 2 == 0 ? ConsentKind.WITHDRAWAL : ConsentKind.OBJECTION;
        return said(person(person), kind, refused(person), brand(person), SINCE);
    }

    static String cookie(int person) {
        return "cookie:" + person;
    }

    ConsentChange consentOfCookie(int person) {
        ConsentChange grant = said(cookie(person), ConsentKind.GRANT, COOKIES, brand(person), Duration.ofHours(-2));
        grant.setCollector(brand(person));
        return grant;
    }

    IdentityLink link(int person) {
        return new IdentityLink(
                "link-" + person, start.minus(Duration.ofHours(2)), cookie(person), person(person), LinkKind.CONNECTED);
    }

    /** What somebody looks at through the cookie; the item tells who it is. */
    Cookie view(int person, SplittableRandom random) {
        Meta meta = meta(cookie(person), brand(person), start.plusMillis(random.nextLong(600_000)), random);
        return new Cookie(
                meta,
                CookieCategory.ANALYTICS,
                "/women/shoes/pumps",
                "https://search.example/?q=pumps",
                Integer.toString(person),
                "Mozilla/5.0",
                "198.51.100.7");
    }

    /** By the customer: of every cookie, brand and collector. */
    ConsentChange refusalOfCookies(int person) {
        return said(person(person), ConsentKind.WITHDRAWAL, COOKIES, null, SINCE);
    }

    private static String brand(int person) {
        return BRANDS.get(person / HISTORIES % BRANDS.size());
    }

    private ConsentChange age(String subject, int years) {
        ConsentChange change = said(subject, ConsentKind.AGE_STATEMENT, null, null, Duration.ofDays(-1));
        change.setBirthDate(LocalDate.ofInstant(start, ZoneOffset.UTC).minusYears(years));
        return change;
    }

    private ConsentChange grant(String subject, String brand) {
        return said(subject, ConsentKind.GRANT, BenchPolicy.CONSENTED, brand, Duration.ofHours(-2));
    }

    /** @param when from the first order on */
    private ConsentChange said(String subject, ConsentKind kind, String purpose, String brand, Duration when) {
        return ConsentChange.newBuilder()
                .setChangeId(UUID.nameUUIDFromBytes((subject + kind).getBytes(StandardCharsets.UTF_8))
                        .toString())
                .setOccurredAt(start.plus(when))
                .setSubject(subject)
                .setKind(kind)
                .setPurpose(purpose)
                .setBrand(brand)
                .setNoticeVersion(kind == ConsentKind.GRANT ? NOTICE : null)
                .build();
    }
}
