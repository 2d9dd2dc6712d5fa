package io.cloakroom.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    private static final List<String> FIXED = List.of(
            "processing.guarantee",
            "deserialization.exception.handler",
            "default.deserialization.exception.handler",
            "production.exception.handler",
            "default.production.exception.handler",
            "processing.exception.handler",
            "rocksdb.config.setter",
            "errors.dead.letter.queue.topic.name",
            "default.timestamp.extractor",
            "isolation.level",
            "auto.offset.reset",
            "interceptor.classes");

    @TempDir
    Path directory;

    @Test
    void shouldNameTheSettingThatThereIsNot() {
        assertThatThrownBy(() -> new Settings(Map.of("cloakroom.polices", "policy")))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "cloakroom.polices is not a setting; there are"
                                + " cloakroom.avro.serializer, cloakroom.http.listen, cloakroom.keys, cloakroom.keys.kek, cloakroom.policies, cloakroom.principals");
    }

    static Stream<String> fixed() {
        List<String> prefixes = List.of(
                "", "consumer.", "main.consumer.", "restore.consumer.", "global.consumer.", "producer.", "admin.");
        return FIXED.stream().flatMap(key -> prefixes.stream().map(prefix -> prefix + key));
    }

    @ParameterizedTest
    @MethodSource("fixed")
    void shouldLetNothingTurnARuleOff(String key) {
        assertThatThrownBy(() -> new Settings(Map.of(key, "SECRET")))
                .isInstanceOf(ConfigException.class)
                .hasMessage(key + " is fixed: releases, state and audit are one transaction");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"commit.interval.ms", "consumer.max.poll.records", "producer.linger.ms", "security.protocol"})
    void shouldLeaveKafkasOwnSettingsAsTheyAre(String key) {
        assertThat(new Settings(Map.of(key, "1")).client()).containsExactly(Map.entry(key, "1"));
    }

    @Test
    void shouldRefuseWithWhatComesLaterToo() {
        Settings settings = new Settings(Map.of("bootstrap.servers", "localhost:1"));

        assertThatThrownBy(() -> settings.with(Map.of("processing.guarantee", "at_least_once")))
                .hasMessageStartingWith("processing.guarantee is fixed");
    }

    @Test
    void shouldListenWhereItIsTold() {
        assertThat(new Settings(Map.of()).listen()).isEmpty();
        assertThat(new Settings(Map.of(Settings.LISTEN, "127.0.0.1:9404")).listen())
                .contains(new InetSocketAddress("127.0.0.1", 9404));
    }

    @ParameterizedTest
    @ValueSource(strings = {"9404", ":9404", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000"})
    void shouldRefuseWhatIsNoAddress(String address) {
        assertThatThrownBy(() -> new Settings(Map.of(Settings.LISTEN, address)).listen())
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "cloakroom.http.listen=" + address + " is not HOST:PORT of this machine, as 127.0.0.1:9404 is");
    }

    @Test
    void shouldKeepItsOwnSettingsFromKafka() {
        Settings settings = new Settings(
                Map.of("bootstrap.servers", "localhost:1", Settings.POLICIES, "policies", Settings.KEYS, "keys"));

        assertThat(settings.client()).containsOnlyKeys("bootstrap.servers");
        assertThat(settings.policies()).isEqualTo(Path.of("policies"));
        assertThat(settings.keys()).isEqualTo(Path.of("keys"));
    }

    @Test
    void shouldNeverPrintAValue() {
        Settings settings = new Settings(Map.of("sasl.jaas.config", "password=SECRET", "a", "OTHER"));

        assertThat(settings).hasToString("Settings[a, sasl.jaas.config]");
    }

    @Test
    void shouldNameARequiredSettingThatIsMissing() {
        Settings settings = new Settings(Map.of(Settings.POLICIES, ""));

        assertThatThrownBy(settings::keys)
                .isInstanceOf(ConfigException.class)
                .hasMessage("the setting cloakroom.keys is missing");
        assertThatThrownBy(settings::policies).hasMessage("the setting cloakroom.policies is missing");
    }

    @Test
    void shouldReadAPropertiesFile() throws IOException {
        Path file = Files.writeString(directory.resolve("gate.properties"), """
                # how to get there
                bootstrap.servers = localhost:1 \t
                cloakroom.keys=keys
                """);

        assertThat(Settings.read(file).all())
                .containsOnly(Map.entry("bootstrap.servers", "localhost:1"), Map.entry("cloakroom.keys", "keys"));
    }

    @Test
    void shouldSayThatAFileIsNoPropertiesFile() throws IOException {
        Path file = Files.writeString(directory.resolve("gate.properties"), "a=\\u00zz");

        assertThatThrownBy(() -> Settings.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": not a properties file: ");
    }

    @Test
    void shouldSayThatAFileIsNotThere() {
        Path file = directory.resolve("gate.properties");

        assertThatThrownBy(() -> Settings.read(file))
                .isInstanceOf(IOException.class)
                .hasMessage(file + ": no such file");
    }

    // Secrets.

    private Settings pointing(String key) throws IOException {
        Files.writeString(directory.resolve("secrets"), "broker=s3cret ${file:x:y}\nregistry=ann\\:s3cret\n");
        String file = directory.resolve("secrets").toString();
        Path settings = directory.resolve("gate.properties");
        Files.writeString(settings, """
                config.providers=file
                config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
                sasl.jaas.config=a.Module required password="${file:%s:%s}";
                basic.auth.user.info=${file:%s:registry}
                cloakroom.keys=${file:%s:registry}
                """.formatted(file, key, file, file));
        return Settings.read(settings);
    }

    @Test
    void shouldTakeSecretsFromWhereKafkasProvidersKeepThemForEveryConnection() throws IOException {
        Settings settings = pointing("broker");

        assertThat(settings.client())
                .containsEntry("sasl.jaas.config", "a.Module required password=\"s3cret ${file:x:y}\";")
                .containsEntry("basic.auth.user.info", "ann:s3cret")
                .doesNotContainKeys("config.providers", "config.providers.file.class");
        assertThat(settings.keys()).hasToString("ann:s3cret");
        assertThat(settings.with(Map.of("client.id", "b")).client())
                .containsEntry("basic.auth.user.info", "ann:s3cret");
        assertThat(settings.toString()).doesNotContain("s3cret");
    }

    @Test
    void shouldRefuseASecretThatIsNotThere() {
        assertThatThrownBy(() -> pointing("brokr"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("the setting sasl.jaas.config asks for ${file:" + directory.resolve("secrets")
                        + ":brokr}, and nothing is there");
    }
}
