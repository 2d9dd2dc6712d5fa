package io.cloakroom.streams.cli;

import io.cloakroom.streams.Gate;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Lets a process that is told to end (Ctrl-C, SIGTERM) end in order: the gate leaves its group, then everything that was
 * opened after this is closed, and the exit code is 0. Open it first, so that it is closed last.
 */
final class Stopping implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final AtomicReference<Gate> gate = new AtomicReference<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Runnable afterwards;
    private final Thread hook = new Thread(this::stop, "stopping");

    /** @param afterwards what is left to do when everything is closed */
    Stopping(Runnable afterwards) {
        this.afterwards = afterwards;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** The gate that is waited for with {@link Gate#awaitEnd}. */
    void stops(Gate running) {
        gate.set(running);
    }

    private void stop() {
        Gate running = gate.get();
        if (running != null) {
            running.close();
            try {
                if (closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    // Java would say 143, as of one that did not come to an end.
                    Runtime.getRuntime().halt(0);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        } else {
            afterwards.run();
        }
    }

    @Override
    public void close() {
        afterwards.run();
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is running, and has just been told that all is closed.
            return;
        }
    }
}
