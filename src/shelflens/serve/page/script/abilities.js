// What this server can do, read once from its OpenAPI document; what it cannot is not shown.
import { ask } from "./server.js";

const AT = "/v1/catalogues/{name}";

export async function readAbilities() {
  const { paths = {}, components = {} } = await ask("/openapi.json");
  const search = components.schemas?.SearchBody?.properties ?? {};
  return {
    words: "minus" in search, // older servers know `text`, and answer that they do not search by it
    moreLess: "more" in search && "less" in search,
    describe: `${AT}/describe` in paths,
    preview: `${AT}/preview` in paths,
    goesWith: `${AT}/recommend` in paths,
  };
}
