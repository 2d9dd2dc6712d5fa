package io.cloakroom.streams.cli;

import io.cloakroom.policy.Access;
import io.cloakroom.policy.EventRules;
import io.cloakroom.policy.EventSchema.Field;
import io.cloakroom.policy.EventSchema.Kind;
import io.cloakroom.policy.Fact;
import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Purpose;
import io.cloakroom.policy.Recipient;
import io.cloakroom.policy.Rule;
import io.cloakroom.policy.Safeguard;
import io.cloakroom.policy.Treatment;
import io.cloakroom.streams.Blueprint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "show",
        description = "For each recipient and event type what it gets, why, and in what form.",
        mixinStandardHelpOptions = true)
final class PolicyShow implements Callable<Integer> {

    private static final int NO = 1;

    @Parameters(
            paramLabel = "FILE|DIR",
            arity = "0..1",
            description = "Default: the policies that come with Cloakroom.")
    private Path path;

    @Option(names = "--recipient", paramLabel = "R", description = "Only this one.")
    private String recipient;

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Paper paper = new Paper();
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Policy policy :
                Blueprint.load(path == null ? Home.policies() : path).history().versions()) {
            policy.recipients().values().stream()
                    .filter(r -> recipient == null || recipient.equals(r.id()))
                    .sorted((one, other) -> one.id().compareTo(other.id()))
                    .forEach(r -> {
                        write(policy, r, paper);
                        accesses(policy, r).forEach(access -> {
                            rows.add(row(policy, access));
                            write(policy, access, paper);
                        });
                    });
        }
        Paper.print(spec, json ? Json.of(rows) + "\n" : paper.toString());
        if (rows.isEmpty()) {
            spec.commandLine().getErr().println("no recipient " + recipient + " is in the policy: it gets nothing");
            return NO;
        }
        return 0;
    }

    private static List<Access> accesses(Policy policy, Recipient recipient) {
        return policy.events().keySet().stream()
                .sorted()
                .flatMap(type -> policy.access(type, recipient.id()).stream())
                .toList();
    }

    // For programs.

    private static Map<String, Object> row(Policy policy, Access access) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("version", policy.version());
        row.put("recipient", access.recipient().id());
        row.put("topic", access.topic());
        row.put(
                "purposes",
                access.purposes().stream()
                        .map(p -> p.id() + ", " + Words.of(p.basis()) + " (" + p.clause() + ")")
                        .toList());
        row.put("fields", forms(access));
        return row;
    }

    /** In the order of the schema. */
    private static Map<String, String> forms(Access access) {
        Map<String, String> forms = new LinkedHashMap<>();
        List<Field> all = access.schema().fields();
        for (int f = 0; f < all.size(); f++) {
            forms.put(all.get(f).path(), Words.of(access.treatment(f, access.allPurposes())));
        }
        return forms;
    }

    // For people.

    private static void write(Policy policy, Recipient recipient, Paper paper) {
        List<String> says = new ArrayList<>();
        says.add(capitalised(Words.of(recipient.kind())) + ", " + Words.of(recipient.role()) + ", in "
                + recipient.region() + place(policy, recipient));
        says.add("pseudonyms of epoch " + recipient.epoch());
        if (recipient.grace() > 0) {
            says.add(
                    "a consent that its event overtook is waited for, up to " + recipient.grace() / 1_000 + " seconds");
        }
        if (!recipient.recallable()) {
            says.add("what it got cannot be recalled");
        }
        paper.line(recipient.id() + " (" + recipient.clause() + "), under the policy of " + policy.version())
                .line(2, String.join("; ", says) + ".")
                .gap();
    }

    private static String place(Policy policy, Recipient recipient) {
        if (policy.eea().contains(recipient.region())) {
            return " (EEA)";
        }
        List<Safeguard> all = new ArrayList<>(policy.adequacy().getOrDefault(recipient.region(), List.of()));
        all.addAll(recipient.safeguards());
        return all.isEmpty()
                ? ", without a safeguard: only for who lives there"
                : " by " + Words.list(all.stream().map(s -> Words.of(s, policy)).toList());
    }

    private static void write(Policy policy, Access access, Paper paper) {
        EventRules rules = policy.events().get(access.schema().type());
        paper.line(2, access.topic());
        access.purposes().forEach(purpose -> paper.line(4, "for " + words(purpose, rules)));
        if (rules.alwaysAct() || !rules.path(Fact.ACT).isEmpty()) {
            paper.line(
                    4,
                    (rules.alwaysAct()
                                    ? ""
                                    : "where " + rules.path(Fact.ACT) + " is " + Words.or(rules.actValues()) + " ")
                            + "only with a guardian, for who is not known to be " + policy.consentAge() + " ("
                            + Rule.MINOR.clause() + ")");
        }
        Map<String, String> forms = forms(access);
        access.schema().fields().stream()
                .filter(field -> field.kind() == Kind.RECORD)
                .forEach(container -> forms.remove(container.path(), Treatment.KEEP.word()));
        forms.entrySet().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue,
                        LinkedHashMap::new,
                        Collectors.mapping(Map.Entry::getKey, Collectors.joining(", "))))
                .forEach((form, fields) -> paper.line(6, form + ": " + fields));
        paper.gap();
    }

    private static String words(Purpose purpose, EventRules rules) {
        List<String> says = new ArrayList<>(List.of(purpose.id() + " by " + Words.of(purpose.basis()) + " ("
                + purpose.clause() + ")" + when(purpose, rules)));
        if (!purpose.scope().isEmpty()) {
            says.add("told apart by "
                    + purpose.scope().stream().sorted().map(Words::of).collect(Collectors.joining(", ")));
        }
        if (!purpose.partOf().isEmpty()) {
            says.add("not for who objects to " + purpose.partOf() + " (" + Rule.OBJECTED.clause() + ")");
        }
        if (purpose.adultsOnly()) {
            says.add("nothing of a known minor (" + Rule.MINOR.clause() + ")");
        }
        purpose.requires()
                .forEach(c ->
                        says.add("only where " + c.meaning() + " (" + c.unmet().clause() + ")"));
        return String.join("; ", says);
    }

    /** By which values an event states the purpose. */
    private static String when(Purpose purpose, EventRules rules) {
        if (rules.path(Fact.STATED_BY).isEmpty()) {
            return "";
        }
        List<String> values = rules.states().entrySet().stream()
                .filter(s ->
                        s.getValue().contains(purpose.id()) != rules.otherwise().contains(purpose.id()))
                .map(Map.Entry::getKey)
                .toList();
        return rules.otherwise().contains(purpose.id())
                ? " unless " + rules.path(Fact.STATED_BY) + " is " + Words.or(values)
                : " where " + rules.path(Fact.STATED_BY) + " is " + Words.or(values);
    }

    private static String capitalised(String words) {
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }
}
