package console

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
)

// operations is all that a console may ask for.
var operations = operation.NewTable(
	[]operation.Resource[*Call]{{
		Path: "", Serve: (*Call).redirect,
		Doc: "redirects to the page",
	}, {
		Path: "/", Serve: (*Call).page,
		Doc: "the page",
	}, {
		Path: "/console.js", Query: "?v=HASH", Serve: (*Call).script,
		Doc: "its script",
	}, {
		Path: "/console.css", Query: "?v=HASH", Serve: (*Call).style,
		Doc: "its style",
	}, {
		Path: "/socket", Serve: (*Call).openSocket,
		Doc: "the WebSocket; the server speaks first with `hello`",
	}},
	[]operation.Operation[*Call]{
		operation.New(operation.Info{
			Name: "login", Who: operation.Anybody, Class: limits.Request, Over: operation.HTTP,
			Doc: "sign in; else `error` with `wrong_credentials` (401) or `rate_limited` (429, `retry`)",
		}, login),
		operation.New(operation.Info{
			Name: "me", Who: operation.Agent, Class: limits.Request, Over: operation.HTTP,
			Doc: "who is signed in; else `error` with `signed_out` as an ordinary 200",
		}, me),
		operation.New(operation.Info{
			Name: "logout", Who: operation.Anybody, Class: limits.Logout, Over: operation.HTTP,
			Doc: "sign out, in all consoles of the session",
		}, logout),
		operation.New(operation.Info{
			Name: "inbox", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "a page of conversations; with `status` `waiting` the open ones that wait for an answer, the longest first. `assignee`: `me`, `none` or an e-mail address. `label`: one of the verified profile's, exactly. " +
				"`field`: a further field of the verified profile with exactly this value. `search`: at most 256 bytes; " +
				"all its words and `\"phrases in quotes\"`, parts of words included, without regard to case, accents and the shape of quotes (one that begins no word only ends it): " +
				"each in the visitor's names, e-mail addresses and ids, verified or not, or equal to the conversation's `id`, " +
				"or else the others together in the text and the files' names of one message",
		}, inbox),
		operation.New(operation.Info{
			Name: "open", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "show a conversation and follow it; a `conversation` comes before the answer",
		}, open),
		operation.New(operation.Info{
			Name: "leave", Who: operation.Agent, Class: limits.Request, Over: operation.Socket, Answer: operation.OnError,
			Doc: "no longer follow a conversation",
		}, leave),
		operation.New(operation.Info{
			Name: "earlier", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "a page of the messages before one",
		}, earlier),
		operation.New(operation.Info{
			Name: "later", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "a page of the messages after one; 0: the first ones",
		}, later),
		operation.New(operation.Info{
			Name: "reply", Who: operation.Agent, Class: limits.Message, Over: operation.Socket,
			Doc: "a message to the visitor. Where another agent has answered behind message `seen`: `error` with `answered`; without `seen` it is sent all the same",
		}, reply),
		operation.New(operation.Info{
			Name: "typing", Who: operation.Agent, Class: limits.Request, Over: operation.Socket, Answer: operation.OnError,
			Doc: "the agent types, or has stopped; the visitor and the other agents are told",
		}, typing),
		operation.New(operation.Info{
			Name: "read", Who: operation.Agent, Class: limits.Request, Over: operation.Socket, Answer: operation.OnError,
			Doc: "the agent has seen up to `seq`",
		}, read),
		operation.New(operation.Info{
			Name: "unread", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "from message `seq` on it is unread to the agent, until they look again",
		}, unread),
		operation.New(operation.Info{
			Name: "status", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "resolve or reopen",
		}, status),
		operation.New(operation.Info{
			Name: "assign", Who: operation.Agent, Class: limits.Request, Over: operation.Socket,
			Doc: "`agent`: an agent's e-mail address, or empty for nobody",
		}, assign),
		operation.NewStream[UploadHead, frame.Uploaded](operation.Info{
			Name: "upload", Who: operation.Agent, Class: limits.Upload, Over: operation.HTTP,
			Doc: "a file for a reply; see [Files](#files)",
		}, (*Call).upload),
		operation.NewStream[AttachmentRequest, operation.None](operation.Info{
			Name: "attachment", Who: operation.Agent, Class: limits.Request, Over: operation.HTTP,
			Doc: "the file `id` of message `seq`, or an `error` as JSON; see [Files](#files)",
		}, (*Call).attachment),
	})

// Audience describes the protocol between a console and the server.
func Audience() operation.Audience {
	return operations.Describe("Console", "D",
		operation.FrameOf[Hello]("`unread`: open conversations with messages unread to the agent; `waiting`: those in which the visitor waits for an answer. `labels`: what further fields are called, by site and field. It comes once more on the same socket where more than 50 conversations "+
			"were deleted at once: ask for everything again; what was followed has had its `gone` before"),
		operation.FrameOf[Me]("who is signed in"),
		operation.FrameOf[Counts]("the numbers of `hello`, where one has changed"),
		operation.FrameOf[Agents]("someone came or went, or a reload changed the agents or the sites"),
		operation.FrameOf[Inbox]("a page of at most 50; `next`, as the next question's `cursor`, asks for the following one; the question is repeated. "+
			"With `search` or `field` a page looks through a bounded amount of records: it may be short or empty and yet have a `next`; "+
			"`reached` is the `active` down to which it has come, absent with `status` `waiting`. `hits`: of conversations that were not found by their visitor alone, the last message that matches"),
		operation.FrameOf[Conversation]("new or changed; sent for every conversation of the agent's sites"),
		operation.FrameOf[Messages]("after `after`, before `before`, or the last ones; `earlier`: there are older ones; `later`: so does the answer to `later` say that there are newer ones"),
		operation.FrameOf[NewMessage]("in a conversation that is followed"),
		operation.FrameOf[Typing]("the visitor types, or, with `agent`, another agent, in a conversation that is followed"),
		operation.FrameOf[Viewers]("the other agents who follow a conversation that is followed, whenever they change"),
		operation.FrameOf[Assigned]("somebody else has given the conversation to the agent"),
		operation.FrameOf[Gone]("the conversation was deleted: erased, or by `retention`"),
		operation.FrameOf[Merged]("the visitor signed in and the anonymous conversation went into the person's"),
		operation.FrameOf[Ack]("stored durably"),
		operation.FrameOf[frame.Failure]("see [Error codes](#error-codes)"),
		operation.FrameOf[frame.Ok]("done"),
		operation.FrameOf[SignedOut]("the session has ended: show the sign-in page"),
	)
}
