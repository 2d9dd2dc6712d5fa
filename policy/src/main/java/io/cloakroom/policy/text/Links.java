package io.cloakroom.policy.text;

import io.cloakroom.policy.text.Reading.Mark;
import java.util.EnumSet;
import java.util.Set;
import org.apache.commons.validator.routines.DomainValidator;
import org.nibor.autolink.LinkExtractor;
import org.nibor.autolink.LinkSpan;
import org.nibor.autolink.LinkType;

/** Finds e-mail addresses, as they are and as people hide them from machines, and what of a link tells of a person. */
final class Links {

    private static final LinkExtractor LINKS = LinkExtractor.builder()
            .linkTypes(EnumSet.allOf(LinkType.class))
            .emailDomainMustHaveDot(false)
            .build();
    private static final DomainValidator DOMAINS = DomainValidator.getInstance();

    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_HOST = 100;
    private static final int MOST_LABELS = 5;
    private static final int WIDEST_GAP = 3;
    private static final int CUE_WORDS = 4;
    private static final int WIDEST_DOT = 6;

    private static final Set<String> AT = Set.of("at", "arroba", "chiocciola", "arobase", "klammeraffe");
    private static final Set<String> DOT = Set.of("dot", "punkt", "punto", "point");
    private static final Set<String> JOINERS =
            Set.of("dot", "punkt", "punto", "point", "underscore", "dash", "hyphen", "minus", "plus");
    private static final Set<String> MAIL_HOSTS = Set.of(
            "gmail",
            "googlemail",
            "hotmail",
            "yahoo",
            "ymail",
            "outlook",
            "icloud",
            "aol",
            "gmx",
            "protonmail",
            "live",
            "msn");
    private static final Set<String> MAIL_CUES =
            Set.of("email", "mail", "mails", "emails", "correo", "courriel", "inbox", "contact", "reach");
    /** Ends of domains that are words as well: they need a dot with no space after it. */
    private static final Set<String> ALSO_WORDS = Set.of(
            "it", "is", "in", "so", "me", "my", "no", "be", "at", "to", "am", "as", "do", "us", "la", "de", "es", "je",
            "are", "here", "now", "new", "how", "you", "one", "like", "please", "thank", "good", "by", "off", "ses");

    private static final Set<String> SECOND_LEVEL = Set.of("co", "com", "org", "net", "gov", "ac", "edu");

    private Links() {}

    static void find(Reading reading) {
        for (LinkSpan link : LINKS.extractLinks(reading.text())) {
            if (link.getType() == LinkType.EMAIL) {
                if (isAddress(reading, link.getBeginIndex(), link.getEndIndex())) {
                    reading.find(link.getBeginIndex(), link.getEndIndex(), Mark.EMAIL);
                }
            } else {
                link(reading, link.getBeginIndex(), link.getEndIndex());
            }
        }
        paths(reading);
        hidden(reading);
    }

    /** "5@10" is a price; without a dot there must be letters on both sides. */
    private static boolean isAddress(Reading reading, int start, int end) {
        String host = reading.text().substring(reading.text().lastIndexOf('@', end - 1) + 1, end);
        int at = end - host.length();
        return host.indexOf('.') >= 0
                || host.length() > 2 && at - start > 2 && hasLetter(reading, at, end) && hasLetter(reading, start, at);
    }

    private static boolean hasLetter(Reading reading, int start, int end) {
        for (int i = start; i < end; i++) {
            if (reading.isLetter(i)) {
                return true;
            }
        }
        return false;
    }

    /** Scheme and host stay, unless the host is more than a name. */
    private static void link(Reading reading, int start, int end) {
        String text = reading.text();
        int scheme = text.substring(start, end).indexOf("://");
        int authority = scheme >= 0 ? start + scheme + 3 : start;
        int path = authority;
        while (path < end && "/?#".indexOf(text.charAt(path)) < 0) {
            path++;
        }
        int host = path;
        while (host > authority && text.charAt(host - 1) != '@') {
            host--;
        }
        if (isMoreThanAName(text.substring(host, path))) {
            reading.find(start, end, Mark.LINK);
            return;
        }
        if (host > authority) {
            reading.find(authority, host, Mark.LINK);
        }
        int from = reading.at(path) == '/' ? path + 1 : path;
        if (from < end) {
            reading.find(from, end, Mark.LINK);
        }
    }

    private static boolean isMoreThanAName(String host) {
        String bare = host.startsWith("www.") ? host.substring(4) : host;
        int port = bare.lastIndexOf(':');
        if (bare.startsWith("[")) {
            return false; // an address of version 6, which is found as such
        }
        String[] labels = (port > 0 ? bare.substring(0, port) : bare).split("\\.", -1);
        int count = labels.length;
        if (count > 2 && labels[count - 1].length() == 2 && SECOND_LEVEL.contains(labels[count - 2])) {
            count--;
        }
        boolean isNumeric = labels[labels.length - 1].chars().allMatch(Character::isDigit);
        return count > 2 && !isNumeric;
    }

