package io.cloakroom.streams.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import org.junit.jupiter.api.Test;

class BarTest {

    private final List<String> lines = new ArrayList<>();

    private Bar bar(boolean isTerminal) {
        return new Bar(Bar.of("verified").setConsumer(new DelegatingProgressBarConsumer(lines::add)), isTerminal);
    }

    private String last() {
        return lines.get(lines.size() - 1);
    }

    @Test
    void shouldSayHowMuchIsDoneOfWhatIsExpected() {
        try (Bar bar = bar(true)) {
            bar.expect(300);
            bar.expect(100);
            bar.done(100);
        }

        assertThat(last()).contains("verified", "25%", "100/400");
    }

    /** While the gate runs, more comes. */
    @Test
    void shouldEndWhereAllIsDone() {
        try (Bar bar = bar(true)) {
            bar.expect(300);
            bar.done(300);
            bar.expect(20);
            bar.done(20);
        }

        assertThat(last()).contains("100%", "320/320");
    }

    @Test
    void shouldBeNowhereButOnATerminal() {
        try (Bar bar = bar(false)) {
            bar.expect(300);
            bar.done(300);
        }

        assertThat(lines).isEmpty();
    }
}
