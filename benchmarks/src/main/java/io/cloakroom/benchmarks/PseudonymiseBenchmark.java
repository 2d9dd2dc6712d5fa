package io.cloakroom.benchmarks;

import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.prf.PredefinedPrfParameters;
import com.google.crypto.tink.prf.PrfConfig2026;
import com.google.crypto.tink.prf.PrfSet;
import io.cloakroom.policy.Pseudonyms;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One pseudonym: as the gate makes it, and the pseudorandom functions it could be made with. */
@State(Scope.Thread)
public class PseudonymiseBenchmark {

    private static final int LENGTH = 16;

    private final byte[] salt = new byte[16];
    /** A category, a zero, a salt and an identifier: as long as the gate's inputs are. */
    private final byte[] input = new byte[45];

    private Pseudonyms.Key key;
    private PrfSet cmac;
    private PrfSet hmac;
    private Mac raw;

    @Setup
    public void setUp() throws GeneralSecurityException {
        key = new Fixture().parts().pseudonyms().key("analytics.1");
        Configuration tink = PrfConfig2026.get();
        cmac = KeysetHandle.generateNew(PredefinedPrfParameters.AES_CMAC_PRF, tink)
                .getPrimitive(tink, PrfSet.class);
        hmac = KeysetHandle.generateNew(PredefinedPrfParameters.HMAC_SHA256_PRF, tink)
                .getPrimitive(tink, PrfSet.class);
        raw = Mac.getInstance("HmacSHA256");
        raw.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
        ThreadLocalRandom.current().nextBytes(input);
    }

    @Benchmark
    public String gate() {
        return key.token("order.id", "o-1h3k2j4h5k", salt);
    }

    @Benchmark
    public byte[] tinkAesCmac() throws GeneralSecurityException {
        return cmac.computePrimary(input, LENGTH);
    }

    @Benchmark
    public byte[] tinkHmacSha256() throws GeneralSecurityException {
        return hmac.computePrimary(input, LENGTH);
    }

    @Benchmark
    public byte[] javaHmacSha256() {
        return Arrays.copyOf(raw.doFinal(input), LENGTH);
    }
}
