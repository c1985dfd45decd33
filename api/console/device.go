package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/chat"
)

// A browser in which an agent has signed in gets a pass: a number of its own, signed
// for that agent's name with a key that goes with their password. It opens nothing.
// Whoever shows it has tries of their own at that agent's password, so that strangers
// who guess can't keep the agent out. Several agents may share a browser: its cookie
// has a pass of each.
const (
	deviceBytes = 16 // of the number
	issuedBytes = 4  // seconds since 1970
	macBytes    = 16 // 128 bits of an HMAC-SHA256
	passBytes   = deviceBytes + issuedBytes + macBytes
	// passLife is how long a pass counts from the last sign-in.
	passLife = 365 * 24 * time.Hour
	// maxPasses are how many agents' passes a browser keeps, the latest ones.
	maxPasses = 8
	// maxPassCookie is the longest cookie that is read, in bytes.
	maxPassCookie = maxPasses * (passBytes*4/3 + 1)
)

// device is a browser, as its cookie tells.
type device struct {
	id     [deviceBytes]byte // what the agent's pass says, or a new one
	known  bool              // there is such a pass
	others []string          // passes that are not this agent's, or no longer
}

// device finds the agent's pass among those that the browser has.
func (c *Call) device(email string, now time.Time) (d device) {
	h := c.handler
	rand.Read(d.id[:])
	key := h.Agents.DeviceKey(email)
	for text := range strings.SplitSeq(transport.Cookie(c.r, h.deviceCookieName(h.Secure(c.r)), maxPassCookie), ".") {
		pass, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(pass) != passBytes || len(d.others) == maxPasses {
			continue
		}
		id, issued := [deviceBytes]byte(pass), time.Unix(int64(binary.BigEndian.Uint32(pass[deviceBytes:])), 0)
		if hmac.Equal(pass, newPass(key, email, id, issued)) && now.Sub(issued) < passLife {
			d.id, d.known = id, true
		} else {
			d.others = append(d.others, text)
		}
	}
	return d
}

// name is what the tries at this device count under; empty where it is not known.
func (d *device) name() string {
	if !d.known {
		return ""
	}
	return string(d.id[:])
}

// newPass signs a device's number for an agent.
func newPass(key chat.Hash, email string, id [deviceBytes]byte, issued time.Time) []byte {
	pass := binary.BigEndian.AppendUint32(id[:], uint32(issued.Unix())) // until 2106
	mac := hmac.New(sha256.New, key[:])
	_, _ = mac.Write(pass) // a hash takes everything
	_, _ = mac.Write([]byte(email))
	return mac.Sum(pass)[:passBytes]
}

// keepDevice has the browser keep a pass of the agent who has signed in.
func (c *Call) keepDevice(d device, email string, now time.Time) {
	h := c.handler
	pass := newPass(h.Agents.DeviceKey(email), email, d.id, now)
	passes := append([]string{base64.RawURLEncoding.EncodeToString(pass)}, d.others...)
	passes = passes[:min(len(passes), maxPasses)]
	secure := h.Secure(c.r)
	cookie := http.Cookie{Name: h.deviceCookieName(secure), Value: strings.Join(passes, "."), Path: h.Path + "/", Secure: secure,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(passLife / time.Second)}
	c.w.Header().Add("Set-Cookie", cookie.String())
}

func (h *Handler) deviceCookieName(secure bool) string { return h.prefixed("parley-device", secure) }
