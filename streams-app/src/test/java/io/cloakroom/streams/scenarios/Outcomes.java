package io.cloakroom.streams.scenarios;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.RecipientDecision;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** An audit entry in the words of the scenarios. */
public final class Outcomes {

    private Outcomes() {}

    public static Map<String, String> of(AuditEntry entry) {
        return entry.getDecisions().stream()
                .collect(Collectors.toMap(
                        RecipientDecision::getRecipient,
                        d -> d.getOutcome() + " " + d.getRule() + " " + d.getClause(),
                        (one, other) -> one + " and " + other,
                        TreeMap::new));
    }

    /** Null where there is none. */
    public static String reason(AuditEntry entry) {
        return entry.getReason() == null
                ? null
                : entry.getReason().getRule() + " " + entry.getReason().getClause();
    }
}
