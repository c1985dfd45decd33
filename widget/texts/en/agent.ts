// What only agents read, in English. [x] is a key to press.

// How long ago, as short as a list wants it.
export const now = "now";
export const minutesAgo = (n: number) => `${n}m`;
export const hoursAgo = (n: number) => `${n}h`;
export const daysAgo = (n: number) => `${n}d`;

// Signing in.
export const signInHead = "Sign in to the desk";
export const email = "E-mail";
export const password = "Password";
export const signIn = "Sign in";
export const enterBoth = "Enter your e-mail and your password.";
export const tooManyAttempts = (wait: string) => `Too many attempts. Wait ${wait} and try again.`;
export const minutes = (n: number) => `${n} minutes`;
export const seconds = (n: number) => `${n} seconds`;
export const aMoment = "a moment";
export const signInUnreachable = "The server can’t be reached. Check the connection and try again.";
export const unreachable = "The server can’t be reached. Trying again…";
export const sessionEnded = "Your session has ended. Sign in to go on.";
export const signOutUnreachable =
  "The server could not be reached to end the session. Sign in and out again to be sure.";

// The account.
export const account = "Account";
export const agents = "Agents";
export const online = "online";
export const away = "away";
export const signOut = "Sign out";

// The connection and passing messages.
export const reconnecting = "Reconnecting…";
export const tryNow = "Try now";
export const notConnected = "You’re offline just now. Try again in a moment.";
export const dismiss = "Dismiss";
export const close = "Close";

// The inbox.
export const inbox = "Inbox";
export const conversations = "Conversations";
export const unreadConversations = "Open conversations with unread messages";
export const muteSound = "Mute sound";
export const soundOff = "Sound is off";
export const soundOn = "Sound is on";
export const status = "Status";
export const statusOpen = "Open";
export const statusWaiting = "Waiting";
export const statusResolved = "Resolved";
export const statusAll = "All";
export const assignedToWhom = "Assigned to whom";
export const everyone = "Everyone";
export const mine = "Mine";
export const unassigned = "Unassigned";
export const found = (n: number, more: boolean) => `${n}${more ? " or more" : ""} found`;
export const loadingMore = "Loading more…";
export const searching = (day: string) => `Searching… back to ${day}`;
export const searchedTo = (day: string) => (day ? `Searched back to ${day}.` : "Not all was searched yet.");
export const searchFurther = "Search further";
export const lookInAll = "Look in all";

export const emptyFiltered = "Nothing found";
export const emptyFilteredAll = "No conversation matches all of the filters.";
export const emptyFilteredStatus = "No conversation with this status matches all of the filters.";
export const emptyMine = "Nothing of yours here";
export const emptyMineHint =
  "Conversations assigned to you show up in this list. Assign one at the top of a conversation.";
export const emptyUnassigned = "Nothing unassigned";
export const emptyUnassignedHint = "Every conversation here has someone who looks after it.";
export const emptyWaiting = "Nobody is waiting";
export const emptyWaitingHint = "Every visitor has had an answer. Who waits longest comes first here.";
export const emptyResolved = "Nothing resolved yet";
export const emptyResolvedHint =
  "Press [e] in a conversation to resolve it. It comes back when the visitor writes again.";
export const emptyOpen = "All caught up";
export const emptyOpenHint = "When a visitor writes, the conversation appears here at once.";
export const emptyAll = "No conversations yet";
export const emptyAllHint = "When a visitor writes for the first time, the conversation appears here at once.";

export const lastFromAgent = "Agent: ";
export const noMessages = "No messages yet";
export const assignedToAgent = (name: string) => `Assigned to ${name}`;
export const unread = "unread";
export const waiting = "waiting for";
export const waitingSince = (time: string) => `Waiting for an answer since ${time}`;

// Search and filters.
export const searchConversations = "Search conversations";
export const searchHint = "Search people, messages";
export const filter = "Filter";
export const filterHint = "Filter by label, field or site (f)";
export const filters = "Filters";
export const label = "Label";
export const field = "Field";
export const value = "Value";
export const site = "Site";
export const any = "Any";
export const all = "All";
export const activeFilters = "Active filters";
export const quoted = (text: string) => `“${text}”`;
export const filterOf = (name: string, value: string) => `${name}: ${value}`;
export const removeFilter = (what: string) => `Remove filter ${what}`;
export const removeThisFilter = "Remove this filter";
export const clearFilters = "Clear filters";

// A conversation.
export const conversation = "Conversation";
export const backToList = "Back to the list";
export const visitor = "Visitor";
export const agent = "Agent";
export const isOnline = "Online";
export const isOffline = "Offline";
export const resolve = "Resolve";
export const reopen = "Reopen";
export const resolveHint = "Resolve (e)";
export const reopenHint = "Reopen (e)";
export const markUnread = "Mark as unread";
export const markUnreadHint = "Mark as unread (u)";
export const resolvedOne = (name: string) => `Resolved the conversation with ${name}.`;
export const show = "Show";
export const assignedToYou = (visitor: string) => `The conversation with ${visitor} is yours now.`;
export const assignedToYouBy = (agent: string, visitor: string) =>
  `${agent} assigned the conversation with ${visitor} to you.`;
