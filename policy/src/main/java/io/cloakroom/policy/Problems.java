package io.cloakroom.policy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The problems of one file, as they are found. */
final class Problems {

    private final Path file;
    private final List<Problem> found = new ArrayList<>();

    Problems(Path file) {
        this.file = file;
    }

    void add(int line, int column, String message) {
        found.add(new Problem(file, line, column, message));
    }

    void add(Yaml at, String message) {
        add(at.line(), at.column(), message);
    }

    /** Reports a name that is none of the known ones, with the nearest of them. */
    boolean isKnown(Yaml at, Collection<String> known, String what) {
        if (known.contains(at.text())) {
            return true;
        }
        add(at, "unknown " + what + " `" + at.text() + "`" + Nearest.didYouMean(at.text(), known));
        return false;
    }

    /** In the order of the file. */
    List<Problem> list() {
        return found.stream()
                .distinct()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .toList();
    }
}
