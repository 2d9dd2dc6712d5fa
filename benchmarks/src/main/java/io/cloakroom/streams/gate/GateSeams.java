package io.cloakroom.streams.gate;

import io.cloakroom.benchmarks.Fixture;
import io.cloakroom.benchmarks.Fixture.Published;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.generic.GenericData;
import org.apache.avro.specific.SpecificData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** What the benchmarks need of the gate and nobody else sees: a change in there changes this file and no other. */
public final class GateSeams {

    private GateSeams() {}

    /** The whole way of an order but for the broker: decode, decide, releases, pseudonyms, audit entry; people in memory. */
    public static final class Way {

        private final MockProcessorContext<byte[], Outgoing> context = new MockProcessorContext<>();
        private final GateProcessor gate;
        private final List<Published> orders;
        private final long now = System.currentTimeMillis();
        private int next;
        private long offset;

        public Way(Fixture fixture) {
            gate = new GateProcessor(fixture.parts());
            context.addStateStore(new MapStore<String, Person>(GateTopology.PEOPLE));
            context.addStateStore(new MapStore<String, byte[]>(AuditChain.STORE));
            context.setCurrentSystemTimeMs(now);
            gate.init(context);
            fixture.consents().forEach(consent -> process(Topics.CONSENT_CHANGES, consent));
            orders = fixture.orders();
        }

        /** @return how many records came of the next order */
        public int next() {
            next = (next + 1) % orders.size();
            return process(Topics.events("order"), orders.get(next));
        }

        private int process(String topic, Published published) {
            Input input = new Input(published.value());
            Input.BY_ARRIVAL.extract(
                    new ConsumerRecord<>(
                            topic,
                            0,
                            offset,
                            now,
                            TimestampType.LOG_APPEND_TIME,
                            0,
                            0,
                            null,
                            input,
                            new RecordHeaders(),
                            Optional.empty()),
                    0);
            context.setRecordMetadata(topic, 0, offset++);
            gate.process(new Record<>(published.key(), input, now));
            int records = context.forwarded().size();
            context.resetForwards();
            return records;
        }
    }

    /** The releases of an order, from what was decoded to their bytes. */
    public static final class Releases {

        private record Exit(Projection projection, WireWriter writer, Release proof) {}

        private final List<Exit> exits = new ArrayList<>();
        private final List<WireReader.Read> orders = new ArrayList<>();
        private final byte[] salt = new byte[Person.SALT_LENGTH];
        private final GateParts parts;
        private int next;

        public Releases(Fixture fixture) {
            parts = fixture.parts();
            WireReader reader = new WireReader(parts.registry(), parts.schemas().get("order"), GenericData.get());
            fixture.orders().forEach(order -> orders.add((WireReader.Read) reader.read(order.value())));
            for (Release proof : proofs(parts, orders.get(0))) {
                parts.projections().stream()
                        .filter(p -> p.access() == proof.access())
                        .forEach(p -> exits.add(new Exit(p, new WireWriter(1, p.schema(), GenericData.get()), proof)));
            }
        }

        /** @return bytes of all releases of the next order */
        public int next() {
            next = (next + 1) % orders.size();
            int bytes = 0;
            for (Exit exit : exits) {
                var key = parts.pseudonyms().key(exit.proof().recipient().keyName());
                bytes += exit.writer()
                        .write(exit.projection()
                                .write(exit.proof(), orders.get(next).value(), "release", key, salt))
                        .length;
            }
            return bytes;
        }
    }

    /** The audit entry of an order of five releases, and its place in the chain. */
    public static final class Audit {

        private final AuditChain chain;
        private final List<Release> decisions;
        private final Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        private long offset;

        public Audit(Fixture fixture) {
            GateParts parts = fixture.parts();
            WireReader reader = new WireReader(parts.registry(), parts.schemas().get("order"), GenericData.get());
            decisions = proofs(
                    parts, (WireReader.Read) reader.read(fixture.orders().get(0).value()));
            chain = new AuditChain(
                    new MapStore<>(AuditChain.STORE),
                    new WireWriter(1, AuditEntry.SCHEMA$, SpecificData.getForSchema(AuditEntry.SCHEMA$)));
        }

        /** @return the entry's length */
        public int next() {
            AuditEntry entry = new AuditEntry();
            entry.setKind(EntryKind.EVENT);
            entry.setTopic("events.order");
            entry.setOffset(offset++);
            entry.setOccurredAt(now);
            entry.setArrivedAt(now);
            entry.setDecidedAt(now);
            entry.setDecisions(decisions.stream().map(AuditEntries::of).toList());
            return chain.append(entry).length;
        }
    }

    private static List<Release> proofs(GateParts parts, WireReader.Read order) {
        long now = System.currentTimeMillis();
        Event event = Facts.of("order", order.value(), now, parts.engine().history());
        Judgement judgement = parts.engine().decide(event, Fixture.person(event.brand()), now);
        return judgement.decisions().stream().map(d -> (Release) d).toList();
    }
}
