use super::*;

fn resource(uri: &str) -> ProtectedResource {
    ProtectedResource::builder(uri.parse().unwrap(), "https://as.example".parse().unwrap()).build()
}

/// `expected` is the resource whose document is at `path`.
#[track_caller]
fn check(documents: &Documents, path: &str, expected: Option<&str>) {
    let expected = expected.map(|it| resource(it).document().clone());
    assert_eq!(documents.find(path), expected.as_ref(), "{path}");
}

const A: &str = "https://mcp.example/a";
const B: &str = "https://mcp.example/b";
const ORIGIN: &str = "https://mcp.example/";

#[test]
fn the_only_resource_is_at_every_location() {
    let documents = Documents::new([resource(A)]).unwrap();
    check(&documents, "/.well-known/oauth-protected-resource", Some(A));
    check(&documents, "/.well-known/oauth-protected-resource/a", Some(A));
    check(&documents, "/.well-known/oauth-protected-resource/a/", Some(A));
    check(&documents, "/a/.well-known/oauth-protected-resource", Some(A));
    assert_eq!(documents.appended_paths().collect::<Vec<_>>(), ["/a/.well-known/oauth-protected-resource"]);
}

#[test]
fn d06_d07_an_unknown_path_finds_nothing() {
    let documents = Documents::new([resource(A)]).unwrap();
    for path in [
        "/.well-known/oauth-protected-resource/b",
        "/.well-known/oauth-protected-resource/a/b",
        "/.well-known/oauth-protected-resource/a//",
        "/.well-known/oauth-protected-resource//a",
        "/.well-known/oauth-protected-resource/A",
        "/.well-known/oauth-protected-resource/a%2f",
        "/.well-known/oauth-protected-resource/%61",
        "//.well-known/oauth-protected-resource/a",
        "/b/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resourcea",
        "",
    ] {
        check(&documents, path, None);
    }
}

#[test]
fn the_root_is_the_origin_s_then_the_default_s_then_nobody_s() {
    let root = WELL_KNOWN_PATH;
    check(&Documents::new([resource(A), resource(B)]).unwrap(), root, None);
    check(&Documents::with_default(resource(B), [resource(A)]).unwrap(), root, Some(B));
    check(&Documents::new([resource(A), resource(ORIGIN)]).unwrap(), root, Some(ORIGIN));
    check(&Documents::with_default(resource(A), [resource(ORIGIN)]).unwrap(), root, Some(ORIGIN));
    check(&Documents::new([]).unwrap(), root, None);
}

#[test]
fn two_resources_that_differ_in_a_slash_keep_their_own_spelling() {
    let documents = Documents::new([resource(A), resource("https://mcp.example/a/")]).unwrap();
    check(&documents, "/.well-known/oauth-protected-resource/a", Some(A));
    check(&documents, "/.well-known/oauth-protected-resource/a/", Some("https://mcp.example/a/"));
    assert_eq!(documents.appended_paths().count(), 1);
}

#[test]
fn two_resources_at_one_path_are_refused() {
    let twice = Documents::new([resource(A), resource("https://other.example/a")]).map(drop);
    assert_eq!(twice, Err(DuplicateResource("/.well-known/oauth-protected-resource/a".to_owned())));
    assert_eq!(Documents::new([resource(A), resource(B)]).map(drop), Ok(()));
}
