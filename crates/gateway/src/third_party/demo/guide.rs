//! What the demo tells a person to try.

use std::io::{self, Write};

use super::{Account, Addresses};

/// Prints where everything is, what to paste into a client, and who may sign in.
pub(super) fn print(out: &mut dyn Write, addresses: &Addresses, account: &Account) -> io::Result<()> {
    let Addresses { resource, gateway, upstream } = addresses;
    let Account { name, password } = account;
    writeln!(
        out,
        r#"mcp-gateway demo: an MCP server that any client connects to with nothing but its address,
on this machine only.

  MCP endpoint       {resource}
  sign in as         {name}
  password           {password}
  your connections   {gateway}/account
  MCP server behind  {upstream}   (knows nothing of OAuth)

Claude Code:

  claude mcp add --transport http demo {resource}      then /mcp in a session, and "Authenticate"

VS Code, Cursor and others (an `mcp.json` file):

  {{"mcpServers":{{"demo":{{"type":"http","url":"{resource}"}}}}}}

  VS Code calls the outer key "servers".

MCP Inspector: paste the address, choose "Streamable HTTP", press "Connect".

The client finds the rest itself: it registers, opens your browser, you sign in and approve.

Or look at it with curl:

  curl -si {resource} -X POST
  curl -s {gateway}/.well-known/oauth-protected-resource/mcp
  curl -s {gateway}/.well-known/oauth-authorization-server
"#
    )
}
