//! Views that are full to the brim: long names, other directions of writing, many permissions.

use super::{
    AccountPage, AccountView, ClientTrust, ClientView, ConnectionView, ConsentPage, ProviderView, ScopeView,
    connection, nameless_connection, provider,
};

pub(in super::super) fn consent() -> ConsentPage {
    ConsentPage {
        client: ClientView {
            name: Some("\u{5d9}\u{5d5}\u{5de}\u{5df} \u{5d4}\u{5e4}\u{5e8}\u{5d5}\u{5d9}\u{5e7}\u{5d8}\u{5d9}\u{5dd} (MCP) 2.0".to_owned()),
            host: None,
            trust: ClientTrust::Unverified,
            redirect_place: "http://[::1]:52814".to_owned(),
            loopback_only: true,
        },
        server: "Donaudampfschifffahrtsgesellschaftskapitänsnotizen".to_owned(),
        resource: format!("https://mcp.department-of-long-names.subsidiary.acme.example/{}", "tenant/".repeat(12)),
        scopes: scopes(),
        account: Some(account()),
        providers: providers(),
        ..super::consent()
    }
}

pub(in super::super) fn account_page() -> AccountPage {
    let crowded = ConnectionView {
        client_name: consent().client.name,
        client_id: format!("https://apps.example/{}metadata.json", "very-long-folder/".repeat(6)),
        server: consent().server,
        scopes: scopes(),
        ..connection()
    };
    let mut connections = vec![crowded];
    connections.extend((0..4).map(|_| nameless_connection()));
    AccountPage { account: account(), connections, notice: None, ..super::account_page() }
}

fn account() -> AccountView {
    AccountView {
        name: "\u{639}\u{628}\u{62f} \u{627}\u{644}\u{631}\u{62d}\u{645}\u{646} \u{628}\u{646} \u{62e}\u{644}\u{62f}\u{648}\u{646}"
            .to_owned(),
        provider: "The identity service of the department".to_owned(),
    }
}

fn providers() -> Vec<ProviderView> {
    ["GitHub Enterprise of the subsidiary", "Google", "GitLab", "Slack", "Entra", "Okta"]
        .iter()
        .map(|name| provider("p", name, false))
        .collect()
}

fn scopes() -> Vec<ScopeView> {
    let scope = |number: usize| ScopeView {
        name: format!("https://scopes.acme.example/auth/notes.section-{number:02}.readwrite"),
        words: (!number.is_multiple_of(3)).then(|| {
            format!("Read, change, share and delete everything in section {number} of the notes, for good")
        }),
    };
    (1..=20).map(scope).collect()
}
