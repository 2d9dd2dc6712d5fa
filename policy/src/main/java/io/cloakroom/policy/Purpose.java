package io.cloakroom.policy;

import io.cloakroom.policy.signals.SignalMapping;
import java.util.Set;

/**
 * Why data may be used.
 *
 * @param scope what a consent or objection is told apart by
 * @param categories that may be used for it; every other is dropped
 * @param adultsOnly nothing of a known minor (C1)
 * @param unsubscribe the event must say how to unsubscribe (C27)
 * @param signals of the industry that speak about it (C9)
 */
public record Purpose(
        String id,
        Basis basis,
        String clause,
        String dpv,
        Set<Dimension> scope,
        Set<String> categories,
        boolean adultsOnly,
        boolean unsubscribe,
        SignalMapping signals) {

    public Purpose {
        scope = Set.copyOf(scope);
        categories = Set.copyOf(categories);
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
        COLLECTOR
    }

    /** Whether it rests on what the person wants; else no refusal of anybody stands against it. */
    boolean asksThePerson() {
        return basis == Basis.CONSENT || basis == Basis.LEGITIMATE_INTEREST;
    }

    /** The rule by which a refusal ends it. */
    Rule refusedBy() {
        return basis == Basis.LEGITIMATE_INTEREST ? Rule.OBJECTED : Rule.WITHDRAWN;
    }

    /** A scope that was stored when this purpose, perhaps, told more apart. */
    Scope cut(Scope stored) {
        return stored.purpose().equals(id) ? scope(stored.brand(), stored.channel(), stored.collector()) : stored;
    }

    /** Whether a scope is that of an event or a statement. */
    boolean isScope(Scope other, String brand, String channel, String collector) {
        return other.purpose().equals(id)
                && other.brand().equals(scope.contains(Dimension.BRAND) ? brand : Scope.EVERY)
                && other.channel().equals(scope.contains(Dimension.CHANNEL) ? channel : Scope.EVERY)
                && other.collector().equals(scope.contains(Dimension.COLLECTOR) ? collector : Scope.EVERY);
    }

    /** The scope of an event or a statement, cut to what this purpose tells apart. */
    public Scope scope(String brand, String channel, String collector) {
        return new Scope(
                id,
                scope.contains(Dimension.BRAND) ? brand : Scope.EVERY,
                scope.contains(Dimension.CHANNEL) ? channel : Scope.EVERY,
                scope.contains(Dimension.COLLECTOR) ? collector : Scope.EVERY);
    }
}
