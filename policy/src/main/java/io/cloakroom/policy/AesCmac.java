package io.cloakroom.policy;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.prf.AesCmacPrfKey;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-CMAC (RFC 4493, NIST SP 800-38B) under a key of Tink's, as Tink's own PRF computes it. Tink's schedules the key anew
 * for each value when several keys take turns, which is 90 % of the cost; here it is scheduled once. For one thread.
 */
final class AesCmac {

    private static final int BLOCK = 16;
    private static final int TOKEN_LENGTH = 22;
    private static final byte[] BASE64URL = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private final SecretKeySpec key;

    /** XORed into a last block that is whole, or padded. */
    private final byte[] whole;

    private final byte[] padded;
    private final Cipher cipher;
    private byte[] blocks = new byte[16 * BLOCK];
    private byte[] encrypted = new byte[16 * BLOCK]; // in its own place a cipher would copy first

    /** @throws GeneralSecurityException if the primary key of the keyset is not for AES-CMAC as a PRF */
    AesCmac(KeysetHandle keyset) throws GeneralSecurityException {
        if (!(keyset.getPrimary().getKey() instanceof AesCmacPrfKey primary)) {
            throw new GeneralSecurityException("the primary key is not one of AES-CMAC as a PRF");
        }
        key = new SecretKeySpec(primary.getKeyBytes().toByteArray(InsecureSecretKeyAccess.get()), "AES");
        cipher = cipher();
        whole = doubled(cipher.doFinal(new byte[BLOCK]));
        padded = doubled(whole);
    }

    private AesCmac(AesCmac other) {
        key = other.key;
        whole = other.whole;
        padded = other.padded;
        cipher = cipher();
    }

    /** The same, for another thread. */
    AesCmac another() {
        return new AesCmac(this);
    }

    /** The MAC of category, a zero byte, salt and text: 22 letters of base64url, in ASCII. */
    byte[] token(byte[] category, byte[] salt, byte[] text, int start, int end) {
        int mac = mac(category, salt, text, start, end);
        return base64(encrypted, mac);
    }

    /** Likewise, its 16 bytes. */
    byte[] bits(byte[] category, byte[] salt, byte[] text, int start, int end) {
        int mac = mac(category, salt, text, start, end);
        return Arrays.copyOfRange(encrypted, mac, mac + BLOCK);
    }

    /** Gives where in {@link #encrypted} the MAC begins. */
    private int mac(byte[] category, byte[] salt, byte[] text, int start, int end) {
        int length = category.length + 1 + salt.length + end - start;
        int room = (length + BLOCK - 1) / BLOCK * BLOCK; // never 0: there is the zero byte
        if (blocks.length < room) {
            blocks = new byte[room];
            encrypted = new byte[room];
        }
        System.arraycopy(category, 0, blocks, 0, category.length);
        blocks[category.length] = 0;
        System.arraycopy(salt, 0, blocks, category.length + 1, salt.length);
        System.arraycopy(text, start, blocks, category.length + 1 + salt.length, end - start);
        if (length < room) {
            blocks[length] = (byte) 0x80;
            Arrays.fill(blocks, length + 1, room, (byte) 0);
        }
        byte[] last = length < room ? padded : whole;
        for (int i = 0; i < BLOCK; i++) {
            blocks[room - BLOCK + i] ^= last[i];
        }
        try {
            cipher.doFinal(blocks, 0, room, encrypted, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("whole blocks can be encrypted", e);
        }
        return room - BLOCK;
    }

    /** CBC from a zero block is the chain of CMAC; the last block of it is the MAC. */
    private Cipher cipher() {
        try {
            Cipher scheduled = Cipher.getInstance("AES/CBC/NoPadding");
            scheduled.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[BLOCK]));
            return scheduled;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES in CBC mode", e);
        }
    }

    /** Times x in GF(2^128). */
    private static byte[] doubled(byte[] block) {
        byte[] result = new byte[BLOCK];
        for (int i = 0; i < BLOCK; i++) {
            int carry = i + 1 < BLOCK ? (block[i + 1] & 0xff) >>> 7 : 0;
            result[i] = (byte) (block[i] << 1 | carry);
        }
        if (block[0] < 0) {
            result[BLOCK - 1] ^= (byte) 0x87;
        }
        return result;
    }

    /** Sixteen bytes: five times three and one. */
    private static byte[] base64(byte[] from, int start) {
        byte[] token = new byte[TOKEN_LENGTH];
        int next = 0;
        for (int i = start; i < start + BLOCK - 1; i += 3) {
            int three = (from[i] & 0xff) << 16 | (from[i + 1] & 0xff) << 8 | from[i + 2] & 0xff;
            token[next++] = BASE64URL[three >>> 18];
            token[next++] = BASE64URL[three >>> 12 & 0x3f];
            token[next++] = BASE64URL[three >>> 6 & 0x3f];
            token[next++] = BASE64URL[three & 0x3f];
        }
        int one = from[start + BLOCK - 1] & 0xff;
        token[next++] = BASE64URL[one >>> 2];
        token[next] = BASE64URL[one << 4 & 0x3f];
        return token;
    }

    private static byte[] bytes(String ascii) {
        return ascii.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
        return "AesCmac";
    }
}
