package io.cloakroom.benchmarks;

import io.cloakroom.schemas.AvroDeserializer;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Whether the gate and the idiomatic topology have released the same: of the same orders, to the same recipients, the same
 * fields with the same values. Tokens are of different keys; they must tell the same people and orders apart.
 */
final class Comparison {

    private final Settings settings;
    private final Blueprint blueprint;
    private final List<String> differences = new ArrayList<>();
    private int same;

    private Comparison(Settings settings, Blueprint blueprint) {
        this.settings = settings;
        this.blueprint = blueprint;
    }

    /**
     * @param same how many releases both have
     * @param differences what one has and the other has not, at most a few for each topic
     */
    record Result(int same, List<String> differences) {}

    static Result of(Settings settings, Blueprint blueprint) {
        Comparison comparison = new Comparison(settings, blueprint);
        Contender.releasesOfGate(blueprint).forEach(comparison::compare);
        return new Result(comparison.same, List.copyOf(comparison.differences));
    }

    /** @param text without tokens */
    private record Released(String text, List<String> tokens) {}

    private void compare(String topic) {
        Map<Long, Released> gates = read(Contender.GATE.topic(topic));
        Map<Long, Released> others = read(Contender.IDIOMATIC.topic(topic));
        Map<String, String> translation = new HashMap<>();
        TreeSet<Long> orders = new TreeSet<>(gates.keySet());
        orders.addAll(others.keySet());
        List<String> found = new ArrayList<>();
        for (long order : orders) {
            Released gate = gates.get(order);
            Released other = others.get(order);
            if (gate == null || other == null) {
                found.add(topic + ": only the " + (gate == null ? "idiomatic topology" : "gate") + " released order "
                        + order);
            } else if (!gate.text().equals(other.text())) {
                found.add(topic + ": gate " + gate.text() + ", idiomatic " + other.text());
            } else if (!isTranslated(gate.tokens(), other.tokens(), translation)) {
                found.add(topic + ": tokens of order " + order + " tell apart what the other's do not");
            } else {
                same++;
            }
        }
        differences.addAll(found.subList(0, Math.min(3, found.size())));
    }

    /** One to one: each token of one side stands for the same token of the other, wherever it is. */
    private static boolean isTranslated(List<String> gates, List<String> others, Map<String, String> translation) {
        for (int i = 0; i < gates.size(); i++) {
            String there = "gate " + gates.get(i);
            String here = "idiomatic " + others.get(i);
            String before = translation.putIfAbsent(there, here);
            String back = translation.putIfAbsent(here, there);
            if (before != null && !before.equals(here) || back != null && !back.equals(there)) {
                return false;
            }
        }
        return gates.size() == others.size();
    }

    private Map<Long, Released> read(String topic) {
        Map<TopicPartition, Long> from = new HashMap<>(Committed.ends(settings, topic));
        from.replaceAll((partition, end) -> 0L);
        AvroDeserializer values = new AvroDeserializer();
        values.configure(settings.client(), false);
        Map<Long, Released> all = new TreeMap<>();
        Committed.read(settings, from, record -> {
            GenericRecord release = (GenericRecord) values.deserialize(topic, record.value());
            List<String> tokens = new ArrayList<>();
            tokens.add(new String(record.key(), StandardCharsets.UTF_8));
            tokens.add(release.get("releaseId").toString());
            release.put("releaseId", "");
            takeTokens(release, tokens);
            Released before = all.put((Long) release.get("total"), new Released(release.toString(), tokens));
            if (before != null) {
                differences.add(topic + ": order " + release.get("total") + " was released twice");
            }
        });
        return all;
    }

    private static void takeTokens(Object value, List<String> tokens) {
        if (value instanceof GenericData.Record record) {
            for (Schema.Field field : record.getSchema().getFields()) {
                Object inner = record.get(field.pos());
                if ("pseudonymise".equals(field.getProp("treatment")) && inner != null) {
                    tokens.add(inner.toString());
                    record.put(field.pos(), "");
                } else {
                    takeTokens(inner, tokens);
                }
            }
        } else if (value instanceof List<?> list) {
            list.forEach(v -> takeTokens(v, tokens));
        }
    }
}
