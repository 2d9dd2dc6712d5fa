package io.cloakroom.policy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Ages in bands of years. */
public final class AgeBands {

    /** For what has none. */
    public static final AgeBands NONE = new AgeBands(List.of(), ZoneOffset.UTC);

    /** In years: a band of one year is the age itself. */
    static final int NARROWEST = 2;

    private final List<Integer> from;
    private final List<String> words = new ArrayList<>();
    private final ZoneId zone;

    /**
     * @param from the first age of each band but the first, rising; below the first is a band too
     * @param zone whose days count
     */
    AgeBands(List<Integer> from, ZoneId zone) {
        this.from = List.copyOf(from);
        this.zone = zone;
        for (int i = 0; i < from.size(); i++) {
            words.add(i == 0 ? "under-" + from.get(0) : from.get(i - 1) + "-" + (from.get(i) - 1));
        }
        words.add(from.isEmpty() ? "" : from.get(from.size() - 1) + "+");
    }

    /** The first age of each band but the first. */
    public List<Integer> from() {
        return from;
    }

    /**
     * The band at a time, such as {@code 16-24}; empty for who is not born yet.
     *
     * @param birthDay days since the epoch
     * @param time milliseconds since the epoch
     */
    public String of(int birthDay, long time) {
        LocalDate day = Instant.ofEpochMilli(time).atZone(zone).toLocalDate();
        LocalDate born = LocalDate.ofEpochDay(birthDay);
        if (born.isAfter(day)) {
            return "";
        }
        long age = ChronoUnit.YEARS.between(birthday(born), day);
        int band = 0;
        while (band < from.size() && age >= from.get(band)) {
            band++;
        }
        return words.get(band);
    }

    /** From which years are counted: 1 March, in a leap year too, for who is born on 29 February (C1). */
    static LocalDate birthday(LocalDate born) {
        return born.getMonth() == Month.FEBRUARY && born.getDayOfMonth() == 29 ? born.plusDays(1) : born;
    }
}
