package limits

import "net/netip"

// Network returns what an address counts by wherever somebody is held back: an
// IPv4 address, or the first 64 bits of an IPv6 address, since one client may
// use all the rest. An IPv4 address written as IPv6 (::ffff:192.0.2.1) is the
// same as the IPv4 address, and a zone does not count. For an invalid address it
// is the zero Addr, so that what a proxy passes on takes no more memory.
func Network(address string) netip.Addr {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Addr{}
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			ip = network.Addr()
		}
	}
	return ip
}

// IsLocal reports whether an address is this machine's, or invalid. It may then
// be that of a proxy that Caddy was not told of, with everybody behind it.
func IsLocal(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err != nil || ip.Unmap().IsLoopback()
}
