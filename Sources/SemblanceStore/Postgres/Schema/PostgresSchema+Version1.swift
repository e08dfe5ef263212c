extension PostgresSchema {
    /// Times are microseconds since 1970, except those that only the database's clock decides. Numbers are never used
    /// again. Text is compared byte by byte (collation "C"), as everywhere in Semblance.
    ///
    /// Metadata is kept twice: as JSON text in `images`, which is the truth, and taken apart in `metadata_values`, one
    /// row a member, by which filters find images. `metadata_keys` is the tree of the members' names. Values are in
    /// the byte order of `MetadataSortKey`. JSON is text, since a string in it may hold what `jsonb` does not take.
    ///
    /// Names of members and paths are found by their `IndexKey`.
    ///
    /// Embeddings are in tables that are made as they are needed, one a model version and, in it, one a catalogue: see
    /// `EmbeddingTable`.
    static let version1 = """
        CREATE TABLE semblance.schema_version (
            version bigint PRIMARY KEY,
            taken_at timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE semblance.catalogues (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            model_id text COLLATE "C" NOT NULL,
            created_at bigint NOT NULL
        );

        CREATE TABLE semblance.images (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            catalogue_id bigint NOT NULL REFERENCES semblance.catalogues(id),
            hash bytea NOT NULL CHECK (length(hash) = 32),
            name text COLLATE "C" NOT NULL,
            path text COLLATE "C",
            format text COLLATE "C" NOT NULL,
            width bigint NOT NULL,
            height bigint NOT NULL,
            byte_count bigint NOT NULL,
            metadata text COLLATE "C" NOT NULL,
            created_at bigint NOT NULL,
            UNIQUE (hash, catalogue_id)
        );
        CREATE INDEX images_by_catalogue ON semblance.images (catalogue_id, id) INCLUDE (byte_count);

        CREATE TABLE semblance.model_versions (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            model_id text COLLATE "C" NOT NULL,
            digest text COLLATE "C" NOT NULL,
            dimension bigint NOT NULL,
            element text COLLATE "C" NOT NULL CHECK (element IN ('vector', 'halfvec')),
            UNIQUE (model_id, digest, dimension)
        );

        CREATE TABLE semblance.embedding_spaces (
            catalogue_id bigint NOT NULL REFERENCES semblance.catalogues(id),
            version_id bigint NOT NULL REFERENCES semblance.model_versions(id),
            PRIMARY KEY (catalogue_id, version_id)
        );

        CREATE TABLE semblance.sources (
            catalogue_id bigint NOT NULL REFERENCES semblance.catalogues(id),
            path_key bytea NOT NULL,
            path text COLLATE "C" NOT NULL,
            byte_count bigint NOT NULL,
            modified_at bigint NOT NULL,
            image_id bigint NOT NULL REFERENCES semblance.images(id) ON DELETE CASCADE,
            PRIMARY KEY (catalogue_id, path_key)
        );
        CREATE INDEX sources_by_image ON semblance.sources (image_id);

        CREATE TABLE semblance.metadata_keys (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            catalogue_id bigint NOT NULL REFERENCES semblance.catalogues(id),
            parent_id bigint NOT NULL,
            name bytea NOT NULL,
            UNIQUE (catalogue_id, parent_id, name)
        );

        CREATE TABLE semblance.metadata_values (
            image_id bigint NOT NULL REFERENCES semblance.images(id) ON DELETE CASCADE,
            key_id bigint NOT NULL,
            value bytea NOT NULL,
            PRIMARY KEY (image_id, key_id)
        );
        CREATE INDEX metadata_values_by_value ON semblance.metadata_values (key_id, value, image_id);

        CREATE TABLE semblance.jobs (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text COLLATE "C" NOT NULL UNIQUE,
            lane text COLLATE "C" NOT NULL,
            work text COLLATE "C" NOT NULL,
            state text COLLATE "C" NOT NULL,
            owner text COLLATE "C",
            lease_until timestamptz,
            total bigint NOT NULL,
            done bigint NOT NULL,
            failed bigint NOT NULL,
            skipped bigint NOT NULL,
            result text COLLATE "C",
            reason text COLLATE "C",
            reason_code text COLLATE "C",
            is_cancellation_requested boolean NOT NULL,
            attempts bigint NOT NULL,
            created_at bigint NOT NULL,
            started_at bigint,
            ended_at bigint
        );
        CREATE INDEX unfinished_jobs ON semblance.jobs (lane, sequence) WHERE state IN ('queued', 'running');
        CREATE INDEX ended_jobs ON semblance.jobs (ended_at) WHERE ended_at IS NOT NULL;

        CREATE TABLE semblance.job_failures (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            job_sequence bigint NOT NULL REFERENCES semblance.jobs(sequence) ON DELETE CASCADE,
            path text COLLATE "C" NOT NULL,
            code text COLLATE "C" NOT NULL,
            message text COLLATE "C" NOT NULL
        );
        CREATE INDEX job_failures_by_job ON semblance.job_failures (job_sequence, id);

        CREATE TABLE semblance.api_keys (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text COLLATE "C" NOT NULL UNIQUE,
            name text COLLATE "C" NOT NULL,
            scope text COLLATE "C" NOT NULL,
            secret_hash bytea NOT NULL UNIQUE,
            created_at bigint NOT NULL
        );

        -- Processes that may hold claims on originals; one whose lease ran out holds none.
        CREATE TABLE semblance.claims (
            owner text COLLATE "C" NOT NULL,
            hash bytea NOT NULL,
            count bigint NOT NULL,
            lease_until timestamptz NOT NULL,
            PRIMARY KEY (hash, owner)
        );
        CREATE INDEX claims_by_owner ON semblance.claims (owner);
        """
}
