package io.cloakroom.benchmarks;

import io.cloakroom.control.ConsentChange;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.policy.Scope;
import io.cloakroom.schemas.AvroSerializer;
import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.GateParts;
import io.cloakroom.streams.gate.Topics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/** The load of the harness, with five recipients, and the gate's parts without a broker. */
public final class Fixture {

    /** As many as stay in a processor's cache. */
    public static final int PEOPLE = 1_000;

    public static final int RECIPIENTS = 5;

    private static final int ORDERS = 4_096;

    private final GateParts parts;
    private final Load load =
            new Load(PEOPLE, Instant.now().minus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.MILLIS));
    private final AvroSerializer serializer;

    public Fixture() {
        try {
            Path directory = Files.createTempDirectory("fixture");
            Path shipped = Path.of(System.getProperty("cloakroom.home", ".")).resolve(BenchPolicy.SMALL);
            Blueprint blueprint =
                    Blueprint.load(BenchPolicy.write(shipped, directory.resolve("policy"), RECIPIENTS, 0));
            Pseudonyms.create(directory.resolve("keys"), blueprint.keyNames());
            SchemaRegistry registry =
                    SchemaRegistry.connect(Map.of("schema.registry.url", "mock://" + UUID.randomUUID()));
            blueprint.registrations().forEach(r -> registry.register(r.subject(), r.schema()));
            serializer = new AvroSerializer(registry);
            parts = new GateParts(
                    new Engine(blueprint.history()),
                    registry,
                    Pseudonyms.load(directory.resolve("keys"), blueprint.keyNames()),
                    blueprint.schemas(),
                    blueprint.projections(),
                    1,
                    topic -> 1_000_000,
                    new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
            Bench.delete(directory);
        } catch (IOException | PolicyRefusedException | KeysMissingException e) {
            throw new IllegalStateException(e);
        }
    }

    public GateParts parts() {
        return parts;
    }

    /** Somebody whose orders of a brand every recipient may read. */
    public static Person person(String brand) {
        return Person.stranger(new byte[Person.SALT_LENGTH])
                .with(new Change.Age(LocalDate.of(1980, 1, 1).toEpochDay(), 0))
                .with(new Change.Grant(
                        new Scope(BenchPolicy.CONSENTED, brand, Scope.EVERY, Scope.EVERY),
                        0,
                        Load.NOTICE,
                        Long.MAX_VALUE,
                        false));
    }

    /** A record as it was published. */
    public record Published(byte[] key, byte[] value) {}

    public List<Published> consents() {
        List<Published> consents = new ArrayList<>();
        for (int person = 0; person < PEOPLE; person++) {
            for (ConsentChange change : load.consents(person)) {
                consents.add(published(Topics.CONSENT_CHANGES, change.getSubject(), change));
            }
        }
        return consents;
    }

    /** Orders that every recipient may read. */
    public List<Published> orders() {
        SplittableRandom random = new SplittableRandom(1);
        List<Published> orders = new ArrayList<>();
        for (int number = 0; number < ORDERS; number++) {
            int person = random.nextInt(PEOPLE);
            orders.add(published(Topics.events(Load.TYPE), Load.person(person), load.order(person, number, random)));
        }
        return orders;
    }

    private Published published(String topic, String key, Object value) {
        return new Published(key.getBytes(StandardCharsets.UTF_8), serializer.serialize(topic, value));
    }
}
