package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tests that nobody is left rely on. */
class TracesTest {

    @TempDir
    Path directory;

    @Test
    void shouldFindWhatIsRenamedMeanwhile() throws IOException {
        Path compacted = Files.writeString(directory.resolve("0.log.swap"), "QXQ");
        Path log = directory.resolve("0.log");
        assertThat(Traces.in(directory, Map.of("mark", Traces.of("QXQ")), file -> {
                    if (Files.exists(compacted)) {
                        rename(compacted, log);
                    }
                    return true;
                }))
                .containsExactly("mark in 0.log");
    }

    private static void rename(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
