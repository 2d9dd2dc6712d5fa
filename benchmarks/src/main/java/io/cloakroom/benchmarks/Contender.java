package io.cloakroom.benchmarks;

import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Topics;
import java.util.ArrayList;
import java.util.List;

/** What is compared: three ways from the same orders to the same number of records. */
enum Contender {
    PASS_THROUGH("pass-through", "pass-through."),
    GATE("gate", ""),
    IDIOMATIC("idiomatic", "idiomatic.");

    private final String id;
    private final String prefix;

    Contender(String id, String prefix) {
        this.id = id;
        this.prefix = prefix;
    }

    /** Its name in reports, and its group and state directory. */
    String id() {
        return id;
    }

    /** Where it writes what the gate writes to a topic. */
    String topic(String gates) {
        return prefix + gates;
    }

    String audit() {
        return topic(Topics.AUDIT);
    }

    /** The topics of releases of orders, in the policy's order. */
    List<String> releases(Blueprint blueprint) {
        return releasesOfGate(blueprint).stream().map(this::topic).toList();
    }

    /** All that it writes for an order: the releases and the audit. */
    List<String> outputs(Blueprint blueprint) {
        List<String> outputs = new ArrayList<>(releases(blueprint));
        outputs.add(audit());
        return outputs;
    }

    static List<String> releasesOfGate(Blueprint blueprint) {
        return blueprint.projections().stream()
                .map(projection -> projection.access())
                .filter(access -> access.schema().type().equals(Load.TYPE))
                .map(access -> access.topic())
                .toList();
    }
}
