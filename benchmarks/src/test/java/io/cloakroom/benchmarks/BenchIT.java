package io.cloakroom.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The harness from end to end, with so little to do that its figures mean nothing. */
@Timeout(300)
class BenchIT {

    /** Every build measures the main thing only; {@code -Ptorture} the others, too. */
    private static final String TORTURE = "cloakroom.torture";

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void setHome() {
        System.setProperty("cloakroom.home", Path.of("..").toString());
    }

    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldRunAllThreeAndFindTheSameReleases() throws Exception {
        Path page = Files.copy(Path.of("..", "docs", "performance.md"), directory.resolve("page.md"));
        String tiny = "--records 3000 --people 200 --pairs 1 --pace 1 --no-jmh --profile --write-docs " + page;
        JsonNode json = measured(tiny.split(" "));
        assertThat(page).content().contains(tiny, "gate: processor time in itself");
        assertThat(err.toString()).contains("pair 1 pass-through", "pair 1 gate", "pair 1 idiomatic");
        for (String ratio :
                new String[] {"gate_over_pass_through", "gate_over_idiomatic", "added_cpu_gate_over_idiomatic"}) {
            assertThat(json.get(ratio).propertyNames()).as(ratio).containsExactly("median", "min", "max");
        }
        // 1,000 orders of which everybody reads all; of the 400 with histories, some read some.
        assertThat(json.get("same_releases").asInt()).isBetween(5_001, 6_999);
        for (Contender contender : Contender.values()) {
            JsonNode figures = json.get("contenders").get(contender.id());
            assertThat(figures.get("written_records_per_event").asInt()).isEqualTo(6);
            assertThat(figures.get("events_per_second").get("median").asDouble())
                    .isPositive();
            assertThat(figures.get("p99_ms_at_half_load").get("median").asDouble())
                    .isPositive();
        }
        double gate = writtenBytes(json, Contender.GATE);
        assertThat(writtenBytes(json, Contender.PASS_THROUGH)).isBetween(0.97 * gate, 1.03 * gate);
        assertThat(writtenBytes(json, Contender.IDIOMATIC)).isBetween(0.9 * gate, 1.1 * gate);
    }

    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldCompareManyWithFew() {
        JsonNode json = measured("--rules 30 --records 1000 --people 200 --pairs 1 --partitions 1".split(" "));
        assertThat(json.get("many_over_few").get("median").asDouble()).isPositive();
        assertThat(json.get("few").get("rules").asInt()).isLessThan(30);
        assertThat(json.get("many").get("rules").asInt()).isEqualTo(30);
        for (String side : new String[] {"few", "many"}) {
            JsonNode gate = json.get(side).get("gate");
            assertThat(gate.get("events_per_second").get("median").asDouble())
                    .as(side)
                    .isPositive();
            assertThat(gate.get("cpu_us_per_event").get("median").asDouble())
                    .as(side)
                    .isPositive();
        }
    }

    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldTakeOverAndStartWithoutWithholding() {
        JsonNode seconds = measured("--standby --people 200 --pairs 1 --partitions 2".split(" "))
                .get("standby_seconds");
        assertThat(seconds.propertyNames()).containsExactly("take_over", "process_start", "gate_start");
        seconds.forEach(spread -> assertThat(spread.get("max").asDouble()).isBetween(0.01, 60.0));
    }

    @Test
    @EnabledIfSystemProperty(named = TORTURE, matches = "true")
    void shouldTellHowSoonRefusalsCount() {
        JsonNode json =
                measured("--refusals --records 4000 --people 200 --pace 2 --partitions 2 --recipients 3".split(" "));
        for (String situation : new String[] {"before_start", "backlog", "load", "linked"}) {
            JsonNode last = json.get(situation).get("last_release_ms");
            assertThat(last.get("refusals").asInt()).as(situation).isEqualTo(50);
            assertThat(last.get("max").asInt()).as(situation).isGreaterThanOrEqualTo(0);
            assertThat(json.get(situation).has("recall_ms")).isEqualTo(!situation.equals("before_start"));
        }
        assertThat(json.get("before_start").get("last_release_ms").get("max").asInt())
                .isZero();
        for (String situation : new String[] {"backlog", "load", "linked"}) {
            assertThat(json.get(situation).get("recall_ms").get("p50").asInt())
                    .as(situation)
                    .isPositive();
        }
    }

    @Test
    void shouldMeasureOneThingAtATime() {
        assertThat(bench("--rules", "30", "--people", "50001")).isEqualTo(2);
        assertThat(bench("--standby", "--profile")).isEqualTo(2);
        assertThat(bench("--standby", "--refusals")).isEqualTo(2);
        assertThat(err.toString()).contains("one at a time");
    }

    @Test
    void shouldRefuseFewerRecipientsThanThePolicyHas() {
        assertThat(bench("--recipients", "2")).isEqualTo(2);
        assertThat(err.toString()).contains("--recipients: the policy has 3 already, 2 is fewer");
    }

    private static double writtenBytes(JsonNode json, Contender contender) {
        return json.get("contenders")
                .get(contender.id())
                .get("written_bytes_per_event")
                .asDouble();
    }

    private JsonNode measured(String... arguments) {
        int exit =
                bench(Stream.concat(Stream.of("--json"), Stream.of(arguments)).toArray(String[]::new));
        assertThat(exit).as(err.toString()).isZero();
        return JsonMapper.builder().build().readTree(out.toString());
    }

    private int bench(String... arguments) {
        return Bench.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }
}
