package io.cloakroom.streams.cli;

import io.cloakroom.policy.Rule;
import java.util.Arrays;

/** What each rule means, as half a sentence. */
final class RuleWords {

    private RuleWords() {}

    /** @param id as it stands in the audit */
    static String of(String id) {
        return Arrays.stream(Rule.values())
                .filter(rule -> rule.id().equals(id))
                .findFirst()
                .map(RuleWords::of)
                .orElse("a rule that this version does not know");
    }

    private static String of(Rule rule) {
        return switch (rule) {
            case CONTRACT -> "what the person asked for needs it";
            case LEGAL_OBLIGATION -> "a law demands it";
            case CONSENT -> "the person consented, before the event and under a notice that counts";
            case LEGITIMATE_INTEREST -> "there is an interest in it, and nobody objected";
            case BEFORE_FIRST_VERSION -> "it is older than the first policy";
            case NO_LONGER_REGISTERED -> "today's policy does not name the recipient for this any more";
            case NOT_STATED -> "no purpose of this recipient is stated by the policy or the form";
            case PLATFORM_FORBIDS -> "the platform that it comes from forbids it";
            case ORIGIN_UNKNOWN -> "it comes from a company that is not of the group";
            case MINOR -> "the person is under age";
            case AGE_UNKNOWN -> "the person's age is not known";
            case GUARDIAN_NEEDED -> "the person is under age, and no guardian agreed";
            case GUARDIAN_WITHDREW -> "a guardian withdrew";
            case ERASED -> "the person asked to be forgotten";
            case LINK_UNANSWERED -> "somebody linked has not said yet what was refused there";
            case CONSENT_AWAITED -> "a consent that was overtaken may still come";
            case HOLD_EXPIRED -> "what it waited for did not come in time";
            case HOLDS_FULL -> "too many events of this person wait already";
            case UNDECIDED -> "a control record of the person, or of somebody linked, is undecided";
            case WITHDRAWN -> "the person withdrew the consent";
            case OBJECTED -> "the person objected";
            case NEVER_ASKED -> "no consent was ever given";
            case NOT_YET -> "the consent came after the event";
            case EXPIRED -> "the consent had ended";
            case STALE -> "the consent was given under a notice that counts no more";
            case NO_SAFEGUARD -> "nothing safeguards the transfer to the recipient's region";
            case SIGNAL_REFUSED -> "a signal in the event refuses";
            case SIGNAL_UNUSABLE -> "a signal in the event cannot be read";
            case NO_UNSUBSCRIBE -> "it does not say how to unsubscribe";
            case SENDER_NOT_OF_GROUP -> "its sender is not a company of the group";
            case SENDER_NOT_NAMED -> "it does not say for whom it is sent";
            case NO_OPEN_ORDER -> "no order is open";
            case OTHER_SERVICE -> "it is of another service";
            case ACTOR_NOT_ENTITLED -> "whoever acted was not entitled to";
            case ACTOR_ENTITLED -> "whoever acted was entitled to, so it is no incident";
            case NO_CASE_FILE -> "there is no case file";
            case OVERSIZE -> "the release is longer than its topic takes";
            case APPLIED -> "taken in";
            case APPLIED_ON_ARRIVAL -> "dated ahead, and taken in on arrival";
            case NOT_A_CHOICE -> "refused: the purpose does not depend on the person's choice";
            case IMPORTED_LIFT -> "refused: only the person can lift an objection";
            case GRANT_AHEAD -> "refused: it would allow, and is dated ahead";
            case SIGNAL_SILENT -> "the signal says nothing that the policy maps";
            case GUARDIAN_UNVERIFIED -> "refused: it was not verified that there is a guardian";
            case GUARDIAN_IS_SUBJECT -> "refused: nobody is their own guardian";
            case GUARDIAN_MINOR -> "refused: the guardian is under age";
            case FORWARDED -> "it lay in the wrong partition and was sent to the right one";
            case INSPECTED -> "an operator was shown what is known of the person";
            case NULL_KEY -> "the record has no key";
            case NULL_VALUE -> "the record has no value";
            case NOT_A_SUBJECT_KEY -> "its key is no subject key";
            case MISPLACED -> "it lies in a partition where its key does not belong";
            case NOT_WIRE_FORMAT -> "its value is not in the wire format";
            case UNKNOWN_SCHEMA -> "the registry does not know its schema";
            case WRONG_TYPE -> "its schema is that of something else";
            case UNDECODABLE -> "its bytes are not what its schema says";
            case LABEL_DIFFERS -> "its schema labels a field differently";
            case UNTREATABLE -> "a value cannot be treated";
            case KEY_IS_NOT_SUBJECT -> "its key and the subject in its value differ";
            case UNKNOWN_BRAND -> "the policy does not know its brand";
            case UNKNOWN_SURFACE -> "the policy does not know its surface";
            case DATED_AHEAD -> "its time lies ahead of its arrival";
            case UNKNOWN_PURPOSE -> "the policy does not know its purpose";
            case UNKNOWN_SCOPE -> "the policy does not know its brand or channel";
            case SCOPE_TOO_WIDE -> "refused: it names less than the purpose tells apart";
            case INCOMPLETE -> "a field that it needs is empty";
        };
    }
}
