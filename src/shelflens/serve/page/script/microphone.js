// Words by voice: understood by the browser where it can, else by the server. They stand in the field, to be mended.
import { language } from "./language.js";
import { Recorder, canRecord } from "./recorder.js";

const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
const TAGS = { en: "en-US", zh: "zh-CN" };

/** Wires `button` and `field`. `onHeard` is called at the end, `onFault` with a string's key when nothing could be
 * heard. Returns a function: with what transcribes a recording on the server, or null, it shows the button or not. */
export function microphone(button, field, { onHeard, onFault, onListening }) {
  let transcribe = null;
  let listening = null; // has stop()
  const told = {
    heard: (text) => (field.value = text),
    fault: (key) => onFault(key),
    end: () => {
      listening = null;
      button.setAttribute("aria-pressed", "false");
      button.removeAttribute("aria-busy");
      field.focus();
      if (field.value.trim()) onHeard();
    },
  };
  button.addEventListener("click", () => {
    if (listening) {
      button.setAttribute("aria-busy", "true");
      listening.stop();
      return;
    }
    field.value = "";
    button.setAttribute("aria-pressed", "true");
    onListening();
    listening = Recognition ? byBrowser(told) : byServer(told, transcribe);
  });
  return (offered) => {
    transcribe = offered;
    button.hidden = !Recognition && !(offered && canRecord());
  };
}

function byBrowser({ heard, fault, end }) {
  const recognition = new Recognition();
  recognition.lang = TAGS[language()];
  recognition.interimResults = true;
  recognition.onresult = ({ results }) =>
    heard(
      [...results]
        .map(([best]) => best.transcript)
        .join(" ")
        .trim(),
    );
  recognition.onerror = ({ error }) => {
    if (error === "aborted") return;
    fault(
      error === "not-allowed" ? "microphone-refused" : error === "no-speech" ? "microphone-silent" : "microphone-fault",
    );
  };
  recognition.onend = end;
  recognition.start();
  return recognition;
}

function byServer({ heard, fault, end }, transcribe) {
  const recorder = new Recorder();
  recorder
    .record()
    .then(async (wav) => {
      const text = await transcribe(wav);
      if (text) heard(text);
      else fault("microphone-silent");
    })
    .catch((error) => fault(error.name === "NotAllowedError" ? "microphone-refused" : "microphone-fault"))
    .finally(end);
  return recorder;
}
