package io.cloakroom.streams.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The clauses, as {@code docs/clauses.md} lists them. */
final class Clauses {

    private static final Pattern ROW = Pattern.compile("^\\| (C\\d+) \\| ([^|]+) \\|([^|]*)\\|$", Pattern.MULTILINE);

    /** C2 comes before C10, and C6 before C6.vii. */
    static final Comparator<String> IN_ORDER =
            Comparator.comparingInt(Clauses::number).thenComparing(Comparator.naturalOrder());

    private Clauses() {}

    /**
     * @param waits for what it waits that is not built yet; empty if it is decided now
     */
    record Clause(String id, String demand, String waits) {}

    /** @throws IOException if there is no such table in the file */
    static List<Clause> read(Path file) throws IOException {
        List<Clause> clauses = ROW.matcher(Files.readString(file))
                .results()
                .map(Clauses::clause)
                .toList();
        if (clauses.isEmpty()) {
            throw new IOException(file + ": there is no table of clauses, what they demand and what they wait for");
        }
        return clauses;
    }

    private static Clause clause(MatchResult row) {
        return new Clause(row.group(1), row.group(2).strip(), row.group(3).strip());
    }

    /** The clause that a numeral belongs to: C6 of C6.vii. */
    static String whole(String clause) {
        int dot = clause.indexOf('.');
        return dot < 0 ? clause : clause.substring(0, dot);
    }

    private static int number(String clause) {
        String whole = whole(clause);
        return whole.isEmpty() ? 0 : Integer.parseInt(whole.substring(1));
    }
}
