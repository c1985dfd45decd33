// Package chat has the nouns of Parley: sessions and people, conversations and
// messages, agents, events, and the contract of the Store that has them. Its
// rules are pure: they read no store, take no lock and wait for nobody.
//
// What acts on them is in the packages below it: session decides whose session a
// request belongs to, service does what visitors, agents and operators ask for,
// hub publishes events to live connections, background runs writes that nobody
// waits for, and export writes down personal data. They import each other in the
// order hub, background, session, service, and none of them knows of HTTP, of
// Caddy or of a database.
package chat
