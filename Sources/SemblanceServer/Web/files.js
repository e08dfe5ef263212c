/** Files out of a folder picker, a drop or the clipboard. */

/** Endings that the server's own indexing looks at. */
const endings = new Set([
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "heic", "heif", "avif",
]);

/** @typedef {{file: File, path: string}} Candidate */
/** @typedef {{pictures: Candidate[], others: number, folder: string|null}} Selection */

/** Whether a file looks like a picture, by type or by name; the server looks at the bytes. */
export function isPicture(file) {
    return file.type.startsWith("image/") || endings.has(file.name.split(".").pop().toLowerCase());
}

/** @param {Candidate[]} candidates @returns {Selection} */
export function select(candidates) {
    const visible = candidates.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
    const pictures = visible.filter(({ file }) => isPicture(file));
    const folders = new Set(pictures.map(({ path }) => (path.includes("/") ? path.split("/")[0] : null)));
    return {
        pictures: pictures.sort((a, b) => (a.path < b.path ? -1 : 1)),
        others: candidates.length - pictures.length,
        folder: folders.size === 1 ? [...folders][0] : null,
    };
}

/** @param {FileList|File[]} files from an `<input>`, with or without `webkitdirectory` */
export function selectFromInput(files) {
    return select([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** Whether a drag carries files. */
export const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/** Whether a drag carries just one picture; folders have no type yet. */
export function carriesOnePicture(event) {
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    return items.length === 1 && items[0].type.startsWith("image/");
}

/**
 * Everything in a drop, folders walked to the bottom. Must be called within the drop event.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<{selection: Selection, isFolder: boolean}>}
 */
export async function selectFromDrop(transfer) {
    const items = [...transfer.items].filter((item) => item.kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
    const files = [...transfer.files];
    if (!entries.some((entry) => entry?.isDirectory)) return { selection: selectFromInput(files), isFolder: false };
    const candidates = [];
    for (const entry of entries.filter(Boolean)) await walk(entry, "", candidates);
    return { selection: select(candidates), isFolder: true };
}

async function walk(entry, parent, candidates) {
    const path = parent + entry.name;
    if (entry.isFile) {
        const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
        if (file) candidates.push({ file, path });
        return;
    }
    const reader = entry.createReader();
    for (;;) {
        // A reader hands out about 100 entries a call, and none at the end.
        const entries = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
        if (entries.length === 0) return;
        for (const child of entries) await walk(child, `${path}/`, candidates);
    }
}

/** The first picture on the clipboard, or `null`. @param {ClipboardEvent} event */
export function pictureFromClipboard(event) {
    return [...(event.clipboardData?.files ?? [])].find(isPicture) ?? null;
}
