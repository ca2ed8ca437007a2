//! A browser without a window, and somebody who uses it: cookies, forms, and one redirect at a time.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, header};
use outbound_http::GuardedClient;
use url::{Url, form_urlencoded};

use crate::demo::steps::{Answer, header_text, send};

/// One browser, which knows one origin.
pub(super) struct Browser<'a> {
    http: &'a GuardedClient,
    origin: Url,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    /// A browser without cookies.
    pub(super) const fn new(http: &'a GuardedClient, origin: Url) -> Self {
        Self { http, origin, cookies: BTreeMap::new() }
    }

    /// Opens an address, which may be relative.
    pub(super) async fn open(&mut self, address: &str) -> Answer {
        let request = Request::get(self.resolve(address)).header(header::COOKIE, self.cookie_header());
        self.remember(send(self.http, request.body(Bytes::new())).await)
    }

    /// Follows the redirect of `answer`, if it stays here.
    pub(super) async fn follow(&mut self, answer: &Answer) -> Answer {
        self.open(&location(answer).unwrap_or_default()).await
    }

    /// Sends the form of a page to `action`, with its hidden fields and what the person enters.
    pub(super) async fn submit(&mut self, page: &Answer, action: &str, entered: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(hidden_fields(&text(page)))
            .extend_pairs(entered)
            .finish();
        let request = Request::post(self.resolve(action))
            .header(header::COOKIE, self.cookie_header())
            .header(header::ORIGIN, self.origin.origin().ascii_serialization())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.remember(send(self.http, request.body(Bytes::from(body))).await)
    }

    fn resolve(&self, address: &str) -> String {
        self.origin.join(address).map_or_else(|_| address.to_owned(), String::from)
    }

    fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn remember(&mut self, answer: Answer) -> Answer {
        let headers = answer.iter().flat_map(|it| it.headers().get_all(header::SET_COOKIE));
        for cookie in headers.filter_map(|it| it.to_str().ok()) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if attributes.contains("Max-Age=0;") || attributes.ends_with("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// Where an answer sends the browser.
pub(super) fn location(answer: &Answer) -> Option<String> {
    header_text(answer, header::LOCATION)
}

/// A parameter of the address that an answer sends the browser to.
pub(super) fn sent(answer: &Answer, name: &str) -> Option<String> {
    let url = Url::parse(&location(answer)?).ok()?;
    url.query_pairs().find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
}

/// The body as text.
pub(super) fn text(answer: &Answer) -> String {
    answer.as_ref().map_or_else(|_| String::new(), |it| String::from_utf8_lossy(it.body()).into_owned())
}

/// The hidden fields of our own page: names and values are plain there.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input ").skip(1).filter_map(|it| it.split_once('>')).map(|(tag, _)| tag);
    let hidden = inputs.filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"));
    let mut fields: Vec<_> =
        hidden.filter_map(|tag| attribute(tag, "name").zip(attribute(tag, "value"))).collect();
    // A page may carry the same fields in several forms.
    fields.sort();
    fields.dedup();
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_fields_are_found_once_whatever_the_order_of_attributes() {
        let page = r#"<form><input type="hidden" name="csrf" value="abc"><input name="username" type="text">
            <input value="x" name="transaction" type="hidden" /></form>
            <form><input type="hidden" name="csrf" value="abc"></form>"#;
        let expected = [("csrf".to_owned(), "abc".to_owned()), ("transaction".to_owned(), "x".to_owned())];
        assert_eq!(hidden_fields(page), expected);
        assert_eq!(hidden_fields("<p>nothing</p>"), []);
    }
}
