package io.cloakroom.streams.gate;

import io.cloakroom.gate.Forward;
import io.cloakroom.gate.Quarantined;
import io.cloakroom.gate.Recall;
import io.cloakroom.policy.Rule;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that leaves the gate. All of it is of the transaction of the input. */
final class Outlet {

    private static final Logger LOG = LoggerFactory.getLogger(Outlet.class);
    private static final byte[] NO_KEY = null;

    private final ProcessorContext<byte[], Outgoing> context;
    private final GateParts parts;
    private final Meters meters;
    private final AuditChain audit;
    private final WireWriter quarantine;
    private final WireWriter forwards;
    private final Map<String, WireWriter> recalls = new HashMap<>();

    Outlet(ProcessorContext<byte[], Outgoing> context, GateParts parts, Meters meters) {
        this.context = context;
        this.parts = parts;
        this.meters = meters;
        audit = new AuditChain(
                context.getStateStore(AuditChain.STORE),
                WireWriter.header(id(Topics.AUDIT, Topics.SCHEMAS.get(Topics.AUDIT))),
                parts.engine().history());
        quarantine = writer(Topics.QUARANTINE, Quarantined.SCHEMA$);
        forwards = writer(Topics.FORWARDS, Forward.SCHEMA$);
        for (String topic : Topics.recalls(parts.engine().history())) {
            recalls.put(topic, writer(topic, Recall.SCHEMA$));
        }
    }

    private int id(String topic, Schema schema) {
        return parts.registry().id(Topics.subject(topic), schema);
    }

    /** @param schema of the generated class; the registry has the same with its labels */
    WireWriter writer(String topic, Schema schema) {
        Schema registered = Topics.SCHEMAS.getOrDefault(topic, Topics.RECALL);
        return new WireWriter(id(topic, registered), schema, SpecificData.getForSchema(schema));
    }

    /** The gate's clock, in milliseconds since the epoch. */
    long now() {
        return context.currentSystemTimeMs();
    }

    int partition() {
        return context.taskId().partition();
    }

    void audit(AuditChain.Entry entry) {
        send(GateTopology.sink(Topics.AUDIT), NO_KEY, audit.append(entry), entry.decidedAt(), partition());
        meters.decided(entry.place().topic(), entry.decisions());
    }

    /** Coordinates and reason only: what the record says stays where it lies (T9). */
    void quarantine(Place place, Rule rule) {
        LOG.atWarn()
                .addKeyValue("topic", place.topic())
                .addKeyValue("partition", place.partition())
                .addKeyValue("offset", place.offset())
                .addKeyValue("rule", rule.id())
                .log(
                        Topics.CONTROL.contains(place.topic())
                                ? "control record undecided: its subject is blocked"
                                : "quarantined");
        meters.quarantined(place, rule);
        Quarantined quarantined = new Quarantined(
                place.topic(),
                place.partition(),
                place.offset(),
                Instant.ofEpochMilli(place.arrivedAt()),
                rule.id(),
                rule.remedy(),
                null);
        send(
                GateTopology.sink(Topics.QUARANTINE),
                NO_KEY,
                quarantine.write(quarantined),
                place.arrivedAt(),
                partition());
    }

    /** To the partition of whom it is about; false if it is too long for the topic, and then it is not sent. */
    boolean forward(byte[] key, Forward forward) {
        byte[] value = forwards.write(forward);
        if (key.length + value.length > parts.longestRelease().applyAsInt(Topics.FORWARDS)) {
            return false;
        }
        send(
                GateTopology.sink(Topics.FORWARDS),
                key,
                value,
                forward.getArrivedAt().toEpochMilli(),
                SubjectKey.partition(key, parts.partitions()));
        return true;
    }

    void recall(String recipient, byte[] pseudonym, Recall recall) {
        String topic = Topics.recalls(recipient);
        send(
                GateTopology.sink(topic),
                pseudonym,
                recalls.get(topic).write(recall),
                recall.getDecidedAt().toEpochMilli(),
                partition());
    }

    /** A new record: no header of the input goes with it (T7). */
    void send(String sink, byte[] key, byte[] value, long timestamp, int partition) {
        context.forward(new Record<>(key, new Outgoing(partition, value), timestamp), sink);
    }
}
