/** Asks for the API key of a server that wants one. */

import { h, icon } from "../dom.js";
import { showDialog } from "./dialog.js";

/**
 * @param {string} reason the server's sentence
 * @param {boolean} wasRefused whether a key was sent already
 * @returns {Promise<string|null>}
 */
export async function promptForKey(reason, wasRefused) {
    const key = await showDialog("prompt", "API key", (close) => {
        const input = h("input.input.mono", {
            id: "api-key", name: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
            autofocus: true, placeholder: "sem_…", "aria-invalid": wasRefused ? "true" : null,
        });
        const submit = (event) => {
            event.preventDefault();
            close(input.value.trim());
        };
        return [
            h("div.state-symbol", {}, icon("key")),
            h("h2", {}, wasRefused ? "That key was not accepted" : "This server asks for a key"),
            h("p", {}, reason),
            h("form.prompt-form", { on: { submit } },
                h("div.field", {}, h("label", { for: "api-key" }, "API key"), input,
                    h("p.hint", {}, "It stays in this tab and is forgotten when the tab is closed.")),
                h("div.prompt-actions", {},
                    h("button.button", { type: "button", on: { click: () => close() } }, "Not now"),
                    h("button.button.solid", { type: "submit" }, "Continue"))),
        ];
    });
    return key || null;
}
