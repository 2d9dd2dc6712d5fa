package io.cloakroom.policy.signals;

import com.iab.gpp.encoder.GppModel;
import com.iab.gpp.encoder.field.HeaderV1Field;
import com.iab.gpp.encoder.section.EncodableSection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A string of IAB's Global Privacy Platform. Every section counts, whichever law applies: a no is a no. Its TC string is read
 * as one that comes alone.
 */
final class GppString implements Reading {

    /** In characters: a TC string and as much again. */
    static final int LONGEST = 2 * TcString.LONGEST;

    // Possessive, or it recurses for each section.
    private static final Pattern SECTIONS = Pattern.compile("[A-Za-z0-9_-]++(?:~[A-Za-z0-9_.-]++)++");
    private static final int HEADER = 3;
    private static final int VERSION = 1;
    private static final int TCF_EU = 2;
    private static final int US_PRIVACY = 6;
    private static final int US_NATIONAL = 7;
    private static final int LAST_US = 22;
    private static final int LAST_VERSION_OF_US_NATIONAL = 2;

    private static final Pattern US_PRIVACY_TEXT = Pattern.compile("1[YN-]{3}");
    private static final Pattern GPC_SEGMENT = Pattern.compile("[QY]A*");
    private static final Pattern FILL = Pattern.compile("A*");
    private static final String GPC = "Gpc";

    // Of all two-bit fields.
    private static final int NOT_APPLICABLE = 0;
    private static final int YES = 1;
    private static final int NO = 2;

    private final Optional<Reading> tcf;
    private final Optional<Finding> fault;
    private final Map<OptOut, Finding> refusals;
    private final boolean gpc;

    private GppString(Optional<Reading> tcf, Optional<Finding> fault, Map<OptOut, Finding> refusals, boolean gpc) {
        this.tcf = tcf;
        this.fault = fault;
        this.refusals = refusals;
        this.gpc = gpc;
    }

    /** Never throws: what the decoder cannot read, and what it reads without looking, is unusable. */
    static Reading read(String text) {
        if (text.length() > LONGEST) {
            return new Unusable(Finding.TOO_LONG);
        }
        if (!SECTIONS.matcher(text).matches()) {
            return MALFORMED;
        }
        try {
            return new Sections(text).read();
        } catch (RuntimeException e) {
            // The decoder quotes what it cannot read: that may reach no log.
            return MALFORMED;
        }
    }

    @Override
    public Finding about(SignalMapping mapping, String collector, long at, long tolerance) {
        if (mapping.readsUsSections()) {
            if (fault.isPresent()) {
                return fault.get();
            } else if (gpc && mapping.gpc()) {
                return Finding.GPC_SET;
            }
            for (OptOut optOut : mapping.optOuts()) {
                if (refusals.containsKey(optOut)) {
                    return refusals.get(optOut);
                }
            }
        }
        return mapping.readsTcf() && tcf.isPresent()
                ? tcf.get().about(mapping, collector, at, tolerance)
                : Finding.SILENT;
    }

    Optional<Reading> tcf() {
        return tcf;
    }

    /** One string being read. */
    private static final class Sections {
        private final String[] parts;
        private final GppModel model;
        private final Map<OptOut, Finding> refusals = new EnumMap<>(OptOut.class);
        private Optional<Reading> tcf = Optional.empty();
        private Optional<Finding> fault = Optional.empty();
        private boolean gpc;

        Sections(String text) {
            this.parts = text.split("~");
            this.model = new GppModel(text);
        }

        Reading read() {
            List<Integer> ids = model.getSectionIds();
            EncodableSection header = model.getHeader();
            if (!header.getFieldValue(HeaderV1Field.ID).equals(HEADER)) {
                return MALFORMED;
            } else if (!header.getFieldValue(HeaderV1Field.VERSION).equals(VERSION)) {
                return new Unusable(Finding.VERSION_UNKNOWN);
            }
            if (ids.size() != parts.length - 1) {
                return MALFORMED;
            }
            int last = 0;
            for (int i = 0; i < ids.size(); i++) {
                int id = ids.get(i);
                if (id <= last) {
                    return MALFORMED;
                }
                last = id;
                read(id, parts[i + 1]);
            }
            return new GppString(tcf, fault, refusals, gpc);
        }

        private void read(int id, String text) {
            if (id == TCF_EU) {
                tcf = Optional.of(TcString.read(text));
            } else if (id == US_PRIVACY) {
                readUsPrivacy(text);
            } else if (id >= US_NATIONAL && id <= LAST_US) {
                readUsSection(id, text);
            } else {
                fault = Optional.of(Finding.SECTION_UNKNOWN);
            }
        }

        /** Version, notice, opt-out of sale, and an agreement that changes neither. */
        private void readUsPrivacy(String text) {
            if (!US_PRIVACY_TEXT.matcher(text).matches()) {
                fault = Optional.of(Finding.MALFORMED);
            } else if (text.charAt(2) == 'Y') {
                refusals.put(OptOut.SALE, Finding.OPTED_OUT);
            } else if (text.charAt(1) == 'N') {
                refusals.putIfAbsent(OptOut.SALE, Finding.NOT_NOTIFIED);
            }
        }

        private void readUsSection(int id, String text) {
            EncodableSection section = model.getSection(id);
            int version = (Integer) section.getFieldValue("Version");
            if (version < 1 || version > (id == US_NATIONAL ? LAST_VERSION_OF_US_NATIONAL : 1)) {
                fault = Optional.of(Finding.VERSION_UNKNOWN);
            } else if (!isWhole(section, text)) {
                fault = Optional.of(Finding.MALFORMED);
            } else {
                gpc |= section.hasField(GPC) && Boolean.TRUE.equals(section.getFieldValue(GPC));
                for (OptOut optOut : OptOut.values()) {
                    if (section.hasField(optOut.field())) {
                        readOptOut(section, optOut);
                    }
                }
            }
        }

        /** Whether there is nothing in it that the decoder does not look at. */
        private static boolean isWhole(EncodableSection section, String text) {
            String[] segments = text.split("\\.", -1);
            section.setFieldValue("Version", section.getFieldValue("Version")); // or it gives back what it was given
            String[] made = section.encode().split("\\.");
            boolean isGpcRight = segments.length == 1
                    || segments.length == 2
                            && section.hasField(GPC)
                            && GPC_SEGMENT.matcher(segments[1]).matches();
            return isGpcRight
                    && (segments[0].length() <= made[0].length()
                            || FILL.matcher(segments[0].substring(made[0].length()))
                                    .matches());
        }

        private void readOptOut(EncodableSection section, OptOut optOut) {
            int said = (Integer) section.getFieldValue(optOut.field());
            int notice = section.hasField(optOut.noticeField())
                    ? (Integer) section.getFieldValue(optOut.noticeField())
                    : YES;
            boolean isServiceProvider = section.hasField("MspaServiceProviderMode")
                    && section.getFieldValue("MspaServiceProviderMode").equals(YES);
            if (said > NO || notice > NO) {
                fault = Optional.of(Finding.MALFORMED);
            } else if (said == YES) {
                refusals.put(optOut, Finding.OPTED_OUT);
            } else if (notice == NO || said == NO && notice == NOT_APPLICABLE) {
                refusals.putIfAbsent(optOut, Finding.NOT_NOTIFIED);
            } else if (isServiceProvider) {
                refusals.putIfAbsent(optOut, Finding.SERVICE_PROVIDER_ONLY);
            }
        }
    }
}
