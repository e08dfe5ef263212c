/** Chooses the model that searches compare by. */

import { h } from "../dom.js";
import { bytes, count } from "../format.js";
import { go } from "../route.js";
import { currentModel, store } from "../state.js";
import { menu } from "./menu.js";

/** @returns {HTMLElement} */
export function modelMenu() {
    const { element, setContent } = menu({
        kind: "model", label: "Model", build: (close) => [introduction(), rows(close)],
    });
    store.watch(["route", "catalogue", "models"], (state) => {
        setContent(h("span.menu-value", {}, currentModel(state) ?? "…"));
        element.hidden = state.models.length === 0;
    });
    return element;
}

function introduction() {
    return h("p.menu-text", {}, "A model decides what counts as similar. Pictures are compared by the model they were "
        + "indexed with.");
}

function rows(close) {
    const state = store.get();
    const chosen = currentModel(state);
    return h("div.menu-rows", {}, state.models.map((model) => row(model, state, model.id === chosen, close)));
}

function row(model, { catalogue, route }, isChosen, close) {
    const choose = () => {
        go({ ...route, model: model.id === catalogue?.model ? null : model.id });
        close();
    };
    return h("button.menu-row.model-row", {
        type: "button", "aria-pressed": String(isChosen), disabled: model.state === "missing", on: { click: choose },
    },
    h("span.model-name", {}, model.id),
    h("span.model-fact.number", {}, `${count(model.dimension)}-d${model.text ? " · words" : ""}`),
    h("span.model-summary", {}, model.summary),
    h("span.model-note", {}, note(model, catalogue)));
}

/** What a person needs to know before choosing. */
export function note(model, catalogue) {
    if (model.state === "missing") {
        const size = model.bytes ? ` (${bytes(model.bytes)})` : "";
        return `Not downloaded${size}: run semblance models pull ${model.id}`;
    }
    const indexed = catalogue?.embedding_counts?.[model.id] ?? 0;
    if (!catalogue || catalogue.image_count === 0) return model.default ? "The default" : "";
    if (indexed === 0) return `No picture of “${catalogue.name}” is indexed with it: update the catalogue first`;
    return indexed >= catalogue.image_count ? "All pictures indexed"
        : `${count(indexed)} of ${count(catalogue.image_count)} pictures indexed`;
}
