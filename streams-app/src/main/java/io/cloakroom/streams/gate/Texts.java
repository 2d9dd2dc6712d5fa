package io.cloakroom.streams.gate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Texts that come again and again, such as brands: each is made once. Bounded: a text that finds no place is made anew. */
final class Texts {

    private static final int PLACES = 1024;
    private static final int LONGEST = 64;

    private final byte[][] bytes = new byte[PLACES][];
    private final String[] texts = new String[PLACES];

    String of(byte[] from, int start, int end) {
        int length = end - start;
        if (length > LONGEST) {
            return new String(from, start, length, StandardCharsets.UTF_8);
        }
        int hash = 0;
        for (int i = start; i < end; i++) {
            hash = 31 * hash + from[i];
        }
        int place = (hash ^ hash >>> 16) & PLACES - 1;
        byte[] there = bytes[place];
        if (there == null || !Arrays.equals(there, 0, there.length, from, start, end)) {
            bytes[place] = Arrays.copyOfRange(from, start, end);
            texts[place] = new String(from, start, length, StandardCharsets.UTF_8);
        }
        return texts[place];
    }
}
