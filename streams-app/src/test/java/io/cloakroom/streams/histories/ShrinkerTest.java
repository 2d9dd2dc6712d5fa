package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Passing;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ShrinkerTest {

    @Test
    void shouldKeepOnlyWhatFails() {
        History history = History.of("""
                garbage subject=customer:ada
                event subject=customer:ada at=-30d1ms type=chat brand=net-a-porter country=DE
                passing time=28d
                erasure subject=customer:ada at=+5s1ms
                connected subject=cookie:c1 at=-1d customer=customer:ada
                """);

        History least = Shrinker.shrink(
                history,
                h -> h.steps().stream().anyMatch(Event.class::isInstance)
                        && h.steps().stream().anyMatch(Erasure.class::isInstance));

        assertThat(least).hasToString("""
                event subject=customer:ada at=+0 type=chat brand=net-a-porter
                erasure subject=customer:ada at=+0
                """);
    }

    @Test
    void shouldKeepATimeThatMatters() {
        History history = History.of("passing time=28d\nerasure subject=customer:ada at=+5s1ms");

        assertThat(Shrinker.shrink(history, h -> h.toString().contains("+5s1ms")))
                .hasToString("erasure subject=customer:ada at=+5s1ms\n");
    }

    @Test
    void shouldPutPairsApartThatMustStayTogether() {
        History history = History.of("passing time=28d\n".repeat(9));

        assertThat(Shrinker.shrink(history, h -> h.steps().size() >= 3).steps())
                .hasSize(3)
                .allSatisfy(step -> assertThat(step).isEqualTo(new Passing(Duration.ofDays(1))));
    }

    @Test
    void shouldReportTheSeedAndTheScript() {
        assertThat(Shrinker.report(7, History.of("garbage subject=customer:ada")))
                .isEqualTo("seed 7 shrinks to\n\ngarbage subject=customer:ada\n");
    }

    @Test
    void shouldReadBackEveryScript() {
        for (long seed = 0; seed < 1_000; seed++) {
            History history = Histories.of(seed);

            assertThat(History.of(history.toString())).isEqualTo(history);
            assertThat(Histories.of(seed)).isEqualTo(history);
        }
    }

    @Test
    void shouldRefuseAScriptThatItDoesNotUnderstand() {
        assertThatThrownBy(() -> History.of("forgot subject=customer:ada"))
                .hasMessage("nothing that happens: forgot subject=customer:ada");
        assertThatThrownBy(() -> History.of("erasure subject=customer:ada when=+0"))
                .hasMessage("erasure has no [when]: erasure subject=customer:ada when=+0");
        assertThatThrownBy(() -> History.time("+1w")).hasMessage("not a length of time: 1w");
    }
}
