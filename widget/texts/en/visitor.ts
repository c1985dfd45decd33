// What only visitors read, in English.

// The button, on every page.
export const openChat = "Open chat";
export const closeChat = "Close chat";
export const unread = (n: number) => `${n} unread`;
export const unavailable = "Chat is unavailable right now";

// The chat. Title and greeting are for a site that says no other; {firstname}, {lastname} and {email} are the visitor's.
export const title = "Chat with us";
export const greeting = "Hi {firstname}, how can we help?";
export const online = "We are online";
export const away = "We are away";
export const chattingWith = (agent: string) => `You’re chatting with ${agent}`;
export const leaveMessage = "No one is here right now – leave a message and we will answer";
export const backAt = (when: string) => `Back: ${when}. Leave a message and we will answer.`;
export const typing = (name: string) => `${name} is typing…`;
export const someone = "Someone";
export const support = "Support";
export const you = "You";
export const sound = "Sound for new messages";
export const earlierMessages = "Earlier messages";
export const newMessages = "New messages ↓";
export const sent = "Sent";
export const seen = "Seen";
export const resolved = "This conversation is resolved. Write to open it again.";
export const reopened = "This conversation is open again.";
export const notSent = "Not sent";
export const notSentYet = "Not sent yet";
export const cancel = "Cancel";
export const edit = "Edit";
export const discard = "Delete";
export const message = "Message";
export const writeMessage = "Write a message…";
