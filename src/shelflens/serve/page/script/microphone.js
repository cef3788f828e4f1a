// Words by voice, where the browser can hear. What it understood stands in the field, and can be mended there.
import { language } from "./language.js";

const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
const TAGS = { en: "en-US", zh: "zh-CN" };

/** Shows `button` where there is speech recognition; writes into `field`, calls onHeard at the end, onFault with a
 * string's key when nothing could be heard. */
export function microphone(button, field, { onHeard, onFault, onListening }) {
  if (!Recognition) return;
  button.hidden = false;
  let listening = null;
  const off = () => {
    listening = null;
    button.setAttribute("aria-pressed", "false");
  };
  button.addEventListener("click", () => {
    if (listening) {
      listening.stop();
      return;
    }
    listening = new Recognition();
    listening.lang = TAGS[language()];
    listening.interimResults = true;
    listening.onresult = ({ results }) => {
      field.value = [...results]
        .map(([best]) => best.transcript)
        .join(" ")
        .trim();
    };
    listening.onerror = ({ error }) => {
      if (error === "aborted") return;
      onFault(
        error === "not-allowed"
          ? "microphone-refused"
          : error === "no-speech"
            ? "microphone-silent"
            : "microphone-fault",
      );
    };
    listening.onend = () => {
      off();
      field.focus();
      if (field.value.trim()) onHeard();
    };
    button.setAttribute("aria-pressed", "true");
    onListening();
    listening.start();
  });
}
