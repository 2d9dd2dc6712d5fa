package io.cloakroom.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The figures on the page about speed: between two markers, so that nobody types one. */
final class PerformancePage {

    private static final String END = "<!-- end of figures -->";

    private PerformancePage() {}

    /**
     * @param section of the page: one for each kind of run
     * @throws IOException also if the page has no markers for it
     */
    static void write(Path page, String section, List<String> arguments, Machine machine, List<String> figures)
            throws IOException {
        String text = Files.readString(page);
        String marker = "<!-- figures of " + section + ", written by bin/cloakroom bench -->";
        int begin = text.indexOf(marker);
        int end = text.indexOf(END, begin);
        if (begin < 0 || end < 0) {
            throw new IOException(page + " has no line " + marker + " before a line " + END);
        }
        List<String> lines = new ArrayList<>(List.of(
                text.substring(0, begin + marker.length()),
                "",
                "`bin/cloakroom bench " + String.join(" ", arguments) + "`",
                "",
                machine.toString(),
                ""));
        lines.addAll(figures);
        lines.add("");
        lines.add(text.substring(end));
        Files.writeString(page, String.join("\n", lines));
    }

    static List<String> figures(Findings findings) {
        List<String> lines =
                new ArrayList<>(List.of("| | target | median | of all | holds |", "|---|---|---|---|---|"));
        findings.targets().forEach(target -> lines.add(target.row()));
        lines.add("");
        lines.addAll(block(findings.text()));
        return lines;
    }

    static List<String> block(List<String> text) {
        List<String> lines = new ArrayList<>(List.of("```"));
        lines.addAll(text);
        lines.add("```");
        return lines;
    }
}
