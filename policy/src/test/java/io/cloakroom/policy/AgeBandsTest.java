package io.cloakroom.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgeBandsTest {

    private static final long SEED = 20171117;
    private static final List<Integer> FROM = List.of(16, 25, 35, 45, 55, 65);
    private static final AgeBands UTC = new AgeBands(FROM, ZoneOffset.UTC);

    @ParameterizedTest
    @CsvSource({
        "2010-03-01, 2026-02-28T23:59:59.999Z, under-16",
        "2010-03-01, 2026-03-01T00:00:00Z,     16-24",
        "2001-03-02, 2026-03-01T12:00:00Z,     16-24",
        "2001-03-01, 2026-03-01T12:00:00Z,     25-34",
        "1961-03-02, 2026-03-01T12:00:00Z,     55-64",
        "1961-03-01, 2026-03-01T12:00:00Z,     65+",
        "1800-01-01, 2026-03-01T12:00:00Z,     65+",
        "2026-03-01, 2026-03-01T12:00:00Z,     under-16",
        "2026-03-02, 2026-03-01T12:00:00Z,     ''"
    })
    void shouldNameTheBandAtTheTime(LocalDate born, String time, String band) {
        assertThat(band(UTC, born, time)).isEqualTo(band);
    }

    @ParameterizedTest
    @CsvSource({
        "2024-02-29T12:00:00Z, under-16",
        "2024-03-01T00:00:00Z, 16-24",
        "2033-02-28T12:00:00Z, 16-24",
        "2033-03-01T00:00:00Z, 25-34"
    })
    void shouldCountFromTheFirstOfMarchForWhoIsBornOnALeapDay(String time, String band) {
        assertThat(band(UTC, LocalDate.of(2008, 2, 29), time)).isEqualTo(band);
    }

    @Test
    void shouldCountTheDaysOfThePolicysZone() {
        LocalDate born = LocalDate.of(2010, 3, 1);

        assertThat(band(new AgeBands(FROM, ZoneId.of("Pacific/Kiritimati")), born, "2026-02-28T10:00:00Z"))
                .isEqualTo("16-24");
        assertThat(band(new AgeBands(FROM, ZoneId.of("Pacific/Midway")), born, "2026-03-01T10:59:59Z"))
                .isEqualTo("under-16");
    }

    /** C1 has its own way to the day; both must know the same day. */
    @Test
    void shouldAgreeWithTheAgeOfConsent() throws Exception {
        Policy policy = PolicyLoader.load(Path.of("policies"), Schemas.shipped())
                .versions()
                .get(0);
        AgeBands bands = new AgeBands(List.of(policy.consentAge()), policy.zone());
        Random random = new Random(SEED);
        for (int i = 0; i < 50_000; i++) {
            LocalDate born = LocalDate.ofEpochDay(random.nextInt(20_000));
            long birthday = born.plusYears(policy.consentAge()).toEpochDay();
            long time = (birthday - 2 + random.nextInt(5)) * 86_400_000 + random.nextInt(86_400_000);

            assertThat(bands.of((int) born.toEpochDay(), time))
                    .as("born on %s, at %s", born, Instant.ofEpochMilli(time))
                    .isEqualTo(policy.isAdult(born, time) ? "16+" : "under-16");
        }
    }

    /** A publisher can write any number; one that made the gate throw would stop its partition for good. */
    @Test
    void shouldHaveABandForAnyNumbers() {
        Random random = new Random(SEED);
        for (int i = 0; i < 10_000; i++) {
            assertThat(UTC.of(random.nextInt(), random.nextLong()))
                    .isIn("", "under-16", "16-24", "25-34", "35-44", "45-54", "55-64", "65+");
        }
        AgeBands east = new AgeBands(FROM, ZoneId.of("Pacific/Kiritimati"));
        assertThat(east.of(Integer.MIN_VALUE, Long.MAX_VALUE)).isEqualTo("65+");
        assertThat(east.of(Integer.MAX_VALUE, Long.MIN_VALUE)).isEmpty();
    }

    private static String band(AgeBands bands, LocalDate born, String time) {
        return bands.of((int) born.toEpochDay(), Instant.parse(time).toEpochMilli());
    }
}
