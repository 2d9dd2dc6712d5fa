package io.cloakroom.policy;

/**
 * Every reason that a decision can have. A rule whose clause is {@link #PURPOSES} takes it from the purpose that was
 * asked, or from what the event waited for.
 */
public enum Rule {
    // Released, by the basis of the purpose.
    CONTRACT("contract"),
    LEGAL_OBLIGATION("legal-obligation"),
    CONSENT("consent"),
    LEGITIMATE_INTEREST("legitimate-interest"),

    // Withheld or held.
    BEFORE_FIRST_VERSION("before-first-version", "C37"),
    NO_LONGER_REGISTERED("no-longer-registered", "C17"),
    NOT_STATED("purpose-not-stated", "C4"),
    PLATFORM_FORBIDS("platform-forbids", "C14"),
    ORIGIN_UNKNOWN("origin-unknown", "C23"),
    MINOR("minor", "C1"),
    AGE_UNKNOWN("age-unknown", "C1"),
    GUARDIAN_NEEDED("guardian-needed", "C1"),
    GUARDIAN_WITHDREW("guardian-withdrew", "C1"),
    ERASED("erased", "C25"),
    LINK_UNANSWERED("link-unanswered", "C25"),
    CONSENT_AWAITED("consent-awaited"),
    HOLD_EXPIRED("hold-expired"),
    HOLDS_FULL("too-many-holds"),
    UNDECIDED("control-record-undecided", "C25"),
    WITHDRAWN("consent-withdrawn", "C25"),
    OBJECTED("objected", "C25"),
    NEVER_ASKED("never-asked"),
    NOT_YET("consent-after-event"),
    EXPIRED("consent-expired"),
    STALE("consent-stale", "C37"),
    NO_SAFEGUARD("no-safeguard", "C20"),
    SIGNAL_REFUSED("signal-refused", "C9"),
    SIGNAL_UNUSABLE("signal-unusable", "C9"),
    NO_UNSUBSCRIBE("no-unsubscribe-instruction", "C27"),
    SENDER_NOT_OF_GROUP("sender-not-of-group", "C24"),
    SENDER_NOT_NAMED("sender-not-named", "C22"),
    NO_OPEN_ORDER("no-open-order", "C7"),
    OTHER_SERVICE("other-service", "C13"),
    ACTOR_NOT_ENTITLED("actor-not-entitled", "C30"),
    ACTOR_ENTITLED("actor-entitled", "C30"),
    NO_CASE_FILE("no-case-file", "C18"),
    OVERSIZE("oversize", "C17"),

    // A control record was taken in, or says nothing new.
    APPLIED("applied", "C25"),
    APPLIED_ON_ARRIVAL("applied-on-arrival", "C25"),
    NOT_A_CHOICE("not-a-choice", "C5"),
    IMPORTED_LIFT("imported-lift", "C23"),
    GRANT_AHEAD("grant-dated-ahead", "C25"),
    SIGNAL_SILENT("signal-silent", "C9"),
    GUARDIAN_UNVERIFIED("guardian-unverified", "C1"),
    GUARDIAN_IS_SUBJECT("guardian-is-subject", "C1"),
    GUARDIAN_MINOR("guardian-minor", "C1"),
    FORWARDED("forwarded", "C25"),
    INSPECTED("inspected", "C35"),

    // Quarantined: what could not be decided is not released.
    NULL_KEY("null-key", "C4", "publish with the subject key as the record's key"),
    NULL_VALUE("null-value", "C4", "publish an event; a delete marker is none"),
    NOT_A_SUBJECT_KEY("not-a-subject-key", "C4", "use customer:<id>, cookie:<id> or device:<id>"),
    MISPLACED("misplaced", "C4", "publish with partitioner=murmur2_random"),
    NOT_WIRE_FORMAT("not-wire-format", "C4", "publish Avro behind a zero byte and a four-byte schema id"),
    UNKNOWN_SCHEMA("unknown-schema", "C4", "register the schema before publishing with it"),
    WRONG_TYPE("wrong-type", "C4", "publish to the topic of this event type, with a compatible schema"),
    UNDECODABLE("undecodable", "C4", "publish what the named schema can read"),
    LABEL_DIFFERS("label-differs", "C4", "take over the labels of the gate's schema"),
    UNTREATABLE("untreatable", "C4", "report this: a treatment has no rule for the value"),
    KEY_IS_NOT_SUBJECT("key-is-not-subject", "C4", "make the record's key equal to the subject in the value"),
    UNKNOWN_BRAND("unknown-brand", "C2", "use a brand of the policy"),
    UNKNOWN_SURFACE("unknown-surface", "C2", "use a surface of the policy"),
    DATED_AHEAD("dated-ahead", "C37", "set the publisher's clock"),
    UNKNOWN_PURPOSE("unknown-purpose", "C4", "use a purpose of the policy that rests on consent or can be objected to"),
    UNKNOWN_SCOPE("unknown-scope", "C21", "use brands and channels of the policy"),
    SCOPE_TOO_WIDE("scope-too-wide", "C21", "name brand, channel and collector where the purpose tells them apart"),
    INCOMPLETE("incomplete", "C25", "fill the fields that this kind of consent change needs");

    /** Stands where the clause is that of the purpose, or of a hold. */
    static final String PURPOSES = "";

    private final String id;
    private final String clause;
    private final String remedy;

    Rule(String id) {
        this(id, PURPOSES);
    }

    Rule(String id, String clause) {
        this(id, clause, "");
    }

    Rule(String id, String clause, String remedy) {
        this.id = id;
        this.clause = clause;
        this.remedy = remedy;
    }

    public String id() {
        return id;
    }

    /** The clause that it enforces, or empty where the purpose or the hold names it. */
    public String clause() {
        return clause;
    }

    /** What a publisher can do about it; empty unless it sends records to quarantine. */
    public String remedy() {
        return remedy;
    }
}
