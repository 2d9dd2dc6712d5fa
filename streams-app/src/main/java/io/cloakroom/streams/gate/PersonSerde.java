package io.cloakroom.streams.gate;

import io.cloakroom.policy.Person;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Scope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** The row of a person in the store {@code people}: the one place that knows its bytes. */
final class PersonSerde {

    private static final byte FORM = 1;

    private PersonSerde() {}

    static Serde<Person> serde() {
        return Serdes.serdeFrom(
                (topic, person) -> person == null ? null : bytes(person), (topic, row) -> row == null ? null : of(row));
    }

    private static byte[] bytes(Person person) {
        ByteArrayOutputStream row = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(row)) {
            out.writeByte(FORM);
            out.write(person.salt());
            out.writeBoolean(person.blocked());
            out.writeBoolean(person.birthDate().isPresent());
            if (person.birthDate().isPresent()) {
                out.writeLong(person.birthDate().get().toEpochDay());
            }
            out.writeInt(person.preferences().size());
            for (Preference preference : person.preferences()) {
                out.writeUTF(preference.scope().purpose());
                out.writeUTF(preference.scope().brand());
                out.writeUTF(preference.scope().channel());
                out.writeUTF(preference.scope().collector());
                out.writeLong(preference.refusedAt());
                out.writeInt(preference.openings().size());
                for (Opening opening : preference.openings()) {
                    out.writeByte(opening.kind().ordinal());
                    out.writeLong(opening.at());
                    out.writeUTF(opening.notice());
                    out.writeLong(opening.expiresAt());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return row.toByteArray();
    }

    /** @throws IllegalStateException if it cannot be read to the last byte: then it releases nothing (T13) */
    private static Person of(byte[] row) {
        if (row.length > 0 && row[0] != FORM) {
            throw new IllegalStateException("a row of people has a form that this version does not know");
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(row))) {
            in.readByte();
            Person person = person(in);
            if (in.available() > 0) {
                throw new IOException("it goes on behind its end");
            }
            return person;
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException("a row of people cannot be read", e);
        }
    }

    private static Person person(DataInputStream in) throws IOException {
        byte[] salt = in.readNBytes(Person.SALT_LENGTH);
        boolean blocked = yesOrNo(in);
        Optional<LocalDate> birthDate =
                yesOrNo(in) ? Optional.of(LocalDate.ofEpochDay(in.readLong())) : Optional.empty();
        List<Preference> preferences = new ArrayList<>();
        for (int p = count(in); p > 0; p--) {
            Scope scope = new Scope(in.readUTF(), in.readUTF(), in.readUTF(), in.readUTF());
            long refusedAt = in.readLong();
            List<Opening> openings = new ArrayList<>();
            for (int o = count(in); o > 0; o--) {
                openings.add(
                        new Opening(Opening.Kind.values()[in.readByte()], in.readLong(), in.readUTF(), in.readLong()));
            }
            preferences.add(new Preference(scope, refusedAt, openings));
        }
        return new Person(salt, birthDate, blocked, preferences);
    }

    private static boolean yesOrNo(DataInputStream in) throws IOException {
        byte value = in.readByte();
        if (value != 0 && value != 1) {
            throw new IOException("neither yes nor no");
        }
        return value == 1;
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0) {
            throw new IOException("a count below zero");
        }
        return count;
    }
}
