package io.cloakroom.connect;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.Change;
import io.cloakroom.policy.Decision;
import io.cloakroom.policy.Decision.Release;
import io.cloakroom.policy.Engine;
import io.cloakroom.policy.EventSchema;
import io.cloakroom.policy.Judgement;
import io.cloakroom.policy.KeyFiles;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.PolicyLoader;
import io.cloakroom.policy.PolicyRefusedException;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Pseudonyms.KeysMissingException;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Rule;
import io.cloakroom.schemas.Schemas;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.metrics.Monitorable;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.metrics.stats.CumulativeCount;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes of Connect's records what one recipient may have of them, by the policy that the gate applies. Use the concrete
 * transformation for the value ({@link Value}); there is none for the key, which follows from it.
 *
 * <p>An event ({@code events.<type>}) is decided here, and Connect knows nobody: not what a person consented to or objected
 * to, nor how old they are. So every purpose that rests on consent or can be objected to is refused, and so is what may
 * be held until an age or a guardian is known. What is left are contract and legal obligation. Connect has no salts: a token
 * made without one could never be forgotten, so what is pseudonymised is null, and so is redacted text; the key is the
 * release's id, which leads to nobody. So no recall reaches what is released here, and who was erased before is not known:
 * read new events only, and keep what comes of them no longer than it is needed.
 *
 * <p>A release ({@code <recipient>.<type>}) that a sink reads comes from the gate, since nobody else may write there; its
 * purposes were decided with all that is known. It passes as it is, and today's policy can only narrow it.
 *
 * <p>What may not go on is dropped and counted. What cannot be decided is an error: no record passes unseen.
 */
public abstract class ApplyPolicy<R extends ConnectRecord<R>> implements Transformation<R>, Monitorable {

    public static final String OVERVIEW_DOC =
            "Keeps of each event, or release of the gate, what one recipient may have by the policy; drops the record if"
                    + " that is nothing.";

    static final String RECIPIENT = "recipient";
    static final String POLICIES = "policies";
    static final String KEYS = "keys";
    static final String KEK = "keys.kek";

    public static final ConfigDef CONFIG_DEF = new ConfigDef()
            .define(
                    RECIPIENT,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new ConfigDef.NonEmptyString(),
                    ConfigDef.Importance.HIGH,
                    "Who reads what the connector writes: a recipient of the policy.")
            .define(
                    POLICIES,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new ConfigDef.NonEmptyString(),
                    ConfigDef.Importance.HIGH,
                    "The directory of policy versions, the gate's own.")
            .define(
                    KEYS,
                    ConfigDef.Type.STRING,
                    "",
                    ConfigDef.Importance.HIGH,
                    "The directory of the recipient's key, from which the ids of releases are made; the keys of others"
                            + " are not read. Needed where events are read: the gate's releases have their ids.")
            .define(
                    KEK,
                    ConfigDef.Type.STRING,
                    "",
                    ConfigDef.Importance.MEDIUM,
                    "The file of the key under which those are encrypted, as the gate's cloakroom.keys.kek; without it they"
                            + " stand in the clear.");

    private static final Logger LOG = LoggerFactory.getLogger(ApplyPolicy.class);

    private static final String EVENTS = "events.";

    /** Somebody who may have refused anything: nothing is taken to be allowed. */
    private static final Person UNKNOWN =
            Person.stranger(new byte[Person.SALT_LENGTH]).with(new Change.Undecided());

    private final Clock clock;
    private final Map<Access, ReleaseForm> releases = new IdentityHashMap<>();
    private final Map<String, Pseudonyms.Key> keys = new HashMap<>();
    private Map<String, EventForm> events = Map.of();
    private String recipient;
    private Engine engine;
    private Optional<Sensor> released = Optional.empty();
    private Optional<Sensor> withheld = Optional.empty();

    ApplyPolicy(Clock clock) {
        this.clock = clock;
    }

    @Override
    public ConfigDef config() {
        return CONFIG_DEF;
    }

    @Override
    public String version() {
        return Versions.own();
    }

