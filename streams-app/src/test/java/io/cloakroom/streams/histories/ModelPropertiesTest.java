package io.cloakroom.streams.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.cloakroom.policy.PolicyHistory;
import io.cloakroom.streams.histories.Gate.Outcome;
import io.cloakroom.streams.histories.Gate.Recall;
import io.cloakroom.streams.histories.Step.Control;
import io.cloakroom.streams.histories.Step.Erasure;
import io.cloakroom.streams.histories.Step.Event;
import io.cloakroom.streams.histories.Step.Said;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What must be true of the semantics themselves, so of the model, in every history. */
class ModelPropertiesTest {

    private static final int HISTORIES = Integer.getInteger("cloakroom.histories", 10_000);
    private static final Set<Why> FORBIDS = EnumSet.of(
            Why.WITHDRAWN,
            Why.OBJECTED,
            Why.MINOR,
            Why.AGE_UNKNOWN,
            Why.GUARDIAN_NEEDED,
            Why.GUARDIAN_WITHDREW,
            Why.ERASED);

    @TempDir
    static Path directory;

    private static PolicyHistory policies;

    @BeforeAll
    static void loadThePolicies() {
        policies = Histories.policies(directory);
    }

    @Test
    void shouldNotDependOnTheOrderOfArrival() {
        all(step -> true, ModelPropertiesTest::dependsOnOrder);
    }

    /** But for a grant for a time: it ends no objection for good, and what it let through is not recalled. */
    @Test
    void shouldRecallEveryReleaseThatIsForbiddenInTheEnd() {
        all(
                step -> !(step instanceof Said said)
                        || (said.expires() == Step.FOR_EVER && !said.notice().matches("201[56].*")),
                ModelPropertiesTest::leavesOut);
    }

    @Test
    void shouldRecallOnlyWhatIsHeldAndOnce() {
        all(step -> true, ModelPropertiesTest::recallsTwice);
    }

    private static void all(Predicate<Step> steps, Function<History, Optional<String>> fault) {
        for (long seed = 0; seed < HISTORIES; seed++) {
            History history = new History(
                    Histories.of(seed).steps().stream().filter(steps).toList());
            if (fault.apply(history).isPresent()) {
                History least = Shrinker.shrink(history, h -> fault.apply(h).isPresent());
                assertThat(fault.apply(least)).as(Shrinker.report(seed, least)).isEmpty();
            }
        }
    }

    /** First everything that can be known in one order or another, then the events. An erasure forgets, so order matters. */
    private static Optional<String> dependsOnOrder(History history) {
        List<Step> controls = new ArrayList<>(history.steps().stream()
                .filter(step -> step instanceof Control && !(step instanceof Erasure))
                .toList());
        List<Outcome> one = outcomes(controls, history);
        Collections.shuffle(controls, new Random(controls.size()));
        List<Outcome> other = outcomes(controls, history);
        return one.equals(other) ? Optional.empty() : Optional.of(one + "\nbut\n" + other);
    }

    private static List<Outcome> outcomes(List<Step> controls, History history) {
        NaiveModel model = new NaiveModel(policies);
        controls.forEach(step -> model.happen(-1, step));
        model.settle(-1);
        List<Step> steps = history.steps();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof Event event) {
                model.happen(i, event);
            }
        }
        return model.outcomes();
    }

    private static NaiveModel after(History history) {
        NaiveModel model = new NaiveModel(policies);
        List<Step> steps = history.steps();
        for (int i = 0; i < steps.size(); i++) {
            model.happen(i, steps.get(i));
        }
        model.settle(steps.size());
        return model;
    }

    private static Optional<String> leavesOut(History history) {
        NaiveModel model = after(history);
        for (Outcome outcome : model.outcomes()) {
            Event event = (Event) history.steps().get(outcome.event());
            for (String purpose : outcome.verdict().purposes()) {
                Set<Why> against = model.against(outcome.event(), outcome.recipient(), purpose);
                boolean isForbidden = against.stream().anyMatch(FORBIDS::contains);
                boolean isRecalled = model.recalls().stream()
                        .anyMatch(recall -> recall.subject().equals(event.subject())
                                && recall.recipient().equals(outcome.recipient())
                                && recall.scope().purpose().equals(purpose)
                                && recall.position() >= outcome.decided()
                                && recall.before() > event.at());
                if (isForbidden && !isRecalled) {
                    return Optional.of(outcome + " of " + purpose + " in spite of " + against + ": " + model.recalls());
                }
            }
        }
        return Optional.empty();
    }

    /** Between two recalls of one holding lies a release, or the first left something over. */
    private static Optional<String> recallsTwice(History history) {
        NaiveModel model = after(history);
        List<Recall> recalls = model.recalls();
        for (int i = 0; i < recalls.size(); i++) {
            Recall recall = recalls.get(i);
            for (Recall earlier : recalls.subList(0, i)) {
                boolean isSame = earlier.subject().equals(recall.subject())
                        && earlier.recipient().equals(recall.recipient())
                        && earlier.epoch() == recall.epoch()
                        && earlier.scope().equals(recall.scope());
                boolean isReleased = model.outcomes().stream()
                        .anyMatch(outcome -> outcome.decided() >= earlier.position()
                                && outcome.decided() <= recall.position()
                                && outcome.recipient().equals(recall.recipient())
                                && outcome.verdict()
                                        .purposes()
                                        .contains(recall.scope().purpose()));
                if (isSame && earlier.before() == Step.FOR_EVER && !isReleased) {
                    return Optional.of(earlier + " and " + recall);
                }
            }
        }
        return Optional.empty();
    }
}
