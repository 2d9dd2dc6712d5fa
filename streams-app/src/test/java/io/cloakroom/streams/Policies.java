package io.cloakroom.streams;

import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import java.util.Map;

/** Policies that no file could be: a policy that is loaded, in one thing another. */
final class Policies {

    private Policies() {}

    static Policy with(Policy p, long effectiveFrom, Map<String, EventRules> events) {
        return new Policy(
                p.version(),
                p.hash(),
                effectiveFrom,
                p.zone(),
                p.brands(),
                p.surfaces(),
                p.channels(),
                p.notices(),
                p.groupCompanies(),
                p.unsubscribe(),
                p.forms(),
                p.platforms(),
                p.knownAs(),
                p.consentAge(),
                p.guardianTerm(),
                p.purposes(),
                events,
                p.recipients(),
                p.eea(),
                p.adequacy());
    }
}
