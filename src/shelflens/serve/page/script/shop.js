// The shopper's page: what people do becomes a query, a query becomes an answer, an answer becomes cards.
import { readAbilities } from "./abilities.js";
import { BoxEditor } from "./box.js";
import { hasCamera, photograph } from "./camera.js";
import { Catalogue, listCatalogues } from "./catalogue.js";
import { offerCatalogues } from "./choice.js";
import { showChips } from "./chips.js";
import { byId, element, placeIcons } from "./element.js";
import { Facets } from "./facets.js";
import { isAddress, lightened, takeIn } from "./intake.js";
import { keyDialog } from "./key.js";
import { choices } from "./kept.js";
import { language, languageSwitch, onLanguage, say, translate } from "./language.js";
import { microphone } from "./microphone.js";
import { ProductView } from "./product.js";
import { Query } from "./query.js";
import { QueryPicture } from "./query-picture.js";
import { showBrowsed, showEmpty, showFound, showWorking, head } from "./results.js";
import { announce, busy, clearFault, note, showFault } from "./status.js";
import { themeSwitch } from "./theme.js";
import { Why } from "./why.js";

const GHOSTS_AFTER = 250; // milliseconds without an answer
const query = new Query();
const why = new Why();
const picture = new QueryPicture();
let abilities = {};
let catalogue = null;
let productView = null;
let asking = new AbortController();
let lastAnswer = null; // redrawn in another language without being asked again
let retryWhenOnline = null;
let hearBy = null; // is told what understands recordings
let begin;
const begun = new Promise((resolve) => (begin = resolve)); // what is brought before there is a catalogue waits for it

const box = new BoxEditor({ onBox: (drawn) => query.mark(drawn) });
const facets = new Facets({ narrow: (change) => query.narrow(change), onFault: (error) => showFault(error, run) });

// -- asking

async function run() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  retryWhenOnline = null;
  clearFault();
  document.body.classList.toggle("asked", !query.browsing);
  showChips(query);
  facets.update(catalogue, query.condition);
  const ghosts = setTimeout(showWorking, GHOSTS_AFTER);
  const waiting = (seconds) => {
    clearTimeout(ghosts);
    showWorking();
    head(say("working"), say("waiting", { seconds }));
  };
  const end = busy(byId("results"), { onSlow: () => (head(say("working"), say("slow")), announce(say("slow"))) });
  try {
    lastAnswer = query.browsing ? await browse(signal) : await search(signal, waiting);
    clearTimeout(ghosts);
    lastAnswer();
  } catch (error) {
    clearTimeout(ghosts);
    if (error.name === "AbortError") return;
    byId("cards").replaceChildren();
    head(say("results"), "");
    byId("verdict").hidden = true;
    byId("empty").hidden = true;
    byId("show-more").hidden = true;
    showFault(error, run);
    if (error.kind === "offline") retryWhenOnline = run;
  } finally {
    if (!signal.aborted) end();
  }
}

/** Asks, and returns what shows the answer. */
async function search(signal, waiting) {
  const question = query.question();
  const answer = await catalogue.search(question, { signal, waiting });
  const found = answer.matches.map((match) => ({ product: match.product, photo: match.photo, match }));
  return () => {
    if (!found.length) return nothingFound();
    showFound(answer, found, offered(question, found));
    byId("show-more").hidden = found.length < query.k;
    firstShown(() => {
      if (abilities.describe && question.picture) picture.describe(question.picture, catalogue);
    });
  };
}

async function browse(signal) {
  const filter = query.condition.text();
  const first = await catalogue.products({ filter, limit: query.k }, { signal });
  const total = filter ? await counted(filter, signal) : catalogue.facts.products;
  const found = first.products.map((product) => ({ product, photo: product.photos[0] ?? null, match: null }));
  return () => {
    if (!found.length) return nothingFound();
    showBrowsed(found, Math.max(total, found.length), { details: openProduct, similar: lookForSimilar });
    byId("show-more").hidden = first.next === null;
  };
}

/** How many products meet the filter: those with an id. */
async function counted(filter, signal) {
  const {
    facets: [ids],
  } = await catalogue.facets({ filter, fields: "product_id" }, { signal });
  return ids?.products ?? 0;
}

function nothingFound() {
  byId("show-more").hidden = true;
  head(say("empty-found"), "");
  if (query.condition.size) {
    const clear = element(
      "button",
      { type: "button", class: "button", onclick: () => query.narrow((condition) => condition.clear()) },
      say("clear-filters"),
    );
    showEmpty(say("empty-found"), say("empty-filter"), clear);
  } else if (query.browsing) showEmpty(say("empty-catalogue"), say("empty-catalogue-help"));
  else showEmpty(say("empty-found"), say("empty-words"));
  announce(say("empty-found"));
}

/** What can be done with each card of an answer. */
function offered(question, found) {
  const judged = (product, name) => ({ more: query.more, less: query.less })[name]?.has(product.product_id);
  const does = { details: openProduct, similar: lookForSimilar };
  if (question.picture)
    does.why = ({ match }) =>
      why.open(
        catalogue,
        question,
        match,
        found.findIndex((one) => one.match === match),
        picture.drawn(),
      );
  if (!abilities.moreLess) return does;
  const more = ({ product }) => query.judge(product, { wanted: true });
  const less = ({ product }) => query.judge(product, { wanted: false });
  return { ...does, more, less, judged };
}

