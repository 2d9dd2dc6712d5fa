package io.cloakroom.streams;

import io.cloakroom.streams.AccessRules.Comparison;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.errors.SecurityDisabledException;

/** Compares the cluster's access rules with those that the policy asks for; makes what is missing, and prunes when told to. */
public final class AccessControl {

    private final Admin admin;
    private final AccessRules rules;

    public AccessControl(Admin admin, AccessRules rules) {
        this.admin = admin;
        this.rules = rules;
    }

    /** Empty if the brokers enforce no rules: then everybody may do everything. */
    public Optional<Comparison> plan() throws ExecutionException, InterruptedException {
        try {
            Collection<AclBinding> there =
                    admin.describeAcls(AclBindingFilter.ANY).values().get();
            return Optional.of(rules.compare(there));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SecurityDisabledException) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Makes what is missing, and takes nothing away. */
    public void apply(Comparison plan) throws ExecutionException, InterruptedException {
        admin.createAcls(plan.missing()).all().get();
    }

    /** Takes away what is surplus, rule by rule. */
    public void prune(Comparison plan) throws ExecutionException, InterruptedException {
        List<AclBindingFilter> filters =
                plan.surplus().stream().map(AclBinding::toFilter).toList();
        admin.deleteAcls(filters).all().get();
    }
}
