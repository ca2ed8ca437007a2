//! What is behind the paths of the gateway.

/// An upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// One server over HTTP.
    Http,
    /// A program over stdin and stdout: a process for each session of the older era, and for each user in the newer.
    OwnProgram,
    /// The same program, with one process for everybody.
    SharedProgram,
}

impl Behind {
    pub(super) const ALL: [Self; 3] = [Self::Http, Self::OwnProgram, Self::SharedProgram];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Http => "/mcp",
            Self::OwnProgram => "/own",
            Self::SharedProgram => "/shared",
        }
    }
}
