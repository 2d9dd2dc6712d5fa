package io.cloakroom.policy.signals;

import com.iabtcf.decoder.DecoderOption;
import com.iabtcf.decoder.TCString;
import com.iabtcf.utils.BitReader;
import com.iabtcf.utils.FieldDefs;
import com.iabtcf.utils.IntIterable;
import com.iabtcf.v2.PublisherRestriction;
import com.iabtcf.v2.RestrictionType;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** A string of IAB Europe's Transparency and Consent Framework, in the form that 2.2 and 2.3 have. */
final class TcString implements Reading {

    /** In characters; one with every vendor of the list in every segment has fewer than half. */
    static final int LONGEST = 4_096;

    // Possessive, or it recurses for each segment.
    private static final Pattern SEGMENTS = Pattern.compile("[A-Za-z0-9_-]++(?:\\.[A-Za-z0-9_-]++)*+");
    private static final int VERSION = 2;
    private static final int DISCLOSED_VENDORS = 1;
    private static final int PUBLISHER_TC = 3;

    /** One of each type for each purpose: with more a string would contradict itself, and take much memory. */
    private static final int MOST_RESTRICTIONS = 3 * 24;

    /** From this policy version on, or this day on, a string without the vendors that were disclosed is none (2.3). */
    private static final int DISCLOSES_FROM_VERSION = 5;

    private static final long DISCLOSES_FROM = LocalDate.parse("2026-03-01")
            .atStartOfDay(ZoneOffset.UTC)
            .toInstant()
            .toEpochMilli();

    private static final long DAY = 24 * 3_600_000L;

    private final int policyVersion;
    private final long lastUpdated;
    private final boolean serviceSpecific;
    private final IntIterable purposes;
    private final IntIterable interests;
    private final IntIterable vendors;
    private final IntIterable vendorInterests;
    private final List<PublisherRestriction> restrictions;
    private final Optional<IntIterable> disclosed;

    private TcString(TCString decoded, boolean hasDisclosure) {
        this.policyVersion = decoded.getTcfPolicyVersion();
        this.lastUpdated = decoded.getLastUpdated().toEpochMilli();
        this.serviceSpecific = decoded.isServiceSpecific();
        this.purposes = decoded.getPurposesConsent();
        this.interests = decoded.getPurposesLITransparency();
        this.vendors = decoded.getVendorConsent();
        this.vendorInterests = decoded.getVendorLegitimateInterest();
        this.restrictions = List.copyOf(decoded.getPublisherRestrictions());
        this.disclosed = hasDisclosure ? Optional.of(decoded.getDisclosedVendors()) : Optional.empty();
    }

    /** Never throws: what the decoder cannot read, and what it reads without looking, is unusable. */
    static Reading read(String text) {
        if (text.length() > LONGEST) {
            return new Unusable(Finding.TOO_LONG);
        }
        if (!SEGMENTS.matcher(text).matches()) {
            return MALFORMED;
        }
        try {
            return readSegments(text);
        } catch (RuntimeException e) {
            // The decoder says so in several ways; none of them may reach a log, for some quote the string.
            return MALFORMED;
        }
    }

    private static Reading readSegments(String text) {
        String[] segments = text.split("\\.");
        byte[] core = bytes(segments[0]);
        BitReader bits = new BitReader(core);
        if (bits.readBits6(FieldDefs.CORE_VERSION) != VERSION) {
            return new Unusable(Finding.VERSION_UNKNOWN);
        }
        if (bits.readBits12(FieldDefs.CORE_NUM_PUB_RESTRICTION) > MOST_RESTRICTIONS) {
            return MALFORMED;
        }
        // The length of the entries has their number in it, and so would their end twice.
        int end = FieldDefs.CORE_NUM_PUB_RESTRICTION.getOffset(bits)
                + FieldDefs.CORE_PUB_RESTRICTION_ENTRY.getLength(bits);
        if (!endsAt(core, end)) {
            return MALFORMED;
        }
        boolean hasDisclosure = false;
        boolean hasPublisher = false;
        for (int i = 1; i < segments.length; i++) {
            byte[] segment = bytes(segments[i]);
            BitReader reader = new BitReader(segment);
            switch (reader.readBits3(FieldDefs.OOB_SEGMENT_TYPE)) {
                case DISCLOSED_VENDORS -> {
                    if (hasDisclosure) {
                        return MALFORMED;
                    }
                    hasDisclosure = true;
                    end = FieldDefs.DV_VENDOR_BITRANGE_FIELD.getEnd(reader);
                }
                case PUBLISHER_TC -> {
                    if (hasPublisher) {
                        return MALFORMED;
                    }
                    hasPublisher = true;
                    end = FieldDefs.PPTC_CUSTOM_PURPOSES_LI_TRANSPARENCY.getEnd(reader);
                }
                default -> {
                    return new Unusable(Finding.SEGMENT_UNKNOWN);
                }
            }
            if (!endsAt(segment, end)) {
                return MALFORMED;
            }
        }
        TCString decoded = TCString.decode(text, DecoderOption.LAZY);
        return decoded.getCreated().isAfter(decoded.getLastUpdated())
                ? MALFORMED
                : new TcString(decoded, hasDisclosure);
    }

