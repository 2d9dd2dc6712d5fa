package io.cloakroom.policy.signals;

import com.iabtcf.encoder.PublisherRestrictionEntry;
import com.iabtcf.encoder.TCStringEncoder;
import com.iabtcf.utils.BitSetIntIterable;
import com.iabtcf.v2.RestrictionType;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** TC strings made by the framework's own encoder, and a second, naive reader of them that believes nobody. */
final class TcStrings {

    static final int VENDOR = 755;
    static final int OTHER_VENDOR = 12;
    static final String COLLECTOR = "doubleclick";
    static final String NOT_LISTED = "adnet";
    static final Instant UPDATED = Instant.parse("2026-05-10T00:00:00Z");
    static final long AT = Instant.parse("2026-06-01T12:00:00Z").toEpochMilli();
    static final long TOLERANCE = 5_000;

    private static final SignalMapping.Tcf TCF = new SignalMapping.Tcf(Set.of(4, 5), 13, Map.of(COLLECTOR, VENDOR));
    static final SignalMapping CONSENT =
            new SignalMapping(true, Set.of(1, 3, 4), Set.of(OptOut.values()), true, TCF, "C9");
    static final SignalMapping INTEREST = new SignalMapping(false, Set.of(7, 8), Set.of(), false, TCF, "C9");

    private TcStrings() {}

    /** Everything allowed, by version 2.3. */
    static TCStringEncoder.Builder yes() {
        return TCStringEncoder.newBuilder()
                .version(2)
                .created(UPDATED)
                .lastUpdated(UPDATED)
                .cmpId(31)
                .cmpVersion(1)
                .consentLanguage("EN")
                .publisherCC("DE")
                .vendorListVersion(120)
                .tcfPolicyVersion(5)
                .isServiceSpecific(true)
                .addPurposesConsent(BitSetIntIterable.from(1, 3, 4, 7))
                .addPurposesLITransparency(BitSetIntIterable.from(7, 8))
                .addVendorConsent(BitSetIntIterable.from(OTHER_VENDOR, VENDOR))
                .addVendorLegitimateInterest(BitSetIntIterable.from(OTHER_VENDOR, VENDOR))
                .addDisclosedVendors(BitSetIntIterable.from(OTHER_VENDOR, VENDOR));
    }

    static PublisherRestrictionEntry restriction(int purpose, RestrictionType type, int... vendors) {
        return PublisherRestrictionEntry.newBuilder()
                .purposeId(purpose)
                .restrictionType(type)
                .addVendor(BitSetIntIterable.from(vendors))
                .build();
    }

    static Finding consent(String text) {
        return about(text, CONSENT);
    }

    static Finding interest(String text) {
        return about(text, INTEREST);
    }

    static Finding about(String text, SignalMapping mapping) {
        return TcString.read(text).about(mapping, COLLECTOR, AT, TOLERANCE);
    }

    /** Whether a string allows what a mapping is about, bit by bit as the specification lists them. */
    static boolean allows(String text, SignalMapping mapping) {
        try {
            Bits core = new Bits(text.split("\\.", -1)[0]);
            if (core.number(6) != 2) {
                return false;
            }
            long created = core.number(36);
            long updated = core.number(36) * 100;
            core.number(12 + 12);
            core.number(6 + 12 + 12);
            long policy = core.number(6);
            boolean isOfOneService = core.number(1) == 1;
            core.number(1 + 12);
            Set<Integer> purposes = core.set(24);
            Set<Integer> interests = core.set(24);
            core.number(1 + 12);
            Set<Integer> vendors = core.vendors();
            Set<Integer> vendorsByInterest = core.vendors();
            boolean isRestricted = false;
            for (long r = core.number(12); r > 0; r--) {
                int purpose = (int) core.number(6);
                long type = core.number(2);
                isRestricted |= core.ranges().contains(VENDOR)
                        && type != (mapping.byConsent() ? 1 : 2)
                        && mapping.tcfPurposes().contains(purpose);
            }
            boolean isDisclosed = policy == 4
                    && updated < Instant.parse("2026-03-01T00:00:00Z").toEpochMilli();
            for (String segment : List.of(text.split("\\.", -1))) {
                Bits bits = new Bits(segment);
                if (bits.number(3) == 1 && !segment.equals(text.split("\\.", -1)[0])) {
                    isDisclosed = bits.vendors().contains(VENDOR);
                }
            }
            boolean isOfToday = updated <= AT + TOLERANCE
                    && Instant.ofEpochMilli(updated)
                            .atOffset(java.time.ZoneOffset.UTC)
                            .plusMonths(13)
                            .toInstant()
                            .isAfter(Instant.ofEpochMilli(AT));
            return created * 100 <= updated
                    && isOfToday
                    && (policy == 4 || policy == 5)
                    && isOfOneService
                    && (mapping.byConsent() ? purposes : interests).containsAll(mapping.tcfPurposes())
                    && (mapping.byConsent() ? vendors : vendorsByInterest).contains(VENDOR)
                    && !isRestricted
                    && isDisclosed;
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            return false;
        }
    }

    private static final class Bits {
        private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        private final String bits;
        private int at;

        Bits(String text) {
            StringBuilder all = new StringBuilder();
            for (char c : text.toCharArray()) {
                int value = LETTERS.indexOf(c);
                if (value < 0) {
                    throw new NumberFormatException();
                }
                all.append(Integer.toBinaryString(64 + value).substring(1));
            }
            bits = all.toString();
        }

        long number(int length) {
            long number = Long.parseLong(bits.substring(at, at + length), 2);
            at += length;
            return number;
        }

        Set<Integer> set(int length) {
            Set<Integer> set = new HashSet<>();
            for (int i = 1; i <= length; i++) {
                if (number(1) == 1) {
                    set.add(i);
                }
            }
            return set;
        }

        Set<Integer> vendors() {
            int most = (int) number(16);
            return number(1) == 1 ? ranges() : set(most);
        }

        Set<Integer> ranges() {
            Set<Integer> set = new HashSet<>();
            for (long left = number(12); left > 0; left--) {
                boolean isRange = number(1) == 1;
                int first = (int) number(16);
                int last = isRange ? (int) number(16) : first;
                for (int i = first; i <= last; i++) {
                    set.add(i);
                }
            }
            return set;
        }
    }
}
