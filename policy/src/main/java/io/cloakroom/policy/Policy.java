package io.cloakroom.policy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
 * @param groupCompanies who may speak for the Group and pass data on within it (C23, C24)
 * @param unsubscribe channel → brand → what an instruction contains; where there is none, any instruction will do (C27)
 * @param forms data entry form → purposes that it states (C4)
 * @param platforms social platform → what it allows (C14)
 * @param knownAs category → what it tells of a person; empty where nobody gets redacted text
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
        Set<String> groupCompanies,
        Map<String, Map<String, List<String>>> unsubscribe,
        Map<String, Set<String>> forms,
        Map<String, Platform> platforms,
        Map<String, KnownAs> knownAs,
        int consentAge,
        long guardianTerm,
        Map<String, Purpose> purposes,
        Map<String, EventRules> events,
        Map<String, Recipient> recipients,
        Set<String> eea,
        Map<String, List<Safeguard>> adequacy) {

    private static final long DAY = Duration.ofDays(1).toMillis();

    /** @param surface of the records that come from it */
    public record Platform(String surface, Set<String> purposes) {}

    /** Whether the platform that an event comes from allows a purpose too; one that must come from one allows nothing (C14). */
    boolean isAllowedByPlatform(Event event, String purpose) {
        if (platforms.isEmpty()) {
            return true;
        }
        Platform platform = platforms.get(event.fact(Fact.PLATFORM));
        if (platform != null) {
            return platform.purposes().contains(purpose);
        }
        return event.fact(Fact.PLATFORM).isEmpty()
                && platforms.values().stream().noneMatch(p -> p.surface().equals(event.surface()));
    }

    /** Whether an event comes from us or from a company of the Group (C23). */
    boolean isOriginKnown(Event event) {
        String origin = event.fact(Fact.ORIGIN);
        return origin.isEmpty() || groupCompanies.contains(origin);
    }

    boolean tellsHowToUnsubscribe(String brand, String channel, String instruction) {
        if (unsubscribe.isEmpty() || instruction.isBlank()) {
            return !instruction.isBlank();
        }
        String text = instruction.toLowerCase(Locale.ROOT);
        return unsubscribe.getOrDefault(channel, Map.of()).getOrDefault(brand, List.of()).stream()
                .anyMatch(mark -> hasWords(text, mark));
    }

    /** Whole words: nonstop does not say stop. */
    private static boolean hasWords(String text, String words) {
        for (int at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
            int end = at + words.length();
            boolean begins = at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1));
            if (begins && (end == text.length() || !Character.isLetterOrDigit(text.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    /** What an event states: the policy's part and the form's (C4). */
    Set<String> stated(EventRules rules, Event event) {
        Set<String> stated = rules.stated(event.stated());
        Set<String> more = forms.getOrDefault(event.fact(Fact.FORM), Set.of());
        if (more.isEmpty()) {
            return stated;
        }
        Set<String> all = new HashSet<>(stated);
        all.addAll(more);
        return all;
    }

    /** The same, as if it had always been in force: to compare what versions decide. */
    public Policy always() {
        return new Policy(
                version,
                hash,
                Long.MIN_VALUE,
                zone,
                brands,
                surfaces,
                channels,
                notices,
                groupCompanies,
                unsubscribe,
                forms,
                platforms,
                knownAs,
                consentAge,
                guardianTerm,
                purposes,
                events,
                recipients,
                eea,
                adequacy);
    }

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
    public boolean mayTransfer(String personsCountry, Recipient recipient, long time) {
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
