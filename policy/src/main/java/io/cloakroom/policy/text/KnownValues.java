package io.cloakroom.policy.text;

import io.cloakroom.policy.text.Reading.Mark;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is known of one person, made ready to be found in free text: by letters and digits alone, so that case, accents,
 * spaces and punctuation make no difference. Made in microseconds, for one message or many. Immutable; never prints a
 * value.
 *
 * <ul>
 *   <li>Names: whole, reversed, with initials, by part. A part that is a particle, a common short word or one letter goes
 *       only beside another part; one of two letters, one that is a word of its own ("Rose", "Will") or the first one
 *       cut short ("Chris"), only where it is written with a capital. Several parts of fewer than seven letters together go only where they are parted, by
 *       space, sign or capital.
 *   <li>E-mail addresses: with and without the plus tag, with "at" and "dot" in words; what stands before the at alone
 *       if it has a digit in it.
 *   <li>Phones: by their last seven digits and what is written before these, so that no prefix matters.
 *   <li>Addresses: whole and by line, which a comma or a line end closes; a name by its number or its kind of street,
 *       postcodes alone, towns where they are written with a capital, and all else of the line beside these. A country
 *       alone stays.
 *   <li>Order numbers: whole, and those of their parts, and their last digits, that are five or more. One of fewer than
 *       four characters goes only after "#" or a word such as "order".
 * </ul>
 */
public final class KnownValues {

    /** Nothing is known. */
    public static final KnownValues NONE = new Builder().build();

    private static final long BASE = 0x9E3779B97F4A7C15L | 1;
    private static final int SLOT_BITS = 11;
    private static final int LONG_ENOUGH = 7;
    private static final int FIRST_UNSPACED = 0x0e00;
    private static final int MOST_PARTS = 6;
    private static final int DIGITS_OF_ID = 5;
    private static final int DIGITS_OF_PREFIX = 8;
    private static final int WIDEST_GAP = 3;

    private static final Set<String> TITLES = words(
            "mr mrs ms miss dr prof sir madam herr frau mme mlle monsieur signor signora jr sr ii iii iv md dds phd dvm mba dipl ing med rer nat");
    private static final Set<String> NEVER_ALONE = words(
            "van von der den de del della di da do dos das du des la le las los el al bin ibn ben ter ten zu zum af av och und y e an so my no he in on to as is it be us we me go if or at by up of hi ok not the and for you are was has had who how why all any can but out our her his its she they them this that");
    private static final Set<String> WORDS_OF_THEIR_OWN = words(
            "will may mark rose grace hope faith joy bill art rich price black white green brown gray grey long young small short large big day best love king queen knight page park wood woods stone field hill lane street church bell cook april june august summer winter frost snow sky dawn eve angel star ruby pearl amber jade coral ivy lily daisy violet olive hazel ginger basil sage robin jay crystal gold silver banks brook brooks fox wolf bird fish lamb hunter miller taylor pat sue rob nick drew jack gene dean chase miles grant norm wade skip chip guy gay penny cash case sharp strong good bright swift moon rice berry marsh parks waters rivers ford cross power major prince bishop pope baker carter mason porter parker walker turner cooper potter weaver gardener sommer klein gross lang kurz schwarz weiss braun roth bach berg wolff petit grand blanc noir rouge roux bon belle rossi bianchi neri verde costa luna sol mar cruz rosa blanco");
    /** Kinds of street, each with all its spellings. */
    private static final Map<String, List<String>> STREETS = Stream.of(
                    "street st strasse str",
                    "road rd",
                    "avenue avenida ave av avda",
                    "lane ln",
                    "drive dr",
                    "boulevard blvd bd",
                    "square sq",
                    "court ct",
                    "place platz pl",
                    "close cl",
                    "crescent cres",
                    "terrace ter",
                    "apartment apt",
                    "suite ste",
                    "allee",
                    "rue r",
                    "via v",
                    "viale vle",
                    "corso cso",
                    "piazza pza",
                    "calle c")
            .map(line -> List.of(line.split(" ")))
            .flatMap(all -> all.stream().map(one -> Map.entry(one, all)))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private static final List<String> HOUSE_NUMBERS = List.of("no", "nr", "n", "number", "numero");
    private static final List<String> ORDER_WORDS = List.of(
            "order", "orderno", "ordernumber", "orderid", "number", "no", "nr", "ref", "bestellung", "commande");
    private static final Set<String> COUNTRIES = Arrays.stream(Locale.getISOCountries())
            .map(code ->
                    Reading.compact(new Locale.Builder().setRegion(code).build().getDisplayCountry(Locale.ENGLISH)))
            .collect(Collectors.toUnmodifiableSet());

