package io.cloakroom.policy;

/** What a decision may look at of an event besides who, when and where: in which field it stands is the policy's to say. */
public enum Fact {
    /** States the purposes. */
    STATED_BY("stated-by"),
    /** Makes the event a registration, a subscription or an order (C1). */
    ACT("act"),
    CHANNEL("channel"),
    /** How to unsubscribe (C27). */
    UNSUBSCRIBE("unsubscribe"),
    /** Who speaks (C24). */
    SENDER("sender"),
    /** What a permission is about: a promotion, a testimonial (C10, C22). */
    ITEM("item"),
    /** The service that collected it (C13). */
    SERVICE("service"),
    /** How far an order is (C7). */
    ORDER("order"),
    /** Subject key of who opens a person's data, or another name of somebody (C30). */
    ACTOR("actor"),
    /** The person's request that the actor works on (C30). */
    REQUEST("request"),

    // Signals of the industry (C9).

    TCF("tcf"),
    GPP("gpp"),
    GPC("gpc"),

    // Of every event.

    /** The data entry form, which can state purposes too (C4). */
    FORM("form", "meta.form"),
    /** The social platform it comes from (C14). */
    PLATFORM("platform", "meta.platform"),
    /** The company of the Group that passed it on (C23). */
    ORIGIN("origin", "meta.origin"),
    SUBJECT("subject", "meta.subject");

    private static final Fact[] ALL = values();

    private final String word;
    private final String path;

    Fact(String word) {
        this(word, "");
    }

    Fact(String word, String path) {
        this.word = word;
        this.path = path;
    }

    /** The key under which the policy names the field. */
    public String word() {
        return word;
    }

    /** Where it stands in every event; empty where the policy says so of each type. */
    public String path() {
        return path;
    }

    /** Whether the policy names the field under {@code signals}. */
    boolean isSignal() {
        return this == TCF || this == GPP || this == GPC;
    }

    public static int count() {
        return ALL.length;
    }
}
