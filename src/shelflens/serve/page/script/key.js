// The dialogue that asks for the API key, when the server wants one. It is kept until the tab is closed.
import { byId } from "./element.js";
import { say } from "./language.js";
import { hasKey, onKeyNeeded, useKey } from "./server.js";

/** `onChange()` is told when another key, or none, is used from now on. */
export function keyDialog({ onChange }) {
  const dialog = byId("key-dialog");
  const field = byId("key-field");
  const button = byId("key-button");
  // Buttons of their own: Enter in the field is to use the key, and would press the form's first button.
  byId("key-cancel").addEventListener("click", () => dialog.close("cancel"));
  byId("key-forget").addEventListener("click", () => dialog.close("forget"));
  let asked = null; // the one question under way, whoever else needs a key waits for it too

  function open(refused) {
    byId("key-refused").textContent = refused ? say("key-refused") : "";
    field.value = "";
    field.toggleAttribute("aria-invalid", refused);
    byId("key-forget").hidden = !hasKey();
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.onclose = () => {
        const given = dialog.returnValue === "use" ? field.value.trim() : "";
        if (dialog.returnValue === "forget") useKey(null);
        if (given) useKey(given);
        button.hidden = false;
        dialog.returnValue = "";
        resolve(Boolean(given));
      };
    });
  }

  onKeyNeeded((refused) => (asked ??= open(refused).finally(() => (asked = null))));
  button.hidden = !hasKey();
  button.addEventListener("click", async () => {
    const had = hasKey();
    if ((await open(false)) || had !== hasKey()) onChange();
  });
}
