import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as texts from "#texts/agent";
import { dateAndTime } from "../shared/dates";
import { webAddress } from "../shared/links";
import { plain } from "../shared/names";
import type { ConsoleSummary, Profile } from "../shared/operations";
import { showAlike, toggleDetails } from "./desk";
import { Close, External, Note, Unverified, Verified } from "./icons";
import { current } from "./listing";
import { Age, Avatar, useNarrow, useWide } from "./parts";
import { useStore } from "./store";
import type { View } from "./view";

/** Who the person is: beside the conversation, or as a drawer over it. */
export function Person() {
  const c = useStore((s) => current(s.inbox, s.open));
  const wide = useWide();
  const shown = useStore((s) => (wide ? s.details : s.drawer));
  if (!c || !shown) return null;
  return (
    <>
      {!wide && <div class="scrim" onClick={() => toggleDetails(false)} />}
      <aside class={`pane person ${wide ? "" : "drawer"}`} aria-label={texts.person}>
        {!wide && <Drawer />}
        <div class="scroll">
          <About key={c.id} c={c} />
        </div>
      </aside>
    </>
  );
}

/** A drawer takes the focus and gives it back. */
function Drawer() {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    close.current?.focus();
    return () => document.querySelector<HTMLElement>("[data-details]")?.focus();
  }, []);
  return (
    <header class="bar">
      <h2>{texts.person}</h2>
      <span class="spring" />
      <button
        type="button"
        class="button ghost square"
        ref={close}
        aria-label={texts.hide}
        onClick={() => toggleDetails(false)}
      >
        <Close />
      </button>
    </header>
  );
}

/** What the server's note says. It has one kind, with the agent's address as it was then. */
function note({ note, profile: { agent } }: ConsoleSummary): string {
  return agent && note.includes(agent) ? texts.lookedAfterBy(agent) : note;
}

function About({ c }: { c: ConsoleSummary }) {
  const manySites = useStore((s) => s.sites.length > 1);
  return (
    <>
      <div class="card-head">
        <Avatar id={c.id} name={c.name} known={c.person} online={c.online} size="large" />
        <h3 translate={false}>
          <bdi>{c.name}</bdi>
        </h3>
        {c.person ? (
          <p class="verification verified" title={texts.verifiedMeans}>
            <Verified /> {texts.verified}
          </p>
        ) : (
          <p class="verification" title={texts.notSignedInMeans}>
            {texts.notSignedIn}
          </p>
        )}
      </div>
      {c.note && (
        <p class="callout">
          <Note />
          <span key={note(c)}>{note(c)}</span>
        </p>
      )}
      <Whereabouts c={c} />
      {c.person && (
        <Fields
          head={texts.verifiedBySite}
          title={texts.verifiedMeans}
          icon={<Verified />}
          profile={c.profile}
          site={c.site}
          verified
        />
      )}
      <Fields
        head={texts.unverified}
        icon={<Unverified />}
        profile={c.claims}
        site={c.site}
        class="unverified"
        text={texts.unverifiedMeans}
      />
      <section class="facts">
        <h4>{texts.conversation}</h4>
        <dl>
          {(manySites || c.site !== "default") && <Fact name={texts.site}>{c.site}</Fact>}
          <Fact name={texts.firstContact}>{dateAndTime(c.created)}</Fact>
          <Fact name={texts.lastActivity}>
            <Age time={c.active} />
          </Fact>
          <Fact name={texts.messageCount}>{c.last}</Fact>
        </dl>
      </section>
    </>
  );
}

function Whereabouts({ c }: { c: ConsoleSummary }) {
  const url = webAddress(c.page.url);
  const words = c.page.title || (url ? url.host + url.pathname : c.page.url);
  return (
    <section class="facts">
      <h4 key={`online ${c.online}`}>{c.online ? texts.onSite : texts.notOnSite}</h4>
      {!words && <p class="muted">{texts.noPage}</p>}
      {words && (
        <p class="whereabouts" translate={false}>
          <span class={`dot ${c.online ? "on" : ""}`} aria-hidden="true" />
          {url ? (
            <a href={url.href} target="_blank" rel="noopener noreferrer" title={url.href}>
              <bdi>{words}</bdi>
              <External />
            </a>
          ) : (
            <bdi>{words}</bdi>
          )}
          {url && c.page.title && <span class="muted path">{url.pathname + url.search}</span>}
        </p>
      )}
    </section>
  );
}

type FieldsProps = {
  head: string;
  icon: ComponentChildren;
  profile: Profile | undefined;
  site: string;
  title?: string;
  text?: string;
  class?: string;
  /** The e-mail becomes a link to write to, and what the inbox can be filtered by leads there. */
  verified?: boolean;
};

type FactOf = { name: string; value: string; alike?: Partial<View> };

function Fields({ head, icon, profile, site, title, text, class: kind = "", verified }: FieldsProps) {
  const labels = useStore((s) => s.labels[site]);
  // Keys are the visitor's: "constructor" is no label.
  const called = new Map(Object.entries(labels ?? {}));
  const p = profile ?? {};
  const words = p.labels ?? [];
  const known: FactOf[] = [
    { name: texts.name, value: [p.firstname, p.lastname].filter(Boolean).join(" ") },
    { name: texts.email, value: p.email ?? "" },
    { name: texts.id, value: p.id ?? "" },
    { name: texts.gender, value: p.gender ?? "" },
    { name: texts.accountManager, value: p.agent ?? "", alike: { assignee: p.agent ?? "" } },
    ...Object.entries(p.fields ?? {}).map(([name, value]) => ({
      name: called.get(name) ?? (name === "phone" ? texts.phone : name),
      value,
      alike: { field: { name, value } },
    })),
  ];
  const facts = known.filter((f) => plain(f.value).trim());
  if (facts.length === 0 && words.length === 0) return null;
  return (
    <section class={`facts ${kind}`} title={title}>
      <h4>
        {icon}
        {head}
      </h4>
      {text && <p class="caveat">{text}</p>}
      <dl>
        {facts.map(({ name, value, alike }) => (
          <Fact key={name} name={name}>
            {verified && !alike && name === texts.email && value.includes("@") ? (
              <a href={`mailto:${value}`}>{plain(value)}</a>
            ) : verified && alike ? (
              <Alike class="link" what={value} change={alike} />
            ) : (
              plain(value)
            )}
          </Fact>
        ))}
      </dl>
      {words.length > 0 && (
        <ul class="chips" aria-label={texts.labels} translate={false}>
          {words.map((label) => (
            <li key={label}>{verified ? <Alike what={label} change={{ label }} /> : <bdi>{plain(label)}</bdi>}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What others may have too: leads to the conversations that do. */
function Alike({ what, change, class: kind = "" }: { what: string; change: Partial<View>; class?: string }) {
  const narrow = useNarrow();
  return (
    <button type="button" class={kind} title={texts.showAlike(plain(what))} onClick={() => showAlike(change, narrow)}>
      <bdi>{plain(what)}</bdi>
    </button>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>
        <bdi>{plain(name)}</bdi>
      </dt>
      <dd translate={false}>
        <bdi>{children}</bdi>
      </dd>
    </div>
  );
}
