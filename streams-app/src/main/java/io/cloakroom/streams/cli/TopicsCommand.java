package io.cloakroom.streams.cli;

import io.cloakroom.schemas.SchemaRegistry;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Provisioning;
import io.cloakroom.streams.Provisioning.Plan;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.TopicSpec;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "topics",
        description = "Topics and registry subjects, as the policy asks for them. Nothing is changed or deleted.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class TopicsCommand {

    @Spec
    private CommandSpec spec;

    private static final int NO = 1;

    @Command(
            name = "plan",
            description = "Says what is missing or wrong. Exit 1 if anything is.",
            mixinStandardHelpOptions = true)
    int plan(@Mixin Connection connection, @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        Settings settings = connection.settings();
        try (Admin admin = Admin.create(settings.client())) {
            Plan plan = provisioning(settings, admin).plan();
            print(plan, json, "to make");
            return plan.isEmpty() ? 0 : NO;
        }
    }

    @Command(
            name = "apply",
            description = "Makes what is missing. Exit 1 if anything else is wrong.",
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
            @Option(names = "--json", description = "One JSON document.") boolean json)
            throws Exception {
        Settings settings = connection.settings();
        try (Admin admin = Admin.create(settings.client())) {
            Provisioning provisioning = provisioning(settings, admin);
            Plan plan = provisioning.plan();
            provisioning.apply(plan, partitions, replication);
            print(plan, json, "made");
            return plan.wrong().isEmpty() ? 0 : NO;
        }
    }

    private static Provisioning provisioning(Settings settings, Admin admin) throws Exception {
        return new Provisioning(admin, SchemaRegistry.connect(settings.client()), Blueprint.load(settings.policies()));
    }

    private void print(Plan plan, boolean json, String verb) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("topics", plan.missing().stream().map(TopicSpec::name).toList());
            document.put(
                    "subjects",
                    plan.unregistered().stream()
                            .map(Blueprint.Registration::subject)
                            .toList());
            document.put("wrong", plan.wrong());
            out.println(Json.of(document));
            return;
        }
        plan.missing().forEach(topic -> out.println(verb + ": topic " + topic.name()));
        plan.unregistered().forEach(r -> out.println(verb + ": schema of " + r.subject()));
        plan.wrong().forEach(problem -> out.println("wrong: " + problem));
        if (plan.isEmpty()) {
            out.println("everything is there");
        }
    }
}
