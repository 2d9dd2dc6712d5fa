package io.cloakroom.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The gate compared with itself: with few rules or people, and with many. Both are there all the time, each with a broker
 * and a pass-through of its own, and take turns.
 */
final class Many implements Findings {

    private static final Set<Contender> BOTH = Set.of(Contender.GATE, Contender.PASS_THROUGH);

    private final double target;
    private final Side few;
    private final Side many;

    Many(double target, Side few, Side many) {
        this.target = target;
        this.few = few;
        this.many = many;
    }

    /**
     * One of the two.
     *
     * @param state bytes on disk for each person
     * @param pairs of each pair, what each contender did
     */
    record Side(int rules, int people, double state, List<Map<Contender, Run.Throughput>> pairs) {

        private static Side of(Harness harness, Options options) throws Exception {
            return new Side(
                    harness.rules(), options.people(), harness.statePerPerson(Contender.GATE), new ArrayList<>());
        }

        private Spread of(Contender contender, ToDoubleFunction<Run.Throughput> figure) {
            return Spread.of(pairs.stream()
                    .map(pair -> figure.applyAsDouble(pair.get(contender)))
                    .toList());
        }

        private double ratio(int pair) {
            return events(pair, Contender.GATE) / events(pair, Contender.PASS_THROUGH);
        }

        private double events(int pair, Contender contender) {
            return pairs.get(pair).get(contender).events();
        }
    }

    /** @param target for what many do in a second, by what few do */
    static Many measure(Options few, Options many, double target, Path directory, Consumer<String> progress)
            throws Exception {
        Consumer<String> ofFew = line -> progress.accept("few: " + line);
        Consumer<String> ofMany = line -> progress.accept("many: " + line);
        try (Harness a = new Harness(few, BOTH, directory.resolve("few"), ofFew);
                Harness b = new Harness(many, BOTH, directory.resolve("many"), ofMany)) {
            a.prepare();
            b.prepare();
            a.warmUp();
            b.warmUp();
            List<Turn> turns = List.of(
                    new Turn(a, Contender.GATE, ofFew),
                    new Turn(b, Contender.GATE, ofMany),
                    new Turn(a, Contender.PASS_THROUGH, ofFew),
                    new Turn(b, Contender.PASS_THROUGH, ofMany));
            Many found = new Many(target, Side.of(a, few), Side.of(b, many));
            for (int pair = 0; pair < few.pairs(); pair++) {
                found.few.pairs().add(new EnumMap<>(Contender.class));
                found.many.pairs().add(new EnumMap<>(Contender.class));
                for (int i = 0; i < turns.size(); i++) {
                    Turn turn = turns.get(pair % 2 == 0 ? i : turns.size() - 1 - i);
                    Side side = turn.harness() == a ? found.few : found.many;
                    side.pairs().get(pair).put(turn.contender(), turn.take("pair " + (pair + 1)));
                }
            }
            return found;
        }
    }

    private record Turn(Harness harness, Contender contender, Consumer<String> progress) {
        Run.Throughput take(String when) throws Exception {
            Run.Throughput run = harness.fullLoad(contender);
            String form = "%s %-12s %,9.0f events/s %6.1f µs CPU";
            progress.accept(String.format(Locale.ROOT, form, when, contender.id(), run.events(), run.cpu()));
            return run;
        }
    }

    Spread manyOverFew() {
        return over(pair -> many.events(pair, Contender.GATE) / few.events(pair, Contender.GATE));
    }

    /** The same of the ratios to the pass-through: a broker with more to keep is slower for both. */
    Spread ratios() {
        return over(pair -> many.ratio(pair) / few.ratio(pair));
    }

    private Spread over(IntToDoubleFunction figure) {
        return Spread.of(IntStream.range(0, few.pairs().size())
                .mapToDouble(figure)
                .boxed()
                .toList());
    }

    @Override
    public List<Target> targets() {
        return List.of(Target.atLeast("gate's events per second, many / few", target, manyOverFew()));
    }

    @Override
    public List<String> text() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format("%-34s %14s %14s", "median of " + few.pairs().size(), "few", "many"));
        row(lines, "rules", "%,.0f", Side::rules);
        row(lines, "people", "%,.0f", Side::people);
        for (Contender contender : List.of(Contender.PASS_THROUGH, Contender.GATE)) {
            row(
                    lines,
                    contender.id() + ", events/s",
                    "%,.0f",
                    side -> side.of(contender, Run.Throughput::events).median());
            row(
                    lines,
                    contender.id() + ", CPU per event, µs",
                    "%.1f",
                    side -> side.of(contender, Run.Throughput::cpu).median());
        }
        row(lines, "gate's state per person, B", "%.0f", Side::state);
        lines.add("");
        lines.add(Findings.line("gate, many / few", manyOverFew()));
        lines.add(Findings.line("gate / pass-through, many / few", ratios()));
        return lines;
    }

    private void row(List<String> lines, String name, String form, ToDoubleFunction<Side> figure) {
        lines.add(String.format(
                Locale.ROOT,
                "%-34s %14s %14s",
                name,
                String.format(Locale.ROOT, form, figure.applyAsDouble(few)),
                String.format(Locale.ROOT, form, figure.applyAsDouble(many))));
    }

    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("many_over_few", manyOverFew());
        json.put("many_over_few_of_gate_over_pass_through", ratios());
        json.put("few", json(few));
        json.put("many", json(many));
        return json;
    }

    private static Map<String, Object> json(Side side) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("rules", side.rules());
        json.put("people", side.people());
        json.put("state_bytes_per_person", side.state());
        for (Contender contender : List.of(Contender.PASS_THROUGH, Contender.GATE)) {
            json.put(
                    contender.id(),
                    Map.of(
                            "events_per_second", side.of(contender, Run.Throughput::events),
                            "cpu_us_per_event", side.of(contender, Run.Throughput::cpu)));
        }
        return json;
    }
}
