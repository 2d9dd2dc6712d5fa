package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.To;
import java.net.InetAddress;
import java.time.Duration;
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

    /** Characters: more than a stack has room for, if each is a call. */
    private static final int LONG = 200_000;

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
        "../../jane/orders, /../..",
        "/account/jane@customers.example/orders, /account/*",
        "/account/jane%2540customers.example, /account/*",
        "/orders/1234567890/lines, /orders/*",
        "/basket/550e8400-e29b-41d4-a716-446655440000, /basket/*"
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
            String path = start + piece.repeat(LONG / piece.length()) + "#JANE";

            assertThat(text(To.PATH_HEAD, path, 2)).startsWith("/").doesNotContain("JANE");
        }
    }

    // Networks.

    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, 203.0.113.0/24",
        "203.0.113.255, 203.0.113.0/24",
        "0.0.0.0, 0.0.0.0/24",
        "255.255.255.255, 255.255.255.0/24",
        "2001:db8:1:2::1, 2001:db8:1::/48",
        "2001:0DB8:0001:0000:0000:0000:0000:0001, 2001:db8:1::/48",
        "::, ::/48",
        "fe80::1%eth0, fe80::/48",
        "fe80::1%, fe80::/48",
        "::ffff:203.0.113.7, 203.0.113.0/24",
        "::FFFF:cb00:7107, 203.0.113.0/24",
        "::ffff:203.0.113.7%1, 203.0.113.0/24",
        "0:0:0:0:0:ffff:203.0.113.7, 203.0.113.0/24",
        "2002:cb00:7107::1, 203.0.113.0/24",
        "64:ff9b::203.0.113.7, 64:ff9b::/48"
    })
    void shouldLeaveTheNetworkOfAnAddress(String address, String network) {
        assertThat(text(To.NETWORK, address)).isEqualTo(network);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "localhost",
                "jane.example.com",
                "jane@203.0.113.7",
                "203.0.113",
                "203.0.113.",
                "203.0.113.7.1",
                "203.0.113.256",
                "203.0.113.-7",
                "203.0.113.07",
                "0313.0.0161.7",
                "0xcb.0.0x71.7",
                "0xcb007107",
                "0b1.0.0.1",
                "3405803783",
                "203.0.113.0/24",
                "203.0.113.7/255.255.255.0",
                "203.0.113.*",
                "203.0.113._",
                "203.0.113.1-7",
                "203.0.113.1,7",
                "203.0.113.7:443",
                "203.0.113.7%eth0",
                "203.0.113.7, 198.51.100.1",
                "\u0662.0.0.1",
                "2001:db8::1/64",
                "2001:db8::1::2",
                "2001:db8:1:2:3:4:5:6:7",
                "2001:db8::12345",
                "2001:db8::g",
                "2001:db8::*",
                "2001:db8::1-2",
                "[2001:db8::1]",
                "::203.0.113",
                "::ffff:203.0.113.07",
                "0x20010db8000000000000000000000001",
                "20010db8000000000000000000000001",
                "4)+k&C#VzJ4br>0wv%Yp",
                "%eth0",
                "http://203.0.113.7/"
            })
    void shouldLeaveNothingOfWhatIsNoAddress(String text) {
        assertThat(text(To.NETWORK, text)).isEmpty();
    }

    @Test
    void shouldGiveTwoAddressesOneNetworkIfTheirFirstBitsAreOne() throws Exception {
        Random random = new Random(SEED);
        for (int i = 0; i < 5_000; i++) {
            byte[] one = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(one);
            byte[] other = one.clone();
            int kept = one.length == 4 ? 3 : 6;
            for (int b = kept; b < other.length; b++) {
                other[b] = (byte) random.nextInt();
            }
            byte[] away = one.clone();
            away[kept - 1] ^= 1;

            assertThat(network(one)).isEqualTo(network(other)).isNotEqualTo(network(away));
        }
    }

    private static String network(byte[] address) throws Exception {
        return text(To.NETWORK, InetAddress.getByAddress(address).getHostAddress());
    }

    // Cells.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "geo:51.5074,-0.1278;u=35 | 6 | 86195da4fffffff",
                "GEO:51.5074,-0.1278 | 6 | 86195da4fffffff",
                "geo:51.5074,-0.1278,11.5;crs=wgs84;u=35;x=y | 6 | 86195da4fffffff",
                "geo:51.5074,-0.1278;CRS=WGS84 | 6 | 86195da4fffffff",
                "geo:051.50740,-0.1278 | 6 | 86195da4fffffff",
                "geo:51.5074,-0.1278 | 0 | 8019fffffffffff",
                "geo:90,0 | 6 | 860326237ffffff",
                "geo:90,123 | 6 | 860326237ffffff",
                "geo:0,180 | 6 | 867eb5727ffffff",
                "geo:0,-180 | 6 | 867eb5727ffffff"
            })
    void shouldLeaveTheCellOfAPlace(String place, int resolution, String cell) {
        assertThat(text(To.H3, place, resolution)).isEqualTo(cell);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "geo:",
                "geo:51.5074",
                "51.5074,-0.1278",
                "geo:51.5074, -0.1278",
                " geo:51.5074,-0.1278",
                "geo:51.5074,-0.1278\n",
                "geo:51.5074,-0.1278,",
                "geo:51.5074,-0.1278,1,2",
                "geo:51.5074,-0.1278;",
                "geo:51.5074,-0.1278;u=3 5",
                "geo:51.5074,-0.1278;crs=other",
                "geo:51.5074,-0.1278;u=35;crs=other",
                "geo:51.5074,-0.1278;crs",
                "geo:+51.5074,-0.1278",
                "geo:51.,-0.1278",
                "geo:.5,-0.1278",
                "geo:5e1,-0.1278",
                "geo:0x33,0",
                "geo:NaN,0",
                "geo:Infinity,0",
                "geo:\u0665\u0661,0",
                "geo:90.0001,0",
                "geo:-91,0",
                "geo:0,180.0001",
                "geo:0,-181",
                "geo:51.5074,-0.1278?q=Jane",
                "London"
            })
    void shouldLeaveNothingOfWhatIsNoPlace(String text) {
        assertThat(text(To.H3, text, 6)).isEmpty();
    }

    @Test
    void shouldGivePlacesThatAreNearOneCellAndFarOnesAnother() {
        assertThat(text(To.H3, "geo:51.5074,-0.1278", 6)).isEqualTo(text(To.H3, "geo:51.5080,-0.1270", 6));
        assertThat(text(To.H3, "geo:51.5074,-0.1278", 6)).isNotEqualTo(text(To.H3, "geo:51.6,-0.1278", 6));
    }

    // Agents.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0 | Firefox Linux",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
                        + " Safari/537.36 Edg/120.0 | Edge Windows",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1"
                        + " Safari/605.1.15 | Safari macOS",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
                        + " CriOS/120.0 Mobile/15E148 Safari/604.1 | Chrome iOS",
                "Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko)"
                        + " SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36 | Samsung Android",
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0"
                        + " Safari/537.36 | Chrome ChromeOS",
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html) | Bot other",
                "JaneDoe/1.0 (Windows; jane@example.com) | other Windows",
                "JaneDoe/1.0 (jane@example.com) | other",
                "'' | other",
                "firefox | other"
            })
    void shouldLeaveTheFamilyAndPlatformOfAnAgent(String agent, String left) {
        assertThat(text(To.AGENT, agent)).isEqualTo(left);
    }

    @Test
    void shouldNotLookForAnAgentInWhatIsNone() {
        assertThat(text(To.AGENT, "Firefox/120.0 Linux" + " ".repeat(2_048))).isEqualTo("other");
    }

    // Links.

    @ParameterizedTest
    @CsvSource({
        "https://shop.example/dresses/red, https://shop.example/dresses/red",
        "https://shop.example, https://shop.example/",
        "https://shop.example/, https://shop.example/",
        "HTTPS://Shop.EXAMPLE/Dresses, https://shop.example/Dresses",
        "http://shop.example:80/a, http://shop.example/a",
        "https://shop.example:443/a, https://shop.example/a",
        "https://shop.example:8443/a, https://shop.example:8443/a",
        "https://shop.example:/a, ''",
        "https://shop.example./a, https://shop.example/a",
        "https://shop.example/a?jane#jane, https://shop.example/a",
        "https://shop.example?jane, https://shop.example/",
        "https://shop.example#jane, https://shop.example/",
        "https://jane:secret@shop.example/a, https://shop.example/a",
        "https://a@jane@shop.example/a, https://shop.example/a",
        "https:////jane@shop.example/a, https://shop.example/a",
        "https:\\\\jane@shop.example\\a, https://shop.example/a",
        "https://shop.example\\@jane.example/a, https://shop.example/*/a",
        "https://shop.example/a;id=jane/b;jane, https://shop.example/a/b",
        "https://shop.example/robe-d%C3%A9t%C3%A9/, https://shop.example/robe-d%C3%A9t%C3%A9/",
        "https://xn--mnchen-3ya.example/a, https://xn--mnchen-3ya.example/a",
        "https://3fa85f64-5717-4562-b3fc-2c963f66afa6.mail.example/a, https://*.mail.example/a",
        "https://u1234567.ct.mail.example/a, https://*.ct.mail.example/a",
        "https://www.4399.com/a, https://www.4399.com/a",
        "https://shop.example/iphone-15-pro-256-gb, https://shop.example/iphone-15-pro-256-gb",
        "https://shop.example/New-Arrivals-For-Women-And-Men, https://shop.example/New-Arrivals-For-Women-And-Men",
        "https://shop.example/999, https://shop.example/999"
    })
    void shouldLeaveSchemeHostAndPathOfALink(String url, String left) {
        assertThat(text(To.URL_PATH, url)).isEqualTo(left);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1234",
                "order-12345678",
                "20240501",
                "079-123-456",
                "%31%32%33%34",
                "%2531%2532",
                "\u0661\u0662\u0663\u0664",
                "%D9%A1%D9%A2%D9%A3%D9%A4",
                "jane@shop.example",
                "jane%40shop.example",
                "jane%2540shop.example",
                "mailto:jane@shop.example",
                "user=jane",
                "user%3Djane",
                "a&jane",
                "a%3Bid%3Djane",
                "a%2Fjane",
                "a%5Cjane",
                "a%3Fjane",
                "a%23jane",
                "a%00jane",
                "a%0Ajane",
                "a%ZZ",
                "a%4",
                "a%",
                "a%FF",
                "a%C0%AF",
                "3fa85f64-5717-4562-b3fc-2c963f66afa6",
                "3FA85F64-5717-4562-B3FC-2C963F66AFA6",
                "abcdefab-cdef-abcd-efab-cdefabcdefab",
                "deadbeefdeadbeef",
                "x-deadbeefcafebabe-y",
                "k3jf4hk5jw3h4nk5jd2h",
                "AbCdEfGhIjKlMnOpQr1-",
                "dGhpcyBpcyBqYW5lJ3Mg1",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJKYW5lIn0.c2lnbmF0dXJlc2lnbmF0dXJl",
                "abcdefghijklmnopqrstuvwxyzabcdefgh"
            })
    void shouldHideAPartThatIdentifies(String part) {
        assertThat(text(To.URL_PATH, "https://shop.example/a/" + part + "/b")).isEqualTo("https://shop.example/a/*/b");
        assertThat(text(To.URL_PATH, "https://shop.example/" + part)).isEqualTo("https://shop.example/*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "jane",
                "/account/jane",
                "//shop.example/a",
                "https:",
                "https:/shop.example/a",
                "https:shop.example/a",
                "https://",
                "https:///",
                "https://jane@",
                "https://@/a",
                "https://203.0.113.7/a",
                "https://3405803783/a",
                "https://[2001:db8::1]/a",
                "https://shop..example/a",
                "https://.example/a",
                "https://shop.example:99999999/a",
                "https://shop.example:jane/a",
                "https://j\u00e4ne.example/a",
                "https://shop%2eexample/a",
                "https://shop.example/jane doe",
                "https://shop.example/a\nb",
                " https://shop.example/a",
                "mailto:jane@shop.example",
                "tel:+44123456",
                "javascript:alert('jane')",
                "data:text/plain,jane",
                "ftp://jane@shop.example/a",
                "blob:https://shop.example/a",
                "view-source:https://shop.example/a",
                "ht\u0131ps://shop.example/a"
            })
    void shouldLeaveNothingOfWhatIsNoLink(String text) {
        assertThat(text(To.URL_PATH, text)).isEmpty();
    }

    @Test
    void shouldLeaveOfALinkWhatItLeavesOfThat() {
        Random random = new Random(SEED);
        String alphabet = "ab1/:?#;%2F40@\\.*- \uD83D\uDC57=Zz";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder url = new StringBuilder(random.nextBoolean() ? "https://" : "https://a.example/");
            for (int n = random.nextInt(40); n > 0; n--) {
                url.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String left = text(To.URL_PATH, url.toString());

            assertThat(text(To.URL_PATH, left)).as("of %s, twice", url).isEqualTo(left);
            assertThat(left)
                    .as("of %s", url)
                    .doesNotContain("@", "?", "#", ";", "\\")
                    .doesNotContainPattern("[a-z]/.*[0-9]{4}");
        }
    }

    // Whatever comes.

    /** Each way to be slow: what a backtracking expression would try again from each place. */
    @ParameterizedTest
    @EnumSource(
            value = To.class,
            names = {"NETWORK", "H3", "AGENT", "URL_PATH", "PATH_HEAD", "PREFIX"})
    void shouldTakeNoLongerForATextThatIsMadeToBeSlow(To to) {
        List<String> pieces =
                List.of("Mozilla/5.0 (", "a ", "1", ":", "1:", "1.", "%", "%25", ";a=", "/", "-", "\\", "@");
        for (String start : List.of("", "geo:1,1", "geo:", "https://", "https://a.example/")) {
            for (String piece : pieces) {
                String text = start + piece.repeat(LONG / piece.length());
                assertTimeout(
                        Duration.ofSeconds(2), () -> Generalised.text(new Generalise(to, 6, AgeBands.NONE), text));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = To.class,
            names = {"NETWORK", "H3", "AGENT", "URL_PATH"})
    void shouldNeverLeaveATextThatIsWhatItWas(To to) {
        Random random = new Random(SEED);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = 1 + random.nextInt(30); n > 0; n--) {
                text.append((char) (random.nextInt(4) == 0 ? random.nextInt(0x10000) : random.nextInt(0x80)));
            }
            assertThat(text(to, text.toString(), 6)).as("of %s", text).isNotEqualTo(text.toString());
        }
    }

    private static String text(To to, String text) {
        return text(to, text, 0);
    }

    private static String text(To to, String text, int length) {
        return Generalised.text(new Generalise(to, length, AgeBands.NONE), text);
    }

    private static Object date(To to, int epochDay) {
        return Generalised.date(to, epochDay);
    }
}
