import { useEffect, useRef, useState } from "preact/hooks";
import * as texts from "#texts/agent";
import { Logo } from "./icons";
import { signIn } from "./session";
import { useStore } from "./store";

export function SignIn() {
  const notice = useStore((s) => s.notice);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const emailField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  useEffect(() => emailField.current?.focus(), []);

  async function submit(e: Event) {
    e.preventDefault();
    if (busy) return;
    if (!email.trim() || !password) {
      setProblem(texts.enterBoth);
      (email.trim() ? passwordField : emailField).current?.focus();
      return;
    }
    setBusy(true);
    setProblem("");
    const refusal = await signIn(email.trim(), password);
    setBusy(false);
    if (!refusal) return;
    setProblem(refusal);
    passwordField.current?.select();
  }

  return (
    <main class="signin">
      <form class="card" onSubmit={submit} noValidate>
        <Logo />
        <h1>{texts.signInHead}</h1>
        {notice && !problem && (
          <p class="notice" role="status" key={notice}>
            {notice}
          </p>
        )}
        <label class="field">
          <span>{texts.email}</span>
          <input
            ref={emailField}
            type="email"
            name="email"
            autocomplete="username"
            inputMode="email"
            autocapitalize="none"
            spellcheck={false}
            required
            value={email}
            aria-invalid={problem !== ""}
            aria-describedby="problem"
            onInput={(e) => setEmail(e.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{texts.password}</span>
          <input
            ref={passwordField}
            type="password"
            name="password"
            autocomplete="current-password"
            required
            value={password}
            aria-invalid={problem !== ""}
            aria-describedby="problem"
            onInput={(e) => setPassword(e.currentTarget.value)}
          />
        </label>
        <p class="problem" id="problem" role="alert">
          <span key={problem}>{problem}</span>
        </p>
        <button type="submit" class="button primary" aria-busy={busy}>
          {texts.signIn}
        </button>
      </form>
      <p class="signature">Parley</p>
    </main>
  );
}

export function Unreachable() {
  return (
    <main class="signin" aria-busy="true">
      <p class="notice" role="status">
        {texts.unreachable}
      </p>
    </main>
  );
}
