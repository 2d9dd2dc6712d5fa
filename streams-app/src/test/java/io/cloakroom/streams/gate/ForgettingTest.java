package io.cloakroom.streams.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.streams.Traces;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForgettingTest {

    private static final Duration EVERY = Duration.ofSeconds(2);
    private static final String NAME = "rows";

    /** The first of all, which the list of files names, too. */
    private static final Bytes ERASED = key("customer:QXERASEDXQ");

    private static final byte[] SAID = Traces.of("QXSAIDXQ");
    private static final Map<String, byte[]> MARKS = Map.of("key", ERASED.get(), "value", SAID);

    @TempDir
    Path directory;

    private static Bytes key(String text) {
        return Bytes.wrap(Traces.of(text));
    }

    private KeyValueStore<Bytes, byte[]> open(KeyValueBytesStoreSupplier supplier) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "forgetting");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
        StateStoreContext context = new MockProcessorContext<Void, Void>(config, new TaskId(0, 0), directory.toFile())
                .getStateStoreContext();
        KeyValueStore<Bytes, byte[]> store = supplier.get();
        store.init(context, store);
        return store;
    }

    private static void fill(KeyValueStore<Bytes, byte[]> store) {
        store.put(ERASED, SAID);
        for (int i = 0; i < 100; i++) {
            store.put(key("customer:other-" + i), Traces.of("said"));
        }
    }

    private Set<String> traces() {
        return Traces.in(directory, MARKS, file -> true);
    }

    private void assertIsThere() {
        assertThat(traces()).anyMatch(t -> t.startsWith("key")).anyMatch(t -> t.startsWith("value"));
    }

    /** As in a gate that has nothing else to do: signs of life only. */
    private void awaitGone(KeyValueStore<Bytes, byte[]> store) {
        Awaitility.await()
                .atMost(Forgetting.bound(EVERY))
                .pollInterval(Forgetting.betweenLooks(EVERY))
                .untilAsserted(() -> {
                    store.put(key("sign"), new byte[0]);
                    assertThat(traces()).isEmpty();
                });
        assertThat(store.get(key("customer:other-7"))).isEqualTo(Traces.of("said"));
    }

    @Test
    void shouldRemoveWhatIsDeletedFromAQuietStore() {
        KeyValueStore<Bytes, byte[]> store = open(new Forgetting(EVERY).store(NAME));
        fill(store);
        Awaitility.await().untilAsserted(this::assertIsThere);

        store.delete(ERASED);

        awaitGone(store);
        store.close();
    }

    @Test
    void shouldRemoveWhatWasDeletedBeforeItWasClosed() {
        KeyValueBytesStoreSupplier supplier = new Forgetting(EVERY).store(NAME);
        KeyValueStore<Bytes, byte[]> before = open(supplier);
        fill(before);
        before.close();
        KeyValueStore<Bytes, byte[]> deleting = open(supplier);
        deleting.delete(ERASED);
        deleting.close();
        assertIsThere();

        KeyValueStore<Bytes, byte[]> after = open(supplier);

        awaitGone(after);
        after.close();
    }

    /** A store of Streams' own keeps what is deleted, as long as little is written. */
    @Test
    void shouldBeNeeded() {
        KeyValueBytesStoreSupplier supplier = Stores.persistentKeyValueStore(NAME);
        KeyValueStore<Bytes, byte[]> before = open(supplier);
        fill(before);
        before.close();

        KeyValueStore<Bytes, byte[]> deleting = open(supplier);
        deleting.delete(ERASED);
        deleting.close();

        assertIsThere();
    }
}
