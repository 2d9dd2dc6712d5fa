package io.cloakroom.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The newest shipped policy, with more readers of orders and more rules. One of its purposes asks for consent in place of
 * an objection, so that of what orders are read for one purpose is consented to, one objected to and one contract.
 */
final class BenchPolicy {

    /** Of five event types and five recipients, the engine's tests' own: figures stay comparable while the shipped one grows. */
    static final Path SMALL = Path.of("policy", "src/test/resources/io/cloakroom/policy/small");

    static final String CONSENTED = "statistical-analysis";
    static final String OBJECTED = "group-business";

    /** The state of an order for which a rule was added; no event of the load is in it. */
    private static final String UNUSED_STATE = "CANCELLED";

    /** Purposes that a recipient has for one event type at most: 64, and those it had. */
    private static final int PURPOSES = 60;

    private static final YAMLMapper YAML = new YAMLMapper();

    private BenchPolicy() {}

    /**
     * @param shipped the directory of the policy that it is made from
     * @param recipients that read orders
     * @param rules how many times a recipient is allowed a purpose for an event type; fewer than there are adds none
     * @return the directory of the one policy made
     */
    static Path write(Path shipped, Path directory, int recipients, int rules) throws IOException {
        ObjectNode policy = (ObjectNode) YAML.readTree(Files.readString(newest(shipped)));
        ObjectNode purpose = (ObjectNode) policy.get("purposes").get(CONSENTED);
        purpose.put("basis", "consent");
        addRecipients(policy, recipients);
        addRules(policy, rules);
        Files.createDirectories(directory);
        Files.writeString(
                directory.resolve(policy.get("version").asString() + ".yaml"), YAML.writeValueAsString(policy));
        return directory;
    }

    /** How many recipients of the shipped policy read orders; there are no fewer. */
    static int fewestRecipients(Path shipped) throws IOException {
        return readers(YAML.readTree(Files.readString(newest(shipped)))).size();
    }

    private static Path newest(Path shipped) throws IOException {
        try (Stream<Path> files = Files.list(shipped)) {
            return files.filter(f -> f.toString().endsWith(".yaml"))
                    .max(Path::compareTo)
                    .orElseThrow(() -> new IOException("no policy in " + shipped));
        }
    }

    private static List<String> readers(JsonNode policy) {
        return policy.get("recipients")
                .propertyStream()
                .filter(r -> r.getValue().get("events").has(Load.TYPE))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Each one is a copy, in turn, of one that reads orders, with a key and a topic of its own. */
    private static void addRecipients(ObjectNode policy, int count) {
        List<String> shipped = readers(policy);
        ObjectNode all = (ObjectNode) policy.get("recipients");
        for (int i = shipped.size(); i < count; i++) {
            String original = shipped.get(i % shipped.size());
            String copy = original + "-" + (i / shipped.size() + 1);
            all.set(copy, all.get(original).deepCopy());
            policy.get("categories").forEach(category -> {
                if (category.get("only-for") instanceof ArrayNode only && contains(only, original)) {
                    only.add(copy);
                }
            });
        }
    }

    private static boolean contains(ArrayNode names, String name) {
        return names.valueStream().anyMatch(n -> n.asString().equals(name));
    }

    /** First more purposes for those who read orders, then more readers of accounts. */
    private static void addRules(ObjectNode policy, int rules) {
        ObjectNode recipients = (ObjectNode) policy.get("recipients");
        int missing = rules - rules(recipients);
        List<ArrayNode> rows = new ArrayList<>();
        for (String reader : readers(policy)) {
            rows.add((ArrayNode) recipients.get(reader).get("events").get(Load.TYPE));
        }
        ArrayNode ordersState =
                (ArrayNode) policy.get("events").get(Load.TYPE).get("states").get(UNUSED_STATE);
        ArrayNode accountsState =
                (ArrayNode) policy.get("events").get("account").get("states");
        for (int i = 1; missing > 0; i++) {
            if (i > PURPOSES) {
                break;
            }
            String purpose = "purpose-" + i;
            ((ObjectNode) policy.get("purposes"))
                    .set(purpose, policy.get("purposes").get(OBJECTED).deepCopy());
            ordersState.add(purpose);
            accountsState.add(purpose);
            for (ArrayNode row : rows) {
                if (missing > 0) {
                    row.add(purpose);
                    missing--;
                }
            }
        }
        for (int r = 1; missing > 0; r++) {
            ObjectNode reader = (ObjectNode) recipients.get("group").deepCopy();
            ObjectNode events = reader.putObject("events");
            ArrayNode row = events.putArray("account");
            for (int i = 1; i <= PURPOSES && missing > 0; i++, missing--) {
                row.add("purpose-" + i);
            }
            for (String unused : List.of(
                    "order.id", "order.status", "order.item", "order.amount", "payment.card", "payment.verdict")) {
                remove(reader, unused);
            }
            recipients.set("reader-" + r, reader);
        }
    }

    private static int rules(ObjectNode recipients) {
        return recipients
                .valueStream()
                .flatMap(r -> r.get("events").valueStream())
                .mapToInt(JsonNode::size)
                .sum();
    }

    private static void remove(ObjectNode recipient, String category) {
        for (String treatment : List.of("keep", "pseudonymise", "drop")) {
            ArrayNode names = (ArrayNode) recipient.get(treatment);
            for (int i = names.size() - 1; i >= 0; i--) {
                if (names.get(i).asString().equals(category)) {
                    names.remove(i);
                }
            }
        }
    }
}
