package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.prf.PredefinedPrfParameters;
import com.google.crypto.tink.prf.PrfConfig2026;
import com.google.crypto.tink.prf.PrfSet;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AesCmacTest {

    @Test
    void shouldBeThePrfThatTinkComputes() throws Exception {
        Random random = new Random(1);
        for (int k = 0; k < 20; k++) {
            KeysetHandle keyset = KeysetHandle.generateNew(PredefinedPrfParameters.AES_CMAC_PRF, PrfConfig2026.get());
            PrfSet tink = keyset.getPrimitive(PrfConfig2026.get(), PrfSet.class);
            AesCmac ours = new AesCmac(keyset);
            for (int length = 0; length < 600; length += 1 + length / 50) {
                byte[] text = new byte[length];
                random.nextBytes(text);
                byte[] input = new byte[length + 18];
                input[0] = 'c';
                input[2] = 7;
                System.arraycopy(text, 0, input, 18, length);
                byte[] salt = Arrays.copyOfRange(input, 2, 18);
                String expected =
                        Base64.getUrlEncoder().withoutPadding().encodeToString(tink.computePrimary(input, 16));

                byte[] token = ours.token(new byte[] {'c'}, salt, text, 0, length);

                assertThat(new String(token, StandardCharsets.US_ASCII))
                        .as("%d bytes", length)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldRefuseAKeyOfAnotherKind() throws Exception {
        KeysetHandle keyset = KeysetHandle.generateNew(PredefinedPrfParameters.HMAC_SHA256_PRF, PrfConfig2026.get());

        assertThatThrownBy(() -> new AesCmac(keyset))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessage("the primary key is not one of AES-CMAC as a PRF");
    }
}
