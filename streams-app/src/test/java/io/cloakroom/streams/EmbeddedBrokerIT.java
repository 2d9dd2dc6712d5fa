package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

@Timeout(120)
class EmbeddedBrokerIT {
    private static final String TOPIC = "events.order";

    @TempDir
    Path parent;

    @Test
    void shouldKeepCommittedRecordsOverARestartOnTheSameDirectory() throws Exception {
        Path directory = parent.resolve("broker");
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
                admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1)))
                        .all()
                        .get();
            }
            try (KafkaProducer<String, String> producer = transactionalProducer(broker)) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(TOPIC, "customer:1", "aborted"));
                producer.flush();
                producer.abortTransaction();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(TOPIC, "customer:1", "committed"));
                producer.commitTransaction();
            }
            assertThat(committedValues(broker)).containsExactly("committed");
        }
        try (EmbeddedBroker restarted = EmbeddedBroker.start(directory, 0)) {
            assertThat(committedValues(restarted)).containsExactly("committed");
        }
    }

    @Test
    void shouldSayThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Path directory = parent.resolve("broker");
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, taken.getLocalPort()))
                    .isInstanceOf(BindException.class)
                    .hasMessage("Port " + taken.getLocalPort()
                            + " of 127.0.0.1 is taken: stop what listens there, or choose another port.");
            assertThat(directory).doesNotExist();
        }
    }

    @Test
    void shouldLeaveADirectoryAloneThatHoldsSomethingElse() throws Exception {
        Files.writeString(parent.resolve("letter.txt"), "mine");
        assertThatThrownBy(() -> EmbeddedBroker.start(parent, 0))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining(parent + ": is not empty and holds no broker's data");
        assertThat(parent.resolve("meta.properties")).doesNotExist();
    }

    @Test
    void shouldNotTakeOverAnotherBrokersDirectory() throws Exception {
        Files.writeString(
                parent.resolve("meta.properties"), "version=1\nnode.id=2\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n");
        assertThatThrownBy(() -> EmbeddedBroker.start(parent, 0))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("The broker in " + parent + " did not start")
                .hasMessageContaining("node id");
    }

    @Test
    void shouldSayThatTheDirectoryIsInUse() throws Exception {
        Path directory = parent.resolve("broker");
        try (EmbeddedBroker first = EmbeddedBroker.start(directory, 0)) {
            assertThat(first.bootstrapServers()).startsWith("127.0.0.1:");
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            directory + ": is in use by another broker: stop that one, or choose another directory");
        }
    }

    @Test
    void shouldUseOnlySettingsThatThisBrokerKnows() {
        assertThat(EmbeddedBroker.settings(parent, 1, 2).stringPropertyNames())
                .isSubsetOf(CollectionConverters.asJava(KafkaConfig.configNames()));
    }

    private static KafkaProducer<String, String> transactionalProducer(EmbeddedBroker broker) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test"),
                new StringSerializer(),
                new StringSerializer());
    }

    private static List<String> committedValues(EmbeddedBroker broker) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed");
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            TopicPartition partition = new TopicPartition(TOPIC, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            Awaitility.await().until(() -> {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    values.add(record.value());
                }
                return consumer.position(partition) >= end;
            });
        }
        return values;
    }
}
