package io.cloakroom.streams.audit;

import io.cloakroom.gate.EntryKind;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.gate.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Whether entries of events decide for every recipient that their policy names, each once, and under a policy that there is. It
 * need not be the last one of its time: a gate may hear of that later.
 */
final class Recipients implements ChainWalk.Listener {

    private final int partition;
    private final PolicyHistory history;
    private final Map<Policy, byte[]> hashes = new LinkedHashMap<>();
    private final List<Named> known = new ArrayList<>();
    private Fault fault;

    /** Those whom a version of the policy names for a topic. */
    private record Named(Policy policy, byte[] topic, List<byte[]> recipients) {

        static Named of(Policy policy, String topic) {
            EventRules rules = policy.events().get(Topics.type(topic));
            return new Named(
                    policy,
                    utf8(topic),
                    rules == null
                            ? List.of()
                            : rules.accesses().stream()
                                    .map(access -> utf8(access.recipient().id()))
                                    .toList());
        }

        private static byte[] utf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }

        boolean areThoseOf(EntryView entry) {
            boolean are = entry.recipients() == recipients.size();
            for (int i = 0; are && i < recipients.size(); i++) {
                are = entry.isRecipient(i, recipients.get(i));
            }
            return are;
        }
    }

    Recipients(int partition, PolicyHistory history) {
        this.partition = partition;
        this.history = history;
        history.versions().forEach(v -> hashes.put(v, HexFormat.of().parseHex(v.hash())));
    }

    @Override
    public void hear(EntryView entry, long auditOffset) {
        if (fault == null && (entry.kind == EntryKind.EVENT || entry.kind == EntryKind.QUARANTINED)) {
            wrong(entry).ifPresent(what -> fault = Fault.at(Topics.AUDIT, partition, auditOffset, what));
        }
    }

    private Optional<String> wrong(EntryView entry) {
        Policy policy = policy(entry);
        Named named = named(policy == null ? history.atOrFirst(entry.decidedAt) : policy, entry);
        if (named == null) {
            return Optional.empty();
        }
        if (policy == null && entry.isUnderAny()) {
            return Optional.of("is decided under a policy that is none of those here");
        }
        // What cannot be read is quarantined under the policy of the day, the first one before there is any.
        boolean isQuarantined = entry.kind == EntryKind.QUARANTINED;
        Optional<Policy> inForce =
                isQuarantined ? Optional.of(history.atOrFirst(entry.decidedAt)) : history.at(entry.occurredAt);
        if (policy == null && inForce.isPresent()) {
            return Optional.of(
                    "is decided under no policy, where that of " + inForce.get().version() + " was in force");
        }
        if (policy != null
                && (inForce.isEmpty() || policy.effectiveFrom() > inForce.get().effectiveFrom())) {
            return Optional.of("is decided under the policy of " + policy.version() + ", which was not in force yet");
        }
        if (named.areThoseOf(entry)) {
            return Optional.empty();
        }
        List<String> decided = IntStream.range(0, entry.recipients())
                .mapToObj(entry::recipientName)
                .toList();
        List<String> due = named.recipients.stream()
                .map(r -> new String(r, StandardCharsets.UTF_8))
                .toList();
        return Optional.of("decides for " + decided + ", where the policy names " + due);
    }

    /** Null if it names none, or none of these. */
    private Policy policy(EntryView entry) {
        for (Map.Entry<Policy, byte[]> one : hashes.entrySet()) {
            if (entry.isUnder(one.getValue())) {
                return one.getKey();
            }
        }
        return null;
    }

    /** Null where no events are: what is published there is for nobody. */
    private Named named(Policy policy, EntryView entry) {
        for (Named one : known) {
            if (one.policy == policy && entry.isTopic(one.topic)) {
                return one;
            }
        }
        String topic = entry.topicName();
        if (!Topics.isOfEvents(topic)) {
            return null;
        }
        Named added = Named.of(policy, topic);
        known.add(added);
        return added;
    }

    /** The first that is wrong. */
    Optional<Fault> fault() {
        return Optional.ofNullable(fault);
    }
}
