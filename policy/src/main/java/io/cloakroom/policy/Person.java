package io.cloakroom.policy;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the gate knows of one subject; immutable. Nobody is known until something is: {@link #stranger} is a value.
 *
 * @param salt of the subject's pseudonyms; without it they lead to nobody
 * @param blocked a control record is undecided: consent and legitimate interest are not taken to be there
 */
public record Person(byte[] salt, Optional<Birth> birth, boolean blocked, List<Preference> preferences) {

    /** Scopes that a row can hold: a new refusal beyond them counts for every collector, a new opening not at all. */
    static final int MOST_PREFERENCES = 256;

    public static final int SALT_LENGTH = 16;

    public Person {
        if (salt.length != SALT_LENGTH) {
            throw new IllegalArgumentException("a salt has " + SALT_LENGTH + " bytes, not " + salt.length);
        }
        preferences = List.copyOf(preferences);
    }

    public static Person stranger(byte[] salt) {
        return new Person(salt, Optional.empty(), false, List.of());
    }

    /** The same person, knowing this too. What is known already changes nothing and gives this very object. */
    public Person with(Change change) {
        if (change instanceof Change.Age age) {
            Birth stated = new Birth(LocalDate.ofEpochDay(age.epochDay()), age.at());
            return birth.isPresent() && !stated.replaces(birth.get())
                    ? this
                    : new Person(salt, Optional.of(stated), blocked, preferences);
        } else if (change instanceof Change.Undecided) {
            return blocked ? this : new Person(salt, birth, true, preferences);
        } else if (change instanceof Change.Grant grant) {
            Opening.Kind kind = grant.imported() ? Opening.Kind.IMPORT : Opening.Kind.GRANT;
            return withPreference(
                    preference(grant.scope()).opened(new Opening(kind, grant.at(), grant.notice(), grant.expiresAt())));
        } else if (change instanceof Change.Lift lift) {
            return withPreference(
                    preference(lift.scope()).opened(new Opening(Opening.Kind.LIFT, lift.at(), "", Long.MAX_VALUE)));
        } else if (change instanceof Change.Refusal refusal) {
            return withPreference(preference(room(refusal.scope())).refused(refusal.at()));
        }
        throw new IncompatibleClassChangeError("not a change: " + change.getClass());
    }

    private Preference preference(Scope scope) {
        for (Preference p : preferences) {
            if (p.scope().equals(scope)) {
                return p;
            }
        }
        return new Preference(scope, Preference.NEVER, List.of());
    }

    /** The scope itself, or the wider one that a full row has room for: there are few of those. */
    private Scope room(Scope scope) {
        return isFull(scope) ? new Scope(scope.purpose(), scope.brand(), scope.channel(), Scope.EVERY) : scope;
    }

    private boolean isFull(Scope scope) {
        return preferences.size() >= MOST_PREFERENCES
                && preferences.stream().noneMatch(p -> p.scope().equals(scope));
    }

    private Person withPreference(Preference changed) {
        boolean noRoom = !changed.isRefused() && isFull(changed.scope());
        if (noRoom || preferences.contains(changed) || changed.saysNothing()) {
            return this;
        }
        List<Preference> all = new ArrayList<>(preferences);
        all.removeIf(p -> p.scope().equals(changed.scope()));
        all.add(changed);
        return new Person(salt, birth, blocked, all);
    }

    public Optional<LocalDate> birthDate() {
        return birth.map(Birth::date);
    }

    /** @param statedAt milliseconds since the epoch */
    public record Birth(LocalDate date, long statedAt) {

        /** The later statement counts, and of two at once the younger age. */
        boolean replaces(Birth other) {
            return statedAt > other.statedAt || statedAt == other.statedAt && date.isAfter(other.date);
        }
    }

    /** Two people are the same row when their salts are, byte by byte. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Person p
                && Arrays.equals(salt, p.salt)
                && birth.equals(p.birth)
                && blocked == p.blocked
                && preferences.equals(p.preferences);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(salt);
    }

    /** A row may reach a log by mistake; it says nothing there. */
    @Override
    public String toString() {
        return "Person[" + preferences.size() + " preferences]";
    }

    /**
     * What was said about one scope: the last refusal and the openings after it. Older ones cannot count any more.
     *
     * @param refusedAt {@link #NEVER} or milliseconds since the epoch
     */
    public record Preference(Scope scope, long refusedAt, List<Opening> openings) {

        public static final long NEVER = Long.MIN_VALUE;

        /** Openings that a scope can hold; beyond them the second oldest goes, which can only narrow. */
        static final int MOST_OPENINGS = 32;

        public Preference {
            openings = List.copyOf(openings);
        }

        boolean isRefused() {
            return refusedAt != NEVER;
        }

        boolean saysNothing() {
            return !isRefused() && openings.isEmpty();
        }

        /** A refusal of any age counts; at equal times it wins, and over imports whenever they were made. */
        Preference refused(long at) {
            long last = Math.max(refusedAt, at);
            return new Preference(
                    scope,
                    last,
                    openings.stream().filter(o -> !o.isBeatenBy(last)).toList());
        }

        /** An opening that says no more than one that is there is left out, so that the row stays small. */
        Preference opened(Opening opening) {
            if (opening.isBeatenBy(refusedAt) || openings.stream().anyMatch(o -> o.includes(opening))) {
                return this;
            }
            List<Opening> all = new ArrayList<>(openings);
            all.removeIf(opening::includes);
            all.add(opening);
            if (all.size() > MOST_OPENINGS) {
                all.sort(Comparator.comparingLong(Opening::at));
                all.remove(1);
            }
            return new Preference(scope, refusedAt, all);
        }

        /** Whether the scope is refused at a time or at any later one: an opening launders no earlier event. */
        boolean refuses(long time) {
            return isRefused() && openings.stream().noneMatch(o -> o.at() <= time);
        }

        /** The same, where only a lift and a grant that counts at that time end a refusal. */
        boolean refuses(long time, Set<String> notices) {
            return isRefused() && openings.stream().noneMatch(o -> o.opens(time, notices));
        }
    }

    /** Something that opens a scope from its time on. */
    public record Opening(Kind kind, long at, String notice, long expiresAt) {

        public enum Kind {
            GRANT,
            IMPORT,
            LIFT
        }

        boolean opens(long time, Set<String> notices) {
            return at <= time && (kind == Kind.LIFT || time < expiresAt && notices.contains(notice));
        }

        /** At equal times a refusal wins; an import is beaten by a refusal of any age (C23). */
        boolean isBeatenBy(long refusedAt) {
            return refusedAt != Preference.NEVER && (at <= refusedAt || kind == Kind.IMPORT);
        }

        /** Whatever refusal is heard of later; so an earlier grant does not stand for a later one, which may outlive it. */
        boolean includes(Opening other) {
            return kind == other.kind
                    && notice.equals(other.notice)
                    && (at == other.at || kind == Kind.IMPORT && at <= other.at)
                    && expiresAt >= other.expiresAt;
        }
    }
}
