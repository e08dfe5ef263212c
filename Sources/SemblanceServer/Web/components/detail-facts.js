/** What is known about a picture: its metadata, then its file. */

import { h } from "../dom.js";
import { condition } from "../filter.js";
import { bytes, date, keyLabel, metadataValue } from "../format.js";
import { formatRoute } from "../route.js";

/**
 * @param {import("../api.js").Image} image
 * @param {import("../route.js").Route} route
 */
export function detailFacts(image, route) {
    const metadata = Object.entries(image.metadata ?? {}).filter(([key]) => key !== "name" && key !== "title");
    return h("div.facts", {},
        metadata.length > 0 && h("dl.fact-list", { "aria-label": "Metadata" },
            metadata.map(([key, value]) => fact(keyLabel(key), metadataFact(key, value, route)))),
        h("dl.fact-list", { "aria-label": "File" }, fileFacts(image).map(([key, value]) => fact(key, value))));
}

function fact(key, value) {
    return h("div.fact", {}, h("dt", {}, key), h("dd", {}, value));
}

/** A value that leads to all pictures that share it, where the filter's syntax can say so. */
function metadataFact(key, value, route) {
    const filter = condition(key, value);
    const text = metadataValue(value);
    if (!filter || text.length > 60) return text;
    return h("a.fact-link", {
        href: formatRoute({ catalogue: route.catalogue, view: "browse", filter }), title: `Show all with ${filter}`,
    }, text);
}

function fileFacts(image) {
    const facts = [["File", image.name]];
    if (image.width) facts.push(["Size", `${image.width} × ${image.height} px`]);
    if (image.format) facts.push(["Format", `${image.format.toUpperCase()}, ${bytes(image.bytes)}`]);
    if (image.created_at) facts.push(["Added", date(image.created_at)]);
    facts.push(["Id", h("code.fact-id", { title: image.id }, image.id)]);
    return facts;
}
