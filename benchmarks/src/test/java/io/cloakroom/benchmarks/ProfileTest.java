package io.cloakroom.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProfileTest {

    @Test
    void shouldShortenPackagesAndNothingElse() {
        assertThat(Profile.shortened("org.apache.kafka.streams.state.internals.RocksDBStore.get"))
                .isEqualTo("o.a.k.s.s.i.RocksDBStore.get");
        assertThat(Profile.shortened("io.cloakroom.streams.gate.Outer$Inner.process"))
                .isEqualTo("i.c.s.g.Outer$Inner.process");
        assertThat(Profile.shortened("a.B." + "c".repeat(100))).hasSize(80).endsWith("…");
    }
}
