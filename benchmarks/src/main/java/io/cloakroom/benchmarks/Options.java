package io.cloakroom.benchmarks;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is measured.
 *
 * @param policies that the gate's is made from
 * @param records orders of one run
 * @param pace seconds of steady load for the latency; the first third is not counted
 */
record Options(
        Path policies,
        int records,
        int people,
        int recipients,
        int rules,
        int pairs,
        int threads,
        int partitions,
        int pace,
        boolean profile) {

    Options withRules(int rules) {
        return new Options(policies, records, people, recipients, rules, pairs, threads, partitions, pace, profile);
    }

    Options withPeople(int people) {
        return new Options(policies, records, people, recipients, rules, pairs, threads, partitions, pace, profile);
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("records", records);
        json.put("people", people);
        json.put("recipients", recipients);
        json.put("rules", rules);
        json.put("pairs", pairs);
        json.put("threads", threads);
        json.put("partitions", partitions);
        json.put("pace_seconds", pace);
        return json;
    }
}