export const details = "Person’s details";
export const hideDetails = "Hide the person’s details";
export const showDetails = "Show the person’s details";
export const noneOpen = "No conversation open";
export const noneOpenHint = "Choose one from the list, or press [j] and [k] to move and [Enter] to open.";
export const noneYet = "Nobody has written yet";
export const noneYetHint =
  "Leave this window open. A sound and the count in the title tell you as soon as a visitor writes.";
export const notFound = "This conversation isn’t here";
export const notFoundHint = "It may have been removed, or it belongs to a site that isn’t yours.";
export const notDone = "That could not be done. Whom it was for may not see this site.";
export const assignedTo = "Assigned to";
export const nobody = "Nobody";
export const yourself = (name: string) => `${name} (you)`;

// Who else is there.
const list = (names: readonly string[]) =>
  names.length > 2 ? `${names[0]} and ${names.length - 1} others` : names.join(" and ");
const are = (names: readonly string[]) => (names.length > 1 ? "are" : "is");
export const alsoHere = (names: readonly string[]) => `${list(names)} ${are(names)} looking at this too`;
export const alsoWriting = (names: readonly string[]) => `${list(names)} ${are(names)} writing a reply`;
export const overtaken = (name: string) =>
  `${name} answered while you were writing. Read that first, or send again to send yours all the same.`;
export const sendAnyway = "Send anyway";

// What was done with it.
export const you = "You";
export const toYou = "you";
export const assignedBy = (by: string, to: string) => `${by} assigned this to ${to}`;
export const takenBy = (by: string) => `${by} took this on`;
export const unassignedBy = (by: string) => `${by} assigned this to nobody`;
export const assignedBySite = (to: string) => `The site assigned this to ${to}`;
export const resolvedBy = (by: string) => `${by} resolved this`;
export const reopenedBy = (by: string) => `${by} reopened this`;
export const scoreOf = (score: number) => `${score}/5`;
export const ratedByVisitor = (score: string) => `The visitor rated this ${score}`;
export const ratedAs = (score: string) => `rated ${score}`;
export const reopenedByVisitor = "The visitor’s message reopened this";

// Its messages.
export const beginning = "The beginning of the conversation";
export const loadingEarlier = "Loading earlier messages…";
export const loadingMessages = "Loading messages…";
export const toBeginning = "To the beginning";
export const says = (name: string, text: string) => `${name}: ${text}`;
export const typing = (name: string) => `${name} is typing`;
export const newMessages = "New messages";
export const toLatest = "To the latest";
export const newSince = "New";
export const seen = "Seen";
export const sentWhenOnline = "Will be sent when you’re back online";
export const notSent = (why: string) => `Not sent. ${why}`;
export const uploadFailed = "The file could not be uploaded.";
export const edit = "Edit";
export const reply = "Reply";
export const replyTo = (name: string) => `Reply to ${name}`;
export const enterSends = "Enter sends, Shift and Enter start a new line";

// The person.
export const person = "Person";
export const hide = "Hide details";
export const verified = "Verified";
export const verifiedMeans =
  "Verified: the site’s own login says so. The server read it from the site’s answer, where no visitor can write.";
export const notSignedIn = "Not signed in";
export const notSignedInMeans = "Nobody is signed in on the site with this conversation.";
export const verifiedBySite = "Verified by the site";
export const unverified = "Unverified";
export const unverifiedMeans = "unverified – said by the visitor or the page, not by the login";
export const firstContact = "First contact";
export const lastActivity = "Last activity";
export const messageCount = "Messages";
export const onSite = "On the site now";
export const notOnSite = "Not on the site now";
export const noPage = "No page known yet.";
export const name = "Name";
export const id = "ID";
export const phone = "Phone";
export const gender = "Gender";
export const accountManager = "Account manager";
export const lookedAfterBy = (agent: string) => `Looked after by ${agent}, who is not an agent of this site`;
export const labels = "Labels";
export const showAlike = (what: string) => `Show the conversations with ${what}`;

// The keyboard.
export const keyboardShortcuts = "Keyboard shortcuts";
export const keyboardShortcutsHint = "Keyboard shortcuts (?)";
export const keyNext = "Next conversation";
export const keyPrevious = "Previous conversation";
export const keyOpen = "Open the conversation";
export const keyReply = "Write a reply";
export const keySend = "Send the reply";
export const keyNewLine = "Start a new line in the reply";
export const keyResolve = "Resolve, or reopen";
export const keyUnread = "Mark as unread";
export const keySearch = "Search";
export const keyFilter = "Filter by label, field or site";
export const keyBack = "Leave the reply, then the conversation, then the filters";
export const keyHelp = "Show this help";
