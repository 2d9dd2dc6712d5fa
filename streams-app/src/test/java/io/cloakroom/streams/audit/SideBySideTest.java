package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SideBySideTest {

    private static final List<Integer> MANY = IntStream.range(0, 1000).boxed().toList();

    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final CountDownLatch never = new CountDownLatch(1);
    private final CountDownLatch waits = new CountDownLatch(1);

    /** Of one thread. */
    private final class Own implements Closeable {
        private final Set<Thread> users = ConcurrentHashMap.newKeySet();

        private Own() {
            opened.incrementAndGet();
        }

        @Override
        public void close() {
            closed.incrementAndGet();
            assertThat(users).hasSizeLessThan(2);
        }
    }

    @Test
    void shouldWorkOnEachItemOnceInThreadsWithSomethingOfTheirOwn() throws Exception {
        AtomicInteger[] times = MANY.stream().map(i -> new AtomicInteger()).toArray(AtomicInteger[]::new);

        SideBySide.each(3, MANY, Own::new, (item, own) -> {
            own.users.add(Thread.currentThread());
            times[item].incrementAndGet();
        });

        assertThat(times).allSatisfy(of -> assertThat(of).hasValue(1));
        assertThat(opened).hasValue(3);
        assertThat(closed).hasValue(3);
    }

    @Test
    void shouldNeedNoOtherThreadForOne() throws Exception {
        Set<Thread> threads = Collections.newSetFromMap(new ConcurrentHashMap<>());

        SideBySide.each(1, MANY, Own::new, (item, own) -> threads.add(Thread.currentThread()));

        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test
    void shouldEndAllWhereOneFails() {
        Set<Integer> begun = ConcurrentHashMap.newKeySet();

        assertThatThrownBy(() -> SideBySide.each(2, MANY, Own::new, (item, own) -> {
                    begun.add(item);
                    if (item == 0) {
                        waits.await();
                        throw new IllegalStateException("item 0");
                    }
                    waits.countDown();
                    never.await();
                }))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("item 0");

        assertThat(begun).containsExactlyInAnyOrder(0, 1);
        assertThat(closed).hasValue(2);
    }

    @Test
    void shouldEndAllWhereOneHasNothingToWorkWith() {
        assertThatThrownBy(() -> SideBySide.each(
                        2,
                        MANY,
                        () -> {
                            if (opened.get() > 0) {
                                throw new IllegalStateException("no more of them");
                            }
                            return new Own();
                        },
                        (item, own) -> never.await()))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("no more of them");

        assertThat(closed).hasValue(1);
    }
}
