/** "Update Catalogue": choose where to and what, then watch. The panel can be closed while the work goes on. */

import { h } from "../dom.js";
import { dismissUpdate, isUpdating, retryUpdate } from "../updates.js";
import { store } from "../state.js";
import { closeButton, closeOnBackdrop } from "./dialog.js";
import { updateForm } from "./update-form.js";
import { updateProgress } from "./update-progress.js";

/** @param {{onShow: (catalogue: string) => void}} options `onShow` goes to the catalogue that was updated */
export function updatePanel({ onShow }) {
    const body = h("div.sheet-body");
    const dialog = h("dialog.sheet", { "aria-labelledby": "update-title" },
        h("header.sheet-head", {}, h("h2", { id: "update-title" }, "Update Catalogue"),
            closeButton(() => dialog.close())),
        body);
    document.body.append(dialog);
    closeOnBackdrop(dialog, () => dialog.close());
    let progress = null;

    function showForm(selection = null) {
        progress = null;
        body.replaceChildren(updateForm({ selection }));
    }

    function showProgress() {
        progress = updateProgress({
            onAgain: () => {
                dismissUpdate();
                showForm();
            },
            onRetry: () => retryUpdate(),
            onShow: (catalogue) => {
                dialog.close();
                dismissUpdate();
                onShow(catalogue);
            },
        });
        body.replaceChildren(progress.element);
    }

    store.watch(["update"], ({ update }) => {
        if (!update) return;
        if (!progress) showProgress();
        progress.update(update);
    });

    return {
        isOpen: () => dialog.open,
        /** @param {import("../files.js").Selection} [selection] what was dropped */
        open(selection) {
            if (!isUpdating() && (selection || !store.get().update)) {
                dismissUpdate();
                showForm(selection);
            }
            if (!dialog.open) dialog.showModal();
        },
    };
}
