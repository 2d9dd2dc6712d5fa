package io.cloakroom.policy;

import java.util.List;
import java.util.stream.Collectors;

/** The policy is refused as a whole; the message has one line for each problem. */
public final class PolicyRefusedException extends Exception {

    private final List<Problem> problems;

    PolicyRefusedException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
