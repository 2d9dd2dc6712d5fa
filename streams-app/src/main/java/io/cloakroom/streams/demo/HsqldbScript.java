package io.cloakroom.streams.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads rows out of the {@code .script} file in which HSQLDB keeps a database: one statement a line.
 *
 * <p>Opening FoodMart in the database itself takes all of its 78 MB into memory; the demo needs six of its tables.
 */
final class HsqldbScript {
    private static final String INSERT = "INSERT INTO ";
    private static final String VALUES = "\" VALUES(";

    private HsqldbScript() {}

    /**
     * Hands each row of the wanted tables to its reader, in the order of the file. A value is its text, or null; a
     * number stays as it is written.
     */
    static void read(InputStream script, Map<String, Consumer<List<String>>> readers) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(script, StandardCharsets.ISO_8859_1), 1 << 16);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int values = line.startsWith(INSERT) ? line.indexOf(VALUES) : -1;
            if (values >= 0) {
                String table = line.substring(line.lastIndexOf('"', values - 1) + 1, values);
                Consumer<List<String>> reader = readers.get(table);
                if (reader != null) {
                    reader.accept(row(line, values + VALUES.length()));
                }
            }
        }
    }

    private static List<String> row(String line, int start) {
        List<String> row = new ArrayList<>(32);
        int at = start;
        while (at < line.length()) {
            int end;
            if (line.charAt(at) == '\'') {
                StringBuilder text = new StringBuilder();
                end = at + 1;
                while (line.charAt(end) != '\'' || line.charAt(end + 1) == '\'') {
                    char c = line.charAt(end);
                    if (line.startsWith("\\u", end)) {
                        c = (char) Integer.parseInt(line, end + 2, end + 6, 16);
                        end += 6;
                    } else {
                        end += c == '\'' ? 2 : 1;
                    }
                    text.append(c);
                }
                end++;
                row.add(text.toString());
            } else {
                end = at;
                while (line.charAt(end) != ',' && line.charAt(end) != ')') {
                    end++;
                }
                String value = line.substring(at, end);
                row.add(value.equals("NULL") ? null : value);
            }
            at = end + 1;
        }
        return row;
    }
}
