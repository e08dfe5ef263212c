/** Numbers and words for people. */

const integers = new Intl.NumberFormat("en-GB");
const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** `1,204` */
export const count = (number) => integers.format(number);

/** `1 picture`, `1,204 pictures` */
export const plural = (number, word, many = `${word}s`) => `${count(number)} ${number === 1 ? word : many}`;

/** A cosine similarity with two digits: `0.87`. */
export const score = (value) => value.toFixed(2).replace("-0.00", "0.00");

/** @param {number} bytes in units of 1,000, as drives and the limits count them */
export function bytes(bytes) {
    const units = ["bytes", "kB", "MB", "GB", "TB"];
    let size = bytes;
    let unit = 0;
    while (size >= 999.5 && unit < units.length - 1) {
        size /= 1000;
        unit += 1;
    }
    return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** @param {number} seconds rounded to what a person waits by: `8 s`, `2 min`, `1 h 5 min` */
export function duration(seconds) {
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
    const minutes = Math.round(seconds / 60);
    return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} milliseconds */
export function milliseconds(milliseconds) {
    if (milliseconds < 1) return "under 1 ms";
    return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** @param {string} text an ISO 8601 date */
export function date(text) {
    const value = new Date(text);
    return Number.isNaN(value.valueOf()) ? text : dates.format(value);
}

/** `file_name` and `createdAt` as a person would write them: `File name`, `Created at`. */
export function keyLabel(key) {
    const words = key.replace(/[_-]+/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
    return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A metadata value on one line. */
export function metadataValue(value) {
    if (Array.isArray(value)) return value.map(metadataValue).join(", ");
    return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What to call an image: its title in the metadata, else its file name. */
export function imageTitle(image) {
    const named = image.metadata?.name ?? image.metadata?.title;
    return typeof named === "string" && named.trim() !== "" ? named : image.name;
}

/** The one metadata value that stands under a picture in the grid. */
export function imageSubtitle(image) {
    const metadata = image.metadata ?? {};
    const isPlain = ([key, value]) => key !== "name" && key !== "title" && typeof value !== "object";
    const value = metadata.category ?? metadata.label ?? Object.entries(metadata).find(isPlain)?.[1];
    return value === undefined || value === null ? "" : metadataValue(value);
}
