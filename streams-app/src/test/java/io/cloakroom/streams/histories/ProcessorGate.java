package io.cloakroom.streams.histories;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.policy.Rule;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.gate.Partitions;
import io.cloakroom.streams.gate.Partitions.Put;
import io.cloakroom.streams.gate.Partitions.Written;
import io.cloakroom.streams.gate.Topics;
import io.cloakroom.streams.histories.Step.Age;
import io.cloakroom.streams.histories.Step.Delivery;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Garbage;
import io.cloakroom.streams.histories.Step.Guardian;
import io.cloakroom.streams.histories.Step.Link;
import io.cloakroom.streams.histories.Step.Passing;
import io.cloakroom.streams.histories.Step.Said;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.avro.generic.IndexedRecord;

/** The gate's own processors, known by what they write. */
final class ProcessorGate implements Gate {

    private static final byte[] GARBAGE = {1, 2, 3};
    private static final Map<String, Rule> RULES =
            Arrays.stream(Rule.values()).collect(Collectors.toMap(Rule::id, Function.identity()));

    private final Partitions partitions;
    private final Function<Written, List<Written>> fault;
    private final Books books;
    private final Map<String, String> subjects = new HashMap<>();
    private final Records records = new Records(this::name);
    private final Map<Put, Integer> events = new HashMap<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<Recall> recalls = new ArrayList<>();
    private int read;

    /** @param partitions which begin anew */
    ProcessorGate(Partitions partitions) {
        this(partitions, List::of);
    }

    /** @param fault what becomes of a record on its way out */
    ProcessorGate(Partitions partitions, Function<Written, List<Written>> fault) {
        this.partitions = partitions;
        this.fault = fault;
        this.books = new Books(partitions);
        partitions.start(History.START);
    }

    @Override
    public void happen(int position, Step step) {
        if (step instanceof Event event) {
            events.put(publish(Topics.events(event.type()), event.subject(), records.event(event)), position);
        } else if (step instanceof Said said) {
            publish(Topics.CONSENT_CHANGES, said.subject(), records.change(said));
        } else if (step instanceof Age age) {
            publish(Topics.CONSENT_CHANGES, age.subject(), records.change(age));
        } else if (step instanceof Guardian guardian) {
            publish(Topics.CONSENT_CHANGES, guardian.subject(), records.change(guardian));
        } else if (step instanceof Link link) {
            publish(Topics.IDENTITY_LINKS, link.subject(), records.link(link));
        } else if (step instanceof Erasure erasure) {
            publish(Topics.SUBJECT_REQUESTS, erasure.subject(), records.request(erasure));
        } else if (step instanceof Garbage garbage) {
            books.arrived(partitions.publish(Topics.CONSENT_CHANGES, name(garbage.subject()), GARBAGE));
        } else if (step instanceof Delivery delivery) {
            partitions.deliver(name(delivery.from()), name(delivery.to()));
        } else if (step instanceof Passing passing) {
            partitions.pass(passing.time());
        }
        read(position);
    }

    private Put publish(String topic, String subject, IndexedRecord value) {
        Put put = partitions.publish(topic, name(subject), value);
        books.arrived(put);
        return put;
    }

    private String name(String subject) {
        String name = partitions.name(subject);
        subjects.put(name, subject);
        return name;
    }

    @Override
    public void settle(int position) {
        partitions.settle();
        read(position);
    }

    @Override
    public List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    @Override
    public List<Recall> recalls() {
        return List.copyOf(recalls);
    }

    @Override
    public List<String> faults() {
        return books.faults();
    }

    private void read(int position) {
        List<Written> written = partitions.written();
        for (; read < written.size(); read++) {
            fault.apply(written.get(read)).forEach(record -> read(position, record));
        }
        books.close();
    }

    private void read(int position, Written record) {
        if (record.topic().equals(Topics.AUDIT)) {
            AuditEntry entry = (AuditEntry) partitions.read(record);
            books.audited(record, entry);
            outcomes(position, entry);
        } else if (record.topic().startsWith(Topics.recalls(""))) {
            io.cloakroom.gate.Recall recall = (io.cloakroom.gate.Recall) partitions.read(record);
            books.recalled(record, recall);
            recalls.add(recall(position, record, recall));
        } else {
            books.wrote(record);
        }
    }

    private void outcomes(int position, AuditEntry entry) {
        for (RecipientDecision decision : entry.getDecisions()) {
            int event = events.get(new Put(entry.getTopic(), entry.getPartition(), entry.getOffset()));
            outcomes.add(new Outcome(event, position, decision.getRecipient(), verdict(decision)));
        }
    }

    private static Verdict verdict(RecipientDecision decision) {
        Set<Why> reason = switch (decision.getOutcome()) {
            case RELEASE -> Set.of();
            case WITHHOLD, HOLD ->
                Set.of(Why.valueOf(RULES.get(decision.getRule()).name()));
        };
        return switch (decision.getOutcome()) {
            case RELEASE -> Verdict.release(new TreeSet<>(decision.getPurposes()));
            case WITHHOLD -> Verdict.withhold(reason);
            case HOLD -> Verdict.hold(reason);
        };
    }

    private Recall recall(int position, Written record, io.cloakroom.gate.Recall recall) {
        return new Recall(
                position,
                subjects.get(record.about()),
                record.topic().substring(Topics.recalls("").length()),
                recall.getEpoch(),
                new Scope(recall.getPurpose(), recall.getBrand(), recall.getChannel(), recall.getCollector()),
                recall.getBefore() == null ? Step.FOR_EVER : recall.getBefore().toEpochMilli());
    }
}
