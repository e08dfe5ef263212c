/** One picture of the grid. */

import { h, icon } from "../dom.js";
import { imageSubtitle, imageTitle } from "../format.js";
import { formatRoute, go } from "../route.js";
import { picture } from "./picture.js";
import { scoreMeter } from "./score.js";

/** Very tall and very wide pictures get a box of their own shape up to here, and margins beyond. */
const ratioRange = { least: 0.72, most: 2.1 };

/** Pictures with fewer pixels on their longest side are icons: they get a margin. */
const smallSide = 200;

/** The width of a tile as a multiple of its height. */
export function tileRatio({ width, height }) {
    const ratio = width > 0 && height > 0 ? width / height : 1;
    return Math.min(ratioRange.most, Math.max(ratioRange.least, ratio));
}

/**
 * @param {import("../api.js").Image | import("../api.js").Match} image
 * @param {import("../route.js").Route} route where the grid stands
 */
export function tile(image, route) {
    const title = imageTitle(image);
    const subtitle = imageSubtitle(image);
    const hasScore = typeof image.score === "number";
    return h("li.tile", { data: { id: image.id }, vars: { ratio: tileRatio(image).toFixed(3) } },
        h(isSmall(image) ? "a.tile-picture.is-small" : "a.tile-picture", {
            href: formatRoute({ ...route, image: image.id }), "aria-label": title,
            vars: { "natural-width": `${image.width}px`, "natural-height": `${image.height}px` },
        }, picture(image.thumbnail_url, { width: image.width, height: image.height })),
        similarButton(image, title, route),
        h("div.tile-caption", {},
            h("span.tile-name", { title: image.name }, title),
            hasScore && scoreMeter(image.score),
            subtitle && h("span.tile-note", {}, subtitle)));
}

const isSmall = ({ width, height }) => Math.max(width, height) < smallSide;

function similarButton(image, title, route) {
    return h("button.tile-similar", {
        type: "button", tabindex: "-1", title: "Find similar (S)", "aria-label": `Find pictures similar to ${title}`,
        on: { click: () => goSimilar(route, image.id) },
    }, icon("similar"));
}

/** Starts a search with a stored image. The filter stays; region and threshold belonged to the last query. */
export function goSimilar(route, id) {
    go({ ...route, view: "like", query: id, region: null, minimumScore: null, words: "", without: "", image: null });
}
