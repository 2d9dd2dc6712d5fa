package io.cloakroom.policy.signals;

/** What laws of the United States let a person opt out of; every GPP section has some of them. */
public enum OptOut {
    SALE("Sale"),
    SHARING("Sharing"),
    TARGETED_ADVERTISING("TargetedAdvertising");

    private final String word;

    OptOut(String word) {
        this.word = word;
    }

    /** Name of the field that says whether somebody did. */
    String field() {
        return word + "OptOut";
    }

    /** Name of the field that says whether they were told that they may. */
    String noticeField() {
        return word + "OptOutNotice";
    }
}
