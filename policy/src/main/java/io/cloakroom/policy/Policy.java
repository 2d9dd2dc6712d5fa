package io.cloakroom.policy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
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
 * @param guardianTerm milliseconds after an act in which a guardian's agreement still completes it (C1)
 * @param adequacy region → decisions
 */
public record Policy(
        String version,
        String hash,
        long effectiveFrom,
        ZoneId zone,
        Set<String> brands,
        Set<String> surfaces,
        Set<String> channels,
        Set<String> notices,
        int consentAge,
        long guardianTerm,
        Map<String, Purpose> purposes,
        Map<String, EventRules> events,
        Map<String, Recipient> recipients,
        Set<String> eea,
        Map<String, List<Safeguard>> adequacy) {

    private static final long DAY = Duration.ofDays(1).toMillis();

    /** What a recipient may have of an event type, if this version names it for that. */
    public Optional<Access> access(String type, String recipient) {
        EventRules rules = events.get(type);
        return rules == null
                ? Optional.empty()
                : rules.accesses().stream()
                        .filter(a -> a.recipient().id().equals(recipient))
                        .findFirst();
    }

    /** Whether somebody decides alone at a time (C1). */
    public boolean isAdult(LocalDate birthDate, long time) {
        LocalDate from = adultOn(birthDate);
        long days = Math.floorDiv(time, DAY) - from.toEpochDay();
        // No zone is further than a day from UTC: only about the birthday itself does it matter which.
        return Math.abs(days) > 1
                ? days > 0
                : !Instant.ofEpochMilli(time).atZone(zone).toLocalDate().isBefore(from);
    }

    /** The first instant of the day from which somebody decides alone, in milliseconds since the epoch. */
    long adultFrom(LocalDate birthDate) {
        Instant start = adultOn(birthDate).atStartOfDay(zone).toInstant();
        long edge = Long.MAX_VALUE / 1_000 - 1;
        return Math.max(-edge, Math.min(edge, start.getEpochSecond())) * 1_000;
    }

    private LocalDate adultOn(LocalDate birthDate) {
        return AgeBands.birthday(birthDate).plusYears(consentAge);
    }

    /** The last instant at which an agreement completes an act of a time. */
    long lastAgreement(long act) {
        return act > Long.MAX_VALUE - guardianTerm ? Long.MAX_VALUE : act + guardianTerm;
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