const openProduct = ({ product, photo }) => productView.open(catalogue, product, photo);
const lookForSimilar = (found) => lookAlike(found.product);

function lookAlike(product) {
  byId("words").value = "";
  query.lookFor({ like: product });
  byId("results").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** Calls back when the first product, with its photo, is painted; bench/page.py measures to that mark. */
function firstShown(then) {
  const painted = () => {
    performance.mark("shelflens:shown");
    then();
  };
  byId("cards")
    .querySelector("img")
    ?.addEventListener("shown", () => requestAnimationFrame(() => setTimeout(painted)), { once: true });
}

// -- what people bring

async function bring(given) {
  const [light] = await Promise.all([lightened(given), begun]);
  query.lookFor({ picture: light });
}

async function enter(text) {
  await begun;
  if (isAddress(text.trim())) {
    byId("words").value = "";
    bring({ url: text.trim(), name: text.trim() });
  } else if (text.trim() && !abilities.words) {
    showFault({ kind: "no-text-search", status: 422 });
  } else query.say(text);
}

function chosen(input) {
  input.addEventListener("change", () => {
    performance.mark("shelflens:picture");
    if (input.files[0]) bring({ blob: input.files[0], name: input.files[0].name });
    input.value = "";
  });
}

async function takePhoto() {
  if (!hasCamera()) return byId("capture").click();
  try {
    const taken = await photograph();
    if (taken) bring(taken);
  } catch (error) {
    note(say(error.name === "NotFoundError" ? "camera-none" : "camera-refused"));
  }
}

async function pasteFromClipboard() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith("image/"));
      if (type) return bring({ blob: await item.getType(type), name: "clipboard" });
    }
    const text = await navigator.clipboard.readText();
    if (isAddress(text.trim())) return enter(text);
  } catch {
    // refused: the same words help
  }
  note(say("nothing-pasted"));
}

function wire() {
  takeIn({
    onPicture: bring,
    onNothing: () => note(say("nothing-pasted")),
    onText: (text) => ((byId("words").value = text), enter(text)),
  });
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    enter(byId("words").value);
  });
  byId("words").addEventListener("search", () => byId("words").value || enter("")); // the field's own cross
  chosen(byId("file"));
  chosen(byId("capture"));
  byId("choose").addEventListener("click", () => byId("file").click());
  byId("drop").addEventListener("click", () => byId("file").click());
  byId("photograph").addEventListener("click", takePhoto);
  byId("paste").hidden = !navigator.clipboard?.read;
  byId("paste").addEventListener("click", pasteFromClipboard);
  byId("picture-remove").addEventListener("click", () => (query.lookFor({}), byId("choose").focus()));
  byId("show-more").addEventListener("click", () => query.showMore());
  hearBy = microphone(byId("microphone"), byId("words"), {
    onHeard: () => enter(byId("words").value),
    onFault: (key) => note(say(key)),
    onListening: () => announce(say("listening")),
  });
  query.addEventListener("change", ({ detail }) => {
    if (detail === "question") {
      picture.show(query.picture, catalogue, abilities);
      box.show(null);
    }
    run();
  });
  addEventListener("online", () => retryWhenOnline?.());
  themeSwitch(byId("theme"));
  languageSwitch(byId("language"));
  onLanguage(speakOn);
}

/** In another language, without asking again. */
function speakOn() {
  spell();
  offerToHear();
  lastAnswer?.();
  showChips(query);
  if (catalogue) facets.update(catalogue, query.condition);
  box.show(query.box);
}

/** The server's recogniser understands English. */
function offerToHear() {
  const able = catalogue?.facts.speech && language() === "en";
  hearBy(able ? (recording) => catalogue.transcribe(recording) : null);
}

function spell() {
  byId("words").placeholder = say(abilities.words ? "words-placeholder" : "address-placeholder");
  byId("words").title = abilities.words ? say("words-title") : "";
  document.title = `shelflens · ${say("heading")}`;
}

// -- starting

async function start() {
  clearFault();
  try {
    const [{ catalogues }, able] = await Promise.all([listCatalogues(), readAbilities()]);
    abilities = able;
    productView = new ProductView({ similar: lookAlike, abilities });
    spell();
    if (!catalogues.length) return showEmpty(say("empty-none"), say("empty-none-help"));
    byId("admin-link").hidden = !catalogues.some(({ scope }) => scope === "admin");
    await use(offerCatalogues(catalogues, use));
  } catch (error) {
    showFault(error, start);
    if (error.kind === "offline") retryWhenOnline = start;
  }
}

async function use(facts) {
  catalogue = new Catalogue(facts);
  begin();
  choices.set("catalogue", facts.name);
  offerToHear();
  byId("catalogue").value = facts.name;
  query.condition.clear();
  query.like = null;
  query.more.clear();
  query.less.clear();
  await run();
}

placeIcons(document);
byId("filters").open = matchMedia("(min-width: 1000px)").matches; // on a telephone the results come first
translate(document);
spell();
wire();
keyDialog({ onChange: start });
start();
