/** Narrows pictures by their metadata, in the text syntax of the command line. */

import { h, icon } from "../dom.js";
import { condition, parseFilter } from "../filter.js";

const typingPause = 450;
const maximumSuggestionCount = 40;

/**
 * @param {(text: string) => void} onChange called with text that can be read
 * @returns {{element: HTMLElement, setText: (text: string) => void, suggest: (images: Object[]) => void,
 *   focus: () => void}}
 */
export function filterField(onChange) {
    const list = h("datalist", { id: "filter-suggestions" });
    const problem = h("p.filter-problem", { role: "alert", id: "filter-problem" });
    const input = h("input.input", {
        id: "filter", type: "search", placeholder: "Filter, such as category=Chair", autocomplete: "off",
        spellcheck: "false", autocapitalize: "none", list: "filter-suggestions", "aria-label": "Filter by metadata",
        "aria-describedby": "filter-problem",
    });
    let applied = "";
    let timer = 0;
    const apply = ({ isFinal }) => {
        clearTimeout(timer);
        const text = input.value.trim();
        const error = failure(text);
        // While somebody types, an unfinished condition is no mistake yet.
        problem.textContent = error && isFinal ? error : "";
        input.setAttribute("aria-invalid", String(Boolean(error) && isFinal));
        if (error || text === applied) return;
        applied = text;
        onChange(text);
    };
    input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => apply({ isFinal: false }), typingPause);
    });
    input.addEventListener("change", () => apply({ isFinal: true }));
    const submit = (event) => {
        event.preventDefault();
        apply({ isFinal: true });
    };
    return {
        element: h("form.filter", { role: "search", "aria-label": "Filter", on: { submit } },
            icon("filter"), input, h("kbd.filter-key", { "aria-hidden": "true" }, "/"), list, problem),
        setText(text) {
            if (text === applied) return;
            applied = text;
            input.value = text;
            problem.textContent = "";
        },
        suggest: (images) => list.replaceChildren(...suggestions(images).map((value) => h("option", { value }))),
        focus: () => input.focus(),
    };
}

function failure(text) {
    try {
        parseFilter(text);
        return null;
    } catch (error) {
        return error.message;
    }
}

/** Conditions that hold for several of the pictures, the commonest first. */
function suggestions(images) {
    const counts = new Map();
    for (const image of images) {
        for (const [key, value] of Object.entries(image.metadata ?? {})) {
            const text = condition(key, value);
            if (text) counts.set(text, (counts.get(text) ?? 0) + 1);
        }
    }
    return [...counts].filter(([, number]) => number > 1 && number < images.length)
        .sort(([, a], [, b]) => b - a).slice(0, maximumSuggestionCount).map(([text]) => text);
}
