/** What stands in place of pictures: nothing here, or something wrong. */

import { h, icon } from "../dom.js";

/**
 * @param {{title: string, text: string|Node, actions?: Node[], drawing?: Node}} content
 */
export function emptyState({ title, text, actions = [], drawing = tilesDrawing() }) {
    return h("div.state", {}, drawing, h("h2", {}, title), h("p", {}, text),
        actions.length > 0 && h("div.state-actions", {}, actions));
}

/**
 * @param {Error & {title?: string}} error
 * @param {() => void} [onRetry]
 */
export function errorState(error, onRetry) {
    return h("div.state.is-error", { role: "alert" },
        h("div.state-symbol", {}, icon("alert")),
        h("h2", {}, error.title ?? "That did not work"),
        h("p", {}, error.message),
        onRetry && h("div.state-actions", {},
            h("button.button", { type: "button", on: { click: onRetry } }, "Try again")));
}

/** Three frames, one of them filled: a picture among its likenesses. */
export function tilesDrawing() {
    return h("div.drawing", { "aria-hidden": "true" }, h("span"), h("span"), h("span"));
}
