package io.cloakroom.streams.gate;

import java.security.SecureRandom;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * The gate: takes every input record of a partition, decides, and writes what was decided — releases, one audit entry,
 * and where nothing could be decided its coordinates. All in the transaction of the input.
 */
final class GateProcessor implements Processor<byte[], Input, byte[], Outgoing> {

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final GateParts parts;
    private final long betweenSigns;
    private final SecureRandom random;

    // Made anew by init: a processor is used again after a rebalance.
    private ProcessorContext<byte[], Outgoing> context;
    private Events events;
    private Controls controls;
    private People people;
    private Waiting waiting;
    private Contacts contacts;
    private Replay replay;
    private Meters meters;
    private long nextSign;

    /** @param betweenSigns of life in the changelogs: a broker clears up behind new records only */
    GateProcessor(GateParts parts, Duration betweenSigns) {
        this(parts, betweenSigns, new SecureRandom());
    }

    /** @param random of salts and of the keys of what waits: whoever can foretell them can undo every pseudonym */
    GateProcessor(GateParts parts, Duration betweenSigns, SecureRandom random) {
        this.parts = parts;
        this.betweenSigns = betweenSigns.toMillis();
        this.random = random;
    }

    @Override
    public void init(ProcessorContext<byte[], Outgoing> context) {
        this.context = context;
        people = new People(
                context.getStateStore(People.STORE),
                parts.engine().history(),
                parts.pseudonyms().key(GateParts.AUDIT_KEY),
                random);
        waiting = new Waiting(context.getStateStore(Waiting.STORE), random);
        meters = new Meters(
                parts.meters(), parts.engine().history(), context.taskId().partition(), waiting);
        Outlet outlet = new Outlet(context, parts, meters);
        replay = new Replay(parts.pseudonyms());
        contacts = new Contacts(context.getStateStore(Contacts.STORE));
        events = new Events(parts, outlet, people, waiting, contacts);
        controls = new Controls(parts, outlet, people, contacts, events, replay, meters);
        context.schedule(BETWEEN_LOOKS, PunctuationType.WALL_CLOCK_TIME, this::look);
        nextSign = 0;
    }

    @Override
    public void close() {
        meters.close();
    }

    private void look(long now) {
        try {
            events.expire();
        } catch (RuntimeException e) {
            throw silent("among what waits in partition " + context.taskId().partition(), e);
        }
        if (now >= nextSign) {
            people.sign();
            waiting.sign();
            contacts.sign();
            nextSign = now + betweenSigns;
        }
    }

    @Override
    public void process(Record<byte[], Input> record) {
        RecordMetadata metadata = context.recordMetadata()
                .orElseThrow(() -> new IllegalStateException("a record without coordinates cannot be decided"));
        Input input = record.value();
        Place place = new Place(
                metadata.topic(),
                metadata.partition(),
                metadata.offset(),
                input.arrivedAt(),
                replay.of(metadata.topic(), record.key(), input.value(), record.headers()));
        try {
            switch (place.topic()) {
                case Topics.FORWARDS -> controls.arrive(place, record.key(), input.value());
                case Topics.CONSENT_CHANGES, Topics.IDENTITY_LINKS, Topics.SUBJECT_REQUESTS ->
                    controls.decide(place, record.key(), input.value());
                default -> events.decide(place, record.key(), input.value());
            }
        } catch (RuntimeException e) {
            throw silent("at " + place.topic() + "-" + place.partition() + "-" + place.offset(), e);
        }
    }

    /** What failed and where, without the words of the exception, unless it is Kafka's: they may be those of the record (C35). */
    private static RuntimeException silent(String where, RuntimeException e) {
        if (e instanceof KafkaException) {
            return e;
        }
        IllegalStateException silent =
                new IllegalStateException(e.getClass().getName() + " " + where + ", which is not decided");
        silent.setStackTrace(e.getStackTrace());
        return silent;
    }
}
