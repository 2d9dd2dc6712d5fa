package io.cloakroom.streams.histories;

import io.cloakroom.streams.histories.Step.Age;
import io.cloakroom.streams.histories.Step.Delivery;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Garbage;
import io.cloakroom.streams.histories.Step.Guardian;
import io.cloakroom.streams.histories.Step.Link;
import io.cloakroom.streams.histories.Step.Passing;
import io.cloakroom.streams.histories.Step.Said;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Everything that happens, in the order in which it happens to the gate. As text it is a script, one line for each step,
 * which {@link #of} reads back: times are distances from {@link #START}, what is empty is left out.
 */
record History(List<Step> steps) {

    /** Where the wall clock stands in the beginning: a summer's noon in London, one hour behind its own. */
    static final long START = Instant.parse("2019-06-01T12:00:00Z").toEpochMilli();

    private static final List<Class<? extends Record>> KINDS = List.of(
            Event.class,
            Said.class,
            Age.class,
            Guardian.class,
            Link.class,
            Erasure.class,
            Garbage.class,
            Delivery.class,
            Passing.class);
    private static final Map<String, Long> UNITS = units();
    private static final Pattern AMOUNT = Pattern.compile("(\\d+)(ms|[dhms])");

    History {
        steps = List.copyOf(steps);
    }

    /** Reads a script; empty lines and what follows a {@code #} are for people. */
    static History of(String script) {
        return new History(script.lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .map(History::step)
                .toList());
    }

    @Override
    public String toString() {
        return steps.stream().map(History::line).collect(Collectors.joining("\n", "", "\n"));
    }

    /** A time as the scripts have it, such as {@code -2d} or {@code +1h30m}. */
    static String time(long at) {
        return at < START ? "-" + duration(START - at) : "+" + duration(at - START);
    }

    static long time(String text) {
        long distance = millis(text.substring(1));
        return switch (text.charAt(0)) {
            case '-' -> START - distance;
            case '+' -> START + distance;
            default -> throw new IllegalArgumentException("a time begins with + or -: " + text);
        };
    }

    private static String line(Step step) {
        StringBuilder line = new StringBuilder(word(step));
        for (RecordComponent component : step.getClass().getRecordComponents()) {
            Object value = value(step, component);
            boolean isWord = value instanceof Enum<?>;
            boolean isLeftOut = value.equals("") || value.equals(false) || value.equals(Step.FOR_EVER);
            if (!isWord && !isLeftOut) {
                line.append(' ').append(component.getName()).append('=').append(text(value));
            }
        }
        return line.toString();
    }

    private static String text(Object value) {
        if (value instanceof Long at) {
            return time(at);
        }
        return value instanceof Duration time ? duration(time.toMillis()) : value.toString();
    }

    private static Step step(String line) {
        String[] words = line.split("\\s+");
        Map<String, String> facts = Arrays.stream(words)
                .skip(1)
                .map(fact -> fact.split("=", 2))
                .collect(Collectors.toMap(fact -> fact[0], fact -> fact[1], (a, b) -> b, HashMap::new));
        for (Class<? extends Record> kind : KINDS) {
            List<Object> values = new ArrayList<>();
            boolean isIt = true;
            for (RecordComponent component : kind.getRecordComponents()) {
                if (component.getType().isEnum()) {
                    Object constant = constant(component.getType(), words[0]);
                    isIt = constant != null;
                    values.add(constant);
                } else {
                    values.add(parsed(component.getType(), facts.get(component.getName())));
                }
            }
            isIt &= kind.getRecordComponents()[0].getType().isEnum()
                    || word(kind).equals(words[0]);
            if (isIt) {
                Arrays.stream(kind.getRecordComponents()).forEach(component -> facts.remove(component.getName()));
                if (!facts.isEmpty()) {
                    throw new IllegalArgumentException(words[0] + " has no " + facts.keySet() + ": " + line);
                }
                return make(kind, values);
            }
        }
        throw new IllegalArgumentException("nothing that happens: " + line);
    }

    private static Object parsed(Class<?> type, String text) {
        if (type == long.class) {
            return text == null ? Step.FOR_EVER : time(text);
        }
        if (type == boolean.class) {
            return Boolean.parseBoolean(text);
        }
        if (type == Duration.class) {
            return Duration.ofMillis(text == null ? 0 : millis(text));
        }
        return text == null ? "" : text;
    }

    /** What a step is called. */
    static String word(Step step) {
        RecordComponent first = step.getClass().getRecordComponents()[0];
        return first.getType().isEnum() ? word(value(step, first)) : word(step.getClass());
    }

    private static String word(Class<?> kind) {
        return kind.getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static String word(Object constant) {
        return constant.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Object constant(Class<?> type, String word) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> word(constant).equals(word))
                .findFirst()
                .orElse(null);
    }

    private static Object value(Step step, RecordComponent component) {
        try {
            return component.getAccessor().invoke(step);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Step make(Class<? extends Record> kind, List<Object> values) {
        Class<?>[] types = Arrays.stream(kind.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            return (Step) kind.getDeclaredConstructor(types).newInstance(values.toArray());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String duration(long millis) {
        StringBuilder text = new StringBuilder();
        long rest = millis;
        for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
            if (rest >= unit.getValue()) {
                text.append(rest / unit.getValue()).append(unit.getKey());
                rest %= unit.getValue();
            }
        }
        return text.isEmpty() ? "0" : text.toString();
    }

    private static long millis(String text) {
        if (!text.equals("0") && !text.matches("(" + AMOUNT.pattern() + ")+")) {
            throw new IllegalArgumentException("not a length of time: " + text);
        }
        long millis = 0;
        Matcher amounts = AMOUNT.matcher(text);
        while (amounts.find()) {
            millis += Long.parseLong(amounts.group(1)) * UNITS.get(amounts.group(2));
        }
        return millis;
    }

    private static Map<String, Long> units() {
        Map<String, Long> units = new LinkedHashMap<>();
        units.put("d", Duration.ofDays(1).toMillis());
        units.put("h", Duration.ofHours(1).toMillis());
        units.put("m", Duration.ofMinutes(1).toMillis());
        units.put("s", Duration.ofSeconds(1).toMillis());
        units.put("ms", 1L);
        return units;
    }
}
