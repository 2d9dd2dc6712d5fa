package io.cloakroom.policy;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What is wrong with a policy and where; lines and columns count from 1. What the message quotes of the file stays on its
 * line: a character that does not print is written as its code.
 */
public record Problem(Path file, int line, int column, String message) {

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    public Problem {
        message = UNPRINTABLE
                .matcher(message)
                .replaceAll(found -> String.format("\\\\u{%x}", found.group().codePointAt(0)));
    }

    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}
