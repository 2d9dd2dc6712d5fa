package io.cloakroom.streams.demo;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.policy.Recipient;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.Labels;
import io.cloakroom.streams.AuditReader;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.demo.SampleData.Published;
import io.cloakroom.streams.gate.Topics;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/** Publishes the sample data as services would, waits until the gate has decided it all, and shows what came of it. */
public final class Demo {

    /** Long enough for a slow machine; a gate that is silent this long has failed. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int SLICES = 12;

    /** Of a list, one element shows the form of all. */
    private static final Pattern FURTHER = Pattern.compile(".*\\[[1-9]\\d*].*");

    private final Settings settings;
    private final Blueprint blueprint;
    private final PrintWriter out;
    private final PrintWriter err;

    public Demo(Settings settings, Blueprint blueprint, PrintWriter out, PrintWriter err) {
        this.settings = settings;
        this.blueprint = blueprint;
        this.out = out;
        this.err = err;
    }

    /** One event and where it came out, to show before and after. */
    private record Example(AuditEntry entry, RecipientDecision decision) {}

    /**
     * @param terminal whether progress can be drawn
     * @throws IllegalStateException if the broker refuses a record, or the gate falls silent
     */
    public void show(SampleData data, boolean terminal) throws KeysMissingException {
        out.println(data.describe());
        out.println();
        out.flush();
        OutcomeTable table = new OutcomeTable();
        Map<String, Example> examples = new LinkedHashMap<>();
        try (AuditReader audit = AuditReader.open(settings, true);
                KafkaProducer<String, Object> producer = producer();
                ProgressBar progress = progress(data.records().size(), terminal)) {
            for (List<Published> part : inParts(data.records())) {
                publish(part, producer);
                for (int undecided = part.size(); undecided > 0; ) {
                    List<AuditEntry> entries = await(audit);
                    for (AuditEntry entry : entries) {
                        table.add(entry);
                        entry.getDecisions().stream()
                                .filter(d -> d.getOutcome() == Outcome.RELEASE)
                                .forEach(d -> examples.merge(d.getRecipient(), new Example(entry, d), this::richer));
                    }
                    undecided -= entries.size();
                    progress.stepBy(entries.size());
                }
            }
        }
        out.println(table);
        out.println();
        Pseudonyms pseudonyms = Pseudonyms.load(settings.keyFiles(), blueprint.keyNames());
        try (KafkaConsumer<byte[], Object> reader = AuditReader.consumer(settings, false)) {
            examples.forEach((recipient, example) -> print(example, reader, pseudonyms));
        }
        out.flush();
    }

    /** The event with more fields shows more; of two of one type, the earlier. */
    private Example richer(Example one, Example other) {
        return fields(other) > fields(one) ? other : one;
    }

    private int fields(Example example) {
        return Labels.of(blueprint.schemas().get(type(example))).size();
    }

    private static String type(Example example) {
        String topic = example.entry().getTopic();
        return topic.substring(topic.indexOf('.') + 1);
    }

    private ProgressBar progress(long records, boolean terminal) {
        ProgressBarBuilder builder = new ProgressBarBuilder()
                .setTaskName("decided")
                .setStyle(ProgressBarStyle.ASCII)
                .setInitialMax(records);
        return terminal
                ? builder.build()
                : builder.setConsumer(new Lines(err))
                        .setUpdateIntervalMillis(2_000)
                        .build();
    }

    /**
     * The day in slices, of each first what people said and then what happened: a slice is decided before the next is
     * published, so that the same data have the same outcome however fast the machine is.
     */
    private static List<List<Published>> inParts(List<Published> day) {
        List<List<Published>> parts = new ArrayList<>();
        int slice = Math.max(1, day.size() / SLICES);
        for (int from = 0; from < day.size(); from += slice) {
            List<Published> records = day.subList(from, Math.min(day.size(), from + slice));
            Map<Boolean, List<Published>> said = records.stream()
                    .collect(Collectors.partitioningBy(r -> r.topic().equals(Topics.CONSENT_CHANGES)));
            parts.add(said.get(true));
            parts.add(said.get(false));
        }
        return parts;
    }

