/** The second half of an update: upload, indexing, and what came of it. */

import { h, icon } from "../dom.js";
import { bytes, count, duration, plural } from "../format.js";
import { cancelUpdate } from "../updates.js";
import { failureList } from "./failure-list.js";
import { notifyError } from "./notices.js";
import { leftOut } from "./update-form.js";

/**
 * @param {{onAgain: () => void, onRetry: () => void, onShow: (catalogue: string) => void}} options
 * @returns {{element: HTMLElement, update: (update: import("../updates.js").Update) => void}}
 */
export function updateProgress({ onAgain, onRetry, onShow }) {
    const headline = h("h3.update-headline", { "aria-live": "polite" });
    const upload = step("Upload");
    const indexing = step("Index");
    const tally = h("dl.tally");
    const failures = failureList();
    const actions = h("div.update-actions");
    let shownStage = null;

    function showActions(update) {
        if (update.stage === shownStage) return;
        shownStage = update.stage;
        actions.replaceChildren(...(update.stage === "ended" && update.error && update.retry ? [
            h("button.button.solid", { type: "button", on: { click: onRetry } }, "Try again"),
            h("button.button", { type: "button", on: { click: onAgain } }, "Choose other pictures"),
        ] : update.stage === "ended" ? [
            h("button.button.solid", { type: "button", on: { click: () => onShow(update.catalogue) } },
                "Show the catalogue"),
            h("button.button", { type: "button", on: { click: onAgain } }, "Add more"),
        ] : [
            h("button.button", { type: "button", on: { click: () => cancelUpdate().catch(notifyError) } }, "Cancel"),
            h("p.faint", {}, update.stage === "uploading" ? "Keep this page open until the upload is done."
                : "You can close this and go on searching."),
        ]));
    }

    return {
        element: h("div.update-progress", {},
            headline, upload.element, indexing.element, tally, failures.element, actions),
        update(update) {
            headline.textContent = headlineText(update);
            headline.classList.toggle("is-bad", update.error !== null || update.job?.state === "failed");
            upload.set(uploadStep(update));
            indexing.set(indexStep(update));
            tally.replaceChildren(...tallyItems(update));
            if (update.job) failures.update(update.job);
            showActions(update);
        },
    };
}

/** One bar with its name and a line of figures. */
function step(name) {
    const mark = h("span.step-mark", { "aria-hidden": "true" });
    const text = h("span.step-text.number");
    const bar = h("div.progress", {
        role: "progressbar", "aria-label": name, "aria-valuemin": "0", "aria-valuemax": "100",
    });
    const element = h("div.step", {}, h("div.step-head", {}, mark, h("strong", {}, name), text), bar);
    return {
        element,
        /** @param {{state: string, parts: [string, number][], text: string}} values parts are shares of the whole */
        set({ state, parts, text: words }) {
            element.dataset.state = state;
            mark.replaceChildren(...(state === "done" ? [icon("check")] : []));
            text.textContent = words;
            bar.classList.toggle("unknown", state === "unknown");
            const share = parts.reduce((sum, [, part]) => sum + part, 0);
            if (state === "unknown") bar.removeAttribute("aria-valuenow");
            else bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
            while (bar.children.length < parts.length) bar.append(h("span"));
            parts.forEach(([kind, part], index) => {
                bar.children[index].className = kind;
                bar.children[index].style.setProperty("--share", part.toFixed(4));
            });
        },
    };
}

function headlineText({ stage, error, job, catalogue }) {
    if (error) return error.message;
    if (stage === "uploading") return `Sending pictures to “${catalogue}”`;
    if (stage === "indexing") {
        return job?.state === "queued" ? "Waiting for its turn on the server" : `Indexing “${catalogue}”`;
    }
    if (job?.state === "failed") return job.reason ?? "The update failed on the server.";
    if (!job || job.state === "cancelled") return "Stopped. What was indexed by then stays in the catalogue.";
    if (job.done === 0 && job.failed === 0) return `“${catalogue}” was up to date already`;
    return job.failed > 0 ? `“${catalogue}” is up to date, except for ${plural(job.failed, "file")}`
        : `“${catalogue}” is up to date`;
}

function uploadStep({ stage, sent, size, pictureCount, leftOut: others, startedAt, job, error }) {
    const words = `${plural(pictureCount, "picture")}${leftOut(others)}`;
    if (job) return { state: "done", parts: [["done", 1]], text: size > 0 ? `${words} · ${bytes(size)}` : words };
    const share = size > 0 ? Math.min(1, sent / size) : 0;
    if (stage === "ended") return { state: error ? "failed" : "stopped", parts: [["done", share]], text: words };
    const seconds = (performance.now() - startedAt) / 1000;
    const speed = seconds > 1 && sent > 0 ? ` · ${bytes(sent / seconds)}/s` : "";
    return { state: "active", parts: [["done", share]], text: `${bytes(sent)} of ${bytes(size)}${speed}` };
}

function indexStep({ stage, job, pace }) {
    if (!job) return { state: "waiting", parts: [], text: "" };
    const finished = job.done + job.skipped + job.failed;
    const share = (number) => (job.total > 0 ? number / job.total : 0);
    const parts = [["done", share(job.done)], ["skipped", share(job.skipped)], ["failed", share(job.failed)]];
    const progress = `${count(finished)} of ${count(job.total)}`;
    if (stage === "ended") return { state: job.state === "succeeded" ? "done" : "stopped", parts, text: progress };
    if (job.state === "queued" || job.total === 0) return { state: "unknown", parts: [], text: "" };
    const speed = pace ? ` · ${count(Math.max(1, Math.round(pace.rate)))} a second` : "";
    const left = pace?.secondsLeft ? ` · ${duration(pace.secondsLeft)} left` : "";
    return { state: "active", parts, text: `${progress}${speed}${left}` };
}

function tallyItems({ job }) {
    if (!job) return [];
    return [["added", job.done, "done"], ["there already", job.skipped, "skipped"], ["failed", job.failed, "failed"]]
        .map(([label, number, kind]) => h(`div.tally-item.is-${kind}`, { data: { count: number } },
            h("dd.number", {}, count(number)), h("dt", {}, label)));
}
