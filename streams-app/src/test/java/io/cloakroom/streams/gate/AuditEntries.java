package io.cloakroom.streams.gate;

import io.cloakroom.gate.ConsentTransition;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.gate.TransitionKind;
import io.cloakroom.gate.TreatmentCount;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Hold;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Decision.Transition;
import io.cloakroom.policy.Decision.Withhold;
import io.cloakroom.policy.EventSchema.Field;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a decision down as it was made: there is no other explanation. */
final class AuditEntries {

    private AuditEntries() {}

    static RecipientDecision of(Decision decision) {
        Release release = decision instanceof Release r ? r : null;
        return new RecipientDecision(
                decision.recipient().id(),
                release == null ? List.of() : release.purposes(),
                outcome(decision),
                decision.rule().id(),
                decision.clause(),
                decision.transition().map(AuditEntries::of).orElse(null),
                release == null ? List.of() : treatments(release));
    }

    private static Outcome outcome(Decision decision) {
        if (decision instanceof Release) {
            return Outcome.RELEASE;
        } else if (decision instanceof Withhold) {
            return Outcome.WITHHOLD;
        } else if (decision instanceof Hold) {
            return Outcome.HOLD;
        }
        throw new IncompatibleClassChangeError("not a decision: " + decision.getClass());
    }

    private static ConsentTransition of(Transition transition) {
        TransitionKind kind = switch (transition.kind()) {
            case GRANT -> TransitionKind.GRANT;
            case REFUSAL -> TransitionKind.REFUSAL;
        };
        return new ConsentTransition(kind, Instant.ofEpochMilli(transition.at()));
    }

    private static List<TreatmentCount> treatments(Release release) {
        record Cell(String category, String treatment) {}
        Map<Cell, Integer> counts = new LinkedHashMap<>();
        List<Field> fields = release.access().schema().fields();
        for (int f = 0; f < fields.size(); f++) {
            counts.merge(new Cell(fields.get(f).label(), release.treatment(f).word()), 1, Integer::sum);
        }
        List<TreatmentCount> treatments = new ArrayList<>();
        counts.forEach((cell, n) -> treatments.add(new TreatmentCount(cell.category(), cell.treatment(), n)));
        return treatments;
    }
}
