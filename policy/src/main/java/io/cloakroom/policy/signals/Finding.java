package io.cloakroom.policy.signals;

/** What signals say about one purpose, and why. */
public enum Finding {
    SILENT(Verdict.SAYS_NOTHING),
    CONSENTED(Verdict.ALLOWS),

    // What cannot be relied on means no.
    TOO_LONG(Verdict.UNUSABLE),
    MALFORMED(Verdict.UNUSABLE),
    VERSION_UNKNOWN(Verdict.UNUSABLE),
    SEGMENT_UNKNOWN(Verdict.UNUSABLE),
    SECTION_UNKNOWN(Verdict.UNUSABLE),
    /** A TC string for everybody's sites; the framework knows none since 2.2. */
    NOT_OF_ONE_SERVICE(Verdict.UNUSABLE),
    /** It does not say which vendors were shown to the person, and must. */
    DISCLOSURE_MISSING(Verdict.UNUSABLE),
    TOO_OLD(Verdict.UNUSABLE),
    DATED_AHEAD(Verdict.UNUSABLE),

    // The person, or the publisher, says no.
    VENDOR_NOT_DISCLOSED(Verdict.REFUSES),
    VENDOR_NOT_CONSENTED(Verdict.REFUSES),
    PURPOSE_NOT_CONSENTED(Verdict.REFUSES),
    /** Also where legitimate interest was never made transparent: the string has one bit for both. */
    OBJECTED(Verdict.REFUSES),
    PUBLISHER_RESTRICTION(Verdict.REFUSES),
    OPTED_OUT(Verdict.REFUSES),
    /** Nobody can be said to have not opted out who was not told that they may. */
    NOT_NOTIFIED(Verdict.REFUSES),
    /** The business has bound itself to act as a service provider only: it neither sells nor shares. */
    SERVICE_PROVIDER_ONLY(Verdict.REFUSES),
    GPC_SET(Verdict.REFUSES);

    /** An unusable signal refuses too; it is told apart so that somebody mends it. */
    public enum Verdict {
        SAYS_NOTHING,
        ALLOWS,
        UNUSABLE,
        REFUSES
    }

    private final Verdict verdict;

    Finding(Verdict verdict) {
        this.verdict = verdict;
    }

    public Verdict verdict() {
        return verdict;
    }

    public boolean isNo() {
        return verdict == Verdict.UNUSABLE || verdict == Verdict.REFUSES;
    }
}
