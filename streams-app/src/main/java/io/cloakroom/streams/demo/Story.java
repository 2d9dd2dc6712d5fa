package io.cloakroom.streams.demo;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.events.Access;
import io.cloakroom.events.AccessPurpose;
import io.cloakroom.events.Account;
import io.cloakroom.events.AccountAction;
import io.cloakroom.events.Address;
import io.cloakroom.events.Answer;
import io.cloakroom.events.Card;
import io.cloakroom.events.Care;
import io.cloakroom.events.CareTeam;
import io.cloakroom.events.Channel;
import io.cloakroom.events.Chat;
import io.cloakroom.events.ChatAuthor;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Marketing;
import io.cloakroom.events.MarketingAction;
import io.cloakroom.events.Meta;
import io.cloakroom.events.Mobile;
import io.cloakroom.events.MobileChannel;
import io.cloakroom.events.MobileUse;
import io.cloakroom.events.Order;
import io.cloakroom.events.OrderLine;
import io.cloakroom.events.OrderStatus;
import io.cloakroom.events.Promotion;
import io.cloakroom.events.PromotionKind;
import io.cloakroom.events.Review;
import io.cloakroom.events.ReviewKind;
import io.cloakroom.events.Survey;
import io.cloakroom.streams.demo.RealData.Agent;
import io.cloakroom.streams.demo.RealData.Line;
import io.cloakroom.streams.demo.RealData.Person;
import io.cloakroom.streams.demo.RealData.Product;
import io.cloakroom.streams.demo.RealData.Purchase;
import io.cloakroom.streams.demo.SampleData.Published;
import io.cloakroom.streams.demo.SampleData.Timed;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;

/**
 * One person's day: what they say about their data, what they buy, look at and ask, and what is sent to them.
 *
 * <p>A moment of the day is a number from 0, its start, to 1, {@code now}. First come age and consents, from
 * {@link #OPENING} on what the person does, around the middle second thoughts, so that the same person has events before
 * and after them.
 */
final class Story {
    private static final Duration DAY = Duration.ofHours(24);
    private static final double OPENING = 0.1;

    private static final List<String> BRANDS = List.of("net-a-porter", "mr-porter", "the-outnet");
    private static final List<String> MARKETING_TEMPLATES = List.of("new-in", "sale", "wish-list", "event-invitation");
    private static final String NOTICE = "2017-11-17";
    private static final String STALE_NOTICE = "2015-01-01";
    private static final String FIRST_PARTY = "brand-site";
    private static final String AD_NETWORK = "adnet";

    private final Person person;
    private final RealData data;
    private final SplittableRandom random;
    private final Instant now;
    private final String customer;
    private final String cookie;
    private final String brand;
    private final String email;
    private final List<Product> catalogue;
    private final List<Timed> story = new ArrayList<>();

    Story(Person person, RealData data, long seed, Instant now) {
        this.person = person;
        this.data = data;
        this.random = new SplittableRandom(31 * seed + person.id().hashCode());
        this.now = now.truncatedTo(ChronoUnit.MILLIS);
        this.customer = "customer:" + person.id();
        this.cookie = "cookie:" + uuid();
        this.brand = brandOf(person.purchases().get(0));
        this.email = person.email() == null ? person.id() + "@customers.example" : person.email();
        this.catalogue = person.agent() == null ? data.foodmartProducts() : data.chinookProducts();
    }

    List<Timed> tell() {
        account();
        objections();
        marketing();
        for (Purchase purchase : person.purchases()) {
            order(purchase);
        }
        if (chance(0.8)) {
            browsing();
        }
        talking();
        return story;
    }

    // Age and account

    private void account() {
        LocalDate birthDate = person.birthDate() != null ? person.birthDate() : seededBirthDate();
        double start = between(0, OPENING / 2);
        double told = random.nextDouble();
        if (told < 0.9) {
            ageStatement(at(start), birthDate);
        } else if (told < 0.95) {
            ageStatement(at(between(0.4, 0.6)), birthDate);
        } // else the person never tells
        account(at(start).plusSeconds(1), AccountAction.REGISTERED, "registration");
        if (chance(0.2)) {
            account(at(between(OPENING, 0.9)), AccountAction.UPDATED, "profile");
        }
        if (chance(0.3)) {
            account(at(between(OPENING, 0.9)), AccountAction.LOGGED_IN, null);
        }
        if (chance(0.02)) {
            account(at(between(0.95, 1)), AccountAction.CLOSED, null);
        }
    }

