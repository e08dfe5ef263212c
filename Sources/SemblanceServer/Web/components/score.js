/** A similarity: a small bar of fixed length and two digits, so that many of them compare at a glance. */

import { h } from "../dom.js";
import { score as text } from "../format.js";

/** @param {number} value cosine similarity */
export function scoreMeter(value) {
    const share = Math.min(1, Math.max(0, value));
    return h("span.score.number", { title: "Similarity: 1 is the same picture" },
        h("span.visually-hidden", {}, "Similarity "),
        h("span.score-bar", { "aria-hidden": "true", vars: { share: share.toFixed(3) } }),
        text(value));
}
