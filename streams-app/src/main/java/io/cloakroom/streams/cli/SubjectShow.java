package io.cloakroom.streams.cli;

import io.cloakroom.control.RequestKind;
import io.cloakroom.policy.Holding;
import io.cloakroom.policy.Link;
import io.cloakroom.policy.News;
import io.cloakroom.policy.Person;
import io.cloakroom.policy.Person.Guardian;
import io.cloakroom.policy.Person.Opening;
import io.cloakroom.policy.Person.Preference;
import io.cloakroom.policy.Pseudonyms;
import io.cloakroom.policy.Scope;
import io.cloakroom.streams.Blueprint;
import io.cloakroom.streams.Settings;
import io.cloakroom.streams.cli.SubjectCommand.Requested;
import io.cloakroom.streams.gate.Dossier;
import io.cloakroom.streams.gate.GateParts;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "show",
        description = {
            "Shows what the gate knows of a subject: what it said, with whom it is linked, who holds releases, what waits.",
            "That somebody looks is written to subject.requests first; nothing is shown before it is in the audit.",
            "It reads the changelog of the gate's state. With cloakroom.keys it also finds those who were erased.",
            "Exit 1 if nothing is known, or no gate has audited the request in time."
        },
        mixinStandardHelpOptions = true)
final class SubjectShow implements Callable<Integer> {

    private static final int NO = 1;

    @Parameters(paramLabel = "KEY", description = "customer:<id>, cookie:<id> or device:<id>.")
    private String key;

    @Mixin
    private Connection connection;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long to wait for the gate (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--json", description = "One JSON document.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        SubjectCommand.check(spec, key);
        Settings settings = connection.settings();
        Blueprint blueprint = Blueprint.load(settings.policies());
        Optional<Pseudonyms.Key> audit = audit(settings);
        PrintWriter out = spec.commandLine().getOut();
        Requested requested =
                SubjectCommand.request(settings, key, RequestKind.INSPECTION, Duration.ofSeconds(seconds));
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("request", requested.place().toString());
        document.put("audited", requested.isTaken());
        if (!requested.isTaken()) {
            if (json) {
                out.println(Json.of(document));
            }
            spec.commandLine().getErr().println("nothing is shown: " + requested.whyNot());
            return NO;
        }
        Dossier dossier = Dossier.read(settings, blueprint.history(), audit, key);
        document.put("known", !dossier.isEmpty());
        dossier.person().ifPresent(person -> document.putAll(person(person)));
        dossier.erased().ifPresent(stub -> {
            document.put("erased", at(stub.erasedAt()));
            document.put("stillRefused", preferences(stub.refusals()));
        });
        document.put(
                "waiting",
                dossier.waiting().stream()
                        .map(w -> line("event", w.event().toString(), "until", at(w.until())))
                        .toList());
        if (json) {
            out.println(Json.of(document));
        } else {
            print(out, document, "");
        }
        return dossier.isEmpty() ? NO : 0;
    }

    private static Optional<Pseudonyms.Key> audit(Settings settings) throws Pseudonyms.KeysMissingException {
        return settings.all().containsKey(Settings.KEYS)
                ? Optional.of(Pseudonyms.load(settings.keyFiles(), List.of(GateParts.AUDIT_KEY))
                        .key(GateParts.AUDIT_KEY))
                : Optional.empty();
    }

    /** Everything but the salt, which leads from a pseudonym to the person. */
    private static Map<String, Object> person(Person person) {
        Map<String, Object> known = new LinkedHashMap<>();
        person.birth().ifPresent(b -> known.put("birthDate", line("date", b.date(), "stated", at(b.statedAt()))));
        Guardian guardian = person.guardian();
        if (!guardian.equals(Guardian.NONE)) {
            known.put(
                    "guardian",
                    line(
                            "agreed",
                            guardian.agreements().stream().map(SubjectShow::at).toList(),
                            "withdrew",
                            at(guardian.endedAt())));
        }
        known.put("undecided", person.undecided().size());
        known.put("said", preferences(person.preferences()));
        known.put("links", person.links().stream().map(SubjectShow::link).toList());
        known.put("heldBy", person.holdings().stream().map(SubjectShow::holding).toList());
        if (person.erasedAt() != Long.MIN_VALUE) {
            known.put("erased", at(person.erasedAt()));
        }
        return known;
    }

    private static List<Map<String, Object>> preferences(List<Preference> preferences) {
        List<Map<String, Object>> said = new ArrayList<>();
        for (Preference preference : preferences) {
            Map<String, Object> scope = scope(preference.scope());
            if (preference.refusedAt() != Preference.NEVER) {
                scope.put("refused", at(preference.refusedAt()));
            }
            scope.put(
                    "since",
                    preference.openings().stream().map(SubjectShow::opening).toList());
            said.add(scope);
        }
        return said;
    }

    private static Map<String, Object> opening(Opening opening) {
        Map<String, Object> line = line("kind", opening.kind().name().toLowerCase(Locale.ROOT), "at", at(opening.at()));
        if (!opening.notice().isEmpty()) {
            line.put("notice", opening.notice());
        }
        if (opening.expiresAt() != Long.MAX_VALUE) {
            line.put("expires", at(opening.expiresAt()));
        }
        return line;
    }

    private static Map<String, Object> link(Link link) {
        Map<String, Object> line = line("other", link.other(), "forEver", link.forEver());
        line.put(
                "turns",
                link.transitions().stream()
                        .map(turn -> line("connected", turn.connected(), "at", at(turn.at())))
                        .toList());
        line.put("answered", link.news().isPresent());
        line.put(
                "refusedThere",
                link.news().map(News::refusals).orElse(List.of()).stream()
                        .map(refused -> {
                            Map<String, Object> scope = scope(refused.scope());
                            scope.put("refused", at(refused.at()));
                            scope.put("ends", at(refused.endsAt()));
                            return scope;
                        })
                        .toList());
        return line;
    }

    private static Map<String, Object> holding(Holding holding) {
        Map<String, Object> line = line("recipient", holding.recipient(), "epoch", holding.epoch());
        line.put("purpose", holding.purpose());
        line.putAll(scope(holding.scope()));
        line.put("since", at(holding.since()));
        return line;
    }

    /** A part that is not there is every one. */
    private static Map<String, Object> scope(Scope scope) {
        Map<String, Object> parts = new LinkedHashMap<>();
        parts.put("purpose", scope.purpose());
        parts.put("brand", scope.brand());
        parts.put("channel", scope.channel());
        parts.put("collector", scope.collector());
        parts.put("item", scope.item());
        parts.values().removeIf(Scope.EVERY::equals);
        return parts;
    }

    private static Map<String, Object> line(String first, Object one, String second, Object other) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(first, one);
        line.put(second, other);
        return line;
    }

    private static String at(long time) {
        return time == Long.MIN_VALUE || time == Long.MAX_VALUE
                ? "never"
                : Instant.ofEpochMilli(time).toString();
    }

    private static void print(PrintWriter out, Map<?, ?> lines, String indent) {
        lines.forEach((name, value) -> {
            if (value instanceof List<?> items && items.stream().allMatch(Map.class::isInstance)) {
                out.println(indent + name + ":" + (items.isEmpty() ? " nothing" : ""));
                items.forEach(item -> out.println(indent + "  " + item));
            } else {
                out.println(indent + name + ": " + value);
            }
        });
    }
}
