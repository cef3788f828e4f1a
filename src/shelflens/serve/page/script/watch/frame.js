// A frame with boxes over it. Frames are fetched, as an <img> cannot bring a key.
import { element } from "../element.js";
import { photoBlob } from "../photo.js";

export class Framed {
  /** `words` says what the frame shows, for those who do not see it. */
  constructor(words) {
    this.image = element("img", { alt: words });
    this.boxes = element("div", { class: "frame-boxes", "aria-hidden": "true" });
    this.place = element("div", { class: "frame" }, this.image, this.boxes);
  }

  /** The picture at `path`; what was there stays when it cannot be had. */
  async show(path, options) {
    const url = URL.createObjectURL(await photoBlob(path, options));
    const former = this.image.src;
    this.image.src = url;
    await this.image.decode().catch(() => {});
    if (former) URL.revokeObjectURL(former);
  }

  /** `found`: [{box, label}], boxes in shares of the frame. */
  mark(found) {
    this.boxes.replaceChildren(
      ...found.map(({ box, label }) => {
        const sides = `${box.top < 0.1 ? "high" : ""} ${box.left > 0.5 ? "right" : ""}`; // the label stays in the frame
        const made = element("div", { class: `frame-box ${sides}` }, label && element("span", {}, label));
        const share = (value) => `${100 * value}%`;
        made.style.left = share(box.left);
        made.style.top = share(box.top);
        made.style.width = share(box.right - box.left);
        made.style.height = share(box.bottom - box.top);
        return made;
      }),
    );
  }

  forget() {
    if (this.image.src) URL.revokeObjectURL(this.image.src);
  }
}
