// The keeper's view: one room at a time, named by the address's hash, over one catalogue.
import { calibrationRoom } from "./admin/calibration.js";
import { doctorRoom } from "./admin/doctor.js";
import { duplicatesRoom } from "./admin/duplicates.js";
import { jobsRoom } from "./admin/jobs.js";
import { modelsRoom } from "./admin/models.js";
import { overviewRoom } from "./admin/overview.js";
import { uploadRoom } from "./admin/upload.js";
import { Catalogue, listCatalogues } from "./catalogue.js";
import { offerCatalogues } from "./choice.js";
import { byId, element, placeIcons } from "./element.js";
import { keyDialog } from "./key.js";
import { choices } from "./kept.js";
import { languageSwitch, onLanguage, say, translate } from "./language.js";
import { clearFault, showFault } from "./status.js";
import { themeSwitch } from "./theme.js";

/** Each fills `place` and may return what is to be stopped when the room is left; `signal` says when. */
const ROOMS = {
  overview: overviewRoom,
  upload: uploadRoom,
  jobs: jobsRoom,
  duplicates: duplicatesRoom,
  doctor: doctorRoom,
  calibration: calibrationRoom,
  models: modelsRoom,
};

let catalogues = [];
let catalogue = null;
let inside = new AbortController();

async function enter({ focus = false } = {}) {
  inside.abort();
  inside = new AbortController();
  const name = location.hash.slice(1) in ROOMS ? location.hash.slice(1) : "overview";
  for (const link of document.querySelectorAll(".rooms a")) {
    if (link.hash !== `#${name}`) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }
  byId("room-title").textContent = say(`room-${name}`);
  byId("room-hint").textContent = say(`hint-${name}`);
  document.title = `shelflens · ${say(`room-${name}`)}`;
  clearFault();
  const place = element("div", { class: "room-body", id: "room-body" });
  byId("room-body").replaceWith(place);
  if (focus) byId("room").focus({ preventScroll: true });
  if (!catalogue) return;
  if (!catalogue.may("admin")) {
    place.append(element("p", { class: "empty" }, say("admin-needed", { name: catalogue.name })));
    return;
  }
  const { signal } = inside;
  try {
    await ROOMS[name](place, { catalogue, catalogues, signal });
  } catch (error) {
    if (error.name !== "AbortError") showFault(error, start);
  }
}

async function start() {
  clearFault();
  try {
    ({ catalogues } = await listCatalogues());
    const chosen = offerCatalogues(catalogues, ({ name }) => (choices.set("catalogue", name), start()));
    catalogue = chosen ? new Catalogue(chosen) : null;
    await enter();
    if (!chosen) byId("room-body").append(element("p", { class: "empty" }, say("empty-none-help")));
  } catch (error) {
    showFault(error, start);
  }
}

placeIcons(document);
translate(document);
themeSwitch(byId("theme"));
languageSwitch(byId("language"));
onLanguage(() => enter());
addEventListener("hashchange", () => enter({ focus: true }));
keyDialog({ onChange: start });
start();