    /** Links without a scheme: what follows the slash, or the question mark, behind the name of a host. */
    private static void paths(Reading reading) {
        for (int i = 1; i + 1 < reading.length(); i++) {
            char c = reading.at(i);
            if (c != '/' && c != '?' || !reading.isLetter(i - 1) || isSpace(reading.at(i + 1))) {
                continue;
            }
            int start = i;
            while (i - start < LONGEST_HOST
                    && (reading.isWord(start - 1) || reading.at(start - 1) == '.' || reading.at(start - 1) == '-')) {
                start--;
            }
            if ("/@:".indexOf(reading.at(start - 1)) >= 0
                    || !isHost(reading.text().substring(start, i))) {
                continue;
            }
            int end = i;
            while (end < reading.length()
                    && !isSpace(reading.at(end))
                    && "\"<>".indexOf(reading.at(end)) < 0
                    && reading.at(end) != Reading.BARRIER) {
                end++;
            }
            while (end > i + 1 && ".,;:!?)'".indexOf(reading.at(end - 1)) >= 0) {
                end--;
            }
            link(reading, start, end);
            i = end;
        }
    }

    private static boolean isHost(String text) {
        int dot = text.lastIndexOf('.');
        return dot > 0 && DOMAINS.isValidTld(text.substring(dot + 1)) && text.charAt(dot - 1) != '.';
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n';
    }

    /** "name (at) example (dot) com", "name @ example . com", "name at example dot com". */
    private static void hidden(Reading reading) {
        int[] words = reading.words();
        for (int i = 0; i < reading.length(); i++) {
            if (reading.at(i) == '@') {
                int start = i;
                while (reading.at(i + 1) == '@') {
                    i++;
                }
                boolean isBracketed = isBracket(reading.at(start - 1)) && isBracket(reading.at(i + 1));
                around(reading, isBracketed ? start - 1 : start, isBracketed ? i + 2 : i + 1, true);
                spaced(reading, start, i + 1);
            }
        }
        for (int w = 2; w + 2 < words.length; w += 2) {
            int start = words[w];
            int end = words[w + 1];
            if (end - start <= 11 && AT.contains(reading.text().substring(start, end))) {
                int before = skipSpacesBack(reading, start) - 1;
                int after = skipSpaces(reading, end);
                if (isBracket(reading.at(before)) && isBracket(reading.at(after))) {
                    around(reading, before, after + 1, true);
                } else if (reading.at(start - 1) == ' ' && reading.at(end) == ' ') {
                    around(reading, start, end, false);
                }
            }
        }
    }

    /** "j a n e @ e x a m p l e . c o m" */
    private static void spaced(Reading reading, int atStart, int atEnd) {
        int start = atStart;
        while (atStart - start < LONGEST_NAME && reading.at(start - 1) == ' ' && isSingle(reading, start - 2)) {
            start -= 2;
        }
        int end = atEnd;
        while (end - atEnd < LONGEST_NAME && reading.at(end) == ' ' && isSingle(reading, end + 1)) {
            end += 2;
        }
        if (atStart - start > WIDEST_GAP && end - atEnd > WIDEST_GAP) {
            reading.find(start, end, Mark.EMAIL);
        }
    }

    private static boolean isSingle(Reading reading, int index) {
        return (reading.isWord(index) || "._-".indexOf(reading.at(index)) >= 0)
                && !reading.isWord(index - 1)
                && !reading.isWord(index + 1);
    }

    private static boolean isBracket(char c) {
        return "()[]{}<>-_*#|/\\\"'".indexOf(c) >= 0;
    }

    /** @param isSure that what stands there can mean nothing else than "at" */
    private static void around(Reading reading, int atStart, int atEnd, boolean isSure) {
        int nameEnd = skipSpacesBack(reading, atStart);
        int name = nameStart(reading, nameEnd);
        if (name == nameEnd || atStart - nameEnd > WIDEST_GAP) {
            return;
        }
        int host = atEnd;
        while ((reading.at(host) == ' ' || isSure && reading.at(host) == '\n') && host - atEnd < WIDEST_GAP) {
            host++;
        }
        int end = labelEnd(reading, host);
        if (end == host) {
            return;
        }
        String first = reading.text().substring(host, end);
        boolean isMailHost = MAIL_HOSTS.contains(first);
        boolean isSpelled = false;
        int accepted = isMailHost ? end : -1;
        for (int i = 0; i < MOST_LABELS; i++) {
            int label = afterDot(reading, end);
            if (label < 0) {
                break;
            }
            int labelEnd = labelEnd(reading, label);
            String text = reading.text().substring(label, labelEnd);
            boolean isTight = reading.at(end) != '.' || !isSpace(reading.at(label - 1));
            boolean isWritten = label - end > 1 && hasLetter(reading, end, label);
            isSpelled |= isWritten;
            boolean isPoint = isWritten && reading.text().startsWith("point", end + 1);
            end = labelEnd;
            if (DOMAINS.isValidTld(text) && (isTight && !isPoint || !ALSO_WORDS.contains(text))) {
                accepted = end;
            }
        }
        if (accepted < 0) {
            return;
        }
        String local = reading.text().substring(pieceStart(reading, nameEnd), nameEnd);
        boolean isElided = local.length() == 1 && reading.at(name - 1) == '\'';
        if (isSure || isSpelled && !isElided || isMailHost || isLikelyName(local) || hasMailCue(reading, name)) {
            reading.find(name, accepted, Mark.EMAIL);
        }
    }

