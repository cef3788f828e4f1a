// The guard's view: what is watched for one catalogue, the newest frame of each stream, and what was seen.
import { Catalogue, listCatalogues } from "./catalogue.js";
import { offerCatalogues } from "./choice.js";
import { byId, placeIcons } from "./element.js";
import { keyDialog } from "./key.js";
import { choices } from "./kept.js";
import { LANGUAGES, languageSwitch, onLanguage, say, translate } from "./language.js";
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
    const chosen = offerCatalogues(catalogues, ({ name }) => (choices.set("catalogue", name), start()));
    if (!chosen) return;
    const catalogue = new Catalogue(chosen);
    await Promise.all([watchStreams(catalogue, { signal }), watchEvents(catalogue, { signal })]);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    inside.abort();
    showFault(error, start);
  }
}

function spell() {
  document.title = `shelflens · ${say("watch")}`;
}

placeIcons(document);
translate(document);
spell();
themeSwitch(byId("theme"));
languageSwitch(byId("language"));
onLanguage(() => (spell(), start()));
keyDialog({ onChange: start });
start();