    @Override
    public void configure(Map<String, ?> configs) {
        Map<String, Object> config = CONFIG_DEF.parse(configs);
        recipient = (String) config.get(RECIPIENT);
        events = Schemas.eventTypes().stream().collect(Collectors.toMap(type -> type, EventForm::new));
        PolicyHistory history = history(Path.of((String) config.get(POLICIES)));
        List<Recipient> known = history.versions().stream()
                .map(policy -> policy.recipients().get(recipient))
                .filter(Objects::nonNull)
                .toList();
        if (known.isEmpty()) {
            throw new ConfigException(RECIPIENT, recipient, "no version of the policy knows it");
        }
        engine = new Engine(history);
        for (Map.Entry<String, EventForm> event : events.entrySet()) {
            List<Access> versions = history.versions().stream()
                    .flatMap(policy -> policy.access(event.getKey(), recipient).stream())
                    .toList();
            versions.forEach(
                    a -> releases.put(a, new ReleaseForm(a, event.getValue().schema(), versions)));
        }
        if (config.get(KEYS).equals("")) {
            return;
        }
        List<String> names = known.stream().map(Recipient::keyName).distinct().toList();
        try {
            Optional<Path> kek = Optional.of((String) config.get(KEK))
                    .filter(file -> !file.isEmpty())
                    .map(Path::of);
            Pseudonyms pseudonyms = Pseudonyms.load(new KeyFiles(Path.of((String) config.get(KEYS)), kek), names);
            names.forEach(name -> keys.put(name, pseudonyms.key(name)));
        } catch (KeysMissingException e) {
            throw new ConfigException(KEYS, config.get(KEYS), e.getMessage());
        }
    }

    private PolicyHistory history(Path policies) {
        List<EventSchema> shapes =
                events.values().stream().map(EventForm::shape).toList();
        try {
            return PolicyLoader.load(policies, shapes);
        } catch (PolicyRefusedException e) {
            throw new ConfigException(POLICIES, policies.toString(), e.getMessage());
        }
    }

    @Override
    public void withPluginMetrics(PluginMetrics metrics) {
        released = Optional.of(counted(metrics, "released", "What went on."));
        withheld = Optional.of(counted(metrics, "withheld", "What was dropped, by the policy."));
    }

    private static Sensor counted(PluginMetrics metrics, String name, String what) {
        Sensor sensor = metrics.addSensor(name);
        sensor.add(metrics.metricName(name + "-total", what, new LinkedHashMap<>()), new CumulativeCount());
        return sensor;
    }

    /**
     * @return null if the recipient may have nothing of it
     * @throws DataException if it cannot be decided: {@code errors.tolerance} says what becomes of the connector then
     */
    @Override
    public R apply(R record) {
        // What an earlier transformation calls it says nothing of where it comes from.
        String topic = record instanceof SinkRecord sink ? sink.originalTopic() : record.topic();
        String type = topic.substring(topic.indexOf('.') + 1);
        boolean isEvent = topic.equals(EVENTS + type);
        if (!events.containsKey(type) || !isEvent && !topic.equals(recipient + "." + type)) {
            throw new DataException("topic " + topic + " holds neither events nor releases to " + recipient
                    + ": leave it out of the connector's topics, or of this transformation with a predicate");
        }
        if (!isEvent && !(record instanceof SinkRecord)) {
            throw new DataException("topic " + topic + " is the gate's: a source has no releases");
        }
        if (!(operatingValue(record) instanceof Struct value)) {
            throw new DataException(
                    "topic " + topic + ": a record's value is a struct with a schema, and here it is none:"
                            + " read it with the converter " + AvroConverter.class.getName());
        }
        Optional<R> result = isEvent ? decide(record, topic, type, value) : narrow(record, type, value);
        (result.isPresent() ? released : withheld).ifPresent(Sensor::record);
        return result.orElse(null);
    }

    // Events.

    private Optional<R> decide(R record, String topic, String type, Struct value) {
        EventForm form = events.get(type);
        Struct event = form.read(value);
        long now = clock.millis();
        long arrivedAt = record.timestamp() == null ? now : record.timestamp();
        String key = text(record.key());
        if (key.isEmpty() || !key.equals(EventForm.text(event, "meta.subject"))) {
            throw new DataException(
                    "topic " + topic + ": a record's key is the subject of its event, and here it is not:"
                            + " read keys with Kafka's StringConverter, and publish events under their subject");
        }
        Optional<Policy> policy = engine.history().at(EventForm.occurredAt(event));
        Judgement judgement =
                engine.decide(form.facts(event, policy.map(p -> p.events().get(type)), arrivedAt), UNKNOWN, now);
        if (judgement instanceof Judgement.Quarantined quarantined) {
            throw new DataException("topic " + topic + ": " + quarantined.rule().id()
                    + ": the gate quarantines such an event, and tells how to mend it");
        }
        Optional<Decision> decision = judgement.decisions().stream()
                .filter(d -> d.recipient().id().equals(recipient))
                .findFirst();
        if (decision.isPresent() && decision.get() instanceof Release release) {
            long allowing = known(release);
            return allowing == 0
                    ? withhold(topic, Rule.AGE_UNKNOWN)
                    : Optional.of(release(record, topic, event, release, allowing, arrivedAt));
        }
        return withhold(topic, decision.map(Decision::rule).orElse(Rule.NO_LONGER_REGISTERED));
    }

