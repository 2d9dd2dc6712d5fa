package io.cloakroom.streams.histories;

/** The reasons that the model knows, named as in {@code io.cloakroom.policy.Rule}. */
enum Why {
    BEFORE_FIRST_VERSION,
    DATED_AHEAD,
    NO_LONGER_REGISTERED,
    NOT_STATED,
    ERASED,
    MINOR,
    AGE_UNKNOWN,
    GUARDIAN_NEEDED,
    GUARDIAN_WITHDREW,
    LINK_UNANSWERED,
    CONSENT_AWAITED,
    HOLD_EXPIRED,
    HOLDS_FULL,
    UNDECIDED,
    WITHDRAWN,
    OBJECTED,
    NEVER_ASKED,
    NOT_YET,
    EXPIRED,
    STALE,
    NO_SAFEGUARD,
    NO_UNSUBSCRIBE
}
