package io.cloakroom.policy;

import io.cloakroom.policy.Treatment.Generalise;
import io.cloakroom.policy.Treatment.Keep;
import io.cloakroom.policy.Treatment.To;
import io.cloakroom.policy.text.Redactor;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Values made less exact: pure functions, and linear in the length of a text. What is no address, place or link leaves
 * nothing: empty text, never the value.
 */
public final class Generalised {

    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final long DAY = Duration.ofDays(1).toMillis();

    private static final Instant FIRST = Instant.ofEpochMilli(Long.MIN_VALUE);

    /** Scheme, host and path (RFC 3986, appendix B); slashes too many before the host belong to it. */
    private static final Pattern URL = Pattern.compile("([^:/?#]+:)?(//+[^/?#]*)?([^?#]*)");

    /** Ends a path: also where it is encoded, even more than once. */
    private static final Pattern END = Pattern.compile(";|%(?:25)*+(?:3[BbFf]|23)");

    private static final Pattern SLASHES = Pattern.compile("(?:/|%(?:25)*+(?:2[Ff]|5[Cc]))++");

    private Generalised() {}

    /** @param to what a text can be made */
    public static String text(Generalise to, String text) {
        return switch (to.to()) {
            case PREFIX -> prefix(text, to.measure());
            case PATH_HEAD -> pathHead(text, to.measure());
            case NETWORK -> Network.of(text);
            case H3 -> Cell.of(text, to.measure());
            case AGENT -> Agent.of(text);
            case URL_PATH -> UrlPath.of(text);
            case WITHOUT_CARDS -> Redactor.cards(text);
            case WITHOUT_CONTACTS -> Redactor.contacts(text);
            case HOUR, DAY, MONTH, YEAR, AGE_BAND -> throw new IllegalArgumentException("no text has a " + to.to());
        };
    }

    /**
     * A record's own time, in the form in which its recipient may have times: its day where it may have none.
     *
     * @param occurredAt what becomes of the event's time of occurrence
     */
    public static long time(Treatment occurredAt, long millis) {
        return occurredAt instanceof Keep
                ? millis
                : time(occurredAt instanceof Generalise generalise ? generalise.to() : To.DAY, millis);
    }

    /** The start of the hour, day, month or year in UTC; the first time there is where that lies before it. */
    public static long time(To to, long millis) {
        if (to == To.HOUR || to == To.DAY) {
            long length = to == To.HOUR ? HOUR : DAY;
            long past = Math.floorMod(millis, length);
            return millis < Long.MIN_VALUE + past ? Long.MIN_VALUE : millis - past;
        }
        OffsetDateTime time = Instant.ofEpochMilli(millis).atOffset(ZoneOffset.UTC);
        OffsetDateTime cut = switch (to) {
            case MONTH -> time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1);
            case YEAR -> time.truncatedTo(ChronoUnit.DAYS).withDayOfYear(1);
            case HOUR,
                    DAY,
                    PREFIX,
                    PATH_HEAD,
                    NETWORK,
                    H3,
                    AGE_BAND,
                    AGENT,
                    URL_PATH,
                    WITHOUT_CARDS,
                    WITHOUT_CONTACTS -> throw new IllegalArgumentException("no time has a " + to);
        };
        Instant start = cut.toInstant();
        return start.isBefore(FIRST) ? Long.MIN_VALUE : start.toEpochMilli();
    }

    /** By how much {@link #time} can make a time earlier. */
    public static Duration longest(To to) {
        return switch (to) {
            case HOUR -> Duration.ofHours(1);
            case DAY -> Duration.ofDays(1);
            case MONTH -> Duration.ofDays(31);
            case YEAR -> Duration.ofDays(366);
            case PREFIX, PATH_HEAD, NETWORK, H3, AGE_BAND, AGENT, URL_PATH, WITHOUT_CARDS, WITHOUT_CONTACTS ->
                throw new IllegalArgumentException("no time has a " + to);
        };
    }

    /** The first day, in days since the epoch, of the month or year. */
    public static int date(To to, int epochDay) {
        LocalDate date = LocalDate.ofEpochDay(epochDay);
        LocalDate start = switch (to) {
            case MONTH -> date.withDayOfMonth(1);
            case YEAR -> date.withDayOfYear(1);
            case HOUR,
                    DAY,
                    PREFIX,
                    PATH_HEAD,
                    NETWORK,
                    H3,
                    AGE_BAND,
                    AGENT,
                    URL_PATH,
                    WITHOUT_CARDS,
                    WITHOUT_CONTACTS -> throw new IllegalArgumentException("no date has a " + to);
        };
        return (int) Math.max(Integer.MIN_VALUE, start.toEpochDay());
    }

    private static String prefix(String text, int length) {
        int end = text.offsetByCodePoints(0, Math.min(length, text.codePointCount(0, text.length())));
        return text.substring(0, end);
    }

    /** A full address loses its scheme, host and user too: what is left is a path. */
    private static String pathHead(String url, int length) {
        Matcher parts = URL.matcher(url.replace('\\', '/')); // as browsers read it
        if (!parts.lookingAt()) {
            throw new IllegalStateException("every part may be empty");
        }
        boolean isPath = parts.group(1) == null
                || parts.group(2) != null
                || parts.group(3).startsWith("/");
        String path = isPath ? END.split(parts.group(3), 2)[0] : "";
        String head = SLASHES.splitAsStream(path)
                .filter(segment -> !segment.isEmpty())
                .limit(length)
                .map(UrlPath::segment)
                .collect(Collectors.joining("/"));
        return "/" + head;
    }
}
