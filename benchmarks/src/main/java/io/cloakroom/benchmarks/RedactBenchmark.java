package io.cloakroom.benchmarks;

import io.cloakroom.policy.text.KnownValues;
import io.cloakroom.policy.text.Redactor;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Free text alone: messages of 200 characters in a second on one core, half of them with something to redact. */
@State(Scope.Thread)
public class RedactBenchmark {

    private static final int LENGTH = 200;
    private static final List<String> MESSAGES = List.of(
            "Hello, I bought the black wool coat in size 38 for £1,250.00 on 12/11/2017 and the lining came apart after two weeks. Is there a way to have it repaired before Christmas, or could you send me another one? ",
            "Hi, my name is Jane Smith and my order NAP-123456 has not arrived. You can call me on +44 7700 900123 or write to jane (dot) smith (at) example (dot) com. I paid with 4111 1111 1111 1111, thanks a lot! ",
            "Beautiful dress, true to size, I usually take a UK 10 and it fits like a glove. The silk is heavier than I expected and the colour is a shade darker than in the pictures. Delivered within 24-48 hours. ",
            "Please refund DE89 3704 0044 0532 0130 00, the courier left it at 10 Downing Street, SW1A 2AA, next door. See https://www.example.com/orders/77?mail=jane@example.com for the photos. Kind regards, Jane S. ");

    private final Redactor redactor = new Redactor();
    private final String[] messages =
            MESSAGES.stream().map(m -> m.substring(0, LENGTH)).toArray(String[]::new);
    private final KnownValues values = values();
    private int next;

    /** What is known of the person is at hand. */
    @Benchmark
    public String redact() {
        next = (next + 1) % messages.length;
        return redactor.redact(messages[next], values);
    }

    /** What is known of the person is made ready for each message. */
    @Benchmark
    public String redactAnybody() {
        next = (next + 1) % messages.length;
        return redactor.redact(messages[next], values());
    }

    @Benchmark
    public KnownValues makeReady() {
        return values();
    }

    private static KnownValues values() {
        return new KnownValues.Builder()
                .name("Jane Mary Smith")
                .email("jane.smith@example.com")
                .email("jsmith85@example.org")
                .phone("+44 7700 900123")
                .phone("020 7946 0958")
                .address("Flat 3, 10 Downing Street, London, SW1A 2AA, United Kingdom")
                .address("Hauptstraße 12, 10115 Berlin, Germany")
                .order("NAP-123456")
                .order("NAP-123457")
                .order("NAP-123458")
                .build();
    }
}
