//! Says of each argument which values of OAuth it can be.
//!
//! `cargo run -p oauth-types --example check_values -- https://mcp.example.com/mcp`

use std::{env, io::Write};

use oauth_types::{Issuer, RedirectUri, ResourceUri, Scope};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    for text in env::args().skip(1) {
        writeln!(out, "{text}")?;
        let rows = [
            ("issuer", said(text.parse::<Issuer>())),
            ("resource", said(text.parse::<ResourceUri>())),
            ("redirect_uri", said(text.parse::<RedirectUri>())),
            ("scope", said(text.parse::<Scope>())),
        ];
        for (name, verdict) in rows {
            writeln!(out, "  {name}: {verdict}")?;
        }
    }
    Ok(())
}

fn said<T, E: std::error::Error>(parsed: Result<T, E>) -> String {
    parsed.map_or_else(|error| format!("no, it {error}"), |_| "yes".to_owned())
}
