package io.cloakroom.streams.audit;

import io.cloakroom.streams.Settings;
import io.cloakroom.streams.audit.Signed.NotSignedException;
import io.cloakroom.streams.gate.Topics;
import java.security.PublicKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Keeps checkpoints in {@code audit.checkpoints} of another cluster: the same records, in the partitions of the same numbers. */
final class ClusterKeeper implements Keeper {

    private final Collection<PublicKey> own;
    private final ClusterReader reader;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    /**
     * @param signed where they come from
     * @param count partitions of the topic there
     * @throws ConfigException if the other one has not as many, or is the same
     */
    ClusterKeeper(Settings other, Collection<PublicKey> own, ClusterReader signed, int count)
            throws ExecutionException, InterruptedException {
        this.own = own;
        producer = producer(other);
        reader = new ClusterReader(other);
        try {
            check(signed, count);
        } catch (ExecutionException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void check(ClusterReader signed, int count) throws ExecutionException, InterruptedException {
        if (reader.clusterId().equals(signed.clusterId())) {
            throw new ConfigException("checkpoints are to be kept in another cluster, and this is the same");
        }
        int there = reader.count(Topics.CHECKPOINTS);
        if (there < count) {
            throw new ConfigException("the other cluster has "
                    + (there == 0
                            ? "no topic " + Topics.CHECKPOINTS
                            : there + " partitions of " + Topics.CHECKPOINTS + ", of which " + count + " are needed")
                    + ": make it there with kafka-topics.sh --create --topic " + Topics.CHECKPOINTS + " --partitions "
                    + count + " --config retention.ms=-1 --config retention.bytes=-1");
        }
    }

    /** What waits until every replica that is there has it. */
    static KafkaProducer<byte[], byte[]> producer(Settings settings) {
        Map<String, Object> config = new HashMap<>(settings.client());
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public Optional<Signed> last(int partition) throws NotSignedException {
        return reader.lastCheckpoint(partition, own);
    }

    @Override
    public void add(Signed signed) {
        producer.send(
                new ProducerRecord<>(Topics.CHECKPOINTS, signed.partition(), null, signed.bytes()), (place, error) -> {
                    if (error != null) {
                        failure.compareAndSet(null, error);
                    }
                });
    }

    @Override
    public void force() {
        producer.flush();
        if (failure.get() != null) {
            throw failure.get() instanceof KafkaException known
                    ? known
                    : new KafkaException("a checkpoint was not written to the other cluster", failure.get());
        }
    }

    @Override
    public void close() {
        producer.close();
        reader.close();
    }
}
