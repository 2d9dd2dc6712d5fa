package io.cloakroom.streams;

import io.cloakroom.policy.Policy;
import io.cloakroom.policy.Recipient;
import io.cloakroom.streams.gate.GateTopology;
import io.cloakroom.streams.gate.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Who may do what at the broker, as it follows from the policy (C35), and what other rules there do to it. A recipient reads
 * its own topics, a service writes its own events, the gate alone writes releases and audit; whoever is not named may do
 * nothing.
 */
public final class AccessRules {

    private static final String ANY_HOST = "*";

    /** What says that a thing is there and how it is kept, and nothing of what it holds. */
    private static final Set<AclOperation> HARMLESS = Set.of(AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);

    /** By which somebody could write rules, or read as brokers do. */
    private static final Set<AclOperation> OVER_ALL =
            Set.of(AclOperation.ALL, AclOperation.ALTER, AclOperation.ALTER_CONFIGS, AclOperation.CLUSTER_ACTION);

    private static final ResourcePattern CLUSTER = literal(ResourceType.CLUSTER, Resource.CLUSTER_NAME);

    private final Blueprint blueprint;
    private final Principals principals;
    private final String applicationId;
    private final Set<AclBinding> asked = new LinkedHashSet<>();

    /** What somebody else must not reach. */
    private final Set<ResourcePattern> ours = new LinkedHashSet<>();

    /**
     * @param applicationId of the gate: the group of its instances, and how its own topics and transactions begin
     * @param now what the policy in force allows counts, and what one that lies ahead will allow; not what an old one did
     * @throws ConfigException if what is the gate's by that id would be somebody else's, too
     */
    public AccessRules(Blueprint blueprint, Principals principals, String applicationId, Instant now) {
        this.blueprint = blueprint;
        this.principals = principals;
        this.applicationId = applicationId;
        recipients(now.toEpochMilli());
        services();
        gate();
        around();
        connect();
        blueprint.topics().forEach(topic -> ours.add(literal(ResourceType.TOPIC, topic.name())));
        asked.forEach(rule -> ours.add(rule.pattern()));
        ours.remove(CLUSTER);
        checkThatNothingIsTwos();
        principals.byRole().values().forEach(principal -> ours.add(literal(ResourceType.USER, principal)));
    }

    /** No recipient's or service's prefix is another's; the gate's id is whatever somebody set. */
    private void checkThatNothingIsTwos() {
        ResourcePattern people = literal(ResourceType.TOPIC, GateTopology.people(applicationId));
        for (ResourcePattern own : List.of(
                literal(ResourceType.GROUP, applicationId),
                itsOwn(ResourceType.TRANSACTIONAL_ID),
                itsOwn(ResourceType.TOPIC))) {
            refuse(ours.stream().filter(other -> !other.equals(own) && !other.equals(people) && isTouched(other, own)));
        }
    }

    private void refuse(Stream<ResourcePattern> others) {
        others.findFirst().ifPresent(other -> {
            throw new ConfigException("application.id=" + applicationId + " would make " + words(other)
                    + " the gate's, too: choose one that begins like nothing of the policy");
        });
    }

    private void recipients(long now) {
        List<Policy> versions = blueprint.history().versions();
        for (int i = 0; i < versions.size(); i++) {
            boolean isOver = i + 1 < versions.size() && versions.get(i + 1).effectiveFrom() <= now;
            if (isOver) {
                continue;
            }
            versions.get(i).events().values().stream()
                    .flatMap(rules -> rules.accesses().stream())
                    .filter(access -> now < access.recipient().until())
                    .forEach(access -> mayRead(access.recipient().id(), access.topic()));
        }
        for (Policy version : versions) {
            for (Recipient recipient : version.recipients().values()) {
                // Whoever ever read is told what to delete.
                if (recipient.recallable()) {
                    mayRead(recipient.id(), Topics.recalls(recipient.id()));
                }
                may(recipient.id(), AclOperation.READ, prefixed(ResourceType.GROUP, recipient.id() + "."));
            }
        }
    }

