package limits

import "time"

// Class is a kind of request with limits of its own.
type Class uint8

const (
	// Start: a new anonymous session, or another tab secret of one.
	Start Class = iota
	// Message: a message, of a visitor or an agent.
	Message
	// Request: any other operation, polling among them.
	Request
	// Upload: a file.
	Upload
	// Socket: a socket that is opened.
	Socket
	// UploadSize: uploadUnit bytes of files.
	UploadSize
	// Transcript: a whole conversation as a file.
	Transcript
	// Logout: a logout. One that ends a session is never held back.
	Logout
)

// names are what the log calls the classes.
var names = [...]string{
	Start: "starting chats", Message: "messages", Request: "requests", Upload: "uploads",
	Socket: "sockets", UploadSize: "bytes of uploads", Transcript: "transcripts", Logout: "logouts",
}

// String names the class for the log.
func (c Class) String() string { return names[c] }

// uploadUnit is the unit in which bytes of files are counted.
const uploadUnit = 64 << 10

// rate is a burst, and how long it takes until one more is allowed.
type rate struct {
	burst int
	every time.Duration
}

// rates are, for each class, those of a session and of an address. Behind one
// address there may be an office of 200 people who all come back at once, each
// with some tabs, after a restart. docs/protocol.md lists them.
var rates = [...]struct{ session, address rate }{
	Start:   {rate{20, 10 * time.Second}, rate{300, 5 * time.Second}},
	Message: {rate{120, time.Second / 2}, rate{2400, time.Second / 40}},
	Request: {rate{300, time.Second / 10}, rate{3000, time.Second / 200}},
	Upload:  {rate{20, 10 * time.Second}, rate{200, time.Second}},
	Socket:  {rate{60, time.Second}, rate{1500, time.Second / 30}},
	// 50 MiB, 10 more a minute; 200 MiB, 30 more a minute
	UploadSize: {rate{50 << 20 / uploadUnit, time.Minute / (10 << 20 / uploadUnit)}, rate{200 << 20 / uploadUnit, time.Minute / (30 << 20 / uploadUnit)}},
	Transcript: {rate{10, 30 * time.Second}, rate{200, time.Second}},
	Logout:     {rate{20, time.Second}, rate{300, time.Second / 20}},
}

const (
	// maxSessionSockets and maxAddressSockets are how many sockets may be open
	// at a time.
	maxSessionSockets = 64
	maxAddressSockets = 2000
	// localFactor is how many times as much a loopback address may do: what
	// comes from there is often a proxy that Caddy was not told of
	// (trusted_proxies), with all visitors behind it.
	localFactor = 50
	// socketRetry is how long to wait before trying again to open one too many.
	socketRetry = 30 * time.Second
)
