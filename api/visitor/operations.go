package visitor

import (
	"github.com/parley-chat/parley/api/frame"
	"github.com/parley-chat/parley/api/limits"
	"github.com/parley-chat/parley/api/operation"
)

// operations is all that a visitor's browser may ask for.
var operations = operation.NewTable(
	[]operation.Resource[*Call]{{
		Path: "/widget.js", Query: "?v=HASH", Serve: (*Call).loader,
		Doc: "the loader, the only thing a page fetches until the chat is opened",
	}, {
		Path: "/chat.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("chat"),
		Doc: "the chat itself, with the texts of a language in it; English where there are none",
	}, {
		Path: "/session.js", Query: "?v=VERSION", Serve: part("session"),
		Doc: "the session: fetched where there is one, or something to tell the server, and with the chat",
	}, {
		Path: "/log.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("log"),
		Doc: "what shows messages, for who has some or is about to write one",
	}, {
		Path: "/files.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("files"),
		Doc: "what sends files and shows them, for who has one",
	}, {
		Path: "/forms.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("forms"),
		Doc: "what asks visitors for more than a message: the forms, and the messages to choose from",
	}, {
		Path: "/sound.js", Query: "?v=VERSION", Serve: part("sound"),
		Doc: "the sound, for who has turned it on",
	}, {
		Path: "/menu.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("menu"),
		Doc: "the menu, for who opens it",
	}, {
		Path: "/rating.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("rating"),
		Doc: "what asks how the chat was, for who has a resolved one",
	}, {
		Path: "/icon", Query: "?v=HASH", Serve: picture("icon"),
		Doc: "the launcher's icon, where the operator has a file of their own",
	}, {
		Path: "/logo", Query: "?v=HASH", Serve: picture("logo"),
		Doc: "the operator's logo",
	}, {
		Path: "/picture", Query: "?v=HASH", Serve: picture("picture"),
		Doc: "the operator's picture of the team",
	}, {
		Path: "/emoji.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("emoji"),
		Doc: "the emoji picker, for who opens it",
	}, {
		Path: "/picture.js", Query: "?v=VERSION", Serve: part("picture"),
		Doc: "what draws pictures of agents, where there are any",
	}, {
		Path: "/copy.js", Query: "?v=VERSION&l=LANGUAGE", Serve: part("copy"),
		Doc: "what copies messages, for who points at them or comes to them by keyboard",
	}, {
		Path: "/face", Query: "?v=PICTURE", Serve: (*Call).face,
		Doc: "what an agent looks like, by the `picture` of a message of theirs: JPEG, PNG or WebP",
	}, {
		Path: "/socket", Serve: (*Call).openSocket,
		Doc: "the WebSocket; its first frame must be `hello`",
	}},
	[]operation.Operation[*Call]{
		operation.New(operation.Info{
			Name: "hello", Who: operation.Anybody, Class: limits.Request, Over: operation.HTTP | operation.Socket, First: true,
			Doc: "who am I, and what have I missed after `after`; `from`: the `session` that a draft was written in, which is nobody else's to see",
		}, hello),
		operation.New(operation.Info{
			Name: "start", Who: operation.Anybody, Class: limits.Start, Over: operation.HTTP,
			Doc: "an anonymous visitor writes for the first time: makes the session and a tab secret, and keeps the first message if it comes along; " +
				"the answer has `mark`, or where one is signed in who `person` and no `mark`; see **Starting** below",
		}, start),
		operation.New(operation.Info{
			Name: "send", Who: operation.Visitor, Class: limits.Message, Over: operation.HTTP | operation.Socket,
			Doc: "a message; an `error` has the same `cid`. `tag`: what the visitor has said of themselves in a form, as `data` of `tag` has it, " +
				"kept together with the message or not at all; likewise in `start`, where it is ignored without a message",
		}, send),
		operation.New(operation.Info{
			Name: "earlier", Who: operation.Visitor, Class: limits.Request, Over: operation.HTTP | operation.Socket,
			Doc: "a page of the messages before one",
		}, earlier),
		operation.New(operation.Info{
			Name: "read", Who: operation.Visitor, Class: limits.Request, Over: operation.HTTP | operation.Socket, Answer: operation.OnError,
			Doc: "the visitor has seen up to `seq`",
		}, read),
		operation.New(operation.Info{
			Name: "typing", Who: operation.Visitor, Class: limits.Request, Over: operation.HTTP | operation.Socket, Answer: operation.Never,
			Doc: "the visitor types, or has stopped",
		}, typing),
		operation.New(operation.Info{
			Name: pageName, Who: operation.Visitor, Class: limits.Request, Over: operation.HTTP | operation.Socket, Answer: operation.Never,
			Doc: "the page being looked at",
		}, page),
		operation.New(operation.Info{
			Name: "tag", Who: operation.VisitorOrToken, Class: limits.Request, Over: operation.HTTP | operation.Socket,
			Doc: "what the page's script says of the visitor (unverified); `null` deletes a key; `not_found` before the first message: send it again after its `ack`. " +
				"`data: {externalToken}` alone, over HTTP, is a token that shows who is signed in: `again` where that has changed, or `error` with `bad_token`",
		}, tag),
		operation.New(operation.Info{
			Name: "rate", Who: operation.Visitor, Class: limits.Message, Over: operation.HTTP,
			Doc: "what the visitor thinks of the conversation, which is resolved: `score` from 1 to 5, `comment` of at most 1,000 characters, `resolves` as in the `state` that they saw. " +
				"It takes the place of what they said before; `not_resolved` where it was opened again since, or `resolves` is absent",
		}, rate),
		operation.New(operation.Info{
			Name: "here", Who: operation.Anybody, Class: limits.Request, Over: operation.Socket,
			Doc: "are you there",
		}, here),
		operation.New(operation.Info{
			Name: "reset", Who: operation.Anybody, Class: limits.Logout, Over: operation.HTTP,
			Doc: "log out: ends the session and clears its cookies",
		}, reset),
		operation.NewStream[UploadHead, frame.Uploaded](operation.Info{
			Name: "upload", Who: operation.Visitor, Class: limits.Upload, Over: operation.HTTP,
			Doc: "a file for a message that is about to be sent; see [Files](#files)",
		}, (*Call).upload),
		operation.NewStream[AttachmentRequest, operation.None](operation.Info{
			Name: "attachment", Who: operation.Visitor, Class: limits.Request, Over: operation.HTTP,
			Doc: "the file `id` of message `seq`, or an `error` as JSON; see [Files](#files)",
		}, (*Call).attachment),
		operation.NewStream[TranscriptRequest, operation.None](operation.Info{
			Name: "transcript", Who: operation.Visitor, Class: limits.Transcript, Over: operation.HTTP,
			Doc: "the whole conversation as a file of HTML, or an `error` as JSON; see [Files](#files). `language`: as in `chat.js?l=`; `zone`: whose times, such as `Europe/Berlin`; UTC where that is unknown",
		}, (*Call).transcript),
	})

