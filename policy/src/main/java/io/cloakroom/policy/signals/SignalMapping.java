package io.cloakroom.policy.signals;

import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Which parts of the industry's signals speak about one purpose of the policy.
 *
 * @param byConsent whether the purpose rests on consent, else on legitimate interest
 * @param tcfPurposes of IAB Europe's list; it needs all of them
 * @param optOuts each of which ends it
 * @param gpc whether Global Privacy Control ends it
 * @param clause that says what signals mean
 */
public record SignalMapping(
        boolean byConsent, Set<Integer> tcfPurposes, Set<OptOut> optOuts, boolean gpc, Tcf tcf, String clause) {

    /** No signal says anything about the purpose. */
    public static final SignalMapping NONE =
            new SignalMapping(true, Set.of(), Set.of(), false, new Tcf(Set.of(), 0, Map.of()), "");

    /** By law, or by the framework from 2.2 on, these rest on consent alone. */
    private static final Set<Integer> NEVER_BY_INTEREST = Set.of(1, 3, 4, 5, 6);

    /**
     * How TC strings are read.
     *
     * @param policyVersions of the framework that are understood
     * @param maxAge in calendar months since the string was last updated
     * @param vendors collector → its id in the Global Vendor List
     */
    public record Tcf(Set<Integer> policyVersions, int maxAge, Map<String, Integer> vendors) {
        public Tcf {
            policyVersions = Set.copyOf(policyVersions);
            vendors = Map.copyOf(vendors);
        }

        OptionalInt vendor(String collector) {
            Integer vendor = vendors.get(collector);
            return vendor == null ? OptionalInt.empty() : OptionalInt.of(vendor);
        }
    }

    public SignalMapping {
        tcfPurposes = Set.copyOf(tcfPurposes);
        optOuts = Set.copyOf(optOuts);
    }

    /** Whether a purpose of the framework can rest on legitimate interest. */
    public static boolean canRestOnInterest(int tcfPurpose) {
        return !NEVER_BY_INTEREST.contains(tcfPurpose);
    }

    public boolean isNone() {
        return !readsTcf() && !readsUsSections();
    }

    boolean readsTcf() {
        return !tcfPurposes.isEmpty();
    }

    boolean readsUsSections() {
        return gpc || !optOuts.isEmpty();
    }
}
