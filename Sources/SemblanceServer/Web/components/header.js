/** The bar at the top: where one is, the search, the model, the update. */

import { h, icon, mark } from "../dom.js";
import { formatRoute } from "../route.js";
import { store } from "../state.js";
import { catalogueMenu } from "./catalogue-menu.js";
import { modelMenu } from "./model-menu.js";
import { searchField } from "./search-field.js";

/** @param {{onUpdate: () => void}} options */
export function header({ onUpdate }) {
    const home = h("a.brand", { href: "#/", "aria-label": "Semblance: all pictures" }, mark(),
        h("span.brand-name", {}, "Semblance"));
    store.watch(["route"], ({ route }) => { home.href = formatRoute({ catalogue: route?.catalogue ?? "" }); });
    return [
        h("div.bar-left", {}, home, catalogueMenu()),
        searchField(),
        h("div.bar-right", {}, modelMenu(), updateButton(onUpdate)),
    ];
}

/** Says what is going on while an update runs. */
function updateButton(onUpdate) {
    const label = h("span");
    const bar = h("span.update-share", { "aria-hidden": "true" });
    const button = h("button.button.update-button", { type: "button", id: "update-button", on: { click: onUpdate } },
        icon("upload"), label, bar);
    store.watch(["update"], ({ update }) => {
        const isRunning = update !== null && update.stage !== "ended";
        const share = isRunning ? shareOf(update) : 0;
        button.classList.toggle("is-running", isRunning);
        const work = update?.stage === "uploading" ? "Uploading" : "Indexing";
        label.textContent = isRunning ? `${work} ${Math.floor(share * 100)}%` : "Update Catalogue";
        bar.style.setProperty("--share", share.toFixed(3));
    });
    return button;
}

function shareOf({ stage, sent, size, job }) {
    if (stage === "uploading") return size > 0 ? Math.min(1, sent / size) : 0;
    return job && job.total > 0 ? (job.done + job.failed + job.skipped) / job.total : 0;
}
