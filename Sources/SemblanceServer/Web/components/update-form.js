/** The first half of an update: which catalogue, which model, which pictures. */

import { h, icon } from "../dom.js";
import { selectFromInput } from "../files.js";
import { bytes, count, plural } from "../format.js";
import { store } from "../state.js";
import { startUpdate } from "../updates.js";

const newCatalogue = "\u0000new";

/** @param {{selection: import("../files.js").Selection|null}} options what was dropped already */
export function updateForm({ selection }) {
    const target = catalogueChoice();
    const model = modelChoice(target);
    const start = (chosen) => {
        const name = target.name();
        if (name === null) return;
        startUpdate(name, chosen, model.value());
    };
    return h("div.update-form", {},
        h("p.sheet-lead", {}, "New pictures are indexed. Those that are there already are recognised and skipped."),
        target.element,
        model.element,
        selection ? confirmation(selection, start) : sources(start));
}

function sources(start) {
    const problem = h("p.form-problem", { role: "alert" });
    const take = (input) => () => {
        const chosen = selectFromInput(input.files);
        input.value = "";
        if (chosen.pictures.length > 0) start(chosen);
        else problem.textContent = noPicture(chosen.others);
    };
    const folder = h("input.visually-hidden", {
        type: "file", webkitdirectory: true, multiple: true, id: "update-folder", tabindex: "-1", "aria-hidden": "true",
    });
    const files = h("input.visually-hidden", {
        type: "file", multiple: true, accept: "image/*,.heic,.heif,.avif", id: "update-files", tabindex: "-1",
        "aria-hidden": "true",
    });
    folder.addEventListener("change", take(folder));
    files.addEventListener("change", take(files));
    return h("div.sources", {},
        icon("folder"),
        h("p", {}, h("strong", {}, "Drop a folder here"), h("br"), "or anywhere on the page"),
        h("div.sources-buttons", {},
            h("button.button.solid", { type: "button", on: { click: () => folder.click() } }, "Choose folder"),
            h("button.button", { type: "button", on: { click: () => files.click() } }, "Choose pictures")),
        folder, files, problem);
}

const noPicture = (number) =>
    `No picture was found among ${plural(number, "file")}. Expected JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF.`;

/** A drop does not say "yes" yet: it shows what would be sent. */
function confirmation(selection, start) {
    const size = selection.pictures.reduce((sum, { file }) => sum + file.size, 0);
    const place = selection.folder ? ` in “${selection.folder}”` : "";
    return h("div.sources.is-chosen", {},
        icon("folder"),
        h("p", {}, h("strong", {}, `${plural(selection.pictures.length, "picture")}${place}`), h("br"),
            `${bytes(size)}${leftOut(selection.others)}`),
        h("div.sources-buttons", {},
            h("button.button.solid", { type: "button", autofocus: true, on: { click: () => start(selection) } },
                `Add ${plural(selection.pictures.length, "picture")}`)));
}

/** @param {number} number */
export const leftOut = (number) => (number > 0 ? ` · ${plural(number, "other file")} left out` : "");

function catalogueChoice() {
    const { catalogues, route } = store.get();
    const names = [...new Set([...catalogues.map(({ name }) => name), ...(route?.catalogue ? [route.catalogue] : [])])];
    const select = h("select.input", { id: "update-catalogue" },
        names.map((name) => h("option", { value: name, selected: name === route?.catalogue }, name)),
        h("option", { value: newCatalogue }, "New catalogue…"));
    const input = h("input.input", {
        id: "update-name", hidden: true, maxlength: "64", placeholder: "Its name", autocomplete: "off",
        spellcheck: "false", "aria-label": "Name of the new catalogue",
    });
    const problem = h("p.problem", { role: "alert" });
    select.addEventListener("change", () => {
        input.hidden = select.value !== newCatalogue;
        if (!input.hidden) input.focus();
    });
    return {
        select,
        element: h("div.field", {}, h("label", { for: "update-catalogue" }, "Catalogue"), select, input, problem),
        /** @returns {string|null} `null` if it has to be typed first */
        name() {
            const name = select.value === newCatalogue ? input.value.trim() : select.value;
            problem.textContent = name === "" ? "Give the new catalogue a name first." : "";
            if (name === "") input.focus();
            return name || null;
        },
    };
}

function modelChoice(target) {
    const { models, catalogues, route } = store.get();
    const select = h("select.input", { id: "update-model" }, models.map((model) =>
        h("option", { value: model.id, disabled: model.state === "missing" },
            `${model.id} · ${count(model.dimension)}-d${model.state === "missing" ? " · not downloaded" : ""}`)));
    const followCatalogue = () => {
        const own = catalogues.find(({ name }) => name === target.select.value)?.model
            ?? models.find((model) => model.default)?.id;
        select.value = route?.model ?? own ?? select.value;
    };
    target.select.addEventListener("change", followCatalogue);
    followCatalogue();
    return {
        element: h("div.field", {}, h("label", { for: "update-model" }, "Model"), select),
        value: () => select.value || null,
    };
}
