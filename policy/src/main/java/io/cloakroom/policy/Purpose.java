package io.cloakroom.policy;

import io.cloakroom.policy.signals.SignalMapping;
import java.util.List;
import java.util.Set;

/**
 * Why data may be used.
 *
 * @param partOf the purpose that it is a part of: who objects to that one objects to it (C25); empty for none
 * @param scope what a consent or objection is told apart by
 * @param categories that may be used for it; every other is dropped
 * @param adultsOnly nothing of a known minor (C1)
 * @param requires what else must be so; the first that is not gives the reason
 * @param signals of the industry that speak about it (C9)
 */
public record Purpose(
        String id,
        Basis basis,
        String clause,
        String dpv,
        String partOf,
        Set<Dimension> scope,
        Set<String> categories,
        boolean adultsOnly,
        List<Condition> requires,
        SignalMapping signals) {

    public Purpose {
        scope = Set.copyOf(scope);
        categories = Set.copyOf(categories);
        requires = List.copyOf(requires);
    }

    /** Legal basis, GDPR art. 6. */
    public enum Basis {
        CONSENT,
        CONTRACT,
        LEGAL_OBLIGATION,
        LEGITIMATE_INTEREST
    }

    public enum Dimension {
        BRAND,
        CHANNEL,
        COLLECTOR,
        /** A promotion, a testimonial: whatever a permission is about (C10, C22). */
        ITEM
    }

    /** Whether it rests on what the person wants; else no refusal of anybody stands against it. */
    boolean asksThePerson() {
        return basis == Basis.CONSENT || basis == Basis.LEGITIMATE_INTEREST;
    }

    /** What is about a promotion or a testimonial is not about an event that names none. */
    boolean lacksItem(Event event) {
        return scope.contains(Dimension.ITEM) && event.item().isEmpty();
    }

    /** The rule by which a refusal ends it. */
    Rule refusedBy() {
        return basis == Basis.LEGITIMATE_INTEREST ? Rule.OBJECTED : Rule.WITHDRAWN;
    }

    /** A scope that was stored when this purpose, perhaps, told more apart. */
    Scope cut(Scope stored) {
        return stored.purpose().equals(id)
                ? scope(stored.brand(), stored.channel(), stored.collector(), stored.item())
                : stored;
    }

    /** Whether a scope is that of an event. */
    boolean isScope(Scope other, Event event) {
        return other.purpose().equals(id)
                && other.brand().equals(part(Dimension.BRAND, event.brand()))
                && other.channel().equals(part(Dimension.CHANNEL, event.channel()))
                && other.collector().equals(part(Dimension.COLLECTOR, event.collector()))
                && other.item().equals(part(Dimension.ITEM, event.item()));
    }

    /** The scope of an event, cut to what this purpose tells apart. */
    public Scope scope(Event event) {
        return scope(event.brand(), event.channel(), event.collector(), event.item());
    }

    /** The same of a statement. */
    public Scope scope(String brand, String channel, String collector, String item) {
        return new Scope(
                id,
                part(Dimension.BRAND, brand),
                part(Dimension.CHANNEL, channel),
                part(Dimension.COLLECTOR, collector),
                part(Dimension.ITEM, item));
    }

    private String part(Dimension dimension, String value) {
        return scope.contains(dimension) ? value : Scope.EVERY;
    }
}
