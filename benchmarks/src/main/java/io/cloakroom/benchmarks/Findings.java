package io.cloakroom.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a kind of run has found: what was aimed at, all of it in words, and as a document. */
interface Findings {

    List<Target> targets();

    List<String> text();

    Map<String, Object> json();

    /**
     * A bound and what was measured.
     *
     * @param least whether the median holds from the bound upwards, or up to it
     */
    record Target(String what, boolean least, double bound, Spread measured) {

        static Target atLeast(String what, double bound, Spread measured) {
            return new Target(what, true, bound, measured);
        }

        static Target atMost(String what, double bound, Spread measured) {
            return new Target(what, false, bound, measured);
        }

        boolean holds() {
            return least ? measured.median() >= bound : measured.median() <= bound;
        }

        /** Of a table on the page about speed. */
        String row() {
            boolean several = measured.min() < measured.max();
            return "| " + what + " | " + (least ? "≥ " : "≤ ") + number(bound) + " | " + number(measured.median())
                    + " | " + (several ? number(measured.min()) + " to " + number(measured.max()) : "") + " | "
                    + (holds() ? "yes" : "no") + " |";
        }

        private static String number(double value) {
            return String.format(Locale.ROOT, Math.abs(value) < 1_000 ? "%.2f" : "%,.0f", value);
        }
    }

    /** The line of a figure over several pairs. */
    static String line(String name, Spread spread) {
        return String.format(
                Locale.ROOT, "%-34s %14.2f (%.2f to %.2f)", name, spread.median(), spread.min(), spread.max());
    }
}
