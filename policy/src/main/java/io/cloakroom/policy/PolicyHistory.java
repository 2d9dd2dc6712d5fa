package io.cloakroom.policy;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Every version of the policy, oldest first (C37). At least one. */
public record PolicyHistory(List<Policy> versions) {

    public PolicyHistory {
        if (versions.isEmpty()) {
            throw new IllegalArgumentException("no policy: a history has at least one version");
        }
        versions = versions.stream()
                .sorted(Comparator.comparingLong(Policy::effectiveFrom))
                .toList();
    }

    /** The version in force at a time; none before the first. */
    public Optional<Policy> at(long time) {
        for (int i = versions.size() - 1; i >= 0; i--) {
            if (versions.get(i).effectiveFrom() <= time) {
                return Optional.of(versions.get(i));
            }
        }
        return Optional.empty();
    }

    /** The version in force at a time, or the first where that is still ahead: for what must be read under some version. */
    public Policy atOrFirst(long time) {
        return at(time).orElse(versions.get(0));
    }
}
