package io.cloakroom.streams.gate;

import com.uber.h3core.H3Core;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Addresses of the web, of the internet and on the globe, made less exact. What is none of these leaves nothing behind: an
 * empty text, never itself.
 */
final class Addresses {

    /** Longer than any address that somebody uses. */
    private static final int LONGEST = 8_192;

    private static final String NOTHING = "";
    private static final String HIDDEN = "*";

    /** Four digits on end, an encoded or plain at, or more letters and digits on end than a word has. */
    private static final Pattern IDENTIFYING =
            Pattern.compile("[0-9]{4}|@|%40|[A-Za-z0-9_-]{24}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}");

    /** RFC 5870: latitude and longitude in degrees; altitude and parameters do not matter. */
    private static final Pattern PLACE =
            Pattern.compile("geo:(-?[0-9]{1,2}(?:\\.[0-9]{1,12})?),(-?[0-9]{1,3}(?:\\.[0-9]{1,12})?)(?:[,;].{0,100})?");

    private static final int NETWORK_4 = 24;
    private static final int NETWORK_6 = 48;

    /** One address, as it is usually written: no ranges, wildcards, octal or hexadecimal numbers, or masks. */
    private static final IPAddressStringParameters ONE_ADDRESS = new IPAddressStringParameters.Builder()
            .allowEmpty(false)
            .allowAll(false)
            .allowSingleSegment(false)
            .allowPrefix(false)
            .allowMask(false)
            .allowWildcardedSeparator(false)
            .allowIPv4(true)
            .allowIPv6(true)
            .getIPv4AddressParametersBuilder()
            .allow_inet_aton(false)
            .allowLeadingZeros(false)
            .allowBinary(false)
            .getParentBuilder()
            .getIPv6AddressParametersBuilder()
            .allowZone(false)
            .allowBinary(false)
            .allowBase85(false)
            .getParentBuilder()
            .toParams();

    private Addresses() {}

    /** Scheme, host and path; a segment that can identify somebody is a star (C36). Linear in the text. */
    static String path(String url) {
        if (url.length() > LONGEST) {
            return NOTHING;
        }
        try {
            URI uri = new URI(url.strip());
            if (uri.getScheme() == null || uri.getHost() == null) {
                return NOTHING;
            }
            String path = Arrays.stream(uri.getRawPath().split("/", -1))
                    .map(Addresses::segment)
                    .collect(Collectors.joining("/"));
            return (uri.getScheme() + "://" + host(uri.getHost())).toLowerCase(Locale.ROOT) + path;
        } catch (URISyntaxException e) {
            return NOTHING;
        }
    }

    private static String host(String host) {
        return IDENTIFYING.matcher(host).find() ? HIDDEN : host;
    }

    private static String segment(String segment) {
        int matrix = segment.indexOf(';');
        String name = matrix < 0 ? segment : segment.substring(0, matrix);
        return IDENTIFYING.matcher(name).find() ? HIDDEN : name;
    }

    static String network(String text) {
        int zone = text.indexOf('%');
        String plain = (zone < 0 ? text : text.substring(0, zone)).strip();
        IPAddress address = new IPAddressString(plain, ONE_ADDRESS).getAddress();
        if (address == null || address.isMultiple()) {
            return NOTHING;
        }
        IPAddress own = address.isIPv6() && address.toIPv6().isIPv4Mapped()
                ? address.toIPv6().getEmbeddedIPv4Address()
                : address;
        return own.toPrefixBlock(own.isIPv4() ? NETWORK_4 : NETWORK_6)
                .getLower()
                .toCanonicalString();
    }

    static String cell(String text, int resolution) {
        Matcher place = PLACE.matcher(text);
        if (!place.matches()) {
            return NOTHING;
        }
        double latitude = Double.parseDouble(place.group(1));
        double longitude = Double.parseDouble(place.group(2));
        boolean isOnTheGlobe = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
        return isOnTheGlobe ? Globe.H3.latLngToCellAddress(latitude, longitude, resolution) : NOTHING;
    }

    /** Loaded when it is first needed: it brings a native library. */
    private static final class Globe {
        static final H3Core H3 = load();

        private static H3Core load() {
            try {
                return H3Core.newInstance();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
