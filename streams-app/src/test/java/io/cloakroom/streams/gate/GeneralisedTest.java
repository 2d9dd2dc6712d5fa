package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.To;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneralisedTest {

    private static final long SEED = 20171117;

    @ParameterizedTest
    @CsvSource({
        "HOUR,  2026-03-01T12:59:59.999Z, 2026-03-01T12:00:00Z",
        "DAY,   2026-03-01T12:59:59.999Z, 2026-03-01T00:00:00Z",
        "MONTH, 2024-02-29T23:59:59.999Z, 2024-02-01T00:00:00Z",
        "YEAR,  2024-02-29T23:59:59.999Z, 2024-01-01T00:00:00Z",
        "DAY,   2024-02-29T23:59:59.999Z, 2024-02-29T00:00:00Z",
        "MONTH, 2023-03-01T00:00:00Z,     2023-03-01T00:00:00Z",
        "HOUR,  1969-12-31T23:59:59.999Z, 1969-12-31T23:00:00Z",
        "DAY,   1969-12-31T23:59:59.999Z, 1969-12-31T00:00:00Z",
        "MONTH, 1969-12-31T23:59:59.999Z, 1969-12-01T00:00:00Z",
        "YEAR,  1969-12-31T23:59:59.999Z, 1969-01-01T00:00:00Z",
        "YEAR,  1900-03-01T00:00:00Z,     1900-01-01T00:00:00Z",
        "HOUR,  1970-01-01T00:00:00Z,     1970-01-01T00:00:00Z"
    })
    void shouldCutATimeToItsFirstInstant(To to, String time, String cut) {
        long value = Generalised.time(to, Instant.parse(time).toEpochMilli());

        assertThat(Instant.ofEpochMilli(value)).isEqualTo(cut);
    }

    @ParameterizedTest
    @CsvSource({
        "MONTH, 2024-02-29, 2024-02-01",
        "YEAR,  2024-02-29, 2024-01-01",
        "YEAR,  2024-12-31, 2024-01-01",
        "MONTH, 1969-12-31, 1969-12-01",
        "YEAR,  1969-12-31, 1969-01-01",
        "YEAR,  1899-07-04, 1899-01-01"
    })
    void shouldCutADateToItsFirstDay(To to, LocalDate date, LocalDate cut) {
        assertThat(date(to, (int) date.toEpochDay())).isEqualTo((int) cut.toEpochDay());
    }

    @ParameterizedTest
    @EnumSource(
            value = To.class,
            names = {"HOUR", "DAY", "MONTH", "YEAR"})
    void shouldNeverMakeATimeLater(To to) {
        Random random = new Random(SEED);
        for (int i = 0; i < 2_000; i++) {
            long time = random.nextLong();
            long cut = Generalised.time(to, time);

            assertThat(cut).as("%s of %d", to, time).isLessThanOrEqualTo(time);
            assertThat(Generalised.time(to, cut))
                    .as("%s of %d, twice", to, time)
                    .isEqualTo(cut);
        }
    }

    /** A publisher can write any number; one that made the gate throw would stop its partition for good. */
    @ParameterizedTest
    @EnumSource(
            value = To.class,
            names = {"HOUR", "DAY", "MONTH", "YEAR"})
    void shouldCutTheFirstTimeThereIsToItself(To to) {
        assertThat(Generalised.time(to, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(Generalised.time(to, Long.MIN_VALUE + 1)).isEqualTo(Long.MIN_VALUE);
    }

    @ParameterizedTest
    @EnumSource(
            value = To.class,
            names = {"MONTH", "YEAR"})
    void shouldCutTheFirstDateThereIsToItself(To to) {
        assertThat(date(to, Integer.MIN_VALUE)).isEqualTo(Integer.MIN_VALUE);
    }

    @ParameterizedTest
    @CsvSource({
        "SW1A 1AA, 2, SW",
        "S, 2, S",
        "'', 2, ''",
        "SW, 2, SW",
        "\uD83D\uDC57\uD83D\uDC60\uD83D\uDC5C, 2, \uD83D\uDC57\uD83D\uDC60",
        "a\uD83D\uDC60b, 2, a\uD83D\uDC60"
    })
    void shouldCutTextAfterWholeCharacters(String text, int length, String prefix) {
        assertThat(text(To.PREFIX, text, length)).isEqualTo(prefix);
    }

    @Test
    void shouldCutTextThatIsNotWellFormed() {
        assertThat(text(To.PREFIX, "\uD83D", 1)).isEqualTo("\uD83D");
        assertThat(text(To.PREFIX, "\uDC57\uD83D", 1)).isEqualTo("\uDC57");
    }

    @ParameterizedTest
    @CsvSource({
        "/shop/dresses/red/12345, /shop/dresses",
        "/shop, /shop",
        "/, /",
        "'', /",
        "shop/dresses/red, /shop/dresses",
        "/shop//dresses///red, /shop/dresses",
        "/shop/dresses?user=jane, /shop/dresses",
        "/shop?next=/a/b/c, /shop",
        "/shop#jane, /shop",
        "/shop/dresses;jsessionid=1234/red, /shop/dresses",
        "/shop;jane=1/dresses, /shop",
        "https://net-a-porter.com/shop/dresses/red, /shop/dresses",
        "https://jane:secret@net-a-porter.com:8443/shop/a/b, /shop/a",
        "https://jane@net-a-porter.com, /",
        "https://net-a-porter.com?mail=jane, /",
        "https://net-a-porter.com/?mail=jane/x, /",
        "HTTPS://NET-A-PORTER.COM/Shop, /Shop",
        "/shop/../account/jane, /shop/..",
        "../../jane/orders, /../.."
    })
    void shouldKeepTheFirstSegmentsOfAPath(String url, String head) {
        assertThat(text(To.PATH_HEAD, url, 2)).isEqualTo(head);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/shop/dresses?return=https://net-a-porter.com/JANE/12345",
                "/shop/dresses#https://net-a-porter.com/JANE/12345",
                "/shop/dresses;at=https://net-a-porter.com/JANE/12345",
                "//JANE:secret@net-a-porter.com/shop/dresses",
                "https:////JANE@net-a-porter.com/shop/dresses",
                "\\\\JANE@net-a-porter.com\\shop\\dresses",
                "https:\\\\JANE@net-a-porter.com\\shop\\dresses",
                " https://JANE@net-a-porter.com/shop/dresses",
                "/shop/dresses\\JANE",
                "/shop/dresses%2FJANE",
                "/shop/dresses%2fJANE",
                "/shop/dresses%252FJANE",
                "/shop/dresses%5CJANE",
                "/shop/dresses%3Fmail=JANE",
                "/shop/dresses%23JANE",
                "/shop/dresses%3Bmail=JANE",
                "%2Fshop%2Fdresses%2FJANE"
            })
    void shouldKeepNothingButTheFirstSegments(String url) {
        assertThat(text(To.PATH_HEAD, url, 2)).isEqualTo("/shop/dresses");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mailto:JANE@example.com", "tel:+44123456", "data:text/plain,JANE", "about:JANE"})
    void shouldKeepNothingOfAnAddressWithoutAPath(String url) {
        assertThat(text(To.PATH_HEAD, url, 2)).isEqualTo("/");
    }

    @Test
    void shouldMakeOfAnyTextAPathOfAtMostSoManySegments() {
        Random random = new Random(SEED);
        String alphabet = "ab/:?#;%2FfcC5.@\\ \u0000\uD83D\uDC57";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder url = new StringBuilder();
            for (int n = random.nextInt(24); n > 0; n--) {
                url.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            int length = 1 + random.nextInt(3);
            assertThatCode(() -> {
                        String head = text(To.PATH_HEAD, url.toString(), length);
                        assertThat(head).startsWith("/").doesNotContain("?", "#", ";", "\\", "//");
                        assertThat(head.chars().filter(c -> c == '/').count()).isLessThanOrEqualTo(length);
                    })
                    .as("%s to %d", url, length)
                    .doesNotThrowAnyException();
        }
    }

    /** One that overflowed the stack would stop its partition for good. */
    @ParameterizedTest
    @ValueSource(strings = {"/", "\\", "%2F", "%5c", "%252F", "a/", "%", "%25", "%2525", "25", ";", ":"})
    void shouldCutAPathOfAnyLength(String piece) {
        for (String start : List.of("", "/", "/shop", "%", "https:", "https://shop.example/")) {
            String path = start + piece.repeat(1_000_000 / piece.length()) + "#JANE";

            assertThat(text(To.PATH_HEAD, path, 2)).startsWith("/").doesNotContain("JANE");
        }
    }

    private static String text(To to, String text, int length) {
        return Generalised.text(new Generalise(to, length), text);
    }

    private static Object date(To to, int epochDay) {
        return Generalised.date(to, epochDay);
    }
}
