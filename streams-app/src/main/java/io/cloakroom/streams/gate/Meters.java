package io.cloakroom.streams.gate;

import io.cloakroom.gate.Outcome;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Rule;
import io.cloakroom.streams.gate.AuditChain.Decided;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What one task of the gate counts. Each tag is from a closed set (types, recipients, rules, versions): no personal value
 * can stand in one (C35). Counted is what was decided, so a transaction that is tried again counts again; what counts for
 * proof is the audit.
 */
final class Meters implements AutoCloseable {

    /** How a refusal came: from the person, or over a link. */
    enum Way {
        OWN,
        LINK
    }

    private static final String EVENT = "event";
    private static final String CONTROL = "control";
    private static final int OUTCOMES = Outcome.values().length;

    private static final Duration[] LIMITS = {
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofMinutes(1),
        Duration.ofMinutes(10)
    };

    private final MeterRegistry registry;
    private final Map<Way, Timer> refusals;
    private final Gauge held;

    /** By what sends a record to quarantine; there from the beginning, so that the first one is seen to rise. */
    private final Map<Rule, Counter> events;

    private final Map<Rule, Counter> controls;

    /** By the topic of the event, then by rule and outcome; made when it is first counted, since most never are. */
    private final Map<String, Map<Recipient, Counter[]>> decisions = new HashMap<>();

    Meters(MeterRegistry registry, PolicyHistory history, int partition, Waiting waiting) {
        this.registry = registry;
        refusals = Map.of(Way.OWN, refusals(Way.OWN), Way.LINK, refusals(Way.LINK));
        events = quarantined(EVENT);
        controls = quarantined(CONTROL);
        held = Gauge.builder("cloakroom.held", waiting, Waiting::count)
                .description("Events that wait for what can still become a yes")
                .tag("partition", Integer.toString(partition))
                .register(registry);
    }

    private Map<Rule, Counter> quarantined(String kind) {
        Map<Rule, Counter> counters = new EnumMap<>(Rule.class);
        Arrays.stream(Rule.values())
                .filter(rule -> !rule.remedy().isEmpty())
                .forEach(rule -> counters.put(rule, quarantined(kind, rule)));
        return counters;
    }

    private Counter quarantined(String kind, Rule rule) {
        return Counter.builder("cloakroom.quarantined")
                .description("Records that could not be decided")
                .tag("kind", kind)
                .tag("rule", rule.id())
                .register(registry);
    }

    private Timer refusals(Way way) {
        return Timer.builder("cloakroom.refusal.effect")
                .description("From a refusal's arrival to its decision, from which on it is obeyed")
                .tag("way", way.name().toLowerCase(Locale.ROOT))
                .serviceLevelObjectives(LIMITS)
                .register(registry);
    }

    /** One for each version of the policy: 1 if it is the one in force, else 0. */
    static void register(MeterRegistry registry, PolicyHistory history, InstantSource clock) {
        for (Policy policy : history.versions()) {
            Gauge.builder(
                            "cloakroom.policy.in.force",
                            policy,
                            p -> history.at(clock.millis()).orElse(null) == p ? 1 : 0)
                    .description("1 for the version of the policy that is in force")
                    .tag("version", policy.version())
                    .tag("hash", policy.hash())
                    .register(registry);
        }
    }

    /** Once for each entry: a look-up of its topic, then one by identity for each decision; nothing is made but the first time. */
    void decided(String topic, List<Decided> decisions) {
        if (decisions.isEmpty()) {
            return;
        }
        Map<Recipient, Counter[]> ofTopic = this.decisions.computeIfAbsent(topic, t -> new IdentityHashMap<>());
        for (Decided decided : decisions) {
            count(topic, ofTopic, decided.decision());
        }
    }

    private void count(String topic, Map<Recipient, Counter[]> ofTopic, Decision decision) {
        Outcome outcome = AuditChain.outcome(decision);
        Counter[] counters =
                ofTopic.computeIfAbsent(decision.recipient(), r -> new Counter[Rule.values().length * OUTCOMES]);
        int at = decision.rule().ordinal() * OUTCOMES + outcome.ordinal();
        Counter counter = counters[at];
        if (counter == null) {
            counter = Counter.builder("cloakroom.decisions")
                    .description("Decisions, each for one recipient; an event that waited has two")
                    .tag("type", Topics.type(topic))
                    .tag("recipient", decision.recipient().id())
                    .tag("outcome", outcome.name())
                    .tag("rule", decision.rule().id())
                    .register(registry);
            counters[at] = counter;
        }
        counter.increment();
    }

    void quarantined(Place place, Rule rule) {
        boolean isEvent = Topics.isOfEvents(place.topic());
        (isEvent ? events : controls)
                .computeIfAbsent(rule, r -> quarantined(isEvent ? EVENT : CONTROL, r))
                .increment();
    }

    /**
     * A refusal is obeyed from now on.
     *
     * @param arrivedAt milliseconds since the epoch, by the broker's clock
     * @param now by the gate's
     */
    void refused(Way way, long arrivedAt, long now) {
        refusals.get(way).record(Duration.ofMillis(Math.max(0, now - arrivedAt)));
    }

    /** The partition is somebody else's now. */
    @Override
    public void close() {
        registry.remove(held);
    }
}
