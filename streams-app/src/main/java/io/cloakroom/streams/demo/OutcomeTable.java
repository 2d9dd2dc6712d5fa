package io.cloakroom.streams.demo;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts decisions: event type × recipient, released, and not released by which rule. */
public final class OutcomeTable {

    private record Place(String topic, String recipient) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : recipient.compareTo(other.recipient);
        }
    }

    private static final class Counts {
        private long released;
        private final Map<String, Long> notReleased = new TreeMap<>();
    }

    private final Map<Place, Counts> table = new TreeMap<>();

    public void add(AuditEntry entry) {
        for (RecipientDecision decision : entry.getDecisions()) {
            Counts counts =
                    table.computeIfAbsent(new Place(entry.getTopic(), decision.getRecipient()), place -> new Counts());
            if (decision.getOutcome() == Outcome.RELEASE) {
                counts.released++;
            } else {
                String held = decision.getOutcome() == Outcome.HOLD ? "held: " : "";
                counts.notReleased.merge(held + decision.getRule() + " (" + decision.getClause() + ")", 1L, Long::sum);
            }
        }
    }

    @Override
    public String toString() {
        List<Map.Entry<Place, Counts>> rows = new ArrayList<>(table.entrySet());
        return AsciiTable.builder()
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS)
                .data(
                        rows,
                        List.of(
                                left("event").with(row -> row.getKey().topic()),
                                left("recipient").with(row -> row.getKey().recipient()),
                                new Column()
                                        .header("released")
                                        .with(row -> String.format("%,d", row.getValue().released)),
                                left("not released, by rule (clause)")
                                        .maxWidth(70)
                                        .with(row -> row.getValue().notReleased.entrySet().stream()
                                                .map(rule -> String.format("%,d %s", rule.getValue(), rule.getKey()))
                                                .collect(Collectors.joining(", ")))))
                .asString();
    }

    private static Column left(String header) {
        return new Column().header(header).headerAlign(HorizontalAlign.LEFT).dataAlign(HorizontalAlign.LEFT);
    }
}
