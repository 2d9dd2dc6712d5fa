package io.cloakroom.policy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is left of a link: scheme, host and path, and {@code *} for each part of host and path that identifies. Each part is
 * looked at once, from its start to its end. A name that is a word is not known from a word: {@code /jane-doe} stays.
 */
final class UrlPath {

    private static final String HIDDEN = "*";
    private static final int LONGEST = 4_096;

    /** Scheme, user, host, port and path of a link in the web; every part ends where its next character begins. */
    private static final Pattern LINK = Pattern.compile("(?i:(https?):)//++([^/?#]*+)([^?#]*+).*+", Pattern.DOTALL);

    private static final Pattern HOST =
            Pattern.compile("([a-z0-9_*-]++(?:\\.[a-z0-9_*-]++)*+)\\.?+(?::([0-9]{1,5}+))?+");

    /** Of addresses and parameters, and of what is encoded again. */
    private static final String SIGNS = "@=&;?#/\\%";

    private static final int MOST_DIGITS_TOGETHER = 3;
    private static final int MOST_DIGITS = 6;
    private static final int MOST_HEXADECIMAL = 15;
    private static final int LONGEST_WORD = 31;
    private static final int LONGEST_MIXED = 19;

    private UrlPath() {}

    /** Empty for what is no link of http or https to a named host. */
    static String of(String url) {
        if (url.length() > LONGEST || url.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
            return "";
        }
        Matcher link = LINK.matcher(url.replace('\\', '/')); // as browsers read it
        if (!link.matches()) {
            return "";
        }
        String scheme = link.group(1).toLowerCase(Locale.ROOT);
        String authority = link.group(2).toLowerCase(Locale.ROOT);
        Matcher host = HOST.matcher(authority.substring(authority.lastIndexOf('@') + 1));
        if (!host.matches()) {
            return "";
        }
        String[] labels = host.group(1).split("\\.");
        String top = labels[labels.length - 1];
        if (!Character.isLetter(top.charAt(0))) {
            return ""; // an address, or nothing that has a name
        }
        StringBuilder left = new StringBuilder(scheme).append("://");
        for (int i = 0; i < labels.length; i++) {
            boolean isHidden = i < labels.length - 2 && identifies(labels[i]); // whose site it is, is no secret
            left.append(i == 0 ? "" : ".").append(isHidden ? HIDDEN : labels[i]);
        }
        String port = host.group(2);
        if (port != null && Integer.parseInt(port) != (scheme.equals("https") ? 443 : 80)) {
            left.append(':').append(Integer.parseInt(port));
        }
        String path = link.group(3).isEmpty() ? "" : link.group(3).substring(1);
        for (String segment : path.split("/", -1)) {
            left.append('/').append(segment(segment));
        }
        return left.toString();
    }

    /** A part of a path, or {@code *} where it identifies. */
    static String segment(String segment) {
        int parameters = segment.indexOf(';');
        String name = parameters < 0 ? segment : segment.substring(0, parameters);
        return decoded(name).filter(text -> !identifies(text)).isPresent() ? name : HIDDEN;
    }

    /**
     * Whether a part says who or which: a parameter or address by its signs, a number by its digits, a token by its
     * hexadecimal digits, its length, or its mix of letters and digits. Hyphens neither end nor lengthen a row of
     * hexadecimal digits: a UUID is one.
     */
    private static boolean identifies(String text) {
        int digits = 0;
        int together = 0;
        int hexadecimal = 0;
        int word = 0;
        boolean isNumbered = false;
        int mixed = 0;
        boolean hasUpper = false;
        boolean hasLower = false;
        boolean hasDigit = false;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (SIGNS.indexOf(c) >= 0 || Character.isISOControl(c)) {
                return true;
            }
            boolean isDigit = Character.isDigit(c);
            boolean isInWord = isDigit || Character.isLetter(c);
            boolean isInToken = isInWord || c == '-' || c == '_' || c == '+' || c == '~';
            digits += isDigit ? 1 : 0;
            together = isDigit ? together + 1 : 0;
            hexadecimal = Character.digit(c, 16) >= 0 ? hexadecimal + 1 : c == '-' ? hexadecimal : 0;
            word = isInWord ? word + 1 : 0;
            isNumbered = isInWord && (isNumbered || isDigit);
            mixed = isInToken ? mixed + 1 : 0;
            hasUpper = isInToken && (hasUpper || Character.isUpperCase(c));
            hasLower = isInToken && (hasLower || Character.isLowerCase(c));
            hasDigit = isInToken && (hasDigit || isDigit);
            if (together > MOST_DIGITS_TOGETHER
                    || digits > MOST_DIGITS
                    || hexadecimal > MOST_HEXADECIMAL
                    || word > LONGEST_WORD
                    || word > LONGEST_MIXED && isNumbered
                    || mixed > LONGEST_MIXED && hasUpper && hasLower && hasDigit) {
                return true;
            }
        }
        return false;
    }

    /** Without percent encoding; empty where it is not well encoded. What is encoded twice still has its sign. */
    private static Optional<String> decoded(String segment) {
        if (segment.indexOf('%') < 0) {
            return Optional.of(segment);
        }
        byte[] bytes = segment.getBytes(StandardCharsets.UTF_8);
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            byte at = bytes[i];
            if (at == '%') {
                int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
                int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    return Optional.empty();
                }
                at = (byte) (high << 4 | low);
                i += 2;
            }
            bytes[length++] = at;
        }
        try {
            ByteBuffer utf8 = ByteBuffer.wrap(bytes, 0, length);
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(utf8).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
