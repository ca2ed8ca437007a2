oauth_types::refusal_reasons! {
    /// Why a request was not given to a child, or has no answer of it: a closed list.
    pub enum StdioReason {
        Method "stdio_method" 405
            "this method has no meaning here"
            "A client used HEAD, or opened a stream by GET or sent DELETE without an MCP session, which clients of revision 2026-07-28 do not have.";
        MediaType "stdio_media_type" 415
            "the request body must be application/json"
            "The client sent something else than JSON, or compressed it; MCP clients do neither.";
        BodyTooLarge "stdio_message_too_large" 413
            "the message is too large"
            "The message is longer than `stdio.message_bytes`.";
        ClientBody "stdio_request_broken" 400
            "the request body broke off"
            "The client went away, or broke HTTP, while it sent its request.";
        NoMessage "stdio_no_message" 400
            "the body must be one JSON-RPC message"
            "The client sent no JSON-RPC message, a batch in a revision other than 2025-03-26, a member twice, or a kind of message that its protocol revision does not have.";
        Session "stdio_session_unknown" 404
            "the MCP session is unknown"
            "The MCP session has ended (`stdio.idle`, `stdio.life`, a crash, a restart) or belongs to another user; clients open a new one.";
        SessionMissing "stdio_session_missing" 400
            "the request needs an MCP session"
            "A client of a revision before 2026-07-28 called without `Mcp-Session-Id`, and not to initialize.";
        Revision "stdio_revision" 400
            "the MCP-Protocol-Version is not the session's"
            "A client sent an `MCP-Protocol-Version` that no server behind this path has agreed to.";
        RevisionUnsupported "stdio_revision_unsupported" 400
            "the MCP server does not speak this revision"
            "A client of revision 2026-07-28 or later asked in a revision that the server behind this path does not speak; the answer names those that it does.";
        HeadersDiffer "stdio_headers_differ" 400
            "headers and body of the request say different things"
            "A mirrored header of revision 2026-07-28 is missing or is not what the body says. A defect of the client, or somebody who wants the gateway and the server to see two different requests.";
        MetadataMissing "stdio_metadata_missing" 400
            "the request lacks metadata of its protocol revision"
            "A request of revision 2026-07-28 lacks its protocol version or its client capabilities.";
        NeedsInitialize "stdio_needs_initialize" 400
            "this MCP server must be initialized: it speaks revisions up to 2025-11-25"
            "A client began with revision 2026-07-28, and the server behind this path has sessions. Clients that know both eras go on with `initialize`; others cannot use this server.";
        Busy "stdio_busy" 503
            "too many users at once"
            "`stdio.children` processes of this server run already.";
        PrincipalBusy "stdio_principal_busy" 503
            "too many MCP sessions of one user at once"
            "One principal has `stdio.children_per_principal` processes, and somebody waits for an answer of each.";
        BackingOff "stdio_backing_off" 503
            "the MCP server fails and is started again later"
            "The last processes for this principal ended right after their start; see what they wrote to stderr in the log.";
        Start "stdio_start" 502
            "the MCP server cannot be started"
            "The program of `upstream.stdio` cannot be run: it is not there, not executable, or `directory` is not; the detail has the cause.";
        StartTimeout "stdio_start_timeout" 504
            "the MCP server did not start in time"
            "The process gave no first answer within `stdio.start`. Programs that download themselves at the first start, such as those of npx, need longer; better install them beforehand.";
        Ended "stdio_ended" 502
            "the MCP server ended before it answered"
            "The process crashed, was killed, or wrote a line above `stdio.message_bytes`; a new one is started for the next request.";
        Timeout "stdio_timeout" 504
            "the MCP server did not answer in time"
            "The process was silent about the request for `stdio.answer`.";
        TenantEnded "stdio_grant_ended" 401
            "the grant of the access token has ended"
            "The grant ended while a process for it was being started.";
        TenantUnknown "stdio_credential" 502
            "the MCP server cannot be given the user's credential"
            "The credential of this user that `credential_env` grants to the process could not be had; the detail has the cause.";
    }
}
