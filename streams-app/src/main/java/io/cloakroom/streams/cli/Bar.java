package io.cloakroom.streams.cli;

import io.cloakroom.streams.audit.Verification.Progress;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a command is, on a terminal and nowhere else. */
final class Bar implements Progress, AutoCloseable {

    private final ProgressBar bar;

    Bar(String task, boolean isTerminal) {
        this(of(task), isTerminal);
    }

    Bar(ProgressBarBuilder builder, boolean isTerminal) {
        bar = isTerminal ? builder.build() : null;
    }

    static ProgressBarBuilder of(String task) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setStyle(ProgressBarStyle.ASCII)
                .showSpeed();
    }

    @Override
    public synchronized void expect(long more) {
        if (bar != null) {
            bar.maxHint(Math.max(0, bar.getMax()) + more);
        }
    }

    @Override
    public synchronized void done(long more) {
        if (bar != null) {
            bar.stepBy(more);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
