package io.cloakroom.streams.gate;

import io.cloakroom.policy.Holding;
import io.cloakroom.policy.Link;
import io.cloakroom.policy.News;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Person.Birth;
import io.cloakroom.policy.Person.Guardian;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Person.Stub;
import io.cloakroom.policy.Scope;
import io.cloakroom.schemas.BoundedDecoder;
import io.cloakroom.streams.gate.Known.Hold;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of a row of {@link People}: the one place that knows them. Numbers are Avro's; what comes again and again, such
 * as purposes and brands, is a number in {@link Names}.
 */
final class Rows {

    private static final int FORM = 4;
    private static final Opening.Kind[] KINDS = Opening.Kind.values();

    private static final long NEVER = Long.MIN_VALUE;
    private static final long ALWAYS = Long.MAX_VALUE;

    /** Instants from this one on are one: there is nothing behind them. */
    private static final long LAST = ALWAYS - 2;

    private final Names names;

    Rows(Names names) {
        this.names = names;
    }

    byte[] bytes(Known known) {
        Person person = known.person();
        Out out = new Out();
        out.put(FORM).put(person.salt()).putLong(person.undecided().size());
        person.undecided().forEach(u -> out.putText(u.getBytes(StandardCharsets.UTF_8)));
        out.put(person.birth().isPresent() ? 1 : 0);
        person.birth().ifPresent(b -> time(out.putLong(b.date().toEpochDay()), b.statedAt()));
        preferences(out, person.preferences());
        time(out, person.guardian().endedAt());
        out.putLong(person.guardian().agreements().size());
        person.guardian().agreements().forEach(at -> time(out, at));
        out.putLong(person.links().size());
        person.links().forEach(link -> link(out, link));
        out.putLong(person.holdings().size());
        for (Holding holding : person.holdings()) {
            names.write(out, holding.recipient());
            out.putLong(holding.epoch());
            names.write(out, holding.purpose());
            scope(out, holding.scope());
            time(out.put(holding.act() ? 1 : 0), holding.since());
        }
        time(out, person.erasedAt());
        out.putLong(known.holds().size());
        for (Hold hold : known.holds()) {
            time(out, hold.deadline());
            names.write(out, hold.topic());
            out.putLong(hold.offset()).put(hold.key());
        }
        return out.toBytes();
    }

    byte[] bytes(Stub stub) {
        Out out = new Out();
        time(out.put(FORM), stub.erasedAt());
        preferences(out, stub.refusals());
        return out.toBytes();
    }

    private void preferences(Out out, List<Preference> preferences) {
        out.putLong(preferences.size());
        for (Preference preference : preferences) {
            scope(out, preference.scope());
            time(out, preference.refusedAt());
            out.putLong(preference.openings().size());
            for (Opening opening : preference.openings()) {
                time(out.putLong(opening.kind().ordinal()), opening.at());
                names.write(out, opening.notice());
                time(out, opening.expiresAt());
            }
        }
    }

    private void link(Out out, Link link) {
        names.write(out, link.other());
        out.put(link.forEver() ? 1 : 0).putLong(link.transitions().size());
        link.transitions().forEach(turn -> time(out.put(turn.connected() ? 1 : 0), turn.at()));
        out.put(link.news().isPresent() ? 1 : 0);
        link.news().ifPresent(news -> news(out, news));
    }

    private void news(Out out, News news) {
        out.putLong(news.refusals().size());
        for (News.Refused refused : news.refusals()) {
            scope(out, refused.scope());
            time(time(out, refused.at()), refused.endsAt());
        }
        time(time(out, news.minorUntil()), news.guardianEndedAt()).put(news.blocked() ? 1 : 0);
    }

    private void scope(Out out, Scope scope) {
        names.write(out, scope.purpose());
        names.write(out, scope.brand());
        names.write(out, scope.channel());
        names.write(out, scope.collector());
        names.write(out, scope.item());
    }

    /** Never and always are a byte each; the others begin behind them. */
    private static Out time(Out out, long time) {
        if (time == NEVER) {
            return out.putLong(0);
        }
        return out.putLong(time > LAST ? 1 : time < 0 ? time : time + 2);
    }