    private void services() {
        for (String topic : published()) {
            String service = Principals.publisher(topic);
            mayWrite(service, topic);
            may(service, AclOperation.WRITE, prefixed(ResourceType.TRANSACTIONAL_ID, service + "."));
        }
    }

    private void gate() {
        String gate = Principals.GATE;
        Topics.inputs(blueprint.history()).forEach(topic -> mayRead(gate, topic));
        Topics.releases(blueprint.history()).forEach(topic -> mayWrite(gate, topic));
        Topics.recalls(blueprint.history()).forEach(topic -> mayWrite(gate, topic));
        List.of(Topics.FORWARDS, Topics.AUDIT, Topics.QUARANTINE).forEach(topic -> mayWrite(gate, topic));
        for (AclOperation operation : List.of(AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE)) {
            may(gate, operation, itsOwn(ResourceType.TOPIC));
        }
        may(gate, AclOperation.READ, literal(ResourceType.GROUP, applicationId));
        may(gate, AclOperation.WRITE, itsOwn(ResourceType.TRANSACTIONAL_ID));
        // It does not start unless every topic is as it must be.
        blueprint.topics().forEach(topic -> mayLook(gate, topic.name()));
    }

    private void around() {
        for (String topic : List.of(Topics.AUDIT, Topics.CHECKPOINTS, Topics.QUARANTINE)) {
            mayRead(Principals.AUDITOR, topic);
        }
        may(Principals.AUDITOR, AclOperation.READ, prefixed(ResourceType.GROUP, Principals.AUDITOR + "."));
        published()
                .forEach(topic -> may(Principals.AUDITOR, AclOperation.DESCRIBE, literal(ResourceType.TOPIC, topic)));

        mayRead(Principals.SIGNER, Topics.AUDIT);
        mayRead(Principals.SIGNER, Topics.CHECKPOINTS);
        mayWrite(Principals.SIGNER, Topics.CHECKPOINTS);

        published().forEach(topic -> mayRead(Principals.VERIFIER, topic));
        Topics.releases(blueprint.history()).forEach(topic -> mayRead(Principals.VERIFIER, topic));
        mayRead(Principals.VERIFIER, Topics.AUDIT);
        mayRead(Principals.VERIFIER, Topics.CHECKPOINTS);
        may(Principals.VERIFIER, AclOperation.DESCRIBE, literal(ResourceType.GROUP, applicationId));

        for (String topic : published()) {
            mayRead(Principals.OPERATOR, topic);
            mayWrite(Principals.OPERATOR, topic);
        }
        mayRead(Principals.OPERATOR, Topics.AUDIT);
        mayRead(Principals.OPERATOR, Topics.QUARANTINE);
        mayWrite(Principals.OPERATOR, Topics.QUARANTINE);
        may(
                Principals.OPERATOR,
                AclOperation.WRITE,
                prefixed(ResourceType.TRANSACTIONAL_ID, Principals.OPERATOR + "."));
        // How long copies of what is erased still lie.
        blueprint.topics().forEach(topic -> mayLook(Principals.OPERATOR, topic.name()));
        HARMLESS.forEach(look -> may(Principals.OPERATOR, look, itsOwn(ResourceType.TOPIC)));
        may(Principals.OPERATOR, AclOperation.DESCRIBE_CONFIGS, CLUSTER);

        mayWrite(Principals.INSPECTOR, Topics.SUBJECT_REQUESTS);
        mayRead(Principals.INSPECTOR, Topics.AUDIT);
        mayRead(Principals.INSPECTOR, GateTopology.people(applicationId));
    }

