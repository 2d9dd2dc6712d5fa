package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubjectKeyTest {

    private static final int LONGEST = 512;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "customer:1",
                "cookie:ab-12",
                "device:x",
                "customer:a:b",
                "customer: ",
                "customer:\u00e9\uD83D\uDC57"
            })
    void shouldReadAKindAndAnId(String key) {
        assertThat(SubjectKey.read(utf8(key))).hasValue(key);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "customer",
                "customer:",
                ":1",
                "Customer:1",
                " customer:1",
                "\uFEFFcustomer:1",
                "staff:1",
                "customer1",
                "\"customer:1\"",
                "customers:1"
            })
    void shouldReadNothingElse(String key) {
        assertThat(SubjectKey.read(utf8(key))).isEmpty();
    }

    @Test
    void shouldReadNothingThatIsNotUtf8() {
        byte[] latin1 = "customer:\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        byte[] cutShort = utf8("customer:\u00e9");
        byte[] overlong = {'d', 'e', 'v', 'i', 'c', 'e', ':', (byte) 0xc0, (byte) 0x80};

        assertThat(SubjectKey.read(latin1)).isEmpty();
        assertThat(SubjectKey.read(Arrays.copyOf(cutShort, cutShort.length - 1)))
                .isEmpty();
        assertThat(SubjectKey.read(overlong)).isEmpty();
    }

    @Test
    void shouldReadNothingLongerThanAKeyIs() {
        String longest = "cookie:" + "x".repeat(LONGEST - "cookie:".length());

        assertThat(SubjectKey.read(utf8(longest))).hasValue(longest);
        assertThat(SubjectKey.read(utf8(longest + "x"))).isEmpty();
        assertThat(SubjectKey.read(utf8("cookie:" + "\u00e9".repeat(LONGEST / 2))))
                .isEmpty();
    }

    @Test
    void shouldPutAKeyWhereKafkasOwnPartitionerPutsIt() {
        Random random = new Random(4);
        for (int i = 0; i < 10_000; i++) {
            byte[] key = new byte[random.nextInt(40)];
            random.nextBytes(key);
            int partitions = 1 + random.nextInt(100);

            assertThat(SubjectKey.partition(key, partitions))
                    .isEqualTo(BuiltInPartitioner.partitionForKey(key, partitions));
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
