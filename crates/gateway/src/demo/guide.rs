//! What the demo tells a person to try.

use std::io::{self, Write};

use super::{
    Addresses,
    authorization_server::{DEMO_CLIENT, DemoAuthorizationServer},
};

/// Prints where everything is, what to paste into a client, and `curl` lines that work.
pub(super) fn print(
    out: &mut dyn Write,
    addresses: &Addresses,
    authorization_server: &DemoAuthorizationServer,
) -> io::Result<()> {
    let Addresses { resource, gateway, issuer, upstream } = addresses;
    let token = authorization_server.token(&authorization_server.usual());
    let secret = authorization_server.client_secret();
    writeln!(
        out,
        r#"mcp-gateway demo: OAuth 2.1 in front of an MCP server, on this machine only.

  MCP endpoint          {resource}
  authorization server  {issuer}   (for development, part of the demo)
  MCP server behind     {upstream}   (knows nothing of OAuth)

Paste into an MCP client (a `.mcp.json` or `mcp.json` file):

  {{"mcpServers":{{"demo":{{"type":"http","url":"{resource}","headers":{{"Authorization":"Bearer {token}"}}}}}}}}

Or, for Claude Code:

  claude mcp add --transport http demo {resource} --header "Authorization: Bearer {token}"

Or into a shell:

  # no token: 401, and where to get one
  curl -si {resource} -X POST

  # what the challenge names
  curl -s {gateway}/.well-known/oauth-protected-resource/mcp

  # a token, and a call with it
  TOKEN=$(curl -s {issuer}/token -d grant_type=client_credentials -d client_id={DEMO_CLIENT} -d client_secret={secret} | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s {resource} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{{"a":2,"b":3}}}}}}'

  # the same with an event stream
  curl -sN {resource} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"count","arguments":{{"steps":5}},"_meta":{{"progressToken":1}}}}}}'
"#
    )
}
