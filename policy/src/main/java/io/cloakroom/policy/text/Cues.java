package io.cloakroom.policy.text;

import io.cloakroom.policy.text.Reading.Mark;
import java.text.DateFormatSymbols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds names and dates of birth by the words before them. Names that nothing announces stay. */
final class Cues {

    /** What has to be true of the words behind a cue. */
    private enum Kind {
        /** Says plainly that a name comes: it may be written small. */
        NAME,
        /** The name has a capital. */
        CAPITAL,
        /** The cue and the name have a capital each. */
        TITLE,
        /** The name has a capital and ends the sentence or the line, or a comma follows. */
        GREETING,
        /** The name has a capital, and may stand on the next line. */
        SIGNED,
        /** The same, and it ends its line. */
        CLOSING,
        /** A date comes. */
        BIRTH
    }

    private record Cue(String[] words, Kind kind) {}

    private static final int MOST_WORDS = 4;
    private static final int WIDEST_GAP = 4;
    private static final int LONGEST_BIRTH_GAP = 3;
    private static final int LONGEST_FLOURISH = 6;

    private static final List<Locale> LOCALES =
            List.of(Locale.ENGLISH, Locale.GERMAN, Locale.FRENCH, Locale.ITALIAN, Locale.forLanguageTag("es"));
    private static final Map<String, List<Cue>> CUES = cues();
    private static final Set<String> PARTICLES = Set.of(
            "van", "von", "der", "den", "de", "del", "della", "di", "da", "du", "la", "le", "el", "bin", "al", "of",
            "y", "zu", "ter", "ten");
    private static final Set<String> NO_NAMES = noNames();
    /** What is worn, not who writes: "This is Stella McCartney", "Mr Porter". */
    private static final Set<String> HOUSES = Set.of(
            ("alaia armani balenciaga balmain burberry bvlgari cartier chanel choo cucinelli dior etoile fendi ferragamo furstenberg gaultier givenchy gucci hermes lacoste lanvin levis loewe louboutin margiela marant mccartney mcqueen miu missoni moncler moschino mugler nike porter prada puma rolex selfridge tods versace vuitton westwood zara zegna")
                    .split(" "));

    private static final Pattern DESCRIBES = Pattern.compile("..+(?:ful|ous|able|ible|less|ssed|ated|hted)");
    private static final Set<String> MONTHS = months();

    private final Reading reading;
    private final int[] words;

    private Cues(Reading reading) {
        this.reading = reading;
        this.words = reading.words();
    }

    /** Whether that is a word of every day, a language, a country or the like. */
    static boolean isNoName(String word) {
        return NO_NAMES.contains(word);
    }

    static void find(Reading reading) {
        Cues cues = new Cues(reading);
        for (int w = 0; w + 2 < cues.words.length; w += 2) {
            for (Cue cue : CUES.getOrDefault(cues.word(w), List.of())) {
                if (cues.ends(cue, w)) {
                    if (cue.kind == Kind.BIRTH) {
                        cues.birth(w + 2);
                    } else {
                        cues.name(w + 2, cue.kind);
                    }
                }
            }
        }
    }

    private String word(int w) {
        return words[w + 1] - words[w] <= 24 ? reading.text().substring(words[w], words[w + 1]) : "";
    }

    /** Whether the cue's words end with that one. */
    private boolean ends(Cue cue, int w) {
        int first = w - 2 * (cue.words.length - 1);
        if (first < 0) {
            return false;
        }
        for (int i = 0; i < cue.words.length; i++) {
            int at = first + 2 * i;
            if (!word(at).equals(cue.words[i]) || at < w && !isNear(words[at + 1], words[at + 2], 2, " '.-")) {
                return false;
            }
        }
        return true;
    }

    private boolean isNear(int end, int next, int most, String between) {
        for (int i = end; i < next; i++) {
            if (between.indexOf(reading.at(i)) < 0) {
                return false;
            }
        }
        return next - end <= most;
    }

    private void name(int first, Kind kind) {
        String between =
                kind == Kind.CLOSING || kind == Kind.SIGNED ? " ,.!\n-" : kind == Kind.GREETING ? " " : " :.?\"'-";
        int cue = first - 2;
        if (!isNear(words[first - 1], words[first], WIDEST_GAP, between)
                || reading.at(words[first - 1]) == '\''
                || kind != Kind.NAME && isShouted(cue)
                || kind == Kind.TITLE && !reading.isUpper(words[cue])
                || kind == Kind.CLOSING && isNear(words[first - 1], words[first], WIDEST_GAP, " ")) {
            return;
        }
        int last = -1;
        boolean areInitials = true;
        for (int w = first; w < words.length && w < first + 2 * MOST_WORDS; w += 2) {
            if (w > first && !continues(w)) {
                break;
            }
            if (isName(w) || isInitial(w) || w > first && goesOn(w)) {
                last = w;
                areInitials &= words[w + 1] - words[w] == 1;
            } else if (!PARTICLES.contains(word(w))) {
                break;
            }
        }
        if (areInitials || last >= 0 && reading.at(words[last + 1]) == '-' && reading.isLetter(words[last + 1] + 1)) {
            last = -1;
        }
        if (last < 0 && kind == Kind.NAME) {
            last = small(first);
        }
        if (last >= 0 && closes(last, kind) && !isHouse(first, last)) {
            reading.find(words[first], words[last + 1], Mark.NAME);
        }
    }

