/** The filter's text syntax, as the server and the command line read it: `category=chair,price<20,brand!="A, B"`. */

const operators = { "=": "$eq", "!=": "$ne", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte" };

/** A filter that cannot be read, with a sentence that says why. */
export class FilterError extends Error {}

/**
 * Turns the text into the API's JSON form. JSON (text that starts with `{`) is passed on as it is.
 *
 * @param {string} text
 * @returns {Object|null} `null` for no filter
 * @throws {FilterError}
 */
export function parseFilter(text) {
    const trimmed = text.trim();
    if (trimmed === "") return null;
    if (trimmed.startsWith("{")) return parseJSON(trimmed);
    const conditions = splitConditions(trimmed).map(parseCondition);
    return conditions.length === 1 ? conditions[0] : { $and: conditions };
}

/**
 * The text of a condition for one metadata value.
 *
 * @returns {string|null} `null` if the syntax cannot express it
 */
export function condition(key, value) {
    if (typeof value === "number" || typeof value === "boolean") return `${key}=${value}`;
    if (typeof value !== "string" || value.includes('"') || /[=<>!,".]/.test(key)) return null;
    const isPlain = value === value.trim() && !/[,"]/.test(value) && !looksLikeLiteral(value) && value !== "";
    return isPlain ? `${key}=${value}` : `${key}="${value}"`;
}

function parseJSON(text) {
    try {
        return JSON.parse(text);
    } catch {
        throw new FilterError("The filter starts with '{' but is not well-formed JSON.");
    }
}

function splitConditions(text) {
    const parts = text.match(/(?:"[^"]*"|[^,"])+/g) ?? [];
    if ((text.match(/"/g) ?? []).length % 2 !== 0) throw new FilterError("A double quote in the filter is not closed.");
    if (parts.some((part) => part.trim() === "") || /,\s*$/.test(text)) {
        throw new FilterError("The filter has a comma with nothing beside it.");
    }
    return parts;
}

function parseCondition(text) {
    const match = /^([^=<>!]*)(!=|<=|>=|=|<|>)(.*)$/s.exec(text);
    const quoted = `“${text.trim()}”`;
    if (!match) throw new FilterError(`${quoted} is not a condition: write key=value, or one of != < <= > >=.`);
    const key = match[1].trim();
    if (key.split(".").includes("")) throw new FilterError(`${quoted} has no key before its sign.`);
    return { [key]: { [operators[match[2]]]: literal(match[3].trim()) } };
}

function looksLikeLiteral(text) {
    return ["true", "false", "null"].includes(text) || (text !== "" && Number.isFinite(Number(text)));
}

function literal(text) {
    if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) return text.slice(1, -1);
    if (text === "true" || text === "false") return text === "true";
    if (text === "null") return null;
    return looksLikeLiteral(text) ? Number(text) : text;
}