    /** A worker keeps its own state, and each publisher's sources there have offsets and transactions of their own. */
    private void connect() {
        String worker = Principals.CONNECT;
        may(worker, AclOperation.READ, literal(ResourceType.GROUP, worker));
        mayKeep(worker, worker + ".");
        // By which Connect's leader is the only one that changes what is configured; the name is Connect's.
        may(worker, AclOperation.WRITE, literal(ResourceType.TRANSACTIONAL_ID, "connect-cluster-" + worker));
        for (String topic : published()) {
            String publisher = Principals.publisher(topic);
            String begin = worker + "-" + publisher + ".";
            mayKeep(publisher, begin);
            may(publisher, AclOperation.WRITE, prefixed(ResourceType.TRANSACTIONAL_ID, begin));
        }
    }

    /** Topics of its own, which it makes and looks at itself. */
    private void mayKeep(String role, String begin) {
        for (AclOperation operation :
                List.of(AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE, AclOperation.DESCRIBE_CONFIGS)) {
            may(role, operation, prefixed(ResourceType.TOPIC, begin));
        }
    }

    /** What others write to the gate. */
    private List<String> published() {
        return Topics.inputs(blueprint.history()).stream()
                .filter(topic -> !topic.equals(Topics.FORWARDS))
                .toList();
    }

    private void mayRead(String role, String topic) {
        may(role, AclOperation.READ, literal(ResourceType.TOPIC, topic));
    }

    private void mayWrite(String role, String topic) {
        may(role, AclOperation.WRITE, literal(ResourceType.TOPIC, topic));
    }

    private void mayLook(String role, String topic) {
        HARMLESS.forEach(look -> may(role, look, literal(ResourceType.TOPIC, topic)));
    }

    private void may(String role, AclOperation operation, ResourcePattern on) {
        asked.add(new AclBinding(
                on, new AccessControlEntry(principals.of(role), ANY_HOST, operation, AclPermissionType.ALLOW)));
    }

    private ResourcePattern itsOwn(ResourceType type) {
        return prefixed(type, applicationId + "-");
    }

    private static ResourcePattern literal(ResourceType type, String name) {
        return new ResourcePattern(type, name, PatternType.LITERAL);
    }

    private static ResourcePattern prefixed(ResourceType type, String begin) {
        return new ResourcePattern(type, begin, PatternType.PREFIXED);
    }

    /** Every rule that the policy asks for. */
    public Set<AclBinding> asked() {
        return Set.copyOf(asked);
    }

    /**
     * Rules that are there, held against those that are asked for.
     *
     * @param missing to be made
     * @param surplus about something that is the policy's alone, and not asked for: to be taken away
     * @param wrong about more than that, or forbidding what is asked for: for a person to mend
     */
    public record Comparison(List<AclBinding> missing, List<AclBinding> surplus, List<String> wrong) {

        public Comparison {
            missing = List.copyOf(missing);
            surplus = List.copyOf(surplus);
            wrong = List.copyOf(wrong);
        }

        public boolean isEmpty() {
            return missing.isEmpty() && surplus.isEmpty() && wrong.isEmpty();
        }
    }

    /** @param there all rules of the cluster; those about what is nothing of ours are left alone */
    public Comparison compare(Collection<AclBinding> there) {
        List<AclBinding> missing =
                asked.stream().filter(rule -> !there.contains(rule)).toList();
        List<AclBinding> surplus = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        Set<String> former = blueprint.former(there.stream()
                .map(AclBinding::pattern)
                .filter(p -> p.resourceType() == ResourceType.TOPIC && p.patternType() == PatternType.LITERAL)
                .map(ResourcePattern::name)
                .collect(Collectors.toSet()));
        there.stream().filter(rule -> !asked.contains(rule)).forEach(rule -> {
            AccessControlEntry entry = rule.entry();
            if (entry.permissionType() == AclPermissionType.DENY) {
                asked.stream()
                        .filter(ask -> isForbidden(ask, rule))
                        .findFirst()
                        .ifPresent(
                                ask -> wrong.add(words(rule) + " forbids what is asked for, such as: " + words(ask)));
            } else if (rule.pattern().equals(CLUSTER)) {
                if (OVER_ALL.contains(entry.operation()) && isOurs(entry.principal())) {
                    wrong.add(words(rule) + ": by that it could read and write everything");
                }
            } else if (ours.stream().anyMatch(own -> isWithin(rule.pattern(), own))
                    || isLiteral(rule.pattern(), former)) {
                surplus.add(rule);
            } else if (!HARMLESS.contains(entry.operation())) {
                Set<String> reached = reached(rule.pattern());
                if (!reached.isEmpty()) {
                    wrong.add(words(rule) + ", which reaches " + String.join(", ", reached)
                            + ": a rule may name no more than its own");
                }
            }
        });
        return new Comparison(missing, surplus, wrong);
    }

