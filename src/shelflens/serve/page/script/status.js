// What the page says of itself: how many were found, that it is busy, what went wrong and what helps.
import { byId, element, icon } from "./element.js";
import { say } from "./language.js";

const SLOW = 4000; // milliseconds until we say that it takes long

/** Spoken by screen readers, in turn, when nothing is in the way. */
export function announce(words) {
  byId("announcer").textContent = words;
}

/** A note that goes by itself. */
export function note(words) {
  const place = byId("note");
  place.textContent = words;
  place.hidden = false;
  announce(words);
  clearTimeout(place.timer);
  place.timer = setTimeout(() => (place.hidden = true), 6000);
}

export const clearFault = () => (byId("fault").hidden = true);

/** Says what went wrong; `again()` is offered where trying again can help. */
export function showFault(error, again) {
  const [title, help] = explained(error);
  const place = byId("fault");
  place.replaceChildren(
    icon("alert"),
    element(
      "div",
      {},
      element("p", { class: "fault-title" }, title),
      help && element("p", {}, help),
      again &&
        element(
          "button",
          { type: "button", class: "button", onclick: () => (clearFault(), again()) },
          icon("refresh"),
          say("try-again"),
        ),
    ),
  );
  place.hidden = false;
}

/** A title, and what the server said or what helps. */
export function explained(error) {
  if (error.kind === "offline")
    return [say("fault-offline"), say(navigator.onLine ? "fault-offline-help" : "fault-no-network")];
  if (error.kind === "key") return [say("fault-key"), say("fault-key-help")];
  if (error.status === 429) return [say("fault-busy"), say("fault-busy-help")];
  if (error.status === 413) return [say("fault-too-large"), error.detail];
  if (error.kind === "picture-not-usable") return [say("fault-picture"), error.detail];
  if (error.kind === "address-not-fetched") return [say("fault-address"), error.detail];
  if (error.kind === "no-text-search") return [say("fault-no-words"), say("fault-no-words-help")];
  if (error.status >= 500) return [say("fault-server"), error.detail];
  if (error.status) return [say("fault-refused"), error.detail];
  return [say("fault-page"), String(error.message ?? error)];
}

/** Shows that work is under way, and says so when it takes long; the function returned ends it. */
export function busy(place, { onSlow }) {
  place.setAttribute("aria-busy", "true");
  document.body.classList.add("busy");
  const timer = setTimeout(onSlow, SLOW);
  return () => {
    clearTimeout(timer);
    place.removeAttribute("aria-busy");
    document.body.classList.remove("busy");
  };
}