    /** What is for adults only needs an age. */
    private static long known(Release release) {
        long allowing = release.allowing();
        List<Purpose> purposes = release.access().purposes();
        for (int p = 0; p < purposes.size(); p++) {
            allowing &= purposes.get(p).adultsOnly() ? ~(1L << p) : -1L;
        }
        return allowing;
    }

    private R release(R record, String topic, Struct event, Release proof, long allowing, long arrivedAt) {
        Access access = proof.access();
        ReleaseForm form = releases.get(access);
        Pseudonyms.Key key = keys.get(proof.recipient().keyName());
        if (key == null) {
            throw new DataException("topic " + topic + ": no key, no release: set " + KEYS
                    + " to the directory of the key " + proof.recipient().keyName());
        }
        byte[] place = record instanceof SinkRecord sink
                ? Pseudonyms.place(topic, sink.originalKafkaPartition(), sink.originalKafkaOffset())
                : (topic + "-" + EventForm.text(event, "meta.eventId")).getBytes(StandardCharsets.UTF_8);
        String id = new String(key.release(place), StandardCharsets.US_ASCII);
        return record.newRecord(
                access.topic(),
                record.kafkaPartition(),
                Schema.STRING_SCHEMA,
                id,
                form.schema(),
                form.write(event, allowing, id),
                form.time(allowing, arrivedAt),
                new ConnectHeaders());
    }

    private static String text(Object key) {
        if (key instanceof byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return key instanceof ByteBuffer bytes
                ? new String(Utils.toArray(bytes), StandardCharsets.UTF_8)
                : key instanceof String string ? string : "";
    }

    // Releases.

    private Optional<R> narrow(R record, String type, Struct release) {
        long now = clock.millis();
        String topic = recipient + "." + type;
        Policy today = engine.history().atOrFirst(now);
        Optional<Access> access = today.access(type, recipient);
        if (access.isEmpty() || now >= access.get().recipient().until()) {
            return withhold(topic, Rule.NO_LONGER_REGISTERED);
        }
        if (!today.mayTransfer(
                EventForm.text(release, "meta.country"), access.get().recipient(), now)) {
            return withhold(topic, Rule.NO_SAFEGUARD);
        }
        long allowing = allowing(topic, release, access.get());
        if (allowing == 0) {
            return withhold(topic, Rule.NO_LONGER_REGISTERED);
        }
        Struct narrowed = releases.get(access.get()).narrow(release, allowing);
        return Optional.of(record.newRecord(
                record.topic(),
                record.kafkaPartition(),
                record.keySchema(),
                record.key(),
                record.valueSchema(),
                narrowed,
                record.timestamp(),
                new ConnectHeaders()));
    }

    /** Of the purposes that it was released for, those that it still may be used for. */
    private static long allowing(String topic, Struct release, Access access) {
        if (release.schema().field(ReleaseForm.PURPOSES) == null
                || !(release.get(ReleaseForm.PURPOSES) instanceof List<?> purposes)) {
            throw new DataException("topic " + topic + ": a release says its purposes, and here are none");
        }
        long allowing = 0;
        for (int p = 0; p < access.purposes().size(); p++) {
            allowing |= purposes.contains(access.purposes().get(p).id()) ? 1L << p : 0;
        }
        return allowing;
    }

    private static <R> Optional<R> withhold(String topic, Rule rule) {
        LOG.atDebug().addKeyValue("topic", topic).addKeyValue("rule", rule.id()).log("withheld");
        return Optional.empty();
    }

    @Override
    public void close() {}

    protected abstract Object operatingValue(R record);

    /** Applies the policy to the value; key, time and headers follow from it. */
    public static final class Value<R extends ConnectRecord<R>> extends ApplyPolicy<R> {

        public Value() {
            this(Clock.systemUTC());
        }

        Value(Clock clock) {
            super(clock);
        }

        @Override
        protected Object operatingValue(R record) {
            return record.value();
        }
    }
}
