/** The line over the grid: what is shown, the filter, and how large the pictures are. */

import { h } from "../dom.js";
import { filterField } from "./filter-field.js";
import { rowHeightChanged } from "./rows.js";

const storageName = "semblance-row-height";
const heights = { least: 7, most: 20, usual: 11.5 };

/** @param {{onFilter: (text: string) => void}} options */
export function toolbar({ onFilter }) {
    const title = h("h1.toolbar-title");
    const note = h("p.toolbar-note.number", { "aria-live": "polite" });
    const filter = filterField(onFilter);
    const element = h("div.toolbar", {}, h("div.toolbar-words", {}, title, note),
        h("div.toolbar-tools", {}, filter.element, sizeField()));
    return {
        element,
        filter,
        /** Takes the tools away where there is nothing to use them on. */
        setBare: (isBare) => element.classList.toggle("is-bare", isBare),
        /** @param {string} heading @param {string} [text] */
        say(heading, text = "") {
            title.textContent = heading;
            note.textContent = text;
        },
    };
}

/** Applies the size that was chosen last. */
export function applyPictureSize() {
    const rem = Number(localStorage.getItem(storageName)) || heights.usual;
    if (rem !== heights.usual) document.documentElement.style.setProperty("--row-height", `${rem}rem`);
}

function sizeField() {
    const input = h("input.range", {
        type: "range", min: heights.least, max: heights.most, step: "0.5", "aria-label": "Size of the pictures",
        title: "Size of the pictures",
    });
    input.value = String(Number(localStorage.getItem(storageName)) || heights.usual);
    input.addEventListener("input", () => {
        localStorage.setItem(storageName, input.value);
        document.documentElement.style.setProperty("--row-height", `${input.value}rem`);
        dispatchEvent(new Event(rowHeightChanged));
    });
    return h("div.size-field", {}, h("span.size-small", { "aria-hidden": "true" }), input,
        h("span.size-large", { "aria-hidden": "true" }));
}