    private LocalDate seededBirthDate() {
        int years = chance(0.15) ? 12 + random.nextInt(4) : 18 + random.nextInt(60);
        return LocalDate.ofInstant(now, ZoneOffset.UTC).minusYears(years).minusDays(1 + random.nextInt(300));
    }

    private void ageStatement(Instant at, LocalDate birthDate) {
        publishChange(at, change(customer, ConsentKind.AGE_STATEMENT).setBirthDate(birthDate));
    }

    private void account(Instant at, AccountAction action, String form) {
        Account.Builder account = Account.newBuilder()
                .setMeta(meta(at, customer, brand, "web").setForm(form).build())
                .setAction(action)
                .setTier(person.tier());
        if (action == AccountAction.REGISTERED || action == AccountAction.UPDATED) {
            account.setName(person.name())
                    .setEmail(email)
                    .setPhone(person.phone())
                    .setStreet(person.street())
                    .setCity(person.city())
                    .setPostcode(person.postcode())
                    .setBirthDate(person.birthDate())
                    .setGender(person.gender());
        }
        publish(at, "events.account", customer, account.build());
    }

    // Consents and objections

    private void objections() {
        if (chance(0.08)) {
            objection("statistical-analysis", chance(0.75) ? brand : null);
        }
        if (chance(0.04)) {
            objection("group-business", brand);
        }
        if (chance(0.03)) {
            objection("direct-marketing", null);
        }
    }

    /** An objection, group-wide where no brand is given, now and then lifted later. */
    private void objection(String purpose, String scope) {
        publishChange(at(between(0.05, 0.5)), refusal(customer, ConsentKind.OBJECTION, purpose, scope));
        if (chance(0.25)) {
            publishChange(at(between(0.7, 0.9)), refusal(customer, ConsentKind.LIFT, purpose, scope));
        }
    }

    /** A grant at the start of the day, and for some a withdrawal and another grant; true if it was withdrawn. */
    private boolean consent(String subject, String purpose, Channel channel, String collector) {
        Instant start = at(between(OPENING / 2, OPENING));
        ConsentChange.Builder grant = grant(subject, purpose, channel, collector);
        double kind = random.nextDouble();
        if (kind < 0.05) {
            grant.setNoticeVersion(STALE_NOTICE);
        } else if (kind < 0.1) {
            grant.setExpiresAt(at(between(0.3, 0.7)));
        } else if (kind < 0.18) {
            grant.setOrigin("yoox");
        }
        publishChange(start, grant);
        boolean withdrawn = chance(0.15);
        if (withdrawn) {
            publishChange(
                    at(between(0.4, 0.6)),
                    refusal(subject, ConsentKind.WITHDRAWAL, purpose, brand)
                            .setChannel(channel == null ? null : channel.name())
                            .setCollector(collector));
            if (chance(0.4)) {
                publishChange(at(between(0.7, 0.85)), grant(subject, purpose, channel, collector));
            }
        }
        return withdrawn;
    }

    private ConsentChange.Builder grant(String subject, String purpose, Channel channel, String collector) {
        return change(subject, ConsentKind.GRANT)
                .setPurpose(purpose)
                .setBrand(brand)
                .setChannel(channel == null ? null : channel.name())
                .setCollector(collector)
                .setNoticeVersion(NOTICE);
    }

    private ConsentChange.Builder refusal(String subject, ConsentKind kind, String purpose, String scope) {
        return change(subject, kind).setPurpose(purpose).setBrand(scope);
    }

    private ConsentChange.Builder change(String subject, ConsentKind kind) {
        return ConsentChange.newBuilder()
                .setChangeId(uuid().toString())
                .setSubject(subject)
                .setKind(kind);
    }

