// What the loader is for the chat. What takes the whole loader, main.ts adds.
import type { Host } from "../shared/host";
import { currentPage, post } from "./api";
import { config } from "./env";
import { emit } from "./events";
import * as tab from "./tab";

export const host = {
  config,
  post,
  _hasSession: tab.knowsSession,
  _sessionCookie: tab.cookie,
  _tabSecret: tab.secret,
  _keepTabSecret: tab.keep,
  _currentPage: currentPage,
  emit,
  _tags: [],
} as unknown as Host;
