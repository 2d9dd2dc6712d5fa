package io.cloakroom.streams;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.control.ConsentKind;
import io.cloakroom.control.IdentityLink;
import io.cloakroom.control.LinkKind;
import io.cloakroom.events.Account;
import io.cloakroom.events.AccountAction;
import io.cloakroom.events.Address;
import io.cloakroom.events.Card;
import io.cloakroom.events.Channel;
import io.cloakroom.events.Chat;
import io.cloakroom.events.ChatAuthor;
import io.cloakroom.events.Cookie;
import io.cloakroom.events.CookieCategory;
import io.cloakroom.events.Marketing;
import io.cloakroom.events.MarketingAction;
import io.cloakroom.events.Meta;
import io.cloakroom.events.Order;
import io.cloakroom.events.OrderLine;
import io.cloakroom.events.OrderStatus;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;

/** Records as services publish them, whole and in order: a test changes what it is about. */
final class Given {

    static final String BRAND = "net-a-porter";

    private static final String NOTICE = "2017-11-17";

    private Given() {}

    static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    static Meta.Builder meta(String subject) {
        return Meta.newBuilder()
                .setEventId(UUID.randomUUID().toString())
                .setOccurredAt(now())
                .setBrand(BRAND)
                .setSurface("web")
                .setSubject(subject)
                .setCountry("GB")
                .setNoticeVersion(NOTICE);
    }

    static Order.Builder order(String customer) {
        return Order.newBuilder()
                .setMeta(meta(customer).build())
                .setOrderId("order-1")
                .setStatus(OrderStatus.PLACED)
                .setCurrency("GBP")
                .setTotal(129_00)
                .setLines(List.of(new OrderLine("sku-1", "Silk scarf", 1, 129_00L)))
                .setDelivery(new Address("Ada Byron", "1 St James's Square", "London", "SW1Y 4JU", "GB"))
                .setEmail("ada@example.com")
                .setPhone("+44 20 7946 0000")
                .setCard(new Card("4111111111111111", "12/27", "A BYRON"));
    }

    static Cookie.Builder cookie(String cookie, CookieCategory category) {
        return Cookie.newBuilder()
                .setMeta(meta(cookie).build())
                .setCategory(category)
                .setPage("/women/shoes/pumps")
                .setReferrer("https://search.example/?q=pumps")
                .setSku("sku-1")
                .setUserAgent("Mozilla/5.0")
                .setIp("198.51.100.7");
    }

    static Chat.Builder chat(String customer) {
        return Chat.newBuilder()
                .setMeta(meta(customer).build())
                .setConversationId("conversation-1")
                .setAuthor(ChatAuthor.CUSTOMER)
                .setLanguage("en")
                .setText("Where is my parcel?");
    }

    /** A message by e-mail; one of the policy's service messages if the template is. */
    static Marketing.Builder message(String customer, String template) {
        return Marketing.newBuilder()
                .setMeta(meta(customer).build())
                .setAction(MarketingAction.SEND)
                .setChannel(Channel.EMAIL)
                .setTemplate(template)
                .setCampaign("autumn")
                .setSender(BRAND)
                .setTo("ada@example.com")
                .setBody("Dear Ada")
                .setUnsubscribe("https://net-a-porter.example/unsubscribe");
    }

    static Account.Builder account(String customer) {
        return Account.newBuilder()
                .setMeta(meta(customer).build())
                .setAction(AccountAction.UPDATED)
                .setName("Ada Byron")
                .setEmail("ada@example.com")
                .setPhone("+44 20 7946 0000")
                .setStreet("1 St James's Square")
                .setCity("London")
                .setPostcode("SW1Y 4JU")
                .setBirthDate(LocalDate.of(1985, 12, 10))
                .setGender("F")
                .setTier("EIP");
    }

    static ConsentChange grown(String customer) {
        return change(customer, ConsentKind.AGE_STATEMENT)
                .setBirthDate(LocalDate.of(1985, 12, 10))
                .build();
    }

    static ConsentChange young(String child) {
        return ConsentChange.newBuilder(grown(child))
                .setBirthDate(LocalDate.now().minusYears(12))
                .build();
    }

    static ConsentChange agreement(String child) {
        return ConsentChange.newBuilder(grown(child))
                .setKind(ConsentKind.GUARDIAN_AGREEMENT)
                .setBirthDate(null)
                .setGuardian("customer:parent")
                .setGuardianBirthDate(LocalDate.of(1980, 1, 1))
                .setVerification("card")
                .build();
    }

    static ConsentChange.Builder emailConsent(String customer, ConsentKind kind) {
        return change(customer, kind).setPurpose("direct-marketing").setChannel("EMAIL");
    }

    static ConsentChange.Builder analyticsConsent(String cookie, ConsentKind kind) {
        return change(cookie, kind).setPurpose("cookie-analytics").setCollector(BRAND);
    }

    static ConsentChange.Builder advertisingConsent(String cookie, ConsentKind kind) {
        return change(cookie, kind).setPurpose("advertising").setCollector(BRAND);
    }

    static IdentityLink link(String cookie, String customer) {
        return new IdentityLink(UUID.randomUUID().toString(), now(), cookie, customer, LinkKind.CONNECTED);
    }

    private static ConsentChange.Builder change(String subject, ConsentKind kind) {
        return ConsentChange.newBuilder()
                .setChangeId(UUID.randomUUID().toString())
                .setOccurredAt(now())
                .setSubject(subject)
                .setKind(kind)
                .setBrand(BRAND)
                .setNoticeVersion(kind == ConsentKind.GRANT ? NOTICE : null);
    }
}
