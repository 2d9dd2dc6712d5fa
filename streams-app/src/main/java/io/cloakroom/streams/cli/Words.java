package io.cloakroom.streams.cli;

import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Hold;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Safeguard;
import io.cloakroom.policy.Treatment;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The policy's own things in words. */
final class Words {

    private Words() {}

    static String of(Enum<?> symbol) {
        return symbol.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    static String outcome(Decision decision) {
        return decision instanceof Release ? "released" : decision instanceof Hold ? "held" : "withheld";
    }

    static String of(Treatment treatment) {
        if (!(treatment instanceof Treatment.Generalise g)) {
            return treatment.word();
        }
        String form = "generalise to " + g.to().word();
        return switch (g.to().parameter()) {
            case NONE -> form;
            case LENGTH, RESOLUTION -> form + " " + g.measure();
            case BANDS -> form + " " + g.bands().from();
        };
    }

    /** With the days of the policy's zone; the last one is the first without. */
    static String of(Safeguard safeguard, Policy policy) {
        return of(safeguard.kind()) + " from " + day(safeguard.from(), policy)
                + (safeguard.until() == Long.MAX_VALUE ? " on" : " until " + day(safeguard.until(), policy));
    }

    static String day(long time, Policy policy) {
        return Instant.ofEpochMilli(time).atZone(policy.zone()).toLocalDate().toString();
    }

    static String time(long time) {
        return Instant.ofEpochMilli(time).toString();
    }

    static String list(Collection<String> words) {
        return String.join(", ", words);
    }

    /** The last one after an or. */
    static String or(Collection<String> words) {
        List<String> all = words.stream().sorted().toList();
        int last = all.size() - 1;
        return last < 1 ? list(all) : list(all.subList(0, last)) + " or " + all.get(last);
    }
}
