package io.cloakroom.policy;

import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import inet.ipaddr.ipv6.IPv6Address;

/** The network that an IP address is in. */
final class Network {

    private static final int IPV4_PREFIX = 24;
    private static final int IPV6_PREFIX = 48;

    /** No address is longer, with its zone. */
    private static final int LONGEST = 64;

    /** One address: no range, list, wildcard, prefix or other base, and four numbers in IPv4. */
    private static final IPAddressStringParameters ONE_ADDRESS = oneAddress();

    private Network() {}

    private static IPAddressStringParameters oneAddress() {
        IPAddressStringParameters.Builder all = new IPAddressStringParameters.Builder()
                .allowEmpty(false)
                .allowAll(false)
                .allowSingleSegment(false)
                .allowPrefix(false)
                .allowMask(false)
                .allowPrefixOnly(false)
                .allowWildcardedSeparator(false)
                .setRangeOptions(RangeParameters.NO_RANGE);
        all.getIPv4AddressParametersBuilder()
                .allow_inet_aton(false)
                .allowBinary(false)
                .allowLeadingZeros(false);
        all.getIPv6AddressParametersBuilder()
                .allowZone(false)
                .allowBase85(false)
                .allowBinary(false)
                .getEmbeddedIPv4AddressParametersBuilder()
                .allow_inet_aton(false)
                .allowBinary(false)
                .allowLeadingZeros(false);
        return all.toParams();
    }

    /**
     * Such as {@code 203.0.113.0/24} or {@code 2001:db8::/48}. An IPv6 address that carries a whole IPv4 address in its
     * first bits or stands for one (mapped, 6to4) is that one. Empty for what is no address.
     */
    static String of(String text) {
        if (text.length() > LONGEST) {
            return "";
        }
        int zone = text.indexOf('%');
        boolean hasZone = zone >= 0 && text.lastIndexOf(':', zone) >= 0;
        IPAddress address = new IPAddressString(hasZone ? text.substring(0, zone) : text, ONE_ADDRESS).getAddress();
        if (address == null) {
            return "";
        }
        if (address.isIPv6()) {
            IPv6Address wide = address.toIPv6();
            if (!wide.isIPv4Mapped() && !wide.is6To4()) {
                return wide.toPrefixBlock(IPV6_PREFIX).toCanonicalString();
            }
            address = wide.isIPv4Mapped() ? wide.getEmbeddedIPv4Address() : wide.get6To4IPv4Address();
        }
        return address.toPrefixBlock(IPV4_PREFIX).toCanonicalString();
    }
}
