// Stands for Preact and its hooks in the parts that draw in the chat: they are the
// chat's own, whose state a second copy would not share.
import { type Host, hostKey } from "./host";

export const { Component, createElement, Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } = (
  window as unknown as { [hostKey]: Host }
)[hostKey]._preact!;
