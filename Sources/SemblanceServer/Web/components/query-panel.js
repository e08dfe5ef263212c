/** The picture that is searched with: its part, the threshold, and the way out. */

import { h, icon } from "../dom.js";
import { score } from "../format.js";
import { picture } from "./picture.js";
import { regionSelect } from "./region-select.js";

/** Where the threshold's slider begins; a score below it is no likeness in any model here. */
const leastThreshold = 0;

/**
 * @param {Object} options
 * @param {string} options.title
 * @param {string} options.url
 * @param {(region: number[]|null) => void} options.onRegion
 * @param {(minimum: number|null) => void} options.onMinimum
 * @param {() => void} options.onClose
 */
export function queryPanel({ title, url, onRegion, onMinimum, onClose }) {
    const image = picture(url, { alt: `Searched with: ${title}`, eager: true });
    const region = regionSelect(image, { region: null, onChange: onRegion });
    image.addEventListener("load", () => {
        region.element.style.setProperty("--ratio", (image.naturalWidth / image.naturalHeight).toFixed(4));
    });
    image.addEventListener("error", () => region.element.replaceWith(unseenPicture()));

    const wholeButton = h("button.button.small", { type: "button", on: { click: () => onRegion(null) } },
        "Whole picture");
    const partButton = h("button.button.small.quiet", { type: "button", on: { click: region.start } },
        icon("region"), "Search a part");
    const help = h("p.query-help", { id: "region-help" });
    const threshold = thresholdField(onMinimum);

    return {
        element: h("aside.query", { "aria-label": "Query" },
            h("div.query-stage", {}, region.element),
            h("div.query-words", {},
                h("div.query-head", {},
                    h("h2.query-title", { title }, title),
                    h("button.icon-button", {
                        type: "button", "aria-label": "End this search", title: "End this search (Escape)",
                        on: { click: onClose },
                    }, icon("close"))),
                help,
                h("div.query-actions", {}, partButton, wholeButton),
                threshold.element)),
        /** @param {import("../route.js").Route} route */
        update({ region: values, minimumScore }) {
            region.set(values);
            wholeButton.hidden = values === null;
            partButton.hidden = values !== null;
            help.textContent = values
                ? `Searching for a part: ${percent(values[2])} × ${percent(values[3])} of the picture.`
                : "Drag across the picture to search for a part of it.";
            threshold.set(minimumScore);
        },
    };
}

function unseenPicture() {
    return h("div.query-unseen", {}, icon("picture"),
        h("p", {}, "This browser cannot show the picture, but it can be searched with."));
}

const percent = (value) => `${Math.round(value * 100)}%`;

function thresholdField(onChange) {
    const output = h("output.number", { for: "threshold" });
    const input = h("input.range", {
        id: "threshold", type: "range", min: leastThreshold, max: "0.95", step: "0.05",
    });
    const minimum = () => (Number(input.value) > leastThreshold ? Number(input.value) : null);
    const show = () => { output.textContent = minimum() === null ? "any" : score(minimum()); };
    input.addEventListener("input", show);
    input.addEventListener("change", () => onChange(minimum()));
    return {
        element: h("div.field.threshold", {},
            h("div.threshold-head", {}, h("label", { for: "threshold" }, "Least similarity"), output), input),
        set(value) {
            input.value = String(value ?? leastThreshold);
            show();
        },
    };
}
