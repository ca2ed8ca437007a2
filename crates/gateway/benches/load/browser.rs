//! A browser without a window: cookies, forms, and one redirect at a time.

use std::{collections::BTreeMap, io, net::SocketAddr};

use url::{Url, form_urlencoded};

use crate::connection::{Answer, Connection};

/// The cookies that one browser has of the gateway.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies(BTreeMap<String, String>);

/// Opens a page of the gateway.
pub(crate) async fn open(
    connection: &mut Connection,
    address: SocketAddr,
    cookies: &mut Cookies,
    target: &str,
) -> io::Result<Answer> {
    let cookie = cookies.header();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {AGENT}\r\nAccept: text/html\r\n{cookie}\r\n"
    );
    let answer = connection.exchange(&request).await?;
    cookies.remember(&answer);
    Ok(answer)
}

/// Sends the form of a page of the gateway, with the value of the button that was pressed.
pub(crate) async fn press(
    connection: &mut Connection,
    address: SocketAddr,
    cookies: &mut Cookies,
    page: &Answer,
    decision: &str,
) -> io::Result<Answer> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(hidden_fields(&page.body)).append_pair("decision", decision);
    let (form, cookie) = (form.finish(), cookies.header());
    let request = format!(
        "POST /consent HTTP/1.1\r\nHost: {address}\r\nUser-Agent: {AGENT}\r\nAccept: text/html\r\n\
         Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n{cookie}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = connection.exchange(&request).await?;
    cookies.remember(&answer);
    Ok(answer)
}

/// Where the answer sends the browser that asked `address`.
pub(crate) fn location(answer: &Answer, address: SocketAddr) -> io::Result<Url> {
    let location = answer.head.values("location").next();
    let location = location.ok_or_else(|| io::Error::other("an answer without a location"))?;
    let origin = Url::parse(&format!("http://{address}")).map_err(io::Error::other)?;
    origin.join(location).map_err(io::Error::other)
}

/// What of a URL is sent to its host.
pub(crate) fn target(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// A parameter of a URL's query.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
}

/// The answer, if it has the status that it must have.
pub(crate) fn expect(answer: Answer, status: u16, step: &str) -> io::Result<Answer> {
    match answer.head.status() {
        Some(found) if found == status => Ok(answer),
        found => Err(io::Error::other(format!("{step}: answered {found:?} instead of {status}"))),
    }
}

impl Cookies {
    fn header(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}\r\n", pairs.join("; "))
    }

    fn remember(&mut self, answer: &Answer) {
        for cookie in answer.head.values("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if attributes.split(';').any(|it| it.trim() == "Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// The hidden fields of one of the gateway's pages: names and values are plain there.
fn hidden_fields(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let inputs = page.split("<input type=\"hidden\" ").skip(1).filter_map(|it| it.split_once('>'));
    inputs.filter_map(|(tag, _)| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(name)?;
    Some(rest.strip_prefix("=\"")?.split_once('"')?.0)
}

const AGENT: &str = "browser/1";
