package io.cloakroom.benchmarks;

import java.util.Arrays;
import java.util.Collection;

/** A figure over several pairs. */
record Spread(double median, double min, double max) {

    /** @param values at least one */
    static Spread of(Collection<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** @param sorted ascending, at least one */
    static double percentile(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.round(Math.ceil(share * sorted.length)) - 1)];
    }

    static long[] sorted(Collection<Long> values) {
        long[] sorted = values.stream().mapToLong(v -> v).toArray();
        Arrays.sort(sorted);
        return sorted;
    }
}
