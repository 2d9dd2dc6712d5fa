package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ShippedPolicyTest {

    @Test
    void shouldLoadEveryShippedVersionAgainstTheShippedSchemas() throws Exception {
        PolicyHistory history = PolicyLoader.load(Path.of("policies"), Schemas.shipped());

        Policy first = history.versions().get(0);
        assertThat(first.version()).isEqualTo("2017-11-17");
        assertThat(Instant.ofEpochMilli(first.effectiveFrom())).hasToString("2017-11-17T00:00:00Z");
        assertThat(first.hash()).matches("[0-9a-f]{64}");
        assertThat(first.access("order", "payment")).isPresent();
        assertThat(first.access("order", "mailing")).isEmpty();
    }
}
