import { Conversation } from "./conversation";
import { Inbox } from "./inbox";
import { Banner, HelpDialog, Toasts } from "./overlays";
import { Person } from "./person";
import { SignIn, Unreachable } from "./signin";
import { useStore } from "./store";

export function App() {
  const phase = useStore((s) => s.phase);
  if (phase === "signin") return <SignIn />;
  if (phase === "unreachable") return <Unreachable />;
  if (phase === "loading") return null;
  return <Desk />;
}

function Desk() {
  const open = useStore((s) => s.open !== "");
  return (
    <div class={`desk ${open ? "has-open" : ""}`}>
      <Banner />
      <div class="panes">
        <Inbox />
        <Conversation />
        <Person />
      </div>
      <Toasts />
      <HelpDialog />
    </div>
  );
}