    private void publishChange(Instant at, ConsentChange.Builder change) {
        publish(
                at,
                "consent.changes",
                change.getSubject(),
                change.setOccurredAt(at).build());
    }

    // Marketing

    private void marketing() {
        marketing(Channel.EMAIL, 0.7, 1 + random.nextInt(2));
        marketing(Channel.POST, 0.15, chance(0.2) ? 1 : 0);
        if (person.phone() != null) {
            marketing(Channel.SMS, 0.25, chance(0.3) ? 1 : 0);
            marketing(Channel.PHONE, 0.1, chance(0.1) ? 1 : 0);
        }
        if (chance(0.15)) {
            Instant at = at(between(OPENING, 0.9));
            String body = person.name() + " subscribed to the newsletter of " + brand + ".";
            message(at, MarketingAction.SUBSCRIBE, Channel.EMAIL, "newsletter", "newsletter", body);
            publishChange(at.plusMillis(200), grant(customer, "direct-marketing", Channel.EMAIL, null));
        }
    }

    private void marketing(Channel channel, double consents, int sends) {
        if (chance(consents) && consent(customer, "direct-marketing", channel, null)) {
            send(at(between(0.2, 0.4)), channel);
            send(at(between(0.6, 0.7)), channel);
            send(at(between(0.85, 1)), channel);
        }
        for (int i = 0; i < sends; i++) {
            send(at(between(OPENING, 1)), channel);
        }
    }

    private void send(Instant at, Channel channel) {
        String promotion = oneOf(data.promotions());
        String body = "Dear " + person.name() + ", " + promotion + ": "
                + oneOf(catalogue).name() + " and " + oneOf(catalogue).name() + " are waiting for you.";
        message(at, MarketingAction.SEND, channel, oneOf(MARKETING_TEMPLATES), promotion, body);
    }

    private void serviceMessage(Instant at, String template, String body) {
        if (at.isBefore(now)) {
            message(at, MarketingAction.SEND, Channel.EMAIL, template, "service", body);
        }
    }

    private void message(
            Instant at, MarketingAction action, Channel channel, String template, String campaign, String body) {
        boolean service = campaign.equals("service");
        String to = switch (channel) {
            case EMAIL -> email;
            case POST -> person.street() + ", " + person.postcode() + " " + person.city();
            case PHONE, SMS, CHAT -> person.phone();
        };
        String surface = switch (channel) {
            case EMAIL -> "email";
            case PHONE, SMS -> "phone";
            case POST, CHAT -> "web";
        };
        String unsubscribe = service || chance(0.06) ? null : unsubscribe(channel);
        String form = action == MarketingAction.SUBSCRIBE ? "newsletter" : null;
        publish(
                at,
                "events.marketing",
                customer,
                Marketing.newBuilder()
                        .setMeta(
                                meta(at, customer, brand, surface).setForm(form).build())
                        .setAction(action)
                        .setChannel(channel)
                        .setTemplate(template)
                        .setCampaign(campaign)
                        .setSender(brand)
                        .setTo(to)
                        .setBody(body)
                        .setUnsubscribe(unsubscribe)
                        .build());
    }

    private String unsubscribe(Channel channel) {
        return switch (channel) {
            case EMAIL -> "https://" + brand + ".example/unsubscribe";
            case SMS -> "Reply STOP to end these messages.";
            case PHONE -> "Say no more calls.";
            case CHAT -> "Say no more chats.";
            case POST -> "Write to " + brand + ", London.";
        };
    }

    // What people write, answer, ask and enter

    private void talking() {
        if (chance(0.4)) {
            review(at(between(OPENING, 1)), oneOf(catalogue));
        }
        if (chance(0.3)) {
            survey(at(between(OPENING, 1)));
        }
        if (chance(0.3)) {
            mobile(at(between(OPENING, 1)));
        }
        if (chance(0.3)) {
            care(at(between(OPENING, 1)));
        }
        if (chance(0.3)) {
            promotion(at(between(OPENING, 1)));
        }
        if (chance(0.3)) {
            access(at(between(OPENING, 1)));
        }
    }

