-- A schema of its own, so that no search path decides which tables are meant.
CREATE TABLE mcp_gateway.schema (
    version integer NOT NULL,
    written_by text NOT NULL
);
INSERT INTO mcp_gateway.schema (version, written_by) VALUES (0, '');

CREATE SEQUENCE mcp_gateway.revisions AS bigint;

CREATE TABLE mcp_gateway.records (
    table_name text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    expires_at bigint NOT NULL,
    owner bytea,
    format integer NOT NULL,
    revision bigint NOT NULL,
    xid bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (table_name, key)
);
COMMENT ON COLUMN mcp_gateway.records.expires_at IS 'seconds since 1970, minus 2^63';
COMMENT ON COLUMN mcp_gateway.records.xid IS 'the transaction that left the record so';
CREATE INDEX records_by_expiry ON mcp_gateway.records (expires_at, table_name, key);
CREATE INDEX records_by_owner ON mcp_gateway.records (owner) WHERE owner IS NOT NULL;
CREATE INDEX records_by_xid ON mcp_gateway.records (table_name, xid);

CREATE UNLOGGED TABLE mcp_gateway.passing (
    LIKE mcp_gateway.records INCLUDING COMMENTS,
    PRIMARY KEY (table_name, key)
);
CREATE INDEX passing_by_expiry ON mcp_gateway.passing (expires_at, table_name, key);
CREATE INDEX passing_by_owner ON mcp_gateway.passing (owner) WHERE owner IS NOT NULL;
CREATE INDEX passing_by_xid ON mcp_gateway.passing (table_name, xid);
