package io.cloakroom.streams.cli;

import io.cloakroom.control.RequestKind;
import io.cloakroom.control.SubjectRequest;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.streams.AuditReader;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Coordinates;
import io.cloakroom.streams.ErasureBound;
import io.cloakroom.streams.ErasureBound.Holder;
import io.cloakroom.streams.ErasureBound.Place;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.gate.Forgetting;
import io.cloakroom.streams.gate.Topics;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
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
        synopsisSubcommandLabel = "COMMAND",
        subcommands = SubjectShow.class)
public final class SubjectCommand {

    private static final int NO = 1;

    @Spec
    private CommandSpec spec;

    @Command(
            name = "erase",
            description = {
                "Recalls every release about a subject and forgets it, but for what it refused. The same as a record in "
                        + Topics.SUBJECT_REQUESTS + ".",
                "Says where copies still lie, and how long at most, by the settings of the topics.",
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
        check(spec, key);
        Settings settings = connection.settings();
        Requested requested = request(settings, key, RequestKind.ERASURE, Duration.ofSeconds(seconds));
        print(requested, requested.isTaken() ? copies(settings) : List.of(), json);
        return requested.isTaken() ? 0 : NO;
    }

    static void check(CommandSpec spec, String key) {
        if (!Topics.isSubjectKey(key)) {
            throw new ParameterException(
                    spec.commandLine(), "KEY: a subject key is customer:<id>, cookie:<id> or device:<id>");
        }
    }

    /**
     * A request, and what came of it.
     *
     * @param place of the record in {@link Topics#SUBJECT_REQUESTS}
     * @param entry empty if none came in time
     */
    record Requested(Coordinates place, Optional<AuditEntry> entry) {

        boolean isTaken() {
            return entry.map(AuditEntry::getKind).equals(Optional.of(EntryKind.CONTROL));
        }

        String whyNot() {
            return entry.isPresent()
                    ? place + " is quarantined; cloakroom audit tail shows why"
                    : place + " waits; is a gate running? cloakroom audit tail shows its entry";
        }
    }

    /** Publishes a request and waits until a gate has decided it. */
    static Requested request(Settings settings, String key, RequestKind kind, Duration within) throws Exception {
        try (AuditReader reader = AuditReader.open(settings, false)) {
            RecordMetadata place = publish(settings, key, kind);
            return new Requested(
                    new Coordinates(place.topic(), place.partition(), place.offset()), await(reader, place, within));
        }
    }

    /** It is erased, whether this can be read or not. */
    private List<Place> copies(Settings settings) throws InterruptedException {
        try {
            return ErasureBound.read(settings, Blueprint.load(settings.policies()), Forgetting.EVERY);
        } catch (ExecutionException | PolicyRefusedException | KafkaException e) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "how long copies still lie is not known: the settings of topics and brokers cannot be read: "
                                    + e.getMessage());
            return List.of();
        }
    }

    private static RecordMetadata publish(Settings settings, String key, RequestKind kind) throws Exception {
        AvroSerializer serializer = new AvroSerializer();
        serializer.configure(settings.client(), false);
        SubjectRequest request = new SubjectRequest(
                UUID.randomUUID().toString(), Instant.now().truncatedTo(ChronoUnit.MILLIS), key, kind);
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

    private void print(Requested requested, List<Place> copies, boolean json) {
        PrintWriter out = spec.commandLine().getOut();
        List<RecallNote> recalls = requested.entry().map(AuditEntry::getRecalls).orElse(List.of());
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("request", requested.place().toString());
            document.put("erased", requested.isTaken());
            document.put(
                    "recalls",
                    recalls.stream()
                            .map(r -> Map.of(
                                    "recipient", r.getRecipient(),
                                    "epoch", r.getEpoch(),
                                    "purpose", r.getPurpose(),
                                    "possible", r.getPossible()))
                            .toList());
            document.put("copies", copies.stream().map(SubjectCommand::json).toList());
            out.println(Json.of(document));
            return;
        }
        if (requested.isTaken()) {
            out.println("erased: " + requested.place());
        } else {
            out.println((requested.entry().isPresent() ? "not erased: " : "not erased yet: ") + requested.whyNot());
        }
        recalls.forEach(r -> out.println((r.getPossible() ? "recalled: " : "cannot be recalled: ") + r.getRecipient()
                + " for " + r.getPurpose()));
        if (!copies.isEmpty()) {
            print(out, copies, Holder.GATE, "the gate's copies");
            print(out, copies, Holder.PUBLISHERS, "in the topics of publishers");
            print(out, copies, Holder.RECIPIENTS, "in the topics of recipients, recalled");
        }
    }

    /** Each place of the gate's own; of others' topics those from which nothing ever goes. */
    private static void print(PrintWriter out, List<Place> copies, Holder holder, String what) {
        out.println(what + ": " + within(ErasureBound.longest(copies, holder)));
        copies.stream()
                .filter(copy -> copy.holder() == holder)
                .filter(copy -> holder == Holder.GATE || copy.within().isEmpty())
                .forEach(copy -> out.println("  " + copy.name() + ": " + within(copy.within()) + ": " + copy.why()));
    }

    private static String within(Optional<Duration> within) {
        return within.map(w -> "gone within " + ErasureBound.words(w)).orElse("never gone");
    }

    private static Map<String, Object> json(Place copy) {
        Map<String, Object> place = new LinkedHashMap<>();
        place.put("place", copy.name());
        place.put("holder", copy.holder().name().toLowerCase(Locale.ROOT));
        place.put(
                "withinSeconds",
                copy.within().map(w -> w.plusMillis(999).toSeconds()).orElse(null));
        place.put("why", copy.why());
        return place;
    }
}
