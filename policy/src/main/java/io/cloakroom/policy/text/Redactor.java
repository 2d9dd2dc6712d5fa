package io.cloakroom.policy.text;

import io.cloakroom.policy.text.Reading.Mark;
import java.util.EnumSet;
import java.util.Set;

/**
 * Takes personal data out of free text before it leaves (C11, C40). Each find is replaced by a typed mark, such as
 * {@code [email]}; the rest stays as it was written. Any text will do, and the time is linear in its length. Immutable,
 * for any number of threads.
 *
 * <p>What goes, in any spelling that {@link Reading} folds:
 *
 * <ul>
 *   <li>the person's own {@link KnownValues};
 *   <li>e-mail addresses, also as "name (at) example dot com"; of a link, all but scheme and host, and the host as well
 *       where it is more than a name, with or without "www.";
 *   <li>IP addresses, and whatever has the shape of one; IBANs by country, length and shape, with a wrong checksum, too;
 *   <li>cards by checksum or by four groups of four; phones of seven digits or more, six behind a word such as "call" or
 *       a zero, also in words;
 *   <li>any other number of eight digits or more, such as an account's, that is no price, date, time, range, list or bar code;
 *   <li>names and dates of birth that a cue goes before ("my name is", "Dear", "born on"): by no means every name.
 * </ul>
 *
 * <p>A mark that stands in the text already is left alone, so that redacting again changes nothing.
 */
public final class Redactor {

    /** A find can lay bare another one beside it; texts that are not made for it need one. */
    private static final int MOST_PASSES = 8;

    private static final Redactor PLAIN = new Redactor();
    private static final Set<Mark> ALL = EnumSet.allOf(Mark.class);

    /** What a name that is shown may have. */
    private static final Set<Mark> CONTACTS = EnumSet.complementOf(EnumSet.of(Mark.NAME, Mark.DATE));

    /** @return the text with marks; the same instance if nothing was found */
    public String redact(String text, KnownValues values) {
        return redact(text, values, ALL);
    }

    /** The text without card numbers; everything else stays. */
    public static String cards(String text) {
        return PLAIN.redact(text, KnownValues.NONE, EnumSet.of(Mark.CARD));
    }

    /** The text without e-mail addresses, links and long numbers; names and dates stay. */
    public static String contacts(String text) {
        return PLAIN.redact(text, KnownValues.NONE, CONTACTS);
    }

    private String redact(String text, KnownValues values, Set<Mark> kinds) {
        String before = text;
        for (int pass = 0; pass < MOST_PASSES; pass++) {
            Reading reading = new Reading(before, kinds);
            values.find(reading);
            Links.find(reading);
            Numbers.find(reading);
            Cues.find(reading);
            String after = reading.cut();
            if (after.equals(before)) {
                return before;
            }
            before = after;
        }
        return before;
    }
}
