package io.cloakroom.policy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One version of the policy, whole and checked: every field × recipient × purpose is decided (T15).
 *
 * @param version its date of effect, ISO 8601
 * @param hash SHA-256 of the file, hexadecimal
 * @param effectiveFrom first instant of that date in the policy's zone, in milliseconds since the epoch
 * @param consentAge in years
 * @param adequacy region → decisions
 */
public record Policy(
        String version,
        String hash,
        long effectiveFrom,
        java.time.ZoneId zone,
        Set<String> brands,
        Set<String> surfaces,
        Set<String> channels,
        Set<String> notices,
        int consentAge,
        Map<String, Purpose> purposes,
        Map<String, EventRules> events,
        Map<String, Recipient> recipients,
        Set<String> eea,
        Map<String, List<Safeguard>> adequacy) {

    /** What a recipient may have of an event type, if this version names it for that. */
    public Optional<Access> access(String type, String recipient) {
        EventRules rules = events.get(type);
        return rules == null
                ? Optional.empty()
                : rules.accesses().stream()
                        .filter(a -> a.recipient().id().equals(recipient))
                        .findFirst();
    }

    /**
     * Whether data of a person may go to a recipient at a time (C20): none is asked for a recipient in the EEA or in the
     * person's own country.
     */
    boolean mayTransfer(String personsCountry, Recipient recipient, long time) {
        String to = recipient.region();
        if (eea.contains(to) || to.equals(personsCountry)) {
            return true;
        }
        return anyHolds(recipient.safeguards(), time) || anyHolds(adequacy.getOrDefault(to, List.of()), time);
    }

    private static boolean anyHolds(List<Safeguard> safeguards, long time) {
        for (Safeguard safeguard : safeguards) {
            if (safeguard.holdsAt(time)) {
                return true;
            }
        }
        return false;
    }
}
