package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.audit.Verification.Lying;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What entries tell, against what is there, and what retention has left of both. */
class AccountsTest {

    private static final Path POLICY = Path.of("../policy/src/test/resources/io/cloakroom/policy/small");
    private static final int ENTRIES = 150;
    private static final String INPUT = "events.order";
    private static final String TOPIC = "analytics.order";

    @TempDir
    private Path keys;

    private final List<Lying> entries = Written.partition(0, ENTRIES, new Random(4));
    private final Map<Long, Long> inputs = new TreeMap<>(); // and the place of the entry of each
    private final List<Release> releases = new ArrayList<>();
    private PolicyHistory history;
    private Pseudonyms pseudonyms;

    /** Of {@link #TOPIC}, and the place of the entry that tells of it. */
    private record Release(byte[] id, long entry) {}

    @BeforeEach
    void read() throws Exception {
        Blueprint blueprint = Blueprint.load(POLICY);
        history = blueprint.history();
        Pseudonyms.create(keys, blueprint.keyNames());
        pseudonyms = Pseudonyms.load(keys, blueprint.keyNames());
        Policy policy = history.versions().get(0);
        for (Lying lying : entries) {
            AuditEntry entry = Written.read(lying.value());
            if (!entry.getTopic().equals(INPUT)) {
                continue;
            }
            if (entry.getKind() != EntryKind.RESOLUTION) {
                inputs.put(entry.getOffset(), lying.offset());
            }
            entry.getDecisions().stream()
                    .filter(d -> d.getOutcome() == Outcome.RELEASE
                            && d.getRecipient().equals("analytics"))
                    .forEach(d -> releases.add(new Release(
                            pseudonyms
                                    .key(policy.recipients().get("analytics").keyName())
                                    .release(Pseudonyms.place(INPUT, 0, entry.getOffset())),
                            lying.offset())));
        }
        assertThat(inputs).hasSizeGreaterThan(10);
        assertThat(releases).hasSizeGreaterThan(5);
    }

    private Accounts accounts(int from) {
        Accounts accounts = new Accounts(0, Optional.of(new Accounts.Releases(history, pseudonyms)), false);
        ChainWalk walk = new ChainWalk(0, List.of(), accounts);
        entries.subList(from, ENTRIES).forEach(lying -> walk.next(lying.offset(), ByteBuffer.wrap(lying.value())));
        assertThat(walk.end(0)).isEmpty();
        return accounts;
    }

    private static Accounts.Longs longs(List<Long> values) {
        Accounts.Longs longs = new Accounts.Longs();
        values.forEach(longs::add);
        return longs;
    }

    private Optional<Fault> held(Accounts accounts, List<Release> found, long begin) {
        return held(accounts, found, accounts.counts().get(TOPIC), begin);
    }

    private static boolean add(Accounts.Told told, byte[] id, long place) {
        return told.add(id, 0, id.length, place);
    }

    private static Optional<Fault> held(Accounts accounts, List<Release> found, int due, long begin) {
        Accounts.Told told = new Accounts.Told();
        for (int i = 0; i < found.size(); i++) {
            assertThat(add(told, found.get(i).id(), 100 + i)).isTrue();
        }
        return accounts.releases(TOPIC, told, due, begin);
    }

    @Test
    void shouldFindTheRecordsAndReleasesThatEntriesTellOf() {
        assertThat(accounts(0).input(INPUT, longs(List.copyOf(inputs.keySet())), 0))
                .isEmpty();
        assertThat(held(accounts(0), releases, 0)).isEmpty();
        assertThat(accounts(0).end(INPUT)).isEqualTo(Collections.max(inputs.keySet()) + 1);
    }

    @Test
    void shouldMissEachRecordThatIsNotThereUnlessRetentionRemovedIt() {
        for (long gone : inputs.keySet()) {
            List<Long> left = new ArrayList<>(inputs.keySet());
            left.remove(gone);
            assertThat(accounts(0).input(INPUT, longs(left), 0))
                    .hasValue(new Fault(
                            "audit.decisions-0-" + inputs.get(gone),
                            "decides events.order-0-" + gone + ", where no committed record is"));
            left.removeIf(offset -> offset < gone);
            assertThat(accounts(0).input(INPUT, longs(left), gone + 1)).isEmpty();
        }
    }

    @Test
    void shouldNameEachRecordThatHasNoEntry() {
        for (long more = 0; more <= Collections.max(inputs.keySet()) + 1; more++) {
            if (!inputs.containsKey(more)) {
                List<Long> records = new ArrayList<>(inputs.keySet());
                records.add(more);
                Collections.sort(records);
                assertThat(accounts(0).input(INPUT, longs(records), 0))
                        .hasValue(new Fault("events.order-0-" + more, "has no entry in the audit"));
            }
        }
    }