    private void review(Instant at, Product product) {
        ReviewKind kind = oneOf(List.of(ReviewKind.values()));
        String id = uuid().toString();
        if (kind == ReviewKind.TESTIMONIAL && chance(0.5)) {
            publishChange(
                    at.minusSeconds(60),
                    change(customer, ConsentKind.GRANT)
                            .setPurpose("testimonial-publication")
                            .setItem(id)
                            .setNoticeVersion(NOTICE));
        }
        publish(
                at,
                "events.review",
                customer,
                Review.newBuilder()
                        .setMeta(meta(at, customer, brand, "web")
                                .setForm("review")
                                .build())
                        .setKind(kind)
                        .setReviewId(id)
                        .setSku(product.sku())
                        .setDisplayName("customer " + person.id())
                        .setEmail(email)
                        .setText(product.name() + " is just right. Ask me at " + email + ".")
                        .setRating(3 + random.nextInt(3))
                        .build());
    }

    private void survey(Instant at) {
        publish(
                at,
                "events.survey",
                customer,
                Survey.newBuilder()
                        .setMeta(meta(at, customer, brand, "web")
                                .setForm("survey")
                                .build())
                        .setSurveyId("how-was-it")
                        .setResponseId(uuid().toString())
                        .setAnswers(List.of(
                                new Answer("delivery", oneOf(List.of("good", "fair", "poor")), null),
                                new Answer("anything else", null, person.name() + " liked it")))
                        .build());
    }

    private void mobile(Instant at) {
        String device = "device:" + person.id();
        if (chance(0.5)) {
            publishChange(at.minusSeconds(60), grant(device, "mobile-research", Channel.SMS, null));
        }
        publish(
                at,
                "events.mobile",
                device,
                Mobile.newBuilder()
                        .setMeta(meta(at, device, brand, "app").build())
                        .setService("givenchy")
                        .setUse(oneOf(List.of(MobileUse.values())))
                        .setPhone(person.phone())
                        .setMake("Fairphone")
                        .setModel("5")
                        .setOperatingSystem("Android 15")
                        .setNetworkOperator("Three")
                        .setDeviceId(uuid().toString())
                        .setDeviceLanguage("en-GB")
                        .setAppLanguage("en")
                        .setChannel(MobileChannel.SMS)
                        .setLocation(String.format(Locale.ROOT, "geo:%.4f,%.4f", between(48, 52), between(-1, 3)))
                        .build());
    }

    private void care(Instant at) {
        publish(
                at,
                "events.care",
                customer,
                Care.newBuilder()
                        .setMeta(meta(at, customer, brand, "phone").build())
                        .setTeam(oneOf(List.of(CareTeam.values())))
                        .setCaseId(uuid().toString())
                        .setTopic(oneOf(List.of("sizes", "returns", "gifts")))
                        .setNote(person.name() + " asked about "
                                + oneOf(catalogue).name())
                        .setName(person.name())
                        .setEmail(email)
                        .setPhone(person.phone())
                        .setAgentId("agent-" + random.nextInt(20))
                        .build());
    }

    private void promotion(Instant at) {
        String promotion = oneOf(data.promotions());
        publish(
                at,
                "events.promotion",
                customer,
                Promotion.newBuilder()
                        .setMeta(meta(at, customer, brand, "web")
                                .setForm("promotion")
                                .build())
                        .setKind(oneOf(List.of(PromotionKind.values())))
                        .setPromotionId(promotion)
                        .setSender(brand)
                        .setName(person.name())
                        .setEmail(email)
                        .setPhone(person.phone())
                        .build());
    }

    private void access(Instant at) {
        boolean isOwn = chance(0.8);
        publish(
                at,
                "events.access",
                customer,
                Access.newBuilder()
                        .setMeta(meta(at, customer, brand, "web").build())
                        .setActor(isOwn ? customer : "agent-" + random.nextInt(20))
                        .setPurpose(isOwn ? AccessPurpose.SELF_SERVICE : AccessPurpose.CUSTOMER_CARE)
                        .setScreen(oneOf(List.of("address-book", "orders", "preferences")))
                        .build());
    }

    // Orders and what is said about them

