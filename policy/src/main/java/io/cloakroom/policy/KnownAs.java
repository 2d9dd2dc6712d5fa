package io.cloakroom.policy;

/** What a category of fields tells of a person that free text must not repeat. */
public enum KnownAs {
    NAME,
    EMAIL,
    PHONE,
    ADDRESS,
    ORDER
}