    private static long time(BoundedDecoder in) throws IOException {
        long written = in.readLong();
        if (written < 0) {
            return written;
        }
        return written == 0 ? NEVER : written == 1 ? ALWAYS : written - 2;
    }

    /** @throws IllegalStateException if it cannot be read to the last byte: then it releases nothing (T13) */
    Known known(byte[] row) {
        return read(row, this::known);
    }

    /** @throws IllegalStateException likewise */
    Stub stub(byte[] row) {
        return read(row, in -> new Stub(time(in), preferences(in)));
    }

    private interface Reading<T> {
        T from(BoundedDecoder in) throws IOException;
    }

    private static <T> T read(byte[] row, Reading<T> reading) {
        if (row.length > 0 && row[0] != FORM) {
            throw new IllegalStateException("a row of people has a form that this version does not know");
        }
        try {
            BoundedDecoder in = new BoundedDecoder(row, 1);
            T read = reading.from(in);
            if (in.remaining() > 0) {
                throw new IOException("it goes on behind its end");
            }
            return read;
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("a row of people cannot be read", e);
        }
    }

    private Known known(BoundedDecoder in) throws IOException {
        byte[] salt = new byte[Person.SALT_LENGTH];
        in.readFixed(salt, 0, salt.length);
        List<String> undecided = list(in, i -> i.readString());
        Optional<Birth> birth = in.readBoolean()
                ? Optional.of(new Birth(LocalDate.ofEpochDay(in.readLong()), time(in)))
                : Optional.empty();
        List<Preference> preferences = preferences(in);
        Guardian guardian = new Guardian(time(in), list(in, Rows::time));
        if (guardian.equals(Guardian.NONE)) {
            guardian = Guardian.NONE;
        }
        List<Link> links = list(in, i -> link(i));
        List<Holding> holdings = list(in, i -> holding(i));
        Person person = new Person(salt, birth, undecided, preferences, guardian, links, holdings, time(in));
        return new Known(person, list(in, i -> hold(i)));
    }

    private List<Preference> preferences(BoundedDecoder in) throws IOException {
        return list(in, i -> new Preference(scope(i), time(i), list(i, o -> opening(o))));
    }

    private Opening opening(BoundedDecoder in) throws IOException {
        return new Opening(KINDS[in.readInt()], time(in), names.read(in), time(in));
    }

    private Link link(BoundedDecoder in) throws IOException {
        String other = names.read(in);
        boolean forEver = in.readBoolean();
        List<Link.Turn> turns = list(in, i -> {
            boolean connected = i.readBoolean();
            return new Link.Turn(time(i), connected);
        });
        return new Link(other, forEver, turns, in.readBoolean() ? Optional.of(news(in)) : Optional.empty());
    }

    private News news(BoundedDecoder in) throws IOException {
        return new News(
                list(in, i -> new News.Refused(scope(i), time(i), time(i))), time(in), time(in), in.readBoolean());
    }

    private Holding holding(BoundedDecoder in) throws IOException {
        String recipient = names.read(in);
        int epoch = in.readInt();
        String purpose = names.read(in);
        Scope scope = scope(in);
        boolean act = in.readBoolean();
        return new Holding(recipient, epoch, purpose, scope, act, time(in));
    }

    private Hold hold(BoundedDecoder in) throws IOException {
        long deadline = time(in);
        String topic = names.read(in);
        long offset = in.readLong();
        byte[] key = new byte[Waiting.KEY_LENGTH];
        in.readFixed(key, 0, key.length);
        return new Hold(deadline, topic, offset, key);
    }

    private Scope scope(BoundedDecoder in) throws IOException {
        return new Scope(names.read(in), names.read(in), names.read(in), names.read(in), names.read(in));
    }

    /** At most as many as there are bytes left: each takes one at least. */
    private static <T> List<T> list(BoundedDecoder in, Reading<T> item) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.remaining()) {
            throw new IOException("a count that the row cannot hold");
        }
        if (count == 0) {
            return List.of();
        }
        List<T> all = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            all.add(item.from(in));
        }
        return all;
    }
}
