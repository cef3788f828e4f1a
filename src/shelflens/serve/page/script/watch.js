// The guard's view: what is watched for one catalogue, the newest frame of each stream, and what was seen.
import { Catalogue, listCatalogues } from "./catalogue.js";
import { byId, element, placeIcons } from "./element.js";
import { keyDialog } from "./key.js";
import { choices } from "./kept.js";
import { LANGUAGES, language, onLanguage, say, speak, translate } from "./language.js";
import { clearFault, showFault } from "./status.js";
import { themeSwitch } from "./theme.js";
import { watchEvents } from "./watch/events.js";
import { watchStreams } from "./watch/streams.js";
import en from "../strings/watch-en.js";
import zh from "../strings/watch-zh.js";

Object.assign(LANGUAGES.en, en); // which no other page needs
Object.assign(LANGUAGES.zh, zh);

let inside = new AbortController();

async function start() {
  inside.abort();
  inside = new AbortController();
  const { signal } = inside;
  clearFault();
  byId("watch").hidden = true;
  try {
    const { catalogues } = await listCatalogues({ signal });
    const last = choices.get("catalogue");
    const chosen = catalogues.find((one) => one.name === last) ?? catalogues[0];
    offer(catalogues, chosen);
    if (!chosen) return;
    const catalogue = new Catalogue(chosen);
    await Promise.all([watchStreams(catalogue, { signal }), watchEvents(catalogue, { signal })]);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    inside.abort();
    showFault(error, start);
  }
}

function offer(catalogues, chosen) {
  const select = byId("catalogue");
  select.replaceChildren(...catalogues.map(({ name }) => element("option", { value: name }, name)));
  select.value = chosen?.name ?? "";
  byId("catalogue-choice").hidden = catalogues.length < 2;
  select.onchange = () => {
    choices.set("catalogue", select.value);
    start();
  };
}

function spell() {
  byId("language").textContent = say("other-language");
  byId("language").lang = Object.keys(LANGUAGES).find((one) => one !== language());
  document.title = `shelflens · ${say("watch")}`;
}

placeIcons(document);
translate(document);
spell();
themeSwitch(byId("theme"));
byId("language").addEventListener("click", () => speak(language() === "en" ? "zh" : "en"));
onLanguage(() => (spell(), start()));
keyDialog({ onChange: start });
start();
