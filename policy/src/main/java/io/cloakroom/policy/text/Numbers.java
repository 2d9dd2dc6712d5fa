package io.cloakroom.policy.text;

import io.cloakroom.policy.text.Reading.Mark;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.commons.validator.routines.IBANValidator;
import org.apache.commons.validator.routines.InetAddressValidator;
import org.apache.commons.validator.routines.checkdigit.IBANCheckDigit;

/**
 * Finds cards, phones, IBANs, IP addresses and other long numbers. Groups of digits with at most three spaces, dashes,
 * dots, slashes or brackets between them are read as one number, unless they are a date, a price, a range, a rising list
 * such as sizes, or a version; all of a row of groups is looked at from each group at most as far as a card is long.
 */
final class Numbers {

    private static final IBANValidator IBANS = IBANValidator.getInstance();
    private static final InetAddressValidator ADDRESSES = InetAddressValidator.getInstance();

    private static final int SHORTEST_PHONE = 7;
    private static final int SHORTEST_PHONE_WITH_CUE = 6;
    private static final int LONGEST_PHONE = 15;
    private static final int LONG_NUMBER = 8;
    private static final int SHORTEST_CARD = 12;
    private static final int LONGEST_CARD = 19;
    private static final int SHORTEST_GROUP = 4;
    private static final int FOURS_OF_CARD = 4;
    private static final int LONGEST_PRICE = 9;
    private static final int SHORTEST_IBAN = 15;
    private static final int LONGEST_IBAN = 34;
    private static final int LONGEST_BAR_CODE = 14;
    private static final int LONGEST_IP = 45;
    private static final int LONGEST_ZONE = 16;
    private static final int WIDEST_GAP = 3;
    private static final int LONGEST_EXTENSION = 6;
    private static final int LONGEST_DIGIT_WORD = 16;
    private static final int LEAST_SPELLED = 3;
    private static final int CUE_REACH = 32;

    private static final String GAP = " -./()_*";
    private static final Set<String> PHONE_CUES = Set.of(
            "phone",
            "tel",
            "telephone",
            "mobile",
            "mob",
            "cell",
            "cellphone",
            "call",
            "ring",
            "dial",
            "whatsapp",
            "sms",
            "fax",
            "telefon",
            "handy",
            "telefono",
            "movil",
            "cellulare",
            "portable",
            "telephoner",
            "landline",
            "ph");
    private static final Set<String> PRODUCT_CUES =
            Set.of("barcode", "ean", "upc", "gtin", "sku", "style", "item", "product", "article", "artikel");
    private static final Set<String> EXTENSIONS = Set.of("x", "ext", "extn", "extension");
    private static final Set<String> CURRENCIES = Set.of(
            "eur", "usd", "gbp", "chf", "euro", "euros", "dollars", "pounds", "aed", "cad", "aud", "hkd", "jpy", "cny",
            "sek", "nok", "dkk", "inr", "rs", "yen");
    private static final Map<String, Integer> DIGIT_WORDS = digitWords();

    private final Reading reading;
    private final byte[] card = new byte[LONGEST_CARD];
    /** Where the groups of the row start and end. */
    private int[] starts = new int[16];

    private int[] ends = new int[16];
    private int groups;

    private Numbers(Reading reading) {
        this.reading = reading;
    }

    static void find(Reading reading) {
        Numbers numbers = new Numbers(reading);
        numbers.ibans();
        numbers.versionSix();
        numbers.rows();
        numbers.inWords();
    }

    private void ibans() {
        int[] words = reading.words();
        for (int w = 0; w < words.length; w += 2) {
            int start = words[w];
            if (reading.text().startsWith("iban", start) && words[w + 1] - start > 4) {
                start += 4;
            }
            if (!isIbanHead(start)) {
                continue;
            }
            int end = ibanEnd(start);
            if (end > 0) {
                reading.find(start, end, Mark.IBAN);
            }
        }
    }

