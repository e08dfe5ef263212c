/** Where a search starts: a field that takes a picture instead of words. */

import { h, icon } from "../dom.js";
import { isPicture } from "../files.js";
import { keepQuery } from "../queries.js";
import { go } from "../route.js";
import { store } from "../state.js";
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
        ...route, view: "search", query: keepQuery(file), region: null, minimumScore: null, image: null,
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
    const button = h("button.search-field", { type: "button", id: "choose-query", on: { click: () => input.click() } },
        icon("picture"),
        h("span.search-words", {},
            h("strong", {}, "Search with a picture"),
            h("span.search-ways", {}, "Drop it anywhere, paste it, or choose a file")),
        h("span.search-choose", { "aria-hidden": "true" }, "Choose"));
    return h("div.search", {}, button, input);
}
