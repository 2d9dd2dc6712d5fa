package io.cloakroom.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.config.provider.FileConfigProvider;
import org.apache.kafka.connect.runtime.distributed.DistributedConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker only warns of a setting that it does not know, and goes on without what it was meant to do. */
class WorkerSettingsTest {

    private static final Path MOUNTED = Path.of(Worker.MOUNTED);
    private static final String PROVIDER = "config.providers.file.";

    @Test
    void shouldHaveSettingsThatAWorkerKnows(@TempDir Path mounted) throws IOException {
        Map<String, String> settings = Worker.shipped(mounted);
        TreeSet<String> unknown = new TreeSet<>(settings.keySet());
        unknown.removeAll(new DistributedConfig(settings).values().keySet());

        assertThat(unknown)
                .containsExactly(PROVIDER + "class", PROVIDER + "param." + FileConfigProvider.ALLOWED_PATHS_CONFIG);
    }

    /** Whoever reaches a worker may configure a connector, and so read what the provider reads. */
    @Test
    void shouldReadNoFilesButThoseMeantForConnectors() throws IOException {
        assertThat(Worker.shipped(MOUNTED))
                .containsEntry(PROVIDER + "class", FileConfigProvider.class.getName())
                .containsEntry(PROVIDER + "param." + FileConfigProvider.ALLOWED_PATHS_CONFIG, MOUNTED.toString());
    }
}
