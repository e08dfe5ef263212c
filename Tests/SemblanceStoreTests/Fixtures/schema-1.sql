-- A database as version 1 of the schema left it. The tables are of that time, word for word. The rows are what
-- `semblance index /pictures --model dhash --metadata /pictures/m.jsonl` (two images, and a file that is none) and
-- `semblance keys create laptop --scope write` made, with 1 and 2 as the numbers of the images. It never changes.

CREATE TABLE catalogues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    model_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE images (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    name TEXT NOT NULL,
    path TEXT,
    format TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (hash, catalogue_id)
) STRICT;
CREATE INDEX images_by_catalogue ON images (catalogue_id, id, byte_count);

CREATE TABLE embedding_spaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    UNIQUE (catalogue_id, model_id, digest, dimension)
) STRICT;

CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    space_id INTEGER NOT NULL REFERENCES embedding_spaces(id) ON DELETE CASCADE,
    image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    UNIQUE (space_id, image_id)
) STRICT;
CREATE INDEX embeddings_by_image ON embeddings (image_id);

CREATE TABLE sources (
    catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    byte_count INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
    PRIMARY KEY (catalogue_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX sources_by_image ON sources (image_id);

CREATE TABLE metadata_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    catalogue_id INTEGER NOT NULL REFERENCES catalogues(id) ON DELETE CASCADE,
    parent_id INTEGER NOT NULL,
    name BLOB NOT NULL,
    UNIQUE (catalogue_id, parent_id, name)
) STRICT;

CREATE TABLE metadata_values (
    image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
    key_id INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (image_id, key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX metadata_values_by_value ON metadata_values (key_id, value);

CREATE TABLE jobs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    work TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    result TEXT,
    reason TEXT,
    reason_code TEXT,
    is_cancellation_requested INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE INDEX unfinished_jobs ON jobs (lane, sequence) WHERE state IN ('queued', 'running');
CREATE INDEX ended_jobs ON jobs (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE job_failures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_sequence INTEGER NOT NULL REFERENCES jobs(sequence) ON DELETE CASCADE,
    path TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX job_failures_by_job ON job_failures (job_sequence, id);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

INSERT INTO catalogues (id, name, model_id, created_at)
VALUES (1, 'default', 'dhash', 1795939824705912);
INSERT INTO images (id, catalogue_id, hash, name, path, format, width, height, byte_count, metadata, created_at)
VALUES (1, 1, X'BE37910783263CA6DDA527234ED07E82C052E12CD8DE47E039ED778D5B4CFF5D', 'grey.png', '/pictures/grey.png', 'png', 96, 64, 1717, '{"maker":{"country":"Åland"},"price":12.5}', 1795939824734506);
INSERT INTO images (id, catalogue_id, hash, name, path, format, width, height, byte_count, metadata, created_at)
VALUES (2, 1, X'E9542798E55DAC8DFA2441E609E8581893A5C57B0F41FD64CF96BAEB90424233', 'rgb.png', '/pictures/rgb.png', 'png', 96, 64, 4622, '{"price":7,"tags":["a","b"]}', 1795939824734506);
INSERT INTO embedding_spaces (id, catalogue_id, model_id, digest, dimension)
VALUES (1, 1, 'dhash', 'cd6eab9bce184be93e637cd90d4e051a8f9ab971f3bac31c114bf610173c7676', 64);
INSERT INTO embeddings (id, space_id, image_id, vector)
VALUES (1, 1, 1, X'000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE000000BE000000BE0000003E0000003E0000003E000000BE000000BE000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE000000BE000000BE0000003E000000BE000000BE0000003E0000003E000000BE000000BE0000003E0000003E000000BE000000BE0000003E0000003E000000BE000000BE0000003E0000003E0000003E000000BE0000003E000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE');
INSERT INTO embeddings (id, space_id, image_id, vector)
VALUES (2, 1, 2, X'000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE000000BE000000BE0000003E0000003E0000003E000000BE000000BE000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE000000BE000000BE0000003E000000BE000000BE0000003E0000003E000000BE000000BE0000003E0000003E000000BE000000BE0000003E0000003E000000BE000000BE0000003E0000003E0000003E000000BE0000003E000000BE000000BE000000BE0000003E0000003E0000003E0000003E000000BE000000BE');
INSERT INTO sources (catalogue_id, path, byte_count, modified_at, image_id)
VALUES (1, '/pictures/grey.png', 1717, 1795939824628564836, 1);
INSERT INTO sources (catalogue_id, path, byte_count, modified_at, image_id)
VALUES (1, '/pictures/rgb.png', 4622, 1795939824628605908, 2);
INSERT INTO metadata_keys (id, catalogue_id, parent_id, name)
VALUES (1, 1, 0, X'6D616B6572');
INSERT INTO metadata_keys (id, catalogue_id, parent_id, name)
VALUES (2, 1, 1, X'636F756E747279');
INSERT INTO metadata_keys (id, catalogue_id, parent_id, name)
VALUES (3, 1, 0, X'7072696365');
INSERT INTO metadata_keys (id, catalogue_id, parent_id, name)
VALUES (4, 1, 0, X'74616773');
INSERT INTO metadata_values (image_id, key_id, value)
VALUES (1, 1, X'05C3A79C2C84C5CF97ABF54C7637B86F3B6C229B0A40BC8FE9FB445B2BA67DC1E9');
INSERT INTO metadata_values (image_id, key_id, value)
VALUES (1, 2, X'03C3856C616E64');
INSERT INTO metadata_values (image_id, key_id, value)
VALUES (2, 3, X'02C01C000000000000');
INSERT INTO metadata_values (image_id, key_id, value)
VALUES (1, 3, X'02C029000000000000');
INSERT INTO metadata_values (image_id, key_id, value)
VALUES (2, 4, X'0445B2C641F8A6506638FEDA8621493BC16C0C03F67A601BE2CE966EB59D413A69');
INSERT INTO jobs (sequence, id, lane, work, state, owner, total, done, failed, skipped, result, reason, reason_code, is_cancellation_requested, attempts, created_at, started_at, ended_at)
VALUES (1, '8cf6affc7db165b75c33afc1e2f538fc', 'ingest', '{"ingest":{"_0":{"catalogue":"default","followsCatalogue":false,"metadata":{},"modelID":"dhash","source":{"paths":{"_0":["/pictures"],"copies":false,"metadataPath":"/pictures/m.jsonl","prunes":false}}}}}', 'succeeded', '28C423E0-0175-410E-9FA1-593EA91EA520', 3, 2, 1, 0, '{"catalogue":"default","failed":1,"indexed":2,"model":"dhash","skipped":0}', NULL, NULL, 0, 1, 1795939824702305, 1795939824703856, 1795939824737544);
INSERT INTO job_failures (id, job_sequence, path, code, message)
VALUES (1, 1, '/pictures/broken.jpg', 'image-unsupported-format', 'Expected a JPEG, PNG, WebP, GIF, TIFF, HEIC or AVIF image, not text; convert it first.');
INSERT INTO api_keys (id, name, scope, secret_hash, created_at)
VALUES ('38dcbe49', 'laptop', 'write', X'38DCBE49C3879D730FBD38B3EBD3C373D0B768D9D9814A886A2905D06F23C4ED', 1795939824789055);

PRAGMA application_id = 1397050690;
PRAGMA user_version = 1;
