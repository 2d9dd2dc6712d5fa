package io.cloakroom.benchmarks;

/** What one contender did in one pair. */
record Run(Throughput load, Latency latency) {

    /**
     * With as much to do as it can.
     *
     * @param events per second
     * @param cpu of its process, in microseconds per event
     * @param allocated in bytes per event
     * @param brokerCpu of the broker's process, in microseconds per event
     */
    record Throughput(double events, double cpu, double allocated, double brokerCpu) {

        /** @param idle processor seconds that its process uses in a second in which nothing comes */
        Throughput without(double idle) {
            return new Throughput(events, cpu - idle * 1e6 / events, allocated, brokerCpu);
        }
    }

    /** From the broker's time of an order to the moment in which a reader has its audit entry, in milliseconds. */
    record Latency(double offered, double p50, double p99) {}

    double events() {
        return load.events();
    }

    /** Microseconds per event of its process, without what it uses when nothing comes. */
    double cpu() {
        return load.cpu();
    }

    double allocated() {
        return load.allocated();
    }

    double brokerCpu() {
        return load.brokerCpu();
    }
}
