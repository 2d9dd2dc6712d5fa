package io.cloakroom.streams.gate;

/** Where an input record lies, and when it got there, in milliseconds since the epoch. */
record Place(String topic, int partition, long offset, long arrivedAt) {}