    @Test
    void shouldNameTheEntryOfEachReleaseThatIsGoneUnlessRetentionRemovedIt() {
        for (int i = 0; i < releases.size(); i++) {
            List<Release> left = new ArrayList<>(releases);
            left.remove(i);
            assertThat(held(accounts(0), left, 0))
                    .hasValue(new Fault(
                            "audit.decisions-0-" + releases.get(i).entry(),
                            "tells of a release in analytics.order-0 that is not there"));
            assertThat(held(accounts(0), releases.subList(i + 1, releases.size()), 1))
                    .isEmpty();
        }
    }

    @Test
    void shouldNameEachReleaseThatNoEntryTellsOfOrThatIsThereAgain() {
        Release forged = new Release("Zm9vYmFyYmF6cXV4cXV1eA".getBytes(StandardCharsets.US_ASCII), 0);
        for (int i = 0; i <= releases.size(); i++) {
            List<Release> more = new ArrayList<>(releases);
            more.add(i, forged);
            assertThat(held(accounts(0), more, 0))
                    .hasValue(new Fault("analytics.order-0-" + (100 + i), "is a release that no entry tells of"));
            if (i > 0) {
                more.set(i, releases.get(i - 1));
                assertThat(held(accounts(0), more, 0))
                        .hasValue(new Fault(
                                "analytics.order-0-" + (100 + i),
                                "is a release that is there already, or in another place"));
            }
        }
    }

    /** What is older than the audit is not held against it; what is in it, is. */
    @Test
    void shouldHoldWhatIsLeftOfTheAuditAgainstAllThatIsThere() {
        for (int from = 1; from < ENTRIES / 2; from++) {
            Accounts rest = accounts(from);
            assertThat(rest.input(INPUT, longs(List.copyOf(inputs.keySet())), 0))
                    .as("from %d", from)
                    .isEmpty();
            assertThat(held(rest, releases, 0)).as("from %d", from).isEmpty();
            List<Release> left = new ArrayList<>(releases);
            Release last = left.remove(left.size() - 1);
            assertThat(held(rest, left, 0))
                    .hasValue(new Fault(
                            "audit.decisions-0-" + last.entry(),
                            "tells of a release in analytics.order-0 that is not there"));
        }
    }

    /** While the gate runs, entries come after the releases were looked for. */
    @Test
    void shouldHoldNoOldReleaseAgainstEntriesThatCameLater() {
        Accounts rest = accounts(ENTRIES / 2);
        List<Release> before = releases.stream()
                .filter(r -> r.entry() < entries.get(ENTRIES / 2).offset())
                .toList();
        assertThat(before).isNotEmpty();

        assertThat(rest.counts().get(TOPIC)).isPositive();
        assertThat(held(rest, before, 0, 0)).isEmpty();
    }

    @Test
    void shouldSayOfWhichReleasesNoEntryIsLeft() {
        assertThat(accounts(ENTRIES / 2).isUntold(0)).isTrue();
        assertThat(accounts(ENTRIES / 2).isUntold(1)).isFalse();
        assertThat(accounts(0).isUntold(0)).isFalse();
    }

    /** Of an audit that never had an entry, there is no release. */
    @Test
    void shouldNameAReleaseWhereNothingWasEverDecided() {
        Accounts none = new Accounts(0, Optional.of(new Accounts.Releases(history, pseudonyms)), true);

        assertThat(held(none, releases, 0, 0))
                .hasValue(new Fault("analytics.order-0-100", "is a release that no entry tells of"));
    }

    @Test
    void shouldNameAReleaseToSomebodyWhomThePolicyOfThatDayDoesNotKnow() throws Exception {
        Lying releasing = entries.stream()
                .filter(lying -> lying.offset() == releases.get(0).entry)
                .findFirst()
                .orElseThrow();
        AuditEntry forged = Written.read(releasing.value());
        forged.getDecisions().stream()
                .filter(d -> d.getOutcome() == Outcome.RELEASE)
                .forEach(d -> d.setRecipient("nobody"));
        EntryView view = new EntryView();
        view.read(ByteBuffer.wrap(Written.bytes(forged)));
        Accounts accounts = new Accounts(0, Optional.of(new Accounts.Releases(history, pseudonyms)), false);

        accounts.hear(view, 7);

        assertThat(accounts.fault())
                .hasValue(new Fault(
                        "audit.decisions-0-7",
                        "tells of a release from events.order to nobody, which the policy of that day does not know"));
    }

    @Test
    void shouldTakeNothingElseForAnId() {
        Accounts.Told told = new Accounts.Told();
        for (String id : List.of(
                "",
                "short",
                "Zm9vYmFyYmF6cXV4cXV1eB",
                "Zm9vYmFyYmF6cXV4cXV1eA==",
                "!m9vYmFyYmF6cXV4cXV1eA",
                "+m9vYmFyYmF6cXV4cXV1eA",
                "Zm9vYmFyYmF6cXV4cXV/eA",
                "=m9vYmFyYmF6cXV4cXV1eA",
                "Zm9vYmFyYmF6cXV4cXV1=A",
                "Zm9vYmFyYmF6cXV4cXV1e=")) {
            assertThat(add(told, id.getBytes(StandardCharsets.US_ASCII), 0))
                    .as(id)
                    .isFalse();
        }
    }
}
