oauth_types::refusal_reasons! {
    /// Why a request was not forwarded, or its answer not passed on: a closed list.
    pub enum ForwardReason {
        Method "upstream_method" 405
            "this method cannot be forwarded"
            "MCP uses POST, GET and DELETE; the client used another method. With `upstream.sse` streams are opened with GET, and messages posted where the stream says.";
        ContentCoding "request_content_coding" 415
            "the request body must not be compressed"
            "The client compressed its request; MCP clients send plain JSON.";
        Loop "upstream_loop" 508
            "the request came back to where it was sent from"
            "The upstream's address is the gateway itself; correct `upstream`.";
        Session "mcp_session_unknown" 404
            "the MCP session is unknown"
            "The MCP session ended with a restart or belongs to another user; clients open a new one.";
        ClientBodyTooLarge "request_body_too_large" 413
            "the request body is too large"
            "The client's body ran into a length limit on its way.";
        ClientBody "request_body_broken" 400
            "the request body broke off"
            "The client went away, or broke HTTP, while it sent its request.";
        Connect "upstream_unreachable" 502
            "the MCP server cannot be reached"
            "Nothing listens at the upstream's address, or its certificate is not trusted.";
        ConnectTimeout "upstream_connect_timeout" 504
            "the MCP server cannot be reached in time"
            "The upstream's host does not answer; check address and firewall.";
        Timeout "upstream_timeout" 504
            "the MCP server did not answer in time"
            "The upstream took longer than `http.response_timeout`.";
        Redirect "upstream_redirect" 502
            "the MCP server gave no usable answer"
            "The upstream redirects to another address; configure its final address as `upstream`.";
        Unauthorized "upstream_unauthorized" 502
            "the MCP server gave no usable answer"
            "The upstream answered 401 or 407: it wants a credential that the gateway does not send. Write a `credential` that it takes; or switch its own authorization off, and let it trust the gateway alone; `identity.jwt` tells it who calls.";
        Protocol "upstream_protocol" 502
            "the MCP server gave no usable answer"
            "The upstream crashed or does not speak HTTP as it should; see its own log. With `upstream.sse`, its stream may begin with something else than an endpoint at its own origin.";
    }
}
