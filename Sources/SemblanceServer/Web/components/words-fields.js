/** Words that a search goes by, beside its picture or without one. */

import { h } from "../dom.js";
import { longestWords } from "./search-field.js";

/**
 * @param {(change: {words?: string, without?: string}) => void} onChange called when words were entered
 * @returns {{element: HTMLElement, update: (route: import("../route.js").Route, isShown: boolean) => void}}
 */
export function wordsFields(onChange) {
    const words = field("query-words", "With words", "in green leather", (text) => onChange({ words: text }));
    const without = field("query-without", "Without", "armrests", (text) => onChange({ without: text }));
    const element = h("form.query-text", {
        "aria-label": "Words", on: {
            submit(event) {
                event.preventDefault();
                onChange({ words: words.value(), without: without.value() });
            },
        },
    }, words.element, without.element, h("button.visually-hidden", { type: "submit", tabindex: "-1" }, "Search"));
    return {
        element,
        update(route, isShown) {
            element.hidden = !isShown;
            words.set(route.words);
            without.set(route.without);
        },
    };
}

function field(id, label, example, onChange) {
    const input = h("input.input", {
        id, type: "search", placeholder: example, autocomplete: "off", maxlength: longestWords,
    });
    const value = () => input.value.trim();
    input.addEventListener("change", () => onChange(value()));
    let shown = "";
    return {
        element: h("div.field", {}, h("label", { for: id }, label), input),
        value,
        /** What somebody is typing stays until another search is shown. */
        set(text) {
            if (text !== shown) input.value = text;
            shown = text;
        },
    };
}
