package io.cloakroom.streams.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The Ed25519 keys of checkpoints, in PEM: {@code checkpoint.1.pem} for the signer alone, {@code checkpoint.1.pub} to be given
 * away, then {@code checkpoint.2}, and so on; the last one signs. Whoever has it can say what the audit held; the gate does
 * not need it.
 */
public final class Keys {

    private static final Pattern NAME = Pattern.compile("checkpoint\\.([1-9][0-9]{0,8})\\.(pem|pub)");

    static final String ALGORITHM = "Ed25519";

    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    private Keys() {}

    /**
     * What signs checkpoints.
     *
     * @param name as it stands in them, for whoever looks for the public key
     */
    public record Signing(String name, PrivateKey key) {
        /** Says nothing of the key. */
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * Makes the first pair if there is none.
     *
     * @return the files made
     */
    public static List<Path> create(Path directory) throws IOException {
        Files.createDirectories(directory);
        return numbers(directory, "pem").isEmpty() ? createNext(directory) : List.of();
    }

    /**
     * Makes the next pair, which signs from the signer's next start on. What the ones before signed stays signed.
     *
     * @return the files made
     */
    public static List<Path> createNext(Path directory) throws IOException {
        Files.createDirectories(directory);
        SortedSet<Integer> numbers = numbers(directory, "pem");
        numbers.addAll(numbers(directory, "pub"));
        return create(directory, numbers.isEmpty() ? 1 : numbers.last() + 1);
    }

    private static List<Path> create(Path directory, int number) throws IOException {
        Path secret = file(directory, number, "pem");
        Path given = file(directory, number, "pub");
        KeyPair pair = generate();
        Files.writeString(given, pem(PUBLIC, pair.getPublic().getEncoded()));
        Path half = Files.createTempFile(directory, "checkpoint", ".half"); // readable by its owner only
        Files.writeString(half, pem(PRIVATE, pair.getPrivate().getEncoded()));
        Files.move(half, secret, StandardCopyOption.ATOMIC_MOVE);
        return List.of(secret, given);
    }

    private static Path file(Path directory, int number, String ending) {
        return directory.resolve(name(number) + "." + ending);
    }

    private static String name(int number) {
        return "checkpoint." + number;
    }

    private static SortedSet<Integer> numbers(Path directory, String ending) throws IOException {
        if (!Files.isDirectory(directory)) {
            return new TreeSet<>();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> NAME.matcher(file.getFileName().toString()))
                    .filter(name -> name.matches() && name.group(2).equals(ending))
                    .map(name -> Integer.valueOf(name.group(1)))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java since 15 has " + ALGORITHM, e);
        }
    }

    /** What was given away so far, the last one last. */
    public static List<Path> publicFiles(Path directory) throws IOException {
        return numbers(directory, "pub").stream()
                .map(number -> file(directory, number, "pub"))
                .toList();
    }

    /**
     * The one that signs.
     *
     * @throws IOException if there is none
     */
    public static Signing readSigning(Path directory) throws IOException {
        SortedSet<Integer> numbers = numbers(directory, "pem");
        int number = numbers.isEmpty() ? 1 : numbers.last();
        Path file = file(directory, number, "pem");
        if (numbers.isEmpty()) {
            throw new IOException(file + ": no such key; make it with: cloakroom keys create");
        }
        try {
            return new Signing(
                    name(number),
                    KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(read(file, PRIVATE))));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": not an " + ALGORITHM + " private key", e);
        }
    }

    /** @throws IOException if the file is not there or no such key */
    public static PublicKey readPublic(Path file) throws IOException {
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(read(file, PUBLIC)));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": not an " + ALGORITHM + " public key", e);
        }
    }

    private static String pem(String what, byte[] key) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key) + "\n-----END " + what + "-----\n";
    }

    private static byte[] read(Path file, String what) throws IOException {
        String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        String begin = "-----BEGIN " + what + "-----";
        String end = "-----END " + what + "-----";
        if (!text.startsWith(begin) || !text.endsWith(end)) {
            throw new IOException(file + ": not a " + what.toLowerCase(Locale.ROOT) + " in PEM");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(begin.length(), text.length() - end.length()));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": not a " + what.toLowerCase(Locale.ROOT) + " in PEM", e);
        }
    }
}
