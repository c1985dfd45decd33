package api

import "net/netip"

// Network is what addresses count by wherever somebody is held back: an IPv4
// address, or the 64 bits of an IPv6 network, all of which one client may use.
// An IPv4 address that is written as IPv6 (::ffff:192.0.2.1) is the same as the
// IPv4 address, and a zone does not count. It is the zero Addr for what is no
// address, and never longer than an Addr, whatever a proxy has passed on.
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

// IsLocal reports whether an address is this machine's, or not known: then it
// may be that of a proxy that Caddy was not told of, with everybody behind it.
func IsLocal(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err != nil || ip.Unmap().IsLoopback()
}
