package io.cloakroom.policy;

import java.util.List;
import java.util.Set;

/**
 * Someone who reads (C17).
 *
 * @param region ISO country in which the data is used
 * @param epoch of its pseudonyms; a new one makes all tokens unrelated to the old
 * @param grace milliseconds after an event's arrival in which a consent that was overtaken by it is waited for
 * @param services those that it is of (C13)
 * @param until first instant at which it is registered no more, milliseconds since the epoch (C43)
 * @param recallable it gives up what it holds when it is told to; a fraud prevention agency need not (C42)
 */
public record Recipient(
        String id,
        Kind kind,
        Role role,
        String region,
        List<Safeguard> safeguards,
        int epoch,
        long grace,
        String clause,
        Set<String> services,
        long until,
        boolean recallable) {

    public Recipient {
        safeguards = List.copyOf(safeguards);
        services = Set.copyOf(services);
    }

    /** Who it is to the group; {@code class} in the policy. */
    public enum Kind {
        INTERNAL,
        GROUP_COMPANY,
        THIRD_PARTY
    }

    public enum Role {
        CONTROLLER,
        PROCESSOR
    }

    /** The name under which its pseudonym key is kept. */
    public String keyName() {
        return id + "." + epoch;
    }
}
