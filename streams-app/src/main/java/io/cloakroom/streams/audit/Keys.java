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

/**
 * The Ed25519 key of checkpoints, in PEM: {@code checkpoint.1.pem} for the signer alone, {@code checkpoint.1.pub} to be given
 * away. Whoever has the first can say what the audit held; the gate does not need it.
 */
public final class Keys {

    /** The name of the key in force. */
    public static final String NAME = "checkpoint.1";

    static final String ALGORITHM = "Ed25519";

    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    private Keys() {}

    /**
     * Makes both files if the first is not there.
     *
     * @return the files made
     */
    public static List<Path> create(Path directory) throws IOException {
        Path secret = directory.resolve(NAME + ".pem");
        if (Files.exists(secret)) {
            return List.of();
        }
        Files.createDirectories(directory);
        KeyPair pair = generate();
        Files.writeString(publicFile(directory), pem(PUBLIC, pair.getPublic().getEncoded()));
        Path half = Files.createTempFile(directory, NAME, ".half"); // readable by its owner only
        Files.writeString(half, pem(PRIVATE, pair.getPrivate().getEncoded()));
        Files.move(half, secret, StandardCopyOption.ATOMIC_MOVE);
        return List.of(secret, publicFile(directory));
    }

    private static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java since 15 has " + ALGORITHM, e);
        }
    }

    /** Where {@link #create} puts what is given away. */
    public static Path publicFile(Path directory) {
        return directory.resolve(NAME + ".pub");
    }

    /** @throws IOException if the file is not there or no such key */
    public static PrivateKey readPrivate(Path directory) throws IOException {
        Path file = directory.resolve(NAME + ".pem");
        if (!Files.exists(file)) {
            throw new IOException(file + ": no such key; make it with: cloakroom keys create");
        }
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(read(file, PRIVATE)));
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
