package io.cloakroom.streams.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.gate.AuditEntry;
import io.cloakroom.gate.EntryKind;
import io.cloakroom.gate.Outcome;
import io.cloakroom.gate.RecipientDecision;
import io.cloakroom.gate.Sha256;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries that are whole and follow from each other, and decide for others than the policy names. */
class RecipientsTest {

    private static final Path POLICY = Path.of("../policy/src/test/resources/io/cloakroom/policy/small");
    private static final long PLACE = 17;

    private final AuditEntry entry =
            Written.read(Written.partition(0, 1, new Random(1)).get(0).value());
    private PolicyHistory history;
    private Policy policy;

    @BeforeEach
    void read() throws Exception {
        history = Blueprint.load(POLICY).history();
        policy = history.versions().get(0);
        entry.setKind(EntryKind.EVENT);
        entry.setTopic("events.order");
        entry.setOccurredAt(Instant.ofEpochMilli(policy.effectiveFrom()));
        entry.setPolicyHash(hash(policy));
        EventRules rules = policy.events().get(Topics.type(entry.getTopic()));
        assertThat(rules.accesses()).hasSizeGreaterThan(1);
        entry.setDecisions(new ArrayList<>(rules.accesses().stream()
                .map(access -> Written.decision(access.recipient().id(), Outcome.WITHHOLD))
                .toList()));
    }

    private static Sha256 hash(Policy policy) {
        return new Sha256(HexFormat.of().parseHex(policy.hash()));
    }

    private Optional<Fault> heard() throws IOException {
        EntryView view = new EntryView();
        view.read(ByteBuffer.wrap(Written.bytes(entry)));
        Recipients recipients = new Recipients(0, history);
        recipients.hear(view, PLACE);
        return recipients.fault();
    }

    private void assertNamed(String what) throws IOException {
        assertThat(heard().map(Fault::toString))
                .hasValueSatisfying(says -> assertThat(says).startsWith("audit.decisions-0-17: " + what));
    }

    @Test
    void shouldFindNothingWrongWhereEveryRecipientIsDecidedForOnce() throws IOException {
        assertThat(heard()).isEmpty();
        entry.setKind(EntryKind.QUARANTINED);
        entry.setOccurredAt(null);
        assertThat(heard()).isEmpty();
    }

    @Test
    void shouldNameAnEntryThatLeavesARecipientOut() throws IOException {
        RecipientDecision left = entry.getDecisions().remove(0);
        assertNamed("decides for [" + entry.getDecisions().get(0).getRecipient());
        assertThat(heard().orElseThrow().what()).contains("where the policy names [" + left.getRecipient());
        entry.setDecisions(List.of());
        assertNamed("decides for [], where");
        entry.setKind(EntryKind.QUARANTINED);
        assertNamed("decides for [], where");
    }

    @Test
    void shouldNameAnEntryThatDecidesForOneMore() throws IOException {
        entry.getDecisions().add(entry.getDecisions().get(0));
        assertNamed("decides for [");
        entry.getDecisions().remove(0);
        assertNamed("decides for [");
        entry.getDecisions().get(0).setRecipient("nobody");
        assertNamed("decides for [nobody");
    }

    @Test
    void shouldNameAnEntryOfAPolicyThatThereIsNotOrWasNotYet() throws IOException {
        entry.setPolicyHash(new Sha256(new byte[32]));
        assertNamed("is decided under a policy that is none of those here");
        entry.setPolicyHash(null);
        assertNamed("is decided under no policy, where that of " + policy.version() + " was in force");
        entry.setOccurredAt(Instant.ofEpochMilli(policy.effectiveFrom() - 1));
        assertThat(heard()).isEmpty();
        entry.setPolicyHash(hash(policy));
        assertNamed("is decided under the policy of " + policy.version() + ", which was not in force yet");
    }

    @Test
    void shouldAskNothingOfWhatIsNoEvent() throws IOException {
        entry.setDecisions(List.of());
        for (EntryKind kind : List.of(EntryKind.CONTROL, EntryKind.FORWARDED, EntryKind.RESOLUTION, EntryKind.RECALL)) {
            entry.setKind(kind);
            assertThat(heard()).as("%s", kind).isEmpty();
        }
        entry.setKind(EntryKind.QUARANTINED);
        entry.setTopic(Topics.CONSENT_CHANGES);
        entry.setPolicyHash(null);
        assertThat(heard()).isEmpty();
    }
}
