package io.cloakroom.policy.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {

    private static final Redactor REDACTOR = new Redactor();
    private static final KnownValues ROSE = new KnownValues.Builder()
            .name("Rose Müller-Ngô")
            .name("Dr. John Michael O'Brien")
            .email("john.obrien+shop@example.com")
            .phone("+44 7700 900123")
            .address("Flat 3, 10 Downing Street, London, SW1A 2AA, United Kingdom")
            .address("Hauptstraße 12\n10115 Berlin")
            .order("NAP-123456")
            .order("77")
            .build();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0007',
            value = {
                "write to jane.doe+x@mail.example.co.uk today | write to [email] today",
                "jane(at)example(dot)com | [email]",
                "jane [at] example [dot] co [dot] uk please | [email] please",
                "jane AT example DOT com | [email]",
                "jane@example . com | [email]",
                "jane @ example . de | [email]",
                "jane @ example.com, thanks | [email], thanks",
                "jane[at]example.com | [email]",
                "it is jane dot doe at example dot com ok | it is [email] ok",
                "jane [@] example [.] com or jane . doe @ example . com | [email] or [email]",
                "at this point in time, They@ll, V@R | at this point in time, They@ll, V@R",
                "jane_doe at example.org | [email]",
                "my email is jane at example.org | my email is [email]",
                "jane at gmail | [email]",
                "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ | [email]",
                "ja\u200bne@exam\u00adple.com | [email]",
                "jаne@example.com | [email]",
                "<mailto:jane@example.com> | <mailto:[email]>",
            })
    void shouldMarkAddresses(String text, String redacted) {
        assertThat(redact(text)).isEqualTo(redacted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0007',
            value = {
                "see https://www.example.com/ now | see https://www.example.com/ now",
                "see https://www.example.com/orders/12?mail=x. Bye | see https://www.example.com/[link]. Bye",
                "https://example.co.uk?token=abc | https://example.co.uk[link]",
                "https://jane:secret@example.com/ | https://[email]/",
                "www.example.com/jane | www.example.com/[link]",
                "https://jane.tumblr.com | [link]",
                "instagram.com/jane.doe, mine | instagram.com/[link], mine",
                "http://192.168.1.7/cam | http://[ip]/[link]",
                "and/or, he/she, 9.5/10, w/o | and/or, he/she, 9.5/10, w/o",
                "from net-a-porter.com and mrporter.com | from net-a-porter.com and mrporter.com",
            })
    void shouldLeaveOfALinkTheHost(String text, String redacted) {
        assertThat(redact(text)).isEqualTo(redacted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0007',
            value = {
                "call 07700 900123 now | call [phone] now",
                "+44 (0)20 7946 0958 | [phone]",
                "(212) 555-0123 ext. 45 | [phone]",
                "212.555.0123x45 | [phone]",
                "555-0123 | [phone]",
                "call 5550123 | call [phone]",
                "06 12 34 56 78 | [phone]",
                "06.12.34.56.78 | [phone]",
                "030/1234567 | [phone]",
                "+1-202-555-0199 | [phone]",
                "0 7 7 0 0 9 0 0 1 2 3 | [phone]",
                "oh seven seven double zero nine, triple zero one two three | [phone]",
                "null eins sieben sechs fünf vier drei zwei | [phone]",
                "٠٧٧٠٠٩٠٠١٢٣ | [phone]",
                "4111 1111 1111 1111 | [card]",
                "4111-1111-1111-1111 exp 12/25 | [card] exp 12/25",
                "378282246310005 | [card]",
                "3782 822463 10005 | [card]",
                "1234 5678 9012 3456 | [card]",
                "my account 12345678 | my account [number]",
                "order #123456789 | order #[number]",
                "DE89 3704 0044 0532 0130 00, please | [iban], please",
                "gb82west12345698765432 | [iban]",
                "IBAN: FR14 2004 1010 0505 0001 3M02 606 ok | IBAN: [iban] ok",
                "192.168.1.1:8080 | [ip]",
                "version 1.2.3.4 | version [ip]",
                "[2001:db8::8a2e:370:7334]:443 | [[ip]]:443",
                "fe80::1%eth0 and ::ffff:192.0.2.1 | [ip] and [ip]",
                "2001:0db8:85a3:0000:0000:8a2e:0370:7334. | [ip].",
            })
    void shouldMarkNumbersThatTellOfAPerson(String text, String redacted) {
        assertThat(redact(text)).isEqualTo(redacted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0007',
            value = {
                "My name is Jane van der Berg and | My name is [name] and",
                "my name is jane doe | my name is [name]",
                "MY NAME IS JANE DOE. HELP | MY NAME IS [name]. HELP",
                "I'm Jane, hello | I'm [name], hello",
                "this is Jane Doe from Leeds | this is [name] from Leeds",
                "Kind regards,\\nJane | Kind regards,\\n[name]",
                "Dear Mrs. Doe, | Dear Mrs. [name],",
                "Hi Jane, how are you? | Hi [name], how are you?",
                "Thanks,\\nJane D. Doe | Thanks,\\n[name]",
                "Cheers, Jane x | Cheers, [name] x",
                "What's your name? Jane Doe-Smith | What's your name? [name]",
                "Dear Net-a-Porter team, This Is The Best Coat Ever | Dear Net-a-Porter team, This Is The Best Coat Ever",
                "call me Jane | call me [name]",
                "Ich heiße Jürgen Groß. | Ich heiße [name].",
                "Je m'appelle Zoé Lefèvre. | Je m'appelle [name].",
                "Mi chiamo Anna-Maria Rossi. | Mi chiamo [name].",
                "Me llamo José García. | Me llamo [name].",
                "born on 12 November 1985 in | born on [date] in",
                "DOB: 12/11/1985 | DOB: [date]",
                "born 20031112 | born [date]",
                "I'm happy. This is Jolly. Dear Customer, Hi There! | I'm happy. This is [name]. Dear Customer, Hi There!",
            })
    void shouldMarkNamesAndBirthsByCue(String text, String redacted) {
        assertThat(redact(text.replace("\\n", "\n"))).isEqualTo(redacted.replace("\\n", "\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "£1,250.00, EUR 99, 1 250 000 €, $12500000, 1.250.000,00 EUR and USD 12 500 000",
                "size 38, UK 10, W 32 L 34, sizes 34 36 38 40, 34/36/38 or 34-36-38",
                "in 2017, 01/2019, 05-2017, 12/11/2017, 2017-11-12 10:30, 12.11.2017 10.30, 2010-2017 and 1998 1999 2000",
                "order 3 of 5, NAP-123456, item 1234567, ending 4242, **** **** **** 4242",
                "call us 9.00-17.30, 12.50 - 15.00, reigned 1603-1625, 32.500.000 users, 17.81/1000, four 747-100 aircraft",
                "24-48 hours, 100% cotton, iPhone 12, at 10.30, 1500-2000 words, 3.14159265, 10.0.19041.1",
                "so :.: or :..: it is",
                "1,2,3,4,5,6,7,8,9 and 1 2 3 4 5 6 7 8 9, 12:30:45, std::vector, 1920x1080, 4/5 10/10",
                "one or two at a time; five, six or seven; meet me @home. It is late. 2 @ 5.50, look at net-a-porter.com",
                "It's OK. I'm Italian. I am British. This is Friday. Thanks, The parcel came. Best, but late.",
            })
    void shouldLeaveEverythingElse(String text) {
        assertThat(redact(text)).isSameAs(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0007',
            value = {
                "it's rose müller ngo | it's [name]",
                "Rose mueller's gold | [name] gold",
                "the rose gold ring for Rose | the rose gold ring for [name]",
                "OBRIEN, JOHN | [name]",
                "J. M. O’Brien is j.o'brien is john | [name] is [name] is [name]",
                "J O H N   M I C H A E L   O B R I E N | [name]",
                "contactjohnmichaelobriennow | contact[name]now",
                "ＪＯＨＮ, Jo\u200bhn, J\u00f3hn | [name], [name], [name]",
                "john.obrien@EXAMPLE.com | [email]",
                "john obrien example com | [email]",
                "john dot obrien at example dot com | [email]",
                "John.OBrien+other@example.com | [email]",
                "07700900123, +447700900123, 0044 (0) 7700-900-123 | [phone], [phone], [phone]",
                "my number 900 123 in 7700 | my number 900 123 in 7700",
                "flat 3, 10 downing st london sw1a2aa uk | [address] uk",
                "10 DOWNING STREET | [address]",
                "Downing Street 10 | [address]",
                "SW1A-2AA | [address]",
                "in London, or the united kingdom | in [address], or the united kingdom",
                "Hauptstr. 12, 10115 Berlin | [address]",
                "NAP 123456, #nap123456, 123-456 | [order], #[order], [order]",
                "£1,234.56 for order 77, size 77, #77 | £1,234.56 for [order], size 77, #[order]",
            })
    void shouldMarkWhatIsKnownOfThePersonInAnySpelling(String text, String redacted) {
        assertThat(REDACTOR.redact(text, ROSE)).isEqualTo(redacted);
    }

    @Test
    void shouldMarkNamesInScriptsWithoutSpaces() {
        KnownValues values = new KnownValues.Builder().name("王伟").build();

        assertThat(REDACTOR.redact("我叫王伟，谢谢", values)).isEqualTo("我叫[name]，谢谢");
    }

    @Test
    void shouldLeaveWordsThatAShortNameWouldMake() {
        KnownValues values = new KnownValues.Builder()
                .name("Tom He")
                .name("Jo Brown")
                .name("Al Low")
                .build();

        assertThat(REDACTOR.redact("the job you allow; T. He, Jo B., Al Low", values))
                .isEqualTo("the job you allow; [name], [name]., [name]");
    }

    @Test
    void shouldLeaveMarksAlone() {
        KnownValues values = new KnownValues.Builder().name("Mark Link").build();

        assertThat(REDACTOR.redact("[link] [email] Link", values)).isEqualTo("[link] [email] [name]");
    }

    @Test
    void shouldPrintNoValue() {
        assertThat(ROSE.toString()).matches("KnownValues\\[[0-9]+ forms]");
    }

    private static String redact(String text) {
        return REDACTOR.redact(text, KnownValues.NONE);
    }
}
