package io.cloakroom.streams.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TerminalTest {

    /** As from Java 22 on. */
    public record Telling(boolean isTerminal) {}

    @Test
    void shouldNotBeThereWithoutAConsole() {
        assertThat(Terminal.isThere(Telling.class, null)).isFalse();
        assertThat(Terminal.isThere()).as("in tests").isFalse();
    }

    @Test
    void shouldBeThereIfTheConsoleSaysSo() {
        assertThat(Terminal.isThere(Telling.class, new Telling(true))).isTrue();
        assertThat(Terminal.isThere(Telling.class, new Telling(false))).isFalse();
    }

    @Test
    void shouldBeThereIfTheConsoleCannotSay() {
        assertThat(Terminal.isThere(Object.class, new Object())).isTrue();
    }
}
