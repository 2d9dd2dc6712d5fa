package io.cloakroom.streams.scenarios;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.gate.RecipientDecision;
import java.util.List;
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

    /** What became of what was held. */
    public static Map<String, String> resolved(List<AuditEntry> entries) {
        Map<String, String> resolved = new TreeMap<>();
        entries.stream().filter(e -> e.getKind() == EntryKind.RESOLUTION).forEach(e -> resolved.putAll(of(e)));
        return resolved;
    }

    /** Purpose, rule and clause of what recipients must give up, by recipient. */
    public static Map<String, List<String>> recalls(List<AuditEntry> entries) {
        return entries.stream()
                .flatMap(entry -> entry.getRecalls().stream())
                .collect(Collectors.groupingBy(
                        RecallNote::getRecipient,
                        TreeMap::new,
                        Collectors.mapping(
                                r -> r.getPurpose() + " " + r.getRule() + " " + r.getClause(), Collectors.toList())));
    }

    /** Null where there is none. */
    public static String reason(AuditEntry entry) {
        return entry.getReason() == null
                ? null
                : entry.getReason().getRule() + " " + entry.getReason().getClause();
    }
}
