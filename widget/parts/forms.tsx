// The part that asks: before the first message, together with it where nobody is
// there, and after it. It draws between the log and the composer.
import { host } from "../chat/host";
import { addStyle } from "../shared/style";
import { Forms } from "./forms/forms";
import css from "./forms/forms.css";
import { isReady, tag } from "./forms/questions";

const forms = { Forms, _tag: tag, _isReady: isReady };

export type FormsPart = typeof forms;

addStyle(host.root, css);
host._parts.forms = forms;