    private void order(Purchase purchase) {
        Instant placed = at(OPENING + (0.99 - OPENING) * Math.min(1, purchase.when() + between(0, 1.0 / 31)));
        Instant processing = placed.plusSeconds(300 + random.nextInt(1500));
        Instant shipped = processing.plusSeconds(3600 + random.nextInt(7200));
        Instant delivered = shipped.plusSeconds(10_800 + random.nextInt(18_000));
        order(placed, purchase, OrderStatus.PLACED);
        order(processing, purchase, OrderStatus.PROCESSING);
        String what = purchase.lines().get(0).product().name();
        serviceMessage(
                placed.plusSeconds(20),
                "order-confirmation",
                "Dear " + person.name() + ", thank you for order " + purchase.orderId() + ": " + what + ".");
        if (chance(0.05)) {
            order(shipped, purchase, OrderStatus.CANCELLED);
        } else {
            order(shipped, purchase, OrderStatus.SHIPPED);
            serviceMessage(
                    shipped.plusSeconds(60),
                    "dispatch",
                    "Dear " + person.name() + ", order " + purchase.orderId() + " is on its way to " + person.street()
                            + ", " + person.city() + ".");
            order(delivered, purchase, OrderStatus.DELIVERED);
        }
        if (person.agent() != null && chance(0.5)) {
            chat(processing, purchase, person.agent());
        }
    }

    private void order(Instant at, Purchase purchase, OrderStatus status) {
        if (at.isAfter(now)) {
            return;
        }
        List<OrderLine> lines = purchase.lines().stream()
                .map(line -> OrderLine.newBuilder()
                        .setSku(line.product().sku())
                        .setProduct(line.product().name())
                        .setQuantity(line.quantity())
                        .setPrice(line.price())
                        .build())
                .toList();
        publish(
                at,
                "events.order",
                customer,
                Order.newBuilder()
                        .setMeta(meta(at, customer, brandOf(purchase), "web").build())
                        .setOrderId(purchase.orderId())
                        .setStatus(status)
                        .setCurrency("USD")
                        .setTotal(total(purchase))
                        .setLines(lines)
                        .setDelivery(Address.newBuilder()
                                .setName(person.name())
                                .setStreet(person.street())
                                .setCity(person.city())
                                .setPostcode(person.postcode())
                                .setCountry(person.country())
                                .build())
                        .setEmail(email)
                        .setPhone(person.phone())
                        .setCard(status == OrderStatus.PLACED ? testCard() : null)
                        .build());
    }

    private static long total(Purchase purchase) {
        long total = 0;
        for (Line line : purchase.lines()) {
            total += line.quantity() * line.price();
        }
        return total;
    }

    /** A number in the range that card schemes give to testers; only its check digit is right. */
    private Card testCard() {
        String digits = "400000" + String.format(Locale.ROOT, "%09d", random.nextInt(1_000_000_000));
        int expiryYear = now.atZone(ZoneOffset.UTC).getYear() + 1 + random.nextInt(4);
        return Card.newBuilder()
                .setNumber(digits + luhnDigit(digits))
                .setExpiry(String.format(Locale.ROOT, "%02d/%02d", 1 + random.nextInt(12), expiryYear % 100))
                .setHolder(person.name())
                .build();
    }

