/** What is searched with: the picture and its part, words, the threshold, and the way out. */

import { h, icon } from "../dom.js";
import { score } from "../format.js";
import { picture } from "./picture.js";
import { regionSelect } from "./region-select.js";
import { wordsFields } from "./words-fields.js";

/** Where the threshold's slider begins; a score below it is no likeness in any model here. */
const leastThreshold = 0;

/**
 * @param {Object} options
 * @param {string} options.title
 * @param {string|null} options.url the picture's; `null` for a search with words alone
 * @param {(region: number[]|null) => void} options.onRegion
 * @param {(change: {words?: string, without?: string}) => void} options.onWords
 * @param {(minimum: number|null) => void} options.onMinimum
 * @param {() => void} options.onClose
 */
export function queryPanel({ title, url, onRegion, onWords, onMinimum, onClose }) {
    const stage = url ? pictureStage({ title, url, onRegion }) : null;
    const heading = h("h2.query-title", { title }, title);
    const words = wordsFields(onWords);
    const threshold = thresholdField(onMinimum);

    return {
        element: h("aside.query", { "aria-label": "Query" },
            stage && h("div.query-stage", {}, stage.region.element),
            h("div.query-words", {},
                h("div.query-head", {},
                    heading,
                    h("button.icon-button", {
                        type: "button", "aria-label": "End this search", title: "End this search (Escape)",
                        on: { click: onClose },
                    }, icon("close"))),
                stage && [stage.help, h("div.query-actions", {}, stage.partButton, stage.wholeButton)],
                words.element,
                threshold.element)),
        /** @param {import("../route.js").Route} route @param {boolean} takesWords whether the model knows words */
        update(route, takesWords) {
            stage?.update(route);
            if (!stage) heading.textContent = heading.title = quoted(route.words);
            words.update(route, takesWords || Boolean(route.words || route.without));
            threshold.set(route.minimumScore);
        },
    };
}

/** @param {string} words */
export const quoted = (words) => `“${words}”`;

/** The picture, on which a part can be chosen. */
function pictureStage({ title, url, onRegion }) {
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
    return {
        region, wholeButton, partButton, help,
        update({ region: values }) {
            region.set(values);
            wholeButton.hidden = values === null;
            partButton.hidden = values !== null;
            help.textContent = values
                ? `Searching for a part: ${percent(values[2])} × ${percent(values[3])} of the picture.`
                : "Drag across the picture to search for a part of it.";
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
