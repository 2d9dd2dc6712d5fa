package io.cloakroom.streams.cli;

import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.AuditReader;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.Topics;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "subject",
        description = "What the gate does for one person, cookie or device.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class SubjectCommand {

    private static final int NO = 1;

    @Spec
    private CommandSpec spec;

    @Command(
            name = "erase",
            description = {
                "Recalls every release about a subject and forgets it, but for what it refused. The same as a record in "
                        + Topics.SUBJECT_REQUESTS + ".",
                "Exit 1 if no gate has done it in time; the request stays, and a gate does it when it runs."
            },
            mixinStandardHelpOptions = true)
    int erase(
            @Parameters(paramLabel = "KEY", description = "customer:<id>, cookie:<id> or device:<id>.") String key,
            @Mixin Connection connection,
            @Option(
                            names = "--within",
                            paramLabel = "SECONDS",
                            defaultValue = "30",
                            description = "How long to wait for the gate (default: ${DEFAULT-VALUE}).")
                    int seconds,
            @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        if (!Topics.isSubjectKey(key)) {
            throw new ParameterException(
                    spec.commandLine(), "KEY: a subject key is customer:<id>, cookie:<id> or device:<id>");
        }
        Settings settings = connection.settings();
        try (AuditReader reader = AuditReader.open(settings, false)) {
            RecordMetadata place = publish(settings, key);
            Optional<AuditEntry> entry = await(reader, place, Duration.ofSeconds(seconds));
            print(place, entry, json);
            return entry.map(AuditEntry::getKind).equals(Optional.of(EntryKind.CONTROL)) ? 0 : NO;
        }
    }

    private static RecordMetadata publish(Settings settings, String key) throws Exception {
        AvroSerializer serializer = new AvroSerializer();
        serializer.configure(settings.client(), false);
        SubjectRequest request = new SubjectRequest(
                UUID.randomUUID().toString(), Instant.now().truncatedTo(ChronoUnit.MILLIS), key, RequestKind.ERASURE);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings.client(), new ByteArraySerializer(), new ByteArraySerializer())) {
            return producer.send(new ProducerRecord<>(
                            Topics.SUBJECT_REQUESTS,
                            key.getBytes(StandardCharsets.UTF_8),
                            serializer.serialize(Topics.SUBJECT_REQUESTS, request)))
                    .get();
        }
    }

    private static Optional<AuditEntry> await(AuditReader reader, RecordMetadata place, Duration within) {
        Instant deadline = Instant.now().plus(within);
        while (Instant.now().isBefore(deadline)) {
            for (AuditEntry entry : reader.next()) {
                if (entry.getTopic().equals(place.topic())
                        && entry.getPartition() == place.partition()
                        && entry.getOffset() == place.offset()) {
                    return Optional.of(entry);
                }
            }
        }
        return Optional.empty();
    }

    private void print(RecordMetadata place, Optional<AuditEntry> entry, boolean json) {
        PrintWriter out = spec.commandLine().getOut();
        List<RecallNote> recalls = entry.map(AuditEntry::getRecalls).orElse(List.of());
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("request", place.toString());
            document.put("erased", entry.isPresent());
            document.put(
                    "recalls",
                    recalls.stream()
                            .map(r -> Map.of(
                                    "recipient", r.getRecipient(),
                                    "epoch", r.getEpoch(),
                                    "purpose", r.getPurpose(),
                                    "possible", r.getPossible()))
                            .toList());
            out.println(Json.of(document));
            return;
        }
        out.println(
                entry.isPresent()
                        ? "erased: " + place
                        : "not erased yet: " + place
                                + " waits; is a gate running? cloakroom audit tail shows its entry");
        recalls.forEach(r -> out.println((r.getPossible() ? "recalled: " : "cannot be recalled: ") + r.getRecipient()
                + " for " + r.getPurpose()));
    }
}
