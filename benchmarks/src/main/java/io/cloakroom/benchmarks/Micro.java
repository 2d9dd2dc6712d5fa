package io.cloakroom.benchmarks;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** JMH's part of a run: the two figures that have a target. The other benchmarks are run with JMH's own main class. */
final class Micro {

    static final String DECIDE = "DecideBenchmark.decide";
    static final String WHOLE = "GateBenchmark.whole";

    private Micro() {}

    /** Operations in a second, by benchmark. */
    static Map<String, Double> measure() throws IOException {
        Options options = new OptionsBuilder()
                .include(DECIDE)
                .include(WHOLE)
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.seconds(2))
                .measurementIterations(3)
                .measurementTime(TimeValue.seconds(2))
                .jvmArgsAppend("-Dcloakroom.home=" + System.getProperty("cloakroom.home", "."))
                .verbosity(VerboseMode.SILENT)
                .build();
        Map<String, Double> rates = new LinkedHashMap<>();
        try {
            for (RunResult result : new Runner(options).run()) {
                String name = result.getParams().getBenchmark();
                rates.put(
                        name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1),
                        result.getPrimaryResult().getScore());
            }
        } catch (RunnerException e) {
            throw new IOException("JMH: " + e.getMessage(), e);
        }
        return rates;
    }
}
