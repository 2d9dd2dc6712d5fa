package io.cloakroom.streams.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;

/** Text for people: what is too long goes on below. Words stay whole, so that names can be copied. */
final class Paper {

    /** In columns of a terminal. */
    static final int WIDTH = 100;

    private final StringBuilder text = new StringBuilder();

    Paper line(String line) {
        return line(0, line);
    }

    Paper line(int indent, String line) {
        return entry(indent, 0, "", line);
    }

    /** @param width of the first column; what is longer has a line of its own */
    Paper entry(int indent, int width, String head, String line) {
        String start = " ".repeat(indent) + head;
        if (head.length() > width - 1 && width > 0) {
            text.append(start).append('\n');
            start = "";
        }
        String below = " ".repeat(indent + width);
        StringBuilder row = new StringBuilder(start).append(below, start.length(), below.length());
        for (String word : line.split(" ")) {
            boolean isFirst = row.length() == below.length();
            if (!isFirst && row.length() + 1 + word.length() > WIDTH) {
                text.append(row).append('\n');
                row = new StringBuilder(below);
                isFirst = true;
            }
            row.append(isFirst ? "" : " ").append(word);
        }
        text.append(row.toString().stripTrailing()).append('\n');
        return this;
    }

    Paper gap() {
        text.append('\n');
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }

    /** Prints it all at once: nobody else flushes before the process ends. */
    static void print(CommandSpec spec, String text) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(text);
        out.flush();
    }
}
