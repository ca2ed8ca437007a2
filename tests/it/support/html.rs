//! As much HTML as a page with forms needs: tags, attributes, entities.

/// A form of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_post: bool,
    /// What stands in each field.
    pub(crate) fields: Vec<(String, String)>,
    /// Each button that sends it, as it would be sent; without a name nothing is.
    pub(crate) buttons: Vec<Option<(String, String)>>,
}

/// Every form of a page, in its order.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut is_open = false;
    for tag in tags(page) {
        match tag.name.as_str() {
            "form" => {
                let is_post = tag.value("method").is_some_and(|it| it.eq_ignore_ascii_case("post"));
                let action = tag.value("action").unwrap_or_default();
                forms.push(Form { action, is_post, ..Form::default() });
                is_open = true;
            }
            "/form" => is_open = false,
            "input" | "button" if is_open && !tag.has("disabled") => {
                if let Some(form) = forms.last_mut() {
                    form.add(&tag);
                }
            }
            _ => {}
        }
    }
    forms
}

/// The text that people see.
pub(crate) fn text(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        text.push(' ');
        rest = rest[start..].split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    decoded(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Form {
    fn add(&mut self, tag: &Tag) {
        let kind = tag.value("type").unwrap_or_default();
        let named = tag.value("name").map(|name| (name, tag.value("value").unwrap_or_default()));
        match (tag.name.as_str(), kind.as_str()) {
            ("button", "" | "submit") | ("input", "submit") => self.buttons.push(named),
            ("input", "checkbox" | "radio") if !tag.has("checked") => {}
            ("input", _) => self.fields.extend(named),
            _ => {}
        }
    }

    /// Types `value` into the field `name`, if there is one.
    pub(crate) fn fill(&mut self, name: &str, value: &str) -> bool {
        let field = self.fields.iter_mut().find(|(it, _)| it == name);
        field.map(|(_, it)| value.clone_into(it)).is_some()
    }
}

struct Tag {
    /// In lower case, with the slash of a closing tag.
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn value(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone())
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(it, _)| it == name)
    }
}

fn tags(page: &str) -> Vec<Tag> {
    page.split('<').skip(1).filter_map(|it| Some(tag(it.split_once('>')?.0))).collect()
}

fn tag(text: &str) -> Tag {
    let (name, mut rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let mut attributes = Vec::new();
    while !rest.trim_matches(|it: char| it.is_whitespace() || it == '/').is_empty() {
        rest = rest.trim_start();
        let end = rest.find(|it: char| it.is_whitespace() || it == '=').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        attributes.push((name, decoded(value)));
    }
    Tag { name: name.trim_end_matches('/').to_ascii_lowercase(), attributes }
}

/// The value that `text` begins with, and what follows.
fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest)));
        let (character, rest) = known.unwrap_or(('&', part));
        decoded.push(character);
        decoded.push_str(rest);
    }
    decoded
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[test]
fn a_page_is_read_as_a_browser_would() {
    let page = r#"<!doctype html><p>a &lt; b</p><FORM method='POST' action="/consent?a=1&amp;b=2">
        <input type=hidden name=csrf value="x&#34;&#x27;y"/><input name="username" autofocus>
        <input type="checkbox" name="off" value="1"><input type="checkbox" name="on" value="1" checked>
        <button name="decision" value="deny">No</button><button>Plain</button><button type="button" name="x">-</button>
        <button disabled hidden></button>
        </form><input name="outside"><form action="/next"></form>"#;
    let [first, second] = &forms(page)[..] else { panic!("two forms") };
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    assert_eq!(first.action, "/consent?a=1&b=2");
    assert!(first.is_post && !second.is_post);
    assert_eq!(first.fields, [("csrf", "x\"'y"), ("username", ""), ("on", "1")].map(owned));
    assert_eq!(first.buttons, [Some(owned(("decision", "deny"))), None]);
    assert_eq!((second.action.as_str(), second.fields.len()), ("/next", 0));
    assert!(text(page).starts_with("a < b No Plain"));
}
