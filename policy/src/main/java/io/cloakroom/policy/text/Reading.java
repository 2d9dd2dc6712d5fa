package io.cloakroom.policy.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text as finders see it, with the way back to the text as it was written: in lower case, without accents, in Latin
 * letters and ASCII digits where others look the same, entities of HTML as what they stand for, without anything that has
 * no width. A mark that stands in the text already is one {@link #BARRIER}. What is found is cut out of the original.
 * Time and space are linear.
 */
final class Reading {

    /** What a find is replaced by. */
    enum Mark {
        EMAIL,
        PHONE,
        CARD,
        IBAN,
        IP,
        LINK,
        NAME,
        ADDRESS,
        ORDER,
        DATE,
        NUMBER;

        private final String text = "[" + name().toLowerCase(Locale.ROOT) + "]";

        @Override
        public String toString() {
            return text;
        }

        /** What may stand between two finds that are one. */
        private String joint() {
            return this == NAME ? " -.'" : this == ADDRESS ? " -.,/\n" : "";
        }
    }

    /** No word, number or address goes across it; no text has it, since controls are not read. */
    static final char BARRIER = '\u0001';

    private static final Mark[] MARKS = Mark.values();
    private static final int MOST_OF_ONE = 4;
    private static final int JOINED = 3;
    private static final String LOOK_ALIKES =
            "аaвbеeкkмmнhоoрpсcтtуyхxіiјjѕsԁdһhԛqԝwαaβbεeηnιiκkνvοoρpτtυuχxωwıiøođdłlħhŧtŋn×xƒf";
    private static final int LONGEST_ENTITY = 10;
    private static final Pattern ENTITY = Pattern.compile(
            "([a-zA-Z])(?:acute|grave|circ|uml|tilde|cedil|ring|slash|caron)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})");
    private static final Map<String, Integer> ENTITIES = Map.ofEntries(
            Map.entry("szlig", (int) 'ß'),
            Map.entry("aelig", (int) 'æ'),
            Map.entry("oelig", (int) 'œ'),
            Map.entry("nbsp", (int) ' '),
            Map.entry("apos", (int) '\''),
            Map.entry("rsquo", (int) '\''),
            Map.entry("lsquo", (int) '\''),
            Map.entry("commat", (int) '@'),
            Map.entry("period", (int) '.'),
            Map.entry("ndash", (int) '-'),
            Map.entry("plus", (int) '+'));
    private static final String BLANKS = "\u115f\u1160\u2800\u3164\uffa0";

    private record Find(int start, int end, Mark mark) {}

    private final String original;
    private final List<Find> finds = new ArrayList<>();
    private char[] chars;
    private int[] starts;
    private int length;
    private String text;
    private int[] words;
    private final Set<Mark> kinds;

    Reading(String original) {
        this(original, EnumSet.allOf(Mark.class));
    }

    /** @param kinds all others are left as they are */
    Reading(String original, Set<Mark> kinds) {
        this.original = original;
        this.kinds = kinds;
        chars = new char[original.length() + 1];
        starts = new int[original.length() + 1];
        for (int i = 0; i < original.length(); ) {
            Mark mark = markAt(i);
            if (mark != null) {
                add(BARRIER, i);
                i += mark.text.length();
                continue;
            }
            int after = escapeEnd(i);
            fold(codePointAt(i, after), i);
            i = after;
        }
        starts[length] = original.length();
        text = new String(chars, 0, length);
    }

    /** As finders see it. */
    String text() {
        return text;
    }

    int length() {
        return length;
    }

    /** @return a line end outside the text */
    char at(int index) {
        return index < 0 || index >= length ? '\n' : chars[index];
    }

    boolean isDigit(int index) {
        char c = at(index);
        return c >= '0' && c <= '9';
    }

    boolean isLetter(int index) {
        char c = at(index);
        return c >= 'a' && c <= 'z' || c > 127 && Character.isLetter(c);
    }

    boolean isWord(int index) {
        return isDigit(index) || isLetter(index);
    }

    /** Whether it was written as a capital. */
    boolean isUpper(int index) {
        int start = starts[index];
        int codePoint = codePointAt(start, escapeEnd(start));
        return Character.isUpperCase(codePoint) || Character.isTitleCase(codePoint);
    }

    /** The runs of letters and digits: start, end, start, end, … */
    int[] words() {
        if (words == null) {
            int[] bounds = new int[length + 2];
            int count = 0;
            for (int i = 0; i < length; i++) {
                if (isWord(i) != isWord(i - 1)) {
                    bounds[count++] = i;
                }
            }
            if (isWord(length - 1)) {
                bounds[count++] = length;
            }
            words = Arrays.copyOf(bounds, count);
        }
        return words;
    }

    /**
     * That part is to go, with all of a character that was read as several. Where finds overlap, all of them go and the
     * longest names the mark.
     */
    void find(int start, int end, Mark mark) {
        if (!kinds.contains(mark)) {
            return;
        }
        int first = start;
        int last = end;
        while (first > 0 && starts[first] == starts[first - 1]) {
            first--;
        }
        while (last < length && starts[last] == starts[last - 1]) {
            last++;
        }
        finds.add(new Find(first, last, mark));
    }

    /** The original with a mark for each find. */
    String cut() {
        if (finds.isEmpty()) {
            return original;
        }
        finds.sort(Comparator.comparingInt(Find::start));
        StringBuilder out = new StringBuilder(original.length());
        int written = 0;
        for (int i = 0; i < finds.size(); ) {
            Find longest = finds.get(i);
            int start = longest.start;
            int end = longest.end;
            for (i++; i < finds.size() && joins(longest, end, finds.get(i)); i++) {
                Find next = finds.get(i);
                end = Math.max(end, next.end);
                longest = next.end - next.start > longest.end - longest.start ? next : longest;
            }
            out.append(original, written, starts[start]).append(longest.mark);
            written = starts[end];
        }
        return out.append(original, written, original.length()).toString();
    }

    private boolean joins(Find before, int end, Find next) {
        if (next.start < end) {
            return true;
        }
        if (next.mark != before.mark || next.start - end > JOINED) {
            return false;
        }
        for (int i = end; i < next.start; i++) {
            if (next.mark.joint().indexOf(chars[i]) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Letters and digits only, which is how known values are compared. */
    static String compact(String value) {
        Reading reading = new Reading(value);
        StringBuilder out = new StringBuilder(reading.length);
        for (int i = 0; i < reading.length; i++) {
            if (reading.isWord(i)) {
                out.append(reading.chars[i]);
            }
        }
        return out.toString();
    }

    private Mark markAt(int index) {
        if (original.charAt(index) == '[') {
            for (Mark mark : MARKS) {
                if (original.startsWith(mark.text, index)) {
                    return mark;
                }
            }
        }
        return null;
    }

    /** @return where the character that starts there ends, be it written as an entity, "%40" or "[.]" */
    private int escapeEnd(int start) {
        char c = original.charAt(start);
        if (c == '[' && original.startsWith("[.]", start) || c == '%' && original.startsWith("%40", start)) {
            return start + 3;
        }
        int end = start + 1;
        while (c == '&' && end - start < LONGEST_ENTITY && end < original.length() && original.charAt(end) != ';') {
            end++;
        }
        return c == '&' && original.startsWith(";", end) && entity(original.substring(start + 1, end)) >= 0
                ? end + 1
                : start + Character.charCount(original.codePointAt(start));
    }

    private int codePointAt(int start, int end) {
        int first = original.codePointAt(start);
        if (end - start == Character.charCount(first)) {
            return first;
        }
        return first == '&' ? entity(original.substring(start + 1, end - 1)) : first == '%' ? '@' : '.';
    }

    /** @return the character that an entity of HTML stands for, accents left out, or -1 */
    private static int entity(String name) {
        Matcher matcher = ENTITY.matcher(name);
        if (!matcher.matches()) {
            return ENTITIES.getOrDefault(name, -1);
        }
        if (matcher.group(1) != null) {
            return matcher.group(1).charAt(0);
        }
        int number =
                matcher.group(2) != null ? Integer.parseInt(matcher.group(2)) : Integer.parseInt(matcher.group(3), 16);
        return Character.isValidCodePoint(number) ? number : -1;
    }

    private void fold(int codePoint, int start) {
        if (codePoint < 128) {
            if (codePoint >= 32 && codePoint < 127 || codePoint == '\n') {
                add(codePoint >= 'A' && codePoint <= 'Z' ? (char) (codePoint + 32) : (char) codePoint, start);
            } else if (codePoint == '\t' || codePoint == '\r') {
                add(' ', start);
            }
            return;
        }
        if (BLANKS.indexOf(codePoint) >= 0) {
            return;
        }
        switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.COMBINING_SPACING_MARK,
                    Character.CONTROL,
                    Character.FORMAT -> {}
            case Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> add('\ufffd', start);
            case Character.SPACE_SEPARATOR -> add(' ', start);
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> add('\n', start);
            case Character.DASH_PUNCTUATION -> add('-', start);
            case Character.DECIMAL_DIGIT_NUMBER -> add((char) ('0' + Character.digit(codePoint, 10)), start);
            default -> foldOther(codePoint, start);
        }
    }

    private void foldOther(int codePoint, int start) {
        String plain = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKD);
        int added = 0;
        for (int i = 0; i < plain.length() && added < MOST_OF_ONE; added++) {
            int part = plain.codePointAt(i);
            i += Character.charCount(part);
            int type = Character.getType(part);
            if (type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK) {
                continue;
            }
            foldLetter(Character.toLowerCase(part), start);
        }
    }

    private void foldLetter(int codePoint, int start) {
        switch (codePoint) {
            case 'ß' -> add("ss", start);
            case 'æ' -> add("ae", start);
            case 'œ' -> add("oe", start);
            case 'þ' -> add("th", start);
            case 'ð' -> add('d', start);
            case '’', '‘', '‛', 'ʼ', 'ʹ', '´', '′' -> add('\'', start);
            case '−', '⁃' -> add('-', start);
            case '⁄', '∕' -> add('/', start);
            case '。', '․', '·' -> add('.', start);
            default -> {
                int known = LOOK_ALIKES.indexOf(codePoint);
                if (known >= 0 && known % 2 == 0) {
                    add(LOOK_ALIKES.charAt(known + 1), start);
                } else {
                    add(Character.toChars(codePoint)[0], start);
                }
            }
        }
    }

    private void add(String several, int start) {
        for (int i = 0; i < several.length(); i++) {
            add(several.charAt(i), start);
        }
    }

    private void add(char c, int start) {
        if (length + 1 == chars.length) {
            chars = Arrays.copyOf(chars, chars.length * 2);
            starts = Arrays.copyOf(starts, starts.length * 2);
        }
        chars[length] = c;
        starts[length++] = start;
    }
}
