/** Chooses the catalogue, or makes a new one. */

import { createCatalogue, listCatalogues } from "../api.js";
import { h, icon } from "../dom.js";
import { count } from "../format.js";
import { formatRoute, go } from "../route.js";
import { store } from "../state.js";
import { menu } from "./menu.js";
import { notify } from "./notices.js";

/** @returns {HTMLElement} */
export function catalogueMenu() {
    const { element, setContent } = menu({
        kind: "catalogue", label: "Catalogue", build: (close) => [catalogueList(close), creation(close)],
    });
    store.watch(["route", "catalogue"], ({ route, catalogue }) => {
        const isLoaded = catalogue?.name === route?.catalogue && catalogue !== null;
        setContent(h("span.menu-value", {}, route?.catalogue ?? "…"),
            h("span.menu-count.number", {}, isLoaded ? count(catalogue.image_count) : ""));
    });
    return element;
}

function catalogueList(close) {
    const { catalogues, route } = store.get();
    return h("nav.menu-rows", { "aria-label": "Catalogues" }, catalogues.map((catalogue) =>
        h("a.menu-row", {
            href: formatRoute({ catalogue: catalogue.name }),
            "aria-current": catalogue.name === route?.catalogue ? "page" : null,
            on: { click: close },
        }, h("span", {}, catalogue.name), h("span.menu-count.number", {}, count(catalogue.image_count)))));
}

function creation(close) {
    const open = h("button.menu-row.menu-action", { type: "button" }, icon("add"), "New catalogue");
    const box = h("div.menu-foot", {}, open);
    open.addEventListener("click", () => {
        const form = creationForm(close);
        box.replaceChildren(form);
        form.querySelector("input").focus();
    });
    return box;
}

function creationForm(close) {
    const input = h("input.input", {
        id: "catalogue-name", required: true, maxlength: "64", autocomplete: "off", spellcheck: "false",
        placeholder: "holidays-2026",
    });
    const problem = h("p.problem", { role: "alert" });
    const submit = async (event) => {
        event.preventDefault();
        try {
            await makeCatalogue(input.value.trim());
            close();
        } catch (error) {
            problem.textContent = error.message;
            input.setAttribute("aria-invalid", "true");
        }
    };
    return h("form.menu-form", { on: { submit } },
        h("div.field", {}, h("label", { for: "catalogue-name" }, "Name of the new catalogue"), input, problem),
        h("button.button.solid.small", { type: "submit" }, "Create"));
}

async function makeCatalogue(name) {
    const created = await createCatalogue(name, null);
    store.set({ catalogues: await listCatalogues() });
    notify(`The catalogue “${created.name}” is ready for pictures.`);
    go({ catalogue: created.name });
}
