package io.cloakroom.streams.cli;

import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.AccessControl;
import io.cloakroom.streams.AccessRules;
import io.cloakroom.streams.AccessRules.Comparison;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Gate;
import io.cloakroom.streams.Principals;
import io.cloakroom.streams.Provisioning;
import io.cloakroom.streams.Provisioning.Plan;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicSpec;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AclBinding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "topics",
        description = "Topics, registry subjects and access rules, as the policy asks for them.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class TopicsCommand {

    @Spec
    private CommandSpec spec;

    private static final int NO = 1;

    @Command(
            name = "plan",
            description = "Says what is missing, wrong or too much. Exit 1 if anything is.",
            mixinStandardHelpOptions = true)
    int plan(@Mixin Connection connection, @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        try (Parts parts = parts(connection.settings())) {
            Plan topics = parts.provisioning().plan();
            Optional<Comparison> access = parts.access().plan();
            print(parts, topics, access, json, "to make", "too much");
            return topics.isEmpty() && access.map(Comparison::isEmpty).orElse(true) ? 0 : NO;
        }
    }

    @Command(
            name = "apply",
            description = {
                "Makes what is missing. Exit 1 if anything else is wrong, or too much and not pruned.",
                "Nothing that is there is changed; nothing is deleted without --prune."
            },
            mixinStandardHelpOptions = true)
    int apply(
            @Mixin Connection connection,
            @Option(
                            names = "--partitions",
                            defaultValue = "4",
                            description = "Of every topic, for life, unless the inputs have a count (default:"
                                    + " ${DEFAULT-VALUE}).")
                    int partitions,
            @Option(
                            names = "--replication-factor",
                            defaultValue = "-1",
                            description = "Of every topic that is made; -1 for the broker's default.")
                    short replication,
            @Option(
                            names = "--prune",
                            description =
                                    "Also delete what 'plan' calls too much: access rules that the policy does not"
                                            + " ask for, and topics that no version of it names, with all that lies in them.")
                    boolean prune,
            @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        try (Parts parts = parts(connection.settings())) {
            Optional<Comparison> access = parts.access().plan();
            Plan made = parts.provisioning().plan();
            parts.provisioning().apply(made, partitions, replication);
            // What was there may not go with what was made.
            Plan topics = made.withWrong(parts.provisioning().plan().wrong());
            if (access.isPresent()) {
                parts.access().apply(access.get());
            }
            boolean isLeft = !topics.former().isEmpty()
                    || access.map(a -> !a.surplus().isEmpty()).orElse(false);
            if (prune) {
                if (access.isPresent()) {
                    parts.access().prune(access.get());
                }
                parts.provisioning().prune(topics);
            }
            print(parts, topics, access, json, "made", prune ? "deleted" : "too much");
            boolean isWrong = !topics.wrong().isEmpty()
                    || access.map(a -> !a.wrong().isEmpty()).orElse(false);
            return isWrong || isLeft && !prune ? NO : 0;
        }
    }

    private record Parts(Admin admin, Provisioning provisioning, AccessControl access, Principals principals)
            implements AutoCloseable {
        @Override
        public void close() {
            admin.close();
        }
    }

    private static Parts parts(Settings settings) throws Exception {
        Blueprint blueprint = Blueprint.load(settings.policies());
        Principals principals = settings.principals().isPresent()
                ? Principals.read(settings.principals().get(), blueprint)
                : Principals.of(blueprint);
        AccessRules rules = new AccessRules(blueprint, principals, Gate.group(settings), Instant.now());
        SchemaRegistry registry = SchemaRegistry.connect(settings.client());
        Admin admin = Admin.create(settings.client());
        return new Parts(
                admin, new Provisioning(admin, registry, blueprint), new AccessControl(admin, rules), principals);
    }

    private void print(
            Parts parts, Plan topics, Optional<Comparison> access, boolean json, String toMake, String tooMuch) {
        PrintWriter out = spec.commandLine().getOut();
        List<AclBinding> missing = access.map(Comparison::missing).orElse(List.of());
        List<AclBinding> surplus = access.map(Comparison::surplus).orElse(List.of());
        List<String> wrong = access.map(Comparison::wrong).orElse(List.of());
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put(
                    "topics", topics.missing().stream().map(TopicSpec::name).toList());
            document.put(
                    "subjects",
                    topics.unregistered().stream()
                            .map(Blueprint.Registration::subject)
                            .toList());
            document.put("wrong", topics.wrong());
            document.put("notes", topics.notes());
            document.put("formerTopics", topics.former());
            document.put("accessEnforced", access.isPresent());
            document.put("accessMissing", words(missing));
            document.put("accessSurplus", words(surplus));
            document.put("accessWrong", wrong);
            out.println(Json.of(document));
            return;
        }
        topics.missing().forEach(topic -> out.println(toMake + ": topic " + topic.name()));
        topics.unregistered().forEach(r -> out.println(toMake + ": schema of " + r.subject()));
        words(missing).forEach(rule -> out.println(toMake + ": " + rule));
        topics.former().forEach(topic -> out.println(tooMuch + ": topic " + topic + ", which no version names"));
        words(surplus).forEach(rule -> out.println(tooMuch + ": " + rule));
        topics.wrong().forEach(problem -> out.println("wrong: " + problem));
        wrong.forEach(problem -> out.println("WRONG: " + problem));
        if (topics.isEmpty() && access.map(Comparison::isEmpty).orElse(true)) {
            out.println("everything is there");
        }
        topics.notes().forEach(note -> out.println("note: " + note));
        out.println(
                access.isPresent()
                        ? "note: " + parts.principals().verifier()
                                + " reads inputs and every recipient's releases, cards among them: the id by which a"
                                + " release is held against the audit stands in it"
                        : "note: the brokers enforce no access rules: whoever reaches them may read everything");
    }

    private static List<String> words(Collection<AclBinding> rules) {
        return rules.stream().map(AccessRules::words).sorted().toList();
    }
}
