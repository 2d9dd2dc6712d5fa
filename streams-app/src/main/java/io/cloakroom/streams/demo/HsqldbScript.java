package io.cloakroom.streams.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads rows out of the {@code .script} file in which HSQLDB keeps a database: one statement a line.
 *
 * <p>Opening FoodMart in the database itself takes all of its 78 MB into memory; the demo needs five of its tables.
 */
final class HsqldbScript {
    private static final String CREATE = "CREATE MEMORY TABLE ";
    private static final Pattern COLUMN = Pattern.compile("[(,]\"([^\"]+)\" ");
    private static final String INSERT = "INSERT INTO ";
    private static final String VALUES = "\" VALUES(";

    private HsqldbScript() {}

    /** One row. A value is its text, or null; a number stays as it is written. */
    record Row(Map<String, Integer> columns, List<String> values) {
        String get(String column) {
            Integer index = columns.get(column);
            if (index == null) {
                throw new IllegalArgumentException("No column " + column + " among " + columns.keySet());
            }
            return values.get(index);
        }
    }

    /** Hands each row of the wanted tables to its reader, in the order of the file. */
    static void read(InputStream script, Map<String, Consumer<Row>> readers) throws IOException {
        Map<String, Map<String, Integer>> columns = new HashMap<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(script, StandardCharsets.ISO_8859_1), 1 << 16);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(CREATE)) {
                columns.put(table(line, line.indexOf("\"(")), columns(line));
            } else if (line.startsWith(INSERT) && line.contains(VALUES)) {
                int values = line.indexOf(VALUES);
                String table = table(line, values);
                Consumer<Row> reader = readers.get(table);
                if (reader != null) {
                    reader.accept(new Row(columns.get(table), values(line, values + VALUES.length())));
                }
            }
        }
    }

    /** The name whose closing quotation mark stands at the end; a schema may stand before it. */
    private static String table(String line, int end) {
        return line.substring(line.lastIndexOf('"', end - 1) + 1, end);
    }

    private static Map<String, Integer> columns(String create) {
        Map<String, Integer> columns = new HashMap<>();
        Matcher column = COLUMN.matcher(create);
        while (column.find()) {
            columns.put(column.group(1), columns.size());
        }
        return columns;
    }

    private static List<String> values(String line, int start) {
        List<String> values = new ArrayList<>(32);
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
                values.add(text.toString());
            } else {
                end = at;
                while (line.charAt(end) != ',' && line.charAt(end) != ')') {
                    end++;
                }
                String value = line.substring(at, end);
                values.add(value.equals("NULL") ? null : value);
            }
            at = end + 1;
        }
        return values;
    }
}
