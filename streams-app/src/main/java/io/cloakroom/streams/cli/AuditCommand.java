package io.cloakroom.streams.cli;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.RecallNote;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.streams.AuditReader;
import io.cloakroom.streams.Settings;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "audit",
        description = "What was decided, and why.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            AuditExplain.class,
            AuditReport.class,
            AuditSign.class,
            AuditVerify.class,
            AuditExport.class,
            AuditProve.class,
            AuditCheck.class
        })
public final class AuditCommand {

    @Spec
    private CommandSpec spec;

    @Command(
            name = "tail",
            description = "Prints entries as they are committed, until it is stopped.",
            mixinStandardHelpOptions = true)
    int tail(
            @Mixin Connection connection,
            @Option(names = "--from-beginning", description = "Also those that are there already.")
                    boolean fromBeginning,
            @Option(names = "--limit", paramLabel = "N", description = "Stop after N entries.") Long limit,
            @Option(names = "--json", description = "Each entry as one line of JSON.") boolean json)
            throws Exception {
        Settings settings = connection.settings();
        PrintWriter out = spec.commandLine().getOut();
        long left = limit == null ? Long.MAX_VALUE : limit;
        try (AuditReader reader = AuditReader.open(settings, fromBeginning)) {
            while (left > 0) {
                for (AuditEntry entry : reader.next()) {
                    if (left-- > 0) {
                        out.print(json ? entry + "\n" : text(entry));
                    }
                }
                out.flush();
                if (out.checkError()) {
                    return 0; // whoever read this has gone
                }
            }
        }
        return 0;
    }

    private static String text(AuditEntry entry) {
        String head = String.format(
                "%s %s-%d-%d %s",
                entry.getDecidedAt(), entry.getTopic(), entry.getPartition(), entry.getOffset(), entry.getKind());
        StringBuilder text = new StringBuilder(head);
        if (entry.getReason() != null) {
            text.append(' ')
                    .append(entry.getReason().getRule())
                    .append(" (")
                    .append(entry.getReason().getClause())
                    .append(')');
        }
        if (entry.getUnplannedFields() > 0) {
            text.append(", fields that no output has: ").append(entry.getUnplannedFields());
        }
        text.append('\n');
        for (RecipientDecision decision : entry.getDecisions()) {
            text.append(String.format(
                    "  %-8s %-14s %s (%s)%s%n",
                    decision.getOutcome(),
                    decision.getRecipient(),
                    decision.getRule(),
                    decision.getClause(),
                    decision.getPurposes().isEmpty() ? "" : " for " + String.join(", ", decision.getPurposes())));
        }
        for (RecallNote recall : entry.getRecalls()) {
            text.append(String.format(
                    "  %-8s %-14s %s (%s) for %s%n",
                    recall.getPossible() ? "RECALL" : "KEPT",
                    recall.getRecipient(),
                    recall.getRule(),
                    recall.getClause(),
                    recall.getPurpose()));
        }
        return text.toString();
    }
}
