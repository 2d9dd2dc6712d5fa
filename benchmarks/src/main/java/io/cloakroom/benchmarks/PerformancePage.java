package io.cloakroom.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures on the page about speed: between two markers, so that nobody types one. */
final class PerformancePage {

    private static final String END = "<!-- end of figures -->";

    private PerformancePage() {}

    /**
     * @param section of the page: one for the default run and one for each kind of run that has a row of its own
     * @throws IOException also if the page has no markers for it
     */
    static void write(Path page, String section, Report report, List<String> arguments) throws IOException {
        String text = Files.readString(page);
        String marker = "<!-- figures of " + section + ", written by bin/cloakroom bench -->";
        int begin = text.indexOf(marker);
        int end = text.indexOf(END, begin);
        if (begin < 0 || end < 0) {
            throw new IOException(page + " has no line " + marker + " before a line " + END);
        }
        Files.writeString(
                page,
                text.substring(0, begin + marker.length()) + "\n\n" + String.join("\n", figures(report, arguments))
                        + "\n\n" + text.substring(end));
    }

    private static List<String> figures(Report report, List<String> arguments) {
        List<String> lines = new ArrayList<>(List.of(
                "`bin/cloakroom bench " + String.join(" ", arguments) + "`",
                "",
                report.machine().toString(),
                "",
                "| | target | median | of all pairs | holds |",
                "|---|---|---|---|---|"));
        lines.add(atLeast("gate / pass-through", 0.65, report.gateOverPassThrough()));
        lines.add(atLeast("gate / idiomatic DSL", 1.6, report.gateOverIdiomatic()));
        lines.add(atMost("added CPU per event over pass-through, gate / idiomatic DSL", 1.0 / 3, report.addedCpu()));
        lines.add(atMost("p99 at half load, gate − pass-through, ms", 20, report.addedLatency()));
        report.part(Micro.DECIDE)
                .ifPresent(rate -> lines.add(rate("decisions per second and core, engine alone", 2_000_000, rate)));
        report.part(Micro.WHOLE)
                .ifPresent(
                        rate -> lines.add(rate("events per second and core, without broker and store", 100_000, rate)));
        lines.add("");
        lines.add("```");
        lines.addAll(report.text());
        lines.add("```");
        return lines;
    }

    private static String atLeast(String what, double target, Spread spread) {
        return row(what, "≥ " + number(target), spread, spread.median() >= target);
    }

    private static String atMost(String what, double target, Spread spread) {
        return row(what, "≤ " + number(target), spread, spread.median() <= target);
    }

    private static String row(String what, String target, Spread spread, boolean holds) {
        return "| " + what + " | " + target + " | " + number(spread.median()) + " | " + number(spread.min()) + " to "
                + number(spread.max()) + " | " + (holds ? "yes" : "no") + " |";
    }

    private static String rate(String what, double target, double rate) {
        return String.format(
                Locale.ROOT, "| %s | ≥ %,.0f | %,.0f | | %s |", what, target, rate, rate >= target ? "yes" : "no");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
