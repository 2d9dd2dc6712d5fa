package io.cloakroom.policy;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import com.google.crypto.tink.prf.PrfConfig2026;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory of Tink keysets {@code <name>.json}, in the clear or encrypted under a key-encryption key (KEK), a keyset in a
 * file of its own. Each is bound to its name: one put in another's place is no key. Files are replaced as a whole, so that
 * whoever reads in between reads the old or the new one.
 */
public final class KeyFiles {

    static final Configuration PRF = PrfConfig2026.get();

    private static final Configuration AEAD = AeadConfig2026.get();
    private static final String ENDING = ".json";

    private final Path directory;
    private final Optional<Path> kek;

    /** @param kek the file of the key-encryption key; without one, keys stand in the clear */
    public KeyFiles(Path directory, Optional<Path> kek) {
        this.directory = directory;
        this.kek = kek;
    }

    Path file(String name) {
        return directory.resolve(name + ENDING);
    }

    /** @throws UnreadableException saying which file is not what it should be */
    Reader reader() throws UnreadableException {
        return kek.isEmpty() ? this::readClear : encrypted(readKek(kek.get()));
    }

    interface Reader {
        KeysetHandle read(String name) throws UnreadableException;
    }

    /** A key that cannot be had, with what to do about it. */
    static final class UnreadableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnreadableException(String message) {
            super(message);
        }
    }

    private Reader encrypted(KeysetHandle kekset) throws UnreadableException {
        Aead aead = aead(kekset);
        return name -> {
            try {
                return TinkJsonProtoKeysetFormat.parseEncryptedKeyset(text(name), aead, bound(name), PRF);
            } catch (GeneralSecurityException e) {
                throw new UnreadableException(file(name) + ": not encrypted under the key in " + kek.orElseThrow()
                        + "; what is in the clear is encrypted by: cloakroom keys rotate-kek");
            }
        };
    }

    private KeysetHandle readClear(String name) throws UnreadableException {
        try {
            return TinkJsonProtoKeysetFormat.parseKeyset(text(name), PRF, InsecureSecretKeyAccess.get());
        } catch (GeneralSecurityException e) {
            throw new UnreadableException(file(name)
                    + ": not a readable Tink PRF keyset; if it is encrypted, name the file of its key as"
                    + " cloakroom.keys.kek");
        }
    }

    private String text(String name) throws UnreadableException {
        try {
            return Files.readString(file(name));
        } catch (IOException e) {
            throw new UnreadableException(
                    file(name) + ": " + (Files.exists(file(name)) ? "cannot be read" : "no such key"));
        }
    }

    private KeysetHandle readKek(Path file) throws UnreadableException {
        try {
            return TinkJsonProtoKeysetFormat.parseKeyset(Files.readString(file), AEAD, InsecureSecretKeyAccess.get());
        } catch (IOException | GeneralSecurityException e) {
            throw new UnreadableException(file + ": "
                    + (Files.exists(file) ? "not a readable Tink AEAD keyset" : "no such key-encryption key"));
        }
    }

    private static Aead aead(KeysetHandle kekset) throws UnreadableException {
        try {
            return kekset.getPrimitive(AEAD, Aead.class);
        } catch (GeneralSecurityException e) {
            throw new UnreadableException("the key-encryption key cannot be used: " + e.getMessage());
        }
    }

    private static byte[] bound(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Makes what is missing of the given names, and the key-encryption key if its file is not there.
     *
     * @return the files made
     */
    List<Path> create(Iterable<String> names, Making making) throws IOException {
        Files.createDirectories(directory);
        List<Path> made = new ArrayList<>();
        try {
            if (kek.isPresent() && !Files.exists(kek.get())) {
                checkThatNothingIsEncrypted();
                writeKek(KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM, AEAD));
                made.add(kek.get());
            }
            for (String name : names) {
                if (!Files.exists(file(name))) {
                    write(name, making.make());
                    made.add(file(name));
                }
            }
        } catch (GeneralSecurityException | UnreadableException e) {
            throw new IOException("cannot make keys in " + directory + ": " + e.getMessage(), e);
        }
        return made;
    }

    /** Another key-encryption key in place of one that is lost would hide that it is. */
    private void checkThatNothingIsEncrypted() throws IOException, UnreadableException {
        for (String name : names()) {
            if (!isClear(name)) {
                throw new UnreadableException(file(name) + " is encrypted, and its key-encryption key is not in "
                        + kek.orElseThrow() + ", where it should be");
            }
        }
    }

    interface Making {
        KeysetHandle make() throws GeneralSecurityException;
    }

    private void write(String name, KeysetHandle keyset)
            throws IOException, GeneralSecurityException, UnreadableException {
        String text = kek.isPresent()
                ? TinkJsonProtoKeysetFormat.serializeEncryptedKeyset(keyset, aead(readKek(kek.get())), bound(name), PRF)
                : TinkJsonProtoKeysetFormat.serializeKeyset(keyset, PRF, InsecureSecretKeyAccess.get());
        replace(file(name), text);
    }

    private void writeKek(KeysetHandle kekset) throws IOException, GeneralSecurityException {
        replace(
                kek.orElseThrow(),
                TinkJsonProtoKeysetFormat.serializeKeyset(kekset, AEAD, InsecureSecretKeyAccess.get()));
    }

    private static void replace(Path file, String text) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        Path half = Files.createTempFile(parent, file.getFileName().toString(), ".half"); // readable by its owner only
        Files.writeString(half, text);
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Makes a new key-encryption key and encrypts every key under it, those in the clear, too. The old one stays beside it in
     * its file until {@link #retire}, for whoever still has files of before. Safe to repeat.
     *
     * @return the files written
     * @throws IOException naming the file that cannot be read; nothing is lost
     */
    public List<Path> rotate() throws IOException {
        Path file = kekFile();
        List<Path> written = new ArrayList<>();
        try {
            KeysetHandle.Builder next = KeysetHandle.newBuilder();
            if (Files.exists(file)) {
                next = KeysetHandle.newBuilder(readKek(file));
            } else {
                checkThatNothingIsEncrypted();
            }
            next.addEntry(KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                    .withRandomId()
                    .makePrimary());
            writeKek(next.setConfiguration(AEAD).build());
            written.add(file);
            Reader encrypted = reader();
            for (String name : names()) {
                write(name, isClear(name) ? readClear(name) : encrypted.read(name));
                written.add(file(name));
            }
        } catch (GeneralSecurityException | UnreadableException e) {
            throw new IOException(e.getMessage(), e);
        }
        return written;
    }

    /**
     * Forgets all key-encryption keys but the newest.
     *
     * @throws IOException naming a file that still needs one of them; then nothing is done
     */
    public void retire() throws IOException {
        Path file = kekFile();
        try {
            KeysetHandle all = readKek(file);
            KeysetHandle newest = KeysetHandle.newBuilder()
                    .addEntry(KeysetHandle.importKey(all.getPrimary().getKey())
                            .withFixedId(all.getPrimary().getId())
                            .makePrimary())
                    .setConfiguration(AEAD)
                    .build();
            Reader alone = encrypted(newest);
            for (String name : names()) {
                alone.read(name);
            }
            writeKek(newest);
        } catch (GeneralSecurityException | UnreadableException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Path kekFile() throws IOException {
        return kek.orElseThrow(() -> new IOException("name the file of the key-encryption key as cloakroom.keys.kek"));
    }

    private boolean isClear(String name) throws UnreadableException {
        return !text(name).contains("\"encryptedKeyset\"");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(ENDING))
                    .filter(n -> kek.isEmpty()
                            || !directory
                                    .resolve(n)
                                    .toAbsolutePath()
                                    .equals(kek.get().toAbsolutePath()))
                    .map(n -> n.substring(0, n.length() - ENDING.length()))
                    .sorted()
                    .toList();
        }
    }

    /** Where, and nothing of what. */
    @Override
    public String toString() {
        return "KeyFiles[" + directory + "]";
    }
}
