/** Drops and pastes anywhere on the page: one picture is searched with, a folder or several update the catalogue. */

import { h, icon, isTyping } from "../dom.js";
import { carriesFiles, carriesOnePicture, pictureFromClipboard, selectFromDrop } from "../files.js";
import { store } from "../state.js";
import { notify } from "./notices.js";
import { searchWithFile } from "./search-field.js";

/** @param {{onUpdate: (selection: import("../files.js").Selection) => void, takesUpdate: () => boolean}} options
 *    `takesUpdate` tells whether the update panel is open, so that a single picture belongs there too */
export function dropTarget({ onUpdate, takesUpdate }) {
    const title = h("strong");
    const text = h("span");
    const overlay = h("div.drop-overlay", { hidden: true, popover: "manual" },
        h("div.drop-frame", {}, icon("picture"), title, text));
    document.body.append(overlay);
    let depth = 0;

    function show(event) {
        const isSearch = carriesOnePicture(event) && !takesUpdate();
        const name = store.get().route?.catalogue ?? "the catalogue";
        title.textContent = isSearch ? "Drop to search" : "Drop to add";
        text.textContent = isSearch ? `Finds pictures like this one in “${name}”` : `The pictures go to “${name}”`;
        overlay.hidden = false;
        // In the top layer, so that it covers open dialogs too.
        if (!overlay.matches(":popover-open")) overlay.showPopover();
    }

    function hide() {
        depth = 0;
        overlay.hidden = true;
        if (overlay.matches(":popover-open")) overlay.hidePopover();
    }

    addEventListener("dragenter", (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        depth += 1;
        show(event);
    });
    addEventListener("dragover", (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
    });
    addEventListener("dragleave", (event) => {
        if (!carriesFiles(event)) return;
        depth -= 1;
        if (depth <= 0) hide();
    });
    addEventListener("drop", async (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        hide();
        const { selection, isFolder } = await selectFromDrop(event.dataTransfer);
        const isSearch = selection.pictures.length === 1 && !isFolder && !takesUpdate();
        if (isSearch) searchWithFile(selection.pictures[0].file);
        else if (selection.pictures.length > 0) onUpdate(selection);
        else notify("There is no picture among what you dropped: JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF.",
            { isError: true });
    });
    addEventListener("paste", (event) => {
        const file = pictureFromClipboard(event);
        if (file) searchWithFile(file);
        else if (!isTyping(event)) notify("There is no picture on the clipboard.");
    });
}
