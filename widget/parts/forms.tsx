// The part that asks: before the first message, together with it where nobody is
// there, and after it. It draws between the log and the composer.
import { setTexts } from "#texts/both";
import { bring } from "../shared/part";
import { Forms } from "./forms/forms";
import css from "./forms/forms.css";
import { isReady, tag } from "./forms/questions";

const forms = { _speak: setTexts, Forms, _tag: tag, _isReady: isReady };

export type FormsPart = typeof forms;

bring("forms", forms, css);
