package io.cloakroom.streams.audit;

import java.util.List;

/**
 * What came of a verification.
 *
 * @param skipped what was not looked at, and why
 */
public record Report(List<Part> parts, List<Fault> faults, List<String> skipped) {

    /**
     * A partition of the audit.
     *
     * @param first number of the first entry that is there; more than 0 where retention removed some, -1 for none
     * @param entries how many there ever were
     * @param signed how many of them a checkpoint covers
     * @param inputs how many committed input records were held against it
     * @param releases how many releases were
     */
    public record Part(int partition, long first, long entries, long signed, long inputs, long releases) {}

    public Report {
        parts = List.copyOf(parts);
        faults = List.copyOf(faults);
        skipped = List.copyOf(skipped);
    }

    public boolean isVerified() {
        return faults.isEmpty();
    }
}
