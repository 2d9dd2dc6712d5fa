package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {

    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, 203.0.113.0/24",
        "203.0.113.255, 203.0.113.0/24",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1::/48",
        "2001:DB8:1::7, 2001:db8:1::/48",
        "fe80::1%eth0, fe80::/48",
        "::ffff:203.0.113.7, 203.0.113.0/24",
    })
    void shouldLeaveTheNetworkOfAnAddress(String address, String network) {
        assertThat(Addresses.network(address)).isEqualTo(network);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "203.0.113",
                "203.0.113.*",
                "203.0.113.7/32",
                "203.0.113.1-9",
                "0xCB007107",
                "3405803783",
                "0313.0.0161.07",
                "ada.example",
                "203.0.113.7 ada",
                "1:2",
                "203.0.113.7:443"
            })
    void shouldLeaveNothingOfWhatIsNoAddress(String text) {
        assertThat(Addresses.network(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "https://shop.example/bags/totes?visitor=ada#top, https://shop.example/bags/totes",
        "HTTPS://Shop.Example/Bags, https://shop.example/Bags",
        "https://ada:secret@shop.example/, https://shop.example/",
        "https://shop.example:8443/a;session=1/b, https://shop.example/a/b",
        "https://shop.example/orders/20171117/x, https://shop.example/orders/*/x",
        "https://shop.example/u/ada@customers.example, https://shop.example/u/*",
        "https://shop.example/u/ada%40customers.example, https://shop.example/u/*",
        "https://shop.example/t/abcdefghijklmnopqrstuvwxyz, https://shop.example/t/*",
        "https://u12345.example/a, https://*/a",
    })
    void shouldLeaveSchemeHostAndPathOfALinkWithoutWhatIdentifies(String link, String left) {
        assertThat(Addresses.path(link)).isEqualTo(left);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "ada", "/bags?visitor=ada", "mailto:ada@customers.example", "https://a b/", "javascript:x"})
    void shouldLeaveNothingOfWhatIsNoLink(String text) {
        assertThat(Addresses.path(text)).isEmpty();
    }

    @Test
    void shouldLeaveOneCellOfPlacesThatAreNear() {
        String cell = Addresses.cell("geo:51.5074,-0.1278", 4);

        assertThat(cell).hasSize(15).isEqualTo(Addresses.cell("geo:51.5080,-0.1281,30;u=35", 4));
        assertThat(cell).isNotEqualTo(Addresses.cell("geo:48.8566,2.3522", 4));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "51.5,-0.1",
                "geo:91,0",
                "geo:0,181",
                "geo:NaN,0",
                "geo:51.5",
                "geo:1e1,2",
                "geo:51.5,-0.1 ada"
            })
    void shouldLeaveNothingOfWhatIsNoPlace(String text) {
        assertThat(Addresses.cell(text, 4)).isEmpty();
    }
}
