//! The person in front of an MCP client, with a browser: cookies, redirects and forms, and no JavaScript.

use http::{Method, Request, StatusCode};
use url::{Url, form_urlencoded};

use super::{
    html::{self, Form},
    http::{Answer, call},
};

/// Somebody who knows what to type and which button to press. Keeps cookies from one page to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    cookies: Vec<Cookie>,
    typed: Vec<(String, String)>,
    pressed: Vec<String>,
    stop: Option<String>,
    /// Each address that was asked for, in order.
    visited: Vec<(Method, Url)>,
}

/// Where the browser is.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

#[derive(Clone, Debug)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
}

/// A request as the address bar, a link, a form or a redirect makes it.
struct Step {
    method: Method,
    url: Url,
    body: Option<String>,
    /// The page that it comes from; none for a typed address.
    from: Option<Url>,
    /// What that page lets others know of its address.
    origin: String,
    /// Whether every request since that page stayed on its site.
    same_site: bool,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Types `value` into every field of this name.
    pub(crate) fn types(mut self, field: &str, value: &str) -> Self {
        self.typed.push((field.to_owned(), value.to_owned()));
        self
    }

    /// Presses the button `name=value` wherever there is one; of several the one that was named first.
    pub(crate) fn presses(mut self, button: &str) -> Self {
        self.pressed.push(button.to_owned());
        self
    }

    /// Goes nowhere that begins with this: nobody listens there, and the address is the answer.
    pub(crate) fn stops_at(mut self, prefix: &str) -> Self {
        self.stop = Some(prefix.to_owned());
        self
    }

    /// Opens an address and fills in forms until there is none left, or until the browser would leave for where the
    /// person stops.
    pub(crate) async fn goes_to(&mut self, url: &str) -> Page {
        let mut page = self.opens(url).await;
        for _ in 0..MOST_FORMS {
            let Some(form) = page.forms().into_iter().find(|it| self.button_of(it).is_some()) else {
                return page;
            };
            if page.url.fragment() == Some(STOPPED) {
                return page;
            }
            page = self.sends(&page, form).await;
        }
        panic!("the forms never end: {}", page.body)
    }

    /// Opens an address and follows redirects.
    pub(crate) async fn opens(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap_or_else(|_| panic!("no address: {url:?}"));
        self.follow(Step::to(url, None)).await
    }

    /// Follows a link of another site's page.
    pub(crate) async fn follows_link(&mut self, from: &str, url: &str) -> Page {
        let from = Url::parse(from).unwrap();
        self.follow(Step::to(Url::parse(url).unwrap(), Some(from))).await
    }

    /// Fills in a form of `page` and presses the button.
    pub(crate) async fn sends(&mut self, page: &Page, mut form: Form) -> Page {
        for (name, value) in &self.typed {
            form.fill(name, value);
        }
        let button = self.button_of(&form).unwrap_or_else(|| panic!("nothing to press in {form:?}"));
        form.fields.extend(button);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let mut url = page.url.join(&form.action).unwrap();
        if !form.is_post {
            url.set_query(Some(&body));
            return self.follow(Step::to(url, Some(page.url.clone()))).await;
        }
        let step = Step::to(url, Some(page.url.clone()));
        self.follow(Step { method: Method::POST, body: Some(body), origin: page.told_origin(), ..step }).await
    }

    /// Presses this button of `page` and follows redirects, but fills in nothing further.
    pub(crate) async fn presses_only(&mut self, page: &Page, button: &str) -> Page {
        let wanted = Self { pressed: vec![button.to_owned()], ..self.clone() };
        let mut forms = page.forms().into_iter();
        let form = forms.find(|it| wanted.button_of(it).is_some()).unwrap_or_else(|| panic!("no {button}"));
        let pressed = std::mem::replace(&mut self.pressed, wanted.pressed);
        let next = self.sends(page, form).await;
        self.pressed = pressed;
        next
    }

    /// Every address that was asked for so far.
    pub(crate) fn visited(&self) -> Vec<String> {
        self.visited.iter().map(|(method, url)| format!("{method} {url}")).collect()
    }

    /// The cookie whose name ends like this: its name and what it holds.
    #[track_caller]
    pub(crate) fn cookie_named(&self, end: &str) -> (String, String) {
        let found = self.cookies.iter().find(|it| it.name.ends_with(end));
        let found = found.unwrap_or_else(|| panic!("no cookie …{end}"));
        (found.name.clone(), found.value.clone())
    }

    /// What the cookies hold.
    pub(crate) fn cookie_values(&self) -> Vec<String> {
        self.cookies.iter().map(|it| it.value.clone()).collect()
    }

    /// The button to press: what the person is after, or the only one if it says nothing but "send".
    #[expect(clippy::option_option, reason = "a button without a name is a button all the same")]
    fn button_of(&self, form: &Form) -> Option<Option<(String, String)>> {
        let named = |wanted: &String| {
            let is_it = |it: &&Option<(String, String)>| {
                it.as_ref().is_some_and(|(name, value)| format!("{name}={value}") == *wanted)
            };
            form.buttons.iter().find(is_it).cloned()
        };
        let only = || (form.buttons == [None]).then_some(None);
        self.pressed.iter().find_map(named).or_else(only)
    }