    private boolean isOurs(String principal) {
        return principal.equals("User:*") || principals.byRole().containsValue(principal);
    }

    private static boolean isLiteral(ResourcePattern pattern, Set<String> topics) {
        return pattern.resourceType() == ResourceType.TOPIC
                && pattern.patternType() == PatternType.LITERAL
                && topics.contains(pattern.name());
    }

    private Set<String> reached(ResourcePattern pattern) {
        Set<String> reached = new TreeSet<>();
        ours.stream()
                .filter(own -> isTouched(own, pattern))
                .map(AccessRules::words)
                .forEach(reached::add);
        return reached.size() <= 3
                ? reached
                : Set.of(reached.size() + " of ours, " + reached.iterator().next() + " first");
    }

    private static boolean isForbidden(AclBinding asked, AclBinding denied) {
        AccessControlEntry ask = asked.entry();
        AccessControlEntry deny = denied.entry();
        boolean isOperation = deny.operation() == AclOperation.ALL
                || deny.operation() == ask.operation()
                // Whoever may not see it is there cannot use it.
                || deny.operation() == AclOperation.DESCRIBE && ask.operation() != AclOperation.CREATE;
        return isOperation
                && (deny.principal().equals("User:*") || deny.principal().equals(ask.principal()))
                && isTouched(asked.pattern(), denied.pattern());
    }

    private static boolean isAll(ResourcePattern pattern) {
        return pattern.patternType() == PatternType.LITERAL && pattern.name().equals(ResourcePattern.WILDCARD_RESOURCE);
    }

    /** Whether whatever the one names is named by the other, too. */
    private static boolean isWithin(ResourcePattern pattern, ResourcePattern own) {
        return pattern.resourceType() == own.resourceType()
                && !isAll(pattern)
                && (pattern.equals(own)
                        || own.patternType() == PatternType.PREFIXED
                                && pattern.name().startsWith(own.name()));
    }

    /** Whether there is a name that both name. */
    private static boolean isTouched(ResourcePattern own, ResourcePattern pattern) {
        return pattern.resourceType() == own.resourceType()
                && (isAll(pattern)
                        || isWithin(pattern, own)
                        || pattern.patternType() == PatternType.PREFIXED
                                && own.name().startsWith(pattern.name()));
    }

    /** Such as {@code User:payment may READ topic payment.order}. */
    public static String words(AclBinding rule) {
        AccessControlEntry entry = rule.entry();
        return entry.principal()
                + (entry.permissionType() == AclPermissionType.DENY ? " may not " : " may ")
                + entry.operation() + " " + words(rule.pattern())
                + (entry.host().equals(ANY_HOST) ? "" : " from " + entry.host());
    }

    private static String words(ResourcePattern pattern) {
        return switch (pattern.resourceType()) {
            case CLUSTER -> "the cluster";
            default ->
                pattern.resourceType().toString().toLowerCase(Locale.ROOT).replace('_', ' ') + " " + pattern.name()
                        + (pattern.patternType() == PatternType.PREFIXED ? "*" : "");
        };
    }
}