    /** At the country's length if there is a shape for it, else at the first word's end with a right checksum. */
    private int ibanEnd(int start) {
        StringBuilder iban = new StringBuilder();
        IBANValidator.Validator country = null;
        for (int i = start, gap = 0; iban.length() < LONGEST_IBAN && gap < 2; i++) {
            char c = reading.at(i);
            if (c >= '0' && c <= '9' || c >= 'a' && c <= 'z') {
                iban.append((char) (c >= 'a' ? c - 32 : c));
                gap = 0;
            } else if (" -._".indexOf(c) >= 0) {
                gap++;
            } else {
                return -1;
            }
            if (iban.length() == 2) {
                country = IBANS.getValidator(iban.toString());
            }
            boolean isWhole = gap == 0 && iban.length() >= SHORTEST_IBAN && !reading.isWord(i + 1);
            if (isWhole
                    && (country == null
                            ? IBANCheckDigit.IBAN_CHECK_DIGIT.isValid(iban.toString())
                            : country.getIbanLength() == iban.length()
                                    && country.getRegexValidator().isValid(iban.toString()))) {
                return i + 1;
            }
        }
        return -1;
    }

    private boolean isIbanHead(int start) {
        return reading.isLetter(start)
                && reading.at(start) < 128
                && reading.isLetter(start + 1)
                && reading.at(start + 1) < 128
                && (reading.isDigit(start + 2) && reading.isDigit(start + 3)
                        || " -".indexOf(reading.at(start + 2)) >= 0
                                && reading.isDigit(start + 3)
                                && reading.isDigit(start + 4));
    }

    private void versionSix() {
        for (int i = 0; i < reading.length(); i++) {
            if (!isOfVersionSix(i)) {
                continue;
            }
            int start = i;
            int colons = 0;
            while (isOfVersionSix(i)) {
                colons += reading.at(i++) == ':' ? 1 : 0;
            }
            int end = i;
            while (end > start
                    && (reading.at(end - 1) == '.' || reading.at(end - 1) == ':' && reading.at(end - 2) != ':')) {
                end--;
            }
            if (reading.at(start) == ':' && reading.at(start + 1) != ':') {
                start++;
            } else if (reading.isLetter(start - 1)) {
                continue;
            }
            if (colons < 2 || end < start || end - start > LONGEST_IP || reading.isWord(end)) {
                continue;
            }
            String address = reading.text().substring(start, end);
            boolean isFull = address.indexOf("::") < 0;
            if ((isFull || address.length() > WIDEST_GAP && address.chars().anyMatch(Character::isDigit))
                    && ADDRESSES.isValidInet6Address(address)) {
                if (reading.at(end) == '%') {
                    int zone = end + 1;
                    while (reading.isWord(zone) && zone - end < LONGEST_ZONE) {
                        zone++;
                    }
                    end = zone;
                }
                reading.find(start, end, Mark.IP);
            }
        }
    }

    private boolean isOfVersionSix(int index) {
        char c = reading.at(index);
        return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c == ':' || c == '.';
    }

    private void rows() {
        for (int i = 0; i < reading.length(); i++) {
            if (reading.isDigit(i)) {
                i = readRow(i);
                row();
            }
        }
    }

    /** @return the end of the row that starts there */
    private int readRow(int start) {
        groups = 0;
        int end = start;
        for (int next = start; next >= 0; next = nextGroup(end)) {
            end = next;
            while (reading.isDigit(end)) {
                end++;
            }
            if (groups == starts.length) {
                starts = Arrays.copyOf(starts, groups * 2);
                ends = Arrays.copyOf(ends, groups * 2);
            }
            starts[groups] = next;
            ends[groups++] = end;
        }
        return end;
    }

    private int nextGroup(int end) {
        int next = end;
        boolean isTrunk = reading.at(starts[0]) == '0' || reading.at(starts[0] - 1) == '+';
        while (next - end <= WIDEST_GAP
                && (GAP.indexOf(reading.at(next)) >= 0 || isTrunk && reading.at(next) == '\n')) {
            next++;
        }
        boolean isSentence = reading.at(end) == '.' && next - end > 1;
        return next > end && next - end <= WIDEST_GAP && reading.isDigit(next) && !isSentence ? next : -1;
    }

