package io.cloakroom.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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
     * The end of the last time, between two, in which it was there: the first instant without it, {@link #NEVER} if there
     * is no such time.
     */
    long connectedUntil(long from, long to) {
        long end = NEVER;
        for (int i = 0; i < transitions.size(); i++) {
            long next = i + 1 < transitions.size() ? transitions.get(i + 1).at() : Long.MAX_VALUE;
            if (transitions.get(i).connected() && Math.max(transitions.get(i).at(), from) < Math.min(next, to)) {
                end = Math.min(next, to);
            }
        }
        return end;
    }
}
