use std::str::FromStr;

use url::Url;

use super::text_value;

/// A value of `Host`: a host name or address in lower case, with a port if it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// Host and port as in the `Host` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| EXPECTED)?;
        let is_canonical = url.as_str() == format!("http://{text}/") || text.ends_with(":80");
        if !is_canonical || text.contains(['*', '/', '@', '?', '#', '%']) {
            return Err(EXPECTED);
        }
        Ok(Self(text.to_owned()))
    }
}

text_value!(HostName, "a host in lower case, with port if not the default one");

const EXPECTED: &str =
    "write a host in lower case, with port if not the default one, such as `mcp.internal:8443`";
