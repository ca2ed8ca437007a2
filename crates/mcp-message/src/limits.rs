/// How large a body may be in ways that its number of bytes does not tell.
///
/// The number of bytes is the caller's to bound, before it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Objects and arrays within each other, the outermost counted; 1 to 100, by default 64.
    pub depth: usize,
    /// Messages of one batch; at least 1, by default 100.
    pub batch: usize,
    /// Bytes of one mirrored header, before it is decoded; by default 8 KiB.
    pub header: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, batch: 100, header: 8 * 1024 }
    }
}
