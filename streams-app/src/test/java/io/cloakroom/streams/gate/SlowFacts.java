package io.cloakroom.streams.gate;

import io.cloakroom.policy.Event;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Fact;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.signals.Signals;
import java.util.Arrays;
import org.apache.avro.generic.IndexedRecord;

/** The slow way to the facts. Takes out of an event what a decision may look at, where the policy in force at its time says that it stands. */
final class SlowFacts {

    private SlowFacts() {}

    /** @param event in the gate's schema, so {@code meta} is first */
    static Event of(String type, IndexedRecord event, long arrivedAt, PolicyHistory history) {
        long occurredAt = (Long) value(event, "meta.occurredAt");
        EventRules rules = history.atOrFirst(occurredAt).events().get(type);
        String brand = text(event, "meta.brand");
        String collector = text(event, "meta.collector");
        return new Event(
                type,
                brand,
                text(event, "meta.surface"),
                text(event, "meta.country"),
                collector.isEmpty() ? brand : collector,
                occurredAt,
                arrivedAt,
                Arrays.stream(Fact.values())
                        .map(fact -> rules == null ? Event.ABSENT : text(event, rules.path(fact)))
                        .toList(),
                rules == null ? Signals.NONE : signals(event, rules));
    }

    private static Signals signals(IndexedRecord event, EventRules rules) {
        return Signals.of(
                text(event, rules.path(Fact.TCF)),
                text(event, rules.path(Fact.GPP)),
                Boolean.parseBoolean(text(event, rules.path(Fact.GPC))));
    }

    static String subject(IndexedRecord event) {
        return text(event, "meta.subject");
    }

    private static String text(IndexedRecord event, String path) {
        Object value = path.isEmpty() ? null : value(event, path);
        return value == null ? Event.ABSENT : value.toString();
    }

    private static Object value(IndexedRecord event, String path) {
        Object value = event;
        for (String name : path.split("\\.")) {
            // Another branch of a union may have no such field.
            if (!(value instanceof IndexedRecord record) || record.getSchema().getField(name) == null) {
                return null;
            }
            value = record.get(record.getSchema().getField(name).pos());
        }
        return value;
    }
}
