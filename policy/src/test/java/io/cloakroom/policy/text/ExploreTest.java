package io.cloakroom.policy.text;

import java.nio.file.*;
import java.util.*;
import org.junit.jupiter.api.Test;

class ExploreTest {
    @Test
    void explore() throws Exception {
        List<String> s = Texts.sentences();
        Redactor r = new Redactor();
        List<String> out = new ArrayList<>();
        for (String t : s) {
            String x = r.redact(t, KnownValues.NONE);
            if (!x.equals(t)) out.add(x + "   <<<   " + t);
        }
        Files.write(Path.of("/tmp/touched.txt"), out);
        long chars = s.stream().mapToLong(String::length).sum();
        long begin = System.nanoTime();
        for (String t : s) r.redact(t, KnownValues.NONE);
        System.out.println(s.size() + " sentences, touched " + out.size() + ", chars " + chars + " ns "
                + (System.nanoTime() - begin));
    }
}
