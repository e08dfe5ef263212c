/** Start: builds the page's parts, reads the address, and shows the view that it names. */

import { askForKeyWith } from "./access.js";
import { listCatalogues, listModels, showCatalogue } from "./api.js";
import { showUnreachable } from "./components/connection.js";
import { detailView } from "./components/detail.js";
import { dropTarget } from "./components/drop-target.js";
import { header } from "./components/header.js";
import { promptForKey } from "./components/key-prompt.js";
import { notify } from "./components/notices.js";
import { errorState } from "./components/states.js";
import { applyPictureSize } from "./components/toolbar.js";
import { updatePanel } from "./components/update-panel.js";
import { isTyping } from "./dom.js";
import { plural } from "./format.js";
import { go, parseRoute } from "./route.js";
import { store } from "./state.js";
import { isUploading, resumeUpdate } from "./updates.js";
import { browseView } from "./views/browse.js";
import { resultsView } from "./views/results.js";

const lastCatalogue = "semblance-catalogue";
const content = document.querySelector("#content");
let view = null;
let viewKind = null;
/** The grid that a search left, so that the way back leads to where one was. */
let kept = null;

const panel = updatePanel({ onShow: (catalogue) => go({ catalogue }) });
const openPanel = (selection) => panel.open(selection);
const detail = detailView({ gallery: () => view?.gallery() ?? null, onDelete: afterDeletion });

function afterDeletion() {
    forgetKept();
    view?.countDown();
    refresh();
}

/** The view of a route; each kind is made once per catalogue and then updated. */
function show(route) {
    const kind = `${route.view === "browse" ? "browse" : "results"} ${route.catalogue}`;
    if (kind === viewKind) {
        view.update(route);
        return;
    }
    const left = view && { view, kind: viewKind, top: scrollY };
    const found = kept?.kind === kind ? kept : null;
    view = found?.view ?? makeView(route);
    viewKind = kind;
    content.replaceChildren(view.element);
    view.update(route);
    scrollTo(0, found?.top ?? 0);
    keep(left, found);
}

function makeView(route) {
    const common = { onError: handle, onLoad: () => detail.refresh() };
    return route.view === "browse" ? browseView({ ...common, onUpdate: () => openPanel() }) : resultsView(common);
}

/** Keeps a grid for the way back, and lets go of what was kept before. */
function keep(left, found) {
    const isGrid = left?.kind.startsWith("browse");
    if (left && !isGrid) left.view.close();
    if (kept && kept !== found) kept.view.close();
    kept = isGrid ? left : null;
}

/** After a change to the catalogue a kept grid would show what is no longer so. */
function forgetKept() {
    kept?.view.close();
    kept = null;
}

function handle(error) {
    if (error.isUnreachable) showUnreachable(recover);
}

async function recover() {
    if (store.get().catalogues.length === 0) await start();
    else if (view?.gallery()?.hasFailed() ?? true) view?.reload();
}

/** Follows the address. */
async function follow() {
    const previous = store.get().route;
    const route = parseRoute(location.hash);
    if (route.catalogue === null) {
        go({ catalogue: usualCatalogue() }, { replacing: true });
        return;
    }
    store.set({ route });
    document.title = `${route.catalogue} · Semblance`;
    localStorage.setItem(lastCatalogue, route.catalogue);
    if (route.catalogue !== previous?.catalogue) refresh();
    show(route);
    detail.update(route, previous);
}

/** The one used last, else the default one if it holds pictures, else the fullest. */
function usualCatalogue() {
    const { catalogues } = store.get();
    const names = catalogues.map(({ name }) => name);
    const last = localStorage.getItem(lastCatalogue);
    if (names.includes(last)) return last;
    const fullest = [...catalogues].sort((a, b) => b.image_count - a.image_count)[0];
    const usual = catalogues.find(({ name }) => name === "default");
    return (usual?.image_count > 0 ? usual : fullest)?.name ?? "default";
}

/** Reads counts anew. */
async function refresh() {
    const name = store.get().route?.catalogue;
    try {
        store.set({ catalogues: await listCatalogues() });
        const catalogue = await showCatalogue(name);
        if (store.get().route?.catalogue === name) store.set({ catalogue });
    } catch (error) {
        handle(error);
        if (store.get().catalogue?.name !== name) store.set({ catalogue: null });
    }
}

/** Tells the rest of the page when an update has ended. */
function watchUpdates() {
    let wasRunning = false;
    store.watch(["update"], ({ update, route }) => {
        const isRunning = update !== null && update.stage !== "ended";
        if (wasRunning && !isRunning && update) {
            refresh();
            forgetKept();
            if (update.job && !panel.isOpen()) announce(update);
            const isShown = update.catalogue === route?.catalogue && route.view === "browse";
            if (update.job?.done > 0 && isShown) view?.reload();
        }
        wasRunning = isRunning;
    });
}

function announce({ job, catalogue }) {
    const failed = job.failed > 0 ? `, ${plural(job.failed, "file")} failed` : "";
    const outcome = job.done > 0 ? `${plural(job.done, "picture")} added to “${catalogue}”`
        : `“${catalogue}” was up to date already`;
    notify(`${outcome}${failed}.`,
        { action: { label: "Details", run: () => openPanel() } });
}

function handleKeys(event) {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
        event.preventDefault();
        view?.filter.focus();
    } else if (event.key === "Escape" && !document.querySelector(":popover-open")) {
        view?.end?.();
    } else if (event.key.toLowerCase() === "u") {
        openPanel();
    }
}

async function start() {
    try {
        const [catalogues, models] = await Promise.all([listCatalogues(), listModels()]);
        store.set({ catalogues, models });
    } catch (error) {
        content.replaceChildren(errorState(error, start));
        handle(error);
        return;
    }
    view?.close();
    view = null;
    viewKind = null;
    await follow();
    resumeUpdate().catch(handle);
}

askForKeyWith(promptForKey);
applyPictureSize();
document.querySelector("#bar").append(...header({ onUpdate: () => openPanel() }));
document.querySelector("#skip-link").addEventListener("click", (event) => {
    event.preventDefault();
    content.querySelector(".tile a")?.focus() ?? content.focus();
});
dropTarget({ onUpdate: openPanel, takesUpdate: panel.isOpen });
watchUpdates();
addEventListener("hashchange", follow);
addEventListener("keydown", handleKeys);
addEventListener("beforeunload", (event) => { if (isUploading()) event.preventDefault(); });
start();
