package io.cloakroom.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.Policy;
import io.cloakroom.streams.Blueprint;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchPolicyTest {

    private static final Path SHIPPED = Path.of("..").resolve(BenchPolicy.SMALL);

    @TempDir
    Path directory;

    @Test
    void shouldHaveAsManyReadersOfOrdersAsAsked() throws Exception {
        Policy policy = policy(7, 0);
        assertThat(policy.events().get(Load.TYPE).accesses())
                .extracting(access -> access.recipient().id())
                .containsExactlyInAnyOrder(
                        "analytics", "group", "payment", "analytics-2", "group-2", "payment-2", "analytics-3");
    }

    @Test
    void shouldHaveAsManyRulesAsAsked() throws Exception {
        Policy policy = policy(5, 1_000);
        int rules = policy.events().values().stream()
                .flatMap(event -> event.accesses().stream())
                .mapToInt(access -> access.purposes().size())
                .sum();
        assertThat(rules).isEqualTo(1_000);
        assertThat(policy.events().get(Load.TYPE).accesses()).hasSize(5);
    }

    private Policy policy(int recipients, int rules) throws Exception {
        Path policies = BenchPolicy.write(SHIPPED, directory, recipients, rules);
        List<Policy> versions = Blueprint.load(policies).history().versions();
        return versions.get(versions.size() - 1);
    }
}