    /** Every bit of it, those of an unfinished byte, too, which a decoder drops. */
    private static byte[] bytes(String segment) {
        return Base64.getUrlDecoder().decode(segment + "AAA".substring((segment.length() + 3) % 4));
    }

    /** Whether nothing but zeros fills up what is behind the last field; the decoder does not look there. */
    private static boolean endsAt(byte[] segment, int end) {
        int last = 8 * segment.length - 1;
        while (last >= end && (segment[last / 8] >> 7 - last % 8 & 1) == 0) {
            last--;
        }
        return last < end && end <= 8 * segment.length;
    }

    @Override
    public Finding about(SignalMapping mapping, String collector, long at, long tolerance) {
        Optional<Finding> fault = fault(mapping.tcf(), at, tolerance);
        if (fault.isPresent()) {
            return fault.get();
        }
        OptionalInt vendor = mapping.tcf().vendor(collector);
        if (vendor.isPresent() && disclosed.isPresent() && !disclosed.get().contains(vendor.getAsInt())) {
            return Finding.VENDOR_NOT_DISCLOSED;
        }
        for (int purpose : mapping.tcfPurposes()) {
            if (!(mapping.byConsent() ? purposes : interests).contains(purpose)) {
                return mapping.byConsent() ? Finding.PURPOSE_NOT_CONSENTED : Finding.OBJECTED;
            }
            if (vendor.isPresent() && isRestricted(purpose, vendor.getAsInt(), mapping.byConsent())) {
                return Finding.PUBLISHER_RESTRICTION;
            }
        }
        if (vendor.isPresent() && !(mapping.byConsent() ? vendors : vendorInterests).contains(vendor.getAsInt())) {
            return mapping.byConsent() ? Finding.VENDOR_NOT_CONSENTED : Finding.OBJECTED;
        }
        // Who has no id in the list is not spoken of; and an interest that was made transparent is nobody's yes.
        return vendor.isPresent() && mapping.byConsent() ? Finding.CONSENTED : Finding.SILENT;
    }

    private Optional<Finding> fault(SignalMapping.Tcf rules, long at, long tolerance) {
        if (!rules.policyVersions().contains(policyVersion)) {
            return Optional.of(Finding.VERSION_UNKNOWN);
        } else if (!serviceSpecific) {
            return Optional.of(Finding.NOT_OF_ONE_SERVICE);
        } else if (disclosed.isEmpty() && (policyVersion >= DISCLOSES_FROM_VERSION || lastUpdated >= DISCLOSES_FROM)) {
            return Optional.of(Finding.DISCLOSURE_MISSING);
        } else if (at < lastUpdated - tolerance) {
            return Optional.of(Finding.DATED_AHEAD);
        }
        return at >= expiresAt(rules) ? Optional.of(Finding.TOO_OLD) : Optional.empty();
    }

    /** A restriction to the basis that the purpose does not have forbids it. */
    private boolean isRestricted(int purpose, int vendor, boolean byConsent) {
        for (PublisherRestriction restriction : restrictions) {
            boolean isAllowed = restriction.getRestrictionType()
                    == (byConsent ? RestrictionType.REQUIRE_CONSENT : RestrictionType.REQUIRE_LEGITIMATE_INTEREST);
            if (!isAllowed
                    && restriction.getPurposeId() == purpose
                    && restriction.getVendorIds().contains(vendor)) {
                return true;
            }
        }
        return false;
    }

    /** First instant at which it says nothing any more, in milliseconds since the epoch. */
    long expiresAt(SignalMapping.Tcf rules) {
        return Instant.ofEpochMilli(lastUpdated)
                .atOffset(ZoneOffset.UTC)
                .plusMonths(rules.maxAge())
                .toInstant()
                .toEpochMilli();
    }

    /**
     * When it was said, if somebody reports it at a time: sent again it does not become newer. Since 2.2 it says only the day.
     */
    long saidAt(long at) {
        boolean isDay = lastUpdated % DAY == 0;
        return Math.min(at, isDay ? lastUpdated + DAY - 1 : lastUpdated);
    }
}
