package io.cloakroom.policy;

import com.uber.h3core.H3Core;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The H3 cell that a place lies in. */
final class Cell {

    private static final int LONGEST = 256;

    /**
     * RFC 5870, each part known by its first character and never tried twice: linear. Altitude and parameters are allowed,
     * and lead to nothing.
     */
    private static final Pattern GEO_URI = Pattern.compile(
            "(?i:geo):(-?[0-9]++(?:\\.[0-9]++)?+),(-?[0-9]++(?:\\.[0-9]++)?+)(?:,-?[0-9]++(?:\\.[0-9]++)?+)?+"
                    + "(?i:;crs=wgs84)?+(?:;(?!(?i:crs)(?:[=;]|\\z))[a-zA-Z0-9-]++(?:=[\\[\\]:&+$a-zA-Z0-9_.!~*'()%-]++)?+)*+");

    /** Loaded with the first cell, and {@link #fault} has seen to it that it can be. */
    private static final class Library {
        private static final H3Core H3 = load();

        private static H3Core load() {
            try {
                return H3Core.newInstance();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Cell() {}

    /**
     * Why there are no cells on this machine, and what to do; empty if there are. The library is native: asked when a policy
     * is loaded, so that no event finds it missing.
     */
    static Optional<String> fault() {
        try {
            H3Core.newInstance();
            return Optional.empty();
        } catch (IOException | LinkageError e) {
            return Optional.of("its library does not load from " + System.getProperty("java.io.tmpdir")
                    + "; set -Djava.io.tmpdir to a directory that can be written to and run from");
        }
    }

    /**
     * @param geoUri such as {@code geo:51.5074,-0.1278;u=35}, in WGS 84
     * @return the cell's address, hexadecimal; empty for what is no place
     */
    static String of(String geoUri, int resolution) {
        if (geoUri.length() > LONGEST) {
            return "";
        }
        Matcher place = GEO_URI.matcher(geoUri);
        if (!place.matches()) {
            return "";
        }
        double latitude = Double.parseDouble(place.group(1));
        double longitude = Double.parseDouble(place.group(2));
        return Math.abs(latitude) > 90 || Math.abs(longitude) > 180
                ? ""
                : Library.H3.latLngToCellAddress(latitude, longitude, resolution);
    }
}