    /** Where a value counts as found. */
    private enum Where {
        /** Also within a word. */
        ANYWHERE,
        /** As whole words. */
        WORD,
        /** As whole words with something between them: "Al Low", not "allow". */
        PARTED,
        /** As whole words, the first with a capital or beside another value. */
        CAPITAL,
        /** As whole words beside another value. */
        BESIDE,
        /** As whole words right after "#". */
        HASH,
        /** Anywhere, with the digits before and after that belong to it. */
        DIGITS
    }

    private record Value(String text, long hash, Mark mark, Where where) {}

    private record Span(Value value, int start, int end) {}

    /** A bit for each hash, by its first bits, which spares most of the searches. */
    private final long[] seen = new long[1 << SLOT_BITS - 6];

    private final long[] hashes;
    private final Value[] values;
    private final int[] lengths;
    private final int[] lengthsWithin;

    private KnownValues(Collection<Value> all) {
        values = all.toArray(Value[]::new);
        Arrays.sort(values, Comparator.comparingLong(Value::hash));
        hashes = new long[values.length];
        BitSet sizes = new BitSet();
        BitSet sizesWithin = new BitSet();
        for (int i = 0; i < values.length; i++) {
            Value value = values[i];
            hashes[i] = value.hash;
            seen[slot(value.hash) >> 6] |= 1L << slot(value.hash);
            sizes.set(value.text.length());
            if (value.where == Where.ANYWHERE || value.where == Where.DIGITS) {
                sizesWithin.set(value.text.length());
            }
        }
        lengths = sizes.stream().toArray();
        lengthsWithin = sizesWithin.stream().toArray();
    }

    private static int slot(long hash) {
        return (int) (hash >>> 64 - SLOT_BITS);
    }

    private int indexOf(long hash) {
        return (seen[slot(hash) >> 6] & 1L << slot(hash)) == 0 ? -1 : Arrays.binarySearch(hashes, hash);
    }

    /** Compares hashes of what starts at each letter and digit with those of the values, and texts where they agree. */
    void find(Reading reading) {
        if (values.length == 0) {
            return;
        }
        char[] chars = new char[reading.length()];
        int[] at = new int[reading.length()];
        int length = 0;
        for (int i = 0; i < reading.length(); i++) {
            if (reading.isWord(i) || reading.at(i) == Reading.BARRIER) {
                chars[length] = reading.at(i);
                at[length++] = i;
            }
        }
        long[] sums = new long[length + 1];
        for (int i = 0; i < length; i++) {
            sums[i + 1] = sums[i] * BASE + chars[i];
        }
        long[] powers = new long[lengths[lengths.length - 1] + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.length; i++) {
            powers[i] = powers[i - 1] * BASE;
        }
        new Search(reading, new String(chars, 0, length), at).run(sums, powers);
    }

    /** One text in letters and digits, each with its place in the reading. */
    private final class Search {

        private final Reading reading;
        private final String text;
        private final int[] at;
        private final int length;
        private final List<Span> doubtful = new ArrayList<>();
        private final BitSet foundStarts = new BitSet();
        private final BitSet foundEnds = new BitSet();

        private Search(Reading reading, String text, int[] at) {
            this.reading = reading;
            this.text = text;
            this.at = at;
            this.length = text.length();
        }

        private void run(long[] sums, long[] powers) {
            for (int i = 0; i < length; i++) {
                for (int size : isBoundary(i) ? lengths : lengthsWithin) {
                    if (i + size > length) {
                        break;
                    }
                    int index = indexOf(sums[i + size] - sums[i] * powers[size]);
                    if (index >= 0 && text.startsWith(values[index].text, i)) {
                        judge(new Span(values[index], i, i + size));
                    }
                }
            }
            for (Span span : doubtful) {
                if (foundEnds.get(span.start) && isNear(span.start)) {
                    take(span);
                }
            }
            for (int i = doubtful.size() - 1; i >= 0; i--) {
                Span span = doubtful.get(i);
                if (foundStarts.get(span.end) && isNear(span.end)) {
                    take(span);
                }
            }
        }