    private boolean isHouse(int first, int last) {
        for (int w = first; w <= last; w += 2) {
            if (HOUSES.contains(word(w))) {
                return true;
            }
        }
        return false;
    }

    private boolean continues(int w) {
        int end = words[w - 1];
        boolean isInitial = end - words[w - 2] == 1;
        return isNear(end, words[w], isInitial ? 2 : 1, isInitial ? " .'" : " -'");
    }

    /** "A." or the "O" of "O'Connor", words of their own otherwise. */
    private boolean isInitial(int w) {
        return words[w + 1] - words[w] == 1 && reading.isUpper(words[w]) && ".'".indexOf(reading.at(words[w + 1])) >= 0;
    }

    private boolean isName(int w) {
        return reading.isUpper(words[w]) && !isShouted(w) && isPlain(w);
    }

    /** Behind a first word more may be a name: what is a word or a country otherwise, and the "angelo" of "D'angelo". */
    private boolean goesOn(int w) {
        boolean isElided = words[w - 1] - words[w - 2] == 1 && reading.at(words[w - 1]) == '\'';
        boolean isDouble = reading.at(words[w] - 1) == '-' && words[w + 1] - words[w] > 2;
        boolean isCapital = reading.isUpper(words[w])
                && !isShouted(w)
                && (words[w + 1] - words[w] > 2 || reading.at(words[w + 1]) == '\'');
        return reading.isLetter(words[w]) && (isElided || isDouble || isCapital);
    }

    /** In capitals throughout, which tells nothing of a name. */
    private boolean isShouted(int w) {
        return words[w + 1] - words[w] > 1 && reading.isUpper(words[w] + 1) && reading.isUpper(words[w + 1] - 1);
    }

    private boolean isPlain(int w) {
        for (int i = words[w]; i < words[w + 1]; i++) {
            if (!reading.isLetter(i)) {
                return false;
            }
        }
        return !NO_NAMES.contains(word(w)) && !DESCRIBES.matcher(word(w)).matches();
    }

    /** A name in small letters, or all in capitals: one word, or two that are no words of every day. */
    private int small(int first) {
        if (!isPlain(first) || words[first + 1] - words[first] < 2) {
            return -1;
        }
        int second = first + 2;
        boolean isPair = second < words.length && isNear(words[first + 1], words[second], 1, " -'") && isPlain(second);
        return isPair ? second : first;
    }

    private boolean closes(int last, Kind kind) {
        int end = words[last + 1];
        char next = reading.at(end);
        return switch (kind) {
            case NAME, CAPITAL, TITLE, SIGNED, BIRTH -> true;
            case GREETING -> next == '\n' || ",!.?:;-".indexOf(next) >= 0;
            case CLOSING -> {
                int line = end;
                while (line - end < LONGEST_FLOURISH && " x.!,:)*<3".indexOf(reading.at(line)) >= 0) {
                    line++;
                }
                yield reading.at(line) == '\n';
            }
        };
    }

    /** "12/11/1985", "12 November 1985", "November 12, 1985", "19851112", within three words. */
    private void birth(int first) {
        for (int w = first; w < words.length && w < first + 2 * LONGEST_BIRTH_GAP; w += 2) {
            int to = w;
            boolean hasYear = false;
            boolean hasMonth = false;
            int parts = 0;
            while (to < words.length
                    && parts < 3
                    && isOfDate(to)
                    && (to == w || isNear(words[to - 1], words[to], 2, " /.-,"))) {
                hasYear |= words[to + 1] - words[to] >= 4 && reading.isDigit(words[to]);
                hasMonth |= MONTHS.contains(word(to));
                parts++;
                to += 2;
            }
            if (parts >= 2 && (hasYear || hasMonth || parts == 3) || parts == 1 && hasYear) {
                reading.find(words[w], words[to - 1], Mark.DATE);
                return;
            }
        }
    }

    private boolean isOfDate(int w) {
        int size = words[w + 1] - words[w];
        if (MONTHS.contains(word(w))) {
            return true;
        }
        return reading.isDigit(words[w]) && (size <= 4 || size == 8);
    }

