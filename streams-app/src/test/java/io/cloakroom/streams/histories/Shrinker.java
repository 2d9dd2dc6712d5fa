package io.cloakroom.streams.histories;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Makes a failing history short and plain, as long as it still fails. */
final class Shrinker {

    private static final Pattern TIME = Pattern.compile("(at|expires)=\\S+");
    private static final Pattern PASSING = Pattern.compile("time=\\S+");
    /** What an event can do without, and a statement. */
    private static final Pattern OF_EVENT = Pattern.compile(" (country|collector|act|unsubscribe)=\\S+");

    private static final Pattern OF_STATEMENT = Pattern.compile(" (brand|channel|collector|notice|expires)=\\S+");
    private static final List<String> PLAIN_TIMES = List.of("+0", "-1d", "-2d", "+1d", "+1h", "-3d", "+2d", "-1h");
    private static final List<String> PLAIN_PASSINGS = List.of("1d", "1h", "1s", "30d");

    private Shrinker() {}

    static History shrink(History failing, Predicate<History> fails) {
        List<String> script = failing.toString().lines().toList();
        while (true) {
            Optional<List<String>> better = withLess(script, fails);
            if (better.isEmpty()) {
                better = plainer(script, fails);
            }
            if (better.isEmpty()) {
                return history(script);
            }
            script = better.get();
        }
    }

    /** What to paste into a test. */
    static String report(long seed, History least) {
        return "seed " + seed + " shrinks to\n\n" + least;
    }

    private static History history(List<String> script) {
        return History.of(String.join("\n", script));
    }

    private static Optional<List<String>> withLess(List<String> script, Predicate<History> fails) {
        for (int count = Math.max(1, script.size() / 2); count > 0; count /= 2) {
            for (int from = 0; from + count <= script.size(); from++) {
                List<String> less = new ArrayList<>(script);
                less.subList(from, from + count).clear();
                if (fails.test(history(less))) {
                    return Optional.of(less);
                }
            }
        }
        return Optional.empty();
    }

    /** One line shorter, or as short and nearer to the beginning of the plain times. */
    private static Optional<List<String>> plainer(List<String> script, Predicate<History> fails) {
        return IntStream.range(0, script.size())
                .boxed()
                .flatMap(i -> plainer(script.get(i)).stream().map(line -> {
                    List<String> plain = new ArrayList<>(script);
                    plain.set(i, line);
                    return plain;
                }))
                .filter(plain -> fails.test(history(plain)))
                .findFirst();
    }

    private static List<String> plainer(String line) {
        List<String> lines = new ArrayList<>();
        Matcher optional = (line.startsWith("event ") ? OF_EVENT : OF_STATEMENT).matcher(line);
        while (optional.find()) {
            lines.add(line.substring(0, optional.start()) + line.substring(optional.end()));
        }
        addPlainer(lines, line, TIME.matcher(line), PLAIN_TIMES);
        addPlainer(lines, line, PASSING.matcher(line), PLAIN_PASSINGS);
        return lines;
    }

    /** Only what comes earlier among the plain ones, so that there is an end. */
    private static void addPlainer(List<String> lines, String line, Matcher times, List<String> plain) {
        while (times.find()) {
            int equals = times.group().indexOf('=') + 1;
            String value = times.group().substring(equals);
            int rank = plain.contains(value) ? plain.indexOf(value) : plain.size();
            for (String other : plain.subList(0, rank)) {
                lines.add(line.substring(0, times.start() + equals) + other + line.substring(times.end()));
            }
        }
    }
}
