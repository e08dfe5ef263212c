/** One picture in front of everything: large, with what is known about it. */

import { deleteImage, showImage } from "../api.js";
import { h, icon, isTyping } from "../dom.js";
import { imageTitle } from "../format.js";
import { go } from "../route.js";
import { closeButton, closeOnBackdrop, confirm } from "./dialog.js";
import { detailFacts } from "./detail-facts.js";
import { notify, notifyError } from "./notices.js";
import { openOriginal, picture, sharpURL } from "./picture.js";
import { scoreMeter } from "./score.js";
import { errorState } from "./states.js";
import { goSimilar } from "./tile.js";

/**
 * @param {Object} options
 * @param {() => ReturnType<typeof import("./gallery.js").gallery>|null} options.gallery the grid behind it, for the
 *   neighbours
 * @param {() => void} options.onDelete
 */
export function detailView({ gallery, onDelete }) {
    const stage = h("div.detail-stage");
    const words = h("div.detail-words");
    const dialog = h("dialog.detail", { "aria-label": "Picture" }, stage, words);
    document.body.append(dialog);
    let route = null;
    let shownID = null;
    // Whether the step before in the history is the same grid without the picture.
    let wasOpenedHere = false;

    function close() {
        if (wasOpenedHere) history.back();
        else go({ ...route, image: null }, { replacing: true });
    }

    dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        close();
    });
    closeOnBackdrop(dialog, close);
    dialog.addEventListener("keydown", (event) => {
        if (isTyping(event)) return;
        if (event.key === "ArrowLeft") step(-1);
        if (event.key === "ArrowRight") step(1);
        if (event.key.toLowerCase() === "s" && !event.ctrlKey && !event.metaKey) goSimilar(route, shownID);
    });

    function neighbourID(offset) {
        const images = gallery()?.images ?? [];
        const index = images.findIndex((image) => image.id === shownID);
        return index < 0 ? null : images[index + offset]?.id ?? null;
    }

    function step(offset) {
        const id = neighbourID(offset);
        if (id) go({ ...route, image: id }, { replacing: true });
    }

    async function remove(image) {
        const isSure = await confirm({
            title: "Delete this picture?",
            text: `“${imageTitle(image)}” leaves the catalogue “${route.catalogue}” and is no longer found. `
                + "This cannot be undone.",
            action: "Delete",
        });
        if (!isSure) return;
        try {
            await deleteImage(route.catalogue, image.id);
        } catch (error) {
            notifyError(error);
            return;
        }
        gallery()?.remove(image.id);
        notify(`“${imageTitle(image)}” was deleted.`);
        onDelete();
        close();
    }

    function show(image) {
        dialog.setAttribute("aria-label", imageTitle(image));
        stage.replaceChildren(...largePicture(image), ...arrows(), closeButton(close));
        words.replaceChildren(
            h("header.detail-head", {},
                h("h2", {}, imageTitle(image)),
                typeof image.score === "number" && scoreMeter(image.score)),
            h("div.detail-actions", {},
                h("button.button.solid", { type: "button", on: { click: () => goSimilar(route, image.id) } },
                    icon("similar"), "Find similar"),
                h("button.button", {
                    type: "button", on: { click: () => openOriginal(image).catch(notifyError) },
                }, icon("open"), "Open original")),
            detailFacts(image, route),
            h("button.button.quiet.danger.small.detail-delete", { type: "button", on: { click: () => remove(image) } },
                icon("trash"), "Delete from catalogue"));
        words.scrollTop = 0;
    }

    /** Where the grid's next page is near, it is asked for before one arrives there. */
    function arrows() {
        const images = gallery()?.images ?? [];
        if (images.length > 0 && images.slice(-3).some((image) => image.id === shownID)) gallery().loadMore();
        return [["left", -1, "Previous picture"], ["right", 1, "Next picture"]].map(([side, offset, label]) =>
            h(`button.icon-button.detail-arrow.is-${side}`, {
                type: "button", "aria-label": label, disabled: neighbourID(offset) === null,
                on: { click: () => step(offset) },
            }, icon(side)));
    }

    async function load(id) {
        shownID = id;
        const known = gallery()?.images.find((image) => image.id === id);
        if (known) show(known);
        // A match has less to tell than the image itself: format, bytes and date come with this.
        try {
            const image = await showImage(route.catalogue, id);
            if (shownID === id && !known?.format) show({ ...known, ...image });
        } catch (error) {
            if (shownID !== id || known) return;
            stage.replaceChildren(errorState(error, () => load(id)), closeButton(close));
            words.replaceChildren();
        }
    }

    return {
        /** Says anew which neighbours there are, after the grid has loaded more. */
        refresh() {
            if (!dialog.open || !stage.querySelector(".detail-picture")) return;
            for (const arrow of stage.querySelectorAll(".detail-arrow")) arrow.remove();
            stage.append(...arrows());
        },
        /** Opens, changes or closes, as the address says. */
        update(next, previous) {
            route = next;
            if (next.image === null) {
                if (dialog.open) {
                    dialog.close();
                    stage.replaceChildren();
                    gallery()?.focus(shownID);
                }
                shownID = null;
                return;
            }
            if (!dialog.open) {
                wasOpenedHere = previous !== null && previous.image === null;
                dialog.showModal();
            }
            if (next.image !== shownID) load(next.image);
        },
    };
}

/** The thumbnail at once, the sharp picture over it when it is there. */
function largePicture(image) {
    const size = { width: image.width, height: image.height, eager: true };
    const sharp = picture(sharpURL(image), { ...size, alt: imageTitle(image) });
    const blurred = picture(image.thumbnail_url, size);
    blurred.setAttribute("aria-hidden", "true");
    const frame = h("div.detail-picture", {
        vars: { ratio: (image.width / image.height || 1).toFixed(4), natural: `${image.width}px` },
    }, blurred, sharp);
    sharp.addEventListener("load", () => blurred.remove());
    sharp.addEventListener("error", () => sharp.remove());
    return [frame];
}
