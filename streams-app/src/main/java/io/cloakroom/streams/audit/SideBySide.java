package io.cloakroom.streams.audit;

import java.io.Closeable;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Works on many items in several threads, each with something of its own to work with. */
final class SideBySide {

    private static final long PATIENCE = 60; // in seconds, with threads that were interrupted

    /** What is done with an item. */
    interface Work<R, T> {
        void on(T item, R own) throws ExecutionException, InterruptedException;
    }

    private SideBySide() {}

    /**
     * Works on each item once. It returns when no thread works any more; one thread is the caller's own.
     *
     * @throws ExecutionException of the first that failed: the others are interrupted and begin with no other item
     */
    static <R extends Closeable, T> void each(int threads, Collection<T> items, Supplier<R> opened, Work<R, T> work)
            throws ExecutionException, InterruptedException {
        Queue<T> left = new ConcurrentLinkedQueue<>(items);
        Callable<Void> worker = () -> {
            try (R own = opened.get()) {
                for (T next = left.poll(); next != null; next = left.poll()) {
                    work.on(next, own);
                }
            }
            return null;
        };
        ExecutorService pool = Executors.newCachedThreadPool();
        CompletionService<Void> workers = new ExecutorCompletionService<>(threads == 1 ? Runnable::run : pool);
        try {
            for (int i = 0; i < threads; i++) {
                workers.submit(worker);
            }
            for (int i = 0; i < threads; i++) {
                workers.take().get();
            }
        } finally {
            left.clear();
            pool.shutdownNow();
            pool.awaitTermination(PATIENCE, TimeUnit.SECONDS);
        }
    }
}
