package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloakroom.streams.EmbeddedBroker;
import io.cloakroom.streams.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reading past what nobody may see. */
@Timeout(180)
class ClusterReaderIT {

    private static final TopicPartition PLACE = new TopicPartition("events", 0);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    @TempDir
    private Path directory;

    /** In so small pieces that it takes about as long as the patience or longer, and not one of them brings a record. */
    @Test
    void shouldReadOverALongAbortedRangeAndEndOnlyWhereNothingMoves() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("broker"), 0)) {
            Settings settings = new Settings(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "max.partition.fetch.bytes", "1"));
            try (Admin admin = Admin.create(settings.client())) {
                admin.createTopics(List.of(new NewTopic(PLACE.topic(), 1, (short) 1)))
                        .all()
                        .get();
            }
            Map<String, Object> config = new HashMap<>(settings.client());
            config.putAll(Map.of("transactional.id", "shop", "batch.size", 0));
            try (KafkaProducer<byte[], byte[]> shop =
                            new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
                    ClusterReader reader = new ClusterReader(settings, PATIENCE)) {
                shop.initTransactions();
                shop.beginTransaction();
                for (int i = 0; i < 12_000; i++) {
                    shop.send(record());
                }
                shop.flush();
                shop.abortTransaction();
                shop.beginTransaction();
                shop.send(record());
                shop.commitTransaction();

                assertThat(read(reader)).isEqualTo(1);

                shop.beginTransaction();
                shop.send(record());
                shop.flush();
                assertThatThrownBy(() -> read(reader))
                        .isInstanceOf(ClusterReader.NothingMoreException.class)
                        .hasMessageContaining("[events-0] since 1 s: is a transaction open there?");
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record() {
        return new ProducerRecord<>(PLACE.topic(), new byte[] {1});
    }

    private static int read(ClusterReader reader) throws Exception {
        List<Object> read = new ArrayList<>();
        reader.read(Map.of(PLACE, 0L), reader.writtenEnds(List.of(PLACE)), read::add);
        return read.size();
    }
}
