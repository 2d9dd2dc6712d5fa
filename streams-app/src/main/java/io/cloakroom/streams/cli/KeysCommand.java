package io.cloakroom.streams.cli;

import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "keys",
        description = "The keys of pseudonyms.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand {

    @Spec
    private CommandSpec spec;

    @Command(
            name = "create",
            description = "Makes a key for each recipient and epoch that has none, and one for the audit.",
            mixinStandardHelpOptions = true)
    int create(@Mixin Connection connection) throws Exception {
        Settings settings = connection.settings();
        Pseudonyms.create(settings.keys(), Blueprint.load(settings.policies()).keyNames())
                .forEach(file -> spec.commandLine().getOut().println("made " + file));
        return 0;
    }
}