    private static List<AuditEntry> await(AuditReader audit) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < until) {
            List<AuditEntry> entries = audit.next();
            if (!entries.isEmpty()) {
                return entries;
            }
        }
        throw new IllegalStateException("no decision for " + PATIENCE.toSeconds() + " s");
    }

    private KafkaProducer<String, Object> producer() {
        Map<String, Object> config = settings.client();
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        AvroSerializer values = new AvroSerializer();
        values.configure(settings.client(), false);
        return new KafkaProducer<>(config, new StringSerializer(), values);
    }

    private static void publish(List<Published> records, KafkaProducer<String, Object> producer) {
        AtomicReference<Exception> failure = new AtomicReference<>();
        for (Published record : records) {
            producer.send(
                    new ProducerRecord<>(record.topic(), record.key(), record.value()),
                    (metadata, error) -> failure.compareAndSet(null, error));
        }
        producer.flush();
        if (failure.get() != null) {
            throw new IllegalStateException("the broker refused a record", failure.get());
        }
    }

    /** One record of a recipient, field by field: as it was published, and as the recipient reads it. */
    private void print(Example example, KafkaConsumer<byte[], Object> reader, Pseudonyms pseudonyms) {
        AuditEntry entry = example.entry();
        String name = example.decision().getRecipient();
        String type = type(example);
        Recipient recipient = blueprint
                .history()
                .atOrFirst(entry.getOccurredAt().toEpochMilli())
                .recipients()
                .get(name);
        String releaseId = new String(
                pseudonyms
                        .key(recipient.keyName())
                        .release(Pseudonyms.place(entry.getTopic(), entry.getPartition(), entry.getOffset())),
                StandardCharsets.US_ASCII);

        Map<String, String> before = new LinkedHashMap<>();
        flatten("", read(reader, entry.getTopic(), entry.getPartition(), entry.getOffset()), before);
        Map<String, String> after = new LinkedHashMap<>();
        flatten("", release(reader, name + "." + type, entry.getPartition(), releaseId), after);

        List<Map.Entry<String, String>> rows = before.entrySet().stream()
                .filter(row -> !FURTHER.matcher(row.getKey()).matches())
                .toList();
        out.println(name + " reads " + name + "." + type + ", "
                + String.join(", ", example.decision().getPurposes()) + " ("
                + example.decision().getClause() + ")");
        out.println(AsciiTable.builder()
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS)
                .data(
                        rows,
                        List.of(
                                column("field").with(Map.Entry::getKey),
                                column("published").with(Map.Entry::getValue),
                                column("released").with(row -> after.getOrDefault(row.getKey(), "–"))))
                .asString());
        out.println();
    }

    private static Column column(String header) {
        return new Column()
                .header(header)
                .headerAlign(HorizontalAlign.LEFT)
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(60);
    }

    private static IndexedRecord read(KafkaConsumer<byte[], Object> reader, String topic, int partition, long offset) {
        return find(reader, topic, partition, offset, record -> true);
    }

    private static IndexedRecord release(
            KafkaConsumer<byte[], Object> reader, String topic, int partition, String releaseId) {
        return find(
                reader,
                topic,
                partition,
                0,
                record ->
                        releaseId.equals(((IndexedRecord) record.value()).get(0).toString()));
    }

    private static IndexedRecord find(
            KafkaConsumer<byte[], Object> reader,
            String topic,
            int partition,
            long from,
            Predicate<ConsumerRecord<byte[], Object>> wanted) {
        TopicPartition place = new TopicPartition(topic, partition);
        reader.assign(List.of(place));
        reader.seek(place, from);
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < until) {
            for (ConsumerRecord<byte[], Object> record : reader.poll(Duration.ofMillis(200))) {
                if (wanted.test(record)) {
                    return (IndexedRecord) record.value();
                }
            }
        }
        throw new IllegalStateException("the audit names a release that " + place + " does not hold");
    }

    private static void flatten(String path, Object value, Map<String, String> fields) {
        if (value instanceof IndexedRecord record) {
            for (Schema.Field field : record.getSchema().getFields()) {
                boolean isTime = field.schema().toString().contains("timestamp-millis");
                Object inside = record.get(field.pos());
                flatten(
                        path.isEmpty() ? field.name() : path + "." + field.name(),
                        isTime && inside instanceof Long time ? Instant.ofEpochMilli(time) : inside,
                        fields);
            }
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                flatten(path + "[" + i + "]", list.get(i), fields);
            }
        } else if (value != null) {
            fields.put(path, value.toString());
        }
    }

    /** Progress where there is no terminal: a line now and then. */
    private record Lines(PrintWriter err) implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return 80;
        }

        @Override
        public void accept(String rendered) {
            err.println(rendered);
            err.flush();
        }

        @Override
        public void close() {}
    }
}
