package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import io.cloakroom.policy.Person.Birth;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Scope;
import io.cloakroom.schemas.BoundedDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** The row of a person in the store {@code people}: the one place that knows its bytes. Numbers and texts are Avro's. */
final class PersonSerde {

    private static final int FORM = 1;
    private static final Opening.Kind[] KINDS = Opening.Kind.values();

    /** Purposes, brands and channels come again and again; what is not there yet is made. */
    private static final ThreadLocal<Texts> TEXTS = ThreadLocal.withInitial(Texts::new);

    private PersonSerde() {}

    static Serde<Person> serde() {
        return Serdes.serdeFrom(
                (topic, person) -> person == null ? null : bytes(person), (topic, row) -> row == null ? null : of(row));
    }

    private static byte[] bytes(Person person) {
        Out out = new Out();
        out.put(FORM).put(person.salt()).put(person.blocked() ? 1 : 0);
        out.put(person.birth().isPresent() ? 1 : 0);
        person.birth().ifPresent(b -> out.putLong(b.date().toEpochDay()).putLong(b.statedAt()));
        out.putLong(person.preferences().size());
        for (Preference preference : person.preferences()) {
            text(out, preference.scope().purpose());
            text(out, preference.scope().brand());
            text(out, preference.scope().channel());
            text(out, preference.scope().collector());
            out.putLong(preference.refusedAt()).putLong(preference.openings().size());
            for (Opening opening : preference.openings()) {
                out.putLong(opening.kind().ordinal()).putLong(opening.at());
                text(out, opening.notice());
                out.putLong(opening.expiresAt());
            }
        }
        return out.toBytes();
    }

    private static void text(Out out, String text) {
        out.putText(text.getBytes(StandardCharsets.UTF_8));
    }

    /** @throws IllegalStateException if it cannot be read to the last byte: then it releases nothing (T13) */
    private static Person of(byte[] row) {
        if (row.length > 0 && row[0] != FORM) {
            throw new IllegalStateException("a row of people has a form that this version does not know");
        }
        try {
            BoundedDecoder in = new BoundedDecoder(row, 1);
            Person person = person(row, in);
            if (in.remaining() > 0) {
                throw new IOException("it goes on behind its end");
            }
            return person;
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("a row of people cannot be read", e);
        }
    }

    private static Person person(byte[] row, BoundedDecoder in) throws IOException {
        Texts texts = TEXTS.get();
        byte[] salt = new byte[Person.SALT_LENGTH];
        in.readFixed(salt, 0, salt.length);
        boolean blocked = in.readBoolean();
        Optional<Birth> birth = in.readBoolean()
                ? Optional.of(new Birth(LocalDate.ofEpochDay(in.readLong()), in.readLong()))
                : Optional.empty();
        int preferences = count(in);
        List<Preference> all = new ArrayList<>(preferences);
        for (int p = 0; p < preferences; p++) {
            Scope scope =
                    new Scope(text(row, in, texts), text(row, in, texts), text(row, in, texts), text(row, in, texts));
            long refusedAt = in.readLong();
            int openings = count(in);
            List<Opening> opened = new ArrayList<>(openings);
            for (int o = 0; o < openings; o++) {
                Opening.Kind kind = KINDS[in.readInt()];
                opened.add(new Opening(kind, in.readLong(), text(row, in, texts), in.readLong()));
            }
            all.add(new Preference(scope, refusedAt, opened));
        }
        return new Person(salt, birth, blocked, all);
    }

    private static String text(byte[] row, BoundedDecoder in, Texts texts) throws IOException {
        int start = in.position();
        in.skipString();
        return texts.of(row, Node.afterLength(row, start), in.position());
    }

    /** At most as many as there are bytes left: each takes one at least. */
    private static int count(BoundedDecoder in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.remaining()) {
            throw new IOException("a count that the row cannot hold");
        }
        return count;
    }
}
