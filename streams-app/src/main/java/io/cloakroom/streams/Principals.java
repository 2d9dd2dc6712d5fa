package io.cloakroom.streams;

import io.cloakroom.policy.Nearest;
import io.cloakroom.policy.Policy;
import io.cloakroom.streams.gate.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigException;

/**
 * Who is who at the broker. A recipient's role is its id; of those who publish it is {@code service.<type>} or that of a
 * control topic; those around the gate have names of their own. All but a recipient's have a dot, which no recipient has.
 *
 * @param byRole the principal of every role, such as {@code User:analytics}
 */
public record Principals(SortedMap<String, String> byRole) {

    static final String GATE = "cloakroom.gate";

    /** Reads what operations look at: decisions, checkpoints, quarantine. None of it says anything of a person. */
    static final String AUDITOR = "cloakroom.auditor";

    static final String SIGNER = "cloakroom.signer";

    /** Holds the audit against inputs and releases, and so reads both. */
    static final String VERIFIER = "cloakroom.verifier";

    /** Sends again what was quarantined, and asks for erasures. */
    static final String OPERATOR = "cloakroom.operator";

    /** May see what the gate knows of a person, which is nobody else's to read. */
    static final String INSPECTOR = "cloakroom.inspector";

    /** A worker of Connect, and its group: keeps what connectors there must know, and reads and writes nothing for them. */
    static final String CONNECT = "cloakroom.connect";

    private static final String SERVICE = "service.";

    /** Who writes what people say. */
    private static final Map<String, String> CONTROL = Map.of(
            Topics.CONSENT_CHANGES, "control.consent",
            Topics.IDENTITY_LINKS, "control.identity",
            Topics.SUBJECT_REQUESTS, "control.requests");

    private static final List<String> AROUND = List.of(GATE, AUDITOR, SIGNER, VERIFIER, OPERATOR, INSPECTOR, CONNECT);

    private static final String USER = "User:";

    public Principals {
        byRole = Collections.unmodifiableSortedMap(new TreeMap<>(byRole));
        byRole.forEach((role, principal) -> {
            if (!principal.startsWith(USER)
                    || principal.length() == USER.length()
                    || principal.equals("User:*")
                    || principal.equals("User:ANONYMOUS")) {
                throw new ConfigException("the principal of " + role + " must be one that clients prove to be, such as "
                        + USER + role + " or User:CN=" + role + ", and not " + principal);
            }
        });
        for (Map.Entry<String, String> alone : byRole.entrySet()) {
            if (isPublisher(alone.getKey()) || isAround(alone.getKey())) {
                continue;
            }
            byRole.forEach((role, principal) -> {
                if (principal.equals(alone.getValue()) && !role.equals(alone.getKey())) {
                    throw new ConfigException(principal + " cannot be both " + alone.getKey() + " and " + role
                            + ": what one may read, the other may not");
                }
            });
        }
    }

    /** Publishers may be one, and so may those who look at the gate; a recipient, and the gate, is nobody else. */
    private static boolean isPublisher(String role) {
        return role.startsWith(SERVICE) || CONTROL.containsValue(role);
    }

    private static boolean isAround(String role) {
        return AROUND.contains(role) && !role.equals(GATE);
    }

    /** Each role under its own name. */
    public static Principals of(Blueprint blueprint) {
        SortedMap<String, String> byRole = new TreeMap<>();
        roles(blueprint).forEach(role -> byRole.put(role, USER + role));
        return new Principals(byRole);
    }

    /**
     * Some of them as a file says, a line {@code role = principal} each.
     *
     * @throws ConfigException if a line names no role of this policy, one twice, or one principal is two that must not be one
     */
    public static Principals read(Path file, Blueprint blueprint) throws IOException {
        SortedMap<String, String> byRole = new TreeMap<>(of(blueprint).byRole());
        TreeSet<String> named = new TreeSet<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String place = file + ":" + (i + 1) + ": ";
            int equals = line.indexOf('=');
            if (equals < 0) {
                throw new ConfigException(place + "a line is: role = principal");
            }
            String role = line.substring(0, equals).strip();
            if (!byRole.containsKey(role)) {
                throw new ConfigException(
                        place + "`" + role + "` is no role of this policy" + Nearest.didYouMean(role, byRole.keySet()));
            }
            if (!named.add(role)) {
                throw new ConfigException(place + "`" + role + "` has a principal already");
            }
            byRole.put(role, line.substring(equals + 1).strip());
        }
        return new Principals(byRole);
    }

    private static TreeSet<String> roles(Blueprint blueprint) {
        TreeSet<String> roles = new TreeSet<>(AROUND);
        roles.addAll(CONTROL.values());
        Topics.events(blueprint.history()).forEach(topic -> roles.add(publisher(topic)));
        for (Policy version : blueprint.history().versions()) {
            roles.addAll(version.recipients().keySet());
        }
        return roles;
    }

    /** The role of whoever publishes to an input. */
    static String publisher(String topic) {
        return CONTROL.getOrDefault(topic, SERVICE + topic.substring(topic.indexOf('.') + 1));
    }

    /** Who reads what everybody reads, and must be known for it. */
    public String verifier() {
        return of(VERIFIER);
    }

    String of(String role) {
        return byRole.get(role);
    }
}