    private static Map<String, List<Cue>> cues() {
        Map<String, List<Cue>> cues = new HashMap<>();
        Map.of(
                        Kind.NAME,
                        "my name is;my names;my name s;my full name is;my nam is;call me;calls me;called me;call him;call her;mr;mrs;signed by;ich heisse;mein name ist;je m appelle;mon nom est;mi chiamo;il mio nome e;me llamo;mi nombre es",
                        Kind.CAPITAL,
                        "name is;goes by;go by;i m;i am;im;this is;it s;speaking with;spoke to;spoke with;talked to;signed;dr;prof;professor;sir;dame;herr;frau;monsieur;madame;mme;mlle;signor;signora;senor;senora;ich bin;je suis;sono;soy;name;surname;nom;nombre;nome;attn;c o;dear;cher;chere;liebe;lieber;geehrte;geehrter;caro;cara;gentile;estimado;estimada;querido;querida;recipient;cardholder;named;account holder;name on the card is;husband;wife;son;daughter;boyfriend;girlfriend;fiance;fiancee;sig;sig ra;sra;under the name;in the name of;last name is;first name is;surname is",
                        Kind.TITLE,
                        "miss;ms;mx;don;dona",
                        Kind.SIGNED,
                        "regards;sincerely;faithfully;gruss;grusse;grussen;lg;mfg;cordialement;saluti;saludos;saludo",
                        Kind.GREETING,
                        "hi;hello;hey;hallo;bonjour;salut;ciao;buongiorno;hola;morning;afternoon;evening;thanks;thank you;danke;merci;grazie;gracias",
                        Kind.CLOSING,
                        "thanks;thank you;best;cheers;love;wishes;yours;truly;cordially;xoxo;danke;merci;grazie;gracias",
                        Kind.BIRTH,
                        "born on;born in;born;dob;d o b;date of birth;birth date;birthdate;birthday;birthday is;geboren am;geboren;geburtsdatum;ne le;nee le;nato il;nata il;nacido el;nacida el;date de naissance;data di nascita;fecha de nacimiento")
                .forEach((kind, list) -> {
                    for (String cue : list.split(";")) {
                        String[] parts = cue.split(" ");
                        cues.computeIfAbsent(parts[parts.length - 1], k -> new ArrayList<>())
                                .add(new Cue(parts, kind));
                    }
                });
        return Map.copyOf(cues);
    }

    private static Set<String> noNames() {
        Set<String> words = new HashSet<>(Arrays.asList(
                ("a an the and or but if so not no yes ok okay i we you he she it they my your our his her their this that these those there here what when where which who whom why how is are was were be been being am do does did done have has had will would can could shall should may might must all any some every each just only very too really still also already never always again now then today tomorrow yesterday soon later please sorry sure glad happy sad afraid fine good great nice well back home away in on at to of for from by with without about into over under after before as than like sir madam customer customers client team support service care shop store order orders delivery parcel package everyone everybody all folks friends friend guest member manager staff agent santa god lord lady mom mum dad mother father sister brother doctor captain president king queen prince princess pope mister mr mrs ms miss dr prof herr frau mme mlle signor signora going looking trying waiting writing working calling having getting done ready new old big small best one two three first last next out off up down way because though while since until unless both either neither much many more most less few other another same such own using wearing living interested pleased delighted disappointed size spelled spelt wrong correct incorrect missing misspelled written printed listed registered unknown not-known used known given taken false different hidden required optional address number email mail phone crazy when later asap maybe tonight anytime names stupid lazy usually normally generally really loves loved hates hated likes liked wants needs says said navy black white red blue green pink beige cream camel tan grey gray old-fashioned english hello hi hey dear thanks thank regards best love cheers yours happy merry christmas easter xmas chapter part section figure table page bot user der die das ein eine und oder nicht le la les un une et ou pas il lo gli uno una non el los las y o si no re fwd ps pps asos et re damen herren kundin kunde kunden team alle zusammen tous toutes client cliente clientes gruss grusse grussen tres bien bonne content contente contento contenta sehr zufrieden molto muy tutti todos todas amazon google facebook apple microsoft instagram twitter paypal visa mastercard dhl ups fedex hermes internet iphone ipad android tv pm dvd cd uk usa us eu nyc la")
                        .split(" ")));
        for (Locale locale : LOCALES) {
            for (String day : DateFormatSymbols.getInstance(locale).getWeekdays()) {
                words.add(Reading.compact(day));
            }
        }
        for (String language : Locale.getISOLanguages()) {
            words.add(Reading.compact(Locale.forLanguageTag(language).getDisplayLanguage(Locale.ENGLISH)));
        }
        for (String country : Locale.getISOCountries()) {
            words.add(Reading.compact(
                    new Locale.Builder().setRegion(country).build().getDisplayCountry(Locale.ENGLISH)));
        }
        words.addAll(List.of(
                "american british canadian australian african asian european mexican brazilian scottish".split(" ")));
        words.addAll(List.of("jewish muslim catholic buddhist london paris berlin york".split(" ")));
        words.removeAll(List.of("georgia chad jordan israel ewe luo mali".split(" "))); // names, too
        return Set.copyOf(words);
    }

    private static Set<String> months() {
        Set<String> months = new HashSet<>();
        for (Locale locale : LOCALES) {
            DateFormatSymbols symbols = DateFormatSymbols.getInstance(locale);
            for (String[] names : List.of(symbols.getMonths(), symbols.getShortMonths())) {
                for (String name : names) {
                    if (!name.isEmpty()) {
                        months.add(Reading.compact(name));
                    }
                }
            }
        }
        return Set.copyOf(months);
    }
}
