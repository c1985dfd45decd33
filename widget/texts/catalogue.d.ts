// Made of en.json by go generate ./widget.

declare module "#texts/both" {
  export const today: string;
  export const yesterday: string;
  export const attachFiles: string;
  export const filesToSend: string;
  export const removeFile: (name: string) => string;
  export const dropFiles: string;
  export const fileEmpty: (name: string) => string;
  export const fileTooLarge: (name: string) => string;
  export const tooManyFiles: (n: number) => string;
  export const upload: string;
  export const messages: string;
  export const loading: string;
  export const sending: string;
  export const send: string;
  export const tryAgain: string;
  export const charactersLeft: (n: number) => string;
  export const charactersTooMany: (n: number) => string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/visitor" {
  export const openChat: string;
  export const closeChat: string;
  export const unread: (n: number) => string;
  export const unavailable: string;
  export const title: string;
  export const greeting: string;
  export const online: string;
  export const away: string;
  export const chattingWith: (agent: string) => string;
  export const leaveMessage: string;
  export const backAt: (when: string) => string;
  export const typing: (name: string) => string;
  export const someone: string;
  export const support: string;
  export const you: string;
  export const more: string;
  export const earlierMessages: string;
  export const newMessages: string;
  export const sent: string;
  export const seen: string;
  export const resolved: string;
  export const reopened: string;
  export const notSent: string;
  export const notSentYet: string;
  export const cancel: string;
  export const edit: string;
  export const discard: string;
  export const message: string;
  export const writeMessage: string;
  export const replyTime: (time: string) => string;
  export const insertEmoji: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/files" {
  export const download: (name: string, state: string) => string;
  export const downloadFailed: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/menu" {
  export const sound: string;
  export const downloadChat: string;
  export const downloadingChat: string;
  export const chatNotDownloaded: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/rating" {
  export const howWasIt: string;
  export const veryBad: string;
  export const bad: string;
  export const okay: string;
  export const good: string;
  export const veryGood: string;
  export const ratingComment: string;
  export const sendRating: string;
  export const ratingThanks: string;
  export const changeRating: string;
  export const ratingNotSent: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/forms" {
  export const formName: string;
  export const formFirstname: string;
  export const formLastname: string;
  export const formEmail: string;
  export const formPhone: string;
  export const formOptional: (label: string) => string;
  export const formMissing: string;
  export const formEmailInvalid: string;
  export const formPhoneInvalid: string;
  export const formStart: string;
  export const formReplies: string;
  export const formAway: string;
  export const formOffer: string;
  export const formSave: string;
  export const formSaved: (address: string) => string;
  export const formFailed: string;
  export const formDecline: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/rules" {
  export const dismiss: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/emoji" {
  export const emojiSearch: string;
  export const emojiNone: string;
  export const emojiRecent: string;
  export const emojiFaces: string;
  export const emojiPeople: string;
  export const emojiNature: string;
  export const emojiFood: string;
  export const emojiLeisure: string;
  export const emojiThings: string;
  export const emojiSigns: string;
  export const emojiNames: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}

declare module "#texts/copy" {
  export const copyMessage: string;
  export const copied: string;
  export const setTexts: (served: { lang: string; texts: unknown[] }) => void;
}
