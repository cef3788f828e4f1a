// The picture that is searched with, as the page shows it.
import { byId, element } from "./element.js";
import { language, percent, say } from "./language.js";

export class QueryPicture {
  #address = null;
  #shown = 0;
  #said = null; // what the server says that the picture shows

  /** Shows `picture`; one that the browser cannot open, or may not fetch, is asked of the server as a JPEG. */
  async show(picture, catalogue, abilities) {
    const mine = ++this.#shown;
    this.#forget();
    this.#said = null;
    byId("question").hidden = !picture;
    byId("described").hidden = true;
    byId("query-hidden").hidden = true;
    byId("stage").hidden = true;
    if (!picture) return;
    byId("query-image").alt = picture.url ? say("query-from", { address: picture.url }) : say("query-alt");
    const shown =
      (picture.blob && (await this.#try(picture.blob, mine))) ||
      (abilities.preview && (await this.#previewed(picture, catalogue, mine)));
    if (mine !== this.#shown) return;
    byId("query-hidden").hidden = Boolean(shown);
    byId("query-hidden").textContent = picture.url ?? say("query-hidden");
    for (const id of ["box-add", "box-hint"]) byId(id).hidden = !shown;
  }

  /** Asked when the products are on the screen: they come first. */
  async describe(picture, catalogue) {
    const mine = this.#shown;
    this.#said ??= catalogue.describe(picture).catch(() => null); // once for each picture
    const said = await this.#said;
    if (mine === this.#shown) describe(said);
  }

  /** For the why view: {href, width, height}, or null when the picture is not shown. */
  drawn() {
    const image = byId("query-image");
    return this.#address && { href: this.#address, width: image.naturalWidth, height: image.naturalHeight };
  }

  async #previewed(picture, catalogue, mine) {
    try {
      return await this.#try(await catalogue.preview(picture), mine);
    } catch {
      return false; // the search says what is wrong with it
    }
  }

  async #try(blob, mine) {
    const address = URL.createObjectURL(blob);
    const image = byId("query-image");
    try {
      const probe = new Image();
      probe.src = address;
      await probe.decode();
    } catch {
      URL.revokeObjectURL(address);
      return false;
    }
    if (mine !== this.#shown) {
      URL.revokeObjectURL(address);
      return false;
    }
    this.#address = address;
    image.src = address;
    byId("stage").hidden = false;
    return true;
  }

  #forget() {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = null;
    byId("query-image").removeAttribute("src");
  }
}

/** What the server says it shows: category and colours. */
function describe(said) {
  const place = byId("described");
  place.hidden = !said?.category?.length && !said?.colours?.length;
  if (place.hidden) return;
  const kinds =
    said.category
      ?.slice(0, 1)
      .map(({ label, probability }) => element("span", { class: "chip plain" }, `${label} ${percent(probability)}`)) ??
    [];
  const colours = said.colours?.slice(0, 3).map((colour) => {
    const swatch = element("span", { class: "swatch" });
    swatch.style.backgroundColor = colour.hex;
    return element("span", { class: "chip plain" }, swatch, colour[`name_${language()}`] ?? colour.name);
  });
  place.replaceChildren(element("span", {}, say("described")), ...kinds, ...(colours ?? []));
}