    async fn follow(&mut self, mut step: Step) -> Page {
        for _ in 0..MOST_REDIRECTS {
            if self.stop.as_ref().is_some_and(|it| step.url.as_str().starts_with(it)) {
                return Page::not_opened(step.url);
            }
            let answer = self.ask(&step).await;
            self.keep_cookies(&step.url, &answer);
            let Some(location) = redirect(&answer) else {
                return Page {
                    url: step.url,
                    status: answer.status,
                    headers: answer.headers,
                    body: answer.body,
                };
            };
            let next = step.url.join(location).unwrap_or_else(|_| panic!("redirect to {location:?}"));
            let keeps_method = matches!(answer.status.as_u16(), 307 | 308);
            step.same_site &= step.from.is_none() || is_same_site(&step.url, &next);
            if !keeps_method {
                (step.method, step.body) = (Method::GET, None);
            }
            step.url = next;
        }
        panic!("redirected without end: {:#?}", self.visited())
    }

    /// Sends what a browser sends.
    async fn ask(&mut self, step: &Step) -> Answer {
        self.visited.push((step.method.clone(), step.url.clone()));
        let site = match &step.from {
            None => "none",
            Some(from) if step.same_site && from.origin() == step.url.origin() => "same-origin",
            Some(_) if step.same_site => "same-site",
            Some(_) => "cross-site",
        };
        let mut url = step.url.clone();
        url.set_fragment(None);
        let mut request = Request::builder()
            .method(step.method.clone())
            .uri(url.as_str())
            .header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("accept-language", "en")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) the person of the tests")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-site", site);
        let cookies = self.cookie_header(&step.url);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        if step.body.is_some() {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-user", "?1")
                .header("origin", &step.origin);
        }
        call(request.body(step.body.clone().unwrap_or_default()).unwrap()).await
    }

    fn cookie_header(&self, url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let for_it = |it: &&Cookie| it.host == host && covers(&it.path, url.path());
        let cookies = self.cookies.iter().filter(for_it).map(|it| format!("{}={}", it.name, it.value));
        cookies.collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, url: &Url, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let mut parts = line.split(';').map(str::trim);
            let (name, value) =
                parts.next().and_then(|it| it.split_once('=')).unwrap_or_else(|| panic!("{line}"));
            let attribute = |wanted: &str| {
                let mut attributes =
                    line.split(';').skip(1).map(|it| it.trim().split_once('=').unwrap_or((it.trim(), "")));
                attributes.find(|(it, _)| it.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
            };
            let host = url.host_str().unwrap_or_default().to_owned();
            let path = attribute("path").unwrap_or_else(|| "/".to_owned());
            self.cookies.retain(|it| (&it.host, &it.path, it.name.as_str()) != (&host, &path, name));
            let is_dead = attribute("max-age").is_some_and(|it| it.parse::<i64>().unwrap() <= 0)
                || attribute("expires").is_some_and(|it| it.contains("1970"));
            if !is_dead {
                self.cookies.push(Cookie { host, path, name: name.to_owned(), value: value.to_owned() });
            }
        }
    }
}

impl Step {
    fn to(url: Url, from: Option<Url>) -> Self {
        let same_site = from.as_ref().is_none_or(|it| is_same_site(it, &url));
        Self { method: Method::GET, url, body: None, from, origin: String::new(), same_site }
    }
}

impl Page {
    /// Where the person stopped before anything was asked for.
    fn not_opened(mut url: Url) -> Self {
        url.set_fragment(Some(STOPPED));
        Self { url, status: StatusCode::OK, headers: http::HeaderMap::new(), body: String::new() }
    }

    /// The origin that a form of this page is sent with: none that helps if the page is to leave no trace
    /// (Fetch, "append a request `Origin` header").
    fn told_origin(&self) -> String {
        let is_told = self.headers.get("referrer-policy").is_none_or(|it| it != "no-referrer");
        if is_told { self.url.origin().ascii_serialization() } else { "null".to_owned() }
    }

    /// The address, for somebody else's browser.
    pub(crate) fn address(&self) -> String {
        let mut url = self.url.clone();
        url.set_fragment(None);
        url.into()
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        html::forms(&self.body)
    }

    /// What people read.
    pub(crate) fn text(&self) -> String {
        html::text(&self.body)
    }

    /// A parameter of the address.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(it, _)| it == name).map(|(_, value)| value.into_owned())
    }
}

fn redirect(answer: &Answer) -> Option<&str> {
    answer.status.is_redirection().then(|| answer.header("location")).filter(|it| !it.is_empty())
}

/// Whether a cookie for `path` is sent to `asked` (RFC 6265 section 5.1.4).
fn covers(path: &str, asked: &str) -> bool {
    asked
        .strip_prefix(path)
        .is_some_and(|rest| path.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

/// Whether two addresses are of one site; ports do not matter, and every host here is a site of its own.
fn is_same_site(one: &Url, other: &Url) -> bool {
    (one.scheme(), one.host_str()) == (other.scheme(), other.host_str())
}

const STOPPED: &str = "stopped";
const MOST_FORMS: usize = 8;
const MOST_REDIRECTS: usize = 20;
