package io.cloakroom.policy.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import net.datafaker.Faker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorPropertiesTest {

    private static final int ROUNDS = 20_000;
    private static final int LONG = 64 * 1024;
    private static final int SHORT = LONG / 8;
    private static final long LIMIT_NANOS = 100_000_000;
    private static final double MOST_TIMES_SLOWER = 12;
    private static final int TRIES = 6;
    private static final int MOST_TRIES = 200;
    private static final Redactor REDACTOR = new Redactor();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final List<String> PIECES = List.of(
            " ",
            " ",
            " ",
            "\n",
            ".",
            ",",
            "-",
            "/",
            "@",
            ":",
            "::",
            "+",
            "(",
            ")",
            "[",
            "]",
            "'",
            "#",
            "£",
            "€ ",
            "%",
            "_",
            "0",
            "07",
            "1",
            "44",
            "4111",
            "1111",
            "2017",
            "77",
            "770",
            "900123",
            "12345678",
            "DE89",
            "GB82WEST",
            "0532 0130 00",
            "a",
            "J",
            "Jane",
            "Doe",
            "john",
            "SMITH",
            "my name is ",
            "Dear ",
            "I'm ",
            "Regards,\n",
            "born on ",
            "Mr. ",
            "call ",
            "one ",
            "seven ",
            "double ",
            "oh ",
            "at",
            " at ",
            "(at)",
            "dot",
            " dot ",
            ".com",
            "example",
            "www.",
            "https://",
            "[email]",
            "[name]",
            "[phone]",
            "[link]",
            "[card]",
            "[num",
            "ber]",
            "ext. ",
            "x12",
            "fe80",
            "2001:db8",
            "127.0.0.1",
            "\u0000",
            "\u200b",
            "\u202e",
            "\ud83d",
            "\ude00",
            "\ufeff",
            "\u0301",
            "é",
            "ß",
            "Ａ",
            "９",
            "а",
            "ﷺ",
            "½",
            "&#64;",
            "&uuml;",
            "%40",
            "[.]",
            "王",
            "伟");

    private final Random random = new Random(25);

    @Test
    void shouldChangeNothingWhenItRedactsAgain() {
        int redactions = 0;
        for (int i = 0; i < ROUNDS; i++) {
            String text = soup(1 + random.nextInt(30));
            KnownValues values = values(soup(1 + random.nextInt(4)));

            String once = REDACTOR.redact(text, values);

            assertThat(REDACTOR.redact(once, values)).as("of %s", text).isEqualTo(once);
            redactions += once.equals(text) ? 0 : 1;
        }
        assertThat(redactions).as("texts that were redacted").isGreaterThan(ROUNDS / 10);
    }

    @Test
    void shouldTakeAnyText() {
        for (int i = 0; i < ROUNDS; i++) {
            char[] chars = new char[random.nextInt(40)];
            for (int c = 0; c < chars.length; c++) {
                chars[c] = (char) (random.nextBoolean() ? random.nextInt(0x10000) : random.nextInt(0x80));
            }
            String text = new String(chars);

            assertThat(REDACTOR.redact(text, values(text))).isNotNull();
        }
    }

    @Test
    void shouldLeaveNoKnownValueWhateverStandsAroundIt() {
        Faker faker = new Faker(Locale.UK, new Random(3));
        for (int i = 0; i < ROUNDS / 4; i++) {
            String name = faker.name().firstName() + " " + faker.name().lastName();
            String email = faker.internet().emailAddress();
            String phone = faker.phoneNumber().phoneNumber();
            String address = faker.address().streetAddress();
            String order = "NAP-" + (100_000 + random.nextInt(900_000));
            KnownValues values = new KnownValues.Builder()
                    .name(name)
                    .email(email)
                    .phone(phone)
                    .address(address)
                    .order(order)
                    .build();
            for (String value : List.of(name, email, phone, address, order)) {
                String redacted = REDACTOR.redact(soup(5) + " " + disguised(value) + " " + soup(5), values);
                String left = Arrays.stream(redacted.split("\\[[a-z]+]"))
                        .map(Reading::compact)
                        .collect(Collectors.joining("|"));

                assertThat(left).as("%s in %s", value, redacted).doesNotContain(Reading.compact(value));
            }
        }
    }

    /** Processor time of this thread, so that a busy machine makes no difference. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "@",
                "1",
                "a.",
                "+",
                "www.",
                "[",
                "(((",
                ":",
                "1:",
                "a:",
                "\ud800",
                "1 ",
                "1-",
                "0 ",
                "a@",
                "@a.",
                "at ",
                " at a dot ",
                "http://",
                "a/",
                "www.a.de/b ",
                "a.de/",
                "https://a.b/?c=d ",
                "a@b.com ",
                "one ",
                "double ",
                "4111 ",
                "de89 ",
                "de89",
                "xk05 ",
                "my name is ",
                "dear Bob ",
                "Bob ",
                "J. ",
                "born on ",
                "\ufdfa",
                "é",
                "1.1.1.1.",
                "12/11/2017 ",
                "call 1 ",
                "07700900123 ",
                "::1",
                "\u200b",
                " ",
                "john smith ",
                "j ",
                "jo",
                "900123 ",
                "&",
                "&#",
                "&amp;",
                "&uuml;",
                "[.]",
                "0\n",
                "7 at ",
                "a @ ",
                "( at ",
                "one y ",
                "style 1 ",
                "[name]"
            })
    void shouldTakeTimeInProportionToTheLength(String unit) {
        KnownValues values = new KnownValues.Builder()
                .name("John Smith")
                .email("j.j@j.jo")
                .phone("0900123 900123")
                .address("1 1 1 1 1 1 1 1")
                .order("1111111111111111")
                .build();
        String text = unit.repeat(LONG / unit.length());
        long brief = Long.MAX_VALUE;
        long full = Long.MAX_VALUE;
        for (int i = 0; i < TRIES || i < MOST_TRIES && full >= MOST_TIMES_SLOWER * brief; i++) {
            brief = Math.min(brief, nanos(text.substring(0, SHORT), values));
            full = Math.min(full, nanos(text, values));
        }

        assertThat(full).as("ns for 64 KB").isLessThanOrEqualTo(LIMIT_NANOS);
        assertThat(full / (double) brief)
                .as("times slower for 8 times the text")
                .isLessThan(MOST_TIMES_SLOWER);
    }

    private static long nanos(String text, KnownValues values) {
        long start = THREADS.getCurrentThreadCpuTime();
        REDACTOR.redact(text, values);
        return THREADS.getCurrentThreadCpuTime() - start;
    }

    private String soup(int pieces) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < pieces; i++) {
            out.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return out.toString();
    }

    private static KnownValues values(String text) {
        return new KnownValues.Builder()
                .name(text)
                .email(text)
                .phone(text)
                .address(text)
                .order(text)
                .build();
    }

    private String disguised(String value) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            out.append(random.nextInt(4) == 0 ? Character.toUpperCase(c) : c);
            if (random.nextInt(6) == 0) {
                out.append(random.nextBoolean() ? "\u200d" : "\u00ad");
            }
        }
        return out.toString();
    }
}
