package io.cloakroom.benchmarks;

import io.cloakroom.benchmarks.Harness.Measured;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** What was measured, in words and as a document. */
final class Report implements Findings {

    private final Measured measured;
    private final Map<String, Double> parts;

    /** @param parts operations in a second on one core, by JMH's name; empty if they were not measured */
    Report(Measured measured, Map<String, Double> parts) {
        this.measured = measured;
        this.parts = parts;
    }

    @Override
    public List<Target> targets() {
        List<Target> targets = new ArrayList<>(List.of(
                Target.atLeast("gate / pass-through", 0.65, gateOverPassThrough()),
                Target.atLeast("gate / idiomatic DSL", 1.6, gateOverIdiomatic()),
                Target.atMost("added CPU per event over pass-through, gate / idiomatic DSL", 1.0 / 3, addedCpu()),
                Target.atMost("p99 at half load, gate − pass-through, ms", 20, addedLatency())));
        part(targets, "decisions per second and core, engine alone", 2_000_000, Micro.DECIDE);
        part(targets, "events per second and core, without broker and store", 100_000, Micro.WHOLE);
        return targets;
    }

    private void part(List<Target> targets, String what, double bound, String name) {
        if (parts.containsKey(name)) {
            targets.add(Target.atLeast(what, bound, Spread.of(List.of(parts.get(name)))));
        }
    }

    Spread gateOverPassThrough() {
        return ratio(run -> run.events(), Contender.PASS_THROUGH);
    }

    Spread gateOverIdiomatic() {
        return ratio(run -> run.events(), Contender.IDIOMATIC);
    }

    /** How much more processor time the gate takes than the limit, as a share of how much more the idiomatic one does. */
    Spread addedCpu() {
        return over(pair -> (pair.get(Contender.GATE).cpu()
                        - pair.get(Contender.PASS_THROUGH).cpu())
                / (pair.get(Contender.IDIOMATIC).cpu()
                        - pair.get(Contender.PASS_THROUGH).cpu()));
    }

    /** Milliseconds that the gate's p99 is above the limit's, at the same load. */
    Spread addedLatency() {
        return over(pair -> pair.get(Contender.GATE).latency().p99()
                - pair.get(Contender.PASS_THROUGH).latency().p99());
    }

    private Spread ratio(ToDoubleFunction<Run> figure, Contender limit) {
        return over(pair -> figure.applyAsDouble(pair.get(Contender.GATE)) / figure.applyAsDouble(pair.get(limit)));
    }

    private Spread of(Contender contender, ToDoubleFunction<Run> figure) {
        return over(pair -> figure.applyAsDouble(pair.get(contender)));
    }

    private Spread over(Function<Map<Contender, Run>, Double> figure) {
        return Spread.of(measured.pairs().stream().map(figure).toList());
    }

    static String line(int pair, Contender contender, Run run) {
        return String.format(
                Locale.ROOT,
                "pair %d %-12s %,9.0f events/s %6.1f µs CPU %7.0f B allocated %6.1f µs broker; at %,.0f events/s p50 %.0f ms, p99 %.0f ms",
                pair,
                contender.id(),
                run.events(),
                run.cpu(),
                run.allocated(),
                run.brokerCpu(),
                run.latency().offered(),
                run.latency().p50(),
                run.latency().p99());
    }

    @Override
    public List<String> text() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                "%-34s %14s %14s %14s", "median of " + measured.pairs().size(), "pass-through", "gate", "idiomatic"));
        row(lines, "events/s", "%,.0f", contender -> of(contender, Run::events).median());
        row(
                lines,
                "CPU per event, µs",
                "%.1f",
                contender -> of(contender, Run::cpu).median());
        row(
                lines,
                "allocated per event, B",
                "%,.0f",
                contender -> of(contender, Run::allocated).median());
        row(
                lines,
                "broker's CPU per event, µs",
                "%.1f",
                contender -> of(contender, Run::brokerCpu).median());
        row(
                lines,
                "half load, events/s",
                "%,.0f",
                contender -> of(contender, run -> run.latency().offered()).median());
        row(
                lines,
                "p50 at half load, ms",
                "%.0f",
                contender -> of(contender, run -> run.latency().p50()).median());
        row(
                lines,
                "p99 at half load, ms",
                "%.0f",
                contender -> of(contender, run -> run.latency().p99()).median());
        row(lines, "state per person, B", "%.0f", contender -> measured.states().get(contender));
        row(
                lines,
                "written per event, records",
                "%.0f",
                contender -> measured.written().get(contender).records());
        row(
                lines,
                "written per event, B",
                "%,.0f",
                contender -> measured.written().get(contender).bytes());
        lines.add("");
        lines.add(Findings.line("gate / pass-through", gateOverPassThrough()));
        lines.add(Findings.line("gate / idiomatic", gateOverIdiomatic()));
        lines.add(Findings.line("added CPU, gate / idiomatic", addedCpu()));
        lines.add(Findings.line("p99 gate - pass-through, ms", addedLatency()));
        lines.add(String.format("same releases of gate and idiomatic: %,d", measured.same()));
        if (!parts.isEmpty()) {
            lines.add("");
            parts.forEach((name, rate) -> lines.add(String.format(Locale.ROOT, "%-34s %,14.0f /s", name, rate)));
        }
        return lines;
    }

    private static void row(List<String> lines, String name, String form, Function<Contender, Double> figure) {
        lines.add(String.format(
                Locale.ROOT,
                "%-34s %14s %14s %14s",
                name,
                String.format(Locale.ROOT, form, figure.apply(Contender.PASS_THROUGH)),
                String.format(Locale.ROOT, form, figure.apply(Contender.GATE)),
                String.format(Locale.ROOT, form, figure.apply(Contender.IDIOMATIC))));
    }

    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("gate_over_pass_through", gateOverPassThrough());
        json.put("gate_over_idiomatic", gateOverIdiomatic());
        json.put("added_cpu_gate_over_idiomatic", addedCpu());
        json.put("p99_ms_gate_minus_pass_through", addedLatency());
        Map<String, Object> contenders = new LinkedHashMap<>();
        for (Contender contender : Contender.values()) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("events_per_second", of(contender, Run::events));
            figures.put("cpu_us_per_event", of(contender, Run::cpu));
            figures.put("allocated_bytes_per_event", of(contender, Run::allocated));
            figures.put("broker_cpu_us_per_event", of(contender, Run::brokerCpu));
            figures.put(
                    "half_load_events_per_second",
                    of(contender, run -> run.latency().offered()));
            figures.put(
                    "p50_ms_at_half_load", of(contender, run -> run.latency().p50()));
            figures.put(
                    "p99_ms_at_half_load", of(contender, run -> run.latency().p99()));
            figures.put("state_bytes_per_person", measured.states().get(contender));
            figures.put(
                    "written_records_per_event",
                    measured.written().get(contender).records());
            figures.put(
                    "written_bytes_per_event", measured.written().get(contender).bytes());
            contenders.put(contender.id(), figures);
        }
        json.put("contenders", contenders);
        json.put("same_releases", measured.same());
        json.put("operations_per_second_and_core", parts);
        return json;
    }
}