    private static boolean isLikelyName(String local) {
        return local.chars().anyMatch(c -> c >= '0' && c <= '9' || c == '.' || c == '_')
                && local.chars().anyMatch(Character::isLetter);
    }

    private static boolean hasMailCue(Reading reading, int index) {
        int words = 0;
        int end = index;
        for (int i = index - 1; i >= 0 && index - i < LONGEST_NAME && words < CUE_WORDS; i--) {
            if (reading.isWord(i) && !reading.isWord(i + 1)) {
                end = i + 1;
            }
            if (reading.isWord(i) && !reading.isWord(i - 1)) {
                words++;
                if (MAIL_CUES.contains(reading.text().substring(i, end))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static int skipSpacesBack(Reading reading, int index) {
        int start = index;
        while (reading.at(start - 1) == ' ' && index - start < WIDEST_GAP) {
            start--;
        }
        return start;
    }

    private static int skipSpaces(Reading reading, int index) {
        int end = index;
        while (reading.at(end) == ' ' && end - index < WIDEST_GAP) {
            end++;
        }
        return end;
    }

    /** With the words that "dot" or the like joins, and the one before a number: "jane seven 7 at". */
    private static int nameStart(Reading reading, int end) {
        int start = pieceStart(reading, end);
        int pieceEnd = end;
        for (int i = 0; i < MOST_LABELS && start < pieceEnd; i++) {
            boolean isNumber = Numbers.isNumber(reading.text().substring(start, pieceEnd));
            int joiner = isNumber ? skipSpacesBack(reading, start) : joinerStart(reading, start);
            int before = joiner < 0 ? start : pieceStart(reading, joiner);
            if (joiner < 0 || before == joiner) {
                break;
            }
            pieceEnd = joiner;
            start = before;
        }
        return start;
    }

    private static int pieceStart(Reading reading, int end) {
        int start = end;
        while (end - start < LONGEST_NAME
                && (reading.isWord(start - 1) || "._+-".indexOf(reading.at(start - 1)) >= 0)) {
            start--;
        }
        return start;
    }

    /** @return where a written "dot" or "underscore" before the place starts, with what is around it, or -1 */
    private static int joinerStart(Reading reading, int place) {
        int end = place;
        while (place - end < WIDEST_GAP && (reading.at(end - 1) == ' ' || isBracket(reading.at(end - 1)))) {
            end--;
        }
        int start = end;
        while (end - start < 10 && reading.isLetter(start - 1)) {
            start--;
        }
        if (reading.at(end - 1) == '.' && reading.at(end - 2) == ' ' && end < place) {
            return end - 2;
        }
        if (end == place || !JOINERS.contains(reading.text().substring(Math.max(0, start), Math.max(0, end)))) {
            return -1;
        }
        int from = start;
        while (start - from < WIDEST_GAP && (reading.at(from - 1) == ' ' || isBracket(reading.at(from - 1)))) {
            from--;
        }
        return from == start ? -1 : from;
    }

    private static int labelEnd(Reading reading, int start) {
        int end = start;
        while (end - start < LONGEST_NAME
                && (reading.isWord(end)
                        || reading.at(end) == '-' && reading.isWord(end + 1) && dotWordEnd(reading, end + 1) < 0)) {
            end++;
        }
        return end;
    }

    /** @return where a "dot" in words that starts there ends, or -1 */
    private static int dotWordEnd(Reading reading, int start) {
        int end = start;
        while (end - start < WIDEST_DOT && reading.isWord(end)) {
            end++;
        }
        return end > start && DOT.contains(reading.text().substring(start, end)) ? end : -1;
    }

    /** @return where the label behind a dot starts, be it written as a word or with space or brackets around it, or -1 */
    private static int afterDot(Reading reading, int end) {
        int dot = end;
        while (dot - end < WIDEST_GAP && (reading.at(dot) == ' ' || isBracket(reading.at(dot)))) {
            dot++;
        }
        int dotEnd;
        if (reading.at(dot) == '.') {
            dotEnd = dot + 1;
        } else {
            dotEnd = dotWordEnd(reading, dot);
            if (dot == end || dotEnd < 0) {
                return -1;
            }
        }
        int label = dotEnd;
        while (label - dotEnd < WIDEST_GAP && (reading.at(label) == ' ' || isBracket(reading.at(label)))) {
            label++;
        }
        return reading.isWord(label) ? label : -1;
    }
}
