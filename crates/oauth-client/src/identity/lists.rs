use std::collections::BTreeSet;

use oauth_types::ClaimPath;
use serde_json::{Map, Value};
use url::Url;

use super::{Group, Statement, mapping::id};
use crate::{
    AccessToken, Email, Endpoint, Lookups, Temporary,
    answer::{Caller, Reply},
    preset::{List, Lists},
};

/// The most pages of a list that are read; whoever is in more groups than fit is in those that were read.
const MAX_PAGES: u32 = 10;
const PAGE: usize = 100;

/// Completes `said` with what the rules need and only further requests tell.
///
/// A list that cannot be read is an error, never an empty list: the person may be in it later.
/// One that the token was never granted is left out: only another sign-in brings it.
pub(crate) async fn look_up(
    said: &mut Statement,
    caller: &Caller<'_>,
    userinfo: &Url,
    token: &AccessToken,
    lists: &Lists,
    wanted: Lookups,
) -> Result<(), Temporary> {
    let source = Source { caller, userinfo, token };
    if let Some(path) = lists.emails.filter(|_| wanted.email) {
        let items = source.page(path, 1).await?.unwrap_or_default();
        said.email = primary_email(&items).or(said.email.take());
    }
    let organizations = lists.organizations.filter(|_| wanted.organizations || wanted.teams);
    if let Some(list) = organizations {
        said.organizations = source.groups(&list, &BTreeSet::new()).await?;
    }
    if let Some(list) = lists.teams.filter(|_| wanted.teams) {
        let organizations = said.organizations.clone().unwrap_or_default();
        said.teams = source.groups(&list, &organizations).await?;
    }
    Ok(())
}

struct Source<'a> {
    caller: &'a Caller<'a>,
    userinfo: &'a Url,
    token: &'a AccessToken,
}

impl Source<'_> {
    /// The groups of a list; `None` if the token was not granted it.
    async fn groups(
        &self,
        list: &List,
        within: &BTreeSet<Group>,
    ) -> Result<Option<BTreeSet<Group>>, Temporary> {
        let mut found = BTreeSet::new();
        for number in 1..=MAX_PAGES {
            let Some(items) = self.page(list.path, number).await? else { return Ok(None) };
            let before = found.len();
            found.extend(items.iter().filter_map(|it| group(it.as_object()?, list, within)));
            // Some know no pages and answer the same again.
            if items.len() < PAGE || found.len() == before {
                break;
            }
        }
        Ok(Some(found))
    }

    async fn page(&self, path: &str, number: u32) -> Result<Option<Vec<Value>>, Temporary> {
        let mut url = below(self.userinfo, path);
        url.query_pairs_mut()
            .append_pair("per_page", &PAGE.to_string())
            .append_pair("page", &number.to_string());
        match self.caller.get(Endpoint::Userinfo, &url, self.token).await? {
            Reply { status: 200, body: Value::Array(items), .. } => Ok(Some(items)),
            reply if reply.lacks_scope() => Ok(None),
            reply => Err(reply.unexpected(Endpoint::Userinfo, "no list")),
        }
    }
}

/// `base` with `path` at its end; `path` may bring a query.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

fn group(item: &Map<String, Value>, list: &List, within: &BTreeSet<Group>) -> Option<Group> {
    let find = |path: &str| path.parse::<ClaimPath>().ok()?.find(item);
    if list.only.is_some_and(|(path, text)| find(path).and_then(Value::as_str) != Some(text)) {
        return None;
    }
    if let Some(path) = list.within {
        let organization = id(find(path)?)?;
        within.iter().find(|it| it.id == organization)?;
    }
    let name: Option<Vec<&str>> = list.name.iter().map(|it| find(it)?.as_str()).collect();
    let name = name.filter(|it| !it.is_empty()).map(|it| it.join("/"));
    Some(Group { id: id(find(list.id)?)?, name })
}

fn primary_email(items: &[Value]) -> Option<Email> {
    let is_true = |item: &Value, member: &str| item.get(member) == Some(&Value::Bool(true));
    let item = items.iter().find(|it| is_true(it, "primary"))?;
    let address = item.get("email")?.as_str()?.parse().ok()?;
    Some(Email { address, verified: is_true(item, "verified") })
}
