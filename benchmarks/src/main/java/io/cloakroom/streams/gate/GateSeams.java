package io.cloakroom.streams.gate;

import io.cloakroom.benchmarks.Fixture;
import io.cloakroom.benchmarks.Fixture.Published;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Event;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Recipient;
import io.cloakroom.schemas.AvroWire;
import io.cloakroom.streams.gate.AuditChain.Decided;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Bytes;
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
            gate = new GateProcessor(fixture.parts(), GateTopology.betweenSigns(Forgetting.EVERY));
            context.addStateStore(new MapStore<String, byte[]>(People.STORE));
            context.addStateStore(new MapStore<Bytes, byte[]>(Waiting.STORE));
            context.addStateStore(new MapStore<Bytes, byte[]>(AuditChain.STORE));
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

    /** The releases of an order, from what was scanned to their bytes. */
    public static final class Written {

        private final EventPlan plan;
        private final List<byte[]> orders;
        private final List<Release> proofs;
        private final Map<Recipient, Pseudonyms.Key> keys = new HashMap<>();
        private final byte[] salt = new byte[Person.SALT_LENGTH];
        private int next;

        public Written(Fixture fixture) throws IOException {
            GateParts parts = fixture.parts();
            plan = plan(parts);
            orders = fixture.orders().stream().map(Published::value).toList();
            proofs = proofs(parts, plan, orders.get(0));
            proofs.forEach(proof -> keys.put(
                    proof.recipient(), parts.pseudonyms().key(proof.recipient().keyName())));
        }

        /** @return bytes of all releases of the next order */
        public int next() throws IOException {
            next = (next + 1) % orders.size();
            plan.scan(orders.get(next), AvroWire.HEADER_LENGTH);
            Releases releases = plan.releases(salt);
            for (Release proof : proofs) {
                Pseudonyms.Key key = keys.get(proof.recipient());
                byte[] id = key.release(Pseudonyms.place("events.order", 0, next));
                releases.add(
                        proof,
                        plan.form(proof),
                        key,
                        WireWriter.header(1),
                        id,
                        OptionalLong.empty(),
                        key.subject(id, salt));
            }
            plan.write();
            int bytes = 0;
            for (int i = 0; i < releases.count(); i++) {
                bytes += releases.target(i).out.toBytes().length;
            }
            return bytes;
        }
    }

    /** The audit entry of an order of five releases, and its place in the chain. */
    public static final class Audit {

        private final AuditChain chain;
        private final List<Decided> decisions;
        private final Optional<Policy> policy;
        private final long now = System.currentTimeMillis();
        private long offset;

        public Audit(Fixture fixture) throws IOException {
            GateParts parts = fixture.parts();
            EventPlan plan = plan(parts);
            decisions = proofs(parts, plan, fixture.orders().get(0).value()).stream()
                    .map(proof -> Decided.as(proof, plan.form(proof)))
                    .toList();
            policy = parts.engine().history().at(now);
            chain = new AuditChain(
                    new MapStore<>(AuditChain.STORE),
                    WireWriter.header(1),
                    parts.engine().history());
        }

        /** @return the entry's length */
        public int next() {
            Place place = new Place("events.order", 0, offset++, now);
            return chain.append(new AuditChain.Entry(
                            EntryKind.EVENT,
                            place,
                            TOKEN,
                            Optional.of(now),
                            now,
                            policy,
                            Optional.empty(),
                            0,
                            decisions,
                            List.of()))
                    .length;
        }
    }

    private static final byte[] TOKEN = "a token of 22 letters.".getBytes(StandardCharsets.US_ASCII);

    private static EventPlan plan(GateParts parts) {
        Schema order = parts.schemas().get("order");
        return new EventPlan(Shapes.of("order", order), order, parts.engine().history());
    }

    private static List<Release> proofs(GateParts parts, EventPlan plan, byte[] order) throws IOException {
        long now = System.currentTimeMillis();
        Event event = plan.scan(order, AvroWire.HEADER_LENGTH).facts(now);
        Judgement judgement = parts.engine().decide(event, Fixture.person(event.brand()), now);
        return judgement.decisions().stream().map(d -> (Release) d).toList();
    }
}
