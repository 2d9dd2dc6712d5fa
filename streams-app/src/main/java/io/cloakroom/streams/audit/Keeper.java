package io.cloakroom.streams.audit;

import io.cloakroom.streams.audit.Signed.NotSignedException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;

/** Keeps checkpoints where whoever rules the cluster that they are about cannot write: another domain of trust. */
interface Keeper extends AutoCloseable {

    /**
     * The last one of a partition that it has.
     *
     * @throws NotSignedException if that is none, or signed with none of the signer's keys
     */
    Optional<Signed> last(int partition) throws NotSignedException;

    /** @throws UncheckedIOException if it cannot be written */
    void add(Signed signed);

    /**
     * Makes safe what was added.
     *
     * @throws UncheckedIOException if it was not written
     * @throws KafkaException likewise
     */
    void force();

    @Override
    void close();
}
