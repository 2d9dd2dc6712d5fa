package io.cloakroom.streams.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomeTableTest {

    private final OutcomeTable table = new OutcomeTable();

    @Test
    void shouldCountByTopicAndRecipientInTheirOrder() {
        for (int i = 0; i < 1_234; i++) {
            add("events.order", decision("payment", Outcome.RELEASE, "contract", "C7"));
        }
        add("events.order", decision("analytics", Outcome.RELEASE, "legitimate-interest", "C6.vii"));
        add("events.order", decision("analytics", Outcome.WITHHOLD, "objected", "C25"));
        add("events.order", decision("analytics", Outcome.WITHHOLD, "objected", "C25"));
        add("events.order", decision("analytics", Outcome.HOLD, "age-unknown", "C1"));
        add("events.cookie", decision("analytics", Outcome.WITHHOLD, "never-asked", "C3"));

        assertThat(table).hasToString("""
                +---------------+-----------+----------+--------------------------------------------+
                | event         | recipient | released | not released, by rule (clause)             |
                +---------------+-----------+----------+--------------------------------------------+
                | events.cookie | analytics |        0 | 1 never-asked (C3)                         |
                | events.order  | analytics |        1 | 1 held: age-unknown (C1), 2 objected (C25) |
                | events.order  | payment   |    1,234 |                                            |
                +---------------+-----------+----------+--------------------------------------------+""");
    }

    @Test
    void shouldTellAHeldRecordFromAWithheldOneOfTheSameRule() {
        add("events.order", decision("group", Outcome.HOLD, "age-unknown", "C1"));
        add("events.order", decision("group", Outcome.WITHHOLD, "age-unknown", "C1"));

        assertThat(table.toString()).contains("1 age-unknown (C1), 1 held: age-unknown (C1)");
    }

    @Test
    void shouldCountEachRecipientOfOneEntry() {
        add(
                "events.account",
                decision("analytics", Outcome.RELEASE, "legitimate-interest", "C6.vii"),
                decision("group", Outcome.WITHHOLD, "objected", "C25"));

        assertThat(table.toString())
                .contains("| events.account | analytics |        1 |")
                .contains("| events.account | group     |        0 | 1 objected (C25)");
    }

    @Test
    void shouldCountNothingOfAControlRecord() {
        add("consent.changes");

        assertThat(table.toString()).doesNotContain("consent.changes");
    }

    private void add(String topic, RecipientDecision... decisions) {
        AuditEntry entry = new AuditEntry();
        entry.setTopic(topic);
        entry.setDecisions(List.of(decisions));
        table.add(entry);
    }

    private static RecipientDecision decision(String recipient, Outcome outcome, String rule, String clause) {
        return new RecipientDecision(recipient, List.of(), outcome, rule, clause, null, List.of());
    }
}
