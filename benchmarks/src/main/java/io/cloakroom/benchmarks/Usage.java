package io.cloakroom.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * What a process has used up to a moment.
 *
 * @param at by the clock of the process that asked, in nanoseconds
 * @param cpu of all its threads, the collector's and the compiler's too, in nanoseconds
 * @param allocated by its threads, in bytes
 */
record Usage(long at, long cpu, long allocated) {

    /** This process's, as an answer. */
    static String now() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
        return "cpu=" + system.getProcessCpuTime() + "\tallocated=" + allocated;
    }

    Usage since(Usage before) {
        return new Usage(at - before.at, cpu - before.cpu, allocated - before.allocated);
    }

    double seconds() {
        return at / 1e9;
    }
}