    private static int luhnDigit(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            int weighted = i % 2 == 0 ? 2 * digit : digit;
            sum += weighted > 9 ? weighted - 9 : weighted;
        }
        return (10 - sum % 10) % 10;
    }

    private void chat(Instant start, Purchase purchase, Agent agent) {
        List<Line> lines = purchase.lines();
        String what = lines.get(random.nextInt(lines.size())).product().name();
        String reachable = person.phone() == null ? email : person.phone();
        String id = uuid().toString();
        say(
                start,
                id,
                null,
                "Hello, I am " + person.name() + ". I cannot play \"" + what + "\" of order " + purchase.orderId()
                        + ". You can reach me at " + email + ".");
        say(
                start.plusSeconds(40),
                id,
                agent,
                "Hello " + person.name() + ", this is " + agent.firstName() + ". May I call you about \"" + what
                        + "\"?");
        if (chance(0.7)) {
            say(start.plusSeconds(75), id, null, "Yes please: " + reachable + ".");
            say(
                    start.plusSeconds(130),
                    id,
                    agent,
                    "Thank you. If we get cut off, write to " + agent.email() + " and give the number "
                            + purchase.orderId() + ".");
        } else {
            say(
                    start.plusSeconds(75),
                    id,
                    null,
                    "Please don't. I live at " + person.street() + ", " + person.city() + ": send me a letter.");
        }
    }

    private void say(Instant at, String conversation, Agent agent, String text) {
        if (at.isAfter(now)) {
            return;
        }
        publish(
                at,
                "events.chat",
                customer,
                Chat.newBuilder()
                        .setMeta(meta(at, customer, brand, "web").build())
                        .setConversationId(conversation)
                        .setAuthor(agent == null ? ChatAuthor.CUSTOMER : ChatAuthor.AGENT)
                        .setAgentId(agent == null ? null : agent.id())
                        .setLanguage("en")
                        .setText(text)
                        .build());
    }

    // Browsing

    private void browsing() {
        if (chance(0.65)) {
            consent(cookie, "cookie-analytics", null, FIRST_PARTY);
        }
        if (chance(0.45)) {
            consent(cookie, "advertising", null, AD_NETWORK);
        }
        String userAgent = oneOf(data.userAgents());
        String ip = oneOf(List.of("198.51.100.", "203.0.113.")) + (1 + random.nextInt(254));
        visit(at(between(OPENING, 0.45)), userAgent, ip);
        visit(at(between(0.55, 0.97)), userAgent, ip);
    }

    private void visit(Instant start, String userAgent, String ip) {
        int views = 1 + random.nextInt(3);
        Instant at = start;
        String referrer = null;
        for (int i = 0; i < views; i++) {
            Product product = oneOf(catalogue);
            CookieCategory category = category();
            String collector = category == CookieCategory.ADVERTISING ? AD_NETWORK : FIRST_PARTY;
            String surface = chance(0.3) ? "app" : "web";
            // A phone without a network sends later what it saw.
            Instant sent = chance(0.01) ? at.plusSeconds(60 + random.nextInt(540)) : at;
            publish(
                    sent,
                    "events.cookie",
                    cookie,
                    Cookie.newBuilder()
                            .setMeta(meta(at, cookie, brand, surface)
                                    .setCollector(collector)
                                    .build())
                            .setCategory(category)
                            .setPage(product.page())
                            .setReferrer(referrer)
                            .setSku(product.sku())
                            .setUserAgent(userAgent)
                            .setIp(ip)
                            .build());
            referrer = "https://" + brand + ".example" + product.page();
            at = at.plusSeconds(15 + random.nextInt(120));
        }
    }

    private CookieCategory category() {
        double kind = random.nextDouble();
        if (kind < 0.1) {
            return CookieCategory.STRICTLY_NECESSARY;
        }
        if (kind < 0.6) {
            return CookieCategory.ANALYTICS;
        }
        return kind < 0.7 ? CookieCategory.PERSONALISATION : CookieCategory.ADVERTISING;
    }

    // What all of it needs

    private Meta.Builder meta(Instant at, String subject, String ofBrand, String surface) {
        return Meta.newBuilder()
                .setEventId(uuid().toString())
                .setOccurredAt(at)
                .setBrand(ofBrand)
                .setSurface(surface)
                .setSubject(subject)
                .setCountry(person.country())
                .setNoticeVersion(NOTICE);
    }

    private void publish(Instant at, String topic, String key, SpecificRecord value) {
        story.add(new Timed(at, new Published(topic, key, value)));
    }

    private static String brandOf(Purchase purchase) {
        return BRANDS.get(purchase.shop() % BRANDS.size());
    }

    private Instant at(double moment) {
        return now.minusMillis(Math.round((1 - moment) * DAY.toMillis()));
    }

    private double between(double from, double to) {
        return from + random.nextDouble() * (to - from);
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private UUID uuid() {
        long high = random.nextLong() & ~0xF000L | 0x4000L;
        long low = random.nextLong() & ~(0b11L << 62) | 0b10L << 62;
        return new UUID(high, low);
    }
}
