//! The router, in process.

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use token_manager::Liveness;
use tower_service::Service;

use super::*;
use crate::third_party::testing::{REVOKE, World};

async fn ask(world: &World, path: &str, question: &str) -> (StatusCode, String) {
    let request = Request::post(path).body(Body::from(question.to_owned())).unwrap();
    let response = router(world.state.clone()).call(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_question_that_is_not_understood_changes_nothing() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    let (grant, code) = world.code(&session, "1").await;
    world.redeem(&code).await.unwrap();
    for question in
        ["", "{}", "\"everything\"", r#"{"client":""}"#, r#"{"grant":"x"}"#, r#"{"all":null,"x":1}"#]
    {
        let (status, words) = ask(&world, "/grants/revoke", question).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{question}: {words}");
    }
    assert_eq!(world.state.foundations.grants.is_live(&grant), Liveness::Live);
    let (status, answer) = ask(&world, "/grants/revoke", "\"all\"").await;
    assert_eq!((status, &*answer), (StatusCode::OK, "{\"answer\":{\"grants\":1,\"sign_ins\":1}}\n"));
    assert_eq!(world.state.foundations.grants.is_live(&grant), Liveness::Ended);
}

#[tokio::test]
async fn k08_the_third_party_is_asked_to_revoke_when_nothing_rests_on_a_sign_in_any_more() {
    let world = World::new().await;
    let session = world.sign_in("1").await;
    world.give_tokens(&session).await;
    let mut grants = Vec::new();
    for _ in 0..2 {
        let (grant, code) = world.code(&session, "1").await;
        world.redeem(&code).await.unwrap();
        grants.push(grant);
    }
    let revoke = async |grant: &GrantId| {
        let question = serde_json::to_string(&Selection::Grant(*grant)).unwrap();
        ask(&world, "/grants/revoke", &question).await.1
    };
    assert_eq!(revoke(&grants[0]).await, "{\"answer\":{\"grants\":1,\"sign_ins\":0}}\n");
    assert_eq!(world.http.count(REVOKE), 0, "another grant rests on it");
    assert_eq!(revoke(&grants[1]).await, "{\"answer\":{\"grants\":1,\"sign_ins\":1}}\n");
    assert!(world.http.count(REVOKE) > 0);
    assert_eq!(revoke(&grants[1]).await, "{\"answer\":{\"grants\":0,\"sign_ins\":0}}\n");
}

#[tokio::test]
async fn a_failure_is_said_in_words() {
    let world = World::new().await;
    let (status, answer) = ask(&world, "/storage/backup", r#"{"path":"/tmp/x"}"#).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer.contains("\"error\":\"the state is in no file"), "{answer}");
    world.store.set_down(true);
    let (_, answer) = ask(&world, "/keys/reseal", "{}").await;
    assert!(answer.starts_with("{\"error\":\"the store is unavailable"), "{answer}");
}

#[test]
fn l09_neither_a_store_nor_one_that_was_moved_aside_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let [backup, store, aside] =
        ["backup.redb", "state.redb", "state.redb.replaced"].map(|it| folder.path().join(it));
    std::fs::write(&store, "the store").unwrap();
    let refused = restore(&backup, &store, false, false).unwrap_err();
    assert!(matches!(refused, RestoreFailure::Exists(_)), "{refused}");
    std::fs::write(&aside, "the one before").unwrap();
    let refused = restore(&backup, &store, false, true).unwrap_err();
    assert!(matches!(refused, RestoreFailure::Aside(_)), "{refused}");
    assert_eq!(std::fs::read_to_string(&store).unwrap(), "the store");
    assert_eq!(std::fs::read_to_string(&aside).unwrap(), "the one before");
    std::fs::remove_file(&aside).unwrap();
    let refused = restore(&backup, &store, false, true).unwrap_err();
    assert!(matches!(refused, RestoreFailure::Restore(_)), "{refused}");
    assert_eq!(
        std::fs::read_to_string(&store).unwrap(),
        "the store",
        "there was no backup to take its place"
    );
}
