/** Files that could not be taken in, each with its reason. */

import { listFailures } from "../api.js";
import { h } from "../dom.js";
import { count, plural } from "../format.js";
import { notify, notifyError } from "./notices.js";

const pageSize = 100;

export function failureList() {
    const title = h("h4");
    const copy = h("button.text-button", { type: "button" }, "Copy the list");
    const list = h("ul.failures");
    const more = h("button.button.small", { type: "button", hidden: true }, "Show more");
    const element = h("section.failure-section", { hidden: true, "aria-label": "Files that failed" },
        h("div.failure-head", {}, title, copy), list, more);
    let job = null;
    let shown = [];
    let isLoading = false;

    async function load() {
        if (isLoading || !job || shown.length >= job.failed) return;
        isLoading = true;
        try {
            const failures = await listFailures(job.id, { offset: shown.length, limit: pageSize });
            shown.push(...failures);
            list.append(...failures.map(failureRow));
        } catch (error) {
            notifyError(error);
        }
        isLoading = false;
        more.hidden = shown.length >= job.failed;
        more.textContent = `Show more (${count(job.failed - shown.length)})`;
    }

    more.addEventListener("click", load);
    copy.addEventListener("click", async () => {
        const text = shown.map(({ path, code, message }) => `${path}\t${code}\t${message}`).join("\n");
        try {
            await navigator.clipboard.writeText(text);
            notify(`${plural(shown.length, "line")} copied.`);
        } catch {
            notify("The browser did not allow copying.", { isError: true });
        }
    });

    return {
        element,
        /** The first page fills while the job runs; the rest comes on demand. @param {import("../api.js").Job} now */
        update(now) {
            if (now.id !== job?.id) {
                shown = [];
                list.replaceChildren();
            }
            job = now;
            element.hidden = job.failed === 0;
            title.textContent = `${plural(job.failed, "file")} could not be read`;
            if (shown.length < Math.min(pageSize, job.failed)) load();
        },
    };
}

function failureRow({ path, message }) {
    return h("li.failure", {}, h("span.failure-path", { title: path }, path), h("span.failure-reason", {}, message));
}
