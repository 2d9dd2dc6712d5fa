package io.cloakroom.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What one side of a link knows: when it was there, and what the other side last said of itself (T12).
 *
 * @param other subject key of the other side
 * @param forEver there were more transitions than a row holds: connected from the first on, whatever is said
 * @param transitions by time, no two at one time
 * @param news none until the other side has answered
 */
public record Link(String other, boolean forEver, List<Turn> transitions, Optional<News> news) {

    static final long NEVER = Long.MIN_VALUE;

    /** Transitions that a link can hold. */
    static final int MOST_TURNS = 32;

    /** @param at milliseconds since the epoch */
    public record Turn(long at, boolean connected) {}

    public Link {
        transitions = List.copyOf(transitions);
    }

    static Link to(String other) {
        return new Link(other, false, List.of(), Optional.empty());
    }

    Link heard(News said) {
        return news.isPresent() && news.get().equals(said)
                ? this
                : new Link(other, forEver, transitions, Optional.of(said));
    }

    /** Of two at one time the connection wins: it can only narrow. */
    Link turned(Turn turn) {
        if (forEver) {
            return turn.connected() ? forEver(turn.at()) : this;
        }
        List<Turn> all = new ArrayList<>(transitions);
        for (Turn known : transitions) {
            if (known.at() == turn.at()) {
                if (known.connected() || !turn.connected()) {
                    return this;
                }
                all.remove(known);
            }
        }
        all.add(turn);
        all.sort(Comparator.comparingLong(Turn::at));
        return all.size() <= MOST_TURNS
                ? new Link(other, false, all, news)
                : new Link(
                        other,
                        true,
                        all.stream().filter(Turn::connected).limit(1).toList(),
                        news);
    }

    private Link forEver(long at) {
        return !transitions.isEmpty() && transitions.get(0).at() <= at
                ? this
                : new Link(other, true, List.of(new Turn(at, true)), news);
    }

    boolean isConnectedAt(long time) {
        boolean connected = false;
        for (int i = 0; i < transitions.size() && transitions.get(i).at() <= time; i++) {
            connected = transitions.get(i).connected();
        }
        return connected;
    }

    /**
     * The end of the last time, from one on, in which it was there and something stands against events that did not before:
     * the first instant without; {@link #NEVER} if there is no such time.
     *
     * @param to first instant at which nothing stands against events any more
     * @param before the same link as it was before, and {@code toBefore} likewise
     */
    long newUntil(long from, long to, Link before, long toBefore) {
        long[] borders = LongStream.concat(
                        LongStream.of(from, to, toBefore),
                        Stream.of(transitions, before.transitions)
                                .flatMap(List::stream)
                                .mapToLong(Turn::at))
                .filter(border -> border >= from)
                .sorted()
                .distinct()
                .toArray();
        long end = NEVER;
        for (int i = 0; i < borders.length; i++) {
            long time = borders[i];
            boolean stands = time < to && isConnectedAt(time);
            boolean stood = time < toBefore && before.isConnectedAt(time);
            if (stands && !stood) {
                end = i + 1 < borders.length ? borders[i + 1] : Long.MAX_VALUE;
            }
        }
        return end;
    }
}