        private void judge(Span span) {
            boolean isWhole = isBoundary(span.start) && isBoundary(span.end);
            switch (span.value.where) {
                case ANYWHERE -> take(span);
                case DIGITS -> takeDigits(span);
                case WORD -> takeIf(isWhole && isOneNumber(span), span);
                case PARTED -> takeIf(isWhole && isParted(span), span);
                case HASH -> takeIf(isWhole && reading.at(at[span.start] - 1) == '#', span);
                case CAPITAL, BESIDE -> {
                    if (isWhole && span.value.where == Where.CAPITAL && reading.isUpper(at[span.start])) {
                        take(span);
                    } else if (isWhole) {
                        doubtful.add(span);
                    }
                }
            }
        }

        private void takeIf(boolean counts, Span span) {
            if (counts) {
                take(span);
            }
        }

        private void take(Span span) {
            foundStarts.set(span.start);
            foundEnds.set(span.end);
            reading.find(at[span.start], at[span.end - 1] + 1, span.value.mark);
        }

        private void takeDigits(Span span) {
            int from = span.start;
            int to = span.end;
            while (from > 0
                    && span.start - from < DIGITS_OF_PREFIX
                    && reading.isDigit(at[from - 1])
                    && isOneNumber(from)) {
                from--;
            }
            while (to < length && reading.isDigit(at[to]) && at[to] == at[to - 1] + 1) {
                to++;
            }
            int first = at[from];
            while ("+(".indexOf(reading.at(first - 1)) >= 0) {
                first--;
            }
            reading.find(first, at[to - 1] + 1, Mark.PHONE);
        }

        /** Whether nothing but what phones are written with lies before that digit. */
        private boolean isOneNumber(int index) {
            for (int i = at[index - 1] + 1; i < at[index]; i++) {
                if (" -./()".indexOf(reading.at(i)) < 0) {
                    return false;
                }
            }
            return isNear(index);
        }

        private boolean isParted(Span span) {
            return IntStream.range(span.start + 1, span.end).anyMatch(this::isBoundary);
        }

        private boolean isNear(int index) {
            return index == 0 || index == length || at[index] - at[index - 1] <= WIDEST_GAP + 1;
        }

        /** Whether a word starts or ends there: beside no letter or digit, between the two, or at a capital. */
        private boolean isBoundary(int index) {
            if (index == 0 || index == length || at[index] != at[index - 1] + 1) {
                return true;
            }
            int here = at[index];
            return reading.isDigit(here) != reading.isDigit(here - 1)
                    || reading.at(here) == Reading.BARRIER
                    || reading.at(here - 1) == Reading.BARRIER
                    || reading.isUpper(here) && !reading.isUpper(here - 1);
        }

