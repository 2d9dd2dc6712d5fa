package io.cloakroom.streams.audit;

/**
 * What is wrong, and where first.
 *
 * @param place topic-partition-offset, or what else it lies in
 */
public record Fault(String place, String what) {

    static Fault at(String topic, int partition, long offset, String what) {
        return new Fault(topic + "-" + partition + "-" + offset, what);
    }

    @Override
    public String toString() {
        return place + ": " + what;
    }
}
