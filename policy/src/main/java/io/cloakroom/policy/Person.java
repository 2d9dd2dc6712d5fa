package io.cloakroom.policy;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What the gate knows of one subject; immutable. Nobody is known until something is: {@link #stranger} is a value.
 *
 * @param salt of the subject's pseudonyms; without it they lead to nobody
 * @param undecided control records: while there is one, consent and legitimate interest are not taken to be there
 * @param holdings the ledger: who holds releases
 * @param erasedAt {@link Long#MIN_VALUE} or milliseconds since the epoch: what happened up to then is nobody's any more
 */
public record Person(
        byte[] salt,
        Optional<Birth> birth,
        List<String> undecided,
        List<Preference> preferences,
        Guardian guardian,
        List<Link> links,
        List<Holding> holdings,
        long erasedAt) {

    /** Scopes that a row can hold: a new refusal beyond them counts for every collector and item, a new opening not at all. */
    static final int MOST_PREFERENCES = 256;

    /** Others that a row can be linked with; beyond them nothing is taken to be allowed. */
    static final int MOST_LINKS = 64;

    /** Lines of the ledger that tell collectors and items apart; a new one beyond them stands for all of them. */
    static final int MOST_HOLDINGS = 256;

    /** Undecided control records that a row can tell apart; with one beyond them the block is for good. */
    static final int MOST_UNDECIDED = 64;

    /** Stands for what no record decides later. */
    static final String FOR_GOOD = "";

    public static final int SALT_LENGTH = 16;

    private static final long NEVER = Long.MIN_VALUE;

    public Person {
        if (salt.length != SALT_LENGTH) {
            throw new IllegalArgumentException("a salt has " + SALT_LENGTH + " bytes, not " + salt.length);
        }
        undecided = List.copyOf(undecided);
        preferences = List.copyOf(preferences);
        links = List.copyOf(links);
        holdings = List.copyOf(holdings);
    }

    public Person(byte[] salt, Optional<Birth> birth, List<String> undecided, List<Preference> preferences) {
        this(salt, birth, undecided, preferences, Guardian.NONE, List.of(), List.of(), NEVER);
    }

    public static Person stranger(byte[] salt) {
        return new Person(salt, Optional.empty(), List.of(), List.of());
    }

    /** Who comes back after an erasure; under a new salt it is somebody new, who is still heard. */
    public static Person returning(byte[] salt, Stub stub) {
        return new Person(
                salt,
                Optional.empty(),
                List.of(),
                stub.refusals(),
                Guardian.NONE,
                List.of(),
                List.of(),
                stub.erasedAt());
    }

    /** What remains of an erased person; it says nothing of who that was. */
    public record Stub(long erasedAt, List<Preference> refusals) {
        public Stub {
            refusals = List.copyOf(refusals);
        }
    }

    public Stub stub() {
        return new Stub(
                erasedAt,
                preferences.stream()
                        .filter(Preference::isRefused)
                        .map(p -> new Preference(p.scope(), p.refusedAt(), List.of()))
                        .toList());
    }

    /** The same person, knowing this too. What is known already changes nothing and gives this very object. */
    public Person with(Change change) {
        if (change instanceof Change.Age age) {
            Birth stated = new Birth(LocalDate.ofEpochDay(age.epochDay()), age.at());
            return birth.isPresent() && !stated.replaces(birth.get())
                    ? this
                    : new Person(
                            salt, Optional.of(stated), undecided, preferences, guardian, links, holdings, erasedAt);
        } else if (change instanceof Change.Undecided left) {
            return withUndecided(left.record());
        } else if (change instanceof Change.Understood understood) {
            return withoutUndecided(understood.record());
        } else if (change instanceof Change.Grant grant) {
            Opening.Kind kind = grant.imported() ? Opening.Kind.IMPORT : Opening.Kind.GRANT;
            return withOpening(grant.scope(), new Opening(kind, grant.at(), grant.notice(), grant.expiresAt()));
        } else if (change instanceof Change.Lift lift) {
            return withOpening(lift.scope(), new Opening(Opening.Kind.LIFT, lift.at(), "", Long.MAX_VALUE));
        } else if (change instanceof Change.Refusal refusal) {
            return withPreference(preference(room(refusal.scope())).refused(refusal.at()));
        } else if (change instanceof Change.GuardianAgreed agreed) {
            return isForgotten(agreed.at()) ? this : with(guardian.agreed(agreed.at()));
        } else if (change instanceof Change.GuardianEnded ended) {
            return with(guardian.ended(ended.at()));
        } else if (change instanceof Change.Connected connected) {
            return connected(connected.other(), new Link.Turn(connected.at(), true));
        } else if (change instanceof Change.Disconnected disconnected) {
            Link link = link(disconnected.other());
            return withLink(link, link.turned(new Link.Turn(disconnected.at(), false)));
        } else if (change instanceof Change.Heard heard) {
            Link link = link(heard.other());
            return withLink(link, link.heard(heard.news()));
        } else if (change instanceof Change.Gone gone) {
            return withoutLink(gone.other());
        } else if (change instanceof Change.Erased erased) {
            return erased(erased.at());
        }
        throw new IncompatibleClassChangeError("not a change: " + change.getClass());
    }

    /** Whether a control record is undecided. */
    public boolean blocked() {
        return !undecided.isEmpty();
    }

    private Person withUndecided(String record) {
        String left = undecided.size() < MOST_UNDECIDED ? record : FOR_GOOD;
        if (undecided.contains(record) || undecided.contains(left)) {
            return this;
        }
        List<String> all = new ArrayList<>(undecided);
        all.add(left);
        return new Person(salt, birth, all, preferences, guardian, links, holdings, erasedAt);
    }

    private Person withoutUndecided(String record) {
        return record.equals(FOR_GOOD) || !undecided.contains(record)
                ? this
                : new Person(
                        salt,
                        birth,
                        undecided.stream().filter(u -> !u.equals(record)).toList(),
                        preferences,
                        guardian,
                        links,
                        holdings,
                        erasedAt);
    }

    private Person with(Guardian changed) {
        return changed.equals(guardian)
                ? this
                : new Person(salt, birth, undecided, preferences, changed, links, holdings, erasedAt);
    }

    private Person erased(long at) {
        Person left = returning(salt, new Stub(Math.max(erasedAt, at), stub().refusals()));
        return left.equals(this) ? this : left;
    }

    /** One that says nothing, if there is none. */
    Link link(String other) {
        for (Link link : links) {
            if (link.other().equals(other)) {
                return link;
            }
        }
        return Link.to(other);
    }

    private Person connected(String other, Link.Turn turn) {
        Link link = link(other);
        return hasNoRoom(link) ? withUndecided(FOR_GOOD) : withLink(link, link.turned(turn));
    }

    private boolean hasNoRoom(Link link) {
        return links.size() >= MOST_LINKS && !links.contains(link);
    }

    /** What is said of a link that has no room is not kept: only a connection could narrow, and that blocks. */
    private Person withLink(Link before, Link after) {
        if (before == after || hasNoRoom(before)) {
            return this;
        }
        List<Link> all = new ArrayList<>(links);
        int place = all.indexOf(before);
        if (place < 0) {
            all.add(after);
        } else {
            all.set(place, after);
        }
        return new Person(salt, birth, undecided, preferences, guardian, all, holdings, erasedAt);
    }

    private Person withoutLink(String other) {
        List<Link> left =
                links.stream().filter(link -> !link.other().equals(other)).toList();
        return left.size() == links.size()
                ? this
                : new Person(salt, birth, undecided, preferences, guardian, left, holdings, erasedAt);
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
        return isFull(scope) ? scope.widened() : scope;
    }

    private boolean isFull(Scope scope) {
        return preferences.size() >= MOST_PREFERENCES
                && preferences.stream().noneMatch(p -> p.scope().equals(scope));
    }

    /** After an erasure only what the person says later opens anything, and no import ever does (C23). */
    private Person withOpening(Scope scope, Opening opening) {
        boolean isImportAfterAll = erasedAt != NEVER && opening.kind() == Opening.Kind.IMPORT;
        return isForgotten(opening.at()) || isImportAfterAll
                ? this
                : withPreference(preference(scope).opened(opening));
    }

    /** Whether an erasure has forgotten what was said or done at a time. */
    public boolean isForgotten(long at) {
        return erasedAt != NEVER && at <= erasedAt;
    }

    private Person withPreference(Preference changed) {
        boolean noRoom = !changed.isRefused() && isFull(changed.scope());
        if (noRoom || preferences.contains(changed) || changed.saysNothing()) {
            return this;
        }
        List<Preference> all = new ArrayList<>(preferences);
        all.removeIf(p -> p.scope().equals(changed.scope()));
        all.add(changed);
        return new Person(salt, birth, undecided, all, guardian, links, holdings, erasedAt);
    }

    /** What those linked with this person must know: what it refused itself (T12), as far as the policy of today reads it. */
    public News news(Policy today) {
        List<News.Refused> refusals = preferences.stream()
                .filter(Preference::isRefused)
                .map(p -> new News.Refused(p.scope(), p.refusedAt(), p.endsAt()))
                .sorted(Comparator.comparing(News.Refused::scope))
                .toList();
        long minorUntil = birth.map(b -> today.adultFrom(b.date())).orElse(News.UNKNOWN);
        return new News(refusals, minorUntil, guardian.endedAt(), blocked());
    }

    /** The same person, knowing who holds this release now; this very object where that was known. */
    public Person holding(Decision.Release release, Event event) {
        List<Holding> all = holdings;
        List<Purpose> purposes = release.access().purposes();
        for (int p = 0; p < purposes.size(); p++) {
            if ((release.allowing() >>> p & 1) == 1 && !isHeld(release, purposes.get(p), event)) {
                all = held(all, release, purposes.get(p), event);
            }
        }
        return all == holdings ? this : withHoldings(all);
    }

    /** Nearly always it is known: then nothing is made. */
    private boolean isHeld(Decision.Release release, Purpose purpose, Event event) {
        for (int i = 0; i < holdings.size(); i++) {
            Holding h = holdings.get(i);
            if (h.since() <= event.occurredAt()
                    && h.epoch() == release.recipient().epoch()
                    && h.act() == release.isAct()
                    && h.recipient().equals(release.recipient().id())
                    && purpose.isScope(h.scope(), event)) {
                return true;
            }
        }
        return false;
    }

    private static List<Holding> held(List<Holding> ledger, Decision.Release release, Purpose purpose, Event event) {
        Scope scope = purpose.scope(event);
        int place = place(ledger, release, scope);
        if (place < 0 && ledger.size() >= MOST_HOLDINGS) {
            scope = scope.widened();
            place = place(ledger, release, scope);
        }
        long at = event.occurredAt();
        if (place >= 0 && ledger.get(place).since() <= at) {
            return ledger;
        }
        List<Holding> all = new ArrayList<>(ledger);
        if (place < 0) {
            Recipient recipient = release.recipient();
            all.add(new Holding(recipient.id(), recipient.epoch(), purpose.id(), scope, release.isAct(), at));
        } else {
            all.set(place, ledger.get(place).since(at));
        }
        return all;
    }

    private static int place(List<Holding> ledger, Decision.Release release, Scope scope) {
        for (int i = 0; i < ledger.size(); i++) {
            Holding h = ledger.get(i);
            if (h.epoch() == release.recipient().epoch()
                    && h.act() == release.isAct()
                    && h.recipient().equals(release.recipient().id())
                    && h.scope().equals(scope)) {
                return i;
            }
        }
        return -1;
    }

    Person withHoldings(List<Holding> left) {
        return new Person(salt, birth, undecided, preferences, guardian, links, left, erasedAt);
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

    /**
     * What the guardian said of a child (C1).
     *
     * @param endedAt the latest withdrawal; {@link #NEVER} or milliseconds since the epoch
     * @param agreements the times of those after it, earliest first
     */
    public record Guardian(long endedAt, List<Long> agreements) {

        public static final long NEVER = Long.MIN_VALUE;

        public static final Guardian NONE = new Guardian(NEVER, List.of());

        /** Agreements that a row can hold; beyond them the second oldest goes, which can only narrow. */
        static final int MOST_AGREEMENTS = 8;

        public Guardian {
            agreements = List.copyOf(agreements);
        }

        /** At equal times the withdrawal wins. */
        Guardian agreed(long at) {
            if (at <= endedAt || agreements.contains(at)) {
                return this;
            }
            List<Long> all = new ArrayList<>(agreements);
            all.add(at);
            Collections.sort(all);
            if (all.size() > MOST_AGREEMENTS) {
                all.remove(1);
            }
            return new Guardian(endedAt, all);
        }

        Guardian ended(long at) {
            return at <= endedAt
                    ? this
                    : new Guardian(at, agreements.stream().filter(a -> a > at).toList());
        }

        /** Whether a withdrawal stands against an act of this time; an agreement after it launders nothing. */
        boolean endedFor(long act) {
            return endedAt != NEVER && endedAt >= act;
        }

        /** The agreement that counts for what comes after the last withdrawal: the first, which no other precedes. */
        OptionalLong agreedAt() {
            return agreements.isEmpty() ? OptionalLong.empty() : OptionalLong.of(agreements.get(0));
        }
    }

    /** Two people are the same row when their salts are, byte by byte. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Person p
                && Arrays.equals(salt, p.salt)
                && birth.equals(p.birth)
                && undecided.equals(p.undecided)
                && preferences.equals(p.preferences)
                && guardian.equals(p.guardian)
                && links.equals(p.links)
                && holdings.equals(p.holdings)
                && erasedAt == p.erasedAt;
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

        /** The first instant at which the last refusal is over; {@link Long#MAX_VALUE} if it is not. */
        long endsAt() {
            return openedAfter(refusedAt);
        }

        /** Whether the scope is refused at a time or at any later one: an opening launders no earlier event. */
        boolean refuses(long time) {
            return isRefused() && openings.stream().noneMatch(o -> o.at() <= time);
        }

        /** The same, where only a lift and a grant that counts at that time end a refusal. */
        boolean refuses(long time, Set<String> notices) {
            return isRefused() && openings.stream().noneMatch(o -> o.opens(time, notices));
        }

        /** The next time at which it may be refused no more; {@link Long#MAX_VALUE} if there is none. */
        long openedAfter(long time) {
            long first = Long.MAX_VALUE;
            for (Opening opening : openings) {
                if (opening.at() > time) {
                    first = Math.min(first, opening.at());
                }
            }
            return first;
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