// Audience describes the protocol between a visitor's browser and the server.
func Audience() operation.Audience {
	return operations.Describe("Visitor", "P",
		operation.FrameOf[Hello]("`who`: `none`, `anonymous`, `person`. `online`: an agent is there, within the site's hours. `me`: verified `firstname`, `lastname`, `email`. "+
			"`conversation`: see `state`, or absent. `messages`: after `after`, or the last 30. `earlier`: there are older ones before the first of `messages`. "+
			"`mark`: the tab secret that `start` has made or taken. "+
			"`stale`: the browser's cookie has been superseded by one that is on its way: keep what is shown and ask again in a moment. "+
			"`session`: its name, which opens nothing; absent for `none`. "+
			"`resumed`: the session is still the one of `from`, or what that became when its visitor signed in. "+
			"`hours`: absent where the site has none; `open`: whether the chat is answered now, `change`: after how many seconds that changes, if within a year "+
			"(ask then), `opens`: the time when it is answered again. "+
			"`rules`: the names of the rules whose `field` and `label` are this person's. "+
			"`replies`: how long an answer usually takes, as `n` of a `unit` (`minute`, `hour`, `day`); absent where that is not known. "+
			"`repeat`: while a socket is open, say `hello` over HTTP every so many seconds; absent where there is no need"),
		operation.FrameOf[NewMessage]("a new message, the visitor's own from another tab included"),
		operation.FrameOf[frame.Ack]("stored durably"),
		operation.FrameOf[frame.Failure]("see [Error codes](#error-codes)"),
		operation.FrameOf[State]("of the conversation: `open`/`resolved`, last `seq`, how far the visitor has read, messages of agents after that, "+
			"the name of the agent who has it, up to which message some agent has looked (`seen`), whether an e-mail address of the visitor is known, verified or not (`reachable`). What a message changes of it by itself is not told: "+
			"the visitor's own (`seq` after `last`) opens it and is read with all before it, an agent's is one more unread, and all up to it is seen. "+
			"`resolves`: how often it was resolved, absent where that was before it was counted: then nobody is asked how it was; `rating`: what the visitor said of that, as long as it is resolved"),
		operation.FrameOf[frame.Typing]("an agent types; goes out by itself after 6 s"),
		operation.FrameOf[Online]("an agent is there, or none any more; none outside of the site's hours"),
		operation.FrameOf[Earlier]("the messages before the one that was asked about; `earlier`: there are older ones"),
		operation.FrameOf[Reset]("logged out: forget everything at once, drop the tab secret, close; the next chat is a new customer"),
		operation.FrameOf[Again]("who the visitor is has changed: say `hello` anew (over HTTP, then reopen the socket)"),
		operation.FrameOf[frame.Ok]("done"),
	)
}
