/** Where a search starts: a field that takes a picture, and words where the model knows them. */

import { h, icon } from "../dom.js";
import { isPicture } from "../files.js";
import { keepQuery } from "../queries.js";
import { go } from "../route.js";
import { knowsWords, store } from "../state.js";
import { notify } from "./notices.js";

/** Searches with a picture of the user's own. @param {File} file */
export function searchWithFile(file) {
    if (!isPicture(file)) {
        notify(`“${file.name}” does not look like a picture. Expected JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF.`,
            { isError: true });
        return;
    }
    const { route } = store.get();
    go({
        ...route, view: "search", query: keepQuery(file), region: null, minimumScore: null, words: "", without: "",
        image: null,
    });
}

/** Searches with words alone. @param {string} words */
export function searchWithWords(words) {
    const { route } = store.get();
    go({
        ...route, view: "text", query: null, region: null, minimumScore: null, words, without: "", image: null,
    });
}

/** @returns {HTMLElement} */
export function searchField() {
    const input = h("input.visually-hidden", {
        type: "file", accept: "image/*,.heic,.heif,.avif,.tif,.tiff", id: "query-file", tabindex: "-1",
        "aria-hidden": "true",
    });
    input.addEventListener("change", () => {
        if (input.files.length) searchWithFile(input.files[0]);
        input.value = "";
    });
    const button = h("button.search-field", {
        type: "button", id: "choose-query",
        "aria-label": "Search with a picture: drop it anywhere, paste it, or choose a file",
        on: { click: () => input.click() },
    },
        icon("picture"),
        h("span.search-words", {},
            h("strong", {}, "Search with a picture"),
            h("span.search-ways", {}, "Drop it anywhere, paste it, or choose a file")),
        h("span.search-choose", { "aria-hidden": "true" }, "Choose"));
    const words = wordsField();
    const element = h("div.search", {}, words.element, button, input);
    store.watch(["route", "catalogue", "models"], (state) => {
        element.classList.toggle("takes-words", knowsWords(state));
        words.element.hidden = !knowsWords(state);
        words.set(state.route?.view === "text" ? state.route.words : "");
    });
    return element;
}

/** As long as the server takes, in characters of one byte. */
export const longestWords = 10_000;

function wordsField() {
    const input = h("input.search-input", {
        type: "search", id: "words", placeholder: "Search with words, such as “red chair”", autocomplete: "off",
        "aria-label": "Search with words", enterkeyhint: "search", maxlength: longestWords,
    });
    const submit = (event) => {
        event.preventDefault();
        const words = input.value.trim();
        if (words) searchWithWords(words);
    };
    let shown = "";
    return {
        element: h("form.search-text", { role: "search", "aria-label": "Search with words", on: { submit } },
            icon("search"), input),
        /** What somebody is typing stays until another search is shown. */
        set(text) {
            if (text !== shown) input.value = text;
            shown = text;
        },
    };
}
