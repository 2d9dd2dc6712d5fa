package io.cloakroom.streams.cli;

import io.cloakroom.streams.audit.Verification.Progress;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a command is, on a terminal and nowhere else. */
final class Bar implements Progress, AutoCloseable {

    private final ProgressBar bar;

    Bar(String task, boolean isTerminal) {
        bar = isTerminal
                ? new ProgressBarBuilder()
                        .setTaskName(task)
                        .setStyle(ProgressBarStyle.ASCII)
                        .showSpeed()
                        .build()
                : null;
    }

    @Override
    public void expect(long entries) {
        if (bar != null) {
            bar.maxHint(Math.max(0, bar.getMax()) + entries);
        }
    }

    @Override
    public void done(long entries) {
        if (bar != null) {
            bar.stepBy(entries);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