    /** Takes what is no phone out of the row and judges what is left between. */
    private void row() {
        int from = 0;
        for (int g = 0; g < groups; ) {
            int after = addressOfVersionFour(g);
            if (after < 0) {
                after = product(g);
            }
            if (after < 0) {
                after = card(g);
            }
            if (after < 0) {
                after = date(g);
            }
            if (after < 0) {
                after = price(g);
            }
            if (after < 0) {
                g++;
            } else {
                judge(from, g);
                g = after;
                from = after;
            }
        }
        judge(from, groups);
    }

    private int size(int group) {
        return ends[group] - starts[group];
    }

    /** How many digits groups {@code from} to {@code to} have, the last one not counted in. */
    private int digits(int from, int to) {
        int sum = 0;
        for (int g = from; g < to; g++) {
            sum += size(g);
        }
        return sum;
    }

    private int value(int group) {
        return size(group) > LONG_NUMBER
                ? Integer.MAX_VALUE
                : Integer.parseInt(reading.text(), starts[group], ends[group], 10);
    }

    /** The only character between a group and the next, or 0 if there are none or several. */
    private char gap(int group) {
        return group >= 0 && group + 1 < groups && starts[group + 1] - ends[group] == 1 ? reading.at(ends[group]) : 0;
    }

    private int addressOfVersionFour(int g) {
        if (g + 4 > groups || gap(g - 1) == '.' || gap(g + 3) == '.' || isVersion(g)) {
            return -1;
        }
        for (int i = g; i < g + 4; i++) {
            if (size(i) > 3 || value(i) > 255 || i < g + 3 && gap(i) != '.') {
                return -1;
            }
        }
        int end = ends[g + 3];
        if (reading.at(end) == ':' && reading.isDigit(end + 1)) {
            for (end++; reading.isDigit(end); ) {
                end++;
            }
        }
        reading.find(starts[g], end, Mark.IP);
        return g + 4;
    }

    /** "v5.12.0.3" */
    private boolean isVersion(int g) {
        return reading.at(starts[g] - 1) == 'v' && !reading.isLetter(starts[g] - 2);
    }

    /** A bar code or article number behind a word that says so. */
    private int product(int g) {
        boolean isAlone = (g == 0 || starts[g] - ends[g - 1] > 1) && gap(g) == 0;
        return isAlone && size(g) <= LONGEST_BAR_CODE && hasCue(starts[g], PRODUCT_CUES, 1) ? g + 1 : -1;
    }

    /** The most groups from there that are a card: fours whatever the checksum, others by the checksum. */
    private int card(int g) {
        int found = -1;
        boolean areSingle = true;
        boolean areLong = true;
        int count = 0;
        for (int to = g; to < groups && count + size(to) <= LONGEST_CARD && (areSingle || areLong); ) {
            for (int i = starts[to]; i < ends[to]; i++) {
                card[count++] = (byte) (reading.at(i) - '0');
            }
            boolean isShaped = areLong || areSingle && size(to) == 1;
            areSingle &= size(to) == 1;
            areLong &= size(to) >= SHORTEST_GROUP;
            to++;
            if (count >= SHORTEST_CARD && isShaped && isLuhn(count)) {
                found = to;
            }
        }
        int fours = g;
        while (fours < groups
                && size(fours) == SHORTEST_GROUP
                && (fours == g || gap(fours - 1) == gap(g) && gap(g) != 0)) {
            fours++;
        }
        found = fours - g >= FOURS_OF_CARD ? Math.max(found, fours) : found;
        if (found < 0 || reading.at(starts[g] - 1) == '+') {
            return -1;
        }
        reading.find(starts[g], ends[found - 1], Mark.CARD);
        return found;
    }

