/// A URL or reference without its query, where keys hide.
pub(super) fn text(url: &str) -> String {
    url.split_once('?').map_or_else(|| url.to_owned(), |(before, _)| format!("{before}?.."))
}

#[cfg(test)]
mod tests {
    #[test]
    fn o21_a_query_is_not_shown() {
        assert_eq!(super::text("https://a.example/mcp?key=s3cr3t"), "https://a.example/mcp?..");
        assert_eq!(super::text("/mcp/?key=s3cr3t?x"), "/mcp/?..");
        assert_eq!(super::text("https://a.example/mcp"), "https://a.example/mcp");
    }
}
