package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KeyFilesTest {

    private static final List<String> NAMES = List.of("analytics.1", "payment.1");
    private static final byte[] SALT = new byte[Person.SALT_LENGTH];

    @TempDir
    Path directory;

    private Path keys;
    private Path kek;
    private KeyFiles encrypted;
    private KeyFiles clear;

    @BeforeEach
    void name() {
        keys = directory.resolve("keys");
        kek = directory.resolve("secret").resolve("kek.json");
        encrypted = new KeyFiles(keys, Optional.of(kek));
        clear = new KeyFiles(keys, Optional.empty());
    }

    private static String token(KeyFiles files, String name) throws KeysMissingException {
        return Pseudonyms.load(files, NAMES).key(name).token("x", "value", SALT);
    }

    private List<String> read(Path file) throws IOException {
        return Files.readAllLines(file);
    }

    @Test
    void shouldKeepNoKeyInTheClearWhereThereIsAKeyToEncryptIt() throws Exception {
        assertThat(Pseudonyms.create(encrypted, NAMES))
                .containsExactly(kek, keys.resolve("analytics.1.json"), keys.resolve("payment.1.json"));
        assertThat(Pseudonyms.create(encrypted, NAMES)).isEmpty();

        assertThat(String.join("", read(keys.resolve("payment.1.json"))))
                .contains("encryptedKeyset")
                .doesNotContain("keyData");
        assertThat(token(encrypted, "payment.1")).isNotEqualTo(token(encrypted, "analytics.1"));
        assertThatThrownBy(() -> Pseudonyms.load(clear, NAMES))
                .isInstanceOf(KeysMissingException.class)
                .hasMessageContaining(
                        keys.resolve("payment.1.json") + ": not a readable Tink PRF keyset; if it is encrypted,"
                                + " name the file of its key as cloakroom.keys.kek");
    }

    @Test
    void shouldReadNoKeyOfAnotherNameOrUnderAnotherKey() throws Exception {
        Pseudonyms.create(encrypted, NAMES);
        Files.copy(
                keys.resolve("payment.1.json"), keys.resolve("analytics.1.json"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Pseudonyms.load(encrypted, NAMES))
                .isInstanceOf(KeysMissingException.class)
                .hasMessageStartingWith(keys.resolve("analytics.1.json") + ": not encrypted under the key in " + kek)
                .hasMessageNotContaining("payment");

        Files.delete(kek);
        assertThatThrownBy(() -> Pseudonyms.load(encrypted, NAMES))
                .isInstanceOf(KeysMissingException.class)
                .hasMessage(kek + ": no such key-encryption key");
        for (ThrowingCallable another :
                List.<ThrowingCallable>of(() -> Pseudonyms.create(encrypted, List.of("group.1")), encrypted::rotate)) {
            assertThatThrownBy(another)
                    .isInstanceOf(IOException.class)
                    .hasMessageEndingWith("analytics.1.json is encrypted, and its key-encryption key is not in " + kek
                            + ", where it should be");
            assertThat(kek).doesNotExist();
        }
    }

    @Test
    void shouldEncryptKeysThatStandInTheClearAndKeepWhatTheyMake() throws Exception {
        Pseudonyms.create(clear, NAMES);
        String before = token(clear, "payment.1");
        assertThatThrownBy(() -> Pseudonyms.load(encrypted, NAMES)).isInstanceOf(KeysMissingException.class);

        assertThat(encrypted.rotate()).hasSize(3);

        assertThat(token(encrypted, "payment.1")).isEqualTo(before);
        assertThat(String.join("", read(keys.resolve("payment.1.json")))).doesNotContain("keyData");
    }

    @Test
    void shouldChangeTheKeyOfKeysAndForgetTheOldOneWhenNothingNeedsIt() throws Exception {
        Pseudonyms.create(encrypted, NAMES);
        String before = token(encrypted, "payment.1");
        Path kept = Files.copy(keys.resolve("payment.1.json"), directory.resolve("kept"));
        Path oldKek = Files.copy(kek, directory.resolve("old.json"));

        encrypted.rotate();

        assertThat(token(encrypted, "payment.1")).isEqualTo(before);
        Path now = Files.copy(keys.resolve("payment.1.json"), directory.resolve("now"));
        Files.copy(kept, keys.resolve("payment.1.json"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(token(encrypted, "payment.1"))
                .as("a file of before, until the old one is retired")
                .isEqualTo(before);
        assertThatThrownBy(encrypted::retire)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(keys.resolve("payment.1.json") + ": not encrypted under the key in ");
        Files.copy(now, keys.resolve("payment.1.json"), StandardCopyOption.REPLACE_EXISTING);

        encrypted.retire();

        assertThat(token(encrypted, "payment.1")).isEqualTo(before);
        KeyFiles stolen = new KeyFiles(keys, Optional.of(oldKek));
        assertThatThrownBy(() -> Pseudonyms.load(stolen, NAMES)).isInstanceOf(KeysMissingException.class);
        Files.copy(kept, keys.resolve("payment.1.json"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Pseudonyms.load(encrypted, NAMES)).isInstanceOf(KeysMissingException.class);
    }

    /** An instance may start at any moment of it; one that meets a change is told so at most once. */
    @Test
    void shouldBeReadableAtEveryMomentOfAChange() throws Exception {
        Pseudonyms.create(encrypted, NAMES);
        String before = token(encrypted, "payment.1");
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger starts = new AtomicInteger();
        CompletableFuture<Void> starting = CompletableFuture.runAsync(() -> {
            while (!ended.get()) {
                assertThat(isRead(before) || isRead(before)).isTrue();
                starts.incrementAndGet();
            }
        });
        for (int i = 0; i < 20; i++) {
            encrypted.rotate();
            // No start meets two changes.
            for (int seen = starts.get(); starts.get() < seen + 2 && !starting.isDone(); ) {
                Thread.onSpinWait();
            }
        }
        ended.set(true);

        starting.get();
        encrypted.retire();
        assertThat(token(encrypted, "payment.1")).isEqualTo(before);
    }

    private boolean isRead(String before) {
        try {
            return token(encrypted, "payment.1").equals(before);
        } catch (KeysMissingException e) {
            return false;
        }
    }

    @Test
    void shouldPrintNothingOfAKey() throws Exception {
        Pseudonyms.create(encrypted, NAMES);

        assertThat(encrypted).hasToString("KeyFiles[" + keys + "]");
    }
}
