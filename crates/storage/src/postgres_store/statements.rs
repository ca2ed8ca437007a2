//! The SQL, once for each of the two tables; nothing is put together when the program runs.
//!
//! Each is one statement and so, outside of a transaction, one transaction.

macro_rules! insert {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " AS stored (table_name, key, expires_at, owner, format, body, revision, xid) VALUES",
            " ($1, $2, $3, $4, $5, $6, COALESCE($7, nextval('mcp_gateway.revisions')), pg_current_xact_id()::text::bigint)"
        )
    };
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            insert_new: concat!(insert!($table), " ON CONFLICT (table_name, key) DO NOTHING"),
            get: concat!(
                "SELECT expires_at, owner, format, revision, body FROM ",
                $table,
                " WHERE table_name = $1 AND key = $2"
            ),
            format: concat!("SELECT format FROM ", $table, " WHERE table_name = $1 AND key = $2"),
            take: concat!(
                "DELETE FROM ",
                $table,
                " WHERE table_name = $1 AND key = $2 AND format <= $3",
                " RETURNING expires_at, owner, format, revision, body"
            ),
            swap: concat!(
                "UPDATE ",
                $table,
                " SET expires_at = $3, owner = $4, format = $5, body = $6,",
                " revision = COALESCE($7, nextval('mcp_gateway.revisions')), xid = pg_current_xact_id()::text::bigint",
                " WHERE table_name = $1 AND key = $2 AND format <= $8 AND revision = $9"
            ),
            put: concat!(
                insert!($table),
                " ON CONFLICT (table_name, key) DO UPDATE SET expires_at = excluded.expires_at,",
                " owner = excluded.owner, format = excluded.format, body = excluded.body,",
                " revision = excluded.revision, xid = excluded.xid WHERE stored.format <= $8"
            ),
            remove: concat!("DELETE FROM ", $table, " WHERE table_name = $1 AND key = $2"),
            scan: concat!(
                "SELECT key, expires_at, owner, format, revision, body FROM ",
                $table,
                " WHERE table_name = $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT $4"
            ),
            delete_by_owner: concat!(
                "WITH found AS MATERIALIZED (SELECT table_name, key FROM ",
                $table,
                " WHERE owner = $1 ORDER BY table_name, key FOR UPDATE)",
                " DELETE FROM ",
                $table,
                " AS stored USING found WHERE stored.table_name = found.table_name AND stored.key = found.key"
            ),
            sweep: concat!(
                "WITH found AS MATERIALIZED (SELECT table_name, key FROM ",
                $table,
                " WHERE expires_at <= $1 ORDER BY expires_at, table_name, key LIMIT $2 FOR UPDATE SKIP LOCKED)",
                " DELETE FROM ",
                $table,
                " AS stored USING found WHERE stored.table_name = found.table_name AND stored.key = found.key",
                " RETURNING stored.expires_at, stored.table_name, stored.key"
            ),
            changes: concat!(
                "WITH now AS MATERIALIZED (SELECT pg_current_snapshot()::text AS snapshot,",
                " floor(extract(epoch FROM clock_timestamp()))::bigint AS clock)",
                " SELECT now.snapshot, now.clock, stored.key, stored.expires_at, stored.owner, stored.format,",
                " stored.revision, stored.body FROM now LEFT JOIN ",
                $table,
                " AS stored ON stored.table_name = $1",
                " AND stored.xid >= pg_snapshot_xmin($2::pg_snapshot)::text::bigint",
                " AND NOT pg_visible_in_snapshot(stored.xid::text::xid8, $2::pg_snapshot)"
            ),
        }
    };
}

/// The statements over one table.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) insert_new: &'static str,
    pub(super) get: &'static str,
    pub(super) format: &'static str,
    pub(super) take: &'static str,
    pub(super) swap: &'static str,
    pub(super) put: &'static str,
    pub(super) remove: &'static str,
    pub(super) scan: &'static str,
    pub(super) delete_by_owner: &'static str,
    pub(super) sweep: &'static str,
    pub(super) changes: &'static str,
}

/// Over the table whose changes are durable before they are answered.
pub(super) const DURABLE: Statements = statements!("mcp_gateway.records");
/// Over the one that is empty after the database has crashed.
pub(super) const PASSING: Statements = statements!("mcp_gateway.passing");

/// Which transactions have come to their end, and what time it is.
pub(super) const NOW: &str =
    "SELECT pg_current_snapshot()::text, floor(extract(epoch FROM clock_timestamp()))::bigint";