    /** The sum that the last digit of a card makes a multiple of ten (ISO/IEC 7812). */
    private boolean isLuhn(int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            int digit = card[count - 1 - i] << (i & 1);
            sum += digit > 9 ? digit - 9 : digit;
        }
        return sum % 10 == 0;
    }

    private int date(int g) {
        if (isCompactDate(g)) {
            return g + 1;
        }
        if (g + 3 > groups || reading.at(starts[g] - 1) == '+') {
            return -1;
        }
        char between = gap(g);
        if (between == 0
                || gap(g + 1) != between
                || gap(g + 2) == between && between != ' '
                || gap(g - 1) == between && between != ' ') {
            return -1;
        }
        boolean isYearFirst = isYear(g) && isDay(g + 1) && isDay(g + 2);
        boolean isYearLast = isDay(g) && isDay(g + 1) && (isYear(g + 2) || size(g + 2) == 2 && between != ' ');
        return isYearFirst || isYearLast ? g + 3 : -1;
    }

    /** "20171112", as files and tickets are named. */
    private boolean isCompactDate(int g) {
        int value = size(g) == LONG_NUMBER ? value(g) : 0;
        int month = value / 100 % 100;
        int day = value % 100;
        return value / 10_000 >= 2000
                && value / 10_000 < 2050
                && month >= 1
                && month <= 12
                && day >= 1
                && day <= 31
                && !hasCue(starts[g], PHONE_CUES, CUE_REACH);
    }

    private boolean isDay(int group) {
        return size(group) <= 2 && value(group) >= 1 && value(group) <= 31;
    }

    private boolean isYear(int group) {
        return size(group) == 4 && value(group) >= 1900 && value(group) <= 2100;
    }

    /** A group behind a currency, with the thousands and decimals that follow. */
    private int price(int g) {
        int before = starts[g] - 1;
        if (reading.at(before) == ' ') {
            before--;
        }
        if (!isCurrencyBefore(before) || size(g) > LONGEST_PRICE) {
            return -1;
        }
        int to = g + 1;
        while (to < groups && size(to - 1) <= 3 && size(to) == 3 && " .".indexOf(gap(to - 1)) >= 0) {
            to++;
        }
        return to < groups && gap(to - 1) == '.' && size(to) <= 2 ? to + 1 : to;
    }

    private boolean isCurrencyBefore(int last) {
        if (Character.getType(reading.at(last)) == Character.CURRENCY_SYMBOL) {
            return true;
        }
        int start = last + 1;
        while (last - start < 8 && reading.isLetter(start - 1)) {
            start--;
        }
        return start <= last && CURRENCIES.contains(reading.text().substring(start, last + 1));
    }

    private boolean isCurrencyAfter(int end) {
        int next = reading.at(end) == ' ' ? end + 1 : end;
        if (Character.getType(reading.at(next)) == Character.CURRENCY_SYMBOL) {
            return !reading.isDigit(next + 1);
        }
        int last = next;
        while (last - next < 8 && reading.isLetter(last)) {
            last++;
        }
        return last > next && CURRENCIES.contains(reading.text().substring(next, last));
    }

    private void judge(int from, int to) {
        if (from >= to) {
            return;
        }
        int start = starts[from];
        int end = ends[to - 1];
        int digits = digits(from, to);
        if (digits < SHORTEST_PHONE_WITH_CUE) {
            return;
        }
        boolean hasPlus = reading.at(start - 1) == '+' || reading.at(start - 1) == '(' && reading.at(start - 2) == '+';
        if (to - from == 2 && isDecimal(from) || areDecimals(from, to)) {
            return;
        }
        boolean isCued = digits <= LONGEST_PHONE && (isShortAtHome(from, to) || hasCue(start, PHONE_CUES, CUE_REACH));
        if (!hasPlus && !isCued && (digits < SHORTEST_PHONE || isReadable(from, to, digits))) {
            longGroups(from, to);
            return;
        }
        if (to - from == 1 && digits < LONG_NUMBER && !hasPlus && !isCued) {
            return;
        }
        boolean isPhone = digits <= LONGEST_PHONE && (hasPlus || isCued || to - from > 1 || reading.at(start) == '0');
        while (reading.at(start - 1) == '(' || reading.at(start - 1) == '+') {
            start--;
        }
        reading.find(start, isPhone ? extension(end) : end, isPhone ? Mark.PHONE : Mark.NUMBER);
    }

    /** "06 6930": with the zero, two groups are enough. */
    private boolean isShortAtHome(int from, int to) {
        return to - from == 2
                && gap(from) != '.'
                && reading.at(starts[from]) == '0'
                && size(from) > 1
                && !(isDay(from) && isYear(from + 1));
    }

    private boolean isDecimal(int g) {
        return gap(g) == '.' && reading.at(starts[g]) != '0' && (size(g + 1) <= 2 || size(g) <= 3 && size(g + 1) > 4);
    }

    private void longGroups(int from, int to) {
        for (int g = from; g < to; g++) {
            if (size(g) >= LONG_NUMBER
                    && !(size(g) <= LONGEST_PRICE && isCurrencyAfter(ends[g]) && reading.at(starts[g]) != '0')) {
                reading.find(starts[g], ends[g], Mark.NUMBER);
            }
        }
    }

    /** Prices, years, ranges, lists, decimals and versions. */
    private boolean isReadable(int from, int to, int digits) {
        if (to - from == 1) {
            return digits <= LONGEST_PRICE && isCurrencyAfter(ends[from]) && reading.at(starts[from]) != '0';
        }
        boolean areYears = true;
        boolean areThousands = size(from) <= 3;
        boolean areDotted = true;
        boolean hasSingle = false;
        boolean areRound = true;
        int slashes = 0;
        int dots = 0;
        for (int g = from; g < to; g++) {
            areYears &= isYear(g);
            areRound &= size(g) <= 4 && value(g) % 50 == 0 && reading.at(starts[g]) != '0';
            if (g > from) {
                areThousands &= size(g) == 3 && gap(g - 1) == gap(from) && " .".indexOf(gap(from)) >= 0;
                areDotted &= gap(g - 1) == '.';
                hasSingle |= size(g) == 1;
                slashes += gap(g - 1) == '/' ? 1 : 0;
                dots += gap(g - 1) == '.' ? 1 : 0;
            }
        }
        boolean isTrunk = reading.at(starts[from]) == '0';
        boolean isCode = digits <= LONG_NUMBER && reading.at(ends[to - 1]) == '-' && reading.isLetter(ends[to - 1] + 1);
        boolean isPrice = areThousands
                && !isTrunk
                && (digits <= SHORTEST_PHONE || value(to - 1) == 0 || isCurrencyAfter(ends[to - 1]));
        boolean isVersion = areDotted && hasSingle;
        boolean isSpan = to - from == 2
                && gap(from) == '-'
                && isLongAgo(from)
                && isLongAgo(from + 1)
                && value(from) < value(from + 1);
        return areYears
                || areDecimals(from, to)
                || isSpan
                || isCode && !isTrunk
                || areRound
                || isPrice
                || isVersion
                || slashes > 0 && slashes + dots > 1 && !isTrunk
                || isRising(from, to);
    }

    /** "9.00-17.30": times, or prices. */
    private boolean areDecimals(int from, int to) {
        for (int g = from; g < to; g++) {
            boolean isFraction = (g - from) % 2 == 1;
            boolean isDotted = gap(g) == '.';
            if (g + 1 < to && isDotted == isFraction || size(g) > (isFraction ? 2 : 4)) {
                return false;
            }
        }
        return (to - from) % 2 == 0;
    }

    private boolean isLongAgo(int group) {
        return size(group) == 4 && value(group) >= 1000 && value(group) <= 2100;
    }

    /** "34 36 38 40": steps of one size, between groups of one or two digits. */
    private boolean isRising(int from, int to) {
        int step = to - from > 2 ? value(from + 1) - value(from) : 0;
        for (int g = from; g < to; g++) {
            if (size(g) > 2 || g > from && value(g) - value(g - 1) != step) {
                return false;
            }
        }
        return step > 0 && step <= 10;
    }

    /** "x12", "ext. 12" behind a phone. */
    private int extension(int end) {
        int i = end;
        while (i - end < 2 && " ,(".indexOf(reading.at(i)) >= 0) {
            i++;
        }
        int word = i;
        while (word - i < 9 && reading.isLetter(word)) {
            word++;
        }
        String text = reading.text().substring(Math.min(i, reading.length()), word);
        if (!EXTENSIONS.contains(text) && reading.at(i) != '#') {
            return end;
        }
        int digits = word;
        while (digits - word < WIDEST_GAP
                && (reading.at(digits) == ' ' || reading.at(digits) == '.' || reading.at(digits) == '#')) {
            digits++;
        }
        int last = digits;
        while (last - digits < LONGEST_EXTENSION && reading.isDigit(last)) {
            last++;
        }
        return last > digits ? last : end;
    }

    /** @param most how many words before may be the cue */
    private boolean hasCue(int start, Set<String> cues, int most) {
        int end = start;
        int words = 0;
        for (int i = start - 1;
                i >= 0 && start - i < CUE_REACH && words < most && !reading.isDigit(i) && reading.at(i) != '\n';
                i--) {
            if (reading.isLetter(i) && !reading.isLetter(i + 1)) {
                end = i + 1;
            }
            if (reading.isLetter(i) && !reading.isWord(i - 1)) {
                if (cues.contains(reading.text().substring(i, end))) {
                    return true;
                }
                words++;
            }
        }
        return false;
    }

    /** "oh seven seven double five …": seven digits or more, the rest of which may be digits. */
    private void inWords() {
        int[] words = reading.words();
        int start = -1;
        int end = 0;
        int digits = 0;
        int times = 1;
        int spelled = 0;
        for (int w = 0; w <= words.length; w += 2) {
            String word = w < words.length && words[w + 1] - words[w] <= LONGEST_DIGIT_WORD
                    ? reading.text().substring(words[w], words[w + 1])
                    : "";
            if (start >= 0 && word.equals("y")) {
                continue;
            }
            Integer value = DIGIT_WORDS.get(word);
            boolean isNumber = !word.isEmpty() && reading.isDigit(words[w]) && word.length() <= 5;
            boolean follows = start >= 0 && w < words.length && isSpelling(end, words[w]);
            if (start >= 0 && !(follows && (value != null || isNumber))) {
                boolean isTrunk = reading.at(start) == '0' && spelled > 0;
                if ((spelled >= LEAST_SPELLED || isTrunk) && digits >= SHORTEST_PHONE) {
                    reading.find(start, end, Mark.PHONE);
                }
                start = -1;
            }
            if (value == null && !isNumber) {
                continue;
            }
            if (start < 0) {
                start = words[w];
                digits = 0;
                times = 1;
                spelled = 0;
            }
            end = words[w + 1];
            if (value != null && value < 0) {
                times = -value;
            } else {
                digits += isNumber ? word.length() : value * times;
                times = 1;
            }
            spelled += value != null ? 1 : 0;
        }
    }

    private boolean isSpelling(int end, int next) {
        for (int i = end; i < next; i++) {
            if (" -,.y".indexOf(reading.at(i)) < 0) {
                return false;
            }
        }
        return next - end <= WIDEST_GAP;
    }

    /** In digits or in a word. */
    static boolean isNumber(String text) {
        return DIGIT_WORDS.containsKey(text) || text.chars().allMatch(Character::isDigit);
    }

    /** How many digits a word stands for, in five languages; what multiplies the next is negative. */
    private static Map<String, Integer> digitWords() {
        Map<String, Integer> words = new HashMap<>();
        for (String word :
                ("oh o nought naught zero one two three four five six seven eight nine null eins zwei zwo drei vier funf fuenf sechs sieben acht neun un deux trois quatre cinq sept huit neuf uno due tre quattro cinque sei sette otto nove cero dos tres cuatro cinco seis siete ocho nueve"
                                + " ten twenty thirty forty fifty sixty seventy eighty ninety dix vingt trente quarante cinquante soixante dieci venti trenta quaranta cinquanta sessanta settanta ottanta novanta diez veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa")
                        .split(" ")) {
            words.put(word, 1); // a ten has the other digit in the word behind it
        }
        for (String word :
                ("eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen zehn elf zwolf onze douze treize quatorze quinze seize"
                                + " undici dodici tredici quattordici quindici sedici once doce trece catorce quince hundred cent hundert cento cien")
                        .split(" ")) {
            words.put(word, 2);
        }
        for (String unit : "ein zwei drei vier funf sechs sieben acht neun".split(" ")) {
            for (String ten : "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig".split(" ")) {
                words.put(ten, 2);
                words.put(unit + "und" + ten, 2);
            }
        }
        words.putAll(Map.of("double", -2, "triple", -3, "treble", -3, "doppel", -2));
        return Map.copyOf(words);
    }
}