        /** Not "1,234.56" where 123456 is looked for. */
        private boolean isOneNumber(Span span) {
            for (int i = span.start + 1; i < span.end; i++) {
                char between = reading.at(at[i] - 1);
                if ((between == '.' || between == ',') && reading.isDigit(at[i]) && reading.isDigit(at[i] - 2)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static long hash(String text) {
        long sum = 0;
        for (int i = 0; i < text.length(); i++) {
            sum = sum * BASE + text.charAt(i);
        }
        return sum;
    }

    private static Set<String> words(String text) {
        return Set.of(text.split(" "));
    }

    /** Says how many, and nothing of them. */
    @Override
    public String toString() {
        return "KnownValues[" + values.length + " forms]";
    }

    /** Takes values as they were given; one without a letter or digit says nothing. */
    public static final class Builder {

        private static final Pattern PIECES = Pattern.compile("[\\s,]+");
        private static final Pattern HALVES = Pattern.compile("[-\\u2010-\\u2015'\\u2019]+");
        private static final Pattern LINES = Pattern.compile("[,;\n]");
        private static final Pattern TOKENS = Pattern.compile("[^\\p{L}\\p{M}\\p{N}]+");
        private static final Pattern ORDINALS = Pattern.compile("[ºª°]");
        private static final Pattern SPELT_UMLAUT = Pattern.compile("(?i)([aou])e");

        private final Map<String, Value> values = new LinkedHashMap<>();

        public Builder name(String name) {
            String composed = Normalizer.normalize(name, Normalizer.Form.NFC);
            if (Reading.compact(name).length() >= LONG_ENOUGH) {
                add(Reading.compact(name), Mark.NAME);
            }
            Stream.of(composed, spellUmlauts(composed), joinUmlauts(composed), composed.replace("ß", "s"))
                    .distinct()
                    .forEach(this::spelt);
            return this;
        }

        public Builder email(String email) {
            int at = email.lastIndexOf('@');
            add(Reading.compact(email), Mark.EMAIL);
            if (at > 0) {
                String tagged = email.substring(0, at);
                int plus = tagged.indexOf('+');
                String local = plus > 0 ? tagged.substring(0, plus) : tagged;
                String domain = email.substring(at + 1);
                for (String name : List.of(local, local.replace(".", "dot"), tagged)) {
                    for (String host : List.of(domain, domain.replace(".", "dot"))) {
                        add(Reading.compact(name + host), Mark.EMAIL);
                        add(Reading.compact(name + "at" + host), Mark.EMAIL);
                    }
                }
                String alone = Reading.compact(local);
                if (alone.length() >= DIGITS_OF_ID && alone.chars().anyMatch(Builder::isDigit)) {
                    add(alone, Mark.EMAIL, Where.WORD);
                }
            }
            return this;
        }

        public Builder phone(String phone) {
            StringBuilder digits = new StringBuilder();
            Reading.compact(phone).chars().filter(Builder::isDigit).forEach(c -> digits.append((char) c));
            if (digits.length() >= LONG_ENOUGH) {
                add(digits.substring(digits.length() - LONG_ENOUGH), Mark.PHONE, Where.DIGITS);
            } else if (digits.length() > WIDEST_GAP) {
                add(digits.toString(), Mark.PHONE, Where.WORD);
            }
            return this;
        }

        /** @param address one line or several, parted by commas or line ends */
        public Builder address(String address) {
            add(Reading.compact(address), Mark.ADDRESS);
            for (String line : LINES.split(Normalizer.normalize(address, Normalizer.Form.NFC))) {
                Stream.of(line, spellUmlauts(line), ORDINALS.matcher(line).replaceAll(""))
                        .distinct()
                        .forEach(this::line);
            }
            return this;
        }

        public Builder order(String number) {
            String whole = Reading.compact(number);
            if (whole.length() > WIDEST_GAP) {
                add(whole, Mark.ORDER);
                String digits = whole.substring(whole.length() - digitsAtTheEnd(whole));
                Stream.concat(TOKENS.splitAsStream(number).map(Reading::compact), Stream.of(digits))
                        .filter(part -> part.length() >= DIGITS_OF_ID && hasDigit(part))
                        .forEach(part -> add(part, Mark.ORDER, Where.WORD));
            } else if (!whole.isEmpty()) {
                add(whole, Mark.ORDER, Where.HASH);
                ORDER_WORDS.forEach(word -> add(word + whole, Mark.ORDER, Where.WORD));
            }
            return this;
        }

        public KnownValues build() {
            return new KnownValues(values.values());
        }

        private void spelt(String name) {
            List<String> parts = new ArrayList<>();
            for (String piece : PIECES.split(name)) {
                String part = Reading.compact(piece);
                if (!part.isEmpty() && !TITLES.contains(part)) {
                    parts.add(part);
                    part(part);
                    for (String half : HALVES.split(piece)) {
                        part(Reading.compact(half));
                    }
                }
            }
            whole(parts);
        }

        private void part(String part) {
            if (!isSpaced(part)) {
                add(part, Mark.NAME, Where.ANYWHERE);
            } else if (part.length() > 1) {
                boolean isDoubtful = part.length() == 2 || WORDS_OF_THEIR_OWN.contains(part);
                Where where = NEVER_ALONE.contains(part) ? Where.BESIDE : isDoubtful ? Where.CAPITAL : Where.WORD;
                add(part, Mark.NAME, where);
                if (part.length() > WIDEST_GAP) {
                    add(part + "s", Mark.NAME, where);
                }
            }
        }

        private void whole(List<String> parts) {
            int count = Math.min(parts.size(), MOST_PARTS);
            if (count < 2) {
                return;
            }
            String first = parts.get(0);
            String last = parts.get(count - 1);
            add(String.join("", parts), Mark.NAME, isLong(parts) ? Where.ANYWHERE : Where.PARTED);
            add(
                    last + String.join("", parts.subList(0, count - 1)),
                    Mark.NAME,
                    isLong(parts) ? Where.ANYWHERE : Where.PARTED);
            add(first + last.charAt(0), Mark.NAME, Where.PARTED);
            brief(first);
            StringBuilder initials = new StringBuilder();
            for (int i = 1; i < count; i++) {
                initials.append(parts.get(i - 1).charAt(0));
                String family = String.join("", parts.subList(i, count));
                String given = String.join("", parts.subList(0, i));
                for (String before : List.of(first, first.substring(0, 1), initials.toString(), given)) {
                    several(before + family);
                    several(family + before);
                }
                if (i < count - 1) {
                    several(family);
                    several(first + parts.get(i).charAt(0) + last);
                }
                add(first + last, Mark.NAME, isLong(List.of(first, last)) ? Where.ANYWHERE : Where.PARTED);
                add(last + first, Mark.NAME, isLong(List.of(first, last)) ? Where.ANYWHERE : Where.PARTED);
            }
            several(initials.substring(1) + last); // "vdBroeck"
        }

        /** "Chris" of "Christopher", unless that is a word. */
        private void brief(String first) {
            for (int size = WIDEST_GAP; size < first.length() && isSpaced(first); size++) {
                String brief = first.substring(0, size);
                boolean isWord = size == WIDEST_GAP || WORDS_OF_THEIR_OWN.contains(brief) || Cues.isNoName(brief);
                add(brief, Mark.NAME, isWord ? Where.BESIDE : Where.CAPITAL);
            }
        }

        /** Two parts or more, of which short ones could be a word when written together. */
        private void several(String parts) {
            boolean isShort = parts.length() < LONG_ENOUGH && isSpaced(parts);
            add(parts, Mark.NAME, isShort ? Where.PARTED : Where.WORD);
        }

        private static boolean isLong(List<String> parts) {
            return parts.stream().mapToInt(String::length).sum() >= LONG_ENOUGH || !isSpaced(parts.get(0));
        }

        private void line(String line) {
            List<String> tokens = TOKENS.splitAsStream(line)
                    .map(Reading::compact)
                    .filter(token -> !token.isEmpty())
                    .toList();
            List<String> names = tokens.stream().filter(t -> !hasDigit(t)).toList();
            List<String> numbers = tokens.stream().filter(Builder::hasDigit).toList();
            String street = String.join("", names);
            String number = String.join("", numbers);
            if (number.isEmpty() && COUNTRIES.contains(street)) {
                add(street, Mark.ADDRESS, Where.BESIDE);
                return;
            }
            Stream.concat(numbers.stream(), Stream.of(number))
                    .filter(n -> n.length() >= DIGITS_OF_ID)
                    .forEach(n -> add(n, Mark.ADDRESS, Where.WORD));
            place(street, names.size());
            if (number.isEmpty() || street.isEmpty()) {
                add(String.join("", tokens), Mark.ADDRESS, isNamed(street, names.size()) ? Where.WORD : Where.CAPITAL);
            } else {
                add(String.join("", tokens), Mark.ADDRESS);
            }
            if (names.size() > 1 && names.get(names.size() - 1).length() <= WIDEST_GAP) {
                place(String.join("", names.subList(0, names.size() - 1)), names.size() - 1); // "Milano MI"
            }
            parts(tokens, names, numbers);
        }

        private void place(String street, int names) {
            boolean isLong = isNamed(street, names) && street.length() >= LONG_ENOUGH;
            boolean isShort = street.length() < WIDEST_GAP && isSpaced(street);
            add(street, Mark.ADDRESS, isLong ? Where.WORD : isShort ? Where.BESIDE : Where.CAPITAL);
        }

        private static boolean isNamed(String street, int names) {
            return names > 1 || street.endsWith("strasse") || street.endsWith("str");
        }

        /** A name by its number or its kind of street is enough to tell; all else of the line goes beside these. */
        private void parts(List<String> tokens, List<String> names, List<String> numbers) {
            for (String number : numbers) {
                if (number.length() > 1) {
                    add(number, Mark.ADDRESS, Where.BESIDE);
                    HOUSE_NUMBERS.forEach(word -> add(word + number, Mark.ADDRESS, Where.BESIDE));
                }
            }
            boolean hasLong = names.stream().anyMatch(name -> isTelling(name) && name.length() > WIDEST_GAP);
            List<String> ways = List.of("");
            String before = "";
            for (String token : tokens) {
                List<String> spellings = spellings(token);
                spellings.forEach(spelling -> add(spelling, Mark.ADDRESS, Where.BESIDE));
                boolean isTelling = isTelling(token) && (token.length() > WIDEST_GAP || !hasLong);
                if (isTelling) {
                    String initial = isTelling(before) ? before.substring(0, 1) : "";
                    Stream.concat(ways.stream(), Stream.of(initial))
                            .filter(way -> !way.isEmpty())
                            .forEach(way -> pair(way, token));
                    spellings.forEach(name -> numbers.forEach(number -> {
                        pair(name, number);
                        pair(number, name);
                    }));
                } else if (isStreet(token) && isTelling(before)) {
                    String name = before;
                    spellings.forEach(kind -> pair(name, kind));
                }
                if (isStreet(token)) {
                    ways = spellings;
                } else if (NEVER_ALONE.contains(token)) {
                    ways = ways.stream()
                            .flatMap(way -> Stream.of(way, way.isEmpty() ? "" : way + token))
                            .distinct()
                            .toList();
                } else {
                    ways = List.of("");
                }
                before = token;
            }
        }

        private void pair(String first, String second) {
            String text = first + second;
            add(text, Mark.ADDRESS, text.length() >= LONG_ENOUGH ? Where.WORD : Where.PARTED);
        }

        private static boolean isTelling(String token) {
            return !token.isEmpty() && !hasDigit(token) && !isStreet(token) && !NEVER_ALONE.contains(token);
        }

        private static boolean isStreet(String token) {
            return STREETS.containsKey(token);
        }

        /** A kind of street in full and in brief, also at the end of a word: "Hauptstraße", "Hauptstr". */
        private static List<String> spellings(String token) {
            if (token.endsWith("strasse")) {
                return List.of(token, token.substring(0, token.length() - 4));
            }
            return token.endsWith("str") ? List.of(token, token + "asse") : STREETS.getOrDefault(token, List.of(token));
        }

        private static boolean hasDigit(String token) {
            return token.chars().anyMatch(Builder::isDigit);
        }

        private void add(String text, Mark mark) {
            add(text, mark, text.length() >= LONG_ENOUGH || !isSpaced(text) ? Where.ANYWHERE : Where.WORD);
        }

        private void add(String text, Mark mark, Where where) {
            if (!text.isEmpty()) {
                values.merge(
                        text,
                        new Value(text, hash(text), mark, where),
                        (a, b) -> a.where.compareTo(b.where) <= 0 ? a : b);
            }
        }

        /** Whether its script parts words by spaces. */
        private static boolean isSpaced(String text) {
            return text.chars().allMatch(c -> c < FIRST_UNSPACED)
                    || text.codePoints().noneMatch(c -> switch (Character.UnicodeScript.of(c)) {
                        case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> true;
                        default -> false;
                    });
        }

        private static boolean isDigit(int c) {
            return c >= '0' && c <= '9';
        }

        private static int digitsAtTheEnd(String text) {
            int count = 0;
            while (count < text.length() && isDigit(text.charAt(text.length() - 1 - count))) {
                count++;
            }
            return count;
        }

        /** "Müller" as "Mueller", "Yūki" as "Yuuki", which folding does not do. */
        private static String spellUmlauts(String text) {
            if (text.chars().allMatch(c -> c < 128)) {
                return text;
            }
            return text.replaceAll("[äÄ]", "ae")
                    .replaceAll("[öÖøØ]", "oe")
                    .replaceAll("[üÜ]", "ue")
                    .replaceAll("[åÅ]", "aa")
                    .replaceAll("[ūŪ]", "uu")
                    .replaceAll("[ōŌ]", "ou");
        }

        /** "Mueller" as "Müller" folds. */
        private static String joinUmlauts(String text) {
            return SPELT_UMLAUT.matcher(text).replaceAll("$1");
        }
    }
}
